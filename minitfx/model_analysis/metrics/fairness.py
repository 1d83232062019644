"""Rates that should not differ between groups, at several thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.confusion import ConfusionMetric, Rate
from minitfx.model_analysis.metrics.metric import Values, as_tuple
from minitfx.model_analysis.metrics.rates import (
    FallOut,
    FalseDiscoveryRate,
    FalseOmissionRate,
    MissRate,
    Precision,
    PredictedPositiveRate,
    Recall,
    Specificity,
)
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader


class _PredictedNegativeRate(ConfusionMetric):
    FORMULA = Rate(lambda tp, tn, fp, fn: 1.0 - PredictedPositiveRate.FORMULA(tp, tn, fp, fn))


_RATES: dict[str, type[ConfusionMetric]] = {
    "false_positive_rate": FallOut,
    "false_negative_rate": MissRate,
    "true_positive_rate": Recall,
    "true_negative_rate": Specificity,
    "positive_rate": PredictedPositiveRate,
    "negative_rate": _PredictedNegativeRate,
    "false_discovery_rate": FalseDiscoveryRate,
    "false_omission_rate": FalseOmissionRate,
    "precision": Precision,
    "recall": Recall,
}


@dataclass(frozen=True)
class FairnessIndicators(ConfusionMetric):
    """Ten rates at each threshold, to be compared between slices.

    The results are called ``fairness_indicators_metrics/RATE@THRESHOLD``: false and true positive
    and negative rates, positive and negative rate, false discovery and omission rate, precision
    and recall.

    Parameters
    ----------
    thresholds : sequence of float
        A score must be greater to be positive.
    """

    thresholds: float | Sequence[float] | None = tuple(i / 10 for i in range(1, 10))

    NAME: ClassVar[str] = "fairness_indicators_metrics"

    def keys(self, view: View) -> list[MetricKey]:
        """Return a key for each rate and threshold."""
        return [view.key(self._name(rate, limit)) for rate in _RATES for limit in self._given()]

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return every rate at every threshold."""
        four = self.matrices(view, state).four
        return self._each(view, {rate: kind.FORMULA(*four) for rate, kind in _RATES.items()})

    def errors(self, view: View, state: Reader) -> Mapping[MetricKey, Floats]:
        """Return standard errors by the delta method."""
        found = {}
        for rate, kind in _RATES.items():
            (errors,) = kind(self.thresholds).errors(view, state).values()
            found[rate] = errors.reshape(len(errors), -1)
        return self._each(view, found)

    def _each(self, view: View, found: Mapping[str, Floats]) -> dict[MetricKey, Floats]:
        return {
            view.key(self._name(rate, limit)): values[:, place]
            for rate, values in found.items()
            for place, limit in enumerate(self._given())
        }

    def _given(self) -> tuple[float, ...]:
        return as_tuple(self.thresholds) or ()

    def _name(self, rate: str, limit: float) -> str:
        return f"{self.name}/{rate}@{limit:g}"
