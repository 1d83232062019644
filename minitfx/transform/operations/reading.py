"""What is read off an analyzer's result: constants, computed once when the graph is fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.accumulators.label_counts import LabelCounts
from minitfx.transform.cells import Numbers, Strings, words_of
from minitfx.transform.columntype import RAGGED, ColumnType, Kind
from minitfx.transform.gaussian import tukey_parameters
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.selection import finish, is_token, rank_by_information, select
from minitfx.transform.vocab import Vocabulary

_SHIFT = 1e-4
"""By how much TFT moves boundaries that it spreads, so that rounding does not matter."""

Value = Numbers | Strings | Vocabulary | Any
"""A constant: numbers or text without a row axis, a vocabulary, or an analyzer's result."""


def _reading(
    read: Callable[[Any, Call], Any], kind: Kind | None = "float", length: bool = True
) -> Operation:
    """Return an operation on an analyzer's result; ``kind`` None is the parameter's."""

    def infer(call: Call) -> ColumnType:
        table = call.expect(0, {"table"}, "this")
        return ColumnType(kind or call.parameters["kind"], table.length if length else None)

    def build(call: Call) -> Function:
        dtype = np.int64 if (kind or call.parameters["kind"]) == "int" else np.float64
        return lambda result: Numbers(np.asarray(read(result, call), dtype))

    return Operation(infer, build)


def _quantiles() -> Operation:
    def infer(call: Call) -> ColumnType:
        return ColumnType("float", call.parameters["num_buckets"] - 1)

    def build(call: Call) -> Function:
        def apply(distribution: Distribution) -> Numbers:
            return Numbers(distribution.quantiles(call.parameters["num_buckets"])[1:-1])

        return apply

    return Operation(infer, build)


def _vocabulary() -> Operation:
    """A vocabulary from counts: selection, order, reserved tokens."""

    def build(call: Call) -> Function:
        return lambda counts: select(counts, call.parameters, call.payload)

    return Operation(lambda call: ColumnType("vocabulary"), build)


def _informed_vocabulary() -> Operation:
    """A vocabulary by what its tokens tell of a label."""

    def build(call: Call) -> Function:
        least = call.parameters["frequency_threshold"] or 0

        def apply(counts: LabelCounts) -> Vocabulary:
            ranked = rank_by_information(
                counts.by_text, counts.joint, counts.labels, call.parameters
            )
            pairs = [
                (token, information)
                for token, information, weight in ranked
                if weight >= least and is_token(token)
            ]
            return finish(pairs[: call.parameters["top_k"]], call.parameters)

        return apply

    return Operation(lambda call: ColumnType("vocabulary"), build)


def _of_length(read: Callable[[Any, Call], Any], kind: Kind, length: int) -> Operation:
    """Return an operation on an analyzer's result that gives a list of a length."""

    def build(call: Call) -> Function:
        return lambda result: Numbers(np.asarray(read(result, call)))

    return Operation(lambda call: ColumnType(kind, length), build)


def _matrix(read: Callable[[Any, Call], Any]) -> Operation:
    """Return an operation that gives a matrix, row after row, as one list."""

    def infer(call: Call) -> ColumnType:
        width = call.expect(0, {"table"}, "this").length or 0
        return ColumnType("float", width * call.parameters.get("output_dim", width))

    def build(call: Call) -> Function:
        return lambda result: Numbers(np.ascontiguousarray(read(result, call)).ravel())

    return Operation(infer, build)


def _histogram_counts() -> Operation:
    def infer(call: Call) -> ColumnType:
        return ColumnType("int", call.parameters["bins"])

    return Operation(infer, lambda call: lambda histogram: Numbers(histogram.counts))


