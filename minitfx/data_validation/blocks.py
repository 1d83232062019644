"""How a table is cut for statistics: one column of many rows where the file allows it.

Sorting and hashing one column at a time keeps the working set in the processor's cache, so a
Parquet file or a table in memory is cut into (column, about 262,144 rows). Files that only
yield whole rows are cut as their source cuts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.data_validation.features import Feature, is_text
from minitfx.dataset.source import MemorySource, ParquetChunk, ParquetSource, Source, TableChunk

ROWS_PER_BLOCK = 262_144
"""Rows of a block of one column; a block ends with the row group that reaches them."""


@dataclass(frozen=True)
class Part:
    """What a block holds.

    Attributes
    ----------
    table : pyarrow.Table
        The columns that its features need.
    features : tuple of Feature
        What to compute of it.
    number : int
        The place of these rows in the table; the same for all columns of the same rows.
    """

    table: pa.Table
    features: tuple[Feature, ...]
    number: int


class Block(Protocol):
    """A chunk for `minitfx.kernels.fold` that reads as a `Part`."""

    def read(self) -> Part:
        """Return the rows."""
        ...


@dataclass(frozen=True)
class ParquetBlock:
    """Row groups of one Parquet file, strings kept as dictionaries."""

    path: str
    row_groups: tuple[int, ...]
    columns: tuple[str, ...]
    features: tuple[Feature, ...]
    number: int

    def read(self) -> Part:
        """Return the rows."""
        status = Path(self.path).stat()
        metadata = _metadata(self.path, status.st_mtime_ns, status.st_size)
        schema = metadata.schema.to_arrow_schema()
        texts = [name for name in self.columns if is_text(schema.field(name).type)]
        with pq.ParquetFile(self.path, metadata=metadata, read_dictionary=texts) as file:
            table = file.read_row_groups(
                list(self.row_groups), columns=list(self.columns), use_threads=False
            )
        return Part(table, self.features, self.number)


@dataclass(frozen=True)
class TableBlock:
    """Some columns and rows of a table in memory."""

    table: pa.Table
    features: tuple[Feature, ...]
    number: int

    def read(self) -> Part:
        """Return the rows; nothing is copied."""
        return Part(self.table, self.features, self.number)


@dataclass(frozen=True)
class RowBlock:
    """A chunk of whole rows."""

    chunk: TableChunk
    features: tuple[Feature, ...]
    number: int

    def read(self) -> Part:
        """Return the rows."""
        return Part(self.chunk.read(), self.features, self.number)


def column_blocks(source: Source, features: Sequence[Feature]) -> list[Block]:
    """Return blocks for statistics of each feature on its own, column by column.

    Parameters
    ----------
    source : Source
        The table.
    features : sequence of Feature
        What to compute.
    """
    if not isinstance(source, (ParquetSource, MemorySource)):
        return row_blocks(source, features, ())
    blocks: list[Block] = []
    by_column: dict[str, list[Feature]] = {}
    for feature in features:
        by_column.setdefault(feature.column, []).append(feature)
    for group in by_column.values():
        blocks.extend(_of_column(source, tuple(group)))
    return blocks


def row_blocks(source: Source, features: Sequence[Feature], more: Sequence[str]) -> list[Block]:
    """Return blocks that hold the columns of all ``features``, and the columns ``more``."""
    columns = needed_columns(features)
    columns = columns + tuple(name for name in more if name not in columns)
    chunks = source.chunks(columns)
    return [RowBlock(chunk, tuple(features), number) for number, chunk in enumerate(chunks)]


def needed_columns(features: Sequence[Feature]) -> tuple[str, ...]:
    """Return the columns and weight columns of ``features``, each once."""
    columns = [feature.column for feature in features]
    weights = [feature.weight for feature in features if feature.weight is not None]
    return tuple(dict.fromkeys(columns + weights))


def _of_column(source: ParquetSource | MemorySource, features: tuple[Feature, ...]) -> list[Block]:
    columns = needed_columns(features)
    if isinstance(source, MemorySource):
        table = source.table.select(list(columns))
        starts = range(0, table.num_rows, ROWS_PER_BLOCK)
        return [
            TableBlock(table.slice(start, ROWS_PER_BLOCK), features, number)
            for number, start in enumerate(starts)
        ]
    return [
        ParquetBlock(group[0].path, _row_groups(group), columns, features, number)
        for number, group in enumerate(_grouped(source.chunks()))
    ]


def _grouped(chunks: Sequence[ParquetChunk]) -> list[list[ParquetChunk]]:
    """Return neighbouring chunks of one file together, up to `ROWS_PER_BLOCK` rows."""
    groups: list[list[ParquetChunk]] = []
    rows = 0
    for chunk in chunks:
        if not groups or groups[-1][0].path != chunk.path or rows >= ROWS_PER_BLOCK:
            groups.append([])
            rows = 0
        groups[-1].append(chunk)
        rows += chunk.rows
    return groups


def _row_groups(chunks: Sequence[ParquetChunk]) -> tuple[int, ...]:
    return tuple(group for chunk in chunks for group in chunk.row_groups)


@lru_cache(maxsize=16)
def _metadata(path: str, modified: int, size: int) -> Any:
    """Return a file's footer; parsing it anew for each block would cost more than reading."""
    return pq.read_metadata(path)
