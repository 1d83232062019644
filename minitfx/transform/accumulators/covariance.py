"""How the places of a list of fixed length vary together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.moments import numbers_of
from minitfx.transform.cells import Cells

Floats = NDArray[np.float64]


@dataclass
class Covariance:
    """Count, mean and sum of products of distances from the mean.

    Rows in which a place is missing, NaN or infinite are left out.

    Attributes
    ----------
    count : int
        How many rows.
    mean : ndarray of float64, shape (k,)
        Of each place.
    products : ndarray of float64, shape (k, k)
        Sums over the rows.
    """

    count: int
    mean: Floats
    products: Floats

    @classmethod
    def empty(cls, width: int) -> Self:
        """Return the covariance of no rows of ``width`` places."""
        return cls(0, np.zeros(width), np.zeros((width, width)))

    def zero(self) -> Self:
        """Return the covariance of no rows."""
        return self.empty(len(self.mean))

    def add(self, chunk: tuple[Cells]) -> Self:
        """Return the covariance with the rows of one batch."""
        rows = numbers_of(chunk[0], elementwise=True)
        rows = rows[np.isfinite(rows).all(axis=1)]
        if not len(rows):
            return self
        places = np.ascontiguousarray(rows.T)  # (k, rows)
        mean = places.mean(axis=1)
        return self.merge(type(self)(len(rows), mean, _products(places - mean[:, None])))

    def merge(self, other: Self) -> Self:
        """Return the covariance of both."""
        count = self.count + other.count
        if not count:
            return self
        share, distance = other.count / count, other.mean - self.mean
        products = self.products + other.products
        products = products + np.outer(distance, distance) * (self.count * share)
        return type(self)(count, self.mean + distance * share, products)

    def result(self) -> Covariance:
        """Return itself; see `matrix`."""
        return self

    @property
    def matrix(self) -> Floats:
        """The covariances, divided by the number of rows; zeros when there is none."""
        return self.products / max(self.count, 1)

    def principal_axes(self, number: int) -> Floats:
        """Return the axes of largest variance as columns, shape (k, number).

        Notes
        -----
        The sign of an axis, which means nothing, is chosen so that its largest entry is
        positive.
        """
        variances, axes = np.linalg.eigh(self.matrix)
        chosen = axes[:, np.argsort(variances, kind="stable")[::-1][:number]]
        largest = np.abs(chosen).argmax(axis=0)
        signs = np.sign(chosen[largest, np.arange(chosen.shape[1])])
        return np.asarray(chosen * np.where(signs == 0, 1.0, signs))


def _products(places: Floats) -> Floats:
    """Return the sums of products of every two rows.

    Notes
    -----
    A matrix product would be shorter, but its bits depend on how many threads it has.
    """
    found = np.empty((len(places), len(places)))
    for place, row in enumerate(places):
        found[place, place:] = found[place:, place] = (places[place:] * row).sum(axis=1)
    return found
