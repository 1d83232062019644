"""Metrics of predictions with a score for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import ClassMatrix, ClassSum, Statistic
from minitfx.model_analysis.statistics.confusion import entries_of
from minitfx.proto import eval_config_pb2 as pb


@dataclass(frozen=True)
class ClassMean(Metric):
    """A weighted mean over rows of a function of label and scores."""

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return the name of the function and its arguments."""
        raise NotImplementedError

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the weighted sum and the weight."""
        name, parameters = self.value()
        return (ClassSum(view.whole, name, parameters), ClassSum(view.whole))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means."""
        above, below = (state(each) for each in self.statistics(view))
        return {view.key(self.name): _quotient(above, below)}

    def error_statistics(self, view: View) -> Sequence[Statistic]:
        """Return the sums of squares and products."""
        name, parameters = self.value()
        squared = view.weighted
        return (
            ClassSum(view.whole, name, parameters, 2, squared),
            ClassSum(view.whole, name, parameters, 1, squared),
            ClassSum(view.whole, squared=squared),
        )

    def errors(self, view: View, state: Reader) -> Mapping[MetricKey, Floats]:
        """Return standard errors of a weighted mean."""
        above, below = (state(each) for each in self.statistics(view))
        upper, mixed, lower = (state(each) for each in self.error_statistics(view))
        mean = _quotient(above, below)
        spread = np.maximum(upper - 2.0 * mean * mixed + mean * mean * lower, 0.0)
        return {view.key(self.name): _quotient(np.sqrt(spread), below)}


def _quotient(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below != 0, above / below, np.nan)


class CategoricalAccuracy(ClassMean):
    """Share of rows whose highest score is that of the label; ties go to the first class."""

    NAME = "categorical_accuracy"

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return whether the highest score is right."""
        return "right", ()


class CosineSimilarity(ClassMean):
    """Mean cosine between each row's labels and its scores of all classes; 0 for a row of zeros."""

    NAME = "cosine_similarity"

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return the cosine of a row."""
        return "cosine", ()


class KLDivergence(ClassMean):
    """Mean of Σ y·log(y / p) over classes, y and p kept between 1e-7 and 1 as in Keras."""

    NAME = "kullback_leibler_divergence"

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return the divergence of a row."""
        return "divergence", ()


class CategoricalHinge(ClassMean):
    """Mean of max(0, 1 + best score of another class − the label's score)."""

    NAME = "categorical_hinge"

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return the shortfall of a row."""
        return "hinge", ()


class SparseCategoricalAccuracy(CategoricalAccuracy):
    """`CategoricalAccuracy` by Keras' name for labels that are class numbers."""

    NAME = "sparse_categorical_accuracy"


@dataclass(frozen=True)
class TopKCategoricalAccuracy(ClassMean):
    """Share of rows whose label is among the k highest scores.

    Parameters
    ----------
    k : int
        How many guesses count.
    """

    k: int = 5

    NAME: ClassVar[str] = "top_k_categorical_accuracy"

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return whether fewer than k classes score higher."""
        return "in_top", (self.k,)


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """`TopKCategoricalAccuracy` by Keras' name for labels that are class numbers."""

    NAME = "sparse_top_k_categorical_accuracy"


@dataclass(frozen=True)
class CategoricalCrossEntropy(ClassMean):
    """Mean of −log of the label's probability, unclipped; scores are brought to a sum of 1.

    Parameters
    ----------
    from_logits : bool
        The scores are logarithms.
    label_smoothing : float
        How far labels move towards all classes alike, from 0 to 1.
    """

    from_logits: bool = False
    label_smoothing: float = 0.0

    NAME: ClassVar[str] = "categorical_crossentropy"

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return the cross-entropy of a row."""
        return "categorical", (self.from_logits, self.label_smoothing, False)


class CategoricalCrossentropy(CategoricalCrossEntropy):
    """Keras' `CategoricalCrossEntropy`: probabilities stay 1e-7 away from 0 and 1."""

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return the clipped cross-entropy of a row."""
        return "categorical", (self.from_logits, self.label_smoothing, True)


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(ClassMean):
    """Keras' cross-entropy for labels that are class numbers.

    Parameters
    ----------
    from_logits : bool
        The scores are logarithms.
    """

    from_logits: bool = False

    NAME: ClassVar[str] = "sparse_categorical_crossentropy"

    def value(self) -> tuple[str, tuple[object, ...]]:
        """Return the clipped cross-entropy of a row."""
        return "sparse", (self.from_logits,)


@dataclass(frozen=True)
class MultiClassConfusionMatrixAtThresholds(Metric):
    """How often each class is taken for each other, at several thresholds.

    Parameters
    ----------
    thresholds : sequence of float, optional
        The highest score must be greater, else the predicted class is -1; 0.5 by default.
    """

    thresholds: Sequence[float] | None = None

    NAME: ClassVar[str] = "multi_class_confusion_matrix_at_thresholds"
    HAS_INTERVAL: ClassVar[bool] = False

    def limits(self) -> tuple[float, ...]:
        """Return the thresholds, ascending."""
        return tuple(sorted(self.thresholds or (0.5,)))

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return a matrix for each threshold."""
        return tuple(ClassMatrix(view.whole, limit) for limit in self.limits())

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        matrices = class_messages(self.limits(), self.statistics(view), state)
        kind = pb.MetricValue
        return {
            view.key(self.name): [
                kind(multi_class_confusion_matrix_at_thresholds=each) for each in matrices
            ]
        }


def class_messages(
    limits: Sequence[float], statistics: Sequence[Statistic], state: Reader
) -> list[pb.MultiClassConfusionMatrixAtThresholds]:
    """Return the confusion matrices of every slice.

    Parameters
    ----------
    limits : sequence of float
        The thresholds.
    statistics : sequence of ClassMatrix
        One for each.
    state : function
        Gives their states.
    """
    found: list[pb.MultiClassConfusionMatrixAtThresholds] = []
    for limit, statistic in zip(limits, statistics, strict=True):
        cells = state(statistic)
        if not found:
            found = [pb.MultiClassConfusionMatrixAtThresholds() for _ in range(cells.slots)]
        matrices = [each.matrices.add(threshold=min(max(limit, 0.0), 1.0)) for each in found]
        entries = entries_of(cells)
        for slot, actual, predicted, weight in zip(
            entries.slot.tolist(),
            entries.actual.tolist(),
            entries.predicted.tolist(),
            entries.weight.tolist(),
            strict=True,
        ):
            matrices[slot].entries.add(
                actual_class_id=actual, predicted_class_id=predicted, num_weighted_examples=weight
            )
    return found


def check_thresholds(name: str, thresholds: Sequence[float] | None, number: int | None) -> None:
    """Raise `EvaluationError` if both thresholds and their number are given."""
    if thresholds is not None and number is not None:
        raise EvaluationError(f"{name!r} sets thresholds and num_thresholds; keep one of them")
