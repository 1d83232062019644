"""Models with a transform graph: raw rows in, the graph applied inside, the label not needed."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import minitfx.transform as tft
from minitfx.errors import ModelError, SignatureError
from minitfx.models import load_model, save_model, to_matrix, try_model
from minitfx.models.signature import Field
from minitfx.models.trial import TrialSpec

FEATURES = ["fare_z", "hour_one_hot", "company_id"]


def preprocessing_fn(inputs):
    hours = tft.bucketize(inputs["hour"], 4)
    return {
        "fare_z": tft.fill_missing(tft.scale_to_z_score(inputs["fare"]), 0.0),
        "hour_one_hot": tft.one_hot(tft.fill_missing(hours, 0), 4),
        "company_id": tft.compute_and_apply_vocabulary(tft.fill_missing(inputs["company"], "")),
        "big": tft.cast(inputs["tips"] > inputs["fare"] * 0.2, int),
    }


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(2)
    fare = random.gamma(2.0, 5.0, 500)
    return pa.table(
        {
            "tips": fare * random.uniform(0, 0.4, 500),
            "fare": pa.array(fare, mask=random.random(500) < 0.05),
            "hour": random.integers(0, 24, 500),
            "company": random.choice(["blue", "red", "green"], 500),
            "unused": random.normal(size=500),
        }
    )


@pytest.fixture(scope="module")
def graph(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    tft.analyze(rows, preprocessing_fn).save(folder)
    return folder


def features_of(graph, rows):
    table = tft.load(graph).transform(rows, outputs=FEATURES)
    fields = [Field("fare_z", "double"), Field("hour_one_hot", size=4), Field("company_id")]
    return to_matrix(table, fields)


@pytest.fixture(scope="module")
def estimator(graph, rows):
    labels = tft.load(graph).transform(rows, outputs=["big"]).column("big").to_pylist()
    filled = [0 if label is None else label for label in labels]
    return DecisionTreeClassifier(max_depth=5).fit(features_of(graph, rows), filled)


@pytest.fixture
def folder(estimator, graph, tmp_path):
    save_model(estimator, tmp_path / "model", transform_graph=graph, label="big", features=FEATURES)
    return tmp_path / "model"


def test_the_graph_is_applied_inside(folder, graph, estimator, rows):
    predicted = load_model(folder, trust=True).predict_proba(rows)
    expected = estimator.predict_proba(features_of(graph, rows))
    np.testing.assert_array_equal(predicted, expected)


def test_the_signature_names_the_raw_columns_that_the_features_need(folder, rows):
    loaded = load_model(folder, trust=True)
    assert sorted(loaded.signature.names) == ["company", "fare", "hour"]
    without = rows.drop_columns(["tips", "unused"])
    assert loaded.predict(without).equals(loaded.predict(rows))
    with pytest.raises(SignatureError, match="no column 'fare'"):
        loaded.predict(rows.drop_columns(["fare"]))


def test_features_default_to_the_outputs_without_the_label(estimator, graph, tmp_path):
    manifest = save_model(estimator, tmp_path, transform_graph=graph, label="big")
    assert manifest.features == tuple(FEATURES)


def test_the_label_among_the_features_is_noticed_by_their_number(estimator, graph, tmp_path):
    with pytest.raises(ModelError, match="fitted on 6 columns, but 7 were found"):
        save_model(estimator, tmp_path, transform_graph=graph)


def test_a_feature_that_the_graph_has_not_is_named(estimator, graph, tmp_path):
    wanted = ["fare_zz", "hour_one_hot", "company_id"]
    with pytest.raises(ModelError, match=r"'fare_zz'.* Did you mean 'fare_z'"):
        save_model(estimator, tmp_path, transform_graph=graph, features=wanted)


def test_a_list_column_is_several_columns_of_a_frame(graph, rows, tmp_path):
    from minitfx.models import to_frame

    output = tft.load(graph).transform(rows, outputs=FEATURES)
    fields = [Field.of(each.name, each.type) for each in output.schema]
    frame = to_frame(output, fields)
    assert "hour_one_hot_3" in frame.columns
    model = LogisticRegression().fit(frame, np.arange(500) % 2)
    manifest = save_model(model, tmp_path, transform_graph=graph)
    assert manifest.features == tuple(FEATURES)
    predicted = load_model(tmp_path, trust=True).predict_proba(rows)
    np.testing.assert_allclose(predicted, model.predict_proba(frame), rtol=1e-12)


def test_a_fresh_process_predicts_the_same(folder, rows):
    code = (
        "import pyarrow as pa\n"
        "from minitfx.models import load_model\n"
        f"model = load_model({str(folder)!r}, trust=True)\n"
        'table = pa.table({"company": ["blue", None], "fare": [3.0, None], "hour": [1, None]})\n'
        'print(model.predict(table).column("prediction").to_pylist())\n'
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    table = pa.table({"company": ["blue", None], "fare": [3.0, None], "hour": [1, None]})
    expected = load_model(folder, trust=True).predict(table).column("prediction").to_pylist()
    assert done.stdout.strip() == str(expected)


def test_served_features_are_those_of_the_batch_bit_for_bit(folder, rows, tmp_path):
    verdict = try_model(folder, rows.slice(0, 10), TrialSpec(tries=1), log=tmp_path / "log")
    assert verdict.is_blessed, verdict.reason


def centred(fares):
    return fares - np.nanmean(fares)


def standardized(fares):
    with np.errstate(invalid="ignore"):
        return (fares - np.nanmean(fares)) / np.nanstd(fares)


@pytest.mark.parametrize(
    ("function", "alone", "estimator"),
    [(centred, "0.0", DecisionTreeClassifier()), (standardized, "nan", LogisticRegression())],
)
def test_a_feature_that_depends_on_the_rows_beside_it_is_refused_by_name(
    rows, tmp_path, function, alone, estimator
):
    def preprocessing_fn(inputs):
        return {
            "fare_c": tft.apply_pyfunc(function, float, True, "skewed", inputs["fare"]),
            "hour_s": tft.scale_to_0_1(inputs["hour"]),
        }

    full = rows.drop_null()
    graph = tft.analyze(full, preprocessing_fn)
    graph.save(tmp_path / "graph")
    fitted = to_matrix(graph.transform(full), [Field("fare_c"), Field("hour_s")])
    estimator.fit(fitted, fitted[:, 0] > 0)
    save_model(estimator, tmp_path / "model", transform_graph=tmp_path / "graph")
    verdict = try_model(tmp_path / "model", full.slice(0, 4), TrialSpec(), log=tmp_path / "log")
    assert verdict.reason.startswith(f"feature 'fare_c' is {alone} when served and ")
    assert verdict.reason.endswith("when other rows are beside it (row 1 of 4)")
    assert verdict.tries == 1


def test_a_transform_that_was_exchanged_is_refused(folder, rows, tmp_path):
    file = folder / "transform_fn" / "graph.json"
    file.write_text(json.dumps(json.loads(file.read_text())))
    verdict = try_model(folder, rows.slice(0, 10), TrialSpec(), log=tmp_path / "log")
    assert "transform_fn/graph.json of the model" in verdict.reason
    assert "has changed since the model was saved" in verdict.reason
    assert verdict.tries == 1
