"""Weights in the cells that occur: for histograms too wide to keep empty.

A cell is (slot, place), packed into one integer ``slot << bits | place``, so that sorting and
adding up equal cells is all there is to merge. Equal cells are added when there are enough of
them, or at the end; until then a state is just a longer list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats, Ints

_PATIENCE = 1 << 20
"""Cells that a state may hold before equal ones are added up."""

_LOW = 20  # bits that hold a position while sorting


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
    """

    keys: Ints
    mass: Floats | None
    slots: int
    distinct: int = 0

    def compact(self) -> Cells:
        """Return the same with ascending keys, each once.

        Notes
        -----
        O(cells log cells). Equal cells are added in the order in which they stand, so the same
        list gives the same bits on any machine.
        """
        if self.distinct == len(self.keys):
            return self
        if self.mass is None:
            keys, counts = _runs(np.sort(self.keys))
            return Cells(keys, counts[:, None].astype(np.float64), self.slots, len(keys))
        order = _stable_order(self.keys)
        ordered = self.keys[order]
        keys, counts = _runs(ordered)
        starts = np.cumsum(counts) - counts
        mass = np.add.reduceat(self.mass[order], starts, axis=0) if len(keys) else self.mass[:0]
        return Cells(keys, mass, self.slots, len(keys))

    def settled(self) -> Cells:
        """Return the same, compacted if the list has grown long."""
        long = len(self.keys) > _PATIENCE and len(self.keys) > 2 * self.distinct
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
    if first.mass is None and second.mass is None:
        return Cells(keys, None, slots, distinct)
    return Cells(keys, np.concatenate([first.masses, second.masses]), slots, distinct)


def regroup_cells(cells: Cells, groups: Ints, size: int, bits: int) -> Cells:
    """Return the cells with slot i renamed ``groups[i]``; -1 drops it."""
    moved = groups[cells.keys >> bits]
    places = cells.keys & ((1 << bits) - 1)
    mass = cells.mass
    if (groups < 0).any():
        kept = moved >= 0
        moved, places = moved[kept], places[kept]
        mass = None if mass is None else mass[kept]
        distinct = int(kept[: cells.distinct].sum())
    else:
        distinct = cells.distinct
    rising = bool((np.diff(groups[groups >= 0]) > 0).all())
    return Cells((moved << bits) | places, mass, size, distinct if rising else 0).settled()


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
