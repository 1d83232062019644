"""Checks of images and of natural language, as far as the statistics describe them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.reasons import Reason, six_digits
from minitfx.data_validation.statistics_view import FeatureView

IMAGE_FORMATS = "image_format_histogram"
"""The custom statistic that counts images by format."""

UNKNOWN_FORMAT = "UNKNOWN"
"""Its label for what is no image of a known format."""

LANGUAGE = "nl_statistics"
"""The custom statistic that holds a `NaturalLanguageStatistics`."""

_NoStatistics = Reason(
    "STATS_NOT_AVAILABLE",
    "Natural language stats are not computed.",
    "The natural-language domain has constraints, but the statistics say nothing about tokens.",
)


def as_float32(value: float) -> float:
    """Return a number as a schema keeps it, in float32, so that it can be compared."""
    return float(np.float32(value))


def custom_statistic(view: FeatureView, name: str) -> statistics_pb2.CustomStatistic | None:
    """Return the custom statistic called ``name``, None when there is none."""
    return next((each for each in view.proto.custom_stats if each.name == name), None)


def check_image(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check the share of images of a known format, and the size of the largest."""
    domain, reasons = feature.image_domain, []
    formats = custom_statistic(view, IMAGE_FORMATS)
    if domain.HasField("minimum_supported_image_fraction") and formats is not None:
        counts = {b.label: b.sample_count for b in formats.rank_histogram.buckets}
        total = sum(counts.values())
        share = as_float32(1 - counts.get(UNKNOWN_FORMAT, 0.0) / total if total else 1.0)
        least = domain.minimum_supported_image_fraction
        if share < least:
            text = f"The share of supported images is {share:f}; expected {least:f} or more."
            short = "Low supported image fraction"
            reasons.append(Reason("LOW_SUPPORTED_IMAGE_FRACTION", short, text))
            domain.minimum_supported_image_fraction = share
    largest = view.proto.bytes_stats.max_num_bytes_int
    if domain.HasField("max_image_byte_size") and largest > domain.max_image_byte_size:
        text = (
            f"The largest image has {largest} bytes; expected {domain.max_image_byte_size} or less."
        )
        short = "Num bytes exceeds the max byte size."
        reasons.append(Reason("MAX_IMAGE_BYTE_SIZE_EXCEEDED", short, text))
        domain.max_image_byte_size = largest
    return reasons


def check_natural_language(feature: schema_pb2.Feature, view: FeatureView) -> list[Reason]:
    """Check the coverage, the token length and the tokens of a text."""
    domain = feature.natural_language_domain
    coverage = domain.coverage
    constrained = (
        coverage.HasField("min_coverage")
        or coverage.HasField("min_avg_token_length")
        or domain.token_constraints
    )
    custom = custom_statistic(view, LANGUAGE)
    if not constrained:
        return []
    found = statistics_pb2.NaturalLanguageStatistics()
    if custom is None or not custom.any.Unpack(found):
        feature.ClearField("natural_language_domain")
        return [_NoStatistics]
    reasons = _check_coverage(coverage, found)
    tokens = {_token(each): each for each in found.token_statistics}
    for constraint in domain.token_constraints:
        token = _constrained(constraint)
        if token is None:
            continue
        if token not in tokens:
            feature.ClearField("natural_language_domain")
            return [*reasons, _NoStatistics]
        reasons += _check_token(constraint, token, tokens[token])
    return reasons


def _token(
    statistics: statistics_pb2.NaturalLanguageStatistics.TokenStatistics,
) -> str | int:
    which = statistics.WhichOneof("token")
    token: str | int = getattr(statistics, which) if which else ""
    return token


def _constrained(constraint: schema_pb2.SequenceValueConstraints) -> str | int | None:
    which = constraint.WhichOneof("value")
    token: str | int | None = getattr(constraint, which) if which else None
    return token


def _check_coverage(
    coverage: schema_pb2.FeatureCoverageConstraints,
    found: statistics_pb2.NaturalLanguageStatistics,
) -> list[Reason]:
    reasons = []
    share, length = as_float32(found.feature_coverage), as_float32(found.avg_token_length)
    least = coverage.min_coverage
    if coverage.HasField("min_coverage") and share < least:
        text = _lower("The share of tokens in the vocabulary", share, least)
        reasons.append(Reason("FEATURE_COVERAGE_TOO_LOW", "Feature coverage is too low.", text))
        coverage.min_coverage = share
    least = coverage.min_avg_token_length
    if coverage.HasField("min_avg_token_length") and length < least:
        text = _lower("The average length of a token", length, least)
        kind = "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH"
        reasons.append(Reason(kind, "Average token length is too short.", text))
        coverage.min_avg_token_length = length
    return reasons


def _lower(what: str, value: float, least: float) -> str:
    return f"{what} is {six_digits(value)}, below {six_digits(least)}."


@dataclass(frozen=True)
class _TokenRule:
    """A bound on a token: its field, the measure it bounds, and how to call its breach."""

    field: str
    measure: str
    upper: bool
    kind: str
    short: str


_TOKEN_RULES = (
    _TokenRule(
        "min_fraction_of_sequences",
        "fraction_of_sequences",
        False,
        "SEQUENCE_VALUE_TOO_SMALL_FRACTION",
        "Value occurs in too small a fraction of sequences.",
    ),
    _TokenRule(
        "max_fraction_of_sequences",
        "fraction_of_sequences",
        True,
        "SEQUENCE_VALUE_TOO_LARGE_FRACTION",
        "Value occurs in too large a fraction of sequences.",
    ),
    _TokenRule(
        "min_per_sequence",
        "per_sequence_min_frequency",
        False,
        "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES",
        "Value has too few per-sequence occurrences.",
    ),
    _TokenRule(
        "max_per_sequence",
        "per_sequence_max_frequency",
        True,
        "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES",
        "Value has too many per-sequence occurrences.",
    ),
)


def _check_token(
    constraint: schema_pb2.SequenceValueConstraints,
    token: str | int,
    found: statistics_pb2.NaturalLanguageStatistics.TokenStatistics,
) -> list[Reason]:
    reasons = []
    for rule in _TOKEN_RULES:
        bound, value = getattr(constraint, rule.field), as_float32(getattr(found, rule.measure))
        broken = value > bound if rule.upper else value < bound
        if constraint.HasField(rule.field) and broken:
            side = "above" if rule.upper else "below"
            words = rule.measure.replace("_", " ")
            text = f"Token {token}: {words} is {six_digits(value)}, {side} {six_digits(bound)}."
            reasons.append(Reason(rule.kind, rule.short, text))
            setattr(constraint, rule.field, type(bound)(value))
    return reasons
