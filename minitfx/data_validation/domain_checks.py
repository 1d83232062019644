"""Checks of values against the domain of their feature.

Like all checks they return what is wrong and change the feature so that it no longer is. Of
strings they see the rank histogram, so at most the 1,000 most frequent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.domains import is_integer, set_semantic_domain, string_domain
from minitfx.data_validation.reasons import Reason, six_digits
from minitfx.data_validation.semantic_checks import check_image, check_natural_language
from minitfx.data_validation.statistics_view import FeatureView

_Type = statistics_pb2.FeatureNameStatistics
_Histogram = statistics_pb2.Histogram

_NOT_BOOL = "Non-boolean values"
_OUT_OF_RANGE = "Out-of-range values"
_INVALID = "Invalid values"


def check_domain(
    schema: schema_pb2.Schema, feature: schema_pb2.Feature, view: FeatureView
) -> list[Reason]:
    """Check the values against whichever domain the feature has.

    Parameters
    ----------
    schema : Schema
        Holds the string domains that features refer to by name.
    feature : Feature
        Changed so that the values fit.
    view : FeatureView
        Its statistics.
    """
    domain = feature.WhichOneof("domain_info")
    if view.type == _Type.BYTES and domain not in (None, *_OF_BYTES):
        feature.ClearField(domain)
        text = f"The data are BYTES, which a {domain} cannot describe."
        return [Reason("DOMAIN_INVALID_FOR_TYPE", "Invalid domain type", text)]
    if domain == "domain":
        return _check_named(schema, feature, view)
    if domain == "string_domain":
        reasons, clear = check_strings(feature.string_domain, view, _off_domain(feature))
        if clear:
            feature.ClearField("string_domain")
        return reasons
    if domain is None:
        return _check_none(feature, view)
    check = _CHECKS.get(domain)
    return check(feature, view) if check else []


def _check_none(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    if not set_semantic_domain(feature, view):
        return []
    text = f"The values of {feature.name} suggest a {feature.WhichOneof('domain_info')}."
    return [Reason("SEMANTIC_DOMAIN_UPDATE", "Updated semantic domain", text)]


def _off_domain(feature: schema_pb2.Feature) -> float:
    """Return the share of values that may lie outside the domain."""
    constraints = feature.distribution_constraints
    return 1.0 - constraints.min_domain_mass if constraints.HasField("min_domain_mass") else 0.0


def _check_named(
    schema: schema_pb2.Schema, feature: schema_pb2.Feature, view: FeatureView
) -> list[Reason]:
    domain = string_domain(schema, feature.domain)
    if domain is None:
        return []
    reasons, clear = check_strings(domain, view, _off_domain(feature))
    if clear:
        _drop_string_domain(schema, domain.name)
        feature.ClearField("domain")
    return reasons


def _drop_string_domain(schema: schema_pb2.Schema, name: str) -> None:
    def forget(features: list[schema_pb2.Feature]) -> None:
        for feature in features:
            if feature.domain == name:
                feature.ClearField("domain")
            forget(feature.struct_domain.feature)

    forget(schema.feature)
    kept = [domain for domain in schema.string_domain if domain.name != name]
    del schema.string_domain[:]
    schema.string_domain.extend(kept)


def check_strings(
    domain: schema_pb2.StringDomain, view: FeatureView, off_domain: float
) -> tuple[list[Reason], bool]:
    """Check strings against the values that a domain lists.

    Parameters
    ----------
    domain : StringDomain
        Gets the values that it lacked.
    view : FeatureView
        The statistics.
    off_domain : float
        Share of the values that may lie outside.

    Returns
    -------
    reasons : list of Reason
    clear : bool
        Whether the domain cannot describe the values at all.
    """
    if view.strings.invalid_utf8_count:
        text = "Found strings that were not valid UTF8 strings."
        return [Reason("ENUM_TYPE_INVALID_UTF8", "Invalid UTF8 strings", text)], True
    known = set(domain.value)
    unknown = {label: count for label, count in view.counts.items() if label not in known}
    total = view.total_values
    share = sum(unknown.values()) / total if total else 0.0
    if not (share > off_domain or (off_domain == 0 and unknown)):
        return [], False
    listed = ", ".join(
        f"{_escaped(label)} ({_percent(count, total)})" for label, count in unknown.items()
    )
    domain.value.extend(unknown)
    text = f"Examples contain values missing from the schema: {listed}. "
    return [Reason("ENUM_TYPE_UNEXPECTED_STRING_VALUES", "Unexpected string values", text)], False


def _percent(count: float, total: float) -> str:
    if not total:
        return "?"
    percent = 100 * count / total
    return "<1%" if percent < 1 else f"~{floor(percent)}%"


_ESCAPES = str.maketrans(
    {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}
    | {chr(code): f"\\{code:03o}" for code in (*range(9), 11, 12, *range(14, 32), 127)}
)


def _escaped(label: str) -> str:
    """Return a label with control characters, quotes and backslashes escaped as in C."""
    return label.translate(_ESCAPES)


def check_bool(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check that values are truth values; if not, numbers get a domain of their range."""
    if view.type == _Type.INT:
        return _check_bool_int(feature, view.numbers)
    if view.type == _Type.FLOAT:
        return _check_bool_float(feature, view)
    domain = feature.bool_domain
    fields = [name for name in ("false_value", "true_value") if domain.HasField(name)]
    valid = sorted({getattr(domain, name) for name in fields})
    for label in view.counts:
        if label not in valid:
            listed = ", ".join(f'"{value}"' for value in valid)
            feature.ClearField("bool_domain")
            text = f'Saw unexpected value "{label}" instead of {{{listed}}}.'
            return [Reason("BOOL_TYPE_UNEXPECTED_STRING", _NOT_BOOL, text)]
    return []


