"""QueryExampleGen: rows of SQL queries, typed, split by content, stored as Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from minitfx.component import Component, InputPath, Output, Resolution, Resolved
from minitfx.digest import digest_file
from minitfx.errors import ParameterError
from minitfx.proto import example_gen_pb2, range_config_pb2
from minitfx.types import Examples


class QueryExampleGen(Component):
    """Rows of SQL queries, run by DuckDB over any file or database that it reads.

    Parameters
    ----------
    query : str, optional
        One ``SELECT``; or ``input_config``.
    input_config : Input, optional
        Input splits, each with a query for a pattern.
    output_config : Output, optional
        Output splits, as of CsvExampleGen.
    range_config : RangeConfig, optional
        A ``static_range`` whose first span, a day counted from 1970-01-01, stands for
        ``@span_begin_timestamp``, ``@span_end_timestamp`` and ``@span_yyyymmdd_utc``.
    database : str, optional
        A DuckDB file whose tables the queries name. Counts by its content.
    split_hash : {"content", "tfx"}, default "content"
        How rows are hashed.

    Outputs
    -------
    examples : Examples
        As of CsvExampleGen.

    Raises
    ------
    ParameterError
        At construction, unless there is exactly one of ``query`` and ``input_config``.
    DataError
        At run, if a query is not a ``SELECT`` or fails.

    Notes
    -----
    The fingerprint counts the queries, the database's content and that of the files that the
    queries name as plain text. What else a query may depend on, such as ``now()``, it does not.
    """

    query: str | None = None
    input_config: example_gen_pb2.Input | None = None
    output_config: example_gen_pb2.Output | None = None
    range_config: range_config_pb2.RangeConfig | None = None
    database: InputPath | None = None
    split_hash: str = "content"
    examples = Output(Examples)
    found = Resolved()

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse two kinds of query, or none, and wrong splits."""
        from minitfx.dataset import input_splits, split_rule

        if (parameters["query"] is None) == (parameters["input_config"] is None):
            raise ParameterError("QueryExampleGen needs exactly one of query and input_config")
        names = [name for name, _ in input_splits(parameters["input_config"])]
        split_rule(parameters["output_config"], names, parameters["split_hash"])

    @staticmethod
    def resolve(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> Resolution:
        """Put the span into the queries, and find the files that they name."""
        from minitfx.dataset.inputs import found_queries

        names = ("query", "input_config", "range_config")
        found = found_queries(digest_file, *(parameters[name] for name in names))
        ingredient = "{fingerprint}\nspan:{span}".format_map(found)
        return Resolution(values={"found": found}, ingredients={"range_config": ingredient})

    @staticmethod
    def execute(
        query: str | None,
        input_config: example_gen_pb2.Input | None,
        output_config: example_gen_pb2.Output | None,
        range_config: range_config_pb2.RangeConfig | None,
        database: str | None,
        split_hash: str,
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Split and store what the queries give."""
        from minitfx.dataset.payload import store
        from minitfx.dataset.query import query_source

        with ExitStack() as stack:
            sources = {
                name: stack.enter_context(query_source(query, database))
                for name, query in found["queries"].items()
            }
            store(examples, sources, output_config, split_hash, found)
