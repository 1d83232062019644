"""Means of a metric over classes and over outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import AggregationType, MetricKey, SubKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Statistic, Sum
from minitfx.model_analysis.values import LABEL


@dataclass(frozen=True)
class MacroAverage(Metric):
    """The mean of a metric over classes, or over the first k guesses.

    Attributes
    ----------
    metric : Metric
        What is averaged.
    weights : tuple of (int, float)
        Class number to weight; empty: all guesses count alike.
    by_label : bool
        Multiply the weights by how often each class is the label.

    Notes
    -----
    A class that never occurs counts like any other, with what the metric says of it: 0 for an
    area under a curve, NaN for recall, which makes the mean NaN.
    """

    metric: Metric = field(default_factory=Metric)
    weights: tuple[tuple[int, float], ...] = ()
    by_label: bool = False

    IS_PLOT: ClassVar[bool] = False

    def keys(self, view: View) -> list[MetricKey]:
        """Return the key under which the mean stands."""
        kind = AggregationType(
            macro_average=not self.by_label, weighted_macro_average=self.by_label
        )
        return [view.key(self.name, aggregation_type=kind)]

    def _views(self, view: View) -> list[tuple[int, View]]:
        plain = replace(view, aggregation=None, class_weights=())
        if view.sub_key is not None and view.sub_key.top_k is not None:
            places = range(1, view.sub_key.top_k + 1)
            return [(k, replace(plain, sub_key=SubKey(k=k))) for k in places]
        if not self.weights:
            raise EvaluationError(
                f"the macro average of {self.metric.name!r} needs class_weights in its "
                "AggregationOptions, to say which classes there are"
            )
        return [(c, replace(plain, sub_key=SubKey(class_id=c))) for c, _ in self.weights]

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return what the metric needs for each class."""
        views = [each for _, each in self._views(view)]
        found = [each for part in views for each in self.metric.statistics(part)]
        if self.by_label:
            found += [Sum(part, LABEL) for part in views if _is_class(part)]
        return found

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means."""
        factors = dict(self.weights)
        values, weights = [], []
        for number, part in self._views(view):
            (value,) = self.metric.compute(part, state).values()
            if not isinstance(value, np.ndarray):
                raise EvaluationError(f"{self.metric.name!r} is no number, and has no average")
            weight: float | Floats = factors.get(number, 0.0 if factors else 1.0)
            if self.by_label and _is_class(part):
                weight = weight * state(Sum(part, LABEL))
            values.append(value)
            weights.append(np.broadcast_to(np.asarray(weight, np.float64), value.shape[:1]))
        stacked = np.stack(values)
        by = np.stack(weights).reshape(len(values), -1, *(1,) * (stacked.ndim - 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (stacked * by).sum(axis=0) / by.sum(axis=0)
        return {self.keys(view)[0]: mean}


def _is_class(view: View) -> bool:
    return view.sub_key is not None and view.sub_key.class_id is not None


@dataclass(frozen=True)
class OutputAverage(Metric):
    """The weighted mean of a metric over outputs.

    Attributes
    ----------
    metric : Metric
        What is averaged.
    weights : tuple of (str, float)
        Output name to weight.
    """

    metric: Metric = field(default_factory=Metric)
    weights: tuple[tuple[str, float], ...] = ()

    def keys(self, view: View) -> list[MetricKey]:
        """Return the key of the mean, which has no output name."""
        return [replace(key, output_name="") for key in self.metric.keys(view)]

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return what the metric needs for each output."""
        views = [replace(view, output=name) for name, _ in self.weights]
        return [each for part in views for each in self.metric.statistics(part)]

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means."""
        total = sum(weight for _, weight in self.weights)
        sums: dict[MetricKey, Floats] = {}
        for name, weight in self.weights:
            for key, value in self.metric.compute(replace(view, output=name), state).items():
                if isinstance(value, np.ndarray):
                    place = replace(key, output_name="")
                    with np.errstate(divide="ignore", invalid="ignore"):
                        share = value * weight / total
                        sums[place] = sums[place] + share if place in sums else share
        return sums
