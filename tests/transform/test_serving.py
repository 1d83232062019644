"""No skew: what was materialized for training and what a server computes are the same bits."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.tree import DecisionTreeClassifier

import minitfx.transform as tft
from minitfx.dataset.source import open_source
from minitfx.models import load_model, save_model
from minitfx.models.client import Client
from minitfx.models.server import ModelServer
from minitfx.models.service import Service

FEATURES = ["z", "s", "b", "v", "log"]


def preprocessing_fn(inputs):
    fare, company = inputs["fare"], inputs["company"]
    return {
        "z": tft.scale_to_z_score(fare),
        "s": tft.scale_to_0_1(fare),
        "b": tft.bucketize(fare, 10),
        "v": tft.compute_and_apply_vocabulary(company, top_k=5, num_oov_buckets=3),
        "log": tft.log1p(fare) / 3,
        "label": (inputs["tips"] > fare * 0.2).cast("int"),
    }


@pytest.fixture(scope="module")
def trips():
    random = np.random.default_rng(8)
    return pa.table(
        {
            "fare": random.lognormal(2, 1, 120_000),
            "company": pa.array([f"company {n}" for n in random.zipf(1.4, 120_000) % 40]),
            "tips": random.lognormal(0, 1, 120_000),
        }
    )


@pytest.fixture(scope="module")
def trained(trips, tmp_path_factory):
    """Transformed rows as Transform writes them, and a model saved with its graph."""
    folder = tmp_path_factory.mktemp("trained")
    pq.write_table(trips, folder / "raw.parquet", row_group_size=65_536)
    source = open_source(folder / "raw.parquet")
    graph = tft.analyze(source, preprocessing_fn)
    graph.save(folder / "graph")
    tft.materialize(graph, [source], folder / "transformed", is_fitting=True)
    rows = pq.read_table(folder / "transformed")
    X = np.stack([rows[name].to_numpy() for name in FEATURES], axis=1)
    model = DecisionTreeClassifier(max_depth=3).fit(X[:5_000], rows["label"].to_numpy()[:5_000])
    save_model(
        model,
        folder / "model",
        transform_graph=folder / "graph",
        label="label",
        features=FEATURES,
    )
    return folder


def test_rows_of_training_and_one_row_over_http_have_the_same_bits(trained, trips):
    transformed = pq.read_table(trained / "transformed")
    model = load_model(trained / "model", trust=True)
    raw = trips.select(["fare", "company"])
    with ModelServer(Service("trips", model=model)) as server:
        server.start()
        with Client(server.url, "trips") as client:
            batch = client.predict(raw.slice(65_000, 1_000), with_features=True)
            for place in range(65_500, 65_560):
                answer = client.predict(raw.slice(place, 1), with_features=True)
                for name in FEATURES:
                    (served,) = answer[f"features.{name}"].to_pylist()
                    assert served == transformed[name][place].as_py(), (name, place)
    for name in FEATURES:
        expected = transformed[name].slice(65_000, 1_000).to_pylist()
        assert batch[f"features.{name}"].to_pylist() == expected


def test_the_models_own_copy_of_the_graph_gives_the_same_bits(trained, trips):
    transformed = pq.read_table(trained / "transformed")
    graph = load_model(trained / "model", trust=True).transform_graph
    found = graph.transform(trips.select(["fare", "company"]), FEATURES)
    assert found.equals(transformed.select(FEATURES))
