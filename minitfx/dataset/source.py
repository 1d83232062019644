"""Tables of any size as chunks: references to row groups of Parquet files, or slices in memory.

Everything that reads all rows asks a `Source` for its chunks and folds over them
(`minitfx.kernels.fold`), so that memory is bounded and the chunks are the same wherever and
by however many workers they are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from minitfx.dataset.files import find_files, is_uri
from minitfx.dataset.parquet_file import common_schema, open_parquet
from minitfx.errors import ColumnError, DataError, did_you_mean

ROWS_PER_CHUNK = 65_536
"""Rows of a row group in the files that minitfx writes, and of a slice of a table in memory."""


class TableChunk(Protocol):
    """A chunk of a table: how many rows, and where to read them."""

    @property
    def index(self) -> int:
        """The place among the chunks of its source."""
        ...

    @property
    def rows(self) -> int:
        """How many rows."""
        ...

    def read(self) -> pa.Table:
        """Return the rows, with the columns that were asked for."""
        ...


class Source(Protocol):
    """A table that can be read in chunks."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        ...

    @property
    def rows(self) -> int:
        """Return how many rows there are."""
        ...

    def chunks(self, columns: Sequence[str] | None = None) -> Sequence[TableChunk]:
        """Return references to all rows, in order; only ``columns``, or all of them."""
        ...


@dataclass(frozen=True)
class ParquetChunk:
    """Row groups of one Parquet file.

    Attributes
    ----------
    path : str
        The file.
    row_groups : tuple of int
        Which of its row groups.
    columns : tuple of str or None
        Which columns, None for all.
    index : int
        The place among the chunks of its source.
    rows : int
        How many rows.
    schema : pyarrow.Schema or None
        The columns of the whole source, where those of the file differ from them.
    """

    path: str
    row_groups: tuple[int, ...]
    columns: tuple[str, ...] | None
    index: int
    rows: int
    schema: pa.Schema | None = None

    def read(self) -> pa.Table:
        """Return the rows."""
        columns = None if self.columns is None else list(self.columns)
        with open_parquet(self.path) as file:
            table = file.read_row_groups(list(self.row_groups), columns=columns, use_threads=False)
        if self.schema is not None:
            table = table.select([n for n in self.schema.names if n in table.column_names])
            table = table.cast(pa.schema([self.schema.field(name) for name in table.column_names]))
        return table


@dataclass(frozen=True)
class ParquetSource:
    """The rows of Parquet files, in the order of the files.

    All files have the same columns; where types differ, the column has one that holds both
    (see `minitfx.dataset.parquet_file.common_schema`).

    Attributes
    ----------
    files : tuple of str
        Paths.
    """

    files: tuple[str, ...]

    @cached_property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, from the files' footers."""
        return common_schema(self.files, [schema for schema, _ in self._footers])

    @cached_property
    def _footers(self) -> tuple[tuple[pa.Schema, list[int]], ...]:
        """Schema, and rows of each row group, of each file."""
        found = []
        for path in self.files:
            with open_parquet(path) as file:
                groups = range(file.metadata.num_row_groups)
                rows = [file.metadata.row_group(group).num_rows for group in groups]
                found.append((file.schema_arrow, rows))
        return tuple(found)

    @cached_property
    def _groups(self) -> tuple[ParquetChunk, ...]:
        found: list[ParquetChunk] = []
        for path, (own, counts) in zip(self.files, self._footers, strict=True):
            other = None if own.equals(self.schema) else self.schema
            for group, rows in enumerate(counts):
                if rows:
                    found.append(ParquetChunk(path, (group,), None, len(found), rows, other))
        return tuple(found)

    @property
    def rows(self) -> int:
        """How many rows there are, from the files' footers."""
        return sum(chunk.rows for chunk in self._groups)

    def chunks(self, columns: Sequence[str] | None = None) -> Sequence[ParquetChunk]:
        """Return one chunk per row group that is not empty."""
        if columns is None:
            return self._groups
        check_columns(self.schema, columns)
        return tuple(replace(chunk, columns=tuple(columns)) for chunk in self._groups)


@dataclass(frozen=True)
class MemoryChunk:
    """A slice of a table in memory; reading it copies nothing."""

    table: pa.Table
    index: int

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    def read(self) -> pa.Table:
        """Return the rows."""
        return self.table


