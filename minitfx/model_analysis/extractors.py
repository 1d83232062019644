"""Columns that users compute from the examples before these are evaluated.

An extractor is a function from a table of examples to further columns. Whatever it adds can be
named in the configuration: predictions of a model that minitfx does not know, labels, weights,
attributions, or columns to slice by::

    def decades(table):
        return {"decade": [year // 10 * 10 for year in table["year"].to_pylist()]}

    analyze_raw_data(frame, config, extractors=[decades])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from minitfx.dataset.source import Source, TableChunk, open_source
from minitfx.errors import CodeError, EvaluationError, MinitfxError

Columns: TypeAlias = Any
"""What an extractor returns: a `pyarrow.Table`, a data frame, or a mapping of name to values."""


@dataclass(frozen=True)
class Extractor:
    """A step that adds columns to the examples, with a name for messages.

    Parameters
    ----------
    stage_name : str
        What to call it.
    extract : callable
        Takes a `pyarrow.Table` of some rows with all columns so far, and returns as many rows of
        new columns; one of a name that there is takes its place. Rows come in chunks, so it must
        look at each row on its own.

    Examples
    --------
    >>> double = Extractor("Double", lambda table: {"twice": [2 * x for x in (1, 2)]})
    >>> double.apply(pa.table({"x": [1, 2]})).column_names
    ['x', 'twice']
    """

    stage_name: str
    extract: Callable[[pa.Table], Columns]

    def apply(self, table: pa.Table) -> pa.Table:
        """Return the table with the columns that this step adds.

        Raises
        ------
        CodeError
            If the function fails.
        EvaluationError
            If it returns no columns, or another number of rows.
        """
        try:
            answer = self.extract(table)
        except MinitfxError:
            raise
        except Exception as error:
            raise CodeError(
                f"the extractor {self.stage_name!r} fails on {table.num_rows} rows with "
                f"{type(error).__name__}: {error}"
            ) from error
        return self._added(table, self._columns(answer))

    def _columns(self, answer: Columns) -> pa.Table:
        try:
            if isinstance(answer, Mapping):
                return pa.table({str(k): _as_column(v) for k, v in answer.items()})
            source = open_source(answer)
            return pa.concat_tables([each.read() for each in source.chunks()] or [_empty(source)])
        except (MinitfxError, pa.ArrowException, TypeError) as error:
            raise EvaluationError(
                f"the extractor {self.stage_name!r} returned {type(answer).__name__}: {error}. "
                "Expected a pyarrow.Table, a data frame or a mapping of name to values"
            ) from error

    def _added(self, table: pa.Table, columns: pa.Table) -> pa.Table:
        if columns.num_rows != table.num_rows:
            raise EvaluationError(
                f"the extractor {self.stage_name!r} returned {columns.num_rows} rows for "
                f"{table.num_rows}; expected one for each. To leave rows out, give them the weight "
                "0, or slice by a column that tells them apart"
            )
        for name in columns.column_names:
            if name in table.column_names:
                place = table.column_names.index(name)
                table = table.set_column(place, name, columns.column(name))
            else:
                table = table.append_column(name, columns.column(name))
        return table


def _as_column(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
    return values


def _empty(source: Source) -> pa.Table:
    return source.schema.empty_table()


def default_extractors(
    eval_shared_model: Any = None,
    eval_config: Any = None,
    *,
    custom_predict_extractor: Any = None,
    tensor_adapter_config: Any = None,
) -> list[Extractor]:
    """Return the extractors of an evaluation: the user's own, as the others are built in.

    Parameters
    ----------
    eval_shared_model, eval_config, tensor_adapter_config
        No effect: reading features, labels and weights, asking models and slicing need no
        extractor here.
    custom_predict_extractor : Extractor or function, optional
        Makes a column of predictions, for ``prediction_key`` to name.
    """
    return extractors_of([] if custom_predict_extractor is None else [custom_predict_extractor])


def extractors_of(given: Iterable[Any]) -> list[Extractor]:
    """Return extractors, each function among them under its own name.

    Raises
    ------
    EvaluationError
        If one is neither.
    """
    found = []
    for each in given:
        if not isinstance(each, Extractor):
            if not callable(each):
                raise EvaluationError(
                    f"{each!r} is no extractor; expected Extractor(stage_name, extract), or a "
                    "function that takes a pyarrow.Table and returns columns"
                )
            each = Extractor(getattr(each, "__name__", type(each).__name__), each)
        found.append(each)
    return found


@dataclass(frozen=True)
class ExtractedChunk:
    """A chunk of examples with the columns that extractors add."""

    chunk: TableChunk
    extractors: tuple[Extractor, ...]
    columns: tuple[str, ...] | None = None

    @property
    def index(self) -> int:
        """The place among the chunks of its source."""
        return self.chunk.index

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.chunk.rows

    def read(self) -> pa.Table:
        """Return the rows, with the columns that were asked for."""
        table = _extracted(self.chunk.read(), self.extractors)
        if self.columns is None:
            return table
        return table.select([name for name in table.column_names if name in self.columns])


@dataclass(frozen=True)
class ExtractedSource:
    """A source of examples with the columns that extractors add.

    Attributes
    ----------
    source : Source
        The examples.
    extractors : tuple of Extractor
        Run in this order, each seeing what those before it added.

    Notes
    -----
    The first chunk is read once more, to learn the types of the new columns; nobody knows what an
    extractor reads, so all columns are.
    """

    source: Source
    extractors: tuple[Extractor, ...]

    @cached_property
    def schema(self) -> pa.Schema:
        """Names and types of all columns."""
        first = [chunk.read() for chunk in self.source.chunks()[:1]]
        table = first[0] if first else _empty(self.source)
        return _extracted(table, self.extractors).schema

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.source.rows

    def chunks(self, columns: Sequence[str] | None = None) -> Sequence[ExtractedChunk]:
        """Return references to all rows, in order; only ``columns``, or all of them."""
        wanted = None if columns is None else tuple(columns)
        return [ExtractedChunk(each, self.extractors, wanted) for each in self.source.chunks()]


def _extracted(table: pa.Table, extractors: Sequence[Extractor]) -> pa.Table:
    for extractor in extractors:
        table = extractor.apply(table)
    return table


def with_extractors(source: Source, extractors: Sequence[Any]) -> Source:
    """Return a source with the columns that extractors, or functions, add; as it is for none."""
    found = tuple(extractors_of(extractors))
    return ExtractedSource(source, found) if found else source
