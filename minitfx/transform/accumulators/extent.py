"""The smallest and the largest value of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.moments import numbers_of
from minitfx.transform.cells import Cells


@dataclass
class Extent:
    """Minimum and maximum of the values seen; missing cells and NaN are left out.

    Attributes
    ----------
    width : int or None
        None for one result over all values, k for one at each of k places.
    is_integer : bool
        Whether the answers are integers.
    low, high : ndarray of float64 or int64, shape () or (k,)
        Of nothing: the largest and the smallest number that there is, so that ``low > high``.
    """

    width: int | None
    is_integer: bool
    low: NDArray[Any]
    high: NDArray[Any]

    @classmethod
    def empty(cls, is_integer: bool, width: int | None = None) -> Self:
        """Return the extent of nothing."""
        shape = () if width is None else (width,)
        if is_integer:
            limits = np.iinfo(np.int64)
            return cls(width, True, np.full(shape, limits.max), np.full(shape, limits.min))
        return cls(width, False, np.full(shape, np.inf), np.full(shape, -np.inf))

    def zero(self) -> Self:
        """Return the extent of nothing, with the same settings."""
        return self.empty(self.is_integer, self.width)

    def add(self, chunk: tuple[Cells]) -> Self:
        """Return the extent with the values of one batch."""
        values = numbers_of(chunk[0], self.width is not None)
        if values.dtype == np.bool_:
            values = values.astype(np.int64)
        least, most = (np.fmin, np.fmax) if values.dtype.kind == "f" else (np.minimum, np.maximum)
        nothing = self.empty(values.dtype.kind != "f")
        low = least.reduce(values, axis=0, initial=nothing.low.item())
        high = most.reduce(values, axis=0, initial=nothing.high.item())
        dtype = self.low.dtype
        seen = type(self)(self.width, self.is_integer, _as(low, dtype), _as(high, dtype))
        return self.merge(seen)

    def merge(self, other: Self) -> Self:
        """Return the extent of both."""
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return type(self)(self.width, self.is_integer, np.asarray(low), np.asarray(high))

    def result(self) -> Extent:
        """Return itself."""
        return self


def _as(value: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a minimum in the accumulator's type; elementwise integers come as floats."""
    with np.errstate(invalid="ignore"):
        return np.asarray(value).astype(dtype)
