"""How often each number occurs, in bounded memory.

Up to `CELLS` distinct values are counted exactly. Beyond that, values whose order-preserving
float bits agree in all but the lowest ``shift`` bits share a cell, with the smallest shift that
fits. A cell remembers its largest value, so every (value, number of values up to it) that is
reported stays exact; only the values in between are no longer told apart.

The smallest shift is a property of the set of values, so the state does not depend on the
order of the rows, on the chunks, or on the order of merges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CELLS = 32_768
"""Cells that a distribution keeps at most."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)


@dataclass(frozen=True)
class Frequencies:
    """Values in ascending order and how often each occurs.

    Attributes
    ----------
    values : ndarray of float64, shape (cells,)
        Ascending; the largest value of each cell.
    counts : ndarray of float64, shape (cells,)
        Occurrences, or sums of weights.
    lows : ndarray of float64, shape (cells,)
        The smallest value of each cell; the same as ``values`` while counts are exact.
    """

    values: Floats
    counts: Floats
    lows: Floats

    @property
    def finite_range(self) -> tuple[float, float]:
        """The smallest and the largest finite value, (inf, -inf) when there is none."""
        finite = np.flatnonzero(np.isfinite(self.values))
        if not len(finite):
            return float("inf"), float("-inf")
        return float(self.lows[finite[0]]), float(self.values[finite[-1]])


@dataclass(frozen=True)
class _Cells:
    """Counted cells: order keys of their largest and smallest values, ascending, and counts."""

    keys: Ints
    firsts: Ints
    counts: Ints
    weights: Floats | None


class Distribution:
    """A mergeable count of numbers; NaN must be left out before.

    Parameters
    ----------
    weighted : bool
        Whether each value comes with a weight.

    Attributes
    ----------
    shift : int
        How many low bits of the order keys do not tell cells apart.

    Notes
    -----
    Memory is at most ``4 * CELLS`` times 24 bytes (32 with weights): cells that come in are
    kept aside until there are that many, for joining them costs a sort. Counts and values are
    exact integers and bits, so merging is associative to the bit; weights are sums of floats.
    """

    __slots__ = ("_parts", "shift", "weighted")

    def __init__(self, weighted: bool = False) -> None:
        self.weighted = weighted
        self.shift = 0
        self._parts: list[_Cells] = []

    def zero(self) -> Distribution:
        """Return an empty distribution of the same kind."""
        return Distribution(self.weighted)

    def add(self, values: Floats, weights: Floats | None = None) -> Distribution:
        """Count ``values``, in any order and without NaN."""
        if self.weighted:
            order = np.argsort(values, kind="stable")
            weights = weights[order] if weights is not None else None
            return self.add_sorted(values[order], weights)
        return self.add_sorted(np.sort(values))

    def add_sorted(self, values: Floats, weights: Floats | None = None) -> Distribution:
        """Count ``values`` that ascend, without NaN."""
        if not len(values):
            return self
        lasts = run_ends(values)
        keys = firsts = order_keys(values[lasts])
        shift = 0
        if len(keys) > CELLS:
            shift = shift_that_fits(keys, CELLS)
            ends = run_ends(keys >> shift)
            firsts, keys, lasts = keys[_starts(ends)], keys[ends], lasts[ends]
        starts = _starts(lasts)
        sums = None
        if self.weighted:
            if weights is None:
                raise ValueError("a weighted distribution needs weights")
            sums = np.add.reduceat(weights, starts)
        return self._take([_Cells(keys, firsts, lasts - starts + 1, sums)], shift)

    def add_constant(self, value: float, count: int) -> Distribution:
        """Count one value ``count`` times, without weights."""
        if not count:
            return self
        key = order_keys(np.array([value], np.float64))
        return self._take([_Cells(key, key, np.array([count], np.int64), None)], 0)

    def merge(self, other: Distribution) -> Distribution:
        """Take in the counts of ``other``."""
        return self._take(other._parts, other.shift)

    def result(self) -> Frequencies:
        """Return the values and their counts (sums of weights when weighted, without zeros)."""
        self._settle()
        if not self._parts:
            return Frequencies(*(np.empty(0, np.float64) for _ in range(3)))
        (cells,) = self._parts
        values, lows = key_values(cells.keys), key_values(cells.firsts)
        if cells.weights is None:
            return Frequencies(values, cells.counts.astype(np.float64), lows)
        kept = cells.weights > 0
        return Frequencies(values[kept], cells.weights[kept], lows[kept])

    def _take(self, parts: list[_Cells], shift: int) -> Distribution:
        self._parts = self._parts + parts
        self.shift = max(self.shift, shift)
        if len(self._parts) > _PARTS or sum(len(p.keys) for p in self._parts) > 4 * CELLS:
            self._settle()
        return self

    def _settle(self) -> None:
        """Join all parts into one of at most `CELLS` cells."""
        if not self._parts:
            return
        cells = _joined(self._parts)
        lasts = run_ends(cells.keys >> self.shift)
        if len(lasts) > CELLS:
            self.shift = shift_that_fits(cells.keys[lasts], CELLS)
            lasts = run_ends(cells.keys >> self.shift)
        self._parts = [_grouped(cells, lasts)]