def _spread_boundaries() -> Operation:
    """Boundaries at equal distances from the least to the largest value."""

    def infer(call: Call) -> ColumnType:
        return ColumnType("float", call.parameters["number"])

    def build(call: Call) -> Function:
        def apply(low: Numbers, high: Numbers) -> Numbers:
            first, last = float(low.values), float(high.values)
            if not first <= last:
                first, last = 0.0, 1.0
            return Numbers(np.linspace(first, last, call.parameters["number"]) - _SHIFT)

        return apply

    return Operation(infer, build)


def _sorted_counts(of_keys: bool) -> Operation:
    """The texts in ascending order, or how often each of them occurs."""

    def infer(call: Call) -> ColumnType:
        return ColumnType("string" if of_keys else "int", RAGGED)

    def read(counts: Counts) -> Numbers | Strings:
        pairs = sorted(
            (value.decode(), count)
            for block in counts.blocks()
            for value, count in zip(block.values.to_pylist(), block.counts.tolist(), strict=True)
        )
        if of_keys:
            words = words_of([text for text, _ in pairs])
            return Strings(np.arange(len(words), dtype=np.int32), words)
        return Numbers(np.array([count for _, count in pairs], np.int64))

    return Operation(infer, lambda call: read)


def _total(found: Any) -> int | float:
    """Return a sum, if 64 bits can hold it.

    Raises
    ------
    TransformError
        If they cannot.
    """
    total: int | float = found.total
    if isinstance(total, int) and not -(2**63) <= total < 2**63:
        raise TransformError(
            f"the sum is {total}, which 64 bits cannot hold; tft.sum(column.cast('float')) is near"
        )
    return total


def _middle(distribution: Distribution) -> float:
    """Return the median: the mean of the two middle values of an even number."""
    if not len(distribution.keys):
        return 0.0
    after = np.cumsum(distribution.weights)
    total = int(after[-1])
    places = np.searchsorted(after, [(total - 1) // 2, total // 2], side="right")
    return float(distribution.values[places].mean())


def _most_frequent(distribution: Distribution) -> float:
    """Return the value that occurs most often, the smallest of several."""
    if not len(distribution.keys):
        return 0.0
    return float(distribution.values[np.argmax(distribution.weights)])


def _most_frequent_text() -> Operation:
    """The text that occurs most often, the smallest of several; empty when there is none."""

    def read(counts: Counts) -> Strings:
        best, most = b"", 0
        for block in counts.blocks():
            if len(block.counts) and block.counts.max() >= most:
                top = int(block.counts.max())
                places = np.flatnonzero(block.counts == top).tolist()
                least = min(block.values[place].as_py() for place in places)
                best = least if top > most else min(best, least)
                most = top
        return Strings(np.asarray(0, np.int32), words_of([best.decode()]))

    return Operation(lambda call: ColumnType("string"), lambda call: read)


OPERATIONS: dict[str, Operation] = {
    "mean": _reading(lambda moments, _: moments.mean),
    "variance": _reading(lambda moments, _: moments.variance),
    "lowest": _reading(lambda extent, _: extent.low, None),
    "highest": _reading(lambda extent, _: extent.high, None),
    "total": _reading(lambda found, _: _total(found), None),
    "size": _reading(lambda found, _: found.count, "int"),
    "quantiles": _quantiles(),
    "median": _reading(lambda found, _: _middle(found)),
    "most_frequent_text": _most_frequent_text(),
    "most_frequent": _reading(lambda found, _: _most_frequent(found)),
    "tukey_parameters": _of_length(lambda found, _: tukey_parameters(found), "float", 4),
    "covariance_matrix": _matrix(lambda found, _: found.matrix),
    "principal_axes": _matrix(
        lambda found, call: found.principal_axes(call.parameters["output_dim"])
    ),
    "spread_boundaries": _spread_boundaries(),
    "histogram_counts": _histogram_counts(),
    "sorted_keys": _sorted_counts(of_keys=True),
    "sorted_counts": _sorted_counts(of_keys=False),
    "vocabulary": _vocabulary(),
    "informed_vocabulary": _informed_vocabulary(),
}
