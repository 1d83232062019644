"""CSV files as a table in chunks: blocks of whole records, typed by all cells, read anywhere.

::

    scan_csv(files) ─► headers agree, block boundaries, types guessed from samples of each block
         │
         ▼
    CsvSource.chunks() ─► each reads its own bytes and types its cells
         │
         └─ a cell wider than the guess ─► WiderTypesError ─► settled(): types from all cells

Reading with guessed types is one pass over the file; `with_exact_types` starts again after a
second pass only when a guess was wrong, so a result never rests on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from minitfx.dataset.cell import CellType
from minitfx.dataset.csv_cells import ARROW_TYPES, BlockReader
from minitfx.dataset.csv_fault import explain
from minitfx.dataset.csv_options import CsvOptions
from minitfx.dataset.csv_scan import Block, Scan
from minitfx.dataset.files import expand
from minitfx.dataset.local_file import LocalFile, local_file
from minitfx.dataset.retyping import WiderTypesError, with_exact_types
from minitfx.dataset.source import check_columns
from minitfx.errors import DataError
from minitfx.kernels import fold

__all__ = ["ColumnTypes", "CsvChunk", "CsvSource", "read_csv", "scan_csv", "with_exact_types"]


@dataclass(frozen=True)
class CsvChunk:
    """A block of CSV records: a reference that reads and types itself.

    Attributes
    ----------
    file : LocalFile
        The file.
    offset, length : int
        Its bytes.
    reader : BlockReader
        How to read them.
    columns : tuple of str or None
        Which columns, None for all.
    index : int
        The place among the chunks of its source.
    fitting : set of int
        Of the source: chunks whose cells all fit the types that are believed. Where another
        process reads, it learns of none, which costs time only.
    """

    file: LocalFile
    offset: int
    length: int
    reader: BlockReader
    columns: tuple[str, ...] | None
    index: int
    fitting: set[int] = field(default_factory=set, compare=False, repr=False)

    @property
    def rows(self) -> int:
        """How many rows; reads the block, for a file does not say."""
        block = self._bytes()
        try:
            return self.reader.count(block)
        except pa.ArrowInvalid as error:
            raise self._fault(block, error) from error

    def read(self) -> pa.Table:
        """Return the rows, with the columns that were asked for.

        Raises
        ------
        DataError
            If a record is malformed, naming file, line and column.
        WiderTypesError
            If a cell does not fit the type that was guessed; see `with_exact_types`.
        """
        block = self._bytes()
        try:
            table = self.reader.read(block, self.columns)
        except pa.ArrowInvalid as error:
            raise self._fault(block, error) from error
        if table.num_columns == len(self.reader.columns):
            self.fitting.add(self.index)
        return table

    def types(self) -> dict[str, CellType]:
        """Return the types of the columns, as wide as this block's cells need."""
        chunk, types = self, {}
        while True:
            try:
                chunk.read()
            except WiderTypesError as wider:
                types.update(wider.types)
                reader = _widened(chunk.reader, wider.types)
                chunk = replace(chunk, reader=reader, fitting=set())
            else:
                return {**{c.name: c.type for c in self.reader.columns}, **types}

    def _fault(self, block: bytes, error: pa.ArrowInvalid) -> DataError:
        fault = explain(self.file, self.offset, block, self.reader)
        return fault or DataError(f"{self.file.name}: {error}")

    def _bytes(self) -> bytes:
        with Path(self.file.path).open("rb") as file:
            file.seek(self.offset)
            return file.read(self.length)


