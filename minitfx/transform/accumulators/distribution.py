"""How the values of a column are distributed, for quantiles: exact, or in fine cells.

Values become integers that sort as they do (the bits of a float64, with the sign turned). Up to
`LIMIT` different values are kept as they are; above that the integers lose as many of their
last bits as it takes to have no more than `LIMIT` cells. That number of bits follows from the
set of values alone, so any order, chunking or merging gives the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.moments import Floats, numbers_of
from minitfx.transform.cells import Cells

LIMIT = 32_768
"""Different values that are counted exactly, and cells that are kept above that."""

Keys = NDArray[np.uint64]
_SIGN = np.uint64(1 << 63)


def keys_of(values: Floats) -> Keys:
    """Return integers that sort as the values do; -0.0 counts as 0.0, and NaN must not occur."""
    bits = (values + 0.0).view(np.uint64)
    negative = (bits >> np.uint64(63)).astype(np.bool_)
    return np.where(negative, ~bits, bits | _SIGN)


@dataclass
class Distribution:
    """Weights of the values seen, in sorted cells.

    Attributes
    ----------
    weighted : bool
        Whether a second column gives each value's weight; else each weighs 1.
    cells : ndarray of uint64, shape (cells,)
        Keys without their last ``shift`` bits, ascending.
    lowest, highest : ndarray of float64, shape (cells,)
        The smallest and largest value seen in each cell: equal while ``shift`` is 0.
    weights : ndarray of int64, or float64 when weighted, shape (cells,)
        How much weight each cell has.
    shift : int
        How many bits were cut; 0 means that every value is counted by itself.
    limit : int
        The most cells that may be kept.

    Notes
    -----
    O(limit) memory. Merging is exact, and commutative, for counts; weights are float sums.
    """

    weighted: bool
    cells: Keys
    lowest: Floats
    highest: Floats
    weights: NDArray[Any]
    shift: int = 0
    limit: int = LIMIT

    @classmethod
    def empty(cls, weighted: bool = False, limit: int = LIMIT) -> Distribution:
        """Return the distribution of nothing."""
        none = np.zeros(0)
        weights = none if weighted else none.astype(np.int64)
        return cls(weighted, none.astype(np.uint64), none, none, weights, 0, limit)

    def zero(self) -> Distribution:
        """Return the distribution of nothing, with the same settings."""
        return self.empty(self.weighted, self.limit)

    def add(self, chunk: tuple[Cells, ...]) -> Distribution:
        """Return the distribution with the values (and weights) of one batch.

        Missing values and NaN are left out, and with weights what weighs nothing, less or NaN.
        """
        if self.weighted:
            seen = self._of_weighted(*(numbers_of(each, elementwise=True) for each in chunk))
        else:
            values = np.sort(np.asarray(numbers_of(chunk[0]), np.float64))
            values = values[: np.searchsorted(values, np.nan)] + 0.0
            starts = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
            kept = values[starts]
            weights = np.diff(np.append(starts, len(values)))
            cells = keys_of(kept)
            seen = Distribution(False, cells, kept, kept, weights, 0, self.limit)
        return self.merge(seen._fitted()) if len(self.cells) else seen._fitted()

    def _of_weighted(self, values: Floats, weights: Floats) -> Distribution:
        used = ~np.isnan(values) & (weights > 0)
        values, weights = values[used] + 0.0, weights[used]
        order = np.argsort(values, kind="stable")
        kept = values[order]
        raw = Distribution(True, keys_of(kept), kept, kept, weights[order], 0, self.limit)
        return raw._joined()

    def merge(self, other: Distribution) -> Distribution:
        """Return the distribution of both."""
        shift = max(self.shift, other.shift)
        first, second = self._cut(shift), other._cut(shift)
        cells = np.concatenate([first.cells, second.cells])
        order = np.argsort(cells, kind="stable")
        both = Distribution(
            self.weighted,
            cells[order],
            np.concatenate([first.lowest, second.lowest])[order],
            np.concatenate([first.highest, second.highest])[order],
            np.concatenate([first.weights, second.weights])[order],
            shift,
            self.limit,
        )
        return both._joined()._fitted()

    def _cut(self, shift: int) -> Distribution:
        """Return the distribution with ``shift`` bits cut in all."""
        if shift == self.shift:
            return self
        cells = self.cells >> np.uint64(shift - self.shift)
        cut = Distribution(
            self.weighted, cells, self.lowest, self.highest, self.weights, shift, self.limit
        )
        return cut._joined()

    def _joined(self) -> Distribution:
        """Return the distribution with equal neighbouring cells made one."""
        new = np.append(True, self.cells[1:] != self.cells[:-1])[: len(self.cells)]
        starts = np.flatnonzero(new)
        if len(starts) == len(self.cells):
            return self
        return Distribution(
            self.weighted,
            self.cells[starts],
            np.minimum.reduceat(self.lowest, starts),
            np.maximum.reduceat(self.highest, starts),
            np.add.reduceat(self.weights, starts),
            self.shift,
            self.limit,
        )

    def _fitted(self) -> Distribution:
        """Return the distribution with the fewest bits cut that leave at most ``limit`` cells."""
        excess = len(self.cells) - self.limit
        if excess <= 0:
            return self
        # Neighbours fall together once their highest differing bit is cut, so the answer is
        # the length of the excess-th smallest difference.
        differences = self.cells[1:] ^ self.cells[:-1]
        bound = int(np.partition(differences, excess - 1)[excess - 1])
        return self._cut(self.shift + bound.bit_length())

    def result(self) -> Distribution:
        """Return itself; see `quantiles`."""
        return self

    @property
    def is_exact(self) -> bool:
        """Whether every cell holds one value."""
        return bool((self.lowest == self.highest).all())

    @property
    def rank_error(self) -> float:
        """The largest share of the weight in a cell with more than one value; 0 when exact."""
        blurred = self.weights[self.lowest != self.highest]
        return float(blurred.max() / self.weights.sum()) if len(blurred) else 0.0

    def quantiles(self, parts: int) -> Floats:
        """Return the ``parts + 1`` boundaries that cut the weight into equal parts.

        Returns
        -------
        ndarray of float64, shape (parts + 1,)
            Boundary r is the first value whose cumulated weight exceeds ``r / parts`` of the
            whole, the last one the maximum; zeros when nothing was seen.

        Notes
        -----
        In a cell of several values, the boundary is the smallest or the largest of them,
        whichever rank is closer.
        """
        if not len(self.cells):
            return np.zeros(parts + 1)
        cumulated = np.cumsum(self.weights)
        ranks = np.arange(parts + 1)
        if self.weighted:
            places = np.searchsorted(cumulated, ranks * cumulated[-1] / parts, side="right")
        else:  # in integers, which do not round
            places = np.searchsorted(cumulated * parts, ranks * cumulated[-1], side="right")
        places = np.minimum(places, len(cumulated) - 1)
        before = cumulated[places] - self.weights[places]
        inside = (ranks * cumulated[-1] / parts - before) / self.weights[places]
        return np.asarray(np.where(inside < 0.5, self.lowest[places], self.highest[places]))
