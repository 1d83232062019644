"""Raw examples seen through a fitted transform, a chunk at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from minitfx.dataset.source import Source, TableChunk, check_columns


class Graph(Protocol):
    """What is needed of a fitted transform (see `minitfx.transform.load`)."""

    @property
    def output_schema(self) -> pa.Schema:
        """Names and types of the columns that it makes."""
        ...

    def inputs_of(self, outputs: Sequence[str]) -> list[str]:
        """Return the raw columns that some outputs are computed from."""
        ...

    def transform(self, table: pa.Table, outputs: Sequence[str] | None = None) -> pa.Table:
        """Return the transformed rows; only ``outputs``, or all columns."""
        ...


@dataclass(frozen=True)
class TransformedChunk:
    """A chunk of raw rows, transformed when it is read.

    Attributes
    ----------
    chunk : TableChunk
        The raw rows.
    graph : Graph
        The transform.
    columns : tuple of str
        Columns of the transform's output to make.
    """

    chunk: TableChunk
    graph: Graph
    columns: tuple[str, ...]

    @property
    def index(self) -> int:
        """The place among the chunks of the source."""
        return self.chunk.index

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.chunk.rows

    def read(self) -> pa.Table:
        """Return the transformed rows."""
        table = self.graph.transform(self.chunk.read(), outputs=list(self.columns))
        return table.select(list(self.columns))


@dataclass(frozen=True)
class TransformedSource:
    """The rows of a source as a fitted transform makes them.

    Attributes
    ----------
    source : Source
        Raw rows.
    graph : Graph
        The transform.
    """

    source: Source
    graph: Graph

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the transformed columns."""
        return self.graph.output_schema

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.source.rows

    def chunks(self, columns: Sequence[str] | None = None) -> Sequence[TransformedChunk]:
        """Return one chunk per raw chunk; only ``columns``, and what they need, are read."""
        wanted = tuple(self.schema.names if columns is None else columns)
        check_columns(self.schema, wanted)
        raw = self.source.chunks(self.graph.inputs_of(wanted))
        return tuple(TransformedChunk(chunk, self.graph, wanted) for chunk in raw)
