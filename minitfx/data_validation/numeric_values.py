"""The numbers of one feature, as far as they have been seen."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from minitfx.data_validation.distribution import Distribution, Floats, Frequencies, run_ends
from minitfx.data_validation.moments import Moments, moments_of


class NumericValues:
    """A mergeable summary of the numbers of one feature.

    Parameters
    ----------
    weighted : bool
        Whether each value comes with a weight.

    Attributes
    ----------
    nan, zeros : int
        How many values are NaN, and zero.
    infinite : bool
        Whether an infinity occurs.
    moments, weighted_moments : Moments
        Of the finite values.
    distribution, weighted_distribution : Distribution
        Of the values that are not NaN.
    integers : tuple of int or None
        Smallest and largest value of an integer feature, exact beyond 2**53.
    """

    def __init__(self, weighted: bool = False) -> None:
        self.weighted = weighted
        self.nan = 0
        self.zeros = 0
        self.infinite = False
        self.moments = Moments()
        self.weighted_moments = Moments()
        self.distribution = Distribution()
        self.weighted_distribution = Distribution(weighted=True) if weighted else None
        self.integers: tuple[int, int] | None = None

    def zero(self) -> NumericValues:
        """Return a summary of the same kind that has seen nothing."""
        return NumericValues(self.weighted)

    def add(
        self,
        values: Floats,
        weights: Floats | None = None,
        integers: tuple[int, int] | None = None,
    ) -> NumericValues:
        """Take in values without missing ones, in any order.

        Parameters
        ----------
        values : ndarray of float64
            NaN is counted apart.
        weights : ndarray of float64, optional
            One for each value, not negative.
        integers : tuple of int, optional
            Smallest and largest value, if they are integers.
        """
        if self.weighted_distribution is not None and weights is not None:
            order = np.argsort(values, kind="stable")
            values, weights = values[order], weights[order]
        else:
            values = np.sort(values)
        present = int(np.searchsorted(values, np.nan)) if len(values) else 0
        self.nan += len(values) - present
        values = values[:present]
        self._add_plain(values)
        if self.weighted_distribution is not None and weights is not None:
            self._add_weighted(self.weighted_distribution, values, weights[:present])
        self.integers = _widest(self.integers, integers)
        return self

    def _add_plain(self, values: Floats) -> None:
        """Take in ascending values."""
        low, high = np.searchsorted(values, 0.0), np.searchsorted(values, 0.0, side="right")
        self.zeros += int(high - low)
        finite = self._finite(values)
        lasts = run_ends(finite)
        if len(lasts) * 8 < len(finite):
            counts = np.diff(lasts, prepend=-1).astype(np.float64)
            self.moments = self.moments.merge(moments_of(finite[lasts], counts))
        else:
            self.moments = self.moments.merge(moments_of(finite))
        self.distribution = self.distribution.add_sorted(values)

    def _add_weighted(self, distribution: Distribution, values: Floats, weights: Floats) -> None:
        finite = np.isfinite(values)
        moments = moments_of(values[finite], weights[finite])
        self.weighted_moments = self.weighted_moments.merge(moments)
        self.weighted_distribution = distribution.add_sorted(values, weights)

    def _finite(self, values: Floats) -> Floats:
        if not len(values) or (np.isfinite(values[0]) and np.isfinite(values[-1])):
            return values
        self.infinite = True
        low = np.searchsorted(values, -np.inf, side="right")
        return values[low : np.searchsorted(values, np.inf)]

    def merge(self, other: NumericValues) -> NumericValues:
        """Take in what ``other`` has seen."""
        self.nan += other.nan
        self.zeros += other.zeros
        self.infinite = self.infinite or other.infinite
        self.moments = self.moments.merge(other.moments)
        self.weighted_moments = self.weighted_moments.merge(other.weighted_moments)
        self.distribution = self.distribution.merge(other.distribution)
        if self.weighted_distribution is not None and other.weighted_distribution is not None:
            self.weighted_distribution = self.weighted_distribution.merge(
                other.weighted_distribution
            )
        self.integers = _widest(self.integers, other.integers)
        return self

    def result(self) -> NumericValues:
        """Return the summary itself."""
        return self

    @cached_property
    def frequencies(self) -> dict[bool, Frequencies]:
        """The values and their counts (False) and, if weighted, their weights (True).

        To be asked for when all has been seen; `minitfx.data_validation.refinement` may replace
        them by finer ones.
        """
        found = {False: self.distribution.result()}
        if self.weighted_distribution is not None:
            found[True] = self.weighted_distribution.result()
        return found


def _widest(one: tuple[int, int] | None, two: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or two is None:
        return one or two
    return min(one[0], two[0]), max(one[1], two[1])
