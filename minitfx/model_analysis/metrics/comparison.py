"""Metrics of how two models differ on the same rows."""

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
from minitfx.model_analysis.statistics import CosineSum, RowCount, Statistic, Sum
from minitfx.model_analysis.values import Value


@dataclass(frozen=True)
class Comparison(Metric):
    """A metric of the candidate's predictions beside the baseline's."""

    COMPARES: ClassVar[bool] = True
    NEEDS_LABELS: ClassVar[bool] = False

    def keys(self, view: View) -> list[MetricKey]:
        """Return the key, which is one of a difference."""
        return [view.key(self.name, is_diff=True)]


@dataclass(frozen=True)
class FlipRate(Comparison):
    """Share of rows that two decisions treat so and so.

    Parameters
    ----------
    threshold : float
        A score must be greater to be positive.
    """

    threshold: float = 0.5

    FLIPS: ClassVar[tuple[tuple[bool, bool], ...]] = ()

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the weight, and that of rows that flip."""
        flips = [Sum(view, Value("flip", (self.threshold, *flip))) for flip in self.FLIPS]
        return (Sum(view), *flips)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the shares."""
        weight, *flips = (state(each) for each in self.statistics(view))
        return {self.keys(view)[0]: _share(np.sum(flips, axis=0), weight)}


class SymmetricFlipRate(FlipRate):
    """Share of rows that the two models decide differently."""

    NAME = "symmetric_flip_rate"
    FLIPS = ((False, True), (True, False))


class NegToNegFlipRate(FlipRate):
    """Share of rows that are negative to both."""

    NAME = "neg_to_neg_flip_rate"
    FLIPS = ((False, False),)


class NegToPosFlipRate(FlipRate):
    """Share of rows that are negative to the baseline and positive to the candidate."""

    NAME = "neg_to_pos_flip_rate"
    FLIPS = ((False, True),)


class PosToNegFlipRate(FlipRate):
    """Share of rows that are positive to the baseline and negative to the candidate."""

    NAME = "pos_to_neg_flip_rate"
    FLIPS = ((True, False),)


class PosToPosFlipRate(FlipRate):
    """Share of rows that are positive to both."""

    NAME = "pos_to_pos_flip_rate"
    FLIPS = ((True, True),)


@dataclass(frozen=True)
class BooleanFlipRates(Comparison):
    """All flip rates at once.

    Parameters
    ----------
    threshold : float
        A score must be greater to be positive.
    flip_rate_name, neg_to_neg_flip_rate_name, … : str
        What to call them.
    """

    threshold: float = 0.5
    flip_rate_name: str = "symmetric_flip_rate"
    neg_to_neg_flip_rate_name: str = "neg_to_neg_flip_rate"
    neg_to_pos_flip_rate_name: str = "neg_to_pos_flip_rate"
    pos_to_neg_flip_rate_name: str = "pos_to_neg_flip_rate"
    pos_to_pos_flip_rate_name: str = "pos_to_pos_flip_rate"

    NAME: ClassVar[str] = "boolean_flip_rates"

    def _parts(self) -> list[FlipRate]:
        limit = self.threshold
        return [
            SymmetricFlipRate(limit, name=self.flip_rate_name),
            NegToNegFlipRate(limit, name=self.neg_to_neg_flip_rate_name),
            NegToPosFlipRate(limit, name=self.neg_to_pos_flip_rate_name),
            PosToNegFlipRate(limit, name=self.pos_to_neg_flip_rate_name),
            PosToPosFlipRate(limit, name=self.pos_to_pos_flip_rate_name),
        ]

    def keys(self, view: View) -> list[MetricKey]:
        """Return the five keys."""
        return [key for part in self._parts() for key in part.keys(view)]

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the weights of all kinds of rows."""
        return [each for part in self._parts() for each in part.statistics(view)]

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the five shares."""
        found: dict[MetricKey, Values] = {}
        for part in self._parts():
            found |= part.compute(view, state)
        return found


class SymmetricPredictionDifference(Comparison):
    """Mean of 2·|a − b| / |a + b| over rows, 0 where both are nearly 0."""

    NAME = "symmetric_prediction_difference"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the weight and the sum of the differences."""
        return (Sum(view), Sum(view, Value("symmetric_difference")))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means."""
        weight, sums = (state(each) for each in self.statistics(view))
        return {self.keys(view)[0]: _share(sums, weight)}


class ModelCosineSimilarity(Comparison):
    """Mean cosine between the two models' predictions; weights do not count."""

    NAME = "model_cosine_similarity"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the rows and the sum of their cosines."""
        return (RowCount(), CosineSum(view))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means."""
        rows, sums = (state(each) for each in self.statistics(view))
        return {self.keys(view)[0]: _share(sums, rows)}


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
