"""Slices by SQL, with DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from minitfx.errors import ParameterError

_ROW = "minitfx_row"


@dataclass(frozen=True)
class SqlSlicer:
    """Slices by a query over the table ``example``.

    Attributes
    ----------
    query : str
        A ``SELECT`` of the columns that make up the slice's name, without aggregates, as
        ``SELECT payment_type, hour // 6 AS quarter FROM example WHERE fare > 10``. Rows of
        which a part of the name is null are in no slice.

    Notes
    -----
    The number of the row is added to the query's select list in its parsed form, so that each
    row that comes out is known to be which that went in.
    """

    query: str

    @cached_property
    def numbered(self) -> str:
        """The query with the row's number as its last column.

        Raises
        ------
        ParameterError
            If the query cannot be parsed, or is not a plain ``SELECT``.
        """
        with duckdb.connect() as connection:
            text = json.dumps(self.query)[1:-1].replace("'", "''")
            parsed = _one(connection, f"SELECT json_serialize_sql('{_quoted(self.query)}')")
            tree = json.loads(parsed)
            if tree.get("error"):
                raise ParameterError(f"slicing query {self.query!r}: {tree['error_message']}")
            node = tree["statements"][0]["node"]
            if node["type"] != "SELECT_NODE" or node.get("group_expressions"):
                raise ParameterError(
                    f"slicing query {text!r} is not a plain SELECT; expected one without UNION "
                    "and GROUP BY"
                )
            node["select_list"].append(_column(_ROW))
            again = json.dumps(tree)
            return str(_one(connection, f"SELECT json_deserialize_sql('{_quoted(again)}')"))

    def columns(self, schema: pa.Schema) -> Sequence[str]:
        """Return all columns, for the query may use any."""
        return list(schema.names)

    def slices(self, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        """Yield each combination of values that the query gives, with its rows."""
        numbers = pa.array(range(table.num_rows), pa.int64())
        example = table.append_column(_ROW, numbers)
        with duckdb.connect(config={"threads": 1, "enable_external_access": False}) as connection:
            connection.register("example", example)
            try:
                answer = connection.sql(self.numbered).to_arrow_table()
            except duckdb.Error as error:
                raise ParameterError(f"slicing query {self.query!r}: {error}") from error
        names = answer.column_names[:-1]
        rows: dict[str, set[int]] = {}
        for *parts, row in zip(*answer.to_pydict().values(), strict=True):
            if None not in parts:
                key = "_".join(f"{n}_{v}" for n, v in zip(names, parts, strict=True))
                rows.setdefault(key, set()).add(row)
        for key, found in rows.items():
            yield key, table.take(pa.array(sorted(found), pa.int64()))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    (row,) = connection.sql(query).fetchall()
    return row[0]


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _column(name: str) -> dict[str, Any]:
    return {
        "class": "COLUMN_REF",
        "type": "COLUMN_REF",
        "alias": "",
        "query_location": 0,
        "column_names": [name],
    }
