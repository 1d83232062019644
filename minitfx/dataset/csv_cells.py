"""The cells of a block of CSV as typed Arrow columns, by the rule of `minitfx.dataset.cell`.

Arrow converts cells fast but by its own rule. It is asked first and trusted where the two
rules cannot differ: what it refuses, and the few spellings that it takes though the rule does
not (`_doubtful`), are read again as text and converted value by value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from minitfx.dataset.cell import CellType, cell_type, integer
from minitfx.dataset.csv_options import CsvOptions
from minitfx.dataset.retyping import WiderTypesError

ARROW_TYPES = {
    CellType.UNKNOWN: pa.null(),
    CellType.INT: pa.int64(),
    CellType.FLOAT: pa.float64(),
    CellType.STRING: pa.string(),
}
"""How a column of each type is stored."""

_NUMERIC = (CellType.INT, CellType.FLOAT)
_GUILTY = re.compile(r"In CSV column #(\d+): .*conversion error", re.DOTALL)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvColumn:
    """What is believed of a column before all its cells are seen.

    Attributes
    ----------
    name : str
        From the header.
    type : CellType
        The widest type of the cells seen so far.
    odd : bool
        Whether numbers are spelled in a way that Arrow does not read, such as ``+5``; only a
        hint that saves time.
    """

    name: str
    type: CellType = CellType.UNKNOWN
    odd: bool = False


@dataclass(frozen=True)
class BlockReader:
    """Reads blocks of whole CSV records, all of one header.

    Attributes
    ----------
    columns : tuple of CsvColumn
        All columns of the file, in its order.
    options : CsvOptions
        Delimiter and null markers; the blocks are UTF-8 already.
    dictionaries : bool
        Whether text comes as Arrow dictionaries.
    """

    columns: tuple[CsvColumn, ...]
    options: CsvOptions
    dictionaries: bool = False

    def read(self, block: bytes, wanted: Sequence[str] | None = None) -> pa.Table:
        """Return the typed rows of a block; only the columns ``wanted``, or all.

        Raises
        ------
        WiderTypesError
            If a column holds cells that its type cannot hold.
        pyarrow.ArrowInvalid
            If a record has too few or too many cells, or bytes are not UTF-8.
        """
        columns = self._columns(wanted)
        as_text = {column.name for column in columns if column.odd and column.type in _NUMERIC}
        while True:
            try:
                table = self._parse(block, columns, as_text)
                break
            except pa.ArrowInvalid as error:
                refused = self._refused(error, columns, as_text)
                if not refused:
                    raise
                as_text |= refused
        doubtful = _doubtful(block, table, [c for c in columns if c.name not in as_text])
        texts = {name: table[name] for name in as_text}
        if doubtful:
            again = self._parse(block, [c for c in columns if c.name in doubtful], doubtful)
            texts.update({name: again[name] for name in doubtful})
        return _with_converted(table, texts, columns)

    def count(self, block: bytes) -> int:
        """Return how many records a block has."""
        column = replace(self.columns[0], type=CellType.STRING)
        return int(self._parse(block, [column], ()).num_rows)

    def _columns(self, wanted: Sequence[str] | None) -> list[CsvColumn]:
        if wanted is None:
            return list(self.columns)
        by_name = {column.name: column for column in self.columns}
        return [by_name[name] for name in wanted]

    def _parse(
        self, block: bytes, columns: Sequence[CsvColumn], as_text: Collection[str]
    ) -> pa.Table:
        text = pa.dictionary(pa.int32(), pa.string()) if self.dictionaries else pa.string()
        types = {
            column.name: pa.string()
            if column.name in as_text
            else text
            if column.type is CellType.STRING
            else ARROW_TYPES[column.type]
            for column in columns
        }
        if block.startswith(_BYTE_ORDER_MARK):
            block = b"\n" + block  # here it is a cell's own first character
        return pyarrow.csv.read_csv(
            pa.BufferReader(block),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=len(block) + 1,
                column_names=[column.name for column in self.columns],
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.options.delimiter, newlines_in_values=True
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=["", *self.options.null_values],
                strings_can_be_null=True,
            ),
        )

    def _refused(
        self, error: pa.ArrowInvalid, columns: Sequence[CsvColumn], as_text: Collection[str]
    ) -> set[str]:
        """Name the columns to read as text after Arrow refused a cell; none for other faults."""
        found = _GUILTY.search(str(error))
        if found is None:
            return set()
        guilty = self.columns[int(found[1])]
        typed = {c.name for c in columns if c.type is not CellType.STRING} - set(as_text)
        return {guilty.name} & typed


def _doubtful(block: bytes, table: pa.Table, columns: Sequence[CsvColumn]) -> set[str]:
    """Name the columns where Arrow may have taken a cell that the rule does not take.

    Arrow reads ``0x1F`` as an integer and ``nan(1)`` as a real; and a real it takes from an
    integer that 64 bits cannot hold, which by the rule makes the column text.
    """
    doubtful = set()
    if any(column.type is CellType.INT for column in columns) and _may_hold_hexadecimal(block):
        doubtful |= {column.name for column in columns if column.type is CellType.INT}
    bracket = b"(" in block
    for column in columns:
        if column.type is CellType.FLOAT:
            values = table[column.name]
            limits = pc.min_max(values).as_py()
            large = any(abs(limit) >= 2.0**63 for limit in limits.values() if limit is not None)
            if large or (bracket and pc.any(pc.is_nan(values)).as_py()):
                doubtful.add(column.name)
    return doubtful


def _may_hold_hexadecimal(block: bytes) -> bool:
    for letter in (b"x", b"X"):
        if letter in block:
            data = np.frombuffer(block, np.uint8)
            places = np.flatnonzero(data[1:] == letter[0])
            if bool((data[places] == ord("0")).any()):
                return True
    return False


def _with_converted(
    table: pa.Table, texts: Mapping[str, pa.ChunkedArray], columns: Sequence[CsvColumn]
) -> pa.Table:
    wider: dict[str, CellType] = {}
    for position, column in enumerate(columns):
        if column.name not in texts:
            continue
        seen, values = converted(texts[column.name], column.type)
        if seen > column.type:
            wider[column.name] = seen
        else:
            table = table.set_column(position, column.name, values)
    if wider:
        raise WiderTypesError(wider)
    return table


def converted(texts: pa.ChunkedArray, at_least: CellType) -> tuple[CellType, pa.Array]:
    """Return the type of cells given as text, and their values in that type.

    Parameters
    ----------
    texts : pyarrow.ChunkedArray of string
        Null where a cell is missing.
    at_least : CellType
        The type that the column has anyway.

    Notes
    -----
    Each distinct text is looked at once: O(distinct) in Python, O(rows) in Arrow.
    """
    encoded = texts.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    cells: list[str] = encoded.dictionary.to_pylist()
    seen = max((cell_type(cell) for cell in cells), default=CellType.UNKNOWN)
    kind = max(seen, at_least)
    values: list[Any] = cells
    if kind is CellType.INT:
        values = [integer(cell) for cell in cells]
    elif kind is CellType.FLOAT:
        values = [float(cell) for cell in cells]
    return seen, pa.array(values, ARROW_TYPES[kind]).take(encoded.indices)


def is_odd(cell: str) -> bool:
    """Return whether Arrow would refuse a numeric cell that the rule takes."""
    plain = re.fullmatch(r"[ \t]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t]*", cell, re.ASCII)
    return plain is None or ("+" in cell and cell_type(cell) is CellType.INT)
