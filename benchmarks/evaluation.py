"""What sliced evaluation costs beside a loop of scikit-learn: ``python benchmarks/evaluation.py``.

Claims, on 1M predictions, 12 metrics, all rows, three slice columns (24, 7 and 100 values) and
two crosses, 1,000 slices in all: at least 40 times less CPU time than calling sklearn.metrics for
each slice, and than fairlearn's MetricFrame where it is installed; intervals cost at most 1.3
times (analytic) and 3 times (20-fold jackknife) as much as none; and with four times the rows in
the same slices, less than 400 MB more memory.

A fourth number has no peer in the same run: 100,000 rows, 8 metrics and 5 slices, for which TFMA
0.47.1 took 44 CPU seconds on two cores of a machine of this kind.

Rounds are interleaved in one process, and medians of CPU seconds are printed; ours reads Parquet,
theirs get arrays in memory. Memory is the peak of a process of its own.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn.metrics as sk

from minitfx import model_analysis as tfma
from minitfx.dataset.source import ROWS_PER_CHUNK
from minitfx.model_analysis import metrics

SLICINGS = [[], ["hour"], ["day"], ["area"], ["hour", "day"], ["day", "area"]]
METRICS = [
    metrics.ExampleCount(), metrics.AUC(), metrics.BinaryAccuracy(), metrics.Precision(),
    metrics.Recall(), metrics.Specificity(), metrics.F1Score(),
    metrics.MatthewsCorrelationCoefficient(), metrics.BinaryCrossEntropy(), metrics.BrierScore(),
    metrics.Calibration(), metrics.MeanPrediction(),
]  # fmt: skip
METHODS = {
    "none": None,
    "analytic": tfma.ConfidenceIntervalOptions.ANALYTIC,
    "jackknife": tfma.ConfidenceIntervalOptions.JACKKNIFE,
}


def write_predictions(path: Path, rows: int) -> None:
    """Write seeded predictions, one row group a chunk."""
    random = np.random.default_rng(0)
    schema = pa.schema(
        [
            ("label", pa.int64()),
            ("prediction", pa.float64()),
            ("hour", pa.int64()),
            ("day", pa.string()),
            ("area", pa.string()),
        ]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, rows, ROWS_PER_CHUNK):
            count = min(ROWS_PER_CHUNK, rows - start)
            score = random.beta(2, 2, count)
            columns = {
                "label": (random.random(count) < score).astype(np.int64),
                "prediction": np.clip(score + random.normal(0, 0.1, count), 1e-6, 1 - 1e-6),
                "hour": random.integers(0, 24, count),
                "day": skewed(random, 7, count),
                "area": skewed(random, 100, count),
            }
            writer.write_table(pa.table(columns, schema=schema), row_group_size=count)


def skewed(random: np.random.Generator, distinct: int, count: int) -> pa.Array:
    """Return text values of which some are frequent and most are rare."""
    weights = 1.0 / np.arange(1, distinct + 1)
    drawn = random.choice(distinct, count, p=weights / weights.sum()).astype(np.int32)
    words = pa.array([f"value {number}" for number in range(distinct)])
    return words.take(pa.array(drawn))


def evaluate(path: Path, method: int | None) -> None:
    """Evaluate with minitfx."""
    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="label", prediction_key="prediction")],
        slicing_specs=[tfma.SlicingSpec(feature_keys=keys) for keys in SLICINGS],
        metrics_specs=metrics.specs_from_metrics(
            METRICS, include_example_count=False, include_weighted_example_count=False
        ),
    )
    if method is not None:
        config.options.compute_confidence_intervals.value = True
        config.options.confidence_intervals.method = method
    tfma.analyze(path, config)


def loop(frame: Any) -> None:
    """Call scikit-learn for each slice."""
    for keys in SLICINGS:
        groups = frame.groupby(keys, observed=True) if keys else [((), frame)]
        for _, part in groups:
            label, score = part["label"].to_numpy(), part["prediction"].to_numpy()
            decision = (score > 0.5).astype(np.int64)
            len(part)
            if 0 < label.sum() < len(label):
                sk.roc_auc_score(label, score)
            for function in (
                sk.accuracy_score, sk.precision_score, sk.recall_score, sk.f1_score,
                sk.matthews_corrcoef,
            ):  # fmt: skip
                function(label, decision)
            sk.recall_score(label, decision, pos_label=0)
            sk.log_loss(label, score, labels=[0, 1])
            sk.brier_score_loss(label, score)
            np.divide(score.sum(), max(label.sum(), 1))
            np.mean(score)


def metric_frame(frame: Any) -> None:
    """Call fairlearn for each slicing."""
    from fairlearn.metrics import MetricFrame

    by_decision = {
        "accuracy": sk.accuracy_score,
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "f1": sk.f1_score,
        "mcc": sk.matthews_corrcoef,
    }
    by_score = {"brier": sk.brier_score_loss}
    for keys in SLICINGS[1:]:
        for functions, column in (
            (by_decision, frame["decision"]),
            (by_score, frame["prediction"]),
        ):
            MetricFrame(
                metrics=functions,
                y_true=frame["label"],
                y_pred=column,
                sensitive_features=frame[keys],
            )


def cpu(task: Callable[[], None]) -> float:
    """Return the CPU seconds of a task; of a short one the median of five runs."""
    taken: list[float] = []
    while not taken or (sum(taken) < 5 and len(taken) < 5):
        start = time.process_time()
        task()
        taken.append(time.process_time() - start)
    return median(taken)


def peak_memory(path: Path) -> float:
    """Return the peak megabytes of a process that evaluates a file."""
    answer = subprocess.run(
        [sys.executable, __file__, "--measure", str(path)], capture_output=True, check=True
    )
    return float(answer.stdout)


def own_peak() -> float:
    """Return the peak megabytes of this process; unlike ``ru_maxrss``, not of the one before."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found.group(1)) / 1024 if found else float("nan")


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        evaluate(chosen.measure, None)
        print(own_peak())
        return
    with TemporaryDirectory() as folder:
        path = Path(folder, "predictions.parquet")
        write_predictions(path, chosen.rows)
        report_times(path, chosen.rounds)
        report_small(path)
        report_memory(Path(folder), chosen.rows)


