"""Metrics of many slices, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minitfx.model_analysis.columns import Bools, Floats
from minitfx.model_analysis.intervals import Uncertainty, bounds
from minitfx.model_analysis.keys import AnySliceKey, MetricKey, is_cross
from minitfx.model_analysis.metrics.metric import Values
from minitfx.model_analysis.resampling import Method

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
    """

    keys: Sequence[AnySliceKey]
    metrics: Mapping[MetricKey, Measured]
    plots: Mapping[MetricKey, Measured]
    counts: Floats
    small: Bools
    known: Mapping[MetricKey, Uncertainty] = field(default_factory=dict, repr=False)

    @property
    def is_cross(self) -> bool:
        """Whether these are comparisons of two slices."""
        return bool(self.keys) and is_cross(self.keys[0])


def with_bounds(
    values: Mapping[MetricKey, Values], known: Mapping[MetricKey, Uncertainty], method: Method
) -> dict[MetricKey, Measured]:
    """Return metrics with the intervals that are known."""
    found = {}
    for key, value in values.items():
        ends: tuple[Floats | None, Floats | None] = (None, None)
        if key in known and isinstance(value, np.ndarray):
            ends = bounds(value, known[key], method)
        found[key] = Measured(value, *ends)
    return found
