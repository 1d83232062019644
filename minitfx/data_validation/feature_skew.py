"""Row by row: how the same example differs between two data sets.

Rows with equal identifiers are paired and compared column by column. DuckDB joins the two, so
that neither has to fit in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.data_validation.features import Kind, features_of
from minitfx.data_validation.options import StatsOptions
from minitfx.dataset.source import ParquetSource, Source, open_source
from minitfx.errors import ColumnError, ParameterError, did_you_mean


@dataclass(frozen=True)
class FeatureSkew:
    """What comparing two data sets row by row gave.

    Attributes
    ----------
    features : pyarrow.Table
        A row for each compared column, by name: ``feature_name``; ``base_count`` and
        ``test_count``, in how many pairs it is there; ``match_count``; ``base_only`` and
        ``test_only``; ``mismatch_count``, there on both sides with different values; and
        ``diff_count``, the sum of the last three.
    samples : pyarrow.Table
        Pairs that differ, in the order of their identifiers: ``base`` and ``test``, the rows as
        structs; ``matched_features``, ``mismatched_features``, ``base_only_features`` and
        ``test_only_features``, lists of names.
    """

    features: pa.Table
    samples: pa.Table


def detect_feature_skew(
    base: Any,
    test: Any,
    identifier_features: Sequence[str],
    features_to_ignore: Sequence[str] = (),
    sample_size: int = 0,
    float_round_ndigits: int | None = None,
    allow_duplicate_identifiers: bool = False,
) -> FeatureSkew:
    """Compare the rows of two data sets that have equal identifiers.

    Parameters
    ----------
    base, test : path, Source, pyarrow.Table, pandas.DataFrame or Arrow stream
        The data sets.
    identifier_features : sequence of str
        Columns that identify a row; rows in which one is missing are left out.
    features_to_ignore : sequence of str
        Columns that are not compared.
    sample_size : int
        How many pairs that differ to return.
    float_round_ndigits : int, optional
        Digits after the point to which floats are rounded first.
    allow_duplicate_identifiers : bool
        Whether identifiers that occur several times on a side are paired each with each; by
        default such rows are left out.

    Raises
    ------
    ParameterError
        If there is no identifier.
    ColumnError
        If an identifier is not a column of both.

    Notes
    -----
    Columns of different kinds (integers, floats, strings) never match; NaN matches NaN.

    Examples
    --------
    >>> base = pa.table({"id": [1, 2], "fare": [5.0, 6.0]})
    >>> test = pa.table({"id": [2, 1], "fare": [6.5, 5.0]})
    >>> skew = detect_feature_skew(base, test, ["id"])
    >>> skew.features.select(["feature_name", "match_count", "diff_count"]).to_pylist()
    [{'feature_name': 'fare', 'match_count': 1, 'diff_count': 1}]
    """
    if not identifier_features:
        raise ParameterError("identifier_features is empty; expected at least one column")
    sides = {"base": open_source(base), "test": open_source(test)}
    for name, side in sides.items():
        for identifier in identifier_features:
            if identifier not in side.schema.names:
                hint = did_you_mean(identifier, side.schema.names)
                raise ColumnError(f"no identifier {identifier!r} in the {name} data. {hint}")
    left_out = {*identifier_features, *features_to_ignore}
    columns = sorted({n for side in sides.values() for n in side.schema.names} - left_out)
    plan = _Comparison(
        tuple(identifier_features), columns, sides, float_round_ndigits, allow_duplicate_identifiers
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, side in sides.items():
            _register(connection, name, side)
        connection.execute(f"CREATE TEMP TABLE pairs AS {plan.pairs}")
        return FeatureSkew(
            _counted(connection, columns), _sampled(connection, plan, columns, sample_size)
        )


def write_skew(skew: FeatureSkew, folder: str | Path) -> None:
    """Write ``skew_stats.parquet`` and ``sample_pairs.parquet`` into a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    pq.write_table(skew.features, Path(folder) / "skew_stats.parquet", compression="zstd")
    pq.write_table(skew.samples, Path(folder) / "sample_pairs.parquet", compression="zstd")