def report_times(path: Path, rounds: int) -> None:
    """Print CPU times and their ratios."""
    frame = pq.read_table(path).to_pandas()
    frame["decision"] = (frame["prediction"] > 0.5).astype(int)
    tasks: dict[str, Callable[[], None]] = {
        name: lambda method=method: evaluate(path, method) for name, method in METHODS.items()
    }
    tasks["sklearn loop"] = lambda: loop(frame)
    try:
        import fairlearn  # noqa: F401

        tasks["fairlearn, 6 metrics"] = lambda: metric_frame(frame)
    except ImportError:
        print("fairlearn is not installed; its MetricFrame is left out")
    evaluate(path, None)
    times = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            times[name].append(cpu(task))
    base = times["none"]
    for name, taken in times.items():
        ratio = median(mine / its for mine, its in zip(taken, base, strict=True))
        print(f"{name:22} {median(taken):8.2f} s CPU  {ratio:7.2f} x ours without intervals")


def report_small(path: Path) -> None:
    """Print the CPU time of the evaluation that TFMA's time is known of."""
    table = pq.read_table(path).slice(0, 100_000)
    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="label", prediction_key="prediction")],
        slicing_specs=[tfma.SlicingSpec()],
        metrics_specs=metrics.specs_from_metrics(METRICS[1:7]),
    )
    for number in range(4):
        config.slicing_specs.add(feature_values={"day": f"value {number}"})
    tfma.analyze(table, config)
    taken = cpu(lambda: tfma.analyze(table, config))
    print(f"100,000 rows, 8 metrics, 5 slices: {taken:.3f} s CPU; TFMA 44 s: {44 / taken:,.0f} x")


def report_memory(folder: Path, rows: int) -> None:
    """Print the peak memory at the same slices and more rows."""
    peaks = []
    for factor in (1, 4):
        path = folder / f"{factor}.parquet"
        write_predictions(path, rows * factor)
        peaks.append(peak_memory(path))
        print(f"{rows * factor:>12,} rows {peaks[-1]:8.0f} MB")
    for first, second in pairwise(peaks):
        print(f"four times the rows: {second - first:+.0f} MB")


if __name__ == "__main__":
    main()
