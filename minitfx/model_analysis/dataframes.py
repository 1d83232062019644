"""Metrics and plots as pandas frames, and those as tables of slices against metrics.

A frame has two levels of column names, as in TFMA: ``slices`` (a column for each that is sliced
by, or ``Overall``), ``metric_keys`` or ``plot_keys``, and ``metric_values`` or ``plot_data``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pandas as pd
from google.protobuf.message import Message

from minitfx.errors import EvaluationError
from minitfx.model_analysis.loading import load_metrics, load_plots
from minitfx.proto import eval_config_pb2 as pb

Row: TypeAlias = dict[str, Any]
_Frames = TypeVar("_Frames", "MetricsDataFrames", "PlotsDataFrames")

_SLICES = "slices"
_OVERALL = "Overall"
_AGGREGATIONS = ("micro_average", "macro_average", "weighted_macro_average")


@dataclass(frozen=True)
class MetricsDataFrames:
    """Metrics by the type of their value; None where there is none of it.

    Attributes
    ----------
    double_value : DataFrame or None
        A row for each number.
    confusion_matrix_at_thresholds : DataFrame or None
        A row for each threshold.
    multi_class_confusion_matrix_at_thresholds : DataFrame or None
        A row for each threshold and pair of classes.
    bytes_value, array_value, debug_message : DataFrame or None
        A row for each value.
    """

    double_value: pd.DataFrame | None = None
    confusion_matrix_at_thresholds: pd.DataFrame | None = None
    multi_class_confusion_matrix_at_thresholds: pd.DataFrame | None = None
    bytes_value: pd.DataFrame | None = None
    array_value: pd.DataFrame | None = None
    debug_message: pd.DataFrame | None = None


@dataclass(frozen=True)
class PlotsDataFrames:
    """Plots by what they show, a row for each point; None where there is none of it.

    Attributes
    ----------
    calibration_histogram_buckets : DataFrame or None
    confusion_matrix_at_thresholds : DataFrame or None
    multi_class_confusion_matrix_at_thresholds : DataFrame or None
    multi_label_confusion_matrix_at_thresholds : DataFrame or None
    debug_message : DataFrame or None
    """

    calibration_histogram_buckets: pd.DataFrame | None = None
    confusion_matrix_at_thresholds: pd.DataFrame | None = None
    multi_class_confusion_matrix_at_thresholds: pd.DataFrame | None = None
    multi_label_confusion_matrix_at_thresholds: pd.DataFrame | None = None
    debug_message: pd.DataFrame | None = None


def metrics_as_dataframes(
    metrics: str | Path | Iterable[pb.MetricsForSlice], *, include_empty_columns: bool = False
) -> MetricsDataFrames:
    """Return metrics as frames, one for each type of value.

    Parameters
    ----------
    metrics : path or iterable of MetricsForSlice
        The folder of an evaluation, or what `load_metrics` reads from it. Comparisons of slices
        are left out.
    include_empty_columns : bool
        Whether parts of keys that no metric has (class, k, aggregation, …) are columns too.

    Raises
    ------
    StorageError
        If there is no evaluation.
    """
    given = load_metrics(metrics) if isinstance(metrics, (str, Path)) else metrics
    return _frames(MetricsDataFrames, given, "metric_keys", "metric_values", include_empty_columns)


def plots_as_dataframes(
    plots: str | Path | Iterable[pb.PlotsForSlice], *, include_empty_columns: bool = False
) -> PlotsDataFrames:
    """Return plots as frames, one for each kind of plot; see `metrics_as_dataframes`."""
    given = load_plots(plots) if isinstance(plots, (str, Path)) else plots
    return _frames(PlotsDataFrames, given, "plot_keys", "plot_data", include_empty_columns)


def auto_pivot(
    df: pd.DataFrame, stringify_slices: bool = True, collapse_column_names: bool = True
) -> pd.DataFrame:
    """Return a frame with a row for each slice and a column for each metric.

    Parameters
    ----------
    df : DataFrame
        One of `metrics_as_dataframes` or `plots_as_dataframes`.
    stringify_slices : bool
        Whether the columns of a slice become one text, such as ``hour:3; sex:f``.
    collapse_column_names : bool
        Whether levels of column names that say the same everywhere are dropped.

    Raises
    ------
    EvaluationError
        If it is another frame, or has several rows of one slice and metric, as plots do.
    """
    present = set(df.columns.get_level_values(0)) if df.columns.nlevels == 2 else set()
    keys = next((name for name in ("metric_keys", "plot_keys") if name in present), None)
    if keys is None or _SLICES not in present:
        raise EvaluationError(
            f"a frame with the columns {list(df.columns)[:5]} cannot be pivoted; expected one of "
            "metrics_as_dataframes or plots_as_dataframes"
        )
    values = {"metric_keys": "metric_values", "plot_keys": "plot_data"}[keys]
    if stringify_slices:
        df = _stringified(df)
    varying = {str(name): df[keys, name].nunique(dropna=False) for name in df[keys].columns}
    columns = [(keys, name) for name in sorted(varying) if varying[name] > 1]
    columns.sort(key=lambda column: -varying[column[1]])
    index = [(_SLICES, name) for name in df[_SLICES].columns]
    if df.duplicated([*index, *columns]).any():
        raise EvaluationError("a slice has several rows of one key, so no table can hold them")
    wanted = [(values, name) for name in df[values].columns]
    if columns:
        table = df.pivot(index=index, columns=columns, values=wanted)
        # pandas keeps both levels of a value's name as one.
        names = [(*name[0], *name[1:]) for name in table.columns.to_list()]
        table.columns = pd.MultiIndex.from_tuples(names)
    else:
        table = df.set_index(index)[wanted]
    if stringify_slices:
        table.index.name = _SLICES
    return _collapsed(table) if collapse_column_names else table


def _frames(
    kind: type[_Frames], given: Iterable[Any], keys: str, values: str, empty: bool
) -> _Frames:
    rows: dict[str, list[dict[tuple[str, str], Any]]] = {}
    for message in given:
        if message.HasField("cross_slice_key"):
            continue
        where = {(_SLICES, name): value for name, value in _slice(message.slice_key)}
        pairs = getattr(message, "metric_keys_and_values", None) or message.plot_keys_and_values
        for pair in pairs:
            key = {(keys, name): value for name, value in _key(pair.key, empty).items()}
            for field, each in _values(pair.value):
                row = {(values, name): value for name, value in each.items()}
                rows.setdefault(field, []).append({**where, **key, **row})
    order = (_SLICES, keys, values)
    return kind(**{field: _frame(found, order) for field, found in rows.items()})


def _frame(rows: list[dict[tuple[str, str], Any]], order: tuple[str, ...]) -> pd.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    names.sort(key=lambda name: order.index(name[0]))
    data = {
        # A number of a slice must not become another because other slices lack it.
        place: pd.Series(
            [row.get(name) for row in rows], dtype=object if name[0] == _SLICES else None
        )
        for place, name in enumerate(names)
    }
    frame = pd.DataFrame(data)
    frame.columns = pd.MultiIndex.from_tuples(names)
    return frame


def _slice(key: pb.SliceKey) -> Iterator[tuple[str, Any]]:
    if not key.single_slice_keys:
        yield _OVERALL, ""
    for each in key.single_slice_keys:
        value = getattr(each, each.WhichOneof("kind"))
        yield each.column, value.decode() if isinstance(value, bytes) else value


def _key(key: Any, empty: bool) -> Row:
    names = [field.name for field in key.DESCRIPTOR.fields]
    found: Row = {
        name: getattr(key, name)
        for name in ("name", "model_name", "output_name", "is_diff")
        if name in names
    }
    parts = {"example_weighted": key, **dict.fromkeys(("class_id", "k", "top_k"), key.sub_key)}
    for name, part in parts.items():
        if part.HasField(name):
            found[name] = getattr(part, name).value
        elif empty:
            found[name] = None
    for name in _AGGREGATIONS if "aggregation_type" in names else ():
        if key.aggregation_type.WhichOneof("type") == name:
            found[name] = True
        elif empty:
            found[name] = None
    return found


def _values(message: Message) -> Iterator[tuple[str, Row]]:
    for field, value in message.ListFields():
        if isinstance(value, Message) and not _is_wrapper(value):
            yield from ((field.name, row) for row in _leaves(value))
        else:
            yield field.name, _part(field.name, value)[0]


def _leaves(message: Message) -> list[Row]:
    """Return the fields of a message, in a row for each of its repeated parts."""
    rows: list[Row] = [{}]
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.is_repeated:
            parts = [_part(field.name, each) for each in value]
        elif field.message_type is not None and not message.HasField(field.name):
            continue
        else:
            parts = [_part(field.name, value)]
        if parts:
            rows = [{**row, **leaf} for row in rows for part in parts for leaf in part]
    return rows


def _part(name: str, value: Any) -> list[Row]:
    if isinstance(value, Message):
        return [{name: value.value}] if _is_wrapper(value) else _leaves(value)  # type: ignore[attr-defined]
    return [{name: value}]


def _is_wrapper(message: Message) -> bool:
    return bool(message.DESCRIPTOR.file.name == "google/protobuf/wrappers.proto")


def _stringified(df: pd.DataFrame) -> pd.DataFrame:
    names = sorted(df[_SLICES].columns)
    texts = [
        "; ".join(
            name if name == _OVERALL and value == "" else f"{name}:{value}"
            for name, value in zip(names, row, strict=True)
            if pd.notna(value)
        )
        for row in df[_SLICES][names].itertuples(index=False)
    ]
    rest = df.drop(columns=_SLICES, level=0)
    rest.insert(0, (_SLICES, "stringified_slices"), texts)
    return rest


def _collapsed(table: pd.DataFrame) -> pd.DataFrame:
    levels = range(table.columns.nlevels)
    same = [level for level in levels if table.columns.get_level_values(level).nunique() <= 1]
    if len(same) == table.columns.nlevels:
        same = same[:-1]
    if same:
        kept = [level for level in levels if level not in same]
        values = [table.columns.get_level_values(level) for level in kept]
        table.columns = values[0] if len(kept) == 1 else pd.MultiIndex.from_arrays(values)
    return table
