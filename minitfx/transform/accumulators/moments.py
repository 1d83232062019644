"""Count, mean and variance, and the sum, of the values of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Cells, Lists, Numbers, Strings, present

Floats = NDArray[np.float64]


def numbers_of(cells: Cells, elementwise: bool = False) -> NDArray[Any]:
    """Return the numbers that are not missing.

    Returns
    -------
    ndarray
        Shape (values,); with ``elementwise`` shape (rows, k), NaN where missing.
    """
    if isinstance(cells, Lists):
        cells = cells.items
    if isinstance(cells, Strings):
        raise TypeError("text where numbers were expected")
    if not elementwise:
        found = present(cells)
        assert isinstance(found, Numbers)
        return found.values
    values = np.asarray(cells.values, np.float64)
    return values if cells.valid is None else np.where(cells.valid, values, np.nan)


@dataclass
class Moments:
    """Count, mean and sum of squared distances of the finite values seen.

    Missing cells, NaN and infinities are left out. Partial results of a column of lists of k
    may be kept for each of the k places (``width``).

    Attributes
    ----------
    width : int or None
        None for one result over all values, k for one at each of k places.
    count, mean, squares : ndarray of float64, shape () or (k,)
        ``squares`` is the sum of squared distances from the mean.

    Notes
    -----
    Merging is exact for counts and to about 1e-12 relative for the rest. Formula: Chan, Golub
    and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
    (1979).
    """

    width: int | None
    count: Floats
    mean: Floats
    squares: Floats

    @classmethod
    def empty(cls, width: int | None = None) -> Self:
        """Return the moments of nothing."""
        shape = () if width is None else (width,)
        return cls(width, np.zeros(shape), np.zeros(shape), np.zeros(shape))

    def zero(self) -> Self:
        """Return the moments of nothing, for the same width."""
        return self.empty(self.width)

    def add(self, chunk: tuple[Cells]) -> Self:
        """Return the moments with those of the values of one batch."""
        values = np.asarray(numbers_of(chunk[0], self.width is not None), np.float64)
        if self.width is None:
            found = np.array(_moments(values))
        else:
            columns = np.ascontiguousarray(values.T)
            found = np.array([_moments(column[~np.isnan(column)]) for column in columns]).T
        return self.merge(type(self)(self.width, *(np.asarray(each) for each in found)))

    def merge(self, other: Self) -> Self:
        """Return the moments of both."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1.0)
        distance = other.mean - self.mean
        mean = np.where(self.count == 0, other.mean, self.mean + distance * share)
        squares = self.squares + other.squares + distance * distance * self.count * share
        return type(self)(self.width, np.asarray(count), np.asarray(mean), np.asarray(squares))

    def result(self) -> Moments:
        """Return itself; see `variance`."""
        return self

    @property
    def variance(self) -> Floats:
        """The mean squared distance from the mean (divided by the count), 0 of nothing."""
        return np.asarray(self.squares / np.maximum(self.count, 1.0))


def _moments(values: Floats) -> tuple[float, float, float]:
    """Return count, mean and sum of squared distances of the finite values."""
    total = values.sum()
    if not np.isfinite(total):  # not all values are, or their sum is too large
        values = values[np.isfinite(values)]
        total = values.sum()
    count = max(len(values), 1)
    mean = total / count if np.isfinite(total) else (values / count).sum()
    distance = values - mean
    drift = distance.sum()  # rounding of the mean, times the count
    squares = np.multiply(distance, distance, out=distance).sum() - drift * drift / count
    return float(len(values)), float(mean), float(max(squares, 0.0))


@dataclass
class Sum:
    """The sum and the number of the values seen; NaN is left out of the sum.

    Attributes
    ----------
    total : int or float
        Python's integers do not overflow; float sums merge to about 1e-12 relative.
    count : int
        How many values, NaN among them.
    """

    is_integer: bool
    total: int | float = 0
    count: int = 0

    def zero(self) -> Sum:
        """Return the sum of nothing."""
        return Sum(self.is_integer)

    def add(self, chunk: tuple[Cells]) -> Sum:
        """Return the sum with the values of one batch."""
        values = numbers_of(chunk[0])
        if self.is_integer:
            total: int | float = _exact(values)
        else:
            total = float(np.nansum(values))
        return Sum(self.is_integer, self.total + total, self.count + len(values))

    def merge(self, other: Sum) -> Sum:
        """Return the sum of both."""
        return Sum(self.is_integer, self.total + other.total, self.count + other.count)

    def result(self) -> Sum:
        """Return itself."""
        return self


def _exact(values: NDArray[Any]) -> int:
    """Return the sum of integers without overflow: the halves of 32 bits fit for 2**31 values."""
    whole = values.astype(np.int64)
    return (int((whole >> 32).sum()) << 32) + int((whole & 0xFFFFFFFF).sum())
