"""Data of plots: confusion matrices at many thresholds, calibration, confusion of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.model_analysis.columns import Floats, add_up
from minitfx.model_analysis.curves import dense_matrices, thresholds_of
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.matrices import Matrices
from minitfx.model_analysis.metrics.confusion import ConfusionMetric
from minitfx.model_analysis.metrics.curve import histogram_points
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.metrics.multiclass import check_thresholds, class_messages
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import (
    Calibration,
    ClassMatrix,
    Histogram,
    LabelMatrix,
    Statistic,
)
from minitfx.model_analysis.statistics.cells import Cells
from minitfx.model_analysis.statistics.confusion import entries_of
from minitfx.model_analysis.statistics.histogram import bucket_edges, split_place
from minitfx.proto import eval_config_pb2 as pb


class ConfusionMatrixAtThresholds(ConfusionMetric):
    """The whole confusion matrix at each threshold.

    Parameters
    ----------
    thresholds, top_k, class_id
        See `ConfusionMetric`.
    """

    NAME = "confusion_matrix_at_thresholds"
    HAS_INTERVAL = False

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        found = self.matrices(view, state).messages()
        return {
            view.key(self.name): [pb.MetricValue(confusion_matrix_at_thresholds=m) for m in found]
        }


@dataclass(frozen=True)
class Plot(Metric):
    """Data of a plot."""

    IS_PLOT: ClassVar[bool] = True
    HAS_INTERVAL: ClassVar[bool] = False


@dataclass(frozen=True)
class ConfusionMatrixPlot(Plot):
    """Confusion matrices at even thresholds: ROC and precision-recall curves, and more.

    Parameters
    ----------
    num_thresholds : int
        How many steps from 0 to 1.
    """

    num_thresholds: int = 1000

    NAME: ClassVar[str] = "confusion_matrix_plot"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the histogram of scores."""
        return (Histogram(view, labelled=self.NEEDS_LABELS),)

    def matrices(self, view: View, state: Reader) -> Matrices:
        """Return the matrices just below 0, and at each step from 0 to 1."""
        steps = [i / self.num_thresholds for i in range(self.num_thresholds + 1)]
        limits = (-1e-6, *steps)
        points = histogram_points(state, self.statistics(view)[0], limits)
        return dense_matrices(points, limits)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        found = self.matrices(view, state).messages()
        return {view.key(self.name): [pb.PlotData(confusion_matrix_at_thresholds=m) for m in found]}


class ScoreDistributionPlot(ConfusionMatrixPlot):
    """How many scores lie above and below each threshold, whatever their labels.

    The counts above stand as true positives, those below as true negatives.

    Parameters
    ----------
    num_thresholds : int
        How many steps from 0 to 1.
    """

    NAME = "score_distribution_plot"
    NEEDS_LABELS = False

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        found = self.matrices(view, state)
        zero = np.zeros_like(found.tp)
        sums = Matrices(found.thresholds, found.tp + found.fp, found.tn + found.fn, zero, zero)
        messages = sums.messages()
        for message in messages:
            for matrix in message.matrices:
                matrix.precision = matrix.recall = 0.0
        return {
            view.key(self.name): [pb.PlotData(confusion_matrix_at_thresholds=m) for m in messages]
        }


