"""The SQL that pairs the rows of two data sets and compares them.

Columns go by number (``v0``, ``v1``, …), for DuckDB takes ``fare`` and ``Fare`` for one name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from minitfx.data_validation.features import Kind, features_of, is_text
from minitfx.data_validation.nesting import is_list
from minitfx.data_validation.options import StatsOptions
from minitfx.dataset.source import ParquetSource, Source
from minitfx.errors import ColumnError, ParameterError, did_you_mean

ABSENT, BASE_ONLY, TEST_ONLY, MATCH, MISMATCH = range(5)
"""How a column of a pair compares: on neither side, on one, equal on both, or not equal."""

MISSING = "__MISSING_VALUE__"
"""What stands for a missing value where values are counted."""


@dataclass(frozen=True)
class Side:
    """One of the two data sets.

    Attributes
    ----------
    name : {"base", "test"}
        Also what its view is called.
    source : Source
        Its rows.
    digits : int or None
        Digits after the point to which floats are rounded.
    """

    name: str
    source: Source
    digits: int | None

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each column."""
        return {name: number for number, name in enumerate(self.source.schema.names)}

    def likeness(self, column: str) -> str:
        """Return a text that columns have in common whose values can be equal."""
        return _likeness(self.source.schema.field(column).type)

    def value(self, column: str) -> str:
        """Return the SQL of a column's value, in the form in which it is compared."""
        value, kind = f"{self.name}.v{self.numbers[column]}", self.source.schema.field(column).type
        if self.digits is not None and self.likeness(column) == Kind.FLOAT.value:
            return f"round({value}, {self.digits})"
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if is_text(kind) and not _is_bytes(kind):
            return f"encode({value})"
        return value

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the rows a view, with the number of each row as ``row``."""
        names = ", ".join(f"v{number}" for number in self.numbers.values())
        rows = f"{self.name}_rows"
        if isinstance(self.source, ParquetSource):
            rows = f"read_parquet([{', '.join(map(_text, self.source.files))}])"
        else:
            empty = self.source.schema.empty_table()
            parts = [chunk.read() for chunk in self.source.chunks()] or [empty]
            connection.register(rows, pa.concat_tables(parts))
        connection.execute(
            f"CREATE TEMP VIEW {self.name} AS SELECT row_number() OVER () AS row, * "
            f"FROM {rows} AS rows({names})"
        )


@dataclass(frozen=True)
class Comparison:
    """The queries of a comparison.

    Attributes
    ----------
    base, test : Side
        The data sets.
    identifiers : tuple of str
        Columns that identify a row.
    columns : tuple of str
        Columns that are compared.
    duplicates : bool
        Whether identifiers that occur several times on a side are paired each with each.
    """

    base: Side
    test: Side
    identifiers: tuple[str, ...]
    columns: tuple[str, ...]
    duplicates: bool

    def check(self) -> None:
        """Raise `ValueError` if rows cannot be paired by the identifiers."""
        if not self.identifiers:
            raise ParameterError("identifier_features is empty; expected at least one column")
        for identifier in self.identifiers:
            for side in (self.base, self.test):
                if identifier not in side.numbers:
                    hint = did_you_mean(identifier, side.numbers)
                    raise ColumnError(
                        f"no identifier {identifier!r} in the {side.name} data. {hint}"
                    )
            kinds = [side.likeness(identifier) for side in (self.base, self.test)]
            if kinds[0] != kinds[1]:
                raise ColumnError(
                    f"identifier {identifier!r} is {kinds[0]} in the base data and {kinds[1]} in "
                    "the test data; expected the same on both sides, so convert one of them"
                )

    @property
    def pairs(self) -> str:
        """Pairs of rows with, for each compared column, a code ``c0``, ``c1``, … of how."""
        codes = [f"{self._code(name)} AS c{number}" for number, name in enumerate(self.columns)]
        order = ", ".join(f"base.{key}" for key in self._keys)
        joined = " AND ".join(f"base.{key} = test.{key}" for key in self._keys)
        place = f"row_number() OVER (ORDER BY {order}, base.row, test.row) AS place"
        chosen = ", ".join([place, "base.row AS base_row", "test.row AS test_row", *codes])
        return (
            f"SELECT {chosen} FROM ({self._pairable(self.base)}) AS base "
            f"JOIN ({self._pairable(self.test)}) AS test ON {joined}"
        )

    @property
    def matches(self) -> str:
        """How many identifiers there are on both sides, and on one."""
        keys = ", ".join(self._keys)
        sides = [
            f"(SELECT {keys}, count(*) AS rows FROM ({self._known(side)}) GROUP BY ALL) AS {short}"
            for side, short in ((self.base, "b"), (self.test, "t"))
        ]
        missing = [
            f"(SELECT count(*) FROM {side.name} WHERE {self._unknown(side)})"
            for side in (self.base, self.test)
        ]
        return (
            "SELECT coalesce(sum(b.rows), 0), coalesce(sum(t.rows), 0), count(*), "
            "count(*) FILTER (b.rows IS NULL), count(*) FILTER (t.rows IS NULL), "
            f"coalesce(sum(b.rows * t.rows), 0), {missing[0]}, {missing[1]}, "
            f"count(*) FILTER (b.rows > 1 OR t.rows > 1) "
            f"FROM {sides[0]} FULL JOIN {sides[1]} USING ({keys})"
        )

    def confusion(self, column: str) -> str:
        """Return the query that counts pairs of values of a column.

        Raises
        ------
        ColumnError
            If it is not a column of text on both sides.
        """
        values = []
        for side in (self.base, self.test):
            if column not in side.numbers:
                hint = did_you_mean(column, side.numbers)
                raise ColumnError(f"no column {column!r} in the {side.name} data. {hint}")
            if side.likeness(column) != Kind.STRING.value:
                raise ColumnError(
                    f"column {column!r} of the {side.name} data is {side.likeness(column)}; "
                    "expected text, for which pairs of values can be counted"
                )
            text = f"{side.name}.v{side.numbers[column]}::VARCHAR"
            values.append(f"coalesce({text}, '{MISSING}') AS {side.name}_value")
        return (
            f"SELECT {', '.join(values)}, count(*) AS pairs FROM pairs "
            "JOIN base ON base.row = base_row JOIN test ON test.row = test_row "
            "GROUP BY ALL ORDER BY ALL"
        )

    @property
    def _keys(self) -> list[str]:
        return [f"k{number}" for number in range(len(self.identifiers))]

    def _pairable(self, side: Side) -> str:
        """Return the rows that can be paired, with their identifiers as ``k0``, ``k1``, …."""
        if self.duplicates:
            return self._known(side)
        alone = f"count(*) OVER (PARTITION BY {', '.join(self._keys)}) = 1"
        return f"SELECT * FROM ({self._known(side)}) QUALIFY {alone}"

    def _known(self, side: Side) -> str:
        keys = zip(map(side.value, self.identifiers), self._keys, strict=True)
        chosen = ", ".join(f"{value} AS {key}" for value, key in keys)
        return f"SELECT {side.name}.*, {chosen} FROM {side.name} WHERE NOT ({self._unknown(side)})"

    def _unknown(self, side: Side) -> str:
        return " OR ".join(f"{side.name}.v{side.numbers[n]} IS NULL" for n in self.identifiers)

    def _code(self, column: str) -> str:
        """Return the SQL of how a column compares."""
        sides = [side for side in (self.base, self.test) if column in side.numbers]
        values = [f"{side.name}.v{side.numbers[column]}" for side in sides]
        if len(sides) == 1:
            alone = BASE_ONLY if sides[0] is self.base else TEST_ONLY
            return f"CASE WHEN {values[0]} IS NULL THEN {ABSENT} ELSE {alone} END"
        same = "false"
        if sides[0].likeness(column) == sides[1].likeness(column):
            same = f"{sides[0].value(column)} = {sides[1].value(column)}"
        base, test = values
        return (
            f"CASE WHEN {base} IS NULL AND {test} IS NULL THEN {ABSENT} "
            f"WHEN {test} IS NULL THEN {BASE_ONLY} WHEN {base} IS NULL THEN {TEST_ONLY} "
            f"WHEN {same} THEN {MATCH} ELSE {MISMATCH} END"
        )


def comparison(
    base: Source,
    test: Source,
    identifiers: Sequence[str],
    ignored: Sequence[str],
    *,
    digits: int | None,
    duplicates: bool,
) -> Comparison:
    """Return the comparison of two data sets, all columns but the ignored ones by name."""
    names = {*base.schema.names, *test.schema.names} - {*identifiers, *ignored}
    found = Comparison(
        Side("base", base, digits),
        Side("test", test, digits),
        tuple(identifiers),
        tuple(sorted(names)),
        duplicates,
    )
    found.check()
    return found


def _likeness(kind: Any) -> str:
    """Return ``INT``, ``FLOAT``, ``STRING`` or a type of time, and lists and structs of these."""
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_map(kind):
        return f"map of {_likeness(kind.key_type)} to {_likeness(kind.item_type)}"
    if is_list(kind):
        return f"list of {_likeness(kind.value_type)}"
    if types.is_struct(kind):
        inside = (f"{field.name!r}: {_likeness(field.type)}" for field in kind)
        return f"struct of {', '.join(inside)}"
    for name, test in _TIMES.items():
        if test(kind):
            return name if getattr(kind, "tz", None) is None else f"{name} with a time zone"
    if types.is_null(kind):
        return "null"
    (feature,) = features_of(pa.schema([("column", kind)]), StatsOptions())
    return feature.kind.value


_TIMES = {
    "timestamp": pa.types.is_timestamp,
    "date": pa.types.is_date,
    "time": pa.types.is_time,
    "duration": pa.types.is_duration,
}


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    tests = (
        types.is_binary,
        types.is_large_binary,
        types.is_binary_view,
        types.is_fixed_size_binary,
    )
    return any(test(kind) for test in tests)


def _text(path: str) -> str:
    escaped = path.replace("'", "''")
    return f"'{escaped}'"