@dataclass(frozen=True)
class MemorySource:
    """A table in memory, cut into slices of `ROWS_PER_CHUNK` rows."""

    table: pa.Table

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self.table.schema

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    def chunks(self, columns: Sequence[str] | None = None) -> Sequence[MemoryChunk]:
        """Return the slices, in order."""
        table = self.table
        if columns is not None:
            check_columns(table.schema, columns)
            table = table.select(list(columns))
        starts = range(0, table.num_rows, ROWS_PER_CHUNK)
        return tuple(
            MemoryChunk(table.slice(start, ROWS_PER_CHUNK), index)
            for index, start in enumerate(starts)
        )


def open_source(data: Any) -> Source:
    """Return a source for almost anything that holds a table.

    Parameters
    ----------
    data : path, sequence of paths, Source, pyarrow.Table, pandas.DataFrame or Arrow stream
        A Parquet file, a folder of ``*.parquet`` files (read in the order of their names),
        several files, a table in memory, or any object with ``__arrow_c_stream__``. The index
        of a data frame is no column.

    Raises
    ------
    DataError
        If a path has no Parquet file, or the object is none of these.
    ColumnError
        If two columns of a table in memory have one name.
    """
    if isinstance(data, (ParquetSource, MemorySource)):
        return data
    if isinstance(data, (str, Path)):
        return ParquetSource(tuple(_parquet_files(data)))
    if isinstance(data, pa.Table):
        return _in_memory(data)
    if isinstance(data, pa.RecordBatch):
        return _in_memory(pa.Table.from_batches([data]))
    if type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "columns"):
        return _in_memory(_table_of_frame(data))
    if hasattr(data, "__arrow_c_stream__"):
        return _in_memory(pa.table(data))
    if isinstance(data, Sequence) and data and all(isinstance(x, (str, Path)) for x in data):
        return ParquetSource(tuple(path for each in data for path in _parquet_files(each)))
    if callable(getattr(type(data), "chunks", None)):
        source: Source = data
        return source
    raise DataError(
        f"cannot read a table from {type(data).__module__}.{type(data).__qualname__}; expected a "
        "path to Parquet, a pyarrow.Table, a pandas.DataFrame or an object with "
        "__arrow_c_stream__"
    )


def _in_memory(table: pa.Table) -> MemorySource:
    _check_each_once(table.column_names)
    return MemorySource(table)


def _check_each_once(names: Iterable[object]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ColumnError(f"there are several columns {name!r}; expected each name once")


def _table_of_frame(frame: Any) -> pa.Table:
    _check_each_once(frame.columns)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except _UNREADABLE as error:
        name, why = next(_unreadable(frame), ("", error))
        raise ColumnError(
            f"the data frame cannot be read: column {name!r} of type {frame[name].dtype}: {why}. "
            "Expected columns of one type each; convert it, as with astype(str), or leave it out"
            if name in frame.columns
            else f"the data frame cannot be read: {why}"
        ) from error


_UNREADABLE = (
    pa.ArrowInvalid,
    pa.ArrowTypeError,
    pa.ArrowNotImplementedError,
    OverflowError,
    TypeError,
)


def _unreadable(frame: Any) -> Iterator[tuple[str, object]]:
    """Yield the columns that cannot be read, and why."""
    for name in frame.columns:
        try:
            pa.Table.from_pandas(frame[[name]], preserve_index=False)
        except _UNREADABLE as error:
            yield name, error.args[0] if error.args else error


def read_batches(source: Source, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a source, in order, one chunk in memory at a time."""
    for chunk in source.chunks(columns):
        yield from chunk.read().combine_chunks().to_batches()


def check_columns(schema: pa.Schema, columns: Sequence[str]) -> None:
    """Raise `ColumnError` if one of ``columns`` is not in ``schema``."""
    for name in columns:
        if name not in schema.names:
            raise ColumnError(f"there is no column {name!r}. {did_you_mean(name, schema.names)}")


def _parquet_files(path: str | Path) -> list[str]:
    if is_uri(str(path)):
        files = [str(path)] if str(path).endswith(".parquet") else find_files(f"{path}/*.parquet")
    elif Path(path).is_file():
        return [str(path)]
    else:
        files = [str(file) for file in sorted(Path(path).glob("*.parquet"))]
    if not files:
        below = None if is_uri(str(path)) else next(Path(path).glob("**/*.parquet"), None)
        hint = (
            "" if below is None else f". Further down there is {below}; give a list of such files"
        )
        raise DataError(
            f"no *.parquet file in {path}; expected a Parquet file or a folder of them{hint}"
        )
    return files
