"""In how many rows a feature is there, and with how many values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minitfx.data_validation.distribution import Distribution, Ints


@dataclass(frozen=True)
class LevelRows:
    """One nest level of one chunk.

    Attributes
    ----------
    parents : int
        Rows at the first level; values of the level above at deeper ones.
    present : int
        How many of them are not null.
    lengths : ndarray of int64 or None
        Values in each present one; None when each has exactly one.
    parents_weight, present_weight, values_weight : float
        Sums of the weights of all parents, of the present ones, and of weight times length.
    """

    parents: int
    present: int
    lengths: Ints | None = None
    parents_weight: float = 0.0
    present_weight: float = 0.0
    values_weight: float = 0.0


class Presence:
    """A mergeable count of present and missing values at one nest level.

    Attributes
    ----------
    parents, present, values : int
        Rows, present rows, and values in all.
    lengths : Distribution
        Numbers of values of the present rows.
    parents_weight, present_weight, values_weight : float
        The same, weighted.
    """

    def __init__(self) -> None:
        self.parents = 0
        self.present = 0
        self.values = 0
        self.lengths = Distribution()
        self.parents_weight = 0.0
        self.present_weight = 0.0
        self.values_weight = 0.0

    def zero(self) -> Presence:
        """Return counts of nothing."""
        return Presence()

    def add(self, rows: LevelRows) -> Presence:
        """Take in one level of a chunk."""
        self.parents += rows.parents
        self.present += rows.present
        self.parents_weight += rows.parents_weight
        self.present_weight += rows.present_weight
        self.values_weight += rows.values_weight
        if rows.lengths is None:
            self.values += rows.present
            self.lengths = self.lengths.add_constant(1.0, rows.present)
        else:
            self.values += int(rows.lengths.sum())
            self.lengths = self.lengths.add(rows.lengths.astype(np.float64))
        return self

    def merge(self, other: Presence) -> Presence:
        """Take in what ``other`` has seen."""
        self.parents += other.parents
        self.present += other.present
        self.values += other.values
        self.lengths = self.lengths.merge(other.lengths)
        self.parents_weight += other.parents_weight
        self.present_weight += other.present_weight
        self.values_weight += other.values_weight
        return self

    def result(self) -> Presence:
        """Return the counts themselves."""
        return self

    @property
    def missing(self) -> int:
        """How many parents have no value."""
        return self.parents - self.present

    @property
    def least(self) -> int:
        """The fewest values of a present row, 0 when there is none."""
        frequencies = self.lengths.result()
        return int(frequencies.lows[0]) if len(frequencies.values) else 0

    @property
    def most(self) -> int:
        """The most values of a present row, 0 when there is none."""
        values = self.lengths.result().values
        return int(values[-1]) if len(values) else 0
