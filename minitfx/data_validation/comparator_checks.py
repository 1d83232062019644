"""Checks of a feature and of a data set against other data: drift, skew, numbers of examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from minitfx.data_validation.distances import (
    jensen_shannon_of_counts,
    jensen_shannon_of_histograms,
    l_infinity,
    normalized_difference,
)
from minitfx.data_validation.reasons import Reason, six_digits
from minitfx.data_validation.statistics_view import DatasetView, FeatureView

_Histogram = statistics_pb2.Histogram
_Measurement = anomalies_pb2.DriftSkewInfo.Measurement

_ABOUT = "(up to six significant digits), above the threshold"


@dataclass(frozen=True)
class Comparison:
    """What comparing a feature with other data gave.

    Attributes
    ----------
    reasons : list of Reason
        What is too far apart.
    measurements : list of Measurement
        Every distance, with its threshold.
    """

    reasons: list[Reason] = field(default_factory=list)
    measurements: list[anomalies_pb2.DriftSkewInfo.Measurement] = field(default_factory=list)


@dataclass(frozen=True)
class Control:
    """Other data to compare with.

    Attributes
    ----------
    dataset : DatasetView
        Its statistics.
    name : str
        How messages call it: ``previous`` or ``serving``.
    treatment : str
        How messages call the data that are checked: ``current`` or ``training``.
    """

    dataset: DatasetView
    name: str
    treatment: str

    @property
    def between(self) -> str:
        """The words for both."""
        return f"between {self.treatment} and {self.name}"


def compare_feature(
    comparator: schema_pb2.FeatureComparator, view: FeatureView, control: Control | None
) -> Comparison:
    """Compare a feature with the same feature of other data.

    Parameters
    ----------
    comparator : FeatureComparator
        Thresholds; raised to what is measured where that is more.
    view : FeatureView
        The feature.
    control : Control or None
        The other data; without it there is nothing to say.
    """
    tests = [test for test in _TESTS if getattr(comparator, test.field).HasField("threshold")]
    if not tests or control is None:
        return Comparison()
    other = control.dataset.features.get(view.path)
    if other is None:
        for test in tests:
            getattr(comparator, test.field).ClearField("threshold")
        text = f"{control.name} data is missing."
        short = f"{control.name} data missing"
        return Comparison([Reason("COMPARATOR_CONTROL_DATA_MISSING", short, text)])
    result = Comparison()
    for test in tests:
        settings = getattr(comparator, test.field)
        measured = test.measure(view, other, comparator)
        if measured is None:
            continue
        value, distance = measured
        result.measurements.append(
            _Measurement(type=test.measurement, value=distance, threshold=settings.threshold)
        )
        if distance > settings.threshold:
            result.reasons.append(_too_far(test, control, value, distance, settings.threshold))
            settings.threshold = distance
    return result


@dataclass(frozen=True)
class _Test:
    """One distance: where its threshold is, how to measure it and how to call it."""

    field: str
    measurement: int
    kind: str
    name: str
    measure: Callable[
        [FeatureView, FeatureView, schema_pb2.FeatureComparator], tuple[str, float] | None
    ]


def _too_far(
    test: _Test, control: Control, value: str, distance: float, threshold: float
) -> Reason:
    text = (
        f"The {test.name} {control.between} is {six_digits(distance)} {_ABOUT} "
        f"{six_digits(threshold)}."
    )
    if test.kind != "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH":
        text += f" The feature value with maximum difference is: {value}"
    return Reason(test.kind, f"High {test.name} {control.between}", text)


def _measure_l_infinity(
    view: FeatureView, other: FeatureView, _: schema_pb2.FeatureComparator
) -> tuple[str, float]:
    return l_infinity(view.counts, other.counts)


def _measure_difference(
    view: FeatureView, other: FeatureView, _: schema_pb2.FeatureComparator
) -> tuple[str, float]:
    return normalized_difference(view.counts, other.counts)


def _measure_divergence(
    view: FeatureView, other: FeatureView, comparator: schema_pb2.FeatureComparator
) -> tuple[str, float] | None:
    if view.has_counts and other.has_counts:
        distance = jensen_shannon_of_counts(view.counts, other.counts)
    else:
        source = comparator.jensen_shannon_divergence.source.type
        wanted = schema_pb2.HistogramSelection.QUANTILES
        kind = _Histogram.QUANTILES if source == wanted else _Histogram.STANDARD
        one, two = view.histogram(kind), other.histogram(kind)
        distance = None if one is None or two is None else jensen_shannon_of_histograms(one, two)
    return None if distance is None else ("", distance)


_TESTS = (
    _Test(
        "infinity_norm",
        _Measurement.L_INFTY,
        "COMPARATOR_L_INFTY_HIGH",
        "Linfty distance",
        _measure_l_infinity,
    ),
    _Test(
        "normalized_abs_difference",
        _Measurement.NORMALIZED_ABSOLUTE_DIFFERENCE,
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
        "normalized absolute difference",
        _measure_difference,
    ),
    _Test(
        "jensen_shannon_divergence",
        _Measurement.JENSEN_SHANNON_DIVERGENCE,
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        "approximate Jensen-Shannon divergence",
        _measure_divergence,
    ),
)


def check_dataset(
    constraints: schema_pb2.DatasetConstraints,
    dataset: DatasetView,
    previous_span: DatasetView | None,
    previous_version: DatasetView | None,
) -> list[Reason]:
    """Check the number of examples, by itself and against the previous span and version.

    The largest number is only checked when a smallest is set too, as in TFDV.
    """
    reasons = []
    for comparator, control, name in (
        ("num_examples_drift_comparator", previous_span, "previous span"),
        ("num_examples_version_comparator", previous_version, "previous version"),
    ):
        if constraints.HasField(comparator) and control is not None:
            reasons += _compare_examples(getattr(constraints, comparator), dataset, control, name)
    if constraints.HasField("min_examples_count"):
        reasons += _count_examples(constraints, dataset)
    return reasons


def _examples(dataset: DatasetView) -> float:
    if dataset.by_weight:
        return float(dataset.proto.weighted_num_examples)
    return float(dataset.proto.num_examples)


def _count_examples(
    constraints: schema_pb2.DatasetConstraints, dataset: DatasetView
) -> list[Reason]:
    count, reasons = _examples(dataset), []
    found = f"The dataset has {count:g} examples"
    if count < constraints.min_examples_count:
        text = f"{found}, which is fewer than expected."
        reasons.append(Reason("DATASET_LOW_NUM_EXAMPLES", "Low num examples in dataset.", text))
        constraints.min_examples_count = int(count)
    if constraints.HasField("max_examples_count") and count > constraints.max_examples_count:
        text = f"{found}, which is more than expected."
        reasons.append(Reason("DATASET_HIGH_NUM_EXAMPLES", "High num examples in dataset.", text))
        constraints.max_examples_count = int(count)
    return reasons


def _compare_examples(
    comparator: schema_pb2.NumericValueComparator,
    dataset: DatasetView,
    control: DatasetView,
    name: str,
) -> list[Reason]:
    before, now, reasons = _examples(control), _examples(dataset), []
    where = f"num examples in current dataset versus the {name}"
    if not before:
        if comparator.HasField("max_fraction_threshold"):
            comparator.ClearField("max_fraction_threshold")
            text = f"The {name} has 0 examples, the current dataset {now:g}."
            return [Reason("COMPARATOR_HIGH_NUM_EXAMPLES", f"High {where}, which has 0.", text)]
        return []
    ratio = now / before
    for bound, broken, kind, side in (
        ("max_fraction_threshold", ratio > comparator.max_fraction_threshold, "HIGH", "above"),
        ("min_fraction_threshold", ratio < comparator.min_fraction_threshold, "LOW", "below"),
    ):
        if comparator.HasField(bound) and broken:
            threshold = six_digits(getattr(comparator, bound))
            text = (
                f"The ratio of num examples in the current dataset versus the {name} is "
                f"{six_digits(ratio)} (up to six significant digits), which is {side} the "
                f"threshold {threshold}."
            )
            short = f"{kind.capitalize()} {where}."
            reasons.append(Reason(f"COMPARATOR_{kind}_NUM_EXAMPLES", short, text))
            setattr(comparator, bound, ratio)
    return reasons
