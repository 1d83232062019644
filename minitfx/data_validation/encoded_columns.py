"""Columns of a sample of rows as numbers and as codes, for estimates of mutual information."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.distribution import Floats, Ints
from minitfx.data_validation.nesting import is_list, valid_mask
from minitfx.data_validation.paths import FeaturePath
from minitfx.dataset.instants import as_integers, unit_of
from minitfx.errors import ColumnError, did_you_mean


def other_columns(rows: pa.Table, label: FeaturePath) -> list[str]:
    """Return the columns that can tell of the label: all others but structs.

    Raises
    ------
    ColumnError
        If the label is no column.
    """
    if len(label) != 1 or label.path[0] not in rows.column_names:
        hint = did_you_mean(str(label), rows.column_names)
        raise ColumnError(f"no label column {label}. {hint}")
    return [
        name
        for name in rows.column_names
        if name != label.path[0] and not pa.types.is_struct(_value_type(rows.column(name).type))
    ]


def _value_type(kind: Any) -> Any:
    while is_list(kind):
        kind = kind.field(0).type if pa.types.is_map(kind) else kind.value_type
    return kind


def is_numeric(kind: Any) -> bool:
    """Return whether the values of a type, or of lists of it, are numbers, flags or moments."""
    kind, types = _value_type(kind), pa.types
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    return any(test(kind) for test in tests) or unit_of(kind) is not None


def values_by_row(column: pa.ChunkedArray) -> tuple[Ints, Any]:
    """Return the row of each value of a column of lists, and the values as an Arrow array."""
    array = column.combine_chunks()
    rows: Ints = np.arange(len(array))
    while is_list(array.type):
        parents = values_of(pc.list_parent_indices(array).cast(pa.int64()))
        rows, array = rows[parents], array.flatten()
    return rows[valid_mask(array)], array.drop_null()


def floats_of(values: Any) -> Floats:
    """Return an Arrow array of numbers, flags or moments without nulls as float64."""
    if unit_of(values.type) is not None:
        values = as_integers(values)
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    return values_of(values.cast(pa.float64()))


def codes_of(values: Any) -> Ints:
    """Return a code for each value of an Arrow array without nulls, from 0, as they come up."""
    return values_of(values.dictionary_encode().indices).astype(np.int64)


def first_numbers(column: pa.ChunkedArray) -> Floats:
    """Return the first value of each row, NaN where there is none."""
    rows, values = values_by_row(column)
    numbers = np.full(len(column), np.nan)
    numbers[rows[::-1]] = floats_of(values)[::-1]
    return numbers


def first_categories(column: pa.ChunkedArray) -> Ints:
    """Return the code of the first value of each row, 0 where there is none."""
    rows, values = values_by_row(column)
    codes = np.zeros(len(column), np.int64)
    codes[rows[::-1]] = codes_of(values)[::-1] + 1
    return codes


def information_dataset(
    found: Mapping[str, Mapping[str, float]],
) -> statistics_pb2.DatasetFeatureStatistics:
    """Return custom statistics by name, of columns by name."""
    dataset = statistics_pb2.DatasetFeatureStatistics()
    for name, statistics in found.items():
        feature = dataset.features.add(path=FeaturePath([name]).to_proto())
        for key, value in statistics.items():
            feature.custom_stats.add(name=key, num=value)
    return dataset
