"""The rows of an evaluation's tables, and the columns that name a metric and a slice."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from minitfx.model_analysis.config import BASELINE, CANDIDATE, baseline_name
from minitfx.model_analysis.evaluation import Findings
from minitfx.model_analysis.keys import (
    AnySliceKey,
    MetricKey,
    SliceKey,
    SubKey,
    pair_of,
    slice_name,
)
from minitfx.model_analysis.measured import ERROR_METRIC, Measured, SliceGroup
from minitfx.model_analysis.results import message_as_dict, too_small
from minitfx.model_analysis.validation import threshold_text
from minitfx.model_analysis.verdict import Check

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
ATTRIBUTIONS_SCHEMA = pa.schema(
    [
        *_KEY_FIELDS,
        pa.field("feature", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("details", pa.string()),
        *_KEY_PARTS,
        pa.field("examples", pa.int64()),
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


def attribution_rows(findings: Findings) -> dict[str, list[Any]]:
    """Return the columns of ``attributions.parquet``: a row for each feature of each slice."""
    rows: dict[str, list[Any]] = {field.name: [] for field in ATTRIBUTIONS_SCHEMA}
    baseline = baseline_name(findings.config)
    for group in findings.groups:
        keys = _Keys(group, baseline)
        for key, measured in group.attributions.items():
            for place in np.flatnonzero(~group.small).tolist():
                entry: Any = measured.value[place]
                values = entry.values
                keys.add(rows, key, np.full(len(values), place))
                for feature in sorted(values):
                    number = values[feature].WhichOneof("type") == "double_value"
                    several = list(values[feature].array_value.float64_values)
                    rows["feature"].append(feature)
                    rows["value"].append(values[feature].double_value.value if number else None)
                    rows["details"].append(None if number else json.dumps(several))
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
        return "diff"
    if key.model_name and key.model_name == baseline:
        return BASELINE
    return key.model_name or CANDIDATE


def check_rows(checks: Iterable[Check]) -> dict[str, list[Any]]:
    """Return the columns of ``validations.parquet``."""
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
