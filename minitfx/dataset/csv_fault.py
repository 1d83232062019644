"""What is wrong with a CSV file, and where: file, line, column.

Reading is quick and says only that something failed; the slow look that finds the place is
taken once, when it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from minitfx.dataset.csv_cells import BlockReader
from minitfx.dataset.csv_record import Record, count_lines, records
from minitfx.dataset.local_file import LocalFile, say_encoding
from minitfx.errors import DataError

_STEP = 1 << 22


def empty(file: LocalFile) -> DataError:
    """Return the error for a file without a header."""
    return DataError(f"{file.name}: the file is empty; expected a header line and rows")


def other_format(file: LocalFile, start: bytes) -> DataError | None:
    """Return the error for a file that is something else by its first bytes, None for text."""
    for signature, found, instead in _SIGNATURES:
        if start.startswith(signature):
            return DataError(f"{file.name}: this is {found}, not CSV; {instead}")
    return None


_SIGNATURES = (
    (b"PAR1", "a Parquet file", "read it as Parquet, with the suffix .parquet"),
    (b"\x1f\x8b", "compressed by gzip", "give it the suffix .gz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "give it the suffix .zst"),
    (b"BZh", "compressed by bzip2", "give it the suffix .bz2"),
    (b"PK\x03\x04", "a ZIP archive, or an Excel workbook", "unpack it, or save it as CSV"),
    (b"\xfd7zXZ", "compressed by xz", "unpack it, or compress it with gzip or zstd"),
    (b"Obj\x01", "an Avro file", "read it as Avro"),
    (b"ARROW1", "an Arrow file", "read it with pyarrow and pass on the table"),
)


def no_rows(files: Sequence[LocalFile]) -> DataError:
    """Return the error for files that hold nothing but headers."""
    named = ", ".join(file.name for file in files)
    return DataError(f"{named}: a header but no rows; expected at least one row of data")


def header_names(file: LocalFile, header: Record) -> list[str]:
    """Return the names in a header.

    Raises
    ------
    DataError
        If a name stands twice, or is not UTF-8.
    """
    names = []
    for number, cell in enumerate(header.cells, 1):
        try:
            names.append(cell.decode())
        except UnicodeDecodeError as error:
            raise _not_utf8(file, header.line, f"column {number} of the header", error) from None
    for name, count in Counter(names).items():
        if count > 1:
            places = [str(i) for i, each in enumerate(names, 1) if each == name]
            raise DataError(
                f"{file.name}, line {header.line}: the header names column {name!r} {count} times, "
                f"as columns {' and '.join(places)}; expected each name once"
            )
    return names


def other_header(
    file: LocalFile, header: Record, names: list[str], first: LocalFile, expected: list[str]
) -> DataError:
    """Return the error for a header that is not that of the first file."""
    where = f"{file.name}, line {header.line}"
    lacking = [name for name in expected if name not in names]
    more = [name for name in names if name not in expected]
    if not lacking and not more:
        moved = next(i for i, name in enumerate(names) if name != expected[i])
        return DataError(
            f"{where}: column {moved + 1} is {names[moved]!r}, in {first.name} it is "
            f"{expected[moved]!r}; expected the same columns in the same order"
        )
    lacks = f"lacks {_quoted(lacking)}" if lacking else ""
    has_more = f"has {_quoted(more)} besides" if more else ""
    return DataError(
        f"{where}: compared with {first.name}, the header "
        f"{' and '.join(filter(None, [lacks, has_more]))}; expected the same columns in the same "
        "order"
    )


def unclosed_quote(file: LocalFile, offset: int, rest: bytes, delimiter: bytes) -> DataError:
    """Return the error for a quote that is opened in ``rest`` and not closed."""
    found = next((r for r in records(rest, delimiter) if r.unclosed), None)
    line = _line(file, offset) + (found.line - 1 if found else 0)
    column = 1 + next(
        (i for i, cell in enumerate(found.cells if found else []) if cell.startswith(b'"')), 0
    )
    return DataError(
        f"{file.name}, line {line}, column {column}: a quote is opened and never closed; close it, "
        'and double a quote that is part of the text ("")'
    )


def explain(file: LocalFile, offset: int, block: bytes, reader: BlockReader) -> DataError | None:
    """Return the error for the first malformed record of a block, None if there is none.

    Parameters
    ----------
    file : LocalFile
        The file.
    offset : int
        Where the block begins in it.
    block : bytes
        Whole records.
    reader : BlockReader
        The columns and options of the file.
    """
    expected = len(reader.columns)
    for record in records(block, reader.options.delimiter.encode()):
        if len(record.cells) != expected:
            line = _line(file, offset) + record.line - 1
            return _ragged(file, line, record, expected, bool(reader.options.column_names))
        for column, cell in zip(reader.columns, record.cells, strict=True):
            try:
                cell.decode()
            except UnicodeDecodeError as error:
                line = _line(file, offset) + record.line - 1
                return _not_utf8(file, line, f"column {column.name!r}", error)
    return None


def _ragged(file: LocalFile, line: int, record: Record, expected: int, is_named: bool) -> DataError:
    found = len(record.cells)
    hint = (
        "quote a cell that holds the delimiter" if found > expected else "fill in what is missing"
    )
    if record.lines > 1:
        hint = f"it runs over {record.lines} lines, so check its quotes"
    place = f"column {min(found, expected) + 1}"
    return DataError(
        f"{file.name}, line {line}, {place}: the record has {found} cells, "
        f"{'column_names' if is_named else 'the header'} {expected}; {hint}"
    )


def _not_utf8(file: LocalFile, line: int, where: str, error: UnicodeDecodeError) -> DataError:
    return DataError(
        f"{file.name}, line {line}, {where}: byte 0x{error.object[error.start]:02x} is not UTF-8 "
        f"({error.reason}); {say_encoding(error.object)}"
    )


def _line(file: LocalFile, offset: int) -> int:
    """Return the number of the line at a place in the file, 1 for the first."""
    line, left = 1, offset
    with Path(file.path).open("rb") as stream:
        while left > 0 and (piece := stream.read(min(left, _STEP))):
            line, left = line + count_lines(piece), left - len(piece)
    return line


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