@dataclass(frozen=True)
class CsvSource:
    """The rows of CSV files of one header, in the order of the files.

    Made by `scan_csv`.

    Attributes
    ----------
    files : tuple of LocalFile
        The files.
    blocks : tuple of Block
        Where the chunks are.
    reader : BlockReader
        The columns with their types, and how cells are read.
    fitting : set of int
        Chunks that have been read with these types: none of their cells is wider.
    """

    files: tuple[LocalFile, ...]
    blocks: tuple[Block, ...]
    reader: BlockReader
    fitting: set[int] = field(default_factory=set, compare=False, repr=False)

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns: int64, double, string, or null if all is missing."""
        return pa.schema([(c.name, ARROW_TYPES[c.type]) for c in self.reader.columns])

    @property
    def rows(self) -> int:
        """How many rows there are; reads the files."""
        return sum(chunk.rows for chunk in self.chunks())

    def chunks(self, columns: Sequence[str] | None = None) -> Sequence[CsvChunk]:
        """Return one chunk per block, in order; only ``columns``, or all of them."""
        if columns is not None:
            check_columns(self.schema, columns)
            columns = tuple(columns)
        return tuple(
            CsvChunk(
                self.files[block.file],
                block.offset,
                block.length,
                self.reader,
                columns,
                index,
                self.fitting,
            )
            for index, block in enumerate(self.blocks)
        )

    def settled(self) -> CsvSource:
        """Return the source with the types that all cells give.

        One pass over the chunks that have not been read with the types believed so far: after
        work that read on until a cell was too wide, over what lies behind that cell.
        """
        left = [_TypesOf(each) for each in self.chunks() if each.index not in self.fitting]
        return self._with_reader(_widened(self.reader, fold(ColumnTypes(), left)))

    def with_types_of(self, others: Iterable[CsvSource]) -> CsvSource:
        """Return the source with columns that look empty typed as they are in other sources.

        So a column that has no value in one input split has the same type in all of them.
        """
        types = fold(ColumnTypes(), [_Given(other.reader) for other in others])
        empty = {c.name for c in self.reader.columns if c.type is CellType.UNKNOWN}
        found = {name: kind for name, kind in types.items() if name in empty}
        return self._with_reader(_widened(self.reader, found))

    def _with_reader(self, reader: BlockReader) -> CsvSource:
        return replace(self, reader=reader, fitting=set())


class ColumnTypes:
    """The widest type of each column over some blocks: an accumulator.

    Merging takes the wider of two types, which is exact, associative and commutative.
    """

    def __init__(self, types: dict[str, CellType] | None = None) -> None:
        self.types = types or {}

    def zero(self) -> ColumnTypes:
        """Return an accumulator that has seen nothing."""
        return ColumnTypes()

    def add(self, chunk: dict[str, CellType]) -> ColumnTypes:
        """Widen by the types of one block."""
        names = [*self.types, *(name for name in chunk if name not in self.types)]
        unknown = CellType.UNKNOWN
        return ColumnTypes(
            {n: max(self.types.get(n, unknown), chunk.get(n, unknown)) for n in names}
        )

    def merge(self, other: ColumnTypes) -> ColumnTypes:
        """Widen by what the other has seen."""
        return self.add(other.types)

    def result(self) -> dict[str, CellType]:
        """Return the type of each column."""
        return dict(self.types)


@dataclass(frozen=True)
class _TypesOf:
    chunk: CsvChunk

    def read(self) -> dict[str, CellType]:
        return self.chunk.types()


@dataclass(frozen=True)
class _Given:
    reader: BlockReader

    def read(self) -> dict[str, CellType]:
        return {column.name: column.type for column in self.reader.columns}


def _widened(reader: BlockReader, types: dict[str, CellType]) -> BlockReader:
    columns = tuple(
        replace(column, type=max(column.type, types.get(column.name, CellType.UNKNOWN)))
        for column in reader.columns
    )
    return replace(reader, columns=columns)


def scan_csv(
    files: str | Path | Sequence[str | Path], options: CsvOptions | None = None
) -> CsvSource:
    """Return CSV files as a source, its types guessed from samples.

    Parameters
    ----------
    files : path, pattern, folder, or a sequence of these
        Local, or a URI that fsspec knows; compressed if the suffix says so. All have the same
        header, or none where the options name the columns.
    options : CsvOptions, optional
        Delimiter, encoding, null markers, names for files without a header.

    Returns
    -------
    CsvSource
        Chunks of about four megabytes. Use it through `with_exact_types`, or call `settled`.

    Raises
    ------
    DataError
        If no file matches, a file is empty, all have a header only, headers differ, a column
        stands twice, or a quote is not closed: with file, line and column.
    StorageError
        If a file cannot be read.

    Notes
    -----
    Looks for line ends and quotes only, and types a few records of each block.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "a.csv"
    >>> _ = path.write_text("x,y\\n1,a\\n,b\\n")
    >>> scan_csv(path).schema.types
    [DataType(int64), DataType(string)]
    """
    options = options or CsvOptions()
    encoding = None if options.is_utf8 else options.encoding
    local = tuple(local_file(path, encoding) for path in expand(files))
    scan = Scan(local, options)
    return CsvSource(local, tuple(scan.blocks), BlockReader(scan.columns(), options))


def read_csv(
    files: str | Path | Sequence[str | Path], options: CsvOptions | None = None
) -> pa.Table:
    """Return CSV files as one table in memory; for all parameters see `scan_csv`.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "a.csv"
    >>> _ = path.write_text("x,y\\n1,a\\n,NA\\n2.5,\\n")
    >>> read_csv(path).to_pydict()
    {'x': [1.0, None, 2.5], 'y': ['a', 'NA', None]}
    """
    return with_exact_types(scan_csv(files, options), _whole)


def _whole(source: CsvSource) -> pa.Table:
    return pa.concat_tables(chunk.read() for chunk in source.chunks())
