"""Where the records and the cells of a CSV file begin and end.

One rule everywhere, that of Python's ``csv`` module and of Arrow: a quote opens a quoted cell
only as its first character; inside, a doubled quote stands for one and line ends are text;
what follows the closing quote up to the delimiter belongs to the cell. Blank lines are no
records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@dataclass(frozen=True)
class Record:
    """One record of a CSV file.

    Attributes
    ----------
    line : int
        The line on which it begins, 1 for the first of the data.
    lines : int
        How many lines it covers.
    end : int
        The place in the data after its line end.
    cells : list of bytes
        Its cells, quotes removed.
    unclosed : bool
        Whether a quote was opened and not closed.
    """

    line: int
    lines: int
    end: int
    cells: list[bytes]
    unclosed: bool = False


def records(data: bytes, delimiter: bytes, start: int = 0) -> Iterator[Record]:
    """Yield the records from ``start``, where one begins; blank lines are skipped."""
    pattern, line, position = _cell_pattern(delimiter), 1, start
    while position < len(data):
        begin, cells, unclosed, blank = position, [], False, False
        while True:
            match = pattern.match(data, position)
            assert match is not None  # the pattern matches anything, the empty text included
            quoted, rest, end = match.groups()
            unclosed |= quoted is None and rest.startswith(b'"')
            cells.append(rest if quoted is None else quoted.replace(b'""', b'"') + rest)
            position = match.end()
            if end != delimiter:
                blank = len(cells) == 1 and quoted is None and not rest
                break
        lines = _line_ends(data, begin, position)
        if not blank:
            yield Record(line, max(lines, 1), position, cells, unclosed)
        line += lines


def _line_ends(data: bytes, begin: int, end: int) -> int:
    newlines = data.count(b"\n", begin, end)
    return newlines + data.count(b"\r", begin, end) - data.count(b"\r\n", begin, end)


def count_lines(data: bytes) -> int:
    """Return how many line ends there are, of any of the three kinds."""
    return _line_ends(data, 0, len(data))


def whole_records(data: bytes, delimiter: bytes, newline: bytes = b"\n") -> int:
    """Return the length of the longest prefix of whole records, each with its line end.

    Parameters
    ----------
    data : bytes
        Part of a file from the beginning of a record.
    delimiter : bytes
        One byte.
    newline : bytes
        The byte after which to cut.

    Notes
    -----
    One look for a quote when there is none. With quotes, two vectorised passes over their
    places as long as they are where they belong; a stray quote, such as ``5" pipe``, makes for
    a slower search through a regular expression.
    """
    last = data.rfind(newline)
    if last < 0 or data.find(b'"', 0, last) < 0:
        return last + 1
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == _QUOTE)
    if not _regular(np.frombuffer(data, np.uint8), quotes, delimiter):
        match = _records_pattern(delimiter, newline).match(b"\n" + data, 1)
        return match.end() - 1 if match else 0
    while last >= 0:
        before = int(np.searchsorted(quotes, last))
        if before % 2 == 0:
            break
        last = data.rfind(newline, 0, int(quotes[before - 1]))
    return last + 1


def _regular(data: npt.NDArray[np.uint8], quotes: npt.NDArray[np.intp], delimiter: bytes) -> bool:
    """Whether an even number of quotes before a place means that it is outside of quotes.

    True if each quote of even rank opens a cell, standing at its beginning, or doubles the one
    before it.
    """
    opening = quotes[::2]
    before = data[opening - 1]
    good = (before == delimiter[0]) | (before == _NEWLINE) | (before == _RETURN) | (opening == 0)
    good[1:] |= opening[1:] == quotes[1::2][: len(opening) - 1] + 1
    return bool(good.all())


@cache
def _cell_pattern(delimiter: bytes) -> re.Pattern[bytes]:
    d = re.escape(delimiter)
    return re.compile(
        rb'(?:"([^"]*+(?:""[^"]*+)*+)"(?!"))?'  # a quoted part
        rb"([^" + d + rb"\r\n]*+)"  # the rest up to the end of the cell
        rb"(" + d + rb"|\r\n|\r|\n|\Z)"
    )


@cache
def _records_pattern(delimiter: bytes, newline: bytes) -> re.Pattern[bytes]:
    edge = rb"[" + re.escape(delimiter) + rb"\r\n]"
    return re.compile(
        rb'(?:(?:[^"' + newline + rb"]*+"
        rb"(?:(?<!" + edge + rb')"'  # a stray quote
        rb"|(?<=" + edge + rb')"[^"]*+(?:""[^"]*+)*+"(?!")))*+'  # a quoted part
        rb'[^"' + newline + rb"]*+" + newline + rb")*+"
    )
