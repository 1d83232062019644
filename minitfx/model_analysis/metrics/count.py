"""How many examples there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import FeatureSum, RowCount, RowWeight, Statistic


class ExampleCount(Metric):
    """Rows of a slice, or their weight where a weight column is set.

    Rows without a label count here, and in no metric that needs labels.
    """

    NAME = "example_count"
    NEEDS_LABELS = False
    HAS_INTERVAL = False

    def keys(self, view: View) -> list[MetricKey]:
        """Return one key; averages over classes have the same count."""
        return [view.key(self.name, aggregation_type=None)]

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the count of rows, or their weight."""
        return (_weight(view),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the counts."""
        return {self.keys(view)[0]: state(_weight(view))}


class WeightedExampleCount(ExampleCount):
    """`ExampleCount` by the name that it has in TFMA for weighted examples."""

    NAME = "weighted_example_count"


@dataclass(frozen=True)
class Mean(Metric):
    """Mean of a column of the examples, over the rows that have a value.

    Parameters
    ----------
    feature_key_path : sequence of str
        The column's name, last (TFMA writes ``("features", name)``).
    example_weights_key_path : sequence of str, optional
        A column of weights, last.
    """

    feature_key_path: Sequence[str] = ()
    example_weights_key_path: Sequence[str] | None = None

    NEEDS_LABELS: ClassVar[bool] = False
    HAS_INTERVAL: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", "mean_" + ".".join(self.feature_key_path))

        self.check()

    def check(self) -> None:
        """Raise `EvaluationError` if no column is named."""
        if not self.feature_key_path:
            raise EvaluationError("the metric Mean needs feature_key_path, the name of a column")

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the sums of values and of weights."""
        weights = self.example_weights_key_path
        by = weights[-1] if weights else ""
        return tuple(FeatureSum(self.feature_key_path[-1], by, power) for power in (1, 0))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means."""
        above, below = (state(each) for each in self.statistics(view))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(below != 0, above / below, np.nan)
        return {replace(view.key(self.name), aggregation_type=None): mean}


def _weight(view: View) -> Statistic:
    return RowWeight(view.model, view.output) if view.weighted else RowCount()
