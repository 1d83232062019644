"""Comparing the statistics of two data sets, and nothing else about them."""

from __future__ import annotations

from collections.abc import Iterable

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from minitfx.data_validation.anomaly_info import fill, merge_anomalies
from minitfx.data_validation.inference import infer_schema
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.reasons import Kind, Reason
from minitfx.data_validation.schema_paths import find_feature
from minitfx.data_validation.statistics_view import Statistics
from minitfx.data_validation.validation import validate_statistics
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig
from minitfx.proto.distribution_validator_pb2 import DistributionValidatorConfig

_COMPARISONS = frozenset(
    Kind.Value(name)
    for name in (
        "COMPARATOR_CONTROL_DATA_MISSING",
        "COMPARATOR_TREATMENT_DATA_MISSING",
        "COMPARATOR_L_INFTY_HIGH",
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
        "COMPARATOR_LOW_NUM_EXAMPLES",
        "COMPARATOR_HIGH_NUM_EXAMPLES",
    )
)


def validate_distributions(
    statistics: Statistics,
    baseline: Statistics,
    config: DistributionValidatorConfig,
    custom: CustomValidationConfig | None = None,
) -> anomalies_pb2.Anomalies:
    """Return where the distributions of two data sets are further apart than allowed.

    Parameters
    ----------
    statistics : DatasetFeatureStatisticsList
        Of the data to check.
    baseline : DatasetFeatureStatisticsList
        Of the data to compare with.
    config : DistributionValidatorConfig
        Which features, by which distance, and how far; and how the number of examples may
        change.
    custom : CustomValidationConfig, optional
        Validations in SQL; base features of pairs are those of ``baseline``.

    Returns
    -------
    Anomalies
        Of comparisons only, and of your own validations. A feature that could not be compared,
        because it is missing on a side or the distance does not fit its type, is one too.
        Every distance is in ``drift_skew_info``.
    """
    schema = infer_schema(baseline)
    wanted = config.default_slice_config
    for feature in wanted.feature:
        found = find_feature(schema, FeaturePath(feature.path.step))
        if found is not None:
            data = feature.distribution_comparator.SerializeToString()
            found.drift_comparator.CopyFrom(schema_pb2.FeatureComparator.FromString(data))
    if wanted.HasField("num_examples_comparator"):
        data = wanted.num_examples_comparator.SerializeToString()
        comparator = schema_pb2.NumericValueComparator.FromString(data)
        schema.dataset_constraints.num_examples_drift_comparator.CopyFrom(comparator)
    everything = validate_statistics(statistics, schema, previous_statistics=baseline)
    anomalies = _comparisons(everything)
    compared = {FeaturePath.from_proto(info.path) for info in everything.drift_skew_info}
    for feature in wanted.feature:
        path = FeaturePath(feature.path.step)
        if path not in compared and path.serialized not in anomalies.anomaly_info:
            _report(anomalies, path)
    if custom is not None:
        # DuckDB takes a while to load, and few validations are custom.
        from minitfx.data_validation.custom_validation import custom_validate_statistics

        more = custom_validate_statistics(statistics, custom, baseline_statistics=baseline)
        merge_anomalies(anomalies, more)
    return anomalies


def _comparisons(everything: anomalies_pb2.Anomalies) -> anomalies_pb2.Anomalies:
    """Return the anomalies that comparing found, without those of each side alone."""
    anomalies = anomalies_pb2.Anomalies(
        baseline=everything.baseline, anomaly_name_format=everything.anomaly_name_format
    )
    anomalies.drift_skew_info.extend(everything.drift_skew_info)
    for name in sorted(everything.anomaly_info):
        info = everything.anomaly_info[name]
        reasons = list(_kept(info.reason))
        if reasons:
            anomalies.anomaly_info[name].path.CopyFrom(info.path)
            fill(anomalies.anomaly_info[name], reasons, info.severity)
    reasons = list(_kept(everything.dataset_anomaly_info.reason))
    if reasons:
        severity = everything.dataset_anomaly_info.severity
        fill(anomalies.dataset_anomaly_info, reasons, severity)
    return anomalies


def _kept(reasons: Iterable[anomalies_pb2.AnomalyInfo.Reason]) -> Iterable[Reason]:
    for reason in reasons:
        if reason.type in _COMPARISONS:
            yield Reason(Kind.Name(reason.type), reason.short_description, reason.description)


def _report(anomalies: anomalies_pb2.Anomalies, path: FeaturePath) -> None:
    text = (
        f"{path} could not be compared: it has no data on one side, or its type does not fit "
        "the comparator."
    )
    info = anomalies.anomaly_info[path.serialized]
    info.path.CopyFrom(path.to_proto())
    reason = Reason("STATS_NOT_AVAILABLE", "Comparison could not be done.", text)
    fill(info, [reason], anomalies_pb2.AnomalyInfo.ERROR)
