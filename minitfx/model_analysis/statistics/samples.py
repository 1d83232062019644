"""Whole slices, for metrics that nothing smaller answers: functions and accumulators of users."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from minitfx.model_analysis.columns import Floats, Ints
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.statistics.statistic import Rows, Slots, times
from minitfx.model_analysis.user_metric import make_accumulator


@dataclass(frozen=True)
class Sample:
    """Rows of one slice.

    Attributes
    ----------
    labels : ndarray of shape (rows,) or (rows, classes)
        Numbers or class numbers.
    predictions : ndarray of shape (rows,) or (rows, classes)
        Scores.
    weights : ndarray of shape (rows,), or None
        None: every row weighs 1.
    """

    labels: Floats
    predictions: Floats
    weights: Floats | None


@dataclass(frozen=True)
class SampleState:
    """Rows with their slots.

    Attributes
    ----------
    slots : ndarray of int64, shape (rows,)
    sample : Sample
        The rows of all slots.
    size : int
        How many slots there are.
    """

    slots: Ints
    sample: Sample
    size: int

    def each(self) -> Iterator[Sample]:
        """Yield the sample of every slot."""
        order = np.argsort(self.slots, kind="stable")
        bounds = np.searchsorted(self.slots[order], np.arange(self.size + 1))
        for start, stop in pairwise(bounds):
            yield _take(self.sample, order[start:stop])


@dataclass(frozen=True)
class Samples:
    """The labels and predictions of every slice, all of them.

    Attributes
    ----------
    view : View
        Which pairs.
    classes : bool
        Keep the scores of all classes, where there are several, rather than pairs.

    Notes
    -----
    Memory grows with rows: 16 to 24 bytes each, and 8 more for each class.
    """

    view: View
    classes: bool = False

    def collect(self, rows: Rows, slots: Slots) -> SampleState:
        """Return the rows of a chunk."""
        sample, codes = _sample(rows, slots, self.view, self.classes)
        return SampleState(codes, sample, slots.size)

    def join(self, first: SampleState, second: SampleState) -> SampleState:
        """Return the rows of both."""
        one, two = first.sample, second.sample
        weights = None
        if one.weights is not None or two.weights is not None:
            weights = np.concatenate([_weights(one), _weights(two)])
        sample = Sample(
            np.concatenate([one.labels, two.labels]),
            np.concatenate([one.predictions, two.predictions]),
            weights,
        )
        slots = np.concatenate([first.slots, second.slots + first.size])
        return SampleState(slots, sample, first.size + second.size)

    def regroup(self, state: SampleState, groups: Ints, size: int) -> SampleState:
        """Return the rows with their slots renamed."""
        moved = groups[state.slots]
        kept = np.flatnonzero(moved >= 0)
        if len(kept) == len(moved):
            return SampleState(moved, state.sample, size)
        return SampleState(moved[kept], _take(state.sample, kept), size)


@dataclass(frozen=True)
class Accumulated:
    """One accumulator of the user's per slice (see `minitfx.kernels.Accumulator`).

    Its ``add`` takes a `Sample`. The states are lists, None for a slot without rows.

    Attributes
    ----------
    view : View
        Which pairs.
    module, name : str
        Where its class is.
    config : str
        Keyword arguments of the class, as JSON.
    classes : bool
        Give it the scores of all classes, where there are several.
    """

    view: View
    module: str
    name: str
    config: str = "{}"
    classes: bool = False

    def collect(self, rows: Rows, slots: Slots) -> list[Any]:
        """Return the accumulators of a chunk."""
        sample, codes = _sample(rows, slots, self.view, self.classes)
        state: list[Any] = [None] * slots.size
        for slot, each in enumerate(SampleState(codes, sample, slots.size).each()):
            if len(each.labels):
                state[slot] = make_accumulator(self.module, self.name, self.config).add(each)
        return state

    def join(self, first: list[Any], second: list[Any]) -> list[Any]:
        """Return the accumulators of both."""
        return first + second

    def regroup(self, state: list[Any], groups: Ints, size: int) -> list[Any]:
        """Return the merged accumulators of each group, in the order of the slots."""
        merged: list[Any] = [None] * size
        for each, group in zip(state, groups.tolist(), strict=True):
            if group >= 0 and each is not None:
                # merge may consume its receiver, and a state is read more than once.
                mine = merged[group]
                merged[group] = copy.deepcopy(each) if mine is None else mine.merge(each)
        return merged


def _sample(rows: Rows, slots: Slots, view: View, classes: bool) -> tuple[Sample, Ints]:
    several = rows.scores[view.model, view.output].predictions.ndim == 2
    data = rows.classes(view) if classes and several else rows.pairs(view)
    pairs, codes, factor = slots.place(data.rows)
    sample = Sample(data.labels, data.scores, data.weights)
    if pairs is not None:
        sample = _take(sample, pairs)
    weights = times(sample.weights, factor)
    return Sample(sample.labels, sample.predictions, weights), codes


def _take(sample: Sample, places: Ints) -> Sample:
    weights = None if sample.weights is None else sample.weights[places]
    return Sample(sample.labels[places], sample.predictions[places], weights)


def _weights(sample: Sample) -> Floats:
    return np.ones(len(sample.labels)) if sample.weights is None else sample.weights
