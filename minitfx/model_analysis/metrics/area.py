"""Areas under the ROC and the precision-recall curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.columns import Floats, Ints, add_up
from minitfx.model_analysis.curves import Points, from_here_up, points_of
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.confusion import ratio
from minitfx.model_analysis.metrics.curve import CurveMetric
from minitfx.model_analysis.metrics.metric import Reader, Values
from minitfx.model_analysis.statistics import Histogram, Statistic
from minitfx.model_analysis.statistics.histogram import curve_of
from minitfx.model_analysis.view import View

_CURVES = ("ROC", "PR")
_METHODS = ("interpolation", "majoring", "minoring")


@dataclass(frozen=True)
class AUC(CurveMetric):
    """Area under the ROC or the precision-recall curve.

    Parameters
    ----------
    num_thresholds, thresholds, top_k, class_id
        See `CurveMetric`.
    curve : {"ROC", "PR"}
        Which curve.
    summation_method : {"interpolation", "majoring", "minoring"}
        What stands between two thresholds: for ROC the trapezoid, for PR the interpolation of
        Davis and Goadrich; or the larger, or the smaller, of both ends.

    Notes
    -----
    A slice of one class has an ROC area of 0, as in TFMA. With at most one distinct score in each
    ten-thousandth, the ROC area is the Mann-Whitney statistic, ties counting half.

    References
    ----------
    Davis and Goadrich (2006), "The Relationship Between Precision-Recall and ROC Curves".
    DeLong, DeLong and Clarke-Pearson (1988), "Comparing the Areas under Two or More Correlated
    Receiver Operating Characteristic Curves", for standard errors.
    """

    curve: str = "ROC"
    summation_method: str = "interpolation"

    NAME: ClassVar[str] = "auc"

    def check(self) -> None:
        """Raise `EvaluationError` if the curve or the method is unknown."""
        super().check()
        for value, known in (
            (self.curve.upper(), _CURVES),
            (self.summation_method.lower(), _METHODS),
        ):
            if value not in known:
                raise EvaluationError(
                    f"{self.name!r} names {value!r}. {did_you_mean(value, known)}"
                )

    @property
    def _is_trapezoid(self) -> bool:
        return self.curve.upper() == "ROC" and self.summation_method.lower() == "interpolation"

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the areas."""
        points = self.points(view, state)
        method = self.summation_method.lower()
        if self.curve.upper() == "ROC":
            area = _roc_area(points, method)
        elif method == "interpolation":
            area = _interpolated_area(points)
        else:
            area = _pr_area(points, method)
        return {view.key(self.name): points.sum(area)}

    def error_statistics(self, view: View) -> Sequence[Statistic]:
        """Return the squared weights by bucket, which unweighted areas do not need."""
        usable = self._is_trapezoid and view.weighted and self.thresholds is None
        return (Histogram(view, squared=True),) if usable else ()

    def errors(self, view: View, state: Reader) -> Mapping[MetricKey, Floats]:
        """Return DeLong's standard errors of the ROC area."""
        if not self._is_trapezoid or self.thresholds is not None:
            return {}
        points = self.points(view, state)
        squares = points
        if view.weighted:
            squares = points_of(curve_of(state(Histogram(view, squared=True))), self.limits)
        return {view.key(self.name): _delong(points, squares)}

    def left_out(
        self, view: View, layered: Reader, copies: int, slices: int
    ) -> Mapping[MetricKey, Floats] | None:
        """Return the ROC areas without each layer, all from one look at the histogram."""
        if not self._is_trapezoid or self.thresholds is not None:
            return None
        points = points_of(curve_of(layered(Histogram(view))), self.limits)
        return {view.key(self.name): _areas_without(points, copies, slices)}


@dataclass(frozen=True)
class AUCPrecisionRecall(AUC):
    """Area under the precision-recall curve; `AUC` with ``curve="PR"``."""

    curve: str = field(default="PR", init=False)

    NAME: ClassVar[str] = "auc_precision_recall"


