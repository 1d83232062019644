"""Metrics of the joint spread of labels and predictions, and of their means by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Comoments, Statistic, Sum
from minitfx.model_analysis.statistics.comoments import BOTH, LABELS, SCORES, WEIGHT
from minitfx.model_analysis.values import LABEL, SCORE, Value, product


class SquaredPearsonCorrelation(Metric):
    """Square of the correlation of labels and predictions; NaN where one does not vary."""

    NAME = "squared_pearson_correlation"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the second moments."""
        return (Comoments(view),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the squared correlations."""
        moments = state(Comoments(view))
        below = moments[:, LABELS] * moments[:, SCORES]
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(below == 0, np.nan, moments[:, BOTH] ** 2 / below)
        return {view.key(self.name): value}


class R2Score(Metric):
    """Share of the labels' variance that the predictions explain: 1 − Σ error² / Σ (y − ȳ)².

    NaN where the labels do not vary. Unlike the squared correlation it sees a bias, and may be
    negative.
    """

    NAME = "r2_score"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the second moments and the squared errors."""
        return (Comoments(view), Sum(view, Value("squared_error")))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the shares."""
        moments, errors = (state(each) for each in self.statistics(view))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1.0 - errors / moments[:, LABELS]
        share[(moments[:, LABELS] == 0) | (moments[:, WEIGHT] == 0)] = np.nan
        return {view.key(self.name): share}


class CoefficientOfDiscrimination(Metric):
    """Tjur's R²: the mean prediction of positives less that of negatives."""

    NAME = "coefficient_of_discrimination"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return weights and predictions of all and of positives."""
        both = product(LABEL, SCORE)
        return (Sum(view), Sum(view, LABEL), Sum(view, SCORE), Sum(view, both))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the differences, NaN in a slice of one class."""
        weight, positive, score, of_positive = (state(each) for each in self.statistics(view))
        with np.errstate(divide="ignore", invalid="ignore"):
            upper = np.where(positive > 0, of_positive / positive, np.nan)
            negative = weight - positive
            lower = np.where(negative > 0, (score - of_positive) / negative, np.nan)
            return {view.key(self.name): self.combine(upper, lower)}

    def combine(self, upper: Floats, lower: Floats) -> Floats:
        """Return the metric from the two means."""
        return upper - lower


class RelativeCoefficientOfDiscrimination(CoefficientOfDiscrimination):
    """The mean prediction of positives over that of negatives."""

    NAME = "relative_coefficient_of_discrimination"

    def combine(self, upper: Floats, lower: Floats) -> Floats:
        """Return the quotient, NaN where negatives are predicted 0 on average."""
        return np.where(lower != 0, upper / lower, np.nan)
