"""All checks of one feature, in TFDV's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from minitfx.data_validation.comparator_checks import Control, compare_feature
from minitfx.data_validation.declaration_checks import check_declaration, is_deprecated
from minitfx.data_validation.domain_checks import check_domain
from minitfx.data_validation.presence_checks import (
    check_presence,
    check_shape,
    check_type,
    check_unique,
    check_value_count,
)
from minitfx.data_validation.reasons import Reason
from minitfx.data_validation.statistics_view import FeatureView


@dataclass(frozen=True)
class Surroundings:
    """What a feature is checked with besides its own schema and statistics.

    Attributes
    ----------
    environment : str or None
        Where the data are used, such as ``SERVING``.
    default_environments : sequence of str
        Environments of features that do not say otherwise.
    previous, serving : Control or None
        Data to compare with, for drift and for skew.
    """

    environment: str | None = None
    default_environments: Sequence[str] = ()
    previous: Control | None = None
    serving: Control | None = None


@dataclass(frozen=True)
class Checked:
    """What checking a feature gave.

    Attributes
    ----------
    reasons : list of Reason
        What is wrong, in the order of the checks.
    drift_skew : DriftSkewInfo
        Distances to other data, within their thresholds or not.
    """

    reasons: list[Reason]
    drift_skew: anomalies_pb2.DriftSkewInfo = field(default_factory=anomalies_pb2.DriftSkewInfo)


def in_environment(feature: schema_pb2.Feature, around: Surroundings) -> bool:
    """Return whether a feature belongs to the environment; to none in particular, it does."""
    environment = around.environment
    if environment is None or environment in feature.in_environment:
        return True
    if environment in feature.not_in_environment:
        return False
    return environment in around.default_environments


def is_required(feature: schema_pb2.Feature, around: Surroundings) -> bool:
    """Return whether a feature must be in the data."""
    presence = feature.presence
    wanted = presence.min_count > 0 or presence.min_fraction > 0
    return wanted and not is_deprecated(feature) and in_environment(feature, around)


def check_feature(
    schema: schema_pb2.Schema,
    feature: schema_pb2.Feature,
    view: FeatureView,
    around: Surroundings,
) -> Checked:
    """Check a feature, and change it so that the data fit.

    Parameters
    ----------
    schema : Schema
        Holds the string domains; one of them may be changed.
    feature : Feature
        Changed: bounds are widened, what cannot be repaired is cleared or deprecated.
    view : FeatureView
        Its statistics.
    around : Surroundings
        Environment and other data.
    """
    reasons = check_declaration(schema, feature)
    if is_deprecated(feature):
        return Checked(reasons)
    if view.present == 0:
        if is_required(feature, around):
            feature.lifecycle_stage = schema_pb2.DEPRECATED
            text = "The feature was not present in any examples."
            reasons.append(Reason("FEATURE_TYPE_NOT_PRESENT", "Column dropped", text))
        return Checked(reasons)
    reasons += _check_environment(feature, view, around)
    for check in (check_value_count, check_shape, check_presence, check_type):
        reasons += check(feature, view)
    reasons += check_domain(schema, feature, view)
    reasons += check_unique(feature, view)
    checked = Checked(reasons)
    _compare(feature, view, around, checked)
    checked.reasons.extend(_check_derived(feature, view))
    return checked


def _check_environment(
    feature: schema_pb2.Feature, view: FeatureView, around: Surroundings
) -> list[Reason]:
    if in_environment(feature, around) or around.environment is None:
        return []
    kept = [name for name in feature.not_in_environment if name != around.environment]
    del feature.not_in_environment[:]
    feature.not_in_environment.extend(kept)
    if not in_environment(feature, around):
        feature.in_environment.append(around.environment)
    text = f"Column {view.path} is in the data, but not in environment {around.environment}."
    return [Reason("SCHEMA_NEW_COLUMN", "Column missing in environment", text)]


def _compare(
    feature: schema_pb2.Feature, view: FeatureView, around: Surroundings, checked: Checked
) -> None:
    info = checked.drift_skew
    for name, control, measurements in (
        ("drift_comparator", around.previous, info.drift_measurements),
        ("skew_comparator", around.serving, info.skew_measurements),
    ):
        if feature.HasField(name):
            comparison = compare_feature(getattr(feature, name), view, control)
            checked.reasons.extend(comparison.reasons)
            measurements.extend(comparison.measurements)


def _check_derived(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check that features which validation derived say so, in schema and statistics alike."""
    reasons = []
    derived = view.proto.HasField("validation_derived_source")
    if derived and not feature.HasField("validation_derived_source"):
        feature.validation_derived_source.CopyFrom(view.proto.validation_derived_source)
        feature.lifecycle_stage = schema_pb2.VALIDATION_DERIVED
        short = "Derived source not set in schema."
        text = f"{view.path} is derived, but the schema does not say from what."
        reasons.append(Reason("DERIVED_FEATURE_INVALID_SOURCE", short, text))
    fitting = (schema_pb2.VALIDATION_DERIVED, schema_pb2.DISABLED)
    if (
        feature.HasField("validation_derived_source")
        and feature.lifecycle_stage not in fitting
        and not reasons
    ):
        feature.lifecycle_stage = schema_pb2.VALIDATION_DERIVED
        short = "Derived feature has wrong lifecycle."
        text = f"{view.path} is derived, so its stage must be VALIDATION_DERIVED or DISABLED."
        reasons.append(Reason("DERIVED_FEATURE_BAD_LIFECYCLE", short, text))
    return reasons
