"""Operations that take numbers and text alike: equality, missing cells, choices."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import (
    Cells,
    Codes,
    Lists,
    Mask,
    Numbers,
    Strings,
    both_valid,
    distinct,
)
from minitfx.transform.columntype import NUMERIC, VALUES, ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted


def shared_kind(kinds: list[Kind], what: str) -> Kind:
    """Return the kind that can hold all of ``kinds``.

    Raises
    ------
    TransformError
        If text or times meet numbers.
    """
    found = set(kinds)
    if len(found) == 1:
        return kinds[0]
    if found <= NUMERIC:
        return "float" if "float" in found else "int"
    raise TransformError(f"{what} needs values of one kind; found {' and '.join(sorted(found))}")


def same_words(left: Strings, right: Strings) -> tuple[Codes, Codes, pa.Array]:
    """Return the codes of both in one list of words."""
    words = pa.concat_arrays([left.words, right.words])
    shift = np.int32(len(left.words))
    moved = np.where(right.codes >= 0, right.codes + shift, np.int32(-1))
    return left.codes, moved.astype(np.int32, copy=False), words


def as_kind(cells: Numbers | Strings, kind: Kind) -> Numbers | Strings:
    """Return numbers as float64 or int64 when ``kind`` says so; all else as it is."""
    if isinstance(cells, Strings) or kind not in ("int", "float"):
        return cells
    dtype = np.float64 if kind == "float" else np.int64
    return Numbers(np.asarray(cells.values, dtype), cells.valid)


def _equality(negate: bool) -> Operation:
    name = "!=" if negate else "=="

    def infer(call: Call) -> ColumnType:
        kinds = [call.expect(index, VALUES, name).kind for index in range(2)]
        shared_kind(kinds, name)
        return ColumnType("bool", call.common_length(name))

    def apply(left: Any, right: Any) -> Numbers:
        valid = both_valid(left.valid, right.valid)
        if isinstance(left, Strings):
            first, second, words = same_words(left, right)
            codes = distinct(Strings(np.arange(len(words), dtype=np.int32), words)).codes
            codes = np.append(codes, np.int32(-1))
            values = codes[first] == codes[second]
        else:
            values = left.values == right.values
        return Numbers(np.logical_not(values) if negate else values, valid)

    return Operation(infer, lambda call: lifted(call, apply))


def _is_missing() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, VALUES, "is_missing")
        return ColumnType("bool", column.length if column.is_fixed else None)

    def apply(cells: Cells) -> Numbers:
        valid = cells.valid
        if isinstance(cells, Lists):
            values = np.zeros(len(cells.offsets) - 1, np.bool_) if valid is None else ~valid
        elif isinstance(cells, Strings):
            values = cells.codes < 0
        else:
            values = np.zeros(cells.values.shape, np.bool_) if valid is None else ~valid
        return Numbers(values)

    return Operation(infer, lambda call: apply)


def choose(
    condition: Mask, first: Numbers | Strings, second: Numbers | Strings
) -> Numbers | Strings:
    """Return ``first`` where the condition holds and ``second`` elsewhere."""
    if isinstance(first, Strings):
        left, right, words = same_words(first, cast(Strings, second))
        codes: NDArray[np.int32] = np.where(condition, left, right)
        return Strings(codes, words)
    other = cast(Numbers, second)
    values = np.where(condition, first.values, other.values)
    if first.valid is None and other.valid is None:
        return Numbers(values)
    everywhere = np.True_
    valid = np.where(
        condition,
        everywhere if first.valid is None else first.valid,
        everywhere if other.valid is None else other.valid,
    )
    return Numbers(values, np.broadcast_to(valid, values.shape))


def _missing(cells: Numbers | Strings, where: Mask) -> Numbers | Strings:
    """Return the cells with those under ``where`` missing too."""
    if isinstance(cells, Strings):
        return Strings(np.where(where, np.int32(-1), cells.codes), cells.words)
    kept: Mask = ~np.broadcast_to(where, cells.values.shape)
    if cells.valid is not None:
        kept = kept & cells.valid
    return Numbers(np.where(kept, cells.values, cells.values.dtype.type(0)), kept)


def _where() -> Operation:
    def infer(call: Call) -> ColumnType:
        call.expect(0, {"bool"}, "where's condition")
        kinds = [call.expect(index, VALUES, "where").kind for index in (1, 2)]
        return ColumnType(shared_kind(kinds, "where"), call.common_length("where"))

    def build(call: Call) -> Function:
        kind = infer(call).kind

        def apply(condition: Numbers, first: Any, second: Any) -> Numbers | Strings:
            chosen = choose(condition.values, as_kind(first, kind), as_kind(second, kind))
            return chosen if condition.valid is None else _missing(chosen, ~condition.valid)

        return lifted(call, apply)

    return Operation(infer, build)


def _fill_missing() -> Operation:
    """Missing lists become empty lists; only values are filled."""

    def infer(call: Call) -> ColumnType:
        column = call.expect(0, VALUES, "fill_missing")
        kinds = [column.kind, call.expect(1, VALUES, "fill_missing's value").kind]
        if column.is_ragged or call.operands[1].type.is_ragged:
            raise TransformError(
                f"fill_missing fills values; found {column}: a missing list has no length to fill"
            )
        return ColumnType(shared_kind(kinds, "fill_missing"), call.common_length("fill_missing"))

    def build(call: Call) -> Function:
        kind = infer(call).kind

        def apply(cells: Any, value: Any) -> Numbers | Strings:
            valid = cells.valid
            if valid is None:
                return as_kind(cells, kind)
            return choose(valid, as_kind(cells, kind), as_kind(value, kind))

        return lifted(call, apply)

    return Operation(infer, build)


def _is_in() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, VALUES - {"timestamp"}, "isin")
        values = call.parameters["values"]
        texts = [isinstance(value, str) for value in values]
        if any(texts) != all(texts) or (bool(values) and texts[0] != (column.kind == "string")):
            raise TransformError(f"isin on {column} needs values of that kind; found {values!r}")
        return column.of("bool")

    def build(call: Call) -> Function:
        values = call.parameters["values"]
        inside = set(values)

        def apply(cells: Any) -> Numbers:
            if isinstance(cells, Strings):
                found = np.array([word in inside for word in cells.words.to_pylist()] + [False])
                return Numbers(found[cells.codes], cells.valid)
            return Numbers(np.isin(cells.values, values), cells.valid)

        return lifted(call, apply)

    return Operation(infer, build)


OPERATIONS: dict[str, Operation] = {
    "equal": _equality(negate=False),
    "not_equal": _equality(negate=True),
    "is_missing": _is_missing(),
    "fill_missing": _fill_missing(),
    "where": _where(),
    "isin": _is_in(),
}
