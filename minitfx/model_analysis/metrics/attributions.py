"""What each feature contributed to the predictions, such as SHAP values, over slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.metrics.registry import metric_of
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import AttributionSum, RowCount, RowWeight, Statistic
from minitfx.proto import eval_config_pb2 as pb

Entry = pb.AttributionsForSlice.AttributionsKeyAndValues


@dataclass(frozen=True)
class AttributionsMetric(Metric):
    """Sums or means of the features' attributions, a number for each feature.

    Parameters
    ----------
    column : str
        A column of structs, of the examples or from an extractor. It has a field for each
        feature: a number, or a list with one for each class (``binarize`` chooses among them).
        With several models, or outputs, its fields are theirs, and hold such structs.

    Notes
    -----
    A missing attribution makes that feature NaN in its slices. Rows without a label count.
    No threshold can hold for them, and no interval is made.
    """

    column: str = "attributions"

    NEEDS_LABELS: ClassVar[bool] = False
    HAS_INTERVAL: ClassVar[bool] = False
    IS_ATTRIBUTION: ClassVar[bool] = True
    ABSOLUTE: ClassVar[bool] = False
    IS_MEAN: ClassVar[bool] = False

    def view(self, view: View) -> View:
        """Return the view itself.

        Raises
        ------
        EvaluationError
            If it averages over classes.
        """
        if view.aggregation is not None:
            raise EvaluationError(
                f"{self.name!r} has no average over classes; put it into a MetricsSpec without "
                "aggregate, or choose classes by binarize"
            )
        return view

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the sums, and what means divide by."""
        return (AttributionSum(view, self.column, self.ABSOLUTE), _count(view))

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return a message per slice."""
        attributed, count = (state(each) for each in self.statistics(view))
        sums: dict[str, Floats] = dict(attributed.sums)
        if self.IS_MEAN:
            with np.errstate(divide="ignore", invalid="ignore"):
                sums = {name: each / count[:, None] for name, each in sums.items()}
        key = view.key(self.name)
        entries = [attribution_entry(key) for _ in range(attributed.size)]
        for name, each in sums.items():
            for entry, values in zip(entries, each.tolist(), strict=True):
                set_attribution(entry, name, values)
        return {key: entries}


def _count(view: View) -> Statistic:
    return RowWeight(view.model, view.output) if view.weighted else RowCount()


def attribution_entry(key: MetricKey) -> Entry:
    """Return the message of one metric of attributions, without any feature yet."""
    entry = Entry()
    entry.key.name, entry.key.model_name = key.name, key.model_name
    entry.key.output_name = key.output_name
    entry.key.example_weighted.value = key.example_weighted
    if key.sub_key is not None:
        entry.key.sub_key.CopyFrom(key.sub_key.to_proto())
    return entry


def set_attribution(entry: Entry, feature: str, values: Sequence[float]) -> None:
    """Set what a feature contributed: one number, or one for each class."""
    value = entry.values[feature]
    if len(values) == 1:
        value.double_value.value = values[0]
        return
    value.array_value.data_type = pb.ArrayValue.FLOAT64
    value.array_value.shape.append(len(values))
    value.array_value.float64_values.extend(values)


class TotalAttributions(AttributionsMetric):
    """Sum of the attributions of each feature."""

    NAME = "total_attributions"


class TotalAbsoluteAttributions(AttributionsMetric):
    """Sum of the absolute attributions of each feature."""

    NAME = "total_absolute_attributions"
    ABSOLUTE = True


class MeanAttributions(AttributionsMetric):
    """Mean of the attributions of each feature; NaN in a slice of no weight."""

    NAME = "mean_attributions"
    IS_MEAN = True


class MeanAbsoluteAttributions(AttributionsMetric):
    """Mean of the absolute attributions of each feature: how much it matters."""

    NAME = "mean_absolute_attributions"
    ABSOLUTE = True
    IS_MEAN = True


def has_attributions_metrics(metrics_specs: Iterable[pb.MetricsSpec]) -> bool:
    """Return whether a metric of these specs is one of attributions."""
    return any(metric_of(each).IS_ATTRIBUTION for spec in metrics_specs for each in spec.metrics)