def _roc_area(points: Points, method: str) -> Floats:
    slot = points.slot
    upper, lower = points.tp, points.tp - points.positive
    height = {"interpolation": (upper + lower) / 2.0, "majoring": upper, "minoring": lower}[method]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (points.negative / points.negatives[slot]) * (height / points.positives[slot])


def _interpolated_area(points: Points) -> Floats:
    """Return each point's share of the area, true positives going linearly with all positives."""
    step = points.positive + points.negative
    here = points.tp + points.fp
    above = np.maximum(here - step, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = points.positive / step
        intercept = (points.tp - points.positive) - slope * above
        growth = np.where((here > 0) & (above > 0), here / above, 1.0)
        return (
            slope * (points.positive + intercept * np.log(growth)) / points.positives[points.slot]
        )


def _pr_area(points: Points, method: str) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        tp_above, fp_above = points.tp - points.positive, points.fp - points.negative
        here = points.tp / (points.tp + points.fp)
        above = tp_above / (tp_above + fp_above)
        # At the top nothing is predicted, precision is undefined and TFMA counts nothing.
        height = np.maximum(here, above) if method == "majoring" else np.minimum(here, above)
        return (points.positive / points.positives[points.slot]) * height


def _delong(points: Points, squares: Points) -> Floats:
    slot = points.slot
    with np.errstate(divide="ignore", invalid="ignore"):
        negatives, positives = points.negatives[slot], points.positives[slot]
        # How a positive of this bucket fares against negatives, and the other way round.
        below = (negatives - points.fp + points.negative / 2.0) / negatives
        above = (points.tp - points.positive / 2.0) / positives
        area = points.sum(points.positive * below)[slot] / positives
        parts = []
        for mass, value, totals in (
            (squares.positive, below, points.positives),
            (squares.negative, above, points.negatives),
        ):
            spread = points.sum(mass * (value - area) ** 2) / totals**2
            count = totals**2 / add_up(slot, mass, points.slots)
            parts.append(spread * ratio(count, count - 1.0))
        return np.sqrt(parts[0] + parts[1])


def _areas_without(points: Points, copies: int, slices: int) -> Floats:
    """Return the ROC area of each slice without each layer, of shape (copies, slices).

    The area is a mean over pairs of a positive and a negative, so without a layer it is: all
    pairs, less those whose positive is of the layer, less those whose negative is, plus those of
    which both are.
    """
    layer, group = points.slot // max(slices, 1), points.slot % max(slices, 1)
    order = np.lexsort((points.index, group))
    negative, positive = points.negative[order], points.positive[order]
    place = _runs(group[order] * (1 << 20) + points.index[order])
    slot = np.full(int(place.max(initial=-1)) + 1, 0)
    slot[place] = group[order]
    masses = [add_up(place, mass, len(slot)) for mass in (negative, positive)]
    totals = [add_up(slot, mass, slices) for mass in masses]
    fp, tp = (from_here_up(mass, slot, total) for mass, total in zip(masses, totals, strict=True))
    below = totals[0][slot] - fp + masses[0] / 2.0
    above = tp - masses[1] / 2.0
    whole = add_up(slot, masses[1] * below, slices)
    mine = np.empty(len(order), np.int64)
    mine[order] = place
    size = copies * slices

    def by_layer(values: Floats) -> Floats:
        return add_up(layer * slices + group, values, size).reshape(copies, slices)

    own = by_layer(
        points.positive * (points.negatives[points.slot] - points.fp + points.negative / 2.0)
    )
    pairs = (
        whole
        - by_layer(points.positive * below[mine])
        - by_layer(points.negative * above[mine])
        + own
    )
    left = [
        total - layers.reshape(copies, slices)
        for total, layers in ((totals[0], points.negatives), (totals[1], points.positives))
    ]
    area = np.where((left[0] > 0) & (left[1] > 0), pairs / np.maximum(left[0] * left[1], 1e-300), 0)
    missing = points.missing.reshape(copies, slices).any(axis=0)
    return np.where(missing, np.nan, area)


def _runs(keys: Ints) -> Ints:
    """Return the number of the run that each key of an ascending list belongs to."""
    new = np.ones(len(keys), bool)
    new[1:] = keys[1:] != keys[:-1]
    return np.cumsum(new) - 1
