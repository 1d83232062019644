"""Weights in the cells that occur: for histograms too wide to keep empty.

A cell is (slot, place), packed into one integer ``slot << bits | place``, so that sorting and
adding up equal cells is all there is to merge. Equal cells are added when there are enough of
them, or at the end; until then a state is just a longer list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minitfx.model_analysis.columns import Floats, Ints

_PATIENCE = 1 << 20
"""Cells that a state may hold before equal ones are added up."""

_LOW = 20  # bits that hold a position while sorting

_DENSE = 4
"""A table may have this many places for each entry that it counts."""

Draws: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Cells:
    """Masses of cells.

    Attributes
    ----------
    keys : ndarray of int64, shape (cells,)
        Slot and place.
    mass : ndarray of float64, shape (cells, columns), or None
        None: every cell weighs 1 in the one column.
    slots : int
        How many slots there are.
    distinct : int
        How many of the first keys are ascending and different; the rest is in no order.
    draws : ndarray of float32, shape (cells, resamples), or None
        The mass in each resample of a bootstrap.
    """

    keys: Ints
    mass: Floats | None
    slots: int
    distinct: int = 0
    draws: Draws | None = None

    def compact(self, bits: int | None = None) -> Cells:
        """Return the same with ascending keys, each once.

        Parameters
        ----------
        bits : int, optional
            How many bits of a key are the place. With it, cells that are few beside their
            number of entries are counted in a table instead of sorted.

        Notes
        -----
        O(cells log cells). Equal cells are added in the order in which they stand, so the same
        list gives the same bits on any machine.
        """
        if self.distinct == len(self.keys):
            return self
        if bits is not None and self.draws is None:
            size = self.slots << bits
            if size <= _DENSE * len(self.keys) and self.masses.shape[1] == 1:
                return self._tabulated(size)
        if self.mass is None and self.draws is None:
            keys, counts = _runs(np.sort(self.keys))
            return Cells(keys, counts[:, None].astype(np.float64), self.slots, len(keys))
        order = _stable_order(self.keys)
        ordered = self.keys[order]
        keys, counts = _runs(ordered)
        starts = np.cumsum(counts) - counts

        def summed(values: NDArray[Any]) -> NDArray[Any]:
            return np.add.reduceat(values[order], starts, axis=0) if len(keys) else values[:0]

        draws = None if self.draws is None else summed(self.draws)
        return Cells(keys, summed(self.masses), self.slots, len(keys), draws)

    def _tabulated(self, size: int) -> Cells:
        mass = None if self.mass is None else self.mass[:, 0]
        counts = np.bincount(self.keys, None, size)
        keys = np.flatnonzero(counts)
        sums = counts if mass is None else np.bincount(self.keys, mass, size)
        return Cells(keys, sums[keys, None].astype(np.float64), self.slots, len(keys))

    def settled(self) -> Cells:
        """Return the same, compacted if the list has grown long."""
        patience = _PATIENCE if self.draws is None else _PATIENCE // 8
        long = len(self.keys) > max(patience, 1.25 * self.distinct)
        return self.compact() if long else self

    @property
    def masses(self) -> Floats:
        """The masses, ones where none are kept."""
        return np.ones((len(self.keys), 1)) if self.mass is None else self.mass


def join_cells(first: Cells, second: Cells, bits: int) -> Cells:
    """Return the cells of both; the slots of ``second`` are numbered after ``first``'s."""
    moved = second.keys + (first.slots << bits)
    keys = np.concatenate([first.keys, moved])
    slots = first.slots + second.slots
    whole = first.distinct == len(first.keys)
    distinct = first.distinct + second.distinct if whole else first.distinct
    draws = None
    if first.draws is not None and second.draws is not None:
        draws = np.concatenate([first.draws, second.draws])
    if first.mass is None and second.mass is None:
        return Cells(keys, None, slots, distinct, draws)
    return Cells(keys, np.concatenate([first.masses, second.masses]), slots, distinct, draws)


def regroup_cells(cells: Cells, groups: Ints, size: int, bits: int) -> Cells:
    """Return the cells with slot i renamed ``groups[i]``; -1 drops it."""
    moved = groups[cells.keys >> bits]
    places = cells.keys & ((1 << bits) - 1)
    mass, draws = cells.mass, cells.draws
    if (groups < 0).any():
        kept = moved >= 0
        moved, places = moved[kept], places[kept]
        mass = None if mass is None else mass[kept]
        draws = None if draws is None else draws[kept]
        distinct = int(kept[: cells.distinct].sum())
    else:
        distinct = cells.distinct
    rising = bool((np.diff(groups[groups >= 0]) > 0).all())
    keys = (moved << bits) | places
    return Cells(keys, mass, size, distinct if rising else 0, draws).settled()


def merge_cells(
    first: Cells, second: Cells, places: tuple[Ints, Ints], size: int, bits: int
) -> Cells:
    """Return the cells of both, slot i of each renamed ``places[…][i]``, which ascend."""
    parts = [
        _renamed(cells, each, bits) for cells, each in zip((first, second), places, strict=True)
    ]
    joined = join_cells(replace(parts[0], slots=0), replace(parts[1], slots=0), bits)
    whole = first.distinct if len(second.keys) else joined.distinct
    return replace(joined, slots=size, distinct=whole).settled()


def _renamed(cells: Cells, places: Ints, bits: int) -> Cells:
    if not len(places) or int(places[-1]) == len(places) - 1:
        return cells  # ascending places that end where they began are the same places
    moved = places[cells.keys >> bits] << bits
    return replace(cells, keys=moved | (cells.keys & ((1 << bits) - 1)))


def draw(cells: Cells, resample: int) -> Cells:
    """Return the cells with their masses in one resample, from 1; 0 stands for all rows."""
    if resample == 0 or cells.draws is None:
        return replace(cells, draws=None)
    mass = cells.draws[:, resample - 1].astype(np.float64)
    kept = mass > 0
    distinct = int(kept[: cells.distinct].sum())
    return Cells(cells.keys[kept], mass[kept, None], cells.slots, distinct)


def cell_sums(keys: Ints, columns: Sequence[Floats], slots: int) -> Cells:
    """Return cells with these masses.

    Parameters
    ----------
    keys : ndarray of int64
        Slot and place, in any order, equal ones allowed.
    columns : sequence of ndarray of float64
        One or more masses per key; none: every key weighs 1.
    slots : int
        How many slots there are.
    """
    mass = np.stack(columns, axis=1) if columns else None
    return Cells(keys, mass, slots)


def _runs(ordered: Ints) -> tuple[Ints, Ints]:
    """Return the distinct keys of an ascending list, and how often each occurs."""
    if not len(ordered):
        return ordered, np.zeros(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


def _stable_order(keys: Ints) -> Ints:
    # Sorting (key, position) as one integer is four times faster than a stable argsort.
    if len(keys) <= 1 << _LOW and (not len(keys) or int(keys.max()) < 1 << (63 - _LOW)):
        packed = np.sort((keys << _LOW) | np.arange(len(keys)))
        return packed & ((1 << _LOW) - 1)
    order: Ints = np.argsort(keys, kind="stable")
    return order
