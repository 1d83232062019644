"""Operations on lists of tokens: n-grams, tf-idf, runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.accumulators.documents import occurrences
from minitfx.transform.cells import Cells, Lists, Numbers, Strings, distinct, words_of
from minitfx.transform.columntype import RAGGED, ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
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
        size = call.parameters["vocab_size"]

        def apply(cells: Cells, inverse: Numbers) -> Lists:
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


def _inverse_frequency() -> Operation:
    def infer(call: Call) -> ColumnType:
        return ColumnType("float", call.parameters["vocab_size"])

    def build(call: Call) -> Function:
        smooth = call.parameters["smooth"]
        return lambda documents: Numbers(documents.inverse_frequency(smooth))

    return Operation(infer, build)


def _document_frequency() -> Operation:
    def infer(call: Call) -> ColumnType:
        return ColumnType("int", call.parameters["vocab_size"])

    def read(documents: Any) -> Numbers:
        return Numbers(documents.containing)

    return Operation(infer, lambda call: read)


OPERATIONS: dict[str, Operation] = {
    "ngrams": _ngrams(),
    "tfidf_indices": _tfidf("int"),
    "tfidf_weights": _tfidf("float"),
    "segment_indices": _segment_indices(),
    "inverse_document_frequency": _inverse_frequency(),
    "document_frequency": _document_frequency(),
}
