"""Metrics of true and false positives and negatives at thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.matrices import Matrices, matrices_of
from minitfx.model_analysis.metrics.metric import Binary, Values, as_tuple
from minitfx.model_analysis.metrics.query_counts import query_matrices
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Counts, Statistic
from minitfx.model_analysis.statistics.queries import QueryStatistic


@dataclass(frozen=True)
class Rate:
    """A function of true positives, true negatives, false positives and false negatives."""

    function: Callable[[Floats, Floats, Floats, Floats], Floats]

    def __call__(self, tp: Floats, tn: Floats, fp: Floats, fn: Floats) -> Floats:
        """Return the rate of each slice and threshold."""
        return self.function(tp, tn, fp, fn)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient, NaN unless the denominator is positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


@dataclass(frozen=True)
class ConfusionMetric(Binary):
    """A function of true and false positives and negatives.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        A score must be greater to be positive. Several give an array, one value each. The
        default is 0.5, or minus infinity with ``top_k``.
    top_k : int, optional
        Only the k classes with the highest scores (or rows of a query) can be positive.
    class_id : int, optional
        This class against the rest.

    Notes
    -----
    0/0 gives NaN, and so does a missing score anywhere in the slice. A label between 0 and 1
    counts as that much of a positive.
    """

    thresholds: float | Sequence[float] | None = None

    FORMULA: ClassVar[Rate]

    def check(self) -> None:
        """Raise `EvaluationError` if the thresholds are no numbers."""
        as_tuple(self.thresholds)

    def limits(self, view: View) -> tuple[float, ...]:
        """Return the thresholds."""
        given = as_tuple(self.thresholds)
        if given is not None:
            return given
        top = view.sub_key is not None and view.sub_key.top_k is not None
        return (-np.inf,) if top else (0.5,)

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the counts at its thresholds."""
        if _by_query(view):
            return (QueryStatistic(_without_top(view)),)
        return (Counts(view, tuple(sorted(set(self.limits(view))))),)

    def matrices(self, view: View, state: Reader) -> Matrices:
        """Return the confusion matrices at its thresholds."""
        statistic = self.statistics(view)[0]
        if isinstance(statistic, QueryStatistic):
            top = view.sub_key.top_k if view.sub_key else None
            return query_matrices(state(statistic), top or 0)
        limits = self.limits(view)
        matrices = matrices_of(state(statistic), tuple(sorted(set(limits))))
        return matrices.at(limits)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return its value at each threshold."""
        found = self.matrices(view, state)
        values = self.FORMULA(*found.four)
        return {view.key(self.name): values[:, 0] if values.shape[1] == 1 else values}

    def error_statistics(self, view: View) -> Sequence[Statistic]:
        """Return the squared weights at its thresholds, which unweighted counts do not need."""
        if not view.weighted or _by_query(view):
            return ()
        return (Counts(view, tuple(sorted(set(self.limits(view)))), squared=True),)

    def errors(self, view: View, state: Reader) -> Mapping[MetricKey, Floats]:
        """Return standard errors by the delta method.

        Notes
        -----
        The four counts are a sum over rows of one unit each in one place, so the variance of
        f(counts) is the sum of squared derivatives times (squared) weights. f does not change
        when all counts double, so no further term is needed.
        """
        if _by_query(view):
            return {}
        counts = self.matrices(view, state)
        squares = counts
        if view.weighted:
            limits = self.limits(view)
            found = state(self.error_statistics(view)[0])
            squares = matrices_of(found, tuple(sorted(set(limits)))).at(limits)
        variance = np.zeros(counts.tp.shape)
        for place in range(4):
            slope = _slope(self.FORMULA, counts.four, place)
            mass = squares.four[place]
            variance += np.where(mass > 0, slope * slope * mass, 0.0)
        errors = np.sqrt(variance)
        return {view.key(self.name): errors[:, 0] if errors.shape[1] == 1 else errors}


def _slope(formula: Rate, counts: Sequence[Floats], place: int) -> Floats:
    """Return the derivative by one of the counts, from values just above and below."""
    step = 1e-4 * counts[place]
    above, below = list(counts), list(counts)
    above[place], below[place] = counts[place] + step, counts[place] - step
    with np.errstate(divide="ignore", invalid="ignore"):
        return (formula(*above) - formula(*below)) / (2.0 * step)


def _by_query(view: View) -> bool:
    return bool(view.query) and view.sub_key is not None and view.sub_key.top_k is not None


def _without_top(view: View) -> View:
    return View(view.model, view.output, weighted=view.weighted, query=view.query)