_PARTS = 64


def _joined(parts: list[_Cells]) -> _Cells:
    """Return the cells of all parts, ascending; equal ones stand side by side."""
    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys, kind="stable")
    firsts = np.concatenate([part.firsts for part in parts])[order]
    counts = np.concatenate([part.counts for part in parts])[order]
    sums = [part.weights for part in parts if part.weights is not None]
    return _Cells(keys[order], firsts, counts, np.concatenate(sums)[order] if sums else None)


def _grouped(cells: _Cells, lasts: Ints) -> _Cells:
    """Return one cell for each run of cells that ends at ``lasts``."""
    if len(lasts) == len(cells.keys):
        return cells
    starts = _starts(lasts)
    weights = None if cells.weights is None else np.add.reduceat(cells.weights, starts)
    return _Cells(
        cells.keys[lasts],
        np.minimum.reduceat(cells.firsts, starts),
        np.add.reduceat(cells.counts, starts),
        weights,
    )


def _starts(lasts: Ints) -> Ints:
    """Return the index of the first element of each run that ends at ``lasts``."""
    starts = np.empty_like(lasts)
    starts[0] = 0
    np.add(lasts[:-1], 1, out=starts[1:])
    return starts


def order_keys(ascending: Floats) -> Ints:
    """Return integers that compare as ascending floats do; -0.0 counts as 0.0.

    Examples
    --------
    >>> keys = order_keys(np.array([-2.0, -1.0, -0.0, 0.0, 1.5]))
    >>> bool(np.all(np.diff(keys) >= 0)), int(keys[2])
    (True, 0)
    """
    keys: Ints = (ascending + 0.0).view(np.int64)
    negative = keys[: np.searchsorted(ascending, 0.0)]
    np.bitwise_xor(negative, _MAGNITUDE, out=negative)
    return keys


def key_values(keys: Ints) -> Floats:
    """Return the floats of `order_keys`."""
    bits = keys ^ ((keys >> np.int64(63)) & _MAGNITUDE)
    return bits.view(np.float64)


def run_ends(ascending: npt.NDArray[np.generic]) -> Ints:
    """Return the index of the last element of each run of equal ones.

    Examples
    --------
    >>> run_ends(np.array([1, 1, 2, 5, 5, 5])).tolist()
    [1, 2, 5]
    """
    if not len(ascending):
        return np.empty(0, np.int64)
    inner = np.flatnonzero(ascending[1:] != ascending[:-1])
    return np.append(inner, len(ascending) - 1)


def shift_that_fits(keys: Ints, cells: int) -> int:
    """Return the smallest right shift that leaves at most ``cells`` distinct of ``keys``.

    Parameters
    ----------
    keys : ndarray of int64
        Ascending and distinct, more than ``cells`` of them.
    cells : int
        At least 1.

    Notes
    -----
    Two neighbours fall together at shift s exactly when their exclusive or is below 2**s, so
    the answer is the bit length of the ``cells``-th largest one: O(keys) with a partition.
    """
    apart = (keys[1:] ^ keys[:-1]).view(np.uint64)
    kept = np.partition(apart, len(apart) - cells)[len(apart) - cells]
    return int(kept).bit_length()
