"""Plain values among deferred columns: what a number, a text or a date stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, cast

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.columntype import ColumnType, Kind

_KINDS: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "string"}
_KINDS |= {datetime: "timestamp", date: "timestamp"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def literal_of(value: Any) -> tuple[ColumnType, Any]:
    """Return the type of a plain value, and the value as JSON.

    Parameters
    ----------
    value : object
        A number, text, date or time of Python or numpy, or a list of one kind of these; integers
        among floats are floats. A time without a zone is UTC.

    Raises
    ------
    TransformError
        If it is something else, or an integer that 64 bits cannot hold.

    Examples
    --------
    >>> literal_of([1, 2.5])
    (ColumnType(kind='float', length=2), [1.0, 2.5])
    """
    given = value
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]")
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 1):
        value = value.tolist()
    is_list = isinstance(value, (list, tuple))
    values = list(value) if is_list else [value]
    if any(isinstance(each, str) and each.startswith("<Column ") for each in values):
        raise TransformError(
            f"{given!r} is what str() says of a deferred column, not its text; .cast('string') "
            "writes values as text, and tft.join([a, b], separator) joins texts"
        )
    kinds = {_KINDS.get(type(each)) for each in values}
    if kinds == {"int", "float"}:
        kinds = {"float"}
        values = [float(each) for each in values]
    if len(kinds) != 1 or None in kinds:
        hint = ". Missing cells are found by column.is_missing()" if value is None else ""
        raise TransformError(
            f"cannot compute with {given!r}, a {type(given).__qualname__}; expected a column, a "
            f"number, a text, a time or a list of these{hint}"
        )
    kind = cast(Kind, kinds.pop())
    if kind == "timestamp":
        values = [_microseconds(each) for each in values]
    if kind == "int" and not all(-(2**63) <= each < 2**63 for each in values):
        raise TransformError(f"{given!r} does not fit into 64 bits; write it as a float")
    return ColumnType(kind, len(values) if is_list else None), values if is_list else values[0]


def _microseconds(moment: date) -> int:
    """Return microseconds since 1970."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    difference = moment - _EPOCH
    seconds = difference.days * 86_400 + difference.seconds
    return seconds * 1_000_000 + difference.microseconds
