"""What metrics of a whole curve share: thresholds, and the points at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.curves import (
    EPSILON,
    Points,
    from_matrices,
    points_of,
    thresholds_of,
)
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.matrices import matrices_of
from minitfx.model_analysis.metrics.metric import Binary, as_tuple
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Counts, Histogram, Statistic
from minitfx.model_analysis.statistics.histogram import curve_of

DEFAULT_THRESHOLDS = 10_000
"""Of a curve, as TFMA has them."""


@dataclass(frozen=True)
class CurveMetric(Binary):
    """A metric of a whole curve.

    Parameters
    ----------
    num_thresholds : int, optional
        How many thresholds, evenly from 0 to 1; 10,000 by default. Scores are kept in 10,000
        buckets, so more make no difference.
    thresholds : sequence of float, optional
        These thresholds instead; counts at them are exact.
    top_k, class_id : int, optional
        See `Precision`.
    """

    num_thresholds: int | None = field(default=None, kw_only=True)
    thresholds: Sequence[float] | None = field(default=None, kw_only=True)

    def check(self) -> None:
        """Raise `EvaluationError` if the thresholds make no curve."""
        as_tuple(self.thresholds)
        if self.num_thresholds is not None and self.num_thresholds < 2:
            raise EvaluationError(
                f"num_thresholds of {self.name!r} is {self.num_thresholds}; expected 2 or more"
            )

    @property
    def limits(self) -> tuple[float, ...]:
        """The thresholds."""
        given = as_tuple(self.thresholds)
        if given is None:
            return thresholds_of(self.num_thresholds or DEFAULT_THRESHOLDS)
        return tuple(sorted({-EPSILON, *given, 1.0 + EPSILON}))

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the histogram of scores, or counts at the given thresholds."""
        if self.thresholds is None:
            return (Histogram(view),)
        return (Counts(view, self.limits),)

    def remarks(self, view: View, state: Reader) -> Mapping[MetricKey, Sequence[str]]:
        """Return why the slices of one class, or without some score, have no curve."""
        points = self.points(view, state)
        remarks = np.full(points.slots, "", object)
        remarks[points.negatives == 0] = "no label there is negative"
        remarks[points.positives == 0] = "no label there is positive"
        remarks[points.missing] = "a prediction is missing there"
        return {view.key(self.name): remarks.tolist()}

    def points(self, view: View, state: Reader) -> Points:
        """Return the points of the slices' curves."""
        statistic = self.statistics(view)[0]
        limits = self.limits
        if self.thresholds is None:
            return histogram_points(state, statistic, limits)
        return from_matrices(matrices_of(state(statistic), limits))


def histogram_points(state: Reader, histogram: Statistic, limits: tuple[float, ...]) -> Points:
    """Return the points of curves from a histogram; made once for all metrics of one reader."""
    found: Points = state.once(
        ("points", histogram, limits),
        lambda: points_of(
            state.once(("curve", histogram), lambda: curve_of(state(histogram))), limits
        ),
    )
    return found
