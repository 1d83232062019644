"""Operations that turn numbers into the places of intervals, and places into indicators."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import Lists, Numbers
from minitfx.transform.columntype import NUMERIC, RAGGED, ColumnType
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted, over_first

_FEW = 24
"""Up to so many boundaries, comparing with each is cheaper than searching."""
_MANY_ROWS = 512


def buckets(values: NDArray[Any], boundaries: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many of the sorted boundaries are not above each value; NaN is above all.

    Notes
    -----
    O(rows * boundaries) for few boundaries, else O(rows * log(boundaries)). Comparing runs 10
    times faster than searching at 9 boundaries and 65,536 rows.
    """
    if len(boundaries) > _FEW or values.size < _MANY_ROWS:
        return np.searchsorted(boundaries, values, side="right").astype(np.int64, copy=False)
    found = np.zeros(values.shape, np.int8)
    for boundary in boundaries:
        found += np.less(values, boundary).view(np.int8)
    return len(boundaries) - found.astype(np.int64)


def interpolated(values: NDArray[Any], boundaries: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the place of each value among the boundaries, between 0 and 1.

    Notes
    -----
    0 at and below the first boundary, 1 at and above the last, linear between neighbours. NaN
    gives 0.5; boundaries that are not finite are left out; with one boundary there is only
    below (0) and not below (1), and with none everything is 0.5.
    """
    edges = boundaries[np.isfinite(boundaries)]
    unknown = np.isnan(values)
    if not len(edges):
        return np.full(values.shape, 0.5)
    if len(edges) == 1:
        place = (values >= edges[0]).astype(np.float64)
    else:
        above = np.clip(np.searchsorted(edges, values, side="right"), 1, len(edges) - 1)
        low, high = edges[above - 1], edges[above]
        span = np.where(high > low, high - low, 1.0)
        with np.errstate(invalid="ignore"):
            inside = np.clip((values - low) / span, 0.0, 1.0)
        place = (above - 1 + inside) / (len(edges) - 1)
    return np.where(unknown, 0.5, place)


def _infer(kind: Any, what: str) -> Any:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, NUMERIC, what)
        edges = call.expect(1, NUMERIC, f"{what}'s boundaries")
        if not call.operands[1].is_constant or edges.length is None:
            raise TransformError(
                f"{what}'s boundaries must be a list of numbers or what tft.quantiles returned; "
                f"found {edges}"
            )
        return column.of(kind)

    return infer


def _over_boundaries(function: Any) -> Any:
    def build(call: Call) -> Function:
        def apply(cells: Numbers, boundaries: Numbers) -> Numbers:
            return Numbers(function(cells.values, boundaries.values), cells.valid)

        return over_first(call, apply)

    return build


def _bucketize_elementwise() -> Operation:
    """One row of boundaries for each place of a list of fixed length."""

    def infer(call: Call) -> ColumnType:
        column = call.expect(0, NUMERIC, "bucketize")
        if not column.is_fixed:
            raise TransformError(f"elementwise bucketize takes lists of one length; found {column}")
        return column.of("int")

    def build(call: Call) -> Function:
        def apply(cells: Numbers, *boundaries: Numbers) -> Numbers:
            columns = [
                buckets(np.ascontiguousarray(cells.values[:, place]), edges.values)
                for place, edges in enumerate(boundaries)
            ]
            return Numbers(np.stack(columns, axis=1), cells.valid)

        return apply

    return Operation(infer, build)


def _one_hot() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"int", "bool"}, "one_hot")
        if column.length is not None:
            raise TransformError(f"one_hot takes one integer a row; found {column}")
        if len(call.operands) > 1:
            depth = call.expect(1, {"int"}, "one_hot's depth")
            if not call.operands[1].is_constant or depth.length is not None:
                raise TransformError("one_hot's depth is a column; expected one integer for all")
            return ColumnType(call.parameters["kind"], RAGGED)
        return ColumnType(call.parameters["kind"], call.parameters["depth"])

    def build(call: Call) -> Function:
        dtype = np.float64 if call.parameters["kind"] == "float" else np.int64
        if len(call.operands) > 1:
            return lambda cells, depth: _as_lists(cells, int(depth.values), dtype)
        depth = call.parameters["depth"]
        places = np.arange(depth)

        def apply(cells: Numbers) -> Numbers:
            values = (cells.values[:, None] == places).astype(dtype)
            if cells.valid is None:
                return Numbers(values)
            return Numbers(values, np.repeat(cells.valid[:, None], depth, axis=1))

        return lifted(call, apply)

    return Operation(infer, build)


def _as_lists(cells: Numbers, depth: int, dtype: type) -> Lists:
    """Return indicators whose number nobody knew before the data were read."""
    valid = cells.valid
    values = cells.values if valid is None else cells.values[valid]
    lengths = np.full(len(cells.values), depth) if valid is None else np.where(valid, depth, 0)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    items = Numbers((values[:, None] == np.arange(depth)).astype(dtype).ravel())
    return Lists(offsets, items, valid)


def _density() -> Operation:
    """The share of all values that fell into the bin of each value, by the bins' mean width."""

    def infer(call: Call) -> ColumnType:
        return call.expect(0, NUMERIC, "estimated_probability_density").of("float")

    def build(call: Call) -> Function:
        def apply(cells: Numbers, counts: Numbers, boundaries: Numbers) -> Numbers:
            edges, heights = boundaries.values, counts.values / max(counts.values.sum(), 1)
            width = (edges[-1] - edges[0]) / len(heights)
            bins = np.clip(buckets(cells.values, edges) - 1, 0, len(heights) - 1)
            return Numbers((heights / width)[bins], cells.valid)

        return over_first(call, apply)

    return Operation(infer, build)


OPERATIONS: dict[str, Operation] = {
    "apply_buckets": Operation(_infer("int", "apply_buckets"), _over_boundaries(buckets)),
    "apply_buckets_with_interpolation": Operation(
        _infer("float", "apply_buckets_with_interpolation"), _over_boundaries(interpolated)
    ),
    "bucketize_elementwise": _bucketize_elementwise(),
    "density": _density(),
    "one_hot": _one_hot(),
}
