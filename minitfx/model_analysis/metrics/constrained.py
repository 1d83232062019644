"""The best of one rate where another is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats, add_up
from minitfx.model_analysis.curves import Points
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.curve import CurveMetric
from minitfx.model_analysis.metrics.metric import Values, as_tuple
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader


@dataclass(frozen=True)
class Constrained(CurveMetric):
    """The most that one rate reaches where another is at least so much; 0 where it never is.

    Parameters
    ----------
    num_thresholds, thresholds, top_k, class_id
        See `CurveMetric`.
    """

    BOUND: ClassVar[str] = ""  # the field that holds the bounds

    def check(self) -> None:
        """Raise `EvaluationError` if a bound is not between 0 and 1."""
        super().check()
        for bound in self._bounds():
            if not 0.0 <= bound <= 1.0:
                raise EvaluationError(f"{self.BOUND} of {self.name!r} is {bound}; expected 0 to 1")

    def _rates(self, points: Points) -> tuple[Floats, Floats]:
        """Return the rate that is held and the rate that is sought, at each point."""
        raise NotImplementedError

    def _bounds(self) -> tuple[float, ...]:
        bounds = as_tuple(getattr(self, self.BOUND))
        if not bounds:
            raise EvaluationError(f"the metric {self.name!r} needs {self.BOUND}, from 0 to 1")
        return bounds

    def _holds(self, rate: Floats, bound: float) -> NDArray[np.bool_]:
        return rate >= bound

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the best rates; an array if there are several bounds."""
        points = _with_top(self.points(view, state))
        with np.errstate(divide="ignore", invalid="ignore"):
            held, sought = self._rates(points)
        columns = [_best(points, self._holds(held, bound), sought) for bound in self._bounds()]
        values = columns[0] if len(columns) == 1 else np.stack(columns, axis=1)
        return {view.key(self.name): values}


def _recall(points: Points) -> Floats:
    return points.tp / points.positives[points.slot]


def _specificity(points: Points) -> Floats:
    negatives = points.negatives[points.slot]
    return (negatives - points.fp) / negatives


def _precision(points: Points) -> Floats:
    return points.tp / (points.tp + points.fp)


@dataclass(frozen=True)
class SensitivityAtSpecificity(Constrained):
    """Highest recall where specificity is at least ``specificity``."""

    specificity: float | Sequence[float] | None = None

    NAME: ClassVar[str] = "sensitivity_at_specificity"
    BOUND: ClassVar[str] = "specificity"

    def _rates(self, points: Points) -> tuple[Floats, Floats]:
        return _specificity(points), _recall(points)


@dataclass(frozen=True)
class SpecificityAtSensitivity(Constrained):
    """Highest specificity where recall is at least ``sensitivity``."""

    sensitivity: float | Sequence[float] | None = None

    NAME: ClassVar[str] = "specificity_at_sensitivity"
    BOUND: ClassVar[str] = "sensitivity"

    def _rates(self, points: Points) -> tuple[Floats, Floats]:
        return _recall(points), _specificity(points)


@dataclass(frozen=True)
class PrecisionAtRecall(Constrained):
    """Highest precision where recall is at least ``recall``."""

    recall: float | Sequence[float] | None = None

    NAME: ClassVar[str] = "precision_at_recall"
    BOUND: ClassVar[str] = "recall"

    def _rates(self, points: Points) -> tuple[Floats, Floats]:
        return _recall(points), _precision(points)


@dataclass(frozen=True)
class RecallAtPrecision(Constrained):
    """Highest recall where precision is at least ``precision``."""

    precision: float | Sequence[float] | None = None

    NAME: ClassVar[str] = "recall_at_precision"
    BOUND: ClassVar[str] = "precision"

    def _rates(self, points: Points) -> tuple[Floats, Floats]:
        return _precision(points), _recall(points)


@dataclass(frozen=True)
class RecallAtFalsePositiveRate(Constrained):
    """Highest recall where the false positive rate is at most ``false_positive_rate``."""

    false_positive_rate: float | Sequence[float] | None = None

    NAME: ClassVar[str] = "recall_at_false_positive_rate"
    BOUND: ClassVar[str] = "false_positive_rate"

    def _rates(self, points: Points) -> tuple[Floats, Floats]:
        return points.fp / points.negatives[points.slot], _recall(points)

    def _holds(self, rate: Floats, bound: float) -> NDArray[np.bool_]:
        return rate <= bound


@dataclass(frozen=True)
class ThresholdAtRecall(Constrained):
    """Highest threshold where recall is still at least ``recall``."""

    recall: float | Sequence[float] | None = None

    NAME: ClassVar[str] = "threshold_at_recall"
    BOUND: ClassVar[str] = "recall"

    def _rates(self, points: Points) -> tuple[Floats, Floats]:
        limits = np.array(self.limits)
        return _recall(points), limits[np.minimum(points.index, len(limits) - 1)]


def _with_top(points: Points) -> Points:
    """Return the points with one more in each slot: the threshold that nothing passes."""
    slots = np.arange(points.slots)
    order = np.argsort(np.concatenate([points.slot, slots]), kind="stable")
    zero, top = np.zeros(len(slots)), np.full(len(slots), np.iinfo(np.int64).max)
    longer = {
        name: np.concatenate([getattr(points, name), zero])[order]
        for name in ("negative", "positive", "fp", "tp")
    }
    return replace(
        points,
        slot=np.concatenate([points.slot, slots])[order],
        index=np.concatenate([points.index, top])[order],
        **longer,
    )


def _best(points: Points, feasible: NDArray[np.bool_], sought: Floats) -> Floats:
    best = np.full(points.slots, -np.inf)
    defined = feasible & ~np.isnan(sought)
    np.maximum.at(best, points.slot[defined], sought[defined])
    some = add_up(points.slot, feasible, points.slots) > 0
    best = np.where(np.isneginf(best), np.where(some, np.nan, 0.0), best)
    return np.where(points.missing, np.nan, best)
