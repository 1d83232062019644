"""A second look at the cells of a distribution in which too many different values fell together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.accumulators.moments import numbers_of
from minitfx.transform.cells import Cells, Numbers

TOLERANCE = 0.002
"""The largest share of the weight that a cell of several values may hold."""


@dataclass(frozen=True)
class Refinement:
    """Distributions of their own for the values of some cells.

    Attributes
    ----------
    coarse : Distribution
        What a first pass found.
    places : tuple of int
        Which of its cells are too heavy.
    finer : tuple of Distribution
        One for each of them.

    Notes
    -----
    O(heavy cells · limit) memory; as a heavy cell holds more than `TOLERANCE` of the weight,
    there are 500 of them at most, and in practice one or two.
    """

    coarse: Distribution
    places: tuple[int, ...]
    finer: tuple[Distribution, ...]

    @classmethod
    def of(cls, coarse: Distribution) -> Refinement | None:
        """Return a refinement of what is too coarse, None when nothing is."""
        shares = coarse.weights * coarse.mixed / max(coarse.weights.sum(), 1)
        places = tuple(np.flatnonzero(shares > TOLERANCE).tolist())
        return cls(coarse, places, tuple(coarse.zero() for _ in places)) if places else None

    def zero(self) -> Refinement:
        """Return the refinement of the same cells before anything was seen."""
        return Refinement(self.coarse, self.places, tuple(each.zero() for each in self.finer))

    def add(self, chunk: tuple[Cells, ...]) -> Refinement:
        """Return the refinement with the values (and weights) of one batch."""
        columns = [numbers_of(each, elementwise=self.coarse.weighted) for each in chunk]
        values = np.asarray(columns[0], np.float64)
        cells = np.searchsorted(self.coarse.values, values)  # a cell ends with its largest value
        finer = []
        for place, known in zip(self.places, self.finer, strict=True):
            here = cells == place
            finer.append(known.add(tuple(Numbers(column[here]) for column in columns)))
        return Refinement(self.coarse, self.places, tuple(finer))

    def merge(self, other: Refinement) -> Refinement:
        """Return the refinement of both."""
        pairs = zip(self.finer, other.finer, strict=True)
        finer = tuple(one.merge(two) for one, two in pairs)
        return Refinement(self.coarse, self.places, finer)

    def result(self) -> Distribution:
        """Return the distribution with the heavy cells replaced by finer ones."""
        kept = np.ones(len(self.coarse.keys), np.bool_)
        kept[list(self.places)] = False
        keys: list[NDArray[np.int64]] = [self.coarse.keys[kept]]
        weights, mixed = [self.coarse.weights[kept]], [self.coarse.mixed[kept]]
        for each in self.finer:
            keys.append(each.keys)
            weights.append(each.weights)
            mixed.append(each.mixed)
        joined = np.concatenate(keys)
        order = np.argsort(joined, kind="stable")
        return Distribution(
            self.coarse.weighted,
            joined[order],
            np.concatenate(weights)[order],
            np.concatenate(mixed)[order],
            self.coarse.shift,
            self.coarse.limit,
        )
