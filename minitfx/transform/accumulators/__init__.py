"""What analyzers keep while they read: accumulators, and the table of which is which."""

from __future__ import annotations

from collections.abc import Callable

from minitfx.errors import TransformError
from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.accumulators.covariance import Covariance
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.accumulators.documents import Documents
from minitfx.transform.accumulators.extent import Extent
from minitfx.transform.accumulators.histogram import Histogram
from minitfx.transform.accumulators.keyed import KeyedDistribution, KeyedExtent, KeyedMoments
from minitfx.transform.accumulators.label_counts import LabelCounts
from minitfx.transform.accumulators.moments import Moments, Sum
from minitfx.transform.accumulators.own import Own
from minitfx.transform.accumulators.sample import Sample
from minitfx.transform.accumulators.target import FoldedTarget
from minitfx.transform.columntype import NUMERIC, VALUES, ColumnType
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


def _infer_label_counts(call: Call) -> ColumnType:
    _needs_rows(call, "vocabulary")
    call.expect(0, {"string"}, "vocabulary")
    labels = call.expect(1, {"int", "bool"}, "vocabulary's labels")
    if labels.length is not None:
        raise TransformError(f"vocabulary's labels are one integer a row; found {labels}")
    return ColumnType("table")


def _infer_keyed(what: str) -> Callable[[Call], ColumnType]:
    def infer(call: Call) -> ColumnType:
        _needs_rows(call, what)
        column = call.expect(0, NUMERIC, what)
        key = call.expect(1, {"string"}, f"{what}'s key")
        if key.length is not None or column.is_fixed:
            raise TransformError(f"{what} takes one number and one key a row; found {column}")
        if len(call.operands) > 2:
            call.expect(2, NUMERIC, f"{what}'s weights")
        return ColumnType("table")

    return infer


def _infer_covariance(call: Call) -> ColumnType:
    _needs_rows(call, "covariance")
    column = call.expect(0, NUMERIC, "covariance")
    if not column.is_fixed:
        raise TransformError(
            f"covariance takes lists of one length, as of tft.stack; found {column}"
        )
    return ColumnType("table", column.length)


def _infer_documents(call: Call) -> ColumnType:
    if call.operands[0].is_constant:
        raise TransformError("document frequency reads columns; found a constant")
    column = call.expect(0, {"int"}, "document frequency")
    if column.length is None:
        raise TransformError(f"document frequency takes lists of integers; found {column}")
    if len(call.operands) > 1:
        size = call.expect(1, {"int"}, "document frequency's vocab_size")
        if not call.operands[1].is_constant or size.length is not None:
            raise TransformError("vocab_size is a column; expected one integer for all rows")
    return ColumnType("table")


def _infer_histogram(call: Call) -> ColumnType:
    if call.operands[0].is_constant:
        raise TransformError("histogram reads columns; found a constant")
    call.expect(0, NUMERIC, "histogram")
    edges = call.expect(1, NUMERIC, "histogram's boundaries")
    if not edges.is_fixed or (edges.length or 0) < 2:
        raise TransformError(f"histogram needs two boundaries or more; found {edges}")
    return ColumnType("table")


def _infer_folded_target(call: Call) -> ColumnType:
    call.expect(0, NUMERIC, "target_encode's label")
    if call.expect(1, {"string"}, "target_encode").length is not None:
        raise TransformError("target_encode takes one category a row; found lists")
    return ColumnType("table")


def _infer_sample(call: Call) -> ColumnType:
    for index in range(len(call.operands)):
        column = call.expect(index, VALUES - {"timestamp"}, "sklearn")
        if column.is_ragged or call.operands[index].is_constant:
            raise TransformError(f"sklearn takes one value or fixed lists a row; found {column}")
    return ColumnType("table")


def _infer_own(call: Call) -> ColumnType:
    for index in range(len(call.operands)):
        call.expect(index, VALUES, call.parameters["analyzer"])
    if all(operand.is_constant for operand in call.operands):
        raise TransformError(f"{call.parameters['analyzer']} reads columns; found constants")
    return ColumnType("table")


def empty_own(call: Call) -> Own:
    """Return an analyzer of the user's own before it has seen anything."""
    return Own.empty(call.payload, [operand.type for operand in call.operands])


def _whole(call: Call) -> bool:
    return call.operands[0].type.kind != "float"


ANALYZERS: dict[str, Analyzer] = {
    "moments": Analyzer(_numeric("mean and variance"), lambda call, _: Moments.empty(_width(call))),
    "extent": Analyzer(
        _numeric("minimum and maximum"), lambda call, _: Extent.empty(_whole(call), _width(call))
    ),
    "sum": Analyzer(_numeric("sum"), lambda call, _: Sum(_whole(call))),
    "distribution": Analyzer(
        _infer_distribution, lambda call, _: Distribution.empty(len(call.operands) > 1)
    ),
    "counts": Analyzer(_infer_counts, lambda call, spill: Counts(len(call.operands) > 1, spill)),
    "label_counts": Analyzer(
        _infer_label_counts, lambda call, _: LabelCounts(len(call.operands) > 2)
    ),
    "keyed_moments": Analyzer(_infer_keyed("mean per key"), lambda call, _: KeyedMoments()),
    "keyed_extent": Analyzer(_infer_keyed("minimum per key"), lambda call, _: KeyedExtent()),
    "keyed_distribution": Analyzer(
        _infer_keyed("quantiles per key"),
        lambda call, _: KeyedDistribution(len(call.operands) > 2),
    ),
    "covariance": Analyzer(
        _infer_covariance, lambda call, _: Covariance.empty(call.operands[0].type.length or 0)
    ),
    "histogram": Analyzer(
        _infer_histogram,
        lambda call, _: Histogram.empty((call.operands[1].type.length or 0) - 1),
    ),
    "folded_target": Analyzer(
        _infer_folded_target,
        lambda call, _: FoldedTarget(call.parameters["folds"], call.parameters["smooth"]).zero(),
    ),
    "own": Analyzer(_infer_own, lambda call, _: empty_own(call)),
    "sample": Analyzer(_infer_sample, lambda call, _: Sample(call.parameters["max_rows"])),
    "documents": Analyzer(
        _infer_documents, lambda call, _: Documents.empty(call.parameters["vocab_size"] or 0)
    ),
}
