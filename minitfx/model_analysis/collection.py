"""One pass over the data: every statistic of every slice, as one accumulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minitfx.model_analysis.columns import Ints
from minitfx.model_analysis.keys import SliceKey
from minitfx.model_analysis.predictions import Batch, Stream, read_scores
from minitfx.model_analysis.resampling import Method, Resampling, row_ids
from minitfx.model_analysis.slices import SliceColumn, Slicing, pack, partition, unpack
from minitfx.model_analysis.statistics.queries import QueryStatistic
from minitfx.model_analysis.statistics.statistic import Rows, Slots, State, Statistic


@dataclass(frozen=True)
class Plan:
    """What to collect.

    Attributes
    ----------
    streams : tuple of Stream
        Labels, predictions and weights to read.
    models : mapping of str to Predictor
        Models to ask, by name.
    bases : tuple of Slicing
        The finest slicings (`minitfx.model_analysis.slices.bases_of`).
    statistics : tuple of (Statistic, bool)
        What to collect of each slice, and whether it is resampled.
    resampling : Resampling
        How.
    derived : tuple of str
        Columns to slice by that the examples lack and a model's transform graph makes.
    """

    streams: tuple[Stream, ...]
    models: Mapping[str, Any]
    bases: tuple[Slicing, ...]
    statistics: tuple[tuple[Statistic, bool], ...]
    resampling: Resampling = field(default_factory=Resampling)
    derived: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[SliceColumn, ...]:
        """The columns of all bases."""
        found = {column: None for base in self.bases for column in base.columns}
        return tuple(found)

    def copies(self, resampled: bool) -> int:
        """Return how many layers a statistic's state has."""
        return self.resampling.copies if resampled else 1

    def read(self, batch: Batch) -> Rows:
        """Return the rows of a batch with their labels and predictions."""
        table = batch.table
        for name in self.derived:
            if name not in table.column_names:
                table = table.append_column(name, _derive(table, name, self.models))
        found = read_scores(table, self.streams, self.models)
        named = {(s.model, s.output): f for s, f in zip(self.streams, found, strict=True)}
        return Rows(table, batch.first_row, named)


@dataclass(frozen=True)
class Part:
    """The slots of one base and the states of all statistics.

    Attributes
    ----------
    keys : ndarray of int64, shape (slots,)
        Packed values of the base's columns, ascending.
    states : list of State
        One per statistic of the plan; slot s of layer f is ``f * slots + s``.
    """

    keys: Ints
    states: list[State]


