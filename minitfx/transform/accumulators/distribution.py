"""How the values of a column are distributed, for quantiles: exact, or in fine cells.

Values become integers that sort as they do (the bits of a float64, those of negative numbers
turned around). Up to a limit, different values are kept as they are; above that, values whose
integers differ only in their last ``shift`` bits share a cell, with the smallest shift that
leaves few enough cells. That shift follows from the set of values alone, so any order, chunking
or merging gives the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.data_validation.distribution import (
    key_values,
    order_keys,
    run_ends,
    shift_that_fits,
)
from minitfx.transform.accumulators.moments import Floats, numbers_of
from minitfx.transform.cells import Cells

LIMIT = 32_768
"""Different values that are counted exactly, and cells that are kept above that."""

Ints = NDArray[np.int64]


@dataclass
class Distribution:
    """Weights of the values seen, in ascending cells.

    Attributes
    ----------
    weighted : bool
        Whether a second column gives each value's weight; else each weighs 1.
    keys : ndarray of int64, shape (cells,)
        The largest value of each cell, as an integer that sorts like it; ascending.
    weights : ndarray of int64, or float64 when weighted, shape (cells,)
        How much weight each cell has.
    mixed : ndarray of bool, shape (cells,)
        Whether a cell has seen more than one value.
    shift : int
        How many last bits do not tell cells apart; 0 while every value is counted by itself.
    limit : int
        The most cells that may be kept.

    Notes
    -----
    O(limit) memory. Merging is exact, and commutative, for counts; weights are float sums.
    """

    weighted: bool
    keys: Ints
    weights: NDArray[Any]
    mixed: NDArray[np.bool_]
    shift: int = 0
    limit: int = LIMIT

    @classmethod
    def empty(cls, weighted: bool = False, limit: int = LIMIT) -> Distribution:
        """Return the distribution of nothing."""
        weights = np.zeros(0, np.float64 if weighted else np.int64)
        return cls(weighted, np.zeros(0, np.int64), weights, np.zeros(0, np.bool_), 0, limit)

    def zero(self) -> Distribution:
        """Return the distribution of nothing, with the same settings."""
        return self.empty(self.weighted, self.limit)

    def add(self, chunk: tuple[Cells, ...]) -> Distribution:
        """Return the distribution with the values (and weights) of one batch.

        Missing values and NaN are left out, and with weights what weighs nothing, less or NaN.
        """
        if self.weighted:
            values, given = (numbers_of(each, elementwise=True) for each in chunk)
            used = ~np.isnan(values) & (given > 0)
            order = np.argsort(values[used], kind="stable")
            values, weights = values[used][order], given[used][order]
        else:
            values = np.sort(np.asarray(numbers_of(chunk[0]), np.float64))
            values = values[: np.searchsorted(values, np.nan)]
            weights = None
        unmixed = np.zeros(len(values), np.bool_)
        seen = self._fitted(order_keys(values), weights, unmixed, 0)
        return self.merge(seen) if len(self.keys) else seen

    def merge(self, other: Distribution) -> Distribution:
        """Return the distribution of both."""
        keys = np.concatenate([self.keys, other.keys])
        order = np.argsort(keys, kind="stable")  # merges two sorted halves in O(cells)
        weights = np.concatenate([self.weights, other.weights])[order]
        mixed = np.concatenate([self.mixed, other.mixed])[order]
        return self._fitted(keys[order], weights, mixed, max(self.shift, other.shift))

    def _fitted(
        self, keys: Ints, weights: NDArray[Any] | None, mixed: NDArray[np.bool_], shift: int
    ) -> Distribution:
        """Return the distribution of sorted keys, in few enough cells; no weights weigh 1."""
        ends = run_ends(keys >> np.int64(shift))
        if len(ends) > self.limit:
            shift = shift_that_fits(keys[ends], self.limit)
            ends = run_ends(keys >> np.int64(shift))
        starts = np.append(np.zeros(min(len(ends), 1), np.int64), ends[:-1] + 1)
        if weights is None:
            sums: NDArray[Any] = ends - starts + 1
        elif len(ends) == len(keys):
            return Distribution(self.weighted, keys, weights, mixed, shift, self.limit)
        else:
            sums = np.add.reduceat(weights, starts)
        if not shift:  # then cells that fall together hold the same value
            return Distribution(self.weighted, keys[ends], sums, mixed[ends], 0, self.limit)
        joined = keys[starts] != keys[ends]
        if mixed.any():
            joined |= np.logical_or.reduceat(mixed, starts)
        return Distribution(self.weighted, keys[ends], sums, joined, shift, self.limit)

    def result(self) -> Distribution:
        """Return itself; see `quantiles`."""
        return self

    @property
    def values(self) -> Floats:
        """The largest value of each cell, ascending."""
        return key_values(self.keys)

    @property
    def middles(self) -> Floats:
        """The middle of each cell: its value where it has only one."""
        shift = np.int64(self.shift)
        values = self.values
        lows = key_values((self.keys >> shift) << shift)
        lows[1:] = np.maximum(lows[1:], values[:-1])
        return np.where(self.mixed, lows / 2 + values / 2, values)

    @property
    def rank_error(self) -> float:
        """The largest share of the weight in a cell with several values; 0 when exact."""
        return float((self.weights * self.mixed).max(initial=0) / max(self.weights.sum(), 1))

    def quantiles(self, parts: int) -> Floats:
        """Return the ``parts + 1`` boundaries that cut the weight into equal parts.

        Returns
        -------
        ndarray of float64, shape (parts + 1,)
            Boundary r is the first value whose cumulated weight exceeds ``r / parts`` of the
            whole, the last one the maximum; zeros when nothing was seen. Of a cell of several
            values it is the largest.
        """
        if not len(self.keys):
            return np.zeros(parts + 1)
        cumulated = np.cumsum(self.weights)
        ranks = np.arange(parts + 1)
        if self.weighted:
            places = np.searchsorted(cumulated, ranks * cumulated[-1] / parts, side="right")
        else:  # in integers, which do not round
            places = np.searchsorted(cumulated * parts, ranks * cumulated[-1], side="right")
        return np.asarray(self.values[np.minimum(places, len(cumulated) - 1)])
