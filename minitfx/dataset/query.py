"""SQL queries as tables, through DuckDB: any file or database that it reads."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from minitfx.dataset.files import find_files
from minitfx.dataset.source import ROWS_PER_CHUNK, ParquetSource
from minitfx.errors import DataError, ParameterError, StorageError

SUBSTITUTIONS = ("@span_begin_timestamp", "@span_end_timestamp", "@span_yyyymmdd_utc")
"""Words in a query that a span replaces, a day counted from 1970-01-01 (UTC)."""

_AS_TEXT = re.compile(r"^(UUID|BIT|INTERVAL|TIME WITH TIME ZONE|ENUM\(.*\))$", re.DOTALL)
_HUGE = re.compile(r"(^|(?<=[^,] ))U?HUGEINT\b")  # not the name of a field


def with_span(query: str, span: int | None) -> str:
    """Return a query with a span's day in it.

    Parameters
    ----------
    query : str
        ``@span_begin_timestamp`` and ``@span_end_timestamp`` become timestamps, the second one
        that of the next midnight; ``@span_yyyymmdd_utc`` becomes eight digits.
    span : int or None
        Days since 1970-01-01.

    Raises
    ------
    ParameterError
        If the query asks for a span and there is none, or the other way round.

    Examples
    --------
    >>> with_span("SELECT * FROM t WHERE at >= @span_begin_timestamp", 1)
    "SELECT * FROM t WHERE at >= TIMESTAMP '1970-01-02 00:00:00'"
    >>> with_span("SELECT * FROM 'log-@span_yyyymmdd_utc.csv'", 17167)
    "SELECT * FROM 'log-20170101.csv'"
    """
    asked = [word for word in SUBSTITUTIONS if word in query]
    if span is None:
        if asked:
            raise ParameterError(
                f"the query holds {asked[0]}, but no range_config says which span; give one with "
                "a static_range"
            )
        return query
    begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=span)
    query = query.replace(SUBSTITUTIONS[0], _timestamp(begin))
    query = query.replace(SUBSTITUTIONS[1], _timestamp(begin + timedelta(days=1)))
    return query.replace(SUBSTITUTIONS[2], begin.strftime("%Y%m%d"))


def _timestamp(when: datetime) -> str:
    return f"TIMESTAMP '{when:%Y-%m-%d %H:%M:%S}'"


def files_of(query: str) -> list[str]:
    """Return the files that a query reads by name or pattern, sorted.

    Raises
    ------
    DataError
        If it is not a single ``SELECT``, or cannot be parsed.

    Notes
    -----
    They are found in DuckDB's syntax tree: tables named like files, and texts that a table
    function such as ``read_csv`` takes. A name that an expression puts together is not found.
    """
    with _session() as connection:
        tree = _tree(connection, query)
    named = {text for text in _file_names(tree) if text}
    return sorted({path for text in named for path in find_files(text)})


@contextmanager
def query_source(query: str, database: str | Path | None = None) -> Iterator[ParquetSource]:
    """Give the rows of a query as a source for the ``with`` block.

    Parameters
    ----------
    query : str
        One ``SELECT``.
    database : path, optional
        A DuckDB file whose tables it names; it is only read.

    Raises
    ------
    StorageError
        If there is no such database, or it cannot be opened.
    DataError
        If it is not a single ``SELECT``, fails, or gives two columns one name.

    Notes
    -----
    Runs in one thread, so that groups come in the same order each time; DuckDB spills what
    does not fit in memory. Huge integers must fit 64 bits; enumerations, UUIDs and intervals
    become text. Times without a zone are those of UTC.
    """
    with TemporaryDirectory(prefix="minitfx-query-") as folder, _session(folder) as connection:
        _tree(connection, query)
        _attach(connection, database)
        path = str(Path(folder) / "rows.parquet")
        inner = query.strip().rstrip(";")
        try:
            _check_names(connection, inner)
            columns = connection.execute(f"DESCRIBE SELECT * FROM ({inner}\n) AS rows").fetchall()
            connection.execute(
                f"COPY (SELECT {_casts(columns)} FROM ({inner}\n) AS rows) TO {_literal(path)} "
                f"(FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE {ROWS_PER_CHUNK})"
            )
        except duckdb.Error as error:
            raise DataError(f"the query failed: {error}\nThe query: {query}") from error
        yield ParquetSource((path,))


@contextmanager
def _session(folder: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET threads = 1")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET TimeZone = 'UTC'")
        if folder is not None:
            connection.execute(f"SET temp_directory = {_literal(folder)}")
        yield connection


def _tree(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    try:
        statements = connection.extract_statements(query)
        kinds = [statement.type.name for statement in statements]
        if kinds != ["SELECT"]:
            raise DataError(
                f"the query is {' and '.join(kinds) or 'empty'}; expected one SELECT. The query: "
                f"{query}"
            )
        text = statements[0].query
        (written,) = connection.execute(f"SELECT json_serialize_sql({_literal(text)})").fetchall()
    except duckdb.Error as error:
        raise DataError(f"the query cannot be parsed: {error}\nThe query: {query}") from error
    return json.loads(written[0])


def _file_names(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _file_names(each)
    elif isinstance(node, dict):
        if node.get("type") == "BASE_TABLE" and re.search(r"[./\\]", node["table_name"]):
            yield node["table_name"]
        if node.get("type") == "TABLE_FUNCTION":
            yield from _texts(node["function"])
        for each in node.values():
            yield from _file_names(each)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _texts(each)
    elif isinstance(node, dict):
        if node.get("type") == "VALUE_CONSTANT" and isinstance(node["value"].get("value"), str):
            yield node["value"]["value"]
        for each in node.values():
            yield from _texts(each)


def _attach(connection: duckdb.DuckDBPyConnection, database: str | Path | None) -> None:
    if database is None:
        return
    if not Path(database).is_file():
        raise StorageError(f"there is no database {database} (from {Path.cwd()})")
    try:
        connection.execute(f"ATTACH {_literal(str(database))} AS source (READ_ONLY)")
        connection.execute("USE source")
    except duckdb.Error as error:
        raise StorageError(f"cannot open the database {database}: {error}") from error


def _check_names(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Raise `DataError` if names of columns are the same for DuckDB, which would change them."""
    names = [str(row[0]) for row in connection.execute(f"DESCRIBE {query}").fetchall()]
    for name, count in Counter(map(str.lower, names)).items():
        if count > 1:
            same = ", ".join(repr(each) for each in names if each.lower() == name)
            raise DataError(
                f"the query gives columns {same}, one name to DuckDB; rename them with AS\nThe "
                f"query: {query}"
            )


def _casts(columns: Sequence[tuple[Any, ...]]) -> str:
    return ", ".join(_cast(str(name), str(kind)) for name, kind, *_ in columns)


def _cast(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    target = "VARCHAR" if _AS_TEXT.match(kind) else _HUGE.sub("BIGINT", kind)
    return quoted if target == kind else f"CAST({quoted} AS {target}) AS {quoted}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
