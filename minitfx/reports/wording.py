"""Numbers, times, sizes and long texts as a reader wants them."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

_UNITS = ("B", "kB", "MB", "GB", "TB")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def number(value: float | None) -> str:
    """Return a number with six digits; whole ones in groups of three, nothing for None.

    Examples
    --------
    >>> number(4932.0), number(0.91648123), number(None), number(float("nan"))
    ('4,932', '0.916481', '', 'nan')
    """
    if value is None:
        return ""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.6g}"


def duration(seconds: float | None) -> str:
    """Return a duration; nothing for None.

    Examples
    --------
    >>> duration(0.0123), duration(75.2), duration(7322)
    ('0.01 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: int | None) -> str:
    """Return a number of bytes in the unit that suits it; nothing for None.

    Examples
    --------
    >>> size(512), size(137944), size(2_500_000_000)
    ('512 B', '138 kB', '2.5 GB')
    """
    if count is None:
        return ""
    amount, place = float(count), 0
    while amount >= 999.5 and place + 1 < len(_UNITS):
        amount, place = amount / 1000, place + 1
    return f"{amount:.3g} {_UNITS[place]}"


def moment(value: datetime | float | None) -> str:
    """Return a moment, a time in UTC or seconds since 1970, to the second.

    Examples
    --------
    >>> moment(0)
    '1970-01-01 00:00:00 UTC'
    """
    if value is None:
        return ""
    if not isinstance(value, datetime):
        value = datetime.fromtimestamp(value, UTC)
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"


def counted(count: int, one: str, many: str = "") -> str:
    """Return how many there are of something.

    Examples
    --------
    >>> counted(1, "check"), counted(1200, "check"), counted(2, "try", "tries")
    ('1 check', '1,200 checks', '2 tries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shortened(text: str, most: int) -> str:
    """Return a text cut to a number of characters, and how many it had.

    Examples
    --------
    >>> shortened("abcdefgh", 3)
    'abc… (8 characters)'
    """
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def fitted(text: str, columns: int) -> str:
    """Return a text cut to a width, where a wide letter takes two columns.

    Examples
    --------
    >>> fitted("StatisticsGen", 9), fitted("統計統計統計", 9)
    ('Statisti…', '統計統計…')
    """
    if sum(map(_width, text)) <= columns:
        return text
    room, kept = columns - 1, ""
    for letter in text:
        room -= _width(letter)
        if room < 0:
            break
        kept += letter
    return kept + "…"


def _width(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def value_text(text: str | None, most: int = 2_000) -> str:
    """Return a value that the catalog keeps as JSON, as a person writes it.

    Examples
    --------
    >>> value_text('"utf-8"'), value_text('{"trials": 20}'), value_text(None)
    ('utf-8', '{"trials": 20}', '')
    """
    if text is None:
        return ""
    try:
        found: Any = json.loads(text)
    except ValueError:
        return shortened(text, most)
    return shortened(found if isinstance(found, str) else text, most)


def printable(text: str) -> str:
    """Return a text in which what HTML or UTF-8 cannot hold is a replacement character.

    Examples
    --------
    >>> printable("a\\x00b\\ud800c")
    'a\ufffdb\ufffdc'
    """
    return _UNPRINTABLE.sub("\ufffd", text)
