"""Whether training and serving see the same features: ``python benchmarks/skew.py``.

Claim: of a million rows, the features that are materialized for training, those of one batch of
all rows, those of every row alone, and those that the model server computes from JSON over HTTP,
row by row and in batches, are the same bits. The script fails at the first that is not.

Every row alone takes about 150 s of CPU; ``--alone`` and ``--http`` say for how many rows, spread
over the data, to try it. ``tests/transform/test_serving.py`` checks the same on fewer rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.tree import DecisionTreeClassifier

import minitfx.transform as tft
from minitfx.dataset.source import open_source
from minitfx.models import load_model, save_model
from minitfx.models.client import Client
from minitfx.models.server import ModelServer
from minitfx.models.service import Service

RAW = ["fare", "miles", "company", "zone"]
NUMBERS = ["fare_z", "fare_01", "fare_bucket", "log_miles", "company_id", "zone_z", "crossed"]
BLOCK = 10_000


def make_rows(rows: int) -> pa.Table:
    """Return trips by a seeded generator, 3 % of the miles missing, companies Zipf."""
    random = np.random.default_rng(11)
    miles = pa.array(random.gamma(2, 3, rows), mask=random.random(rows) < 0.03)
    companies = pa.array([f"company {n}" for n in range(500)] + [""])
    zones = pa.array([f"zone {n}" for n in range(77)])
    return pa.table(
        {
            "fare": random.lognormal(2, 1, rows),
            "miles": miles,
            "company": companies.take(pa.array(np.minimum(random.zipf(1.4, rows), 500))),
            "zone": zones.take(pa.array(random.integers(0, 77, rows))),
            "tips": random.lognormal(0, 1, rows),
        }
    )


def preprocessing_fn(inputs: Any) -> Any:
    fare, miles = inputs["fare"], inputs["miles"].fill_missing(tft.mean(inputs["miles"]))
    crossed = tft.join([inputs["company"], inputs["zone"]], " x ")
    return {
        "fare_z": tft.scale_to_z_score(fare),
        "fare_01": tft.scale_to_0_1(fare),
        "fare_bucket": tft.bucketize(fare, 10),
        "log_miles": tft.scale_to_z_score(np.log1p(miles)),
        "company_id": tft.compute_and_apply_vocabulary(
            inputs["company"], top_k=100, num_oov_buckets=10
        ),
        "zone_z": tft.scale_to_z_score_per_key(fare, inputs["zone"]),
        "crossed": tft.hash_strings(crossed, 1_000),
        "label": (inputs["tips"] > fare * 0.2).cast("int"),
    }


def prepare(rows: int, folder: Path) -> tuple[pa.Table, tft.TransformGraph, Service]:
    """Write the rows, fit and save the graph, materialize, and train a model on the features."""
    raw = make_rows(rows)
    pq.write_table(raw, folder / "raw.parquet", row_group_size=65_536)
    source = open_source(folder / "raw.parquet")
    tft.analyze(source, preprocessing_fn).save(folder / "graph")
    graph = tft.load(folder / "graph")
    tft.materialize(graph, [source], folder / "transformed", is_fitting=True)
    few = graph.transform(raw.slice(0, 5_000))
    X = np.stack([few[name].to_numpy() for name in NUMBERS], axis=1)
    save_model(
        DecisionTreeClassifier(max_depth=3).fit(X, few["label"].to_numpy()),
        folder / "model",
        transform_graph=folder / "graph",
        label="label",
        features=NUMBERS,
    )
    return raw.select(RAW), graph, Service("trips", model=load_model(folder / "model", trust=True))


def compare(name: str, expected: pa.Table, found: pa.Table) -> None:
    """Fail unless two tables have the same bits."""
    for column in NUMBERS:
        left, right = expected[column].to_numpy(), found[column].to_numpy()
        if left.dtype != right.dtype or left.tobytes() != right.tobytes():
            places = np.flatnonzero(left.view(np.int64) != right.view(np.int64))
            sys.exit(f"{name}: {len(places)} values of {column} differ, the first in {places[:5]}")


def try_rows(name: str, expected: pa.Table, number: int, serve: Callable[[int], pa.Table]) -> None:
    """Compare ``number`` single rows, spread over the data, with what was materialized."""
    places = np.linspace(0, len(expected) - 1, number).astype(np.int64)
    cpu = time.process_time()
    for start in range(0, number, BLOCK):
        block = places[start : start + BLOCK]
        found = pa.concat_tables(serve(int(place)) for place in block)
        compare(name, expected.take(pa.array(block)), found.combine_chunks())
    seconds = time.process_time() - cpu
    print(f"{name:36}{number:10,} rows  {seconds:7.1f} s of CPU  the same bits")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--alone", type=int, help="all rows when not given")
    parser.add_argument("--http", type=int, default=5_000)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        raw, graph, service = prepare(options.rows, folder)
        expected = pq.read_table(folder / "transformed").select(NUMBERS).combine_chunks()
        compare("one batch", expected, graph.transform(raw, NUMBERS))
        print(f"{'one batch':36}{options.rows:10,} rows  {'':16}  the same bits")
        rows = raw.combine_chunks()

        def applied(start: int) -> pa.Table:
            return graph.transform(rows.slice(start, 1), NUMBERS)

        alone = min(options.alone or options.rows, options.rows)
        try_rows("every row alone", expected, alone, applied)
        with ModelServer(service) as server:
            server.start()
            with Client(server.url, "trips") as client:
                features = {f"features.{each}": each for each in NUMBERS}

                def served(start: int, number: int = 1) -> pa.Table:
                    answer = client.predict(rows.slice(start, number), with_features=True)
                    return pa.table({own: answer[key] for key, own in features.items()})

                number = min(options.http, options.rows)
                try_rows("JSON over HTTP, row by row", expected, number, served)
                for start in range(0, options.rows, max(options.rows // 20, 1)):
                    compare("JSON over HTTP", expected.slice(start, 1_000), served(start, 1_000))
                print("JSON over HTTP, batches of 1,000: the same bits")


if __name__ == "__main__":
    main()