@dataclass(frozen=True)
class Collection:
    """Statistics of every slice over some rows: an accumulator.

    Attributes
    ----------
    plan : Plan
        What is collected.
    domains : mapping of SliceColumn to tuple
        The values seen so far, sorted.
    parts : tuple of Part
        One per base; empty before the first row.

    Notes
    -----
    Size: what the statistics keep for each combination of values of each base, none of it
    growing with rows (but for metrics that look at queries or whole slices, which keep theirs).
    """

    plan: Plan
    domains: Mapping[SliceColumn, tuple[Any, ...]]
    parts: tuple[Part, ...] = ()

    @classmethod
    def empty(cls, plan: Plan) -> Collection:
        """Return a collection that has seen nothing."""
        return cls(plan, {})

    def zero(self) -> Collection:
        """Return a collection of the same plan that has seen nothing."""
        return Collection.empty(self.plan)

    def add(self, chunk: Batch) -> Collection:
        """Return the collection after it has seen a chunk."""
        if not chunk.table.num_rows:
            return self
        return self.merge(_collected(self.plan, chunk))

    def merge(self, other: Collection) -> Collection:
        """Return the collection of both, ``self`` standing before ``other``."""
        if not self.parts or not other.parts:
            return self if self.parts else other
        plan = self.plan
        domains = {
            column: _union(self.domains[column], other.domains[column]) for column in plan.columns
        }
        parts = []
        for base, first, second in zip(plan.bases, self.parts, other.parts, strict=True):
            keys = [
                _recode(part.keys, base, old, domains)
                for part, old in ((first, self.domains), (second, other.domains))
            ]
            parts.append(_merged(plan, first, second, keys))
        return Collection(plan, domains, tuple(parts))

    def result(self) -> Collection:
        """Return the collection itself; `sliced` reads it."""
        return self

    def sliced(self, slicing: Slicing, base: Slicing) -> Sliced:
        """Return the statistics of a slicing's slices, added up from its base.

        Parameters
        ----------
        slicing : Slicing
            Whose columns are among the base's.
        base : Slicing
            One of the plan's.
        """
        if not self.parts:
            return Sliced(self.plan, [], np.zeros(0, np.int64), None, 0)
        part = self.parts[self.plan.bases.index(base)]
        codes = unpack(part.keys, [len(self.domains[c]) + 1 for c in base.columns])
        chosen = [codes[base.columns.index(column)] for column in slicing.columns]
        values = [self.domains[column] for column in slicing.columns]
        present = np.ones(len(part.keys), bool)
        for code in chosen:
            present &= code > 0
        packed = pack(chosen, [len(each) + 1 for each in values], len(part.keys))
        kept, groups = np.unique(packed[present], return_inverse=True)
        joined = np.full(len(part.keys), -1, np.int64)
        joined[present] = groups
        decoded = unpack(kept, [len(each) + 1 for each in values])
        keys = [
            slicing.key([value[code - 1] for value, code in zip(values, place, strict=True)])
            for place in zip(*(each.tolist() for each in decoded), strict=True)
        ]
        return Sliced(self.plan, keys if decoded else [()], joined, part, len(kept))


@dataclass(frozen=True)
class Sliced:
    """The statistics of the slices of one slicing.

    Attributes
    ----------
    plan : Plan
        What was collected.
    keys : list of tuple
        The slices, in the order of their values.
    groups : ndarray of int64
        The slice of each slot of the base; -1 for none.
    part : Part or None
        The base's states; None when there were no rows.
    size : int
        How many slices.
    """

    plan: Plan
    keys: list[SliceKey]
    groups: Ints
    part: Part | None
    size: int

    def of(self, layers: Sequence[int] | None = None) -> Callable[[Statistic], State]:
        """Return the function from a statistic to its state over all slices.

        Parameters
        ----------
        layers : sequence of int, optional
            Which layers of a resampled statistic to add up; by default those that together are
            all rows.
        """
        made: dict[Statistic, State] = {}

        def state(statistic: Statistic) -> State:
            if statistic not in made:
                made[statistic] = self._state(statistic, layers)
            return made[statistic]

        return state

    def layered(self, statistic: Statistic) -> State:
        """Return a statistic's state with slot ``layer * size + slice``."""
        place, resampled = self._place(statistic)
        copies = self.plan.copies(resampled)
        part = self._part()
        groups = np.concatenate(
            [np.where(self.groups >= 0, self.groups + f * self.size, -1) for f in range(copies)]
        )
        return statistic.regroup(part.states[place], groups, copies * self.size)

    def _state(self, statistic: Statistic, layers: Sequence[int] | None) -> State:
        place, resampled = self._place(statistic)
        copies = self.plan.copies(resampled)
        if layers is None or not resampled:
            layers = range(copies) if self.plan.resampling.method is Method.JACKKNIFE else (0,)
        dropped = np.full(len(self.groups), -1, np.int64)
        groups = np.concatenate([self.groups if f in layers else dropped for f in range(copies)])
        return statistic.regroup(self._part().states[place], groups, self.size)

    def _place(self, statistic: Statistic) -> tuple[int, bool]:
        for place, (each, resampled) in enumerate(self.plan.statistics):
            if each == statistic:
                return place, resampled
        raise KeyError(statistic)

    def _part(self) -> Part:
        if self.part is None:
            raise RuntimeError("there were no rows, so there are no slices")
        return self.part


