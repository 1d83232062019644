"""Writing transformed rows: a fold whose partial results are the files that it wrote."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.dataset.source import Source
from minitfx.kernels import fold
from minitfx.transform.graph import TransformGraph
from minitfx.transform.rows import Rows, RowsChunk, numbered

_LEVEL = 1  # of zstd: what it saves beyond that costs more than reading it


@dataclass(frozen=True)
class Part:
    """A file of transformed rows.

    Attributes
    ----------
    name : str
        The file's name; follows from the place of its chunk.
    rows : int
        How many rows.
    digest : str
        SHA-256 of the file, in hexadecimal.
    """

    name: str
    rows: int
    digest: str


@dataclass(frozen=True)
class NumberedRows:
    """Rows, and the place of their chunk among all that are written."""

    rows: Rows
    index: int


@dataclass(frozen=True)
class NumberedChunk:
    """A reference to `NumberedRows`."""

    chunk: RowsChunk
    index: int

    def read(self) -> NumberedRows:
        """Return the rows."""
        return NumberedRows(self.chunk.read(), self.index)


@dataclass(frozen=True)
class PartWriter:
    """Transforms chunks and writes a file for each; its result is the list of files.

    Attributes
    ----------
    graph : TransformGraph
        What to apply.
    folder : str
        Where to write; must be there.
    total : int
        How many chunks there are, for the names.
    is_fitting : bool
        Whether these are the rows that the analyzers saw.
    parts : tuple of Part
        What has been written, in the order of the chunks.
    """

    graph: TransformGraph
    folder: str
    total: int
    is_fitting: bool = False
    parts: tuple[Part, ...] = ()

    def zero(self) -> PartWriter:
        """Return a writer that has written nothing."""
        return PartWriter(self.graph, self.folder, self.total, self.is_fitting)

    def add(self, chunk: NumberedRows) -> PartWriter:
        """Transform and write one chunk."""
        rows = chunk.rows
        table = self.graph.transform(
            rows.table, first_row=rows.first_row, is_fitting=self.is_fitting
        )
        name = f"data-{chunk.index:05d}-of-{self.total:05d}.parquet"
        part = write_part(table, Path(self.folder) / name)
        parts = (*self.parts, part)
        return PartWriter(self.graph, self.folder, self.total, self.is_fitting, parts)

    def merge(self, other: PartWriter) -> PartWriter:
        """Return the parts of both."""
        parts = self.parts + other.parts
        return PartWriter(self.graph, self.folder, self.total, self.is_fitting, parts)

    def result(self) -> tuple[Part, ...]:
        """Return what was written."""
        return self.parts


def write_part(table: pa.Table, path: Path) -> Part:
    """Write a table as one Parquet file of one row group."""
    sink = pa.BufferOutputStream()
    text = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=text,
        row_group_size=max(table.num_rows, 1),
    )
    content = sink.getvalue()
    with path.open("wb") as file:
        file.write(content)
    return Part(path.name, table.num_rows, hashlib.sha256(content).hexdigest())


def materialize(
    graph: TransformGraph,
    sources: Sequence[Source],
    folder: str | Path,
    *,
    is_fitting: bool = False,
) -> tuple[Part, ...]:
    """Write the transformed rows of some data sets into a folder, one Parquet file a chunk.

    Parameters
    ----------
    graph : TransformGraph
        What to apply.
    sources : sequence of Source
        Raw rows; the rows of the first come first.
    folder : str or Path
        Is made; holds ``data-00000-of-0000N.parquet`` and so on. Data without rows give one
        file without rows.
    is_fitting : bool
        Whether these are the rows that the analyzers saw; see `TransformGraph.transform`.

    Returns
    -------
    tuple of Part
        The files, in the order of the rows.

    Notes
    -----
    One pass; memory is bounded by the chunks that workers hold. The files depend on the chunks
    alone, not on who wrote them.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    raw = [chunk for source in sources for chunk in numbered(source, graph.input_columns)]
    if not raw:
        empty = pa.Table.from_batches([], graph.output_schema)
        return (write_part(empty, target / "data-00000-of-00001.parquet"),)
    chunks = [NumberedChunk(chunk, index) for index, chunk in enumerate(raw)]
    return fold(PartWriter(graph, str(target), len(chunks), is_fitting), chunks)
