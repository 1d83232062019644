"""Operations that put numbers on a common scale, given what an analyzer found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Numbers
from minitfx.transform.columntype import NUMERIC, ColumnType
from minitfx.transform.gaussian import normal_of
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.arithmetic import sigmoid
from minitfx.transform.operations.lifting import lifted, over_first


def deviation(variance: NDArray[Any]) -> NDArray[np.float64]:
    """Return the standard deviation, 1 where it is 0."""
    root = np.sqrt(variance)
    return np.where(root > 0, root, 1.0)


def z_score(values: NDArray[Any], mean: NDArray[Any], scale: NDArray[Any]) -> NDArray[np.float64]:
    """Return distances from the mean in units of the scale."""
    distance: NDArray[np.float64] = np.subtract(values, mean, dtype=np.float64)
    # A second large array would cost more than the division.
    np.divide(distance, scale, out=distance)
    return distance


def min_max(
    values: NDArray[Any], low: NDArray[Any], high: NDArray[Any], to_low: float, to_high: float
) -> NDArray[Any]:
    """Return values scaled so that ``low`` and ``high`` come to lie at the two bounds.

    Notes
    -----
    Where ``low`` is not below ``high`` the sigmoid of the value stands for its place between
    the bounds, as in TFT. Values outside are not clipped.
    """
    span = np.subtract(high, low, dtype=np.float64)
    usable = (low < high) & np.isfinite(span)
    if np.ndim(usable) == 0 and usable:
        place = (values - low) / span
    elif not np.any(usable):
        place = sigmoid(values)
    else:
        divisor = np.where(usable, span, 1.0)
        place = np.where(usable, (values - np.where(usable, low, 0.0)) / divisor, sigmoid(values))
    return np.asarray(place * (to_high - to_low) + to_low)


def _infer(what: str) -> Any:
    def infer(call: Call) -> ColumnType:
        for index in range(len(call.operands)):
            call.expect(index, NUMERIC, what)
        return ColumnType("float", call.common_length(what))

    return infer


def _build_z_score(call: Call) -> Function:
    def apply(cells: Numbers, mean: Numbers, scale: Numbers) -> Numbers:
        return Numbers(z_score(cells.values, mean.values, scale.values), cells.valid)

    return lifted(call, apply)


def _build_min_max(call: Call) -> Function:
    to_low, to_high = call.parameters["output_min"], call.parameters["output_max"]

    def apply(cells: Numbers, low: Numbers, high: Numbers) -> Numbers:
        values = np.asarray(cells.values, np.float64)
        return Numbers(min_max(values, low.values, high.values, to_low, to_high), cells.valid)

    return lifted(call, apply)


def _gaussian() -> Operation:
    def build(call: Call) -> Function:
        def apply(cells: Numbers, parameters: Numbers, variance: Numbers) -> Numbers:
            location, scale, left, right = parameters.values
            is_long = left > 0 or right > 0
            divisor = scale if is_long else np.sqrt(variance.values)
            distance = np.asarray(cells.values, np.float64) - location
            scaled = distance / divisor if divisor != 0 else distance
            return Numbers(normal_of(scaled, left, right) if is_long else scaled, cells.valid)

        return over_first(call, apply)

    def infer(call: Call) -> ColumnType:
        return call.expect(0, NUMERIC, "scale_to_gaussian").of("float")

    return Operation(infer, build)


def _deviation() -> Operation:
    def apply(variance: Numbers) -> Numbers:
        return Numbers(deviation(variance.values), variance.valid)

    return Operation(_infer("deviation"), lambda call: apply)


OPERATIONS: dict[str, Operation] = {
    "deviation": _deviation(),
    "z_score": Operation(_infer("scale_to_z_score"), _build_z_score),
    "gaussian": _gaussian(),
    "min_max": Operation(_infer("scale_by_min_max"), _build_min_max),
}
