"""Areas under the ROC and the precision-recall curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.columns import Floats, Ints, add_up
from minitfx.model_analysis.curves import Points
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.confusion import ratio
from minitfx.model_analysis.metrics.curve import CurveMetric, histogram_points
from minitfx.model_analysis.metrics.metric import Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Histogram, Statistic

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
    ten-thousandth, the ROC area is the Mann-Whitney statistic, ties counting half. Scores are
    probabilities: all below 0 are ties, and so are all above 1, as in TFMA; for other scores
    `FunctionMetric` calls ``sklearn.metrics.roc_auc_score``.

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
            area = points.sum(_interpolated_area(points))
        else:
            area = points.sum(_pr_area(points, method))
        return {view.key(self.name): area}

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
            squares = histogram_points(state, Histogram(view, squared=True), self.limits)
        return {view.key(self.name): _delong(points, squares)}

    def left_out(
        self, view: View, whole: Reader, layered: Reader, copies: int
    ) -> Mapping[MetricKey, Floats] | None:
        """Return the ROC areas without each layer, all from one look at the histogram."""
        if not self._is_trapezoid or self.thresholds is not None:
            return None
        histogram = Histogram(view)
        all_rows = histogram_points(whole, histogram, self.limits)
        groups = histogram_points(layered, histogram, self.limits)
        return {view.key(self.name): _areas_without(all_rows, groups, copies)}


@dataclass(frozen=True)
class AUCPrecisionRecall(AUC):
    """Area under the precision-recall curve; `AUC` with ``curve="PR"``."""

    curve: str = field(default="PR", init=False)

    NAME: ClassVar[str] = "auc_precision_recall"


def _roc_area(points: Points, method: str) -> Floats:
    # How much of a step's rise lies above the height that counts for it.
    share = {"interpolation": 0.5, "majoring": 0.0, "minoring": 1.0}[method]
    height = points.tp - points.positive * share
    covered = add_up(points.slot, points.negative * height, points.slots)
    whole = points.negatives * points.positives
    with np.errstate(divide="ignore", invalid="ignore"):
        area = np.where(whole > 0, covered / whole, 0.0)
    return np.where(points.missing, np.nan, area)


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
        # Above the highest score precision is undefined; TFMA loses the last step there, so that
        # its upper sum may lie below the area. Precision stays what it was instead.
        above = np.where(tp_above + fp_above > 0, above, here)
        height = np.maximum(here, above) if method == "majoring" else np.minimum(here, above)
        return (points.positive / points.positives[points.slot]) * height


def _delong(points: Points, squares: Points) -> Floats:
    """Return the standard errors of the areas.

    A positive fares as well as the share of negatives that score lower, a negative as the share
    of positives that score higher; the area is the mean of either, and its variance the sum of
    the variances of both means.
    """
    slot, slots = points.slot, points.slots
    below = points.negatives[slot] - points.fp + points.negative * 0.5
    above = points.tp - points.positive * 0.5
    parts = (
        (points.positive, squares.positive, below, points.positives, points.negatives),
        (points.negative, squares.negative, above, points.negatives, points.positives),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        area = add_up(slot, points.positive * below, slots) / (points.positives * points.negatives)
        variance = np.zeros(slots)
        for mass, square, value, mine, others in parts:
            weighted = square is not mass
            weight = add_up(slot, square, slots) if weighted else mine
            mean = add_up(slot, square * value, slots) / others if weighted else area * mine
            spread = add_up(slot, square * value * value, slots) / others**2
            spread = np.maximum(spread - 2.0 * area * mean + area * area * weight, 0.0)
            count = mine**2 / weight
            variance += spread / mine**2 * ratio(count, count - 1.0)
        return np.where(points.missing, np.nan, np.sqrt(variance))


def _areas_without(whole: Points, groups: Points, copies: int) -> Floats:
    """Return the ROC area of each slice without each group, of shape (copies, slices).

    The area is a mean over pairs of a positive and a negative, so without a group it is: all
    pairs, less those whose positive is of the group, less those whose negative is, plus those of
    which both are.
    """
    slices = whole.slots
    below = whole.negatives[whole.slot] - whole.fp + whole.negative / 2.0
    above = whole.tp - whole.positive / 2.0
    pairs = add_up(whole.slot, whole.positive * below, slices)
    place = _places(whole, groups.slot % slices, groups.index)

    def by_group(values: Floats) -> Floats:
        return add_up(groups.slot, values, groups.slots).reshape(copies, slices)

    within = groups.negatives[groups.slot] - groups.fp + groups.negative / 2.0
    lost = groups.positive * (below[place] - within) + groups.negative * above[place]
    left = [
        total - each.reshape(copies, slices)
        for total, each in (
            (whole.negatives, groups.negatives),
            (whole.positives, groups.positives),
        )
    ]
    count = np.maximum(left[0], 0.0) * np.maximum(left[1], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        area = np.where(count > 0, (pairs - by_group(lost)) / count, 0.0)
    return np.where(whole.missing, np.nan, area)


def _places(whole: Points, slot: Ints, index: Ints) -> Ints:
    """Return which of the points of all rows has this slot and index."""
    first = index.min(initial=0)
    width = int(max(whole.index.max(initial=0), index.max(initial=0)) - first) + 1
    keys = whole.slot * width + (whole.index - first)
    wanted = slot * width + (index - first)
    if whole.slots * width <= 8 * max(len(keys), 1 << 16):
        table = np.zeros(whole.slots * width, np.int32)
        table[keys] = np.arange(len(keys))
        found: Ints = table[wanted].astype(np.int64)
        return found
    places: Ints = np.searchsorted(keys, wanted).astype(np.int64)
    return places
