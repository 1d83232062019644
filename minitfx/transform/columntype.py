"""What a deferred column holds: the kind of its values, and how many a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, cast, get_args

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from minitfx.errors import TransformError
from minitfx.transform.origin import calling_line, located

Kind = Literal["int", "float", "bool", "string", "timestamp", "vocabulary", "table", "estimator"]
NUMERIC: frozenset[Kind] = frozenset({"int", "float", "bool"})
VALUES: frozenset[Kind] = frozenset({"int", "float", "bool", "string", "timestamp"})
RAGGED = -1
"""The length of a list column whose rows have different lengths."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column.

    Attributes
    ----------
    kind : str
        ``int`` (64 bits), ``float`` (64 bits), ``bool``, ``string``, ``timestamp``
        (microseconds since 1970, UTC); for the results of some analyzers ``vocabulary``,
        ``table`` or ``estimator``, which are no values that a row can hold.
    length : int or None
        None when each row holds one value, `RAGGED` when it holds a list of any length, else
        the length of every row's list.

    Examples
    --------
    >>> str(ColumnType("float")), str(ColumnType("int", 3)), str(ColumnType("string", RAGGED))
    ('float', 'list of 3 int', 'list of string')
    """

    kind: Kind
    length: int | None = None

    def __str__(self) -> str:
        if self.length is None:
            return self.kind
        return (
            f"list of {self.kind}"
            if self.length == RAGGED
            else f"list of {self.length} {self.kind}"
        )

    @property
    def is_ragged(self) -> bool:
        """Whether rows hold lists of different lengths."""
        return self.length == RAGGED

    @property
    def is_fixed(self) -> bool:
        """Whether every row holds a list of the same length."""
        return self.length is not None and self.length != RAGGED

    def of(self, kind: Kind) -> ColumnType:
        """Return the type of the same shape with values of another kind."""
        return replace(self, kind=kind)

    def to_json(self) -> str:
        """Return the type as a short text, such as ``float`` or ``int[3]`` or ``string[]``."""
        if self.length is None:
            return self.kind
        return f"{self.kind}[{'' if self.is_ragged else self.length}]"

    @classmethod
    def from_json(cls, text: str) -> ColumnType:
        """Return the type that `to_json` wrote.

        Raises
        ------
        TransformError
            If the text is none of them.
        """
        kind, bracket, rest = text.partition("[")
        if kind not in get_args(Kind):
            raise TransformError(f"unknown column type {text!r} in a saved graph")
        length = None if not bracket else RAGGED if rest == "]" else int(rest[:-1])
        return cls(cast(Kind, kind), length)


_KINDS: tuple[tuple[Callable[[pa.DataType], bool], Kind], ...] = (
    (pat.is_boolean, "bool"),
    (pat.is_integer, "int"),
    (pat.is_floating, "float"),
    (pat.is_decimal, "float"),
    (pat.is_string, "string"),
    (pat.is_large_string, "string"),
    (pat.is_string_view, "string"),
    (pat.is_binary, "string"),
    (pat.is_large_binary, "string"),
    (pat.is_null, "string"),
    (pat.is_timestamp, "timestamp"),
    (pat.is_date, "timestamp"),
)


def type_of(arrow: pa.DataType) -> ColumnType | None:
    """Return the column type of an Arrow type, None when a graph cannot hold it.

    Notes
    -----
    Integers of any width become ``int``, floats and decimals ``float``, text, UTF-8 bytes and
    the null type ``string``, dates and times ``timestamp``; a dictionary is what its values
    are; lists may not be nested.
    """
    if pat.is_dictionary(arrow):
        return type_of(arrow.value_type)
    if pat.is_fixed_size_list(arrow) or pat.is_list(arrow) or pat.is_large_list(arrow):
        inner = type_of(arrow.value_type)
        if inner is None or inner.length is not None:
            return None
        length = arrow.list_size if pat.is_fixed_size_list(arrow) else RAGGED
        return replace(inner, length=length)
    for test, kind in _KINDS:
        if test(arrow):
            return ColumnType(kind)
    return None


@lru_cache(maxsize=1024)
def arrow_type(column: ColumnType) -> pa.DataType:
    """Return the Arrow type in which a transformed column of this type is written.

    Notes
    -----
    A ``bool`` is written as int64 (0 or 1), as tables of examples have integers, floats and
    text only; a ``timestamp`` as microseconds in UTC.
    """
    values = {
        "int": pa.int64(),
        "bool": pa.int64(),
        "float": pa.float64(),
        "string": pa.string(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }[column.kind]
    if column.length is None:
        return values
    return pa.list_(values) if column.is_ragged else pa.list_(values, column.length)


_NAMED: dict[Any, Kind] = {
    int: "int",
    float: "float",
    bool: "bool",
    str: "string",
    bytes: "string",
    "double": "float",
    "str": "string",
    "bytes": "string",
}


def kind_named(to: Any) -> Kind:
    """Return the kind that a user's type or name of a type stands for.

    Raises
    ------
    TransformError
        If there is none.
    """
    if to in ("int", "float", "bool", "string", "timestamp"):
        return cast(Kind, to)
    if isinstance(to, (str, type)) and to in _NAMED:
        return _NAMED[to]
    try:
        return {"i": "int", "u": "int", "f": "float", "b": "bool", "U": "string", "M": "timestamp"}[
            np.dtype(to).kind
        ]  # type: ignore[return-value]  # the dict's values are kinds
    except (TypeError, KeyError):
        raise located(
            f"cast to {to!r} is unknown; expected 'int', 'float', 'bool', 'string' or 'timestamp'",
            calling_line(),
        ) from None
