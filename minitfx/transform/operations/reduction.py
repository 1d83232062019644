"""Operations that make one number of each row's list."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import Lists, Mask, Numbers, both_valid
from minitfx.transform.columntype import NUMERIC, ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lists import without_missing


def _operation(name: str, ufunc: np.ufunc, kind: Kind | None, of_nothing: bool) -> Operation:
    """Return a reduction; ``of_nothing`` says whether a list without items has a value, 0."""

    def infer(call: Call) -> ColumnType:
        column = call.expect(0, NUMERIC, name)
        if column.length is None or call.operands[0].is_constant:
            raise TransformError(f"{name} takes one list a row, as of tft.stack; found {column}")
        return ColumnType(kind or ("float" if column.kind == "float" else "int"))

    def build(call: Call) -> Function:
        dtype: type[np.generic] = np.float64 if infer(call).kind == "float" else np.int64

        def apply(cells: Numbers | Lists) -> Numbers:
            lists, present = _as_lists(cells)
            counts = lists.lengths
            found = _reduced(ufunc, lists, dtype)
            if name == "reduce_mean":
                found = found / np.maximum(counts, 1)
            filled = None if of_nothing else counts > 0
            valid = both_valid(present, filled)
            return Numbers(found, None if valid is None or valid.all() else valid)

        return apply

    return Operation(infer, build)


def _as_lists(cells: Numbers | Lists) -> tuple[Lists, Mask | None]:
    """Return lists without missing items, and where a row has a list at all."""
    if isinstance(cells, Lists):
        return without_missing(cells), cells.valid
    rows, length = cells.values.shape
    valid = None if cells.valid is None else cells.valid.ravel()
    items = Numbers(cells.values.ravel(), valid)
    lists = Lists(np.arange(rows + 1, dtype=np.int64) * length, items)
    present = None if cells.valid is None else np.asarray(cells.valid.any(axis=1))
    return without_missing(lists), present


def _reduced(ufunc: np.ufunc, lists: Lists, dtype: type[np.generic]) -> NDArray[Any]:
    """Return the reduction of each list, 0 where there are no items.

    Notes
    -----
    Each list is reduced by itself, so that a row has the same bits in any batch.
    """
    counts = lists.lengths
    assert isinstance(lists.items, Numbers)
    found: NDArray[Any] = np.zeros(len(counts), dtype)
    filled = counts > 0
    if filled.any():
        values = np.asarray(lists.items.values, dtype)
        found[filled] = ufunc.reduceat(values, lists.offsets[:-1][filled])
    return found


OPERATIONS: dict[str, Operation] = {
    "reduce_sum": _operation("reduce_sum", np.add, None, of_nothing=True),
    "reduce_mean": _operation("reduce_mean", np.add, "float", of_nothing=False),
    "reduce_min": _operation("reduce_min", np.minimum, None, of_nothing=False),
    "reduce_max": _operation("reduce_max", np.maximum, None, of_nothing=False),
}
