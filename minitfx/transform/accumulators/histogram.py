"""How many values lie between given boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.moments import numbers_of
from minitfx.transform.cells import Cells, Numbers


@dataclass
class Histogram:
    """Counts of values between boundaries.

    Attributes
    ----------
    counts : ndarray of int64, shape (boundaries - 1,)
        A value that equals a boundary belongs above it; values below the first boundary join
        the first bin, those above the last one the last bin. NaN is left out.
    """

    counts: NDArray[np.int64]

    @classmethod
    def empty(cls, bins: int) -> Self:
        """Return a histogram of nothing."""
        return cls(np.zeros(bins, np.int64))

    def zero(self) -> Self:
        """Return a histogram of nothing, with as many bins."""
        return self.empty(len(self.counts))

    def add(self, chunk: tuple[Cells, Numbers]) -> Self:
        """Return the histogram with the values of one batch; the boundaries come second."""
        values = np.asarray(numbers_of(chunk[0]), np.float64)
        values = values[~np.isnan(values)]
        last = len(self.counts) - 1
        bins = np.searchsorted(chunk[1].values, values, side="right") - 1
        return type(self)(self.counts + np.bincount(np.clip(bins, 0, last), minlength=last + 1))

    def merge(self, other: Self) -> Self:
        """Return the histogram of both."""
        return type(self)(self.counts + other.counts)

    def result(self) -> Histogram:
        """Return itself."""
        return self
