"""What BulkInferrer costs beside one bare call: ``python benchmarks/bulk_inference.py``.

Claims, on 1M rows of 10 features, against reading the Parquet file, one ``predict_proba`` on one
array in memory, and writing Parquet: at most 1.1 times the CPU time for HistGradientBoosting and
RandomForest, 1.5 times for LogisticRegression; less than 500 MB of memory; and two workers at
least 1.6 times faster than one, on two idle cores, where the estimator has one thread.

All cases run interleaved, each in a process of its own; medians over the rounds of CPU seconds
(and wall seconds, for the workers) without imports, and peak resident memory. Beside the speed-up
stands what two threads reach that only predict chunks of an array in memory: on a machine that is
busy with other work, neither gets two cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from minitfx.ambient import surround
from minitfx.dataset.source import ROWS_PER_CHUNK, open_source
from minitfx.models import load_model, save_model
from minitfx.models.bulk import ModelReference, predict_to_parquet
from minitfx.models.flavours.sklearn import one_thread

FEATURES = [f"x{at}" for at in range(10)]
GOALS = {"boosting": 1.1, "forest": 1.1, "logistic": 1.5}
MEMORY_MB, SPEED_UP = 500, 1.6
ESTIMATORS = {
    "boosting": HistGradientBoostingClassifier(max_iter=100, random_state=0),
    "forest": RandomForestClassifier(100, max_depth=12, random_state=0, n_jobs=1),
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
}


def prepare(folder: Path, rows: int) -> None:
    """Write rows, one row group a chunk, and the three models."""
    random = np.random.default_rng(0)
    X = random.normal(size=(rows, len(FEATURES)))
    y = (X[:, 0] + X[:, 1] * X[:, 2] + random.normal(size=rows) > 0).astype(int)
    table = pa.table({name: X[:, at] for at, name in enumerate(FEATURES)})
    pq.write_table(
        table, folder / "rows.parquet", compression="zstd", row_group_size=ROWS_PER_CHUNK
    )
    for name, estimator in ESTIMATORS.items():
        save_model(estimator.fit(X[:50_000], y[:50_000]), folder / name, features=FEATURES)


def bare(folder: Path, name: str) -> None:
    """Read, predict one array in memory with one thread, write."""
    model = load_model(folder / name, trust=True).model
    start()
    table = pq.read_table(folder / "rows.parquet", use_threads=False)
    X = np.column_stack([table.column(each).to_numpy() for each in FEATURES])
    with one_thread():
        scores = model.predict_proba(X)
    labels = model.classes_[scores.argmax(axis=1)]
    flat = pa.FixedSizeListArray.from_arrays(pa.array(scores.ravel()), scores.shape[1])
    table = table.append_column("prediction", pa.array(labels)).append_column("probabilities", flat)
    pq.write_table(
        table,
        folder / f"bare-{name}.parquet",
        compression="zstd",
        compression_level=1,
        use_dictionary=["prediction"],
    )


def threads(folder: Path, name: str, workers: int) -> None:
    """Only predict the chunks of an array in memory, in so many threads."""
    model = load_model(folder / name, trust=True).model
    table = pq.read_table(folder / "rows.parquet", use_threads=False)
    X = np.column_stack([table.column(each).to_numpy() for each in FEATURES])
    chunks = [X[at : at + ROWS_PER_CHUNK] for at in range(0, len(X), ROWS_PER_CHUNK)]

    def predict(chunk: np.ndarray) -> np.ndarray:
        with one_thread():
            return model.predict_proba(chunk)

    with ThreadPoolExecutor(workers) as pool:
        start()
        list(pool.map(predict, chunks))


def ours(folder: Path, name: str, workers: int) -> None:
    """Fold the model over the chunks."""
    reference = ModelReference(str(folder / name), trust=True)
    reference.load()
    source = open_source(folder / "rows.parquet")
    start()
    with surround(workers=workers):
        predict_to_parquet(reference, source, folder / f"out-{name}-{workers}")


STARTED = {"cpu": 0.0, "wall": 0.0, "rss": 0}


def start() -> None:
    """Begin to measure, after imports and loading."""
    STARTED["cpu"], STARTED["wall"] = time.process_time(), time.perf_counter()


def child(folder: Path, name: str, case: str) -> None:
    """Run one case in this process and print what it took."""
    if case == "bare":
        bare(folder, name)
    elif case.startswith("threads"):
        threads(folder, name, int(case[-1]))
    else:
        ours(folder, name, int(case))
    spent = {
        "cpu": time.process_time() - STARTED["cpu"],
        "wall": time.perf_counter() - STARTED["wall"],
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(spent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(Path(given.child[0]), *given.child[1:])
        return
    with TemporaryDirectory() as scratch:
        prepare(Path(scratch), given.rows)
        print(f"{given.rows:,} rows x {len(FEATURES)} features, medians of {given.rounds}")
        for name, goal in GOALS.items():
            cases = ["bare", "1", "2", "threads 1", "threads 2"]
            measured: dict[str, list[dict[str, float]]] = {case: [] for case in cases}
            for _ in range(given.rounds):
                for case, found in measured.items():
                    command = [sys.executable, __file__, "--child", scratch, name, case]
                    done = subprocess.run(command, capture_output=True, text=True, check=True)
                    found.append(json.loads(done.stdout.splitlines()[-1]))
            report(name, goal, measured)


def report(name: str, goal: float, measured: dict[str, list[dict[str, float]]]) -> None:
    def mid(case: str, what: str) -> float:
        return median(each[what] for each in measured[case])

    ratio = mid("1", "cpu") / mid("bare", "cpu")
    faster = mid("1", "wall") / mid("2", "wall")
    print(
        f"{name:9} bare {mid('bare', 'cpu'):6.2f} CPU s {mid('bare', 'mb'):5.0f} MB"
        f" | ours {mid('1', 'cpu'):6.2f} CPU s {mid('1', 'mb'):5.0f} MB,"
        f" {ratio:.2f} times (goal {goal}, {MEMORY_MB} MB)"
        f" | 2 workers {faster:.2f} times faster (goal {SPEED_UP}; bare threads"
        f" {mid('threads 1', 'wall') / mid('threads 2', 'wall'):.2f}),"
        f" {mid('2', 'cpu') / mid('1', 'cpu'):.2f} times the CPU, {mid('2', 'mb'):.0f} MB"
    )


if __name__ == "__main__":
    main()
