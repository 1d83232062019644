"""An evaluation on disk: ``metrics``, ``plots`` and ``validations`` as Parquet, and its config.

``metrics.parquet`` has a row for each number: model (``candidate`` or the name of a model,
``baseline``, or ``diff`` for changes against it), slice (``Overall``, ``hour:3, sex:f``), metric
(``auc``, ``precision/classId:1``), value, lower and upper. What has no single number (arrays,
confusion matrices) stands as JSON under ``details``, with a null value. The other columns are the
parts of the key, from which `read_findings` makes it again. ``attributions.parquet`` has a row for
each feature; it is there where a metric asks for attributions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf import json_format

from minitfx.errors import StorageError
from minitfx.model_analysis.config import OUTPUTS, read_run, to_json
from minitfx.model_analysis.evaluation import Findings
from minitfx.model_analysis.keys import AggregationType, MetricKey, SubKey
from minitfx.model_analysis.measured import Measured, SliceGroup
from minitfx.model_analysis.metrics.attributions import attribution_entry, set_attribution
from minitfx.model_analysis.tables import (
    ATTRIBUTIONS_SCHEMA,
    METRICS_SCHEMA,
    PLOTS_SCHEMA,
    VALIDATIONS_SCHEMA,
    attribution_rows,
    check_rows,
    metric_rows,
    plot_rows,
    slice_key_from_json,
)
from minitfx.model_analysis.verdict import Verdict
from minitfx.proto import eval_config_pb2 as pb
from minitfx.version import __version__

CONFIG = "eval_config.json"
ATTRIBUTIONS = "attributions.parquet"
METRICS = "metrics.parquet"
PLOTS = "plots.parquet"
VALIDATIONS = "validations.parquet"

_RESULT = b"minitfx.validation_result"


def write_evaluation(
    folder: str | Path,
    findings: Findings,
    verdict: Verdict,
    *,
    data_location: str = "",
    model_locations: Mapping[str, str] | None = None,
) -> None:
    """Write an evaluation into a folder.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    findings : Findings
        Metrics and plots.
    verdict : Verdict
        Checks of thresholds.
    data_location : str
        What was evaluated; left out where the same inputs must give the same bytes.
    model_locations : mapping of str to str, optional
        Model name to its folder.

    Notes
    -----
    Files that ``Options.disabled_outputs`` names (``plots``, ``eval_config.json``, …) are left
    out; without ``eval_config.json`` or ``metrics`` the result cannot be loaded again.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    left_out = {OUTPUTS[name] for name in findings.config.options.disabled_outputs.values}
    run = pb.EvalRun(
        eval_config=findings.config,
        version=__version__,
        data_location=data_location,
        model_locations=model_locations or {},
    )
    if CONFIG not in left_out:
        (place / CONFIG).write_text(to_json(run) + "\n", "utf-8")
    tables = [
        (METRICS, METRICS_SCHEMA, metric_rows(findings)),
        (PLOTS, PLOTS_SCHEMA, plot_rows(findings)),
    ]
    if any(group.attributions for group in findings.groups):
        tables.append((ATTRIBUTIONS, ATTRIBUTIONS_SCHEMA, attribution_rows(findings)))
    for name, schema, columns in tables:
        if name not in left_out:
            _write(place / name, pa.table(columns, schema=schema))
    if VALIDATIONS in left_out:
        return
    result = to_json(verdict.to_proto()).encode()
    checks = pa.table(check_rows(verdict.checks), schema=VALIDATIONS_SCHEMA)
    _write(place / VALIDATIONS, checks.replace_schema_metadata({_RESULT: result}))


def _write(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd")


def read_findings(folder: str | Path) -> Findings:
    """Return what `write_evaluation` wrote.

    Raises
    ------
    StorageError
        If the folder has no evaluation.
    """
    place = Path(folder)
    for name in (CONFIG, METRICS):
        if not (place / name).is_file():
            raise StorageError(f"there is no {name} in {place}; expected an evaluation's folder")
    config = read_run(place / CONFIG).eval_config
    table = _by_slice(_read(place / METRICS))
    plots, attributions = (
        _by_slice(_read(place / name) if (place / name).is_file() else [])
        for name in (PLOTS, ATTRIBUTIONS)
    )
    slices = dict.fromkeys(name for each in (table, attributions) for name in each)
    groups = [
        _group(key, *(each.get(key, []) for each in (table, plots, attributions))) for key in slices
    ]
    rows = max((int(group.counts[0]) for group in groups), default=0)
    return Findings(config, groups, rows)


def _read(path: Path) -> list[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        rows: list[dict[str, Any]] = file.read().to_pylist()
        return rows


def _by_slice(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["slice_key"], []).append(row)
    return found


def _group(
    key: str,
    rows: list[dict[str, Any]],
    plots: list[dict[str, Any]],
    attributions: list[dict[str, Any]],
) -> SliceGroup:
    small = any(row["kind"] == "error" for row in rows)
    metrics = {_key(row): _measured(row) for row in rows if row["kind"] != "error"}
    drawn = {
        _key(row): Measured([json_format.ParseDict(json.loads(row["data"]), pb.PlotData())])
        for row in plots
    }
    counts = np.array([[*rows, *attributions][0]["examples"]], np.float64)
    return SliceGroup(
        [slice_key_from_json(key)],
        metrics,
        drawn,
        counts,
        np.array([small]),
        attributions=_attributed(attributions),
    )


def _attributed(rows: list[dict[str, Any]]) -> dict[MetricKey, Measured]:
    entries: dict[MetricKey, pb.AttributionsForSlice.AttributionsKeyAndValues] = {}
    for row in rows:
        key = _key(row)
        if key not in entries:
            entries[key] = attribution_entry(key)
        values = [row["value"]] if row["details"] is None else json.loads(row["details"])
        set_attribution(entries[key], row["feature"], values)
    return {key: Measured([entry]) for key, entry in entries.items()}


def _key(row: Mapping[str, Any]) -> MetricKey:
    parts = {name: row[name] for name in ("class_id", "k", "top_k") if row[name] is not None}
    kind = row["aggregation"]
    return MetricKey(
        row["name"],
        row["model_name"],
        row["output"],
        SubKey(**parts) if parts else None,
        AggregationType(**{kind: True}) if kind else None,
        row["weighted"],
        row["is_diff"],
    )


def _measured(row: Mapping[str, Any]) -> Measured:
    if row["kind"] == "double":
        ends = [None if row[n] is None else np.array([row[n]]) for n in ("lower", "upper")]
        value = np.nan if row["value"] is None else row["value"]
        return Measured(np.array([value], np.float64), *ends)
    details = json.loads(row["details"])
    if row["kind"] == "array":
        arrays = {name: np.array([values], np.float64) for name, values in details.items()}
        return Measured(arrays["values"], arrays.get("lower"), arrays.get("upper"))
    return Measured([json_format.ParseDict(details, pb.MetricValue())])


def read_validation(folder: str | Path) -> pb.ValidationResult:
    """Return the verdict that `write_evaluation` wrote.

    Raises
    ------
    StorageError
        If the folder has none.
    """
    path = Path(folder) / VALIDATIONS
    if not path.is_file():
        raise StorageError(f"there is no {VALIDATIONS} in {path.parent}")
    metadata = pq.read_schema(path).metadata or {}
    if _RESULT not in metadata:
        raise StorageError(f"{path} holds no verdict; expected a file that minitfx wrote")
    result: pb.ValidationResult = json_format.Parse(metadata[_RESULT], pb.ValidationResult())
    return result