@dataclass(frozen=True)
class CalibrationPlot(Plot):
    """Weight, labels and predictions in even buckets of the prediction.

    Parameters
    ----------
    num_buckets : int
        How many buckets from ``left`` to ``right``; one more on each side holds the rest.
    left, right : float
        The range of predictions.
    """

    num_buckets: int = 1000
    left: float = 0.0
    right: float = 1.0

    NAME: ClassVar[str] = "calibration_plot"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return sums in 10,000 buckets."""
        return (Calibration(view, self.left, self.right),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        edges = self.left + np.arange(self.num_buckets + 1) * (
            (self.right - self.left) / self.num_buckets
        )
        inner = bucket_edges(self.left, self.right)
        bounds = np.concatenate([[-np.inf], edges, [np.inf]])
        bucket = np.searchsorted(bounds[:-1], inner, "right") - 1
        sums = _rebinned(state(self.statistics(view)[0]), bucket, len(bounds) - 1)
        return {view.key(self.name): [_calibration(bounds, each) for each in sums]}


def _rebinned(
    state: Cells, bucket: np.ndarray[tuple[int], np.dtype[np.int64]], count: int
) -> Floats:
    cells = state.compact()
    slot, place = split_place(cells.keys)
    known = place < len(bucket)
    keys = slot[known] * count + bucket[place[known]]
    sums = [add_up(keys, column[known], cells.slots * count) for column in cells.masses.T]
    return np.stack(sums, axis=1).reshape(cells.slots, count, 3)


def _calibration(bounds: Floats, sums: Floats) -> pb.PlotData:
    data = pb.PlotData()
    for place, (weight, label, score) in enumerate(sums.tolist()):
        data.calibration_histogram_buckets.buckets.add(
            lower_threshold_inclusive=float(bounds[place]),
            upper_threshold_exclusive=float(bounds[place + 1]),
            num_weighted_examples={"value": weight},
            total_weighted_label={"value": label},
            total_weighted_refined_prediction={"value": score},
        )
    return data


@dataclass(frozen=True)
class ClassPlot(Plot):
    """Confusion of classes at thresholds.

    Parameters
    ----------
    thresholds : sequence of float, optional
        These.
    num_thresholds : int, optional
        Or so many, evenly from just below 0 to just above 1.
    """

    thresholds: Sequence[float] | None = None
    num_thresholds: int | None = None

    DEFAULT: ClassVar[tuple[float, ...]] = (0.0,)

    def check(self) -> None:
        """Raise `EvaluationError` if both ways to give thresholds are used."""
        check_thresholds(self.name, self.thresholds, self.num_thresholds)

    def limits(self) -> tuple[float, ...]:
        """Return the thresholds, ascending."""
        if self.num_thresholds is not None:
            return thresholds_of(self.num_thresholds)
        return tuple(sorted(self.thresholds or self.DEFAULT))


class MultiClassConfusionMatrixPlot(ClassPlot):
    """How often each class is taken for each other.

    Parameters
    ----------
    thresholds, num_thresholds
        See `ClassPlot`; the highest score must be greater. 0 by default.
    """

    NAME = "multi_class_confusion_matrix_plot"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return a matrix for each threshold."""
        return tuple(ClassMatrix(view.whole, limit) for limit in self.limits())

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        found = class_messages(self.limits(), self.statistics(view), state)
        kind = pb.PlotData
        return {
            view.key(self.name): [
                kind(multi_class_confusion_matrix_at_thresholds=each) for each in found
            ]
        }


class MultiLabelConfusionMatrixPlot(ClassPlot):
    """For rows of each class: how every class's decision turns out.

    Parameters
    ----------
    thresholds, num_thresholds
        See `ClassPlot`; a score must be greater to be positive. 0.5 by default.
    """

    NAME = "multi_label_confusion_matrix_plot"
    DEFAULT = (0.5,)

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the matrices for each threshold."""
        return tuple(LabelMatrix(view.whole, limit) for limit in self.limits())

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        found: list[pb.PlotData] = []
        for limit, statistic in zip(self.limits(), self.statistics(view), strict=True):
            cells = state(statistic)
            if not found:
                found = [pb.PlotData() for _ in range(cells.slots)]
            _add_label_matrix(found, limit, cells)
        return {view.key(self.name): found}


_CASES = ("true_negatives", "false_positives", "false_negatives", "true_positives")


def _add_label_matrix(found: list[pb.PlotData], limit: float, cells: Cells) -> None:
    matrices = [
        each.multi_label_confusion_matrix_at_thresholds.matrices.add(
            threshold=min(max(limit, 0.0), 1.0)
        )
        for each in found
    ]
    entries = entries_of(cells)
    columns = (entries.slot, entries.actual, entries.predicted, entries.case, entries.weight)
    for slot, actual, predicted, case, weight in zip(*(c.tolist() for c in columns), strict=True):
        last = matrices[slot].entries[-1] if len(matrices[slot].entries) else None
        if last is None or (last.actual_class_id, last.predicted_class_id) != (actual, predicted):
            last = matrices[slot].entries.add(actual_class_id=actual, predicted_class_id=predicted)
        setattr(last, _CASES[case], weight)
