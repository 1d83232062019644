"""Rows by query: what ranking metrics are computed from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.types as pat
from numpy.typing import NDArray

from minitfx.errors import ColumnError
from minitfx.model_analysis.columns import Floats, Ints, add_up, encode, numbers
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.resampling import Method, Resampling
from minitfx.model_analysis.statistics.statistic import Rows, Slots

Ids = NDArray[np.uint64]


@dataclass(frozen=True)
class Ranked:
    """Rows by query, and within a query from the highest score down.

    Attributes
    ----------
    ids : ndarray of uint64, shape (queries,)
        Ascending.
    start : ndarray of int64, shape (queries,)
        The first row of each query.
    query : ndarray of int64, shape (rows,)
        The number of each row's query.
    rank : ndarray of int64, shape (rows,)
        0 for the highest score of the query; equal scores keep the order of the rows.
    label, gain : ndarray of float64, shape (rows,)
    weight : ndarray of float64, shape (queries,)
        The mean weight of the query's rows.
    missing : ndarray of bool, shape (queries,)
        Whether a row has no score.
    """

    ids: Ids
    start: Ints
    query: Ints
    rank: Ints
    label: Floats
    gain: Floats
    weight: Floats
    missing: NDArray[np.bool_]

    @property
    def size(self) -> Floats:
        """How many rows each query has."""
        return add_up(self.query, None, len(self.ids))


@dataclass(frozen=True)
class QueryRows:
    """Rows with their query.

    Attributes
    ----------
    ids : ndarray of uint64, shape (rows,)
    columns : ndarray of float64, shape (rows, 4)
        Label, score, weight, gain.
    """

    ids: Ids
    columns: Floats

    @cached_property
    def ranked(self) -> Ranked:
        """The rows in order; computed once, however many slices look."""
        label, score, weight, gain = self.columns.T
        order = np.lexsort((-score, self.ids))
        ids, start = np.unique(self.ids[order], return_index=True)
        first = np.zeros(len(order), np.int64)
        first[start] = 1
        query = np.cumsum(first) - 1
        sizes = add_up(query, None, len(ids))
        return Ranked(
            ids,
            start,
            query,
            np.arange(len(order)) - start[query],
            label[order],
            gain[order],
            add_up(query, weight[order], len(ids)) / np.maximum(sizes, 1),
            add_up(query, np.isnan(score[order]), len(ids)) > 0,
        )


@dataclass(frozen=True)
class QueryState:
    """Rows, and which slots each query belongs to.

    Attributes
    ----------
    rows : QueryRows
        All rows seen, of whatever slot.
    slots : ndarray of int64, shape (members,)
        A slot …
    ids : ndarray of uint64, shape (members,)
        … and a query of it; the same pair may stand twice.
    mass : ndarray of float64, shape (members,)
        How often the query counts there.
    size : int
        How many slots there are.
    """

    rows: QueryRows
    slots: Ints
    ids: Ids
    mass: Floats
    size: int

    def members(self) -> tuple[Ints, Ints, Floats]:
        """Return slot, number of the query in ``rows.ranked`` and mass, each pair once."""
        place = np.searchsorted(self.rows.ranked.ids, self.ids)
        packed = self.slots * max(len(self.rows.ranked.ids), 1) + place
        _, first = np.unique(packed, return_index=True)
        return self.slots[first], place[first], self.mass[first]


@dataclass(frozen=True)
class QueryStatistic:
    """Rows by query, for metrics of rankings.

    A query belongs to a slice as soon as one of its rows does, and then with all its rows.

    Attributes
    ----------
    view : View
        Which pairs; its ``query`` names the column whose equal values make a query.
    gain : str
        The column of gains; empty: the label.

    Notes
    -----
    Ranking needs a query's rows together, so this keeps every row: 40 bytes each.
    """

    view: View
    gain: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the examples that it reads."""
        return (self.view.query, self.gain)

    def collect(self, rows: Rows, slots: Slots) -> QueryState:
        """Return the rows of a chunk and their slots."""
        return self._collect(rows, slots)[0]

    def collect_resampled(self, rows: Rows, slots: Slots, how: Resampling) -> QueryState:
        """Return the state of all layers; whole queries are left out or drawn."""
        state, ids = self._collect(rows, slots)
        if how.method is Method.JACKKNIFE:
            return replace(
                state,
                slots=how.groups(ids) * slots.size + state.slots,
                size=slots.size * how.copies,
            )
        layers = [(state.slots, state.mass)]
        for resample in range(1, how.copies):
            drawn = how.draws(ids, resample)
            layers.append((state.slots + resample * slots.size, drawn))
        return QueryState(
            state.rows,
            np.concatenate([slot for slot, _ in layers]),
            np.tile(ids, how.copies),
            np.concatenate([mass for _, mass in layers]),
            slots.size * how.copies,
        )

    def layers(self, how: Resampling) -> int:
        """Return how many layers of slots the state has."""
        return how.copies

    def layer(self, state: QueryState, number: int) -> QueryState:
        """Return the state, whose layers are among its slots."""
        return state

    def _collect(self, rows: Rows, slots: Slots) -> tuple[QueryState, Ids]:
        data = rows.pairs(self.view)
        ids = query_ids(rows.table.column(self.view.query), self.view.query)
        gains = data.labels if not self.gain else rows.numbers(self.gain)
        if data.rows is not None:
            ids = ids[data.rows]
            gains = gains if not self.gain else gains[data.rows]
        weights = np.ones(len(ids)) if data.weights is None else data.weights
        columns = np.stack([data.labels, data.scores, weights, gains], axis=1)
        pairs, codes, _ = slots.place(data.rows)
        member = ids if pairs is None else ids[pairs]
        mass = np.ones(len(member))
        return QueryState(QueryRows(ids, columns), codes, member, mass, slots.size), member

    def join(self, first: QueryState, second: QueryState) -> QueryState:
        """Return the rows of both."""
        return QueryState(
            QueryRows(
                np.concatenate([first.rows.ids, second.rows.ids]),
                np.concatenate([first.rows.columns, second.rows.columns]),
            ),
            np.concatenate([first.slots, second.slots + first.size]),
            np.concatenate([first.ids, second.ids]),
            np.concatenate([first.mass, second.mass]),
            first.size + second.size,
        )

    def regroup(self, state: QueryState, groups: Ints, size: int) -> QueryState:
        """Return the same rows with the slots renamed."""
        moved = groups[state.slots]
        kept = moved >= 0
        return QueryState(state.rows, moved[kept], state.ids[kept], state.mass[kept], size)


def query_ids(column: pa.ChunkedArray, name: str) -> Ids:
    """Return a number for the query of each row: the same for equal values, in any chunk.

    Raises
    ------
    ColumnError
        If a row has no query.

    Notes
    -----
    Whole numbers stand for themselves; text for 64 bits of its BLAKE2b hash.
    """
    if column.null_count:
        raise ColumnError(f"the query_key {name!r} has no value in {column.null_count} rows")
    if pat.is_floating(column.type):
        return (numbers(column, name) + 0.0).view(np.uint64)  # minus zero is zero
    coded = encode(column, name)
    ids = np.array([_id(value) for value in coded.values] or [0], np.uint64)
    return ids[coded.codes - 1]


def _id(value: object) -> int:
    if isinstance(value, int):
        return value & 0xFFFFFFFFFFFFFFFF
    return int.from_bytes(hashlib.blake2b(str(value).encode(), digest_size=8).digest(), "little")