def _check_bool_int(
    feature: schema_pb2.Feature, numbers: statistics_pb2.NumericStatistics
) -> list[Reason]:
    for kind, value, wrong in (
        ("BOOL_TYPE_SMALL_INT", numbers.min, numbers.min < 0),
        ("BOOL_TYPE_BIG_INT", numbers.max, numbers.max > 1),
    ):
        if wrong:
            feature.int_domain.min, feature.int_domain.max = int(numbers.min), int(numbers.max)
            text = (
                f"Integers (such as {six_digits(value)}) not in {{0, 1}}: converting to an integer."
            )
            return [Reason(kind, _NOT_BOOL, text)]
    return []


def _check_bool_float(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    found = _not_bool(view)
    if found is None:
        return []
    feature.float_domain.min, feature.float_domain.max = view.numbers.min, view.numbers.max
    text = f"{found} not in {{0, 1}}: converting to float_domain."
    return [Reason("BOOL_TYPE_UNEXPECTED_FLOAT", _NOT_BOOL, text)]


def _not_bool(view: FeatureView) -> str | None:
    for value in (view.numbers.min, view.numbers.max):
        if value not in (0.0, 1.0):
            return f"Floats (such as {six_digits(value)})"
    if view.nan:
        return "Floats (such as NaN)"
    for histogram in view.numbers.histograms:
        for bucket in histogram.buckets:
            low, high = bucket.low_value, bucket.high_value
            inside = low > 0 and high < 1 and bucket.sample_count > 0
            if inside and histogram.type == _Histogram.QUANTILES:
                return f"Floats between {six_digits(low)} and {six_digits(high)}"
    return None


@dataclass(frozen=True)
class _Range:
    """The range of values, or the first string that is none of them."""

    low: float = 0
    high: float = 0
    stranger: str | None = None


def check_int(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check integers, or strings that should be integers, against ``int_domain``."""
    domain, found = feature.int_domain, _int_range(view)
    if found is None:
        return []
    if found.stranger is not None:
        bounded = domain.HasField("min") or domain.HasField("max")
        if view.type == _Type.INT and not bounded:
            return []
        feature.ClearField("int_domain")
        if view.type == _Type.INT:
            text = f'Integer had values that were not valid Int64, such as "{found.stranger}".'
            return [Reason("DOMAIN_INVALID_FOR_TYPE", _INVALID, text)]
        text = f'String values that were not ints were found, such as "{found.stranger}".'
        return [Reason("INT_TYPE_NOT_INT_STRING", _INVALID, text)]
    reasons = []
    if domain.HasField("min") and found.low < domain.min:
        text = f"Unexpectedly small value: {found.low}."
        reasons.append(Reason("INT_TYPE_SMALL_INT", _OUT_OF_RANGE, text))
        domain.min = int(found.low)
    if domain.HasField("max") and found.high > domain.max:
        text = f"Unexpectedly large value: {found.high}."
        reasons.append(Reason("INT_TYPE_BIG_INT", _OUT_OF_RANGE, text))
        domain.max = int(found.high)
    return reasons


def _int_range(view: FeatureView) -> _Range | None:
    if view.counts:
        stranger = next((label for label in view.counts if not is_integer(label)), None)
        if stranger is not None:
            return _Range(stranger=stranger)
        values = [int(label) for label in view.counts]
        return _Range(min(values), max(values))
    if view.type != _Type.INT or view.has_counts:
        return None
    for value in (view.numbers.min, view.numbers.max):
        if not -(2.0**63) <= value <= 2.0**63:
            return _Range(stranger=f"{value:f}")
    low, high = int(view.numbers.min), int(view.numbers.max)
    return _Range(max(low, -(2**63)), min(high, 2**63 - 1))


def check_float(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check floats, or strings that should be floats, against ``float_domain``, in float32."""
    domain, reasons = feature.float_domain, []
    if domain.disallow_nan and (view.nan or "nan" in map(str.lower, view.counts)):
        reasons.append(Reason("FLOAT_TYPE_HAS_NAN", _INVALID, "Float feature has NaN values."))
        domain.disallow_nan = False
    found = _float_range(view)
    if found is None:
        return reasons
    if found.stranger is not None:
        feature.ClearField("float_domain")
        text = f'String values that were not floats were found, such as "{found.stranger}".'
        return [*reasons, Reason("FLOAT_TYPE_STRING_NOT_FLOAT", _INVALID, text)]
    about = "(upto six significant digits)"
    if domain.HasField("min") and found.low < domain.min:
        text = f"Unexpectedly low values: {six_digits(found.low)}<{six_digits(domain.min)}{about}"
        reasons.append(Reason("FLOAT_TYPE_SMALL_FLOAT", _OUT_OF_RANGE, text))
        domain.min = found.low
    if domain.HasField("max") and found.high > domain.max:
        text = f"Unexpectedly high value: {six_digits(found.high)}>{six_digits(domain.max)}{about}"
        reasons.append(Reason("FLOAT_TYPE_BIG_FLOAT", _OUT_OF_RANGE, text))
        domain.max = found.high
    if domain.disallow_inf and np.isinf([found.low, found.high]).any():
        reasons.append(Reason("FLOAT_TYPE_HAS_INF", _INVALID, "Float feature has Inf values."))
        domain.disallow_inf = False
    return reasons


def _float_range(view: FeatureView) -> _Range | None:
    if view.type == _Type.FLOAT:
        return _as_float32(view.numbers.min, view.numbers.max)
    values = []
    for label in view.counts:
        try:
            values.append(float(label))
        except ValueError:
            return _Range(stranger=label)
    values = [value for value in values if value == value]
    return _as_float32(min(values), max(values)) if values else None


def _as_float32(low: float, high: float) -> _Range:
    with np.errstate(over="ignore"):
        return _Range(float(np.float32(low)), float(np.float32(high)))


_CHECKS = {
    "bool_domain": check_bool,
    "int_domain": check_int,
    "float_domain": check_float,
    "image_domain": check_image,
    "natural_language_domain": check_natural_language,
}

_OF_BYTES = ("natural_language_domain", "image_domain", "url_domain")
