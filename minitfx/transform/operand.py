"""What the functions of a transform are given: columns, and not their names or values."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

from minitfx.errors import TransformError
from minitfx.transform.column import Column, no_column
from minitfx.transform.origin import called_function, calling_line, located


def column_of(given: Any) -> Column:
    """Return an argument that must be a deferred column.

    Raises
    ------
    TransformError
        If it is something else; names the function that it was given to, and the line.
    """
    if isinstance(given, Column):
        return given
    raise no_column(given, "this")


def columns_of(given: Any) -> list[Any]:
    """Return an argument that must be a list of columns.

    Raises
    ------
    TransformError
        If it is something else; names the function that it was given to, and the line.
    """
    if isinstance(given, Sequence) and not isinstance(given, str):
        return list(given)
    raise located(
        f"tft.{called_function('this')} takes a list of columns; found {given!r}, a "
        f"{type(given).__qualname__}",
        calling_line(),
    )


def whole(given: Any, name: str, least: int | None = None) -> int:
    """Return a setting that must be an integer, of Python or numpy.

    Raises
    ------
    TransformError
        If it is something else, or below ``least``; names the line.
    """
    try:
        value = None if isinstance(given, bool) else index(given)
    except (TypeError, TransformError):
        value = None
    if value is None or (least is not None and value < least):
        expected = "an integer" if least is None else f"an integer of {least} or more"
        raise located(f"{name} is {given!r}; expected {expected}", calling_line())
    return value


def as_text(given: Any) -> Column:
    """Return a column of text or integers as text.

    Raises
    ------
    TransformError
        If it holds something else; names the function that it was given to, and the line.
    """
    x = column_of(given)
    if x.type.kind not in ("string", "int", "bool"):
        raise located(
            f"tft.{called_function('this')} takes text or integers; found {x.type}",
            calling_line(),
            TransformError,
        )
    return x if x.type.kind == "string" else x.cast("string")
