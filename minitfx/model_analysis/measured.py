"""Metrics of many slices, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minitfx.model_analysis.columns import Bools, Floats
from minitfx.model_analysis.intervals import Uncertainty, bounds
from minitfx.model_analysis.keys import AnySliceKey, MetricKey, is_cross
from minitfx.model_analysis.metrics.metric import Values
from minitfx.model_analysis.resampling import FOLDS, Method

ERROR_METRIC = "__ERROR__"
"""The name under which a slice that is too small says so."""


@dataclass(frozen=True)
class Measured:
    """A metric of several slices.

    Attributes
    ----------
    value : ndarray of shape (slices,) or (slices, several), or sequence of messages
    lower, upper : ndarray like ``value``, or None
        Ends of its interval at 95 %, NaN where there is none; None without intervals.
    """

    value: Values
    lower: Floats | None = None
    upper: Floats | None = None


@dataclass(frozen=True)
class SliceGroup:
    """The slices of one slicing, or one set of comparisons, with all their metrics.

    Attributes
    ----------
    keys : sequence of tuple
        The slices.
    metrics : mapping of MetricKey to Measured
        Numbers, arrays and matrices.
    plots : mapping of MetricKey to Measured
        Data of plots.
    counts : ndarray of shape (slices,)
        Rows of each slice; of a comparison, of the smaller of the two.
    small : ndarray of bool, shape (slices,)
        Slices with fewer rows than asked for, whose metrics are not to be shown.
    known : mapping of MetricKey to Uncertainty
        What resampling or formulas say of metrics.
    remarks : mapping of MetricKey to sequence of str
        What a person should know of a metric in each slice; empty texts where there is nothing.
    attributions : mapping of MetricKey to Measured
        What each feature contributed, a message per slice.
    """

    keys: Sequence[AnySliceKey]
    metrics: Mapping[MetricKey, Measured]
    plots: Mapping[MetricKey, Measured]
    counts: Floats
    small: Bools
    known: Mapping[MetricKey, Uncertainty] = field(default_factory=dict, repr=False)
    remarks: Mapping[MetricKey, Sequence[str]] = field(default_factory=dict, repr=False)
    attributions: Mapping[MetricKey, Measured] = field(default_factory=dict)

    @property
    def is_cross(self) -> bool:
        """Whether these are comparisons of two slices."""
        return bool(self.keys) and is_cross(self.keys[0])


def with_bounds(
    values: Mapping[MetricKey, Values],
    known: Mapping[MetricKey, Uncertainty],
    method: Method,
    counts: Floats,
) -> dict[MetricKey, Measured]:
    """Return metrics with the intervals that are known.

    Parameters
    ----------
    values : mapping of MetricKey to array or messages
        The metrics of all slices.
    known : mapping of MetricKey to Uncertainty
        Of some of them.
    method : Method
        How it was made.
    counts : ndarray of shape (slices,)
        Rows of each slice; too few for resampling leave it without intervals.
    """
    found = {}
    few = counts < FOLDS if method is not Method.ANALYTIC else np.zeros(len(counts), np.bool_)
    for key, value in values.items():
        if key not in known or not isinstance(value, np.ndarray):
            found[key] = Measured(value)
            continue
        lower, upper = bounds(value, known[key], method)
        if lower is not None and upper is not None:
            lower[few], upper[few] = np.nan, np.nan
        found[key] = Measured(value, lower, upper)
    return found