@dataclass(frozen=True)
class _Comparison:
    """The SQL of a comparison."""

    identifiers: tuple[str, ...]
    columns: Sequence[str]
    sides: dict[str, Source]
    digits: int | None
    duplicates: bool

    @property
    def pairs(self) -> str:
        """Pairs of rows with, for each column ``n``, a code ``c<n>`` of how they compare."""
        ids = [_name(each) for each in self.identifiers]
        keys = ", ".join(ids)
        alone = "" if self.duplicates else f" QUALIFY count(*) OVER (PARTITION BY {keys}) = 1"
        known = " AND ".join(f"{each} IS NOT NULL" for each in ids)
        rows = {
            side: f"(SELECT rowid_{side}, * FROM {side} WHERE {known}{alone})"
            for side in self.sides
        }
        codes = [f"{self._code(c)} AS c{number}" for number, c in enumerate(self.columns)]
        order = ", ".join(f"base.{each}" for each in ids)
        joined = " AND ".join(f"base.{each} = test.{each}" for each in ids)
        chosen = ", ".join(["base.rowid_base", "test.rowid_test", *codes])
        place = f"row_number() OVER (ORDER BY {order}, base.rowid_base, test.rowid_test) AS place"
        return (
            f"SELECT {place}, {chosen} FROM {rows['base']} AS base "
            f"JOIN {rows['test']} AS test ON {joined}"
        )

    def _code(self, column: str) -> str:
        """Return how a column compares: 0 absent, 1 base only, 2 test only, 3 match, 4 not."""
        there = [column in side.schema.names for side in self.sides.values()]
        base, test = (f"{side}.{_name(column)}" for side in self.sides)
        if there == [True, False]:
            return f"CASE WHEN {base} IS NULL THEN 0 ELSE 1 END"
        if there == [False, True]:
            return f"CASE WHEN {test} IS NULL THEN 0 ELSE 2 END"
        kinds = [_kind(side, column) for side in self.sides.values()]
        same = "false"
        if kinds[0] is kinds[1]:
            rounded = [self._rounded(text, kinds[0]) for text in (base, test)]
            same = f"{rounded[0]} = {rounded[1]}"
        return (
            f"CASE WHEN {base} IS NULL AND {test} IS NULL THEN 0 WHEN {test} IS NULL THEN 1 "
            f"WHEN {base} IS NULL THEN 2 WHEN {same} THEN 3 ELSE 4 END"
        )

    def _rounded(self, text: str, kind: Kind) -> str:
        if kind is not Kind.FLOAT or self.digits is None:
            return text
        return f"round({text}, {self.digits})"


def _kind(source: Source, column: str) -> Kind:
    (feature, *_) = features_of(pa.schema([source.schema.field(column)]), StatsOptions())
    return feature.kind


def _name(column: str) -> str:
    escaped = column.replace('"', '""')
    return f'"{escaped}"'


def _register(connection: duckdb.DuckDBPyConnection, name: str, source: Source) -> None:
    """Make a source a view with the number of each row."""
    if isinstance(source, ParquetSource):
        quoted = [path.replace("'", "''") for path in source.files]
        listed = ", ".join(f"'{path}'" for path in quoted)
        rows = f"read_parquet([{listed}])"
    else:
        table = (
            pa.concat_tables(chunk.read() for chunk in source.chunks())
            if source.rows
            else (source.schema.empty_table())
        )
        connection.register(f"{name}_rows", table)
        rows = f"{name}_rows"
    connection.execute(
        f"CREATE TEMP VIEW {name} AS SELECT row_number() OVER () AS rowid_{name}, * FROM {rows}"
    )


def _counted(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> pa.Table:
    found: dict[str, list[Any]] = {name: [] for name in _COUNTS.names}
    for number, column in enumerate(columns):
        cases = ", ".join(f"count(*) FILTER (c{number} = {code})" for code in (1, 2, 3, 4))
        row = connection.execute(f"SELECT {cases} FROM pairs").fetchone()
        base_only, test_only, match, mismatch = row or (0, 0, 0, 0)
        both = match + mismatch
        counts = (both + base_only, both + test_only, match, base_only, test_only, mismatch)
        values = (column, *counts, base_only + test_only + mismatch)
        for name, value in zip(_COUNTS.names, values, strict=True):
            found[name].append(value)
    return pa.table(found, schema=_COUNTS)


_COUNTS = pa.schema(
    [
        ("feature_name", pa.string()),
        *(
            (name, pa.int64())
            for name in (
                "base_count",
                "test_count",
                "match_count",
                "base_only",
                "test_only",
                "mismatch_count",
                "diff_count",
            )
        ),
    ]
)

_LISTS = {
    "matched_features": 3,
    "mismatched_features": 4,
    "base_only_features": 1,
    "test_only_features": 2,
}


def _sampled(
    connection: duckdb.DuckDBPyConnection,
    plan: _Comparison,
    columns: Sequence[str],
    size: int,
) -> pa.Table:
    """Return the first pairs that differ."""
    differs = " OR ".join(f"c{number} IN (1, 2, 4)" for number in range(len(columns))) or "false"
    lists = [_list(columns, code, name) for name, code in _LISTS.items()]
    rows = ", ".join(f"{_struct(name, side)} AS {name}" for name, side in plan.sides.items())
    query = (
        f"SELECT {', '.join([rows, *lists])} FROM pairs JOIN base USING (rowid_base) "
        f"JOIN test USING (rowid_test) WHERE {differs} ORDER BY place LIMIT {size}"
    )
    return connection.sql(query).to_arrow_table()


def _list(columns: Sequence[str], code: int, name: str) -> str:
    cases = []
    for number, column in enumerate(columns):
        text = column.replace("'", "''")
        cases.append(f"CASE WHEN c{number} = {code} THEN '{text}' END")
    return f"list_filter([{', '.join(cases)}]::VARCHAR[], x -> x IS NOT NULL) AS {name}"


def _struct(name: str, source: Source) -> str:
    fields = ", ".join(f"{_name(each)} := {name}.{_name(each)}" for each in source.schema.names)
    return f"struct_pack({fields})"
