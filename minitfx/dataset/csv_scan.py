"""One quick look through CSV files: headers, block boundaries, samples of the cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from minitfx.dataset import csv_fault
from minitfx.dataset.cell import CellType, cell_type
from minitfx.dataset.csv_cells import CsvColumn, is_odd
from minitfx.dataset.csv_options import CsvOptions
from minitfx.dataset.csv_record import Record, records, whole_records
from minitfx.dataset.local_file import LocalFile

BLOCK_BYTES = 4 << 20
"""Bytes of a chunk, about: large enough to keep Arrow busy, small enough for a cache."""

RECORD_BYTES = 64 << 20
"""Bytes that one record may have; a longer one is taken for an unclosed quote."""

_FIRST_SAMPLE, _SAMPLE = 500, 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole records of one of the files.

    Attributes
    ----------
    file : int
        Which file, counted from 0.
    offset, length : int
        Its bytes.
    """

    file: int
    offset: int
    length: int


class Scan:
    """What one look through CSV files finds.

    Parameters
    ----------
    files : sequence of LocalFile
        Local UTF-8 files.
    options : CsvOptions
        Delimiter and null markers.

    Attributes
    ----------
    names : list of str
        The header.
    blocks : list of Block
        Where the records are, in order; blocks of nothing but blank lines are left out.
    """

    def __init__(self, files: Sequence[LocalFile], options: CsvOptions) -> None:
        self.names: list[str] = []
        self.blocks: list[Block] = []
        self._delimiter = options.delimiter.encode()
        self._missing = {"", *options.null_values}
        self._given = list(options.column_names)
        self._types: list[CellType] = []
        self._odd: list[bool] = []
        for number, file in enumerate(files):
            self._scan_file(number, file, files[0])
        if not self.blocks:
            raise csv_fault.no_rows(files)

    def columns(self) -> tuple[CsvColumn, ...]:
        """Return the columns, with the types of the sampled cells."""
        found = zip(self.names, self._types, self._odd, strict=True)
        return tuple(CsvColumn(name, kind, odd) for name, kind, odd in found)

    def _scan_file(self, number: int, file: LocalFile, first: LocalFile) -> None:
        begun = False
        for offset, block, length in _whole_blocks(file, self._delimiter):
            begin = 0
            if not begun:
                record = next(records(block[:length], self._delimiter), None)
                if record is None:
                    continue
                begun = True
                if self._given:
                    self._take_names(self._given)
                else:
                    self._take_header(file, record, first)
                    begin = record.end
            self._take_block(Block(number, offset + begin, length - begin), block, begin)
        if not begun:
            raise csv_fault.empty(file)

    def _take_header(self, file: LocalFile, header: Record, first: LocalFile) -> None:
        names = csv_fault.header_names(file, header)
        if file is first:
            self._take_names(names)
        elif names != self.names:
            raise csv_fault.other_header(file, header, names, first, self.names)

    def _take_names(self, names: list[str]) -> None:
        if not self.names:
            self.names = names
            self._types = [CellType.UNKNOWN] * len(names)
            self._odd = [False] * len(names)

    def _take_block(self, where: Block, block: bytes, begin: int) -> None:
        size = _SAMPLE if self.blocks else _FIRST_SAMPLE
        end = begin + where.length
        found = takewhile(lambda r: r.end <= end, records(block, self._delimiter, begin))
        sample = list(islice(found, size))
        if sample:
            self.blocks.append(where)
        for record in sample:
            for column, cell in enumerate(record.cells[: len(self.names)]):
                if self._types[column] is not CellType.STRING:
                    self._widen(column, cell.decode("utf-8", "replace"))

    def _widen(self, column: int, cell: str) -> None:
        if cell not in self._missing:
            self._types[column] = max(self._types[column], cell_type(cell))
            self._odd[column] |= is_odd(cell)


def _whole_blocks(file: LocalFile, delimiter: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield (offset, bytes, how many of them are whole records), the header among them.

    What is left of a block is read again with the next one, which costs less than joining.
    """
    with Path(file.path).open("rb") as stream:
        start = stream.read(BLOCK_BYTES)
        if (other := csv_fault.other_format(file, start)) is not None:
            raise other
        offset = len(_BYTE_ORDER_MARK) if start.startswith(_BYTE_ORDER_MARK) else 0
        newline = b"\n" if b"\n" in start or b"\r" not in start else b"\r"
        size = BLOCK_BYTES
        while True:
            stream.seek(offset)
            block = stream.read(size)
            length = whole_records(block, delimiter, newline)
            if len(block) < size:
                rest = block[length:]
                if not _is_closed(rest, delimiter):
                    raise csv_fault.unclosed_quote(file, offset + length, rest, delimiter)
                length = len(block)
            elif not length and size > RECORD_BYTES:
                raise csv_fault.unclosed_quote(file, offset, block, delimiter)
            if length:
                yield offset, block, length
            if len(block) < size:
                return
            # A record longer than a block is looked at again with twice the bytes.
            offset, size = offset + length, BLOCK_BYTES if length else 2 * size


def _is_closed(rest: bytes, delimiter: bytes) -> bool:
    """Whether the last records of a file, which may lack a line end, close their quotes."""
    return b'"' not in rest or not any(record.unclosed for record in records(rest, delimiter))
