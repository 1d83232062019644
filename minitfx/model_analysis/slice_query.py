"""Slice keys from SQL: `SlicingSpec.slice_keys_sql`, run by DuckDB."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from minitfx.errors import ColumnError, EvaluationError, did_you_mean
from minitfx.model_analysis.columns import Coded, is_list
from minitfx.model_analysis.keys import SliceKey, SliceValue

_ROW = "__row"
_FROM_ITEM = re.compile(r"example\s*\.\s*(\w+|\"[^\"]+\")\s*$", re.IGNORECASE)
_CLAUSES = re.compile(r"\b(FROM|WHERE)\b", re.IGNORECASE)
_IN_UNNEST = re.compile(r"\bIN\s+UNNEST\s*\(", re.IGNORECASE)
_ALIAS = re.compile(r"^(.*\S)\s+AS\s+(\w+|\"[^\"]+\")\s*$", re.IGNORECASE | re.DOTALL)
_SELECT = re.compile(r"^\s*SELECT\s+STRUCT\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class SliceQuery:
    """A query that gives the slice keys of each row.

    Parameters
    ----------
    sql : str
        ``SELECT STRUCT(column [AS key], …) [FROM example.column, …] [WHERE …]``. ``example`` is
        the row. A column under ``FROM`` stands for each of its values, if it is a list;
        ``x IN UNNEST(example.column)`` asks whether one of them is ``x``.

    Notes
    -----
    DuckDB runs the query on one chunk at a time, with no access to files or the network. A key
    with a missing value makes no slice.
    """

    sql: str

    def encode(self, table: pa.Table) -> Coded:
        """Return the slice keys that occur in a chunk, and those of each row.

        Raises
        ------
        EvaluationError
            If the query is not of the form above, or DuckDB refuses it.
        ColumnError
            If it reads a column that is not there.
        """
        inner = self.translate(table.schema)
        numbers = pa.array(range(table.num_rows), pa.int64())
        query = (
            f"SELECT example.{_ROW}, key FROM examples AS example, LATERAL ({inner}) AS made(key)"
        )
        with duckdb.connect(
            ":memory:", config={"threads": "1", "enable_external_access": "false"}
        ) as connection:
            connection.register("examples", table.append_column(_ROW, numbers))
            try:
                answer = connection.sql(query).fetchall()
            except duckdb.Error as error:
                raise EvaluationError(
                    f"DuckDB refuses the slice_keys_sql {self.sql!r} (as {inner!r}): {error}"
                ) from error
        found = {(row, key) for row, made in answer if (key := _key(made)) is not None}
        values = tuple(sorted({key for _, key in found}, key=_order))
        place = {key: code for code, key in enumerate(values, 1)}
        entries = sorted((row, place[key]) for row, key in found)
        rows = np.array([row for row, _ in entries], np.int64)
        return Coded(values, np.array([code for _, code in entries], np.int64), rows)

    def translate(self, schema: pa.Schema) -> str:
        """Return the query of one row in DuckDB's words.

        Examples
        --------
        >>> query = SliceQuery("SELECT STRUCT(sex AS who) FROM example.sex WHERE sex = 'f'")
        >>> query.translate(pa.schema([("sex", pa.string())]))
        "SELECT struct_pack(who := sex) FROM (SELECT example.sex AS sex) WHERE sex = 'f'"
        """
        match = _SELECT.match(self.sql)
        if match is None:
            raise EvaluationError(
                f"slice_keys_sql is {self.sql!r}; expected SELECT STRUCT(column [AS key], ...) "
                "[FROM example.column, ...] [WHERE ...]"
            )
        fields, rest = _parenthesised(self.sql, match.end())
        packed = ", ".join(_field(field) for field in _split(fields))
        parts = _CLAUSES.split(rest, maxsplit=2)
        clauses = {parts[i].upper(): parts[i + 1] for i in range(1, len(parts) - 1, 2)}
        sources = [_source(item, schema) for item in _split(clauses.get("FROM", ""))]
        text = f"SELECT struct_pack({packed})"
        if any(sources):
            text += " FROM " + ", ".join(source for source in sources if source)
        if "WHERE" in clauses:
            text += " WHERE " + _memberships(clauses["WHERE"], schema).strip()
        return text


def _field(text: str) -> str:
    aliased = _ALIAS.match(text)
    return f"{aliased[2]} := {aliased[1].strip()}" if aliased else text.strip()


def _source(item: str, schema: pa.Schema) -> str:
    """Return what stands under FROM for one item; nothing for the row itself."""
    item = item.strip()
    if item.lower() in ("example", ""):
        return ""
    match = _FROM_ITEM.match(item)
    if match is None:
        raise EvaluationError(
            f"slice_keys_sql reads FROM {item}; expected example or example.column"
        )
    name = match[1]
    return f"(SELECT {_values(name, schema)} AS {name})"


def _values(name: str, schema: pa.Schema) -> str:
    """Return the expression that gives the values of a column of the row, one a row."""
    plain = name.strip('"')
    if plain not in schema.names:
        raise ColumnError(
            f"slice_keys_sql reads example.{plain}, which is not a column. "
            f"{did_you_mean(plain, schema.names)}"
        )
    column = f"example.{name}"
    return f"unnest({column})" if is_list(schema.field(plain).type) else column


def _memberships(text: str, schema: pa.Schema) -> str:
    """Rewrite ``x IN UNNEST(example.column)`` as a sub-query."""
    while (match := _IN_UNNEST.search(text)) is not None:
        inside, rest = _parenthesised(text, match.end())
        column = _FROM_ITEM.match(inside.strip())
        values = _values(column[1], schema) if column else f"unnest({inside})"
        text = f"{text[: match.start()]}IN (SELECT {values}){rest}"
    return text


def _parenthesised(text: str, start: int) -> tuple[str, str]:
    """Return what stands up to the parenthesis that closes, and what follows it."""
    depth = 1
    for place, inside in _outside_quotes(text, start):
        depth += {"(": 1, ")": -1}.get(inside, 0)
        if depth == 0:
            return text[start:place], text[place + 1 :]
    raise EvaluationError(f"a parenthesis in {text!r} is not closed")


def _split(text: str) -> list[str]:
    """Return the parts between commas that stand outside parentheses and quotes."""
    parts, depth, start = [], 0, 0
    for place, character in _outside_quotes(text, 0):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part for part in (*parts, text[start:]) if part.strip()]


def _outside_quotes(text: str, start: int) -> list[tuple[int, str]]:
    found, quote = [], ""
    for place in range(start, len(text)):
        character = text[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            found.append((place, character))
    return found


def _key(made: dict[str, Any]) -> SliceKey | None:
    if any(value is None for value in made.values()):
        return None
    pairs = [(name, _plain(value)) for name, value in made.items()]
    return tuple(sorted(pairs))


def _plain(value: Any) -> SliceValue:
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, (str, int, float)) else str(value)


def _order(key: SliceKey) -> list[tuple[str, str, Any]]:
    return [(name, type(value).__name__, value) for name, value in key]
