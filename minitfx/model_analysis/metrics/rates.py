"""Rates of the binary confusion matrix, by all their names.

Each is a function of true positives, true negatives, false positives and false negatives, in
that order, over arrays of one entry per slice and threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.metrics.confusion import ConfusionMetric, Rate, ratio
from minitfx.model_analysis.pairs import View


def _prevalence_threshold(tp: Floats, tn: Floats, fp: Floats, fn: Floats) -> Floats:
    tpr, tnr = ratio(tp, tp + fn), ratio(tn, tn + fp)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (np.sqrt(tpr * (1.0 - tnr)) + tnr - 1.0) / (tpr + tnr - 1.0)


def _correlation(tp: Floats, tn: Floats, fp: Floats, fn: Floats) -> Floats:
    # Roots first: the product of the four sums is larger than 2**53 from ten thousand rows on.
    below = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
    return ratio(tp * tn - fp * fn, below)


def _odds_ratio(tp: Floats, tn: Floats, fp: Floats, fn: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((fn > 0) & (fp > 0) & (tn > 0), (tp / fn) / (fp / tn), np.nan)


def _f(beta: float, tp: Floats, fp: Floats, fn: Floats) -> Floats:
    square = beta * beta
    return ratio((1.0 + square) * tp, (1.0 + square) * tp + square * fn + fp)


class TruePositives(ConfusionMetric):
    """Weight of positives that are predicted positive."""

    NAME = "true_positives"
    HAS_INTERVAL = False
    FORMULA = Rate(lambda tp, tn, fp, fn: tp)


class TP(TruePositives):
    """`TruePositives` by its short name."""

    NAME = "tp"


class TrueNegatives(ConfusionMetric):
    """Weight of negatives that are predicted negative."""

    NAME = "true_negatives"
    HAS_INTERVAL = False
    FORMULA = Rate(lambda tp, tn, fp, fn: tn)


class TN(TrueNegatives):
    """`TrueNegatives` by its short name."""

    NAME = "tn"


class FalsePositives(ConfusionMetric):
    """Weight of negatives that are predicted positive."""

    NAME = "false_positives"
    HAS_INTERVAL = False
    FORMULA = Rate(lambda tp, tn, fp, fn: fp)


class FP(FalsePositives):
    """`FalsePositives` by its short name."""

    NAME = "fp"


class FalseNegatives(ConfusionMetric):
    """Weight of positives that are predicted negative."""

    NAME = "false_negatives"
    HAS_INTERVAL = False
    FORMULA = Rate(lambda tp, tn, fp, fn: fn)


class FN(FalseNegatives):
    """`FalseNegatives` by its short name."""

    NAME = "fn"


@dataclass(frozen=True)
class BinaryAccuracy(ConfusionMetric):
    """Share of right decisions: (tp + tn) / all.

    Parameters
    ----------
    threshold : float, optional
        One threshold, as Keras and TFMA call it here.
    thresholds, top_k, class_id
        See `ConfusionMetric`.
    """

    threshold: float | None = None

    NAME: ClassVar[str] = "binary_accuracy"
    FORMULA: ClassVar[Rate] = Rate(lambda tp, tn, fp, fn: ratio(tp + tn, tp + tn + fp + fn))

    def limits(self, view: View) -> tuple[float, ...]:
        """Return the threshold, or the thresholds."""
        return super().limits(view) if self.threshold is None else (float(self.threshold),)


class Precision(ConfusionMetric):
    """Share of positive predictions that are right: tp / (tp + fp)."""

    NAME = "precision"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tp, tp + fp))


class PPV(Precision):
    """`Precision` as positive predictive value."""

    NAME = "ppv"


class Recall(ConfusionMetric):
    """Share of positives that are found: tp / (tp + fn)."""

    NAME = "recall"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tp, tp + fn))


class TPR(Recall):
    """`Recall` as true positive rate."""

    NAME = "tpr"


class MaxRecall(Recall):
    """Recall where any score above zero is positive: the most that a threshold can reach."""

    NAME = "max_recall"

    def limits(self, view: View) -> tuple[float, ...]:
        """Return a threshold just above zero."""
        return (1e-12,)


class Specificity(ConfusionMetric):
    """Share of negatives that are left alone: tn / (tn + fp)."""

    NAME = "specificity"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tn, tn + fp))


class TNR(Specificity):
    """`Specificity` as true negative rate."""

    NAME = "tnr"


class FallOut(ConfusionMetric):
    """Share of negatives that are predicted positive: fp / (fp + tn)."""

    NAME = "fall_out"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(fp, fp + tn))


class FPR(FallOut):
    """`FallOut` as false positive rate."""

    NAME = "fpr"


class MissRate(ConfusionMetric):
    """Share of positives that are missed: fn / (fn + tp)."""

    NAME = "miss_rate"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(fn, fn + tp))


class FNR(MissRate):
    """`MissRate` as false negative rate."""

    NAME = "fnr"


class NegativePredictiveValue(ConfusionMetric):
    """Share of negative predictions that are right: tn / (tn + fn)."""

    NAME = "negative_predictive_value"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tn, tn + fn))


class NPV(NegativePredictiveValue):
    """`NegativePredictiveValue` by its short name."""

    NAME = "npv"


class FalseDiscoveryRate(ConfusionMetric):
    """Share of positive predictions that are wrong: fp / (fp + tp)."""

    NAME = "false_discovery_rate"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(fp, fp + tp))


class FalseOmissionRate(ConfusionMetric):
    """Share of negative predictions that are wrong: fn / (fn + tn)."""

    NAME = "false_omission_rate"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(fn, fn + tn))


class Prevalence(ConfusionMetric):
    """Share of positives: (tp + fn) / all."""

    NAME = "prevalence"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tp + fn, tp + tn + fp + fn))


class PrevalenceThreshold(ConfusionMetric):
    """Prevalence below which precision falls fast: (√(tpr·fpr) − fpr) / (tpr − fpr)."""

    NAME = "prevalence_threshold"
    FORMULA = Rate(_prevalence_threshold)


class ThreatScore(ConfusionMetric):
    """Overlap of positives and positive predictions: tp / (tp + fn + fp)."""

    NAME = "threat_score"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tp, tp + fn + fp))


class BalancedAccuracy(ConfusionMetric):
    """Mean of recall and specificity."""

    NAME = "balanced_accuracy"
    FORMULA = Rate(lambda tp, tn, fp, fn: (ratio(tp, tp + fn) + ratio(tn, tn + fp)) / 2.0)


class F1Score(ConfusionMetric):
    """Harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn)."""

    NAME = "f1_score"
    FORMULA = Rate(lambda tp, tn, fp, fn: _f(1.0, tp, fp, fn))


class F2Score(ConfusionMetric):
    """Mean of precision and recall that weighs recall four times."""

    NAME = "f2_score"
    FORMULA = Rate(lambda tp, tn, fp, fn: _f(2.0, tp, fp, fn))


class FHalfScore(ConfusionMetric):
    """Mean of precision and recall that weighs precision four times."""

    NAME = "f_half_score"
    FORMULA = Rate(lambda tp, tn, fp, fn: _f(0.5, tp, fp, fn))


class MatthewsCorrelationCoefficient(ConfusionMetric):
    """Correlation of labels and decisions, from -1 to 1."""

    NAME = "matthews_correlation_coefficient"
    FORMULA = Rate(_correlation)


class FowlkesMallowsIndex(ConfusionMetric):
    """Geometric mean of precision and recall."""

    NAME = "fowlkes_mallows_index"
    FORMULA = Rate(lambda tp, tn, fp, fn: np.sqrt(ratio(tp, tp + fp) * ratio(tp, tp + fn)))


class Informedness(ConfusionMetric):
    """Recall plus specificity less one."""

    NAME = "informedness"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tp, tp + fn) + ratio(tn, tn + fp) - 1.0)


class Markedness(ConfusionMetric):
    """Precision plus negative predictive value less one."""

    NAME = "markedness"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tp, tp + fp) + ratio(tn, tn + fn) - 1.0)


class PositiveLikelihoodRatio(ConfusionMetric):
    """How much more often positives than negatives are predicted positive: tpr / fpr."""

    NAME = "positive_likelihood_ratio"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(ratio(tp, tp + fn), ratio(fp, fp + tn)))


class NegativeLikelihoodRatio(ConfusionMetric):
    """How much more often positives than negatives are predicted negative: fnr / tnr."""

    NAME = "negative_likelihood_ratio"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(ratio(fn, fn + tp), ratio(tn, tn + fp)))


class DiagnosticOddsRatio(ConfusionMetric):
    """Odds of a positive prediction for positives over those for negatives."""

    NAME = "diagnostic_odds_ratio"
    FORMULA = Rate(_odds_ratio)


class PredictedPositiveRate(ConfusionMetric):
    """Share of positive predictions: (tp + fp) / all."""

    NAME = "predicted_positive_rate"
    FORMULA = Rate(lambda tp, tn, fp, fn: ratio(tp + fp, tp + tn + fp + fn))
