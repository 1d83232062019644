"""Guesses at what strings and integers mean: images, natural language, dates and times.

A guess is made when there are at least 100 values and four fifths of them fit. It is written
into custom statistics; ``domain_info`` is what schema inference takes it from.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.counted import is_utf8
from minitfx.data_validation.distribution import Frequencies
from minitfx.data_validation.feature_values import FeatureValues
from minitfx.data_validation.features import Kind
from minitfx.data_validation.images import (
    LEAST_SHARE,
    LEAST_VALUES,
    add_formats,
    are_images,
    image_format,
)
from minitfx.data_validation.value_counts import ValueCounts

_CROPPED = 100
_LEAST_WORDS = 3
_WORD_LENGTHS = (2.5, 8.0)

_SECONDS = (631_152_000, 1_893_456_000)
"""1990 and 2030 in seconds since 1970."""

_UNITS = {
    schema_pb2.TimeDomain.UNIX_SECONDS: 1,
    schema_pb2.TimeDomain.UNIX_MILLISECONDS: 10**3,
    schema_pb2.TimeDomain.UNIX_MICROSECONDS: 10**6,
    schema_pb2.TimeDomain.UNIX_NANOSECONDS: 10**9,
}

_DIRECTIVES = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"(?:1[0-2]|0[1-9]|[1-9])",
    "%d": r"(?:3[01]|[12]\d|0[1-9]|[1-9]| [1-9])",
    "%B": f"(?:{'|'.join(calendar.month_name[1:])})",
    "%H": r"(?:2[0-3]|[01]\d|\d)",
    "%M": r"(?:[0-5]\d|\d)",
    "%S": r"(?:6[01]|[0-5]\d|\d)",
    "%f": r"\d{1,6}",
}

_DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%y-%m-%d",
    "%y/%m/%d",
    "%m-%d-%Y",
    "%m/%d/%Y",
    "%m%d%Y",
    "%m-%d-%y",
    "%m/%d/%y",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%d%m%Y",
    "%d-%B-%Y",
    "%d-%m-%y",
    "%d/%m/%y",
    "%d-%B-%y",
)
_TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f")


def add_guess(proto: statistics_pb2.FeatureNameStatistics, values: FeatureValues) -> None:
    """Add what the values of a feature seem to mean, if anything, as custom statistics.

    Parameters
    ----------
    proto : FeatureNameStatistics
        Gets the custom statistics.
    values : FeatureValues
        What has been seen of the feature.
    """
    total = values.levels[-1].values if values.levels else 0
    if values.prefixes is not None:
        _guess_image(proto, values.prefixes, total)
    elif values.feature.kind is Kind.STRING and values.strings is not None:
        for guess in (_guess_image, _guess_language, _guess_time):
            if total >= LEAST_VALUES and guess(proto, values.strings, total):
                return
    elif values.feature.kind is Kind.INT and values.numbers is not None:
        _guess_unix_time(proto, values.numbers.frequencies[False])


def _distinct(strings: ValueCounts) -> Iterator[tuple[bytes, int]]:
    for counted in strings.distinct():
        yield from zip(counted.values.to_pylist(), counted.counts.tolist(), strict=True)


def _guess_image(proto: statistics_pb2.FeatureNameStatistics, strings: ValueCounts, _: int) -> bool:
    formats: Counter[str] = Counter()
    for value, count in _distinct(strings):
        formats[image_format(value)] += count
    if not are_images(formats):
        return False
    add_formats(proto, formats)
    return True


def _guess_language(
    proto: statistics_pb2.FeatureNameStatistics, strings: ValueCounts, total: int
) -> bool:
    matched = 0
    for value, count in _distinct(strings):
        if not is_utf8(value):
            return False
        matched += count * is_prose(value.decode())
    if matched < LEAST_SHARE * total:
        return False
    proto.custom_stats.add(name="domain_info", str="natural_language_domain {}")
    proto.custom_stats.add(name="natural_language_match_rate", num=matched / total)
    return True


def is_prose(text: str) -> bool:
    """Return whether a text looks like natural language: three words or more of usual length.

    Examples
    --------
    >>> is_prose("a taxi to the airport"), is_prose("7f3a-99c1")
    (True, False)
    """
    words = text[:_CROPPED].split()
    if len(words) < _LEAST_WORDS:
        return False
    return _WORD_LENGTHS[0] <= sum(map(len, words)) / len(words) <= _WORD_LENGTHS[1]


def _guess_time(
    proto: statistics_pb2.FeatureNameStatistics, strings: ValueCounts, total: int
) -> bool:
    matches: Counter[str] = Counter()
    for value, count in _distinct(strings):
        if not is_utf8(value):
            return False
        for name in time_formats(value.decode()):
            matches[name] += count
    order = {name: number for number, (name, _) in enumerate(_formats())}
    best = max(matches, key=lambda name: (matches[name], -order[name]), default="")
    return _add_time(proto, f"string_format: '{best}'", matches[best], total)


def _guess_unix_time(proto: statistics_pb2.FeatureNameStatistics, frequencies: Frequencies) -> None:
    total = int(frequencies.counts.sum())
    for unit, factor in _UNITS.items():
        low, high = (edge * factor for edge in _SECONDS)
        inside = (frequencies.values >= low) & (frequencies.values < high)
        matched = int(frequencies.counts[inside].sum())
        name = schema_pb2.TimeDomain.IntegerTimeFormat.Name(unit)
        if total >= LEAST_VALUES and _add_time(proto, f"integer_format: {name}", matched, total):
            return


def _add_time(
    proto: statistics_pb2.FeatureNameStatistics, domain: str, matched: int, total: int
) -> bool:
    if matched < LEAST_SHARE * total:
        return False
    proto.custom_stats.add(name="domain_info", str=f"time_domain {{{domain}}}")
    proto.custom_stats.add(name="time_match_ratio", num=matched / total)
    return True


def time_formats(text: str) -> list[str]:
    """Return the ``strptime`` formats that a text fits.

    Examples
    --------
    >>> time_formats("2024-02-30T23:59")
    ['%Y-%m-%dT%H:%M']
    """
    likely = _likely(re.sub(r"\d", "1", text))
    return [name for name, pattern in likely if pattern.fullmatch(text)]


@cache
def _formats() -> tuple[tuple[str, re.Pattern[str]], ...]:
    names = [*_DATES, *_TIMES]
    names += [f"{date}{between}{time}" for date in _DATES for time in _TIMES for between in "T "]
    return tuple((name, re.compile(_pattern(name))) for name in names)


def _pattern(name: str) -> str:
    parts = re.split(r"(%[A-Za-z])", name)
    return "".join(_DIRECTIVES.get(part, re.escape(part)) for part in parts)


@cache
def _likely(shape: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the formats that a text of this shape may fit: the same, with ones for digits."""
    return tuple((name, pattern) for name, pattern in _formats() if pattern.fullmatch(shape))
