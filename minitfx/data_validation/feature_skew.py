"""Row by row: how the same example differs between two data sets.

Rows with equal identifiers are paired and compared column by column. DuckDB joins the two, so
that neither has to fit in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.data_validation.skew_query import (
    BASE_ONLY,
    MATCH,
    MISMATCH,
    TEST_ONLY,
    Comparison,
    Side,
    comparison,
)
from minitfx.dataset.source import open_source
from minitfx.errors import ParameterError


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
    matches : pyarrow.Table
        One row: of ``base_with_id_count`` and ``test_with_id_count`` rows with all identifiers,
        how many different identifiers there are (``identifiers_count``), how many are on one
        side only (``ids_missing_in_base_count``, ``ids_missing_in_test_count``), how many stand
        several times on a side (``duplicate_id_count``), how many pairs of rows they make
        (``matching_pairs_count``, those of duplicates too), and how many rows lack an identifier
        (``base_missing_id_count``, ``test_missing_id_count``).
    confusions : pyarrow.Table
        For each column that was asked for, how often a value in base is paired with a value in
        test: ``feature_name``, ``base_value``, ``test_value``, ``count``; a missing value is
        ``__MISSING_VALUE__``.
    """

    features: pa.Table
    samples: pa.Table
    matches: pa.Table
    confusions: pa.Table


def detect_feature_skew(
    base: Any,
    test: Any,
    identifier_features: Sequence[str],
    features_to_ignore: Sequence[str] = (),
    sample_size: int = 0,
    float_round_ndigits: int | None = None,
    allow_duplicate_identifiers: bool = False,
    confusion_features: Sequence[str] = (),
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
    confusion_features : sequence of str
        Columns of text of which pairs of values are counted.

    Raises
    ------
    ParameterError
        If there is no identifier, or ``sample_size`` is negative.
    ColumnError
        If an identifier is not a column of both, or of another type in each; or if a column of
        ``confusion_features`` is not one of text on both sides.

    Notes
    -----
    Columns of different types (integers, floats, text, dates, lists of these) never match; how
    wide the numbers are does not count, nor do text and bytes differ. NaN matches NaN.

    Examples
    --------
    >>> base = pa.table({"id": [1, 2], "fare": [5.0, 6.0]})
    >>> test = pa.table({"id": [2, 1], "fare": [6.5, 5.0]})
    >>> skew = detect_feature_skew(base, test, ["id"])
    >>> skew.features.select(["feature_name", "match_count", "diff_count"]).to_pylist()
    [{'feature_name': 'fare', 'match_count': 1, 'diff_count': 1}]
    """
    if sample_size < 0:
        raise ParameterError(f"sample_size is {sample_size}; expected 0 or more")
    plan = comparison(
        open_source(base),
        open_source(test),
        identifier_features,
        features_to_ignore,
        digits=float_round_ndigits,
        duplicates=allow_duplicate_identifiers,
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        plan.base.register(connection)
        plan.test.register(connection)
        confusing = {name: plan.confusion(name) for name in confusion_features}
        connection.execute(f"CREATE TEMP TABLE pairs AS {plan.pairs}")
        return FeatureSkew(
            _counted(connection, plan.columns),
            _sampled(connection, plan, sample_size),
            _matched(connection, plan),
            _confused(connection, confusing),
        )


def write_skew(skew: FeatureSkew, folder: str | Path) -> None:
    """Write the tables into a folder.

    They become ``skew_stats.parquet``, ``sample_pairs.parquet``, ``match_stats.parquet`` and,
    where pairs of values were counted, ``confusion_counts.parquet``.
    """
    tables = {
        "skew_stats": skew.features,
        "sample_pairs": skew.samples,
        "match_stats": skew.matches,
    }
    if skew.confusions.num_rows:
        tables["confusion_counts"] = skew.confusions
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, Path(folder) / f"{name}.parquet", compression="zstd")


def _counted(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> pa.Table:
    found: dict[str, list[Any]] = {name: [] for name in _COUNTS.names}
    for number, column in enumerate(columns):
        cases = ", ".join(f"count(*) FILTER (c{number} = {code})" for code in _CODES)
        row = connection.execute(f"SELECT {cases} FROM pairs").fetchone()
        base_only, test_only, match, mismatch = row or (0, 0, 0, 0)
        both = match + mismatch
        counts = (both + base_only, both + test_only, match, base_only, test_only, mismatch)
        values = (column, *counts, base_only + test_only + mismatch)
        for name, value in zip(_COUNTS.names, values, strict=True):
            found[name].append(value)
    return pa.table(found, schema=_COUNTS)


_CODES = (BASE_ONLY, TEST_ONLY, MATCH, MISMATCH)

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
    "matched_features": MATCH,
    "mismatched_features": MISMATCH,
    "base_only_features": BASE_ONLY,
    "test_only_features": TEST_ONLY,
}


def _sampled(connection: duckdb.DuckDBPyConnection, plan: Comparison, size: int) -> pa.Table:
    """Return the first pairs that differ."""
    codes = [f"c{number}" for number in range(len(plan.columns))]
    different = f"({BASE_ONLY}, {TEST_ONLY}, {MISMATCH})"
    differs = " OR ".join(f"{code} IN {different}" for code in codes) or "false"
    sides = (plan.base, plan.test)
    values = [f"{side.name}.v{number}" for side in sides for number in side.numbers.values()]
    answer = connection.sql(
        f"SELECT {', '.join([*values, *codes])} FROM pairs "
        "JOIN base ON base.row = base_row JOIN test ON test.row = test_row "
        f"WHERE {differs} ORDER BY place LIMIT {size}"
    ).to_arrow_table()
    rows, start = {}, 0
    for side in sides:
        stop = start + len(side.numbers)
        rows[side.name] = _structs(side, answer.columns[start:stop])
        start = stop
    compared = [column.to_pylist() for column in answer.columns[start:]]
    lists = {
        name: pa.array(
            [
                [column for column, code in zip(plan.columns, row, strict=True) if code == wanted]
                for row in (zip(*compared, strict=True) if compared else ())
            ],
            pa.list_(pa.string()),
        )
        for name, wanted in _LISTS.items()
    }
    return pa.table(rows | lists)


def _structs(side: Side, columns: Sequence[pa.ChunkedArray]) -> pa.Array:
    """Return the rows of a side as structs."""
    return pa.StructArray.from_arrays(
        [column.combine_chunks() for column in columns], names=list(side.numbers)
    )


def _matched(connection: duckdb.DuckDBPyConnection, plan: Comparison) -> pa.Table:
    (row,) = connection.execute(plan.matches).fetchall()
    return pa.table([[int(count)] for count in row], schema=_MATCHES)


_MATCHES = pa.schema(
    [
        (name, pa.int64())
        for name in (
            "base_with_id_count",
            "test_with_id_count",
            "identifiers_count",
            "ids_missing_in_base_count",
            "ids_missing_in_test_count",
            "matching_pairs_count",
            "base_missing_id_count",
            "test_missing_id_count",
            "duplicate_id_count",
        )
    ]
)


def _confused(connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> pa.Table:
    rows = [
        (name, *row) for name, query in queries.items() for row in connection.sql(query).fetchall()
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(_CONFUSIONS)
    return pa.table([list(column) for column in columns], schema=_CONFUSIONS)


_CONFUSIONS = pa.schema(
    [
        ("feature_name", pa.string()),
        ("base_value", pa.string()),
        ("test_value", pa.string()),
        ("count", pa.int64()),
    ]
)
