"""What is collected, and the collected statistics of the slices of one slicing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minitfx.model_analysis.columns import Ints
from minitfx.model_analysis.keys import SliceKey
from minitfx.model_analysis.predictions import Batch, Stream, read_scores
from minitfx.model_analysis.resampling import FOLDS, Method, Resampling
from minitfx.model_analysis.slices import SliceColumn, Slicing
from minitfx.model_analysis.statistics.layers import ResampledItself
from minitfx.model_analysis.statistics.statistic import Rows, State, Statistic
from minitfx.model_analysis.statistics.sums import Additive


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

    def copies(self, statistic: Statistic, resampled: bool) -> int:
        """Return how many layers of slots a statistic's state has."""
        if not resampled:
            return 1
        if isinstance(statistic, ResampledItself):
            return statistic.layers(self.resampling)
        return self.resampling.copies

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


class Reader:
    """Gives the state of each statistic over some slots, made when it is first asked for.

    Parameters
    ----------
    load : callable
        From a statistic to its state.
    """

    def __init__(self, load: Callable[[Statistic], State]) -> None:
        self._load = load
        self._made: dict[Any, Any] = {}

    def __call__(self, statistic: Statistic) -> State:
        """Return the state of a statistic."""
        return self.once(statistic, lambda: self._load(statistic))

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what ``make()`` returned when ``key`` was first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


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

    def without(self, places: Sequence[int]) -> Sliced:
        """Return the other slices, in the same order."""
        kept = np.setdiff1d(np.arange(self.size), places)
        renamed = np.full(self.size + 1, -1, np.int64)  # the last is where -1 points
        renamed[kept] = np.arange(len(kept))
        keys = [self.keys[place] for place in kept.tolist()]
        return replace(self, keys=keys, groups=renamed[self.groups], size=len(kept))

    def whole(self) -> Reader:
        """Return the reader of all rows."""
        jackknife = self.plan.resampling.method is Method.JACKKNIFE
        return Reader(lambda each: self._chosen(each, range(FOLDS) if jackknife else (0,)))

    def replicate(self, number: int) -> Reader:
        """Return the reader of one replicate, from 0: without a group, or of a resample."""
        if self.plan.resampling.method is Method.JACKKNIFE:
            kept: Sequence[int] = [layer for layer in range(FOLDS) if layer != number]
        else:
            kept = [number + 1]
        return Reader(lambda each: self._chosen(each, kept))

    def replicates(self) -> Reader:
        """Return the reader of all replicates at once, slot ``replicate * size + slice``.

        Only for statistics whose state is small (`is_light`): it is kept twenty times.
        """
        if self.plan.resampling.method is Method.JACKKNIFE:
            return Reader(self._without_each)
        return Reader(lambda each: self._moved(each, range(1, FOLDS + 1)))

    def layered(self) -> Reader:
        """Return the reader of the jackknife's groups, slot ``group * size + slice``."""
        return Reader(lambda each: self._moved(each, range(FOLDS)))

    def _without_each(self, statistic: Statistic) -> State:
        place, resampled = self._place(statistic)
        if not resampled:
            return self._moved(statistic, range(FOLDS))
        if isinstance(statistic, Additive):
            return statistic.without_each(self._moved(statistic, range(FOLDS)), FOLDS)
        state = self._part().states[place]
        found: State = None
        for left in range(FOLDS):
            dropped = np.full(len(self.groups), -1, np.int64)
            groups = [self.groups if layer != left else dropped for layer in range(FOLDS)]
            part = statistic.regroup(state, np.concatenate(groups), self.size)
            found = part if found is None else statistic.join(found, part)
        return found

    def _moved(self, statistic: Statistic, layers: Sequence[int]) -> State:
        """Return the state in which each of some layers has slots of its own."""
        place, resampled = self._place(statistic)
        copies = self.plan.copies(statistic, resampled)
        state = self._part().states[place]
        targets = {layer: number * self.size for number, layer in enumerate(layers)}
        dropped = np.full(len(self.groups), -1, np.int64)
        groups = [
            np.where(self.groups >= 0, self.groups + targets[layer], -1)
            if layer in targets
            else dropped
            for layer in range(copies)
        ]
        return statistic.regroup(state, np.concatenate(groups), len(targets) * self.size)

    def _chosen(self, statistic: Statistic, layers: Sequence[int]) -> State:
        """Return the state in which some layers are added up."""
        place, resampled = self._place(statistic)
        copies = self.plan.copies(statistic, resampled)
        state = self._part().states[place]
        if copies == 1:
            if resampled and isinstance(statistic, ResampledItself):
                state = statistic.layer(state, layers[0])
            return statistic.regroup(state, self.groups, self.size)
        dropped = np.full(len(self.groups), -1, np.int64)
        groups = [self.groups if layer in layers else dropped for layer in range(copies)]
        return statistic.regroup(state, np.concatenate(groups), self.size)

    def _place(self, statistic: Statistic) -> tuple[int, bool]:
        for place, (each, resampled) in enumerate(self.plan.statistics):
            if each == statistic:
                return place, resampled
        raise KeyError(statistic)

    def _part(self) -> Part:
        if self.part is None:
            raise RuntimeError("there were no rows, so there are no slices")
        return self.part


def _derive(table: Any, name: str, models: Mapping[str, Any]) -> Any:
    for model in models.values():
        graph = getattr(model, "transform_graph", None)
        if graph is not None and name in graph.output_schema.names:
            return graph.transform(table, outputs=[name]).column(name)
    raise KeyError(name)
