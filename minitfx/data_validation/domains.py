"""Which domain a feature's values suggest."""

from __future__ import annotations

import re

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.statistics_view import FeatureView, time_unit
from minitfx.dataset.instants import DAYS, MICROSECONDS

TRUE_WORDS = frozenset(("TRUE", "true", "SET", "set", "1", ""))
FALSE_WORDS = frozenset(("FALSE", "false", "CLEAR", "clear", "0"))

_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_Type = statistics_pb2.FeatureNameStatistics


def infer_domain(
    schema: schema_pb2.Schema,
    feature: schema_pb2.Feature,
    view: FeatureView,
    max_string_domain_size: int,
) -> None:
    """Give ``feature`` the domain that its values suggest, if any.

    Parameters
    ----------
    schema : Schema
        Gets the string domain, when it is one.
    feature : Feature
        Gets the domain, or the name of it.
    view : FeatureView
        Its statistics.
    max_string_domain_size : int
        Strings of more distinct values get no domain.

    Notes
    -----
    The first that fits: time, for dates and timestamps; a semantic domain that the statistics
    guessed; none for values that are not text; bool; int, for strings that are all integers;
    string.
    """
    if set_time_domain(feature, view) or set_semantic_domain(feature, view):
        return
    if view.strings.invalid_utf8_count or view.type == _Type.BYTES:
        return
    if is_bool(view):
        feature.bool_domain.CopyFrom(bool_domain(view))
    elif view.type == _Type.STRING and view.counts and all(map(is_integer, view.counts)):
        feature.int_domain.SetInParent()
    elif 1 <= len(view.counts) <= max_string_domain_size:
        domain = new_string_domain(schema, view.path.serialized)
        domain.value.extend(view.counts)
        feature.domain = domain.name


def set_time_domain(feature: schema_pb2.Feature, view: FeatureView) -> bool:
    """Set the time domain of dates and timestamps; return whether the feature is of these."""
    unit = _TIME_FORMATS.get(time_unit(view.proto) or "")
    if unit is not None:
        feature.time_domain.integer_format = unit
    return unit is not None


_TIME_FORMATS = {
    DAYS: schema_pb2.TimeDomain.UNIX_DAYS,
    MICROSECONDS: schema_pb2.TimeDomain.UNIX_MICROSECONDS,
}


def set_semantic_domain(feature: schema_pb2.Feature, view: FeatureView) -> bool:
    """Set the domain that a custom statistic ``domain_info`` names; return whether there is one."""
    for custom in view.proto.custom_stats:
        if custom.name == "domain_info" and feature.WhichOneof("domain_info") is None:
            feature.MergeFrom(text_format.Parse(custom.str, schema_pb2.Feature()))
            return bool(feature.WhichOneof("domain_info"))
    return False


def is_bool(view: FeatureView) -> bool:
    """Return whether the values look like truth values.

    Integers do when none is negative and the largest is 1; strings when they are at most one
    word for true and one for false.
    """
    if view.type == _Type.INT:
        return bool(view.numbers.min >= 0 and view.numbers.max == 1)
    if view.type != _Type.STRING or not 1 <= len(view.counts) <= 2:
        return False
    true = sum(label in TRUE_WORDS for label in view.counts)
    false = sum(label in FALSE_WORDS for label in view.counts)
    return true <= 1 and false <= 1 and true + false == len(view.counts)


def bool_domain(view: FeatureView) -> schema_pb2.BoolDomain:
    """Return the domain of a feature that `is_bool`; strings name their two words."""
    domain = schema_pb2.BoolDomain()
    for label in view.counts:
        if label in TRUE_WORDS:
            domain.true_value = label
        elif label in FALSE_WORDS:
            domain.false_value = label
    return domain


def is_integer(label: str) -> bool:
    """Return whether a string is a decimal integer of 64 bits.

    Examples
    --------
    >>> is_integer("-7"), is_integer("7.0"), is_integer("9223372036854775808")
    (True, False, False)
    """
    return _INTEGER.fullmatch(label) is not None and -(2**63) <= int(label) < 2**63


def new_string_domain(schema: schema_pb2.Schema, name: str) -> schema_pb2.StringDomain:
    """Add a string domain called ``name``, or with the first free number after it."""
    taken = {domain.name for domain in schema.string_domain}
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return schema.string_domain.add(name=free)


def string_domain(schema: schema_pb2.Schema, name: str) -> schema_pb2.StringDomain | None:
    """Return the string domain called ``name``, None when there is none."""
    return next((domain for domain in schema.string_domain if domain.name == name), None)
