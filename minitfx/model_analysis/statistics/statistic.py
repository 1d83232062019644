"""What every statistic of slices can do: collect, join, regroup.

A statistic is additive in some sense: the state of two sets of rows follows from their two
states. The rows of a slice are a set of *slots*, so slices, marginal slices, merged chunks and
left-out groups are all the same operation, `regroup`::

    chunk A   slot 0 1 2        join      0 1 2 3 4      regroup [0 1 2 0 2]     0 1 2
    chunk B   slot 0 1        ────────►                ─────────────────────►
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from minitfx.model_analysis.columns import Floats, Ints, numbers
from minitfx.model_analysis.pairs import Classes, Pairs, View, classes_of, pairs_of
from minitfx.model_analysis.predictions import Scores

State: TypeAlias = Any
"""What a statistic keeps for some slots; only the statistic that made it looks inside."""


@dataclass(frozen=True)
class Rows:
    """The rows of a chunk as statistics see them; every derived column is made once.

    Attributes
    ----------
    table : pyarrow.Table
        The columns of the examples.
    first_row : int
        How many rows stand before them in the whole table.
    scores : mapping of (str, str) to Scores
        By model and output.
    """

    table: pa.Table
    first_row: int
    scores: dict[tuple[str, str], Scores]
    _made: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    def pairs(self, view: View) -> Pairs:
        """Return labels and scores as ``view`` wants them."""
        key = ("pairs", view)
        if key not in self._made:
            pairs = pairs_of(self.scores[view.model, view.output], view)
            if view.baseline is not None:
                other = pairs_of(self.scores[view.baseline, view.output], view)
                pairs = Pairs(pairs.labels, pairs.scores, pairs.weights, pairs.rows, other.scores)
            self._made[key] = pairs
        made: Pairs = self._made[key]
        return made

    def classes(self, view: View) -> Classes:
        """Return class numbers and the scores of all classes."""
        key = ("classes", view.whole)
        if key not in self._made:
            self._made[key] = classes_of(self.scores[view.model, view.output], view)
        made: Classes = self._made[key]
        return made

    def numbers(self, name: str) -> Floats:
        """Return a column of the examples as doubles, NaN where a value is missing."""
        return numbers(self.table.column(name), name)

    def once(self, key: Any, make: Any) -> Any:
        """Return what ``make()`` returned when ``key`` was first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


@dataclass(frozen=True)
class Slots:
    """Which slot each row of a chunk belongs to.

    Attributes
    ----------
    codes : ndarray of int64, shape (entries,)
        The slot of each entry.
    size : int
        How many slots there are.
    rows : ndarray of int64, shape (entries,), or None
        The row of each entry, ascending; None: entry i is row i. A row may have several entries
        or none.
    factor : ndarray of float64, shape (rows,), or None
        How often each row counts in a resample; None: once.
    """

    codes: Ints
    size: int
    rows: Ints | None = None
    factor: Floats | None = None
    _made: dict[int, Any] = field(default_factory=dict, repr=False)

    def place(self, rows: Ints | None) -> tuple[Ints | None, Ints, Floats | None]:
        """Return where pairs go that stand for these rows.

        Parameters
        ----------
        rows : ndarray of int64, ascending, or None
            The row of each pair; None: pair i is row i.

        Returns
        -------
        pairs : ndarray of int64 or None
            Which pairs, one per entry of theirs; None: all of them, in order.
        codes : ndarray of int64
            The slot of each.
        factor : ndarray of float64 or None
            How often each counts.
        """
        key = id(rows)
        if key not in self._made:
            # The rows are kept beside the answer, so that their id cannot be given to others.
            self._made[key] = (rows, self._place(rows))
        placed: tuple[Ints | None, Ints, Floats | None] = self._made[key][1]
        return placed

    def _place(self, rows: Ints | None) -> tuple[Ints | None, Ints, Floats | None]:
        if self.rows is None:
            codes = self.codes if rows is None else self.codes[rows]
            factor = self.factor if rows is None or self.factor is None else self.factor[rows]
            return None, codes, factor
        if rows is None:
            factor = None if self.factor is None else self.factor[self.rows]
            return self.rows, self.codes, factor
        start = np.searchsorted(rows, self.rows, "left")
        count = np.searchsorted(rows, self.rows, "right") - start
        entry = np.repeat(np.arange(len(self.rows)), count)
        offset = np.arange(len(entry)) - np.repeat(np.cumsum(count) - count, count)
        pairs = start[entry] + offset
        factor = None if self.factor is None else self.factor[self.rows[entry]]
        return pairs, self.codes[entry], factor


class Statistic(Protocol):
    """Something additive that metrics are computed from.

    A statistic is a frozen dataclass: two metrics that need equal statistics share one. Its
    states are never changed once made.
    """

    def collect(self, rows: Rows, slots: Slots) -> State:
        """Return the state of a chunk's rows, slot by slot."""
        ...

    def join(self, first: State, second: State) -> State:
        """Return the state of both; the slots of ``second`` are numbered after ``first``'s."""
        ...

    def regroup(self, state: State, groups: Ints, size: int) -> State:
        """Return the state in which slot i has become part of slot ``groups[i]``.

        Slots of group -1 are dropped; a group that no slot joins is empty.
        """
        ...


def merge_states(
    statistic: Statistic, first: State, second: State, places: tuple[Ints, Ints], size: int
) -> State:
    """Return the state of both, slot i of each going to ``places[…][i]``.

    Parameters
    ----------
    statistic : Statistic
        Whose states they are. If it has a ``merge``, that is used: it knows a shorter way.
    first, second : State
    places : pair of ndarray of int64
        The new slot of each slot of the first and of the second; none twice in one.
    size : int
        How many slots there will be.
    """
    merge = getattr(statistic, "merge", None)
    if merge is not None:
        return merge(first, second, places, size)
    return statistic.regroup(statistic.join(first, second), np.concatenate(places), size)


def pick(values: Floats | None, pairs: Ints | None) -> Floats | None:
    """Return the values of these pairs; None stands for all ones, and for all pairs."""
    return values if values is None or pairs is None else values[pairs]


def times(first: Floats | None, second: Floats | None) -> Floats | None:
    """Return the product, where None stands for ones."""
    if first is None or second is None:
        return first if second is None else second
    return first * second


def total(values: Sequence[Floats | None]) -> Floats | None:
    """Return the product of several, where None stands for ones."""
    product: Floats | None = None
    for value in values:
        product = times(product, value)
    return product
