"""Checks of a schema's feature by itself: whether what it says makes sense."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.domains import string_domain
from minitfx.data_validation.reasons import Reason

_INT, _FLOAT, _BYTES, _STRUCT = (
    schema_pb2.INT,
    schema_pb2.FLOAT,
    schema_pb2.BYTES,
    schema_pb2.STRUCT,
)

ALLOWED_TYPES = {
    "domain": (_BYTES,),
    "string_domain": (_BYTES,),
    "bool_domain": (_INT, _BYTES, _FLOAT),
    "int_domain": (_INT, _BYTES),
    "float_domain": (_FLOAT, _BYTES),
    "struct_domain": (_STRUCT,),
    "natural_language_domain": (_BYTES, _INT),
    "image_domain": (_BYTES,),
    "mid_domain": (_BYTES,),
    "url_domain": (_BYTES,),
    "time_domain": (_INT, _BYTES),
}
"""The types that each kind of domain can describe; kinds that are not listed fit all."""

DEPRECATED_STAGES = frozenset(
    (
        schema_pb2.PLANNED,
        schema_pb2.ALPHA,
        schema_pb2.DEPRECATED,
        schema_pb2.DEBUG_ONLY,
        schema_pb2.DISABLED,
    )
)
"""Stages of a feature that nobody checks."""


def is_deprecated(
    feature: schema_pb2.Feature | schema_pb2.SparseFeature | schema_pb2.WeightedFeature,
) -> bool:
    """Return whether a feature is not to be checked, by its stage or the old flag."""
    if not isinstance(feature, schema_pb2.WeightedFeature) and feature.deprecated:
        return True
    return feature.lifecycle_stage in DEPRECATED_STAGES


def check_declaration(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> list[Reason]:
    """Check name, type, presence, value counts, shape and domain of a feature by themselves.

    What makes no sense is repaired; a feature without a name, or without a type that could be
    guessed, is deprecated.
    """
    if is_deprecated(feature):
        return []
    if not feature.HasField("name"):
        feature.lifecycle_stage = schema_pb2.DEPRECATED
        return [_plain("FEATURE_MISSING_NAME", "a feature has no name: give it one")]
    reasons = _check_has_type(feature)
    if is_deprecated(feature):
        return reasons
    reasons += _check_numbers(feature)
    allowed = ALLOWED_TYPES.get(feature.WhichOneof("domain_info") or "")
    if allowed is not None and feature.type not in allowed:
        domain = feature.WhichOneof("domain_info")
        type_name = schema_pb2.FeatureType.Name(feature.type)
        text = f'The domain "{domain}" does not match the type: {type_name}'
        short = "The domain does not match the type"
        reasons.append(Reason("DOMAIN_INVALID_FOR_TYPE", short, text))
        feature.ClearField(domain)
    return reasons + _check_domain(schema, feature)


def _plain(kind: str, text: str) -> Reason:
    return Reason(kind, text, f"{text[0].upper()}{text[1:]}.")


def _check_has_type(feature: schema_pb2.Feature) -> list[Reason]:
    if feature.HasField("type"):
        return []
    if feature.WhichOneof("domain_info") in ("domain", "string_domain"):
        feature.type = _BYTES
        return [_plain("FEATURE_MISSING_TYPE", "no type: its string domain suggests BYTES")]
    feature.lifecycle_stage = schema_pb2.DEPRECATED
    return [_plain("FEATURE_MISSING_TYPE", "no type: set the one that the data have")]


def _check_numbers(feature: schema_pb2.Feature) -> list[Reason]:
    reasons = []
    invalid = "INVALID_SCHEMA_SPECIFICATION"
    fraction = feature.presence.min_fraction
    if fraction < 0:
        feature.presence.ClearField("min_fraction")
        reasons.append(_plain(invalid, "min_fraction is negative: expected 0 to 1"))
    if fraction > 1:
        feature.presence.min_fraction = 1.0
        reasons.append(_plain(invalid, "min_fraction is above 1: expected 0 to 1"))
    counts = [(feature.value_count, "")] if feature.HasField("value_count") else []
    for level, count in enumerate(feature.value_counts.value_count):
        counts.append((count, f" at level {level}"))
    for count, where in counts:
        if count.min < 0:
            count.ClearField("min")
            reasons.append(_plain(invalid, f"the minimum of value_count is negative{where}"))
        if count.HasField("max") and count.max < count.min:
            count.max = count.min
            reasons.append(_plain(invalid, f"value_count has its maximum below its minimum{where}"))
    if any(dim.size <= 0 for dim in feature.shape.dim):
        feature.ClearField("shape")
        reasons.append(_plain(invalid, "a dimension of the shape is not positive"))
    return reasons


def _check_domain(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> list[Reason]:
    domain = feature.WhichOneof("domain_info")
    if domain == "domain" and string_domain(schema, feature.domain) is None:
        text = f"missing domain: {feature.domain}"
        feature.ClearField("domain")
        return [_plain("INVALID_DOMAIN_SPECIFICATION", text)]
    if domain == "bool_domain":
        _repair_bool(feature.bool_domain)
    if domain == "string_domain":
        distinct = list(dict.fromkeys(feature.string_domain.value))
        del feature.string_domain.value[:]
        feature.string_domain.value.extend(distinct)
    if domain in ("domain", "string_domain") or not feature.HasField("distribution_constraints"):
        return []
    feature.ClearField("distribution_constraints")
    text = "distribution_constraints need a string domain"
    return [_plain("INVALID_SCHEMA_SPECIFICATION", text)]


def _repair_bool(domain: schema_pb2.BoolDomain) -> None:
    both = domain.HasField("true_value") and domain.HasField("false_value")
    if both and domain.true_value == domain.false_value:
        domain.ClearField("false_value")
