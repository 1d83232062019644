"""Dates and timestamps: how they are stored, and which integers they are.

A date is the number of days since 1970; a timestamp the number of microseconds since 1970, in
UTC where it has a time zone. Integers compare, hash and average as the moments do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from minitfx.errors import DataError

DAYS, MICROSECONDS = "days", "microseconds"
"""What the integers count, since 1970."""


def unit_of(kind: pa.DataType) -> str | None:
    """Return what the integers of a type of dates or timestamps count, None for other types.

    Examples
    --------
    >>> unit_of(pa.date32()), unit_of(pa.timestamp("ns")), unit_of(pa.time64("us"))
    ('days', 'microseconds', None)
    """
    if pa.types.is_date(kind):
        return DAYS
    return MICROSECONDS if pa.types.is_timestamp(kind) else None


def stored_instant(kind: pa.DataType) -> pa.DataType:
    """Return how dates or timestamps are stored.

    Dates as days; timestamps in microseconds, in nanoseconds if they have them; a time zone as
    UTC.
    """
    if pa.types.is_date(kind):
        return pa.date32()
    unit = "ns" if kind.unit == "ns" else "us"
    return pa.timestamp(unit, None if kind.tz is None else "UTC")


def as_integers(column: Any) -> Any:
    """Return an Arrow array of dates or timestamps as int64.

    Nanoseconds are cut towards 1970.

    Raises
    ------
    DataError
        If a moment is beyond 64 bits of microseconds.

    Examples
    --------
    >>> as_integers(pa.array([1, None], pa.timestamp("s"))).to_pylist()
    [1000000, None]
    """
    kind = column.type
    if pa.types.is_date(kind):
        return column.cast(pa.date32(), safe=False).view(pa.int32()).cast(pa.int64())
    try:
        whole = column.cast(pa.timestamp("us", kind.tz), safe=kind.unit != "ns")
    except pa.ArrowInvalid as error:
        raise DataError(f"a timestamp is not within 292,000 years of 1970: {error}") from None
    return whole.view(pa.int64())


def moment_text(number: float, unit: str) -> str:
    """Return the date or the time that a number stands for, in ISO 8601 with a space.

    Parameters
    ----------
    number : float
        Days or microseconds since 1970; what is no moment of the years 1 to 9999 is returned as
        a number.
    unit : {"days", "microseconds"}
        Which of the two.

    Examples
    --------
    >>> moment_text(18_321, "days"), moment_text(1.5e6, "microseconds")
    ('2020-02-29', '1970-01-01 00:00:01.500000')
    """
    try:
        moment = datetime(1970, 1, 1) + timedelta(**{unit: number})
    except (OverflowError, ValueError):
        return f"{number:.6g}"
    return str(moment if unit == MICROSECONDS or number % 1 else moment.date())


def duration_text(number: float, unit: str) -> str:
    """Return a length of time in days.

    Examples
    --------
    >>> duration_text(8.64e10, "microseconds")
    '1 d'
    """
    return f"{number / (86_400e6 if unit == MICROSECONDS else 1):.6g} d"
