"""Operations that make, take apart and measure lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import Lists, Numbers, Strings, distinct, take, words_of
from minitfx.transform.columntype import NUMERIC, RAGGED, VALUES, ColumnType
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.choice import as_kind, same_words, shared_kind


def _stack() -> Operation:
    """Columns side by side: single values and fixed lists make one fixed list."""

    def infer(call: Call) -> ColumnType:
        types = [call.expect(index, VALUES, "stack") for index in range(len(call.operands))]
        if any(column.is_ragged for column in types):
            raise TransformError("stack needs the same number of values in every row")
        kind = shared_kind([column.kind for column in types], "stack")
        return ColumnType(kind, sum(column.length or 1 for column in types))

    def build(call: Call) -> Function:
        kind = infer(call).kind
        constant = [operand.is_constant for operand in call.operands]

        def apply(*cells: Any) -> Numbers | Strings:
            lengths = (
                len(each.codes if isinstance(each, Strings) else each.values)
                for each, fixed in zip(cells, constant, strict=True)
                if not fixed
            )
            rows = next(lengths, 1)
            columns = [
                _as_columns(as_kind(each, kind), rows, fixed)
                for each, fixed in zip(cells, constant, strict=True)
            ]
            found = _beside(columns)
            return take(found, np.asarray(0)) if all(constant) else found

        return apply

    return Operation(infer, build)


def _as_columns(cells: Numbers | Strings, rows: int, constant: bool) -> Numbers | Strings:
    """Return cells of shape (rows, k)."""

    def shaped(array: NDArray[Any]) -> NDArray[Any]:
        if constant:
            return np.broadcast_to(array, (rows, array.size))
        return array[:, None] if array.ndim == 1 else array

    if isinstance(cells, Strings):
        return Strings(shaped(cells.codes), cells.words)
    return Numbers(shaped(cells.values), None if cells.valid is None else shaped(cells.valid))


def _beside(columns: list[Any]) -> Numbers | Strings:
    if isinstance(columns[0], Strings):
        joined = columns[0]
        for column in columns[1:]:
            left, right, words = same_words(joined, column)
            joined = Strings(np.concatenate([left, right], axis=1), words)
        return joined
    values = np.concatenate([column.values for column in columns], axis=1)
    if all(column.valid is None for column in columns):
        return Numbers(values)
    masks = [
        np.ones(column.values.shape, np.bool_) if column.valid is None else column.valid
        for column in columns
    ]
    return Numbers(values, np.concatenate(masks, axis=1))


def _element() -> Operation:
    """One place of every list; a list that is too short gives a missing value."""

    def infer(call: Call) -> ColumnType:
        column, place = call.expect(0, VALUES, "element"), call.parameters["index"]
        if column.length is None:
            raise TransformError(f"only lists have elements; found {column}")
        if column.is_fixed and not -(column.length or 0) <= place < (column.length or 0):
            raise TransformError(f"there is no element {place} in a {column}")
        return ColumnType(column.kind)

    def build(call: Call) -> Function:
        place = call.parameters["index"]
        if call.operands[0].type.is_ragged and call.operands[0].is_constant:
            return lambda cells: _of_constant(cells, place)
        if call.operands[0].type.is_ragged:
            return lambda cells: _from_lists(cells, place)

        def apply(cells: Any) -> Numbers | Strings:
            if isinstance(cells, Strings):
                return Strings(cells.codes[..., place], cells.words)
            valid = None if cells.valid is None else cells.valid[..., place]
            return Numbers(np.array(cells.values[..., place]), valid)  # contiguous again

        return apply

    return Operation(infer, build)


def _of_constant(cells: Numbers | Strings, place: int) -> Numbers | Strings:
    """Return one element of a list that was found in the data, missing if it is too short."""
    length = len(cells.codes if isinstance(cells, Strings) else cells.values)
    inside = -length <= place < length
    return take(cells if inside else _nothing(cells), np.asarray(place if inside else 0))


def _from_lists(cells: Lists, place: int) -> Numbers | Strings:
    lengths = cells.lengths
    inside = lengths > place if place >= 0 else lengths >= -place
    base = cells.offsets[:-1] if place >= 0 else cells.offsets[1:]
    if not inside.any():
        return take(_nothing(cells.items), np.zeros(len(lengths), np.int64))
    found = take(cells.items, np.where(inside, base + place, 0))
    if isinstance(found, Strings):
        return Strings(np.where(inside, found.codes, np.int32(-1)), found.words)
    valid = inside if found.valid is None else inside & found.valid
    return Numbers(np.where(valid, found.values, found.values.dtype.type(0)), valid)


def _nothing(items: Numbers | Strings) -> Numbers | Strings:
    if isinstance(items, Strings):
        return Strings(np.full(1, -1, np.int32), items.words)
    return Numbers(np.zeros(1, items.values.dtype), np.zeros(1, np.bool_))


def _list_length() -> Operation:
    def infer(call: Call) -> ColumnType:
        if not call.expect(0, VALUES, "word_count").is_ragged:
            raise TransformError(
                f"word_count takes lists, such as tft.split gives; found {call.operands[0].type}"
            )
        return ColumnType("int")

    def apply(cells: Lists) -> Numbers:
        return Numbers(cells.lengths)  # a missing list has no words

    return Operation(infer, lambda call: apply)


def _split() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"string"}, "split")
        if column.length is not None:
            raise TransformError(f"split takes one text a row; found {column}")
        return ColumnType("string", RAGGED)

    def build(call: Call) -> Function:
        pieces_of = _splitter(call.parameters["delimiter"])

        def apply(cells: Strings) -> Lists:
            known: dict[str, int] = {}
            tokens: list[int] = []
            ends = [0]
            for word in cells.words.to_pylist():
                pieces = pieces_of(word) if word else []
                tokens += [known.setdefault(piece, len(known)) for piece in pieces if piece]
                ends.append(len(tokens))
            texts = Strings(np.array(tokens, np.int32), words_of(list(known)))
            words = Lists(np.array(ends, np.int64), texts)
            return picked(words, cells.codes)

        return apply

    return Operation(infer, build)


def _splitter(delimiter: str | list[str] | None) -> Callable[[str], list[str]]:
    if isinstance(delimiter, list):
        longest_first = sorted(delimiter, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first))).split
    return lambda text: text.split(delimiter)


def picked(lists: Lists, places: NDArray[Any]) -> Lists:
    """Return the lists at the given places, a missing one where the place is -1."""
    lengths = np.append(lists.lengths, 0)[places]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    starts = np.append(lists.offsets[:-1], 0)[places]
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    valid = None if (places >= 0).all() else places >= 0
    return Lists(offsets, take(lists.items, np.repeat(starts, lengths) + within), valid)


def _deduplicate() -> Operation:
    """The first of equal items in each row."""

    def infer(call: Call) -> ColumnType:
        column = call.expect(0, VALUES, "deduplicate_tensor_per_row")
        if not column.is_ragged:
            raise TransformError(f"deduplicate_tensor_per_row takes lists; found {column}")
        return column

    def apply(cells: Lists) -> Lists:
        return first_in_row(cells)

    return Operation(infer, lambda call: apply)


def first_in_row(cells: Lists) -> Lists:
    """Return the lists without the items that stood in the same row before."""
    items = cells.items
    if isinstance(items, Strings):
        items = distinct(items)
        codes = items.codes.astype(np.int64)
    else:
        codes = np.unique(items.values, return_inverse=True)[1].astype(np.int64)
        codes = codes if items.valid is None else np.where(items.valid, codes, -1)
    rows = cells.rows
    width = int(codes.max(initial=0)) + 2
    kept = np.sort(np.unique(rows * width + codes + 1, return_index=True)[1])
    counts = np.bincount(rows[kept], minlength=len(cells.offsets) - 1)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Lists(offsets, take(items, kept), cells.valid)


def _matmul() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, NUMERIC, "matmul")
        matrix = call.expect(1, NUMERIC, "matmul's matrix")
        width, size = column.length or 0, matrix.length or 0
        wide = call.parameters["output_dim"] or size // max(width, 1)
        if not column.is_fixed or not call.operands[1].is_constant or width * wide != size:
            raise TransformError(
                f"matmul takes lists of one length and a constant matrix with as many rows; found "
                f"{column} and {matrix}"
            )
        return ColumnType("float", wide)

    def apply(cells: Numbers, matrix: Numbers) -> Numbers:
        width = cells.values.shape[1]
        rows = matrix.values.reshape(width, -1)
        total = cells.values[:, :1] * rows[0]
        for place in range(1, width):
            total = total + cells.values[:, place : place + 1] * rows[place]
        if cells.valid is None:
            return Numbers(np.asarray(total, np.float64))
        valid = np.repeat(np.asarray(cells.valid.all(axis=1))[:, None], rows.shape[1], axis=1)
        return Numbers(np.asarray(total, np.float64), valid)

    return Operation(infer, lambda call: apply)


def _padded() -> Operation:
    """Lists of one length; places that a row has not are missing."""

    def infer(call: Call) -> ColumnType:
        column = call.expect(0, VALUES, "sparse_tensor_to_dense_with_shape")
        return ColumnType(column.kind, call.parameters["length"])

    def build(call: Call) -> Function:
        length = call.parameters["length"]

        def apply(cells: Lists) -> Numbers | Strings:
            lengths = cells.lengths
            if lengths.max(initial=0) > length:
                raise TransformError(f"a list of {lengths.max()} does not fit into {length} places")
            at = np.arange(length)
            inside = at < lengths[:, None]
            places = np.where(inside, cells.offsets[:-1, None] + at, 0)
            items = cells.items if inside.any() else _nothing(cells.items)
            found = take(items, places)
            if isinstance(found, Strings):
                return Strings(np.where(inside, found.codes, np.int32(-1)), found.words)
            valid = inside if found.valid is None else inside & found.valid
            return Numbers(np.where(valid, found.values, found.values.dtype.type(0)), valid)

        return apply

    return Operation(infer, build)


def without_missing(cells: Lists) -> Lists:
    """Return the lists without items that are missing."""
    valid = cells.items.valid
    if valid is None:
        return cells
    counts = np.bincount(cells.rows, valid, len(cells.offsets) - 1).astype(np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Lists(offsets, take(cells.items, valid), cells.valid)


OPERATIONS: dict[str, Operation] = {
    "stack": _stack(),
    "matmul": _matmul(),
    "padded": _padded(),
    "element": _element(),
    "word_count": _list_length(),
    "split": _split(),
    "deduplicate": _deduplicate(),
}
