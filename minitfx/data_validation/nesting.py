"""From a column of any nesting to its levels of presence and its innermost values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.distribution import Floats
from minitfx.data_validation.presence import LevelRows


@dataclass(frozen=True)
class Unnested:
    """What a feature holds in one chunk.

    Attributes
    ----------
    levels : tuple of LevelRows
        From the outermost nest level to the innermost.
    leaf : pyarrow.Array
        The innermost values, without nulls.
    weights : ndarray of float64 or None
        The weight of each innermost value.
    """

    levels: tuple[LevelRows, ...]
    leaf: Any
    weights: Floats | None


def unnest(column: Any, steps: Sequence[str], weights: Floats | None) -> Unnested:
    """Return the levels and values of the feature that ``steps`` lead to inside ``column``.

    Parameters
    ----------
    column : pyarrow.Array
        Scalars, lists or structs; a scalar counts as a list of one, a null as missing. A null
        inside a list counts as a value of the list and is left out of the innermost values.
    steps : sequence of str
        Names of struct fields; empty for the column itself.
    weights : ndarray of float64, optional
        One for each row.
    """
    for step in steps:
        inner = _levels(column, weights)
        column, weights = _field(inner.leaf, step), inner.weights
    return _levels(column, weights)


def is_list(kind: Any) -> bool:
    """Return whether an Arrow type is some kind of list."""
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests) or pa.types.is_map(kind)


def _levels(column: Any, weights: Floats | None) -> Unnested:
    levels: list[LevelRows] = []
    if not is_list(column.type):
        levels.append(_level(column, None, weights))
    while is_list(column.type):
        lengths = _lengths(column)
        levels.append(_level(column, lengths, weights))
        if weights is not None:
            weights = np.repeat(_of_valid(column, weights), lengths)
        column = _flatten(column)
    if weights is not None:
        weights = _of_valid(column, weights)
    return Unnested(tuple(levels), column.drop_null(), weights)


def _level(column: Any, lengths: npt.NDArray[np.int64] | None, weights: Floats | None) -> LevelRows:
    present = len(column) - column.null_count
    if weights is None:
        return LevelRows(len(column), present, lengths)
    kept = _of_valid(column, weights)
    values = kept if lengths is None else kept * lengths
    sums = (float(each.sum()) for each in (weights, kept, values))
    return LevelRows(len(column), present, lengths, *sums)


def _lengths(column: Any) -> npt.NDArray[np.int64]:
    """Return the lengths of the lists that are not null."""
    if pa.types.is_map(column.type):
        offsets = values_of(column.offsets).astype(np.int64)
        return _of_valid(column, np.diff(offsets))
    lengths = pc.list_value_length(column).drop_null()
    return values_of(lengths.cast(pa.int64()))


def _flatten(column: Any) -> Any:
    if pa.types.is_map(column.type):
        column = column.cast(pa.list_(column.type.field(0)))
    return column.flatten()


def _field(structs: Any, name: str) -> Any:
    return pc.struct_field(structs, name)


def _of_valid(column: Any, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values that stand beside what is not null in ``column``."""
    if not column.null_count:
        return values
    return values[valid_mask(column)]


def valid_mask(column: Any) -> npt.NDArray[np.bool_]:
    """Return True where ``column`` is not null, shape (rows,)."""
    return values_of(column.is_valid().cast(pa.uint8())).astype(np.bool_)
