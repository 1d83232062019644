"""Statistics of features that are made of several columns: sparse and weighted ones.

For each such feature of the schema: in how many rows a column is missing, and by how many
values the columns differ in length. Only rows count in which at least one of them is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.blocks import Part
from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.composite_checks import (
    MAX_LENGTH,
    MAX_WEIGHT_LENGTH,
    MIN_LENGTH,
    MIN_WEIGHT_LENGTH,
    MISSING_INDEX,
    MISSING_VALUE,
    MISSING_WEIGHT,
)
from minitfx.data_validation.distribution import Ints
from minitfx.data_validation.nesting import is_list, valid_mask
from minitfx.data_validation.paths import FeaturePath


@dataclass(frozen=True)
class Composite:
    """A feature made of several columns.

    Attributes
    ----------
    path : FeaturePath
        Its name.
    value : str
        The column of values.
    others : tuple of str
        Index columns of a sparse feature, or the weight column of a weighted one.
    weighted : bool
        Which of the two it is.
    """

    path: FeaturePath
    value: str
    others: tuple[str, ...]
    weighted: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """All its columns."""
        return (self.value, *self.others)


def composites_of(schema: schema_pb2.Schema | None) -> list[Composite]:
    """Return the sparse and weighted features of a schema's top level."""
    if schema is None:
        return []
    found = []
    for sparse in schema.sparse_feature:
        indices = tuple(sorted({index.name for index in sparse.index_feature}))
        path = FeaturePath([sparse.name])
        found.append(Composite(path, sparse.value_feature.name, indices, weighted=False))
    for weighted in schema.weighted_feature:
        path = FeaturePath([weighted.name])
        value, weight = weighted.feature.step[0], weighted.weight_feature.step[0]
        found.append(Composite(path, value, (weight,), weighted=True))
    return found


@dataclass(frozen=True)
class _Seen:
    """How often columns are missing, and the range of their lengths against the value's."""

    missing: Mapping[str, int]
    least: Mapping[str, int]
    most: Mapping[str, int]

    def merge(self, other: _Seen) -> _Seen:
        return _Seen(
            {name: count + other.missing[name] for name, count in self.missing.items()},
            _both(min, self.least, other.least),
            _both(max, self.most, other.most),
        )


def _both(choose: Any, one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, int]:
    names = [*one, *(name for name in two if name not in one)]
    return {name: choose([each[name] for each in (one, two) if name in each]) for name in names}


class CompositeValues:
    """A mergeable count of missing columns and unequal lengths.

    Parameters
    ----------
    composites : sequence of Composite
        The features.
    """

    def __init__(self, composites: Sequence[Composite]) -> None:
        self.composites = composites
        self._seen: dict[FeaturePath, _Seen] = {}

    def zero(self) -> CompositeValues:
        """Return counts of nothing, for the same features."""
        return CompositeValues(self.composites)

    def add(self, part: Part) -> CompositeValues:
        """Take in a block."""
        for composite in self.composites:
            self._put(composite.path, _look(composite, part.table))
        return self

    def merge(self, other: CompositeValues) -> CompositeValues:
        """Take in what ``other`` has seen."""
        for path, seen in other._seen.items():
            self._put(path, seen)
        return self

    def result(self) -> statistics_pb2.DatasetFeatureStatistics:
        """Return a feature for each composite, with custom statistics."""
        dataset = statistics_pb2.DatasetFeatureStatistics()
        for composite in self.composites:
            seen = self._seen.get(composite.path)
            seen = seen or _Seen(dict.fromkeys(composite.columns, 0), {}, {})
            feature = dataset.features.add(path=composite.path.to_proto())
            fill = _fill_weighted if composite.weighted else _fill_sparse
            fill(feature, composite, seen)
        return dataset

    def _put(self, path: FeaturePath, seen: _Seen) -> None:
        mine = self._seen.get(path)
        self._seen[path] = seen if mine is None else mine.merge(seen)


def _look(composite: Composite, table: pa.Table) -> _Seen:
    present, lengths = {}, {}
    for name in composite.columns:
        present[name], lengths[name] = _lengths(table, name)
    some = np.logical_or.reduce([present[name] for name in composite.columns])
    missing = {name: int((some & ~present[name]).sum()) for name in composite.columns}
    least, most = {}, {}
    if some.any():
        for name in composite.others:
            apart = (lengths[name] - lengths[composite.value])[some]
            least[name], most[name] = int(apart.min()), int(apart.max())
    return _Seen(missing, least, most)


def _lengths(table: pa.Table, name: str) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Return where a column is there, and how many values it has: none where it is not."""
    if name not in table.column_names:
        return np.zeros(table.num_rows, bool), np.zeros(table.num_rows, np.int64)
    column = table.column(name).combine_chunks()
    present = valid_mask(column)
    if not is_list(column.type):
        return present, present.astype(np.int64)
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return present, values_of(lengths.cast(pa.int64()))


def _fill_sparse(
    feature: statistics_pb2.FeatureNameStatistics, composite: Composite, seen: _Seen
) -> None:
    feature.custom_stats.add(name=MISSING_VALUE, num=seen.missing[composite.value])
    for name, counts in (
        (MISSING_INDEX, seen.missing),
        (MAX_LENGTH, seen.most),
        (MIN_LENGTH, seen.least),
    ):
        custom = feature.custom_stats.add(name=name)
        for index in composite.others:
            count = counts.get(index, 0)
            custom.rank_histogram.buckets.add(label=index, sample_count=count)


def _fill_weighted(
    feature: statistics_pb2.FeatureNameStatistics, composite: Composite, seen: _Seen
) -> None:
    (weight,) = composite.others
    for name, number in (
        (MISSING_WEIGHT, seen.missing[weight]),
        (MISSING_VALUE, seen.missing[composite.value]),
        (MIN_WEIGHT_LENGTH, seen.least.get(weight, 0)),
        (MAX_WEIGHT_LENGTH, seen.most.get(weight, 0)),
    ):
        feature.custom_stats.add(name=name, num=number)
