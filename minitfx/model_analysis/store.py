"""An evaluation on disk: ``metrics``, ``plots`` and ``validations`` as Parquet, and its config.

``metrics.parquet`` has a row for each number: model (``candidate``, ``baseline``, ``diff``, or
the name of a model), slice (``Overall``, ``hour:3, sex:f``), metric (``auc``,
``precision/classId:1``), value, lower and upper. What has no single number (arrays, confusion
matrices) stands as JSON under ``details``, with a null value. The other columns are the parts of
the key, from which `read_findings` makes it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf import json_format

from minitfx.errors import StorageError
from minitfx.model_analysis.config import BASELINE, CANDIDATE, baseline_name, read_run, to_json
from minitfx.model_analysis.evaluation import Findings
from minitfx.model_analysis.keys import (
    AggregationType,
    AnySliceKey,
    MetricKey,
    SliceKey,
    SubKey,
    pair_of,
    slice_name,
)
from minitfx.model_analysis.measured import ERROR_METRIC, Measured, SliceGroup
from minitfx.model_analysis.results import message_as_dict, too_small
from minitfx.model_analysis.validation import Check, Verdict, threshold_text
from minitfx.proto import eval_config_pb2 as pb
from minitfx.version import __version__

CONFIG = "eval_config.json"
METRICS = "metrics.parquet"
PLOTS = "plots.parquet"
VALIDATIONS = "validations.parquet"

_KEY_FIELDS = [
    pa.field("model", pa.string()),
    pa.field("slice", pa.string()),
    pa.field("metric", pa.string()),
]
_KEY_PARTS = [
    pa.field("name", pa.string()),
    pa.field("model_name", pa.string()),
    pa.field("output", pa.string()),
    pa.field("class_id", pa.int32()),
    pa.field("k", pa.int32()),
    pa.field("top_k", pa.int32()),
    pa.field("aggregation", pa.string()),
    pa.field("weighted", pa.bool_()),
    pa.field("is_diff", pa.bool_()),
    pa.field("slice_key", pa.string()),
]
METRICS_SCHEMA = pa.schema(
    [
        *_KEY_FIELDS,
        pa.field("value", pa.float64()),
        pa.field("lower", pa.float64()),
        pa.field("upper", pa.float64()),
        pa.field("kind", pa.string()),
        pa.field("details", pa.string()),
        *_KEY_PARTS,
        pa.field("examples", pa.int64()),
    ]
)
PLOTS_SCHEMA = pa.schema(
    [
        pa.field("model", pa.string()),
        pa.field("slice", pa.string()),
        pa.field("plot", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("data", pa.string()),
        *_KEY_PARTS,
    ]
)
VALIDATIONS_SCHEMA = pa.schema(
    [
        pa.field("slice", pa.string()),
        pa.field("metric", pa.string()),
        pa.field("threshold", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("baseline", pa.float64()),
        pa.field("passed", pa.bool_()),
        pa.field("message", pa.string()),
        pa.field("model", pa.string()),
    ]
)
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
    out.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    left_out = set(findings.config.options.disabled_outputs.values)
    run = pb.EvalRun(
        eval_config=findings.config,
        version=__version__,
        data_location=data_location,
        model_locations=model_locations or {},
    )
    if not left_out & {CONFIG, "eval_config"}:
        (place / CONFIG).write_text(to_json(run) + "\n", "utf-8")
    tables = (
        (METRICS, METRICS_SCHEMA, metric_rows(findings)),
        (PLOTS, PLOTS_SCHEMA, plot_rows(findings)),
    )
    for name, schema, columns in tables:
        if not left_out & {name, name.split(".")[0]}:
            _write(place / name, pa.table(columns, schema=schema))
    result = to_json(verdict.to_proto()).encode()
    checks = pa.table(_check_columns(verdict.checks), schema=VALIDATIONS_SCHEMA)
    _write(place / VALIDATIONS, checks.replace_schema_metadata({_RESULT: result}))


def _write(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd")


def metric_rows(findings: Findings) -> dict[str, list[Any]]:
    """Return the columns of ``metrics.parquet``."""
    rows: dict[str, list[Any]] = {field.name: [] for field in METRICS_SCHEMA}
    baseline = baseline_name(findings.config)
    for group in findings.groups:
        keys = _Keys(group, baseline)
        shown = np.flatnonzero(~group.small)
        for key, measured in group.metrics.items():
            keys.add(rows, key, shown)
            _add_values(rows, measured, shown)
        for place in np.flatnonzero(group.small).tolist():
            keys.add(rows, MetricKey(ERROR_METRIC), np.array([place]))
            details = json.dumps(too_small(group, place))
            for name, value in (("value", None), ("lower", None), ("upper", None)):
                rows[name].append(value)
            rows["kind"].append("error")
            rows["details"].append(details)
    return rows


def plot_rows(findings: Findings) -> dict[str, list[Any]]:
    """Return the columns of ``plots.parquet``: a row for each plot of each slice."""
    rows: dict[str, list[Any]] = {field.name: [] for field in PLOTS_SCHEMA}
    baseline = baseline_name(findings.config)
    for group in findings.groups:
        keys = _Keys(group, baseline)
        shown = np.flatnonzero(~group.small)
        for key, measured in group.plots.items():
            keys.add(rows, key, shown, text="plot")
            for place in shown.tolist():
                data = measured.value[place]
                filled = data.ListFields()
                rows["kind"].append(filled[0][0].name if filled else "")
                rows["data"].append(json.dumps(message_as_dict(data), sort_keys=True))
    return rows


class _Keys:
    """Writes the columns that name a metric and a slice."""

    def __init__(self, group: SliceGroup, baseline: str | None) -> None:
        self.names = [slice_name(key) for key in group.keys]
        self.json = [json.dumps(slice_key_as_json(key)) for key in group.keys]
        self.counts = group.counts.astype(np.int64).tolist()
        self.baseline = baseline

    def add(
        self,
        rows: dict[str, list[Any]],
        key: MetricKey,
        places: np.ndarray[Any, np.dtype[np.int64]],
        text: str = "metric",
    ) -> None:
        """Append the key of one metric for some slices."""
        sub = key.sub_key or SubKey()
        kind = None if key.aggregation_type is None else str(key.aggregation_type)
        constant = {
            "model": model_label(key, self.baseline),
            text: key.text,
            "name": key.name,
            "model_name": key.model_name,
            "output": key.output_name,
            "class_id": sub.class_id,
            "k": sub.k,
            "top_k": sub.top_k,
            "aggregation": kind,
            "weighted": key.example_weighted,
            "is_diff": key.is_diff,
        }
        for name, value in constant.items():
            rows[name].extend([value] * len(places))
        order = places.tolist()
        rows["slice"].extend(self.names[place] for place in order)
        rows["slice_key"].extend(self.json[place] for place in order)
        if "examples" in rows:
            rows["examples"].extend(self.counts[place] for place in order)


def _add_values(
    rows: dict[str, list[Any]],
    measured: Measured,
    places: np.ndarray[Any, np.dtype[np.int64]],
) -> None:
    count, value = len(places), measured.value
    if isinstance(value, np.ndarray) and value.ndim == 1:
        rows["value"].extend(value[places].tolist())
        for name, ends in (("lower", measured.lower), ("upper", measured.upper)):
            rows[name].extend(_or_null(ends, places))
        rows["kind"].extend(["double"] * count)
        rows["details"].extend([None] * count)
        return
    for name in ("value", "lower", "upper"):
        rows[name].extend([None] * count)
    if isinstance(value, np.ndarray):
        rows["kind"].extend(["array"] * count)
        arrays = {"values": value, "lower": measured.lower, "upper": measured.upper}
        for place in places.tolist():
            details = {n: each[place].tolist() for n, each in arrays.items() if each is not None}
            rows["details"].append(json.dumps(details))
        return
    for place in places.tolist():
        message = value[place]
        rows["kind"].append(str(message.WhichOneof("type")))
        rows["details"].append(json.dumps(message_as_dict(message), sort_keys=True))


def _or_null(
    ends: np.ndarray[Any, np.dtype[np.float64]] | None,
    places: np.ndarray[Any, np.dtype[np.int64]],
) -> Iterable[float | None]:
    if ends is None:
        return [None] * len(places)
    return [None if each != each else each for each in ends[places].tolist()]


def model_label(key: MetricKey, baseline: str | None) -> str:
    """Return what the tables call a metric's model.

    Examples
    --------
    >>> model_label(MetricKey("auc"), None)
    'candidate'
    >>> model_label(MetricKey("auc", "candidate", is_diff=True), "baseline")
    'diff'
    """
    if key.is_diff:
        return "diff" if key.model_name in ("", CANDIDATE) else f"diff:{key.model_name}"
    if key.model_name and key.model_name == baseline:
        return BASELINE
    return key.model_name or CANDIDATE


def _check_columns(checks: Iterable[Check]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {field.name: [] for field in VALIDATIONS_SCHEMA}
    for check in checks:
        missing = check.slice is None
        row = {
            "slice": None if missing else slice_name(check.slice or ()),
            "metric": check.key.text,
            "threshold": threshold_text(check.bound),
            "value": check.value,
            "baseline": check.baseline,
            "passed": check.passed,
            "message": check.message,
            "model": check.key.model_name or CANDIDATE,
        }
        for name, value in row.items():
            found[name].append(value)
    return found


def slice_key_as_json(key: AnySliceKey) -> Any:
    """Return a slice key as JSON: pairs, or two lists of pairs under their roles."""
    pair = pair_of(key)
    if pair is not None:
        baseline, comparison = pair
        return {"baseline": list(baseline), "comparison": list(comparison)}
    return [list(each) for each in key]


def slice_key_from_json(text: str) -> AnySliceKey:
    """Return the slice key that `slice_key_as_json` wrote."""
    found = json.loads(text)
    if isinstance(found, dict):
        return _pairs(found["baseline"]), _pairs(found["comparison"])
    return _pairs(found)


def _pairs(found: list[list[Any]]) -> SliceKey:
    return tuple((column, value) for column, value in found)


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
    table = _read(place / METRICS)
    plots = _read(place / PLOTS) if (place / PLOTS).is_file() else []
    groups = [_group(key, rows, plots) for key, rows in _by_slice(table).items()]
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


def _group(key: str, rows: list[dict[str, Any]], plots: list[dict[str, Any]]) -> SliceGroup:
    small = any(row["kind"] == "error" for row in rows)
    metrics = {_key(row): _measured(row) for row in rows if row["kind"] != "error"}
    drawn = {
        _key(row): Measured([json_format.ParseDict(json.loads(row["data"]), pb.PlotData())])
        for row in plots
        if row["slice_key"] == key
    }
    counts = np.array([rows[0]["examples"]], np.float64)
    return SliceGroup([slice_key_from_json(key)], metrics, drawn, counts, np.array([small]))


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
