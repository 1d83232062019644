"""Checks of how often a feature is there, with how many values and of which type.

Every check returns what is wrong and changes the feature so that it no longer is: validation
throws the changed copy away, updating a schema keeps it.
"""

from __future__ import annotations

from math import prod

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.inference import infer_value_count
from minitfx.data_validation.reasons import Reason
from minitfx.data_validation.statistics_view import FeatureView, Level, schema_type

_Type = statistics_pb2.FeatureNameStatistics

_VARIES = (
    "The feature has a shape, but it's not always present (if the feature is nested, then it "
    "should always be present at each nested level) or its value lengths vary."
)


def check_value_count(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check the number of values of each row against ``value_count`` or ``value_counts``."""
    levels = view.levels
    if feature.HasField("value_count"):
        if len(levels) > 1:
            feature.ClearField("value_count")
            infer_value_count(feature, view)
            return [_nesting(f"value_count is for flat values, but these nest {len(levels)} deep")]
        return _check_bounds(feature.value_count, levels[0], "")
    if not feature.HasField("value_counts"):
        return []
    counts = feature.value_counts.value_count
    if len(counts) != len(levels):
        feature.ClearField("value_counts")
        infer_value_count(feature, view)
        return [_nesting(f"value_counts has {len(counts)} levels, the values have {len(levels)}")]
    reasons = []
    for number, (count, level) in enumerate(zip(counts, levels, strict=True)):
        reasons += _check_bounds(count, level, f" at nestedness level {number}")
    return reasons


def _nesting(text: str) -> Reason:
    return Reason("VALUE_NESTEDNESS_MISMATCH", "Mismatched value nest level", f"{text}.")


def _check_bounds(count: schema_pb2.ValueCount, level: Level, where: str) -> list[Reason]:
    reasons = []
    if count.HasField("min") and level.least < count.min:
        text = f"Some examples have fewer values than expected{where}."
        reasons.append(Reason("FEATURE_TYPE_LOW_NUMBER_VALUES", "Missing values", text))
        if level.least:
            count.min = level.least
        else:
            count.ClearField("min")
    if count.HasField("max") and level.most > count.max:
        text = f"Some examples have more values than expected{where}."
        reasons.append(Reason("FEATURE_TYPE_HIGH_NUMBER_VALUES", "Superfluous values", text))
        count.max = level.most
    return reasons


def check_shape(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check that a feature with a shape is always there with as many values as its shape says."""
    if not feature.HasField("shape"):
        return []
    expected = prod(dim.size for dim in feature.shape.dim)
    levels = view.levels
    varies = any(level.missing or not 0 < level.least == level.most for level in levels)
    actual = prod(level.least for level in levels)
    if not varies and actual == expected:
        return []
    feature.ClearField("shape")
    text = _VARIES
    if not varies:
        text = (
            f"The feature always has {actual} values, which does not fit its shape of {expected}."
        )
    return [Reason("INVALID_FEATURE_SHAPE", "Feature shape dropped", text)]


def check_presence(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check in how many examples, and in what share of them, a feature is present."""
    reasons = []
    presence = feature.presence if feature.HasField("presence") else schema_pb2.FeaturePresence()
    found = "The feature was present in fewer examples than expected"
    if presence.HasField("min_count") and view.present < presence.min_count:
        text = f"{found}: minimum count = {presence.min_count}, actual = {int(view.present)}"
        reasons.append(Reason("FEATURE_TYPE_LOW_NUMBER_PRESENT", "Column dropped", text))
        presence.min_count = int(view.present)
    fraction = view.fraction_present
    if not presence.HasField("min_fraction") or fraction is None:
        return reasons
    if fraction < presence.min_fraction:
        text = f"{found}: minimum fraction = {presence.min_fraction:f}, actual = {fraction:f}"
        reasons.append(Reason("FEATURE_TYPE_LOW_FRACTION_PRESENT", "Column dropped", text))
        presence.min_fraction = fraction
    if presence.min_fraction == 1.0 and view.missing:
        # So few are missing that the fraction rounds to 1.
        text = f"The feature is required in all examples, but is missing in {view.missing:g}."
        reasons.append(Reason("FEATURE_TYPE_LOW_FRACTION_PRESENT", "Column dropped", text))
        presence.min_fraction = 0.9999
    return reasons


def check_type(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check the type of the values; a feature of another type is deprecated."""
    if schema_type(view.type) == feature.type:
        return []
    expected, actual = schema_pb2.FeatureType.Name(feature.type), _Type.Type.Name(view.type)
    feature.lifecycle_stage = schema_pb2.DEPRECATED
    text = f"Expected data of type: {expected} but got {actual}"
    return [Reason("UNEXPECTED_DATA_TYPE", "Unexpected data type", text)]


def check_unique(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check the number of distinct values against ``unique_constraints``."""
    if not feature.HasField("unique_constraints"):
        return []
    constraints, unique = feature.unique_constraints, view.unique
    if unique is None:
        feature.ClearField("unique_constraints")
        text = "Distinct values are only counted of strings and of categorical integers."
        return [Reason("FEATURE_TYPE_NO_UNIQUE", "No unique values", text)]
    reasons = []
    if unique < constraints.min:
        text = f"Expected at least {constraints.min} unique values but found only {unique}."
        reasons.append(Reason("FEATURE_TYPE_LOW_UNIQUE", "Low number of unique values", text))
        constraints.min = unique
    if unique > constraints.max:
        text = f"Expected no more than {constraints.max} unique values but found {unique}."
        reasons.append(Reason("FEATURE_TYPE_HIGH_UNIQUE", "High number of unique values", text))
        constraints.max = unique
    return reasons
