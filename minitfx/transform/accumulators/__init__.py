"""What analyzers keep while they read: accumulators, and the table of which is which."""

from __future__ import annotations

from collections.abc import Callable

from minitfx.errors import TransformError
from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.accumulators.extent import Extent
from minitfx.transform.accumulators.moments import Moments, Sum
from minitfx.transform.columntype import NUMERIC, ColumnType
from minitfx.transform.operation import Analyzer, Call


def _width(call: Call) -> int | None:
    """Return how many places are kept apart: those of a fixed list, or None for all together."""
    return call.operands[0].type.length if call.parameters.get("elementwise") else None


def _needs_rows(call: Call, what: str) -> None:
    for operand in call.operands:
        if operand.is_constant:
            raise TransformError(f"{what} reads columns; found a constant")


def _numeric(what: str) -> Callable[[Call], ColumnType]:
    def infer(call: Call) -> ColumnType:
        _needs_rows(call, what)
        column = call.expect(0, NUMERIC, what)
        if call.parameters.get("elementwise") and not column.is_fixed:
            raise TransformError(
                f"{what} for each place of a list needs lists of one length; found {column}"
            )
        return ColumnType("table", _width(call))

    return infer


def _weighted(call: Call, what: str) -> None:
    if len(call.operands) > 1:
        weights = call.expect(1, NUMERIC, f"{what}'s weights")
        if weights.length is not None:
            raise TransformError(f"{what}'s weights are one number a row; found {weights}")


def _infer_distribution(call: Call) -> ColumnType:
    _needs_rows(call, "quantiles")
    column = call.expect(0, NUMERIC, "quantiles")
    _weighted(call, "quantiles")
    if len(call.operands) > 1 and column.length is not None:
        raise TransformError(f"weighted quantiles take one number a row; found {column}")
    return ColumnType("table")


def _infer_counts(call: Call) -> ColumnType:
    _needs_rows(call, "vocabulary")
    call.expect(0, {"string"}, "vocabulary")
    _weighted(call, "vocabulary")
    return ColumnType("table")


def _moments(call: Call) -> Moments:
    return Moments.empty(_width(call))


def _extent(call: Call) -> Extent:
    return Extent.empty(call.operands[0].type.kind != "float", _width(call))


def _sum(call: Call) -> Sum:
    return Sum(call.operands[0].type.kind != "float")


def _distribution(call: Call) -> Distribution:
    return Distribution.empty(len(call.operands) > 1)


def _counts(call: Call) -> Counts:
    return Counts(len(call.operands) > 1)


ANALYZERS: dict[str, Analyzer] = {
    "moments": Analyzer(_numeric("mean and variance"), _moments),
    "extent": Analyzer(_numeric("minimum and maximum"), _extent),
    "sum": Analyzer(_numeric("sum"), _sum),
    "distribution": Analyzer(_infer_distribution, _distribution),
    "counts": Analyzer(_infer_counts, _counts),
}
