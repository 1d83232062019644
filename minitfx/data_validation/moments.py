"""Mean and spread of numbers, mergeable without loss of digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minitfx.data_validation.distribution import Floats


@dataclass(frozen=True)
class Moments:
    """The weight, the mean and the sum of squared distances from it.

    Attributes
    ----------
    weight : float
        How many values, or the sum of their weights.
    mean : float
        0.0 when there is none.
    spread : float
        Sum of weight times squared distance from the mean.

    Notes
    -----
    Merging follows T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise
    algorithm for computing sample variances" (1979): no difference of large sums is ever taken,
    so a mean of 1e9 with a deviation of 1 keeps its digits.

    Examples
    --------
    >>> left, right = moments_of(np.array([1.0, 2.0])), moments_of(np.array([3.0]))
    >>> merged = left.merge(right)
    >>> merged.mean, round(merged.deviation, 6)
    (2.0, 0.816497)
    """

    weight: float = 0.0
    mean: float = 0.0
    spread: float = 0.0

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both."""
        if other.weight == 0:
            return self
        if self.weight == 0:
            return other
        weight = self.weight + other.weight
        step = other.mean - self.mean
        part = other.weight / weight
        mean = self.mean + step * part
        spread = self.spread + other.spread + step * step * (self.weight * part)
        return Moments(weight, mean, spread)

    @property
    def deviation(self) -> float:
        """The population standard deviation, 0.0 when there is no value."""
        return float(np.sqrt(self.spread / self.weight)) if self.weight else 0.0


def moments_of(values: Floats, weights: Floats | None = None) -> Moments:
    """Return the moments of finite ``values``.

    Parameters
    ----------
    values : ndarray of float64
        Finite.
    weights : ndarray of float64, optional
        Not negative; counts of equal values, for example.
    """
    if not len(values):
        return Moments()
    with np.errstate(over="ignore", invalid="ignore"):
        if weights is None:
            mean = float(values.mean())
            away = values - mean
            away *= away
            return Moments(float(len(values)), mean, float(away.sum()))
        total = float(weights.sum())
        if total == 0:
            return Moments()
        mean = float((values * (weights / total)).sum())
        return Moments(total, mean, float((weights * (values - mean) ** 2).sum()))
