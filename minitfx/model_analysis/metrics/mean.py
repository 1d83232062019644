"""Metrics that are a quotient of two sums over rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Statistic, Sum
from minitfx.model_analysis.values import LABEL, SCORE, Value, product


@dataclass(frozen=True)
class Quotient(Metric):
    """A quotient of two weighted sums; NaN where the lower one is zero."""

    def above(self) -> Value | None:
        """Return what is summed above the line; None: 1."""
        raise NotImplementedError

    def below(self) -> Value | None:
        """Return what is summed below the line; None: 1."""
        return None

    def finish(self, quotient: Floats) -> Floats:
        """Return the metric from the quotient."""
        return quotient

    def slope(self, quotient: Floats) -> Floats:
        """Return the derivative of `finish`."""
        return np.ones_like(quotient)

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return both sums."""
        return (Sum(view, self.above()), Sum(view, self.below()))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the quotients."""
        return {view.key(self.name): self.finish(self._quotient(view, state)[0])}

    def error_statistics(self, view: View) -> Sequence[Statistic]:
        """Return the sums of squares and products."""
        above, below = self.above(), self.below()
        pairs = ((above, above), (above, below), (below, below))
        return [Sum(view, _times(one, two), view.weighted) for one, two in pairs]

    def errors(self, view: View, state: Reader) -> Mapping[MetricKey, Floats]:
        """Return standard errors by the delta method for a quotient of sums."""
        quotient, total = self._quotient(view, state)
        upper, mixed, lower = (state(each) for each in self.error_statistics(view))
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = upper - 2.0 * quotient * mixed + quotient * quotient * lower
            error = np.sqrt(np.maximum(spread, 0.0)) / np.abs(total)
        return {view.key(self.name): error * np.abs(self.slope(quotient))}

    def _quotient(self, view: View, state: Reader) -> tuple[Floats, Floats]:
        above, below = (state(each) for each in self.statistics(view))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(below != 0, above / below, np.nan), below


def _times(first: Value | None, second: Value | None) -> Value | None:
    if first is None or second is None:
        return first if second is None else second
    return product(first, second)


class MeanLabel(Quotient):
    """Mean of the labels."""

    NAME = "mean_label"

    def above(self) -> Value:
        """Return the label."""
        return LABEL


class MeanPrediction(Quotient):
    """Mean of the predictions."""

    NAME = "mean_prediction"
    NEEDS_LABELS = False

    def above(self) -> Value:
        """Return the score."""
        return SCORE


class Calibration(Quotient):
    """Sum of the predictions over sum of the labels: 1 if a model is right on average."""

    NAME = "calibration"

    def above(self) -> Value:
        """Return the score."""
        return SCORE

    def below(self) -> Value:
        """Return the label."""
        return LABEL


@dataclass(frozen=True)
class BinaryCrossEntropy(Quotient):
    """Mean of −y·log(p) − (1 − y)·log(1 − p), unclipped.

    Parameters
    ----------
    from_logits : bool
        The predictions are log-odds.
    label_smoothing : float
        How far labels move towards 0.5, from 0 to 1.

    Notes
    -----
    A prediction of exactly 0 or 1 gives infinity where it is wrong and NaN where it is right
    (0 × ∞), as in TFMA; `BinaryCrossentropy` clips.
    """

    from_logits: bool = False
    label_smoothing: float = 0.0

    NAME: ClassVar[str] = "binary_crossentropy"

    def above(self) -> Value:
        """Return the cross-entropy of a pair."""
        return Value("cross_entropy", (self.from_logits, self.label_smoothing))


@dataclass(frozen=True)
class BinaryCrossentropy(BinaryCrossEntropy):
    """Keras' binary cross-entropy: predictions are kept 1e-7 away from 0 and 1.

    Parameters
    ----------
    from_logits, label_smoothing
        See `BinaryCrossEntropy`.
    """

    def above(self) -> Value:
        """Return the clipped cross-entropy of a pair."""
        return Value("clipped_cross_entropy", (self.from_logits, self.label_smoothing))


class _Loss(Quotient):
    """A mean of a named value."""

    VALUE: ClassVar[str]

    def above(self) -> Value:
        """Return the value of a pair."""
        return Value(self.VALUE)


class MeanSquaredError(_Loss):
    """Mean of the squared errors."""

    NAME = "mean_squared_error"
    VALUE = "squared_error"


class BrierScore(MeanSquaredError):
    """Mean squared difference of probability and outcome."""

    NAME = "brier_score"


class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean squared error."""

    NAME = "root_mean_squared_error"

    def finish(self, quotient: Floats) -> Floats:
        """Return the root."""
        return np.sqrt(quotient)

    def slope(self, quotient: Floats) -> Floats:
        """Return the derivative of the root."""
        with np.errstate(divide="ignore"):
            return 0.5 / np.sqrt(quotient)


class MeanAbsoluteError(_Loss):
    """Mean of the absolute errors."""

    NAME = "mean_absolute_error"
    VALUE = "absolute_error"


class _DefinedLoss(_Loss):
    """A mean over the rows where the value is defined."""

    def above(self) -> Value:
        """Return the value, 0 where it is not defined."""
        return Value("where_defined", (Value(self.VALUE), True))

    def below(self) -> Value:
        """Return whether the value is defined."""
        return Value("where_defined", (Value(self.VALUE), False))


class MeanAbsolutePercentageError(_DefinedLoss):
    """Mean of 100·|error / label|; 0/0 is left out, and x/0 is infinite."""

    NAME = "mean_absolute_percentage_error"
    VALUE = "percentage_error"


class MeanSquaredLogarithmicError(_DefinedLoss):
    """Mean of (log(1 + label) − log(1 + prediction))², over rows where both are above −1."""

    NAME = "mean_squared_logarithmic_error"
    VALUE = "squared_log_error"


class LogCoshError(_Loss):
    """Mean of log(cosh(error)), which grows like |error| and is smooth at 0."""

    NAME = "logcosh"
    VALUE = "log_cosh"


class Hinge(_Loss):
    """Mean of max(0, 1 − t·p), t being −1 or 1."""

    NAME = "hinge"
    VALUE = "hinge"


class SquaredHinge(_Loss):
    """Mean of max(0, 1 − t·p)², t being −1 or 1."""

    NAME = "squared_hinge"
    VALUE = "squared_hinge"


class Poisson(_Loss):
    """Mean of p − y·log(p), the Poisson deviance up to a constant."""

    NAME = "poisson"
    VALUE = "poisson"


class Accuracy(_Loss):
    """Share of predictions that equal their label exactly; for text and hard decisions."""

    NAME = "accuracy"
    VALUE = "equal"


class ExactMatch(Accuracy):
    """`Accuracy` by TFMA's name for it on text."""

    NAME = "exact_match"
