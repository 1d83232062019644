"""Operations on lists of tokens: n-grams, tf-idf, runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.accumulators.documents import inverse_frequency, occurrences
from minitfx.transform.cells import Cells, Lists, Numbers, Strings, distinct, words_of
from minitfx.transform.columntype import RAGGED, ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import over_first
from minitfx.transform.operations.lists import first_in_row, without_missing

Ints = NDArray[np.int64]


def _ngrams() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"string"}, "ngrams")
        if not column.is_ragged:
            raise TransformError(f"ngrams takes lists of tokens, as of tft.split; found {column}")
        return column

    def build(call: Call) -> Function:
        low, high = call.parameters["ngram_range"]
        separator, once = call.parameters["separator"], call.parameters["unique"]

        def apply(cells: Lists) -> Lists:
            found = ngrams(without_missing(cells), low, high, separator)
            return first_in_row(found) if once else found

        return apply

    return Operation(infer, build)


def ngrams(cells: Lists, low: int, high: int, separator: str) -> Lists:
    """Return for each row the n-grams that start at its first token, then at its second, …

    Notes
    -----
    O(tokens · sizes); the text of an n-gram is made once for each different one.
    """
    items = cells.items
    assert isinstance(items, Strings)
    items = distinct(items)
    ends = cells.offsets[1:][cells.rows]
    starts = np.arange(len(items.codes), dtype=np.int64)
    left = ends - starts  # tokens from here to the end of the row, this one among them
    counts = np.clip(np.minimum(left, high) - low + 1, 0, None)
    first = np.cumsum(counts) - counts
    codes = np.empty(int(counts.sum()), np.int32)
    words: list[str] = []
    texts = items.words.to_pylist()
    prefix, spelled = items.codes.astype(np.int64), texts
    for size in range(1, high + 1):
        here = np.flatnonzero(left >= size)
        if size > 1:
            pairs = prefix[here] * len(texts) + items.codes[here + size - 1]
            found, places = np.unique(pairs, return_inverse=True)
            spelled = [
                f"{spelled[pair // len(texts)]}{separator}{texts[pair % len(texts)]}"
                for pair in found.tolist()
            ]
            prefix = np.zeros_like(prefix)
            prefix[here] = places
        if size >= low:
            codes[first[here] + size - low] = prefix[here] + len(words)
            words.extend(spelled)
    row_counts = np.bincount(cells.rows, counts, len(cells.offsets) - 1).astype(np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(row_counts)])
    return Lists(offsets, Strings(codes, words_of(words)), cells.valid)


def _tfidf(kind: Kind) -> Operation:
    """The indices of each row, ascending, or the weights that go with them."""

    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"int"}, "tfidf")
        if column.length is None:
            raise TransformError(f"tfidf takes lists of integers; found {column}")
        call.expect(1, {"float"}, "tfidf")
        return ColumnType(kind, RAGGED)

    def build(call: Call) -> Function:
        def apply(cells: Cells, inverse: Numbers) -> Lists:
            size = len(inverse.values)
            row, index = occurrences(cells, size)
            rows = _row_count(cells)
            found, times = np.unique(row * size + index, return_counts=True)
            in_row = np.bincount(row, minlength=rows)
            offsets = np.searchsorted(found, np.arange(rows + 1) * size).astype(np.int64)
            if kind == "int":
                return Lists(offsets, Numbers(found % size))
            frequency = times / in_row[found // size]
            return Lists(offsets, Numbers(frequency * inverse.values[found % size]))

        return apply

    return Operation(infer, build)


def _row_count(cells: Cells) -> int:
    if isinstance(cells, Lists):
        return len(cells.offsets) - 1
    assert isinstance(cells, Numbers)
    return len(cells.values)


def _segment_indices() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"int"}, "segment_indices")
        if not column.is_ragged:
            raise TransformError(f"segment_indices takes lists of integers; found {column}")
        return column

    def apply(cells: Lists) -> Lists:
        assert isinstance(cells.items, Numbers)
        values, rows = cells.items.values, cells.rows
        new = np.ones(len(values), np.bool_)
        new[1:] = (values[1:] != values[:-1]) | (rows[1:] != rows[:-1])
        starts = np.maximum.accumulate(np.where(new, np.arange(len(values)), 0))
        return Lists(cells.offsets, Numbers(np.arange(len(values)) - starts), cells.valid)

    return Operation(infer, lambda call: apply)


def _of_all_indices(kind: Kind, read: Callable[[Any, Ints, Call], Any]) -> Operation:
    """Something for every index of a vocabulary: a constant list as long as that."""

    def infer(call: Call) -> ColumnType:
        size = call.parameters["vocab_size"]
        return ColumnType(kind, RAGGED if size is None else size)

    def build(call: Call) -> Function:
        def apply(documents: Any, *size: Numbers) -> Numbers:
            containing = documents.sized(*size) if size else documents.containing
            return Numbers(read(documents, containing, call))

        return apply

    return Operation(infer, build)


def _inverse(documents: Any, containing: Ints, call: Call) -> NDArray[np.float64]:
    base = 1.0 if call.parameters.get("add_baseline", True) else 0.0
    return inverse_frequency(containing, documents.rows, call.parameters["smooth"], base)


def _value_of_index() -> Operation:
    """For each index of a row, what a constant list has at it; indices wrap around."""

    def infer(call: Call) -> ColumnType:
        return call.expect(0, {"int"}, "idf").of(call.expect(1, {"int", "float"}, "idf").kind)

    def apply(cells: Numbers, values: Numbers) -> Numbers:
        return Numbers(values.values[np.mod(cells.values, len(values.values))], cells.valid)

    return Operation(infer, lambda call: over_first(call, apply))


OPERATIONS: dict[str, Operation] = {
    "ngrams": _ngrams(),
    "tfidf_indices": _tfidf("int"),
    "tfidf_weights": _tfidf("float"),
    "segment_indices": _segment_indices(),
    "inverse_document_frequency": _of_all_indices("float", _inverse),
    "document_frequency": _of_all_indices("int", lambda _, containing, call: containing),
    "value_of_index": _value_of_index(),
}