def _collected(plan: Plan, batch: Batch) -> Collection:
    rows = plan.read(batch)
    coded = {column: column.encode(rows.table) for column in plan.columns}
    parts = []
    for base in plan.bases:
        split = partition([coded[column] for column in base.columns], rows.count)
        slots = Slots(split.codes, len(split.keys), split.rows)
        layers = list(_layers(plan.resampling, slots, rows))
        states = [
            _state(statistic, rows, slots, layers if resampled else None, plan.resampling)
            for statistic, resampled in plan.statistics
        ]
        parts.append(Part(split.keys, states))
    domains = {column: each.values for column, each in coded.items()}
    return Collection(plan, domains, tuple(parts))


def _state(
    statistic: Statistic, rows: Rows, slots: Slots, layers: list[Slots] | None, how: Resampling
) -> State:
    if layers is None:
        return statistic.collect(rows, slots)
    if isinstance(statistic, QueryStatistic):
        return statistic.collect_resampled(rows, slots, how)
    state = statistic.collect(rows, layers[0])
    for layer in layers[1:]:
        state = statistic.join(state, statistic.collect(rows, layer))
    return state


def _layers(how: Resampling, slots: Slots, rows: Rows) -> Iterator[Slots]:
    """Yield the slots whose states, one after the other, make up all layers."""
    ids = row_ids(rows.first_row, rows.count)
    if how.method is Method.JACKKNIFE:
        group = how.groups(ids)
        group = group if slots.rows is None else group[slots.rows]
        yield Slots(group * slots.size + slots.codes, slots.size * how.copies, slots.rows)
        return
    yield slots
    if how.method is Method.BOOTSTRAP:
        for resample in range(1, how.copies):
            yield replace(slots, factor=how.draws(ids, resample), _made={})


def _merged(plan: Plan, first: Part, second: Part, keys: list[Ints]) -> Part:
    if np.array_equal(keys[0], keys[1]):
        union = keys[0]
    else:
        union = np.union1d(keys[0], keys[1])
    places = [np.searchsorted(union, each) for each in keys]
    states = []
    for index, (statistic, resampled) in enumerate(plan.statistics):
        layers = np.arange(plan.copies(resampled))[:, None] * len(union)
        groups = np.concatenate([(layers + place).ravel() for place in places])
        joined = statistic.join(first.states[index], second.states[index])
        states.append(statistic.regroup(joined, groups, len(union) * plan.copies(resampled)))
    return Part(union, states)


def _recode(
    keys: Ints,
    base: Slicing,
    old: Mapping[SliceColumn, tuple[Any, ...]],
    new: Mapping[SliceColumn, tuple[Any, ...]],
) -> Ints:
    """Return packed keys with the codes that the values have in larger domains."""
    if all(old[column] == new[column] for column in base.columns):
        return keys
    codes = unpack(keys, [len(old[column]) + 1 for column in base.columns])
    moved = []
    for column, code in zip(base.columns, codes, strict=True):
        place = {value: number for number, value in enumerate(new[column], 1)}
        table = np.array([0, *(place[value] for value in old[column])], np.int64)
        moved.append(table[code])
    return pack(moved, [len(new[column]) + 1 for column in base.columns], len(keys))


def _union(first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    if first == second:
        return first
    return tuple(sorted({*first, *second}, key=_order))


def _order(value: Any) -> Any:
    if isinstance(value, tuple):
        return [(name, type(each).__name__, each) for name, each in value]
    return value


def _derive(table: Any, name: str, models: Mapping[str, Any]) -> Any:
    for model in models.values():
        graph = getattr(model, "transform_graph", None)
        if graph is not None and name in graph.output_schema.names:
            return graph.transform(table, outputs=[name]).column(name)
    raise KeyError(name)
