"""What is read off an analyzer's result: constants, computed once when the graph is fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.cells import Numbers, Strings
from minitfx.transform.columntype import ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.vocabulary import EMPTY, Vocabulary, is_token, ranked

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
        return lambda result: Numbers(np.asarray(read(result, call)))

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
        settings = call.parameters

        def apply(counts: Counts) -> Vocabulary:
            least = settings["frequency_threshold"] or 0
            totals = {
                text: total
                for text, total in counts.by_text.items()
                if total >= least and is_token(text)
            }
            pairs = ranked(totals, settings["top_k"])
            return arranged(pairs, settings)

        return apply

    return Operation(lambda call: ColumnType("vocabulary"), build)


def arranged(pairs: list[tuple[str, Any]], settings: Any) -> Vocabulary:
    """Return the vocabulary of ranked (token, weight) pairs."""
    reserved = list(dict.fromkeys(settings.get("reserved_tokens") or ()))
    known = set(reserved)
    kept = [(token, weight) for token, weight in pairs if token not in known]
    if not kept and not reserved:
        kept = [("-1" if settings.get("of_numbers") else EMPTY, 0)]
    tokens = (*reserved, *(token for token, _ in kept))
    weights = None
    if settings.get("store_frequency"):
        weights = (*(-1 for _ in reserved), *(weight for _, weight in kept))
    return Vocabulary(settings["name"], tokens, weights)


OPERATIONS: dict[str, Operation] = {
    "mean": _reading(lambda moments, _: moments.mean),
    "variance": _reading(lambda moments, _: moments.variance),
    "lowest": _reading(lambda extent, _: extent.low, None),
    "highest": _reading(lambda extent, _: extent.high, None),
    "total": _reading(lambda found, _: found.total, None),
    "size": _reading(lambda found, _: found.count, "int"),
    "quantiles": _quantiles(),
    "vocabulary": _vocabulary(),
}
