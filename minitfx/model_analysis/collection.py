"""One pass over the data: every statistic of every slice, as one accumulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minitfx.model_analysis.columns import Ints
from minitfx.model_analysis.predictions import Batch
from minitfx.model_analysis.resampling import Method, Resampling
from minitfx.model_analysis.sliced import Part, Plan, Sliced
from minitfx.model_analysis.slices import SliceColumn, Slicing, pack, partition, unpack
from minitfx.model_analysis.statistics.layers import ResampledItself, drawn, grouped
from minitfx.model_analysis.statistics.statistic import (
    Rows,
    Slots,
    State,
    Statistic,
    merge_states,
)


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


def _layers(how: Resampling, slots: Slots, rows: Rows) -> Iterator[Slots]:
    """Yield the slots whose states, one after the other, make up all layers."""
    if how.method is Method.JACKKNIFE:
        yield grouped(rows, slots, how)
        return
    yield slots
    for resample in range(1, how.copies):
        yield replace(slots, factor=drawn(rows, how, resample), _made={})


def _state(
    statistic: Statistic, rows: Rows, slots: Slots, layers: list[Slots] | None, how: Resampling
) -> State:
    if layers is None:
        return statistic.collect(rows, slots)
    if isinstance(statistic, ResampledItself):
        return statistic.collect_resampled(rows, slots, how)
    state = statistic.collect(rows, layers[0])
    for layer in layers[1:]:
        state = statistic.join(state, statistic.collect(rows, layer))
    return state


def _merged(plan: Plan, first: Part, second: Part, keys: list[Ints]) -> Part:
    if np.array_equal(keys[0], keys[1]):
        union = keys[0]
    else:
        union = np.union1d(keys[0], keys[1])
    places = [np.searchsorted(union, each) for each in keys]
    states = []
    for index, (statistic, resampled) in enumerate(plan.statistics):
        copies = plan.copies(statistic, resampled)
        layers = np.arange(copies)[:, None] * len(union)
        one, two = ((layers + place).ravel() for place in places)
        pair = first.states[index], second.states[index]
        states.append(merge_states(statistic, *pair, (one, two), len(union) * copies))
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
