"""The type of a text cell, and of a column of them: TFX's rule, cell by cell.

Types stand in a line, each able to hold what stands before it::

    UNKNOWN < INT < FLOAT < STRING

A column has the widest type among all its cells. Only a missing cell is `UNKNOWN`.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_INTEGER = re.compile(r"([+-]?)(\d+(?:_\d+)*)")
_LONG = 640  # digits beyond which int() may refuse, depending on the interpreter's settings


class CellType(IntEnum):
    """What a cell or a column holds; the order is the order of widening."""

    UNKNOWN = 0
    INT = 1
    FLOAT = 2
    STRING = 3

    def __str__(self) -> str:
        return self.name


def cell_type(text: str) -> CellType:
    """Return the type of one cell.

    Parameters
    ----------
    text : str
        The cell as it stands in the file, quotes removed. The empty cell is missing; blanks,
        ``NA`` and ``null`` are values.

    Returns
    -------
    CellType
        INT for what ``int()`` takes and 64 bits hold, STRING for a larger integer; FLOAT for
        what ``float()`` takes, ``nan`` and ``inf`` among it; STRING for the rest.

    Examples
    --------
    >>> [cell_type(cell).name for cell in ["", " 7 ", "1_234", "1e5", "nan", "NA", "0x1F"]]
    ['UNKNOWN', 'INT', 'INT', 'FLOAT', 'FLOAT', 'STRING', 'STRING']
    >>> cell_type("9223372036854775808").name
    'STRING'
    """
    if not text:
        return CellType.UNKNOWN
    try:
        value = integer(text)
    except ValueError:
        return _real_type(text)
    return CellType.STRING if value is None else CellType.INT


def integer(text: str) -> int | None:
    """Return the integer that a cell spells, None if 64 bits cannot hold it.

    Raises
    ------
    ValueError
        If the cell does not spell an integer.
    """
    if len(text) > _LONG:
        return _long_integer(text)
    value = int(text)
    return value if INT64_MIN <= value <= INT64_MAX else None


def _long_integer(text: str) -> int | None:
    """Read an integer that ``int()`` may find too long; it fits if it has many leading zeros."""
    match = _INTEGER.fullmatch(text.strip())
    if match is None:
        raise ValueError("not an integer")
    digits = "".join(str(unicodedata.digit(digit)) for digit in match[2].replace("_", ""))
    significant = digits.lstrip("0") or "0"
    return integer(match[1] + significant) if len(significant) < 20 else None


def _real_type(text: str) -> CellType:
    try:
        float(text)
    except ValueError:
        return CellType.STRING
    return CellType.FLOAT
