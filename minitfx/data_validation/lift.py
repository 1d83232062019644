"""Lift: how much more likely a label is beside a value than elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.blocks import Part
from minitfx.data_validation.coded import coded_values, pairs_by_row
from minitfx.data_validation.counted import is_utf8
from minitfx.data_validation.feature_proto import NOT_TEXT
from minitfx.data_validation.features import Feature, Kind
from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.table_values import weights_of
from minitfx.errors import ColumnError, did_you_mean

Value = str | int


def lift_columns(
    schema: pa.Schema, features: Sequence[Feature], options: StatsOptions
) -> list[str]:
    """Return the categorical columns whose lift towards the label is wanted.

    Only with a label of strings or integers and a schema: its BYTES features, and integers that
    it calls categorical.

    Raises
    ------
    ColumnError
        If the label is not a column.
    """
    label = options.label_feature
    if label is not None and label not in schema.names:
        raise ColumnError(f"no label column {label!r}. {did_you_mean(label, schema.names)}")
    kinds = {feature.column: feature for feature in features if len(feature.path) == 1}
    if label not in kinds or options.schema is None:
        return []
    if kinds[label].kind not in (Kind.INT, Kind.STRING):
        return []
    strings = {f.name for f in options.schema.feature if f.type == schema_pb2.BYTES}
    return [
        name
        for name, feature in kinds.items()
        if name != label and feature.counts_strings and (name in strings or feature.categorical)
    ]


class LiftValues:
    """A mergeable count of labels, of values, and of both together.

    Parameters
    ----------
    label : str
        The label column.
    columns : sequence of str
        The columns of values.
    weight : str or None
        The weight column.

    Notes
    -----
    Memory grows with the number of distinct (value, label) pairs. A row counts once for each
    of its distinct values.
    """

    def __init__(self, label: str, columns: Sequence[str], weight: str | None = None) -> None:
        self.label = label
        self.columns = columns
        self.weight = weight
        self._rows = 0.0
        self._labels: defaultdict[Value, float] = defaultdict(float)
        self._values: defaultdict[tuple[str, Value], float] = defaultdict(float)
        self._pairs: defaultdict[tuple[str, Value, Value], float] = defaultdict(float)

    def zero(self) -> LiftValues:
        """Return counts of nothing, of the same columns."""
        return LiftValues(self.label, self.columns, self.weight)

    def add(self, part: Part) -> LiftValues:
        """Take in a block."""
        table = part.table
        weights = np.ones(table.num_rows)
        if self.weight is not None:
            weights = weights_of(table, self.weight)
        self._rows += float(weights.sum())
        label = coded_values(table.column(self.label))
        label_names = [_name(value) for value in label.values]
        for code, size in _sums(label.codes, weights[label.rows]):
            self._labels[label_names[code]] += size
        for column in self.columns:
            coded = coded_values(table.column(column))
            names = [_name(value) for value in coded.values]
            for code, size in _sums(coded.codes, weights[coded.rows]):
                self._values[column, names[code]] += size
            at, beside = pairs_by_row(coded.rows, label.rows)
            both = coded.codes[at] * len(label_names) + label.codes[beside]
            for code, size in _sums(both, weights[coded.rows[at]]):
                x, y = divmod(code, len(label_names))
                self._pairs[column, names[x], label_names[y]] += size
        return self

    def merge(self, other: LiftValues) -> LiftValues:
        """Take in what ``other`` has seen."""
        self._rows += other._rows
        for label, size in other._labels.items():
            self._labels[label] += size
        for value, size in other._values.items():
            self._values[value] += size
        for pair, size in other._pairs.items():
            self._pairs[pair] += size
        return self

    def result(self) -> statistics_pb2.DatasetFeatureStatistics:
        """Return the lift of every value towards every label, per column."""
        dataset = statistics_pb2.DatasetFeatureStatistics()
        for column in self.columns:
            values = {x: size for (name, x), size in self._values.items() if name == column}
            if not values:
                continue
            path = FeaturePath([column]).to_proto()
            feature = dataset.features.add(path=path)
            cross = dataset.cross_features.add(path_x=path)
            cross.path_y.step.append(self.label)
            series = cross.categorical_cross_stats.lift
            for label in sorted(self._labels, key=_order):
                custom = feature.custom_stats.add(name=f"Lift (Y={label})")
                for x, lift in self._lifts(column, values, label):
                    custom.rank_histogram.buckets.add(label=str(x), sample_count=lift)
                self._fill(series.lift_series.add(), column, values, label)
        return dataset

    def _lifts(
        self, column: str, values: dict[Value, float], label: Value
    ) -> Iterator[tuple[Value, float]]:
        """Yield values with their lift, the largest first."""
        rate = self._labels[label] / self._rows
        found = [
            (x, self._pairs[column, x, label] / size / rate) for x, size in values.items() if size
        ]
        yield from sorted(found, key=lambda pair: (-pair[1], _order(pair[0])))

    def _fill(
        self,
        series: statistics_pb2.LiftSeries,
        column: str,
        values: dict[Value, float],
        label: Value,
    ) -> None:
        _set(series, "y", label)
        _set_count(series, "y_count", self._labels[label], self.weight is not None)
        for x, lift in self._lifts(column, values, label):
            value = series.lift_values.add(lift=lift)
            _set(value, "x", x)
            _set_count(value, "x_count", values[x], self.weight is not None)
            both = self._pairs[column, x, label]
            _set_count(value, "x_and_y_count", both, self.weight is not None)


def _sums(codes: Any, weights: Any) -> Iterator[tuple[int, float]]:
    """Yield each code that occurs, with the sum of its weights."""
    found, places = np.unique(codes, return_inverse=True)
    yield from zip(found.tolist(), np.bincount(places, weights).tolist(), strict=True)


def _name(value: Any) -> Value:
    if isinstance(value, bytes):
        return value.decode() if is_utf8(value) else NOT_TEXT
    return int(value) if isinstance(value, (bool, int)) else str(value)


def _order(value: Value) -> tuple[int, int, bytes]:
    if isinstance(value, int):
        return 0, value, b""
    return 1, 0, value.encode()


def _set(proto: Any, side: str, value: Value) -> None:
    fits = isinstance(value, int) and -(2**31) <= value < 2**31
    setattr(proto, f"{side}_int" if fits else f"{side}_string", value if fits else str(value))


def _set_count(proto: Any, field: str, count: float, weighted: bool) -> None:
    if weighted:
        setattr(proto, f"weighted_{field}", count)
    else:
        setattr(proto, field, int(count))
