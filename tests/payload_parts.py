"""Components that write payloads as they are told to, for tests of what reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.component import Channel, Component, Output
from minitfx.types import (
    ExampleAnomalies,
    ExampleStatistics,
    InfraBlessing,
    Model,
    ModelEvaluation,
    ModelRun,
    PushedModel,
    TunerResults,
)


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


class Log(Component):
    """Logs values by step: a list for each metric."""

    values: dict[str, list[float | None]]
    model_run = Output(ModelRun)

    @staticmethod
    def execute(values: dict[str, list[float | None]], model_run: ModelRun) -> None:
        """Write."""
        rows = [
            {"step": step, "metric": metric, "value": float("nan") if value is None else value}
            for metric, logged in values.items()
            for step, value in enumerate(logged)
        ]
        write(model_run.path / "run_log.parquet", rows)


class Measure(Component):
    """Says that a metric of numbered slices is the slice's number, and checks each."""

    metric: str = "auc"
    prefix: str = "hour:"
    slices: int = 3
    metrics: int = 1
    evaluation = Output(ModelEvaluation)

    @staticmethod
    def execute(
        metric: str, prefix: str, slices: int, metrics: int, evaluation: ModelEvaluation
    ) -> None:
        """Write."""
        key = {"model": "candidate", "lower": None, "upper": None}
        rows = [
            {**key, "slice": f"{prefix}{place}", "metric": f"{metric}{number or ''}",
             "value": float(place)}
            for place in range(slices)
            for number in range(metrics)
        ]  # fmt: skip
        write(evaluation.path / "metrics.parquet", rows)
        checks = [
            {"slice": f"{prefix}{place}", "metric": metric, "threshold": ">= 1",
             "value": float(place), "baseline": None, "passed": place >= 1,
             "message": f"{metric} is {place}"}
            for place in range(slices)
        ]  # fmt: skip
        write(evaluation.path / "validations.parquet", checks)


class Compare(Component):
    """Evaluates a model as 0.75 and a baseline as 0.5, each between bounds."""

    model: Channel[Model]
    baseline_model: Channel[Model]
    evaluation = Output(ModelEvaluation)

    @staticmethod
    def execute(model: Model, baseline_model: Model, evaluation: ModelEvaluation) -> None:
        """Write."""
        rows = [
            {"model": name, "slice": "Overall", "metric": "auc", "value": value,
             "lower": value - 0.125, "upper": value + 0.125}
            for name, value in (("candidate", 0.75), ("baseline", 0.5), ("diff", 0.25))
        ]  # fmt: skip
        write(evaluation.path / "metrics.parquet", rows)


class Study(Component):
    """Has trials with these scores; None stands for a trial that was pruned."""

    scores: list[float | None]
    best: list[int]
    tuner_results = Output(TunerResults)

    @staticmethod
    def execute(scores: list[float | None], best: list[int], tuner_results: TunerResults) -> None:
        """Write."""
        rows = [
            {"trial": trial, "state": "PRUNED" if score is None else "COMPLETE", "score": score,
             "parameters": json.dumps({"x": trial / 2}), "best": trial in best}
            for trial, score in enumerate(scores)
        ]  # fmt: skip
        write(tuner_results.path / "trials.parquet", rows)


class Check(Component):
    """Finds anomalies in numbered features."""

    prefix: str = "f"
    features: int = 2
    anomalies = Output(ExampleAnomalies)

    @staticmethod
    def execute(prefix: str, features: int, anomalies: ExampleAnomalies) -> None:
        """Write."""
        anomalies.splits = ["eval"]
        rows = [
            {"split": "eval", "feature": f"{prefix}{place}", "severity": "ERROR",
             "type": "UNKNOWN_TYPE", "short_description": f"{prefix} is wrong",
             "description": f"{prefix}{place} is wrong"}
            for place in range(features)
        ]  # fmt: skip
        write(anomalies.path / "Split-eval" / "anomalies.parquet", rows)
        anomalies.custom_properties["blessed"] = {"eval": 0}


class Describe(Component):
    """Has the statistics of a table with these columns."""

    columns: list[str]
    split: str = "train"
    statistics = Output(ExampleStatistics)

    @staticmethod
    def execute(columns: list[str], split: str, statistics: ExampleStatistics) -> None:
        """Write."""
        import pandas as pd

        from minitfx import data_validation as dv

        frame = pd.DataFrame({name: [name, "x", None] for name in columns})
        found = dv.generate_statistics_from_dataframe(frame)
        statistics.splits = [split]
        folder = statistics.split_path(split)
        folder.mkdir(parents=True)
        dv.write_stats_binary(found, folder / "FeatureStats.pb")
        dv.write_statistics_table(found, folder / "statistics.parquet", split)


class Verdicts(Component):
    """Holds a model back, and says why."""

    reason: str
    blessing = Output(InfraBlessing)
    pushed_model = Output(PushedModel)

    @staticmethod
    def execute(reason: str, blessing: InfraBlessing, pushed_model: PushedModel) -> None:
        """Write."""
        blessing.set_int_custom_property("blessed", 0)
        blessing.set_string_custom_property("reason", reason)
        (blessing.path / "latency.json").write_text('{"tries": 2, "histogram_ms": [1]}')
        pushed_model.set_int_custom_property("pushed", 0)
        pushed_model.set_string_custom_property("reason", f"not blessed: {reason}")
