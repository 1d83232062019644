"""Python values as SQL literals: the one way in which values reach a statement.

Bound parameters would make DuckDB import numpy, pandas and pyarrow, which costs more than a whole
cached run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from minitfx.errors import CatalogError


def literal(value: Any) -> str:
    """Return ``value`` as a SQL literal.

    Parameters
    ----------
    value : None, bool, int, float, str, bytes, datetime, list, tuple or dict
        Dicts and lists become JSON texts. A datetime without a zone is taken as UTC.

    Raises
    ------
    CatalogError
        If the value is of another type.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    >>> literal(None)
    'NULL'
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return repr(float(value)) + "::DOUBLE" if math.isfinite(value) else f"'{value}'::DOUBLE"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes):
        return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(value, (dict, list, tuple)):
        return _text(json.dumps(value, sort_keys=True, ensure_ascii=False))
    raise CatalogError(f"cannot write a {type(value).__name__} into a SQL statement: {value!r}")


def values(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as the list that follows ``VALUES``."""
    return ", ".join(f"({', '.join(literal(cell) for cell in row)})" for row in rows)


def in_list(items: Iterable[Any]) -> str:
    """Return values as the list that follows ``IN``; an empty one matches nothing."""
    return f"({', '.join(literal(item) for item in items) or 'NULL'})"


def identifier(name: str) -> str:
    """Return a name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _text(value: str) -> str:
    clean = value.encode("utf-8", "replace").decode("utf-8")
    if "\0" not in clean:
        return "'" + clean.replace("'", "''") + "'"
    parts = ["'" + part.replace("'", "''") + "'" for part in clean.split("\0")]
    return "(" + " || chr(0) || ".join(parts) + ")"
