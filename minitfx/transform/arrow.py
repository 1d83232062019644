"""From Arrow columns to cells and back, without a copy where the memory allows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from numpy.typing import NDArray

from minitfx.errors import ColumnError
from minitfx.transform.cells import SMALL, Cells, Lists, Mask, Numbers, Strings, take
from minitfx.transform.columntype import ColumnType, arrow_type, type_of

_FLOAT = pa.float64()
_INT = pa.int64()
_STRING = pa.string()
_FLOAT64, _INT64, _INT32 = np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.int32)


def read_cells(column: pa.ChunkedArray | pa.Array, want: ColumnType, name: str) -> Cells:
    """Return the cells of a column, converted to the type that a graph expects.

    Parameters
    ----------
    column : pyarrow.ChunkedArray or pyarrow.Array
        One value a row; nulls are missing cells.
    want : ColumnType
        What the graph was traced with. Integers and booleans pass for floats, whole floats for
        integers, and a column of nulls for anything.
    name : str
        The column's name, for the message.

    Raises
    ------
    ColumnError
        If the column cannot be read as ``want``.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if want.length is None:  # what a server reads again and again
        if want.kind == "float" and column.type == _FLOAT:
            return _plain(column, _FLOAT64)
        if want.kind == "int" and column.type == _INT:
            return _plain(column, _INT64)
        if want.kind == "string" and column.type == _STRING:
            return _read_text(column)
    return _read(column, want, name)


def _read(column: pa.Array, want: ColumnType, name: str) -> Cells:
    found = type_of(column.type)
    if found is None:
        raise ColumnError(f"column {name!r} is {column.type}; expected {want}")
    if want.length is not None and found.length is not None:
        return _read_list(column, want, name)
    if want.length is not None or found.length is not None:
        if not pat.is_null(column.type):
            raise ColumnError(f"column {name!r} is {found}; expected {want}")
        column = pa.nulls(len(column), arrow_type(want))
        return _read_list(column, want, name)
    return _read_values(column, want, name)


def _read_values(column: pa.Array, want: ColumnType, name: str) -> Numbers | Strings:
    try:
        if want.kind == "string":
            return _read_text(column)
        if pat.is_dictionary(column.type):
            column = column.dictionary_decode()
        if want.kind == "timestamp":
            return _read_timestamps(column)
        if type_of(column.type) == ColumnType("string") and not pat.is_null(column.type):
            raise pa.ArrowInvalid("text where numbers were expected")
        if want.kind == "float":
            return _plain(column.cast(_FLOAT), _FLOAT64)
        cells = _plain(column.cast(_INT), _INT64)
        return cells if want.kind == "int" else Numbers(cells.values.astype(np.bool_), cells.valid)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise ColumnError(
            f"column {name!r} is {column.type} and cannot be read as {want}, "
            f"which the graph was traced with: {error}{_hint(column, want)}"
        ) from None


def _hint(column: pa.Array, want: ColumnType) -> str:
    if want.kind == "int" and pat.is_floating(column.type):
        return ". If it holds fractions, let the schema say FLOAT when the graph is fitted"
    return ""


def _plain(column: pa.Array, dtype: np.dtype[Any]) -> Numbers:
    """Return a column of numbers of this type over its own memory."""
    rows = len(column)
    if not rows:
        return Numbers(np.zeros(0, dtype))
    start = column.offset * dtype.itemsize
    values: NDArray[Any] = np.frombuffer(column.buffers()[1], dtype, rows, start)
    if column.null_count == 0:
        return Numbers(values)
    valid = valid_of(column)
    # Whatever memory stands under a null must not show in a result.
    return Numbers(np.where(valid, values, values.dtype.type(0)), valid)


def valid_of(column: pa.Array) -> Mask:
    """Return where an Arrow array is not null."""
    return _bits(column, column.buffers()[0])


def bits_of(column: pa.Array) -> Mask:
    """Return the values of a boolean Arrow array without nulls."""
    return _bits(column, column.buffers()[1]) if len(column) else np.zeros(0, np.bool_)


def _bits(column: pa.Array, buffer: pa.Buffer) -> Mask:
    bits, start = np.frombuffer(buffer, np.uint8), column.offset
    return np.unpackbits(bits, count=start + len(column), bitorder="little")[start:].view(np.bool_)


def _read_timestamps(column: pa.Array) -> Numbers:
    if pat.is_date(column.type):
        column = column.cast(pa.timestamp("s"))
    unit = pa.timestamp("us", tz=getattr(column.type, "tz", None))
    return _plain(column.cast(unit, safe=False).view(_INT), _INT64)


def _read_text(column: pa.Array) -> Strings:
    if pat.is_dictionary(column.type) and column.dictionary.null_count:
        column = column.dictionary_decode()
    if pat.is_dictionary(column.type):
        codes = _codes(column.indices)
        return Strings(codes, column.dictionary.cast(pa.string()))
    if column.type != pa.string():
        if not (pat.is_null(column.type) or type_of(column.type) == ColumnType("string")):
            raise pa.ArrowInvalid("numbers where text was expected")
        column = column.cast(pa.string())
    if len(column) <= SMALL:
        codes = np.arange(len(column), dtype=np.int32)
        return Strings(codes if column.null_count == 0 else _unset(codes, column), column)
    encoded = column.dictionary_encode()
    return Strings(_codes(encoded.indices), encoded.dictionary)


def _unset(codes: NDArray[np.int32], column: pa.Array) -> NDArray[np.int32]:
    codes[~valid_of(column)] = -1
    return codes


def _codes(indices: pa.Array) -> NDArray[np.int32]:
    if indices.type != pa.int32():
        indices = indices.cast(pa.int32())
    cells = _plain(indices, _INT32)
    return (
        cells.values if cells.valid is None else np.where(cells.valid, cells.values, np.int32(-1))
    )


def _read_list(column: pa.Array, want: ColumnType, name: str) -> Cells:
    inner = ColumnType(want.kind)
    if want.is_fixed:
        return _read_fixed(column, want, inner, name)
    if pat.is_fixed_size_list(column.type):
        column = column.cast(pa.large_list(column.type.value_type))
    valid = valid_of(column) if column.null_count else None
    width = np.int64 if pat.is_large_list(column.type) else np.int32
    if len(column) == 0:
        return Lists(np.zeros(1, np.int64), _read_values(column.flatten(), inner, name))
    start = column.offset * np.dtype(width).itemsize
    offsets = np.frombuffer(column.buffers()[1], width, len(column) + 1, start).astype(np.int64)
    if valid is not None:  # flatten() leaves out what stands under a null list
        lengths = np.where(valid, np.diff(offsets), 0)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    items = _read_values(column.flatten(), inner, name)
    return Lists(offsets - offsets[0], items, valid)


def _read_fixed(column: pa.Array, want: ColumnType, inner: ColumnType, name: str) -> Cells:
    length = want.length or 0
    if not pat.is_fixed_size_list(column.type):
        lengths = pc.list_value_length(column)
        if pc.any(pc.not_equal(lengths, length)).as_py():
            raise ColumnError(f"column {name!r} holds lists of other lengths than {length}")
        column = column.cast(pa.list_(column.type.value_type, length))
    if column.type.list_size != length:
        raise ColumnError(f"column {name!r} is {type_of(column.type)}; expected {want}")
    values = column.values.slice(column.offset * length, len(column) * length)
    items = _read_values(values, inner, name)
    shape = (len(column), length)
    missing = None if column.null_count == 0 else ~valid_of(column)
    if isinstance(items, Strings):
        codes = items.codes.reshape(shape)
        if missing is not None:
            codes = np.where(missing[:, None], np.int32(-1), codes)
        return Strings(codes, items.words)
    valid = None if items.valid is None else items.valid.reshape(shape)
    if missing is not None:
        valid = np.broadcast_to(~missing[:, None], shape) & (True if valid is None else valid)
    return Numbers(items.values.reshape(shape), valid)


def writer_of(column: ColumnType) -> Callable[[Cells, int], pa.Array]:
    """Return `write_cells` for a type, with what can be found out beforehand."""
    arrow, is_single = arrow_type(column), column.length is None

    def write(cells: Cells, rows: int) -> pa.Array:
        if is_single and isinstance(cells, Numbers) and cells.values.ndim:
            return _write_numbers(cells.values, cells.valid, arrow)
        return write_cells(cells, column, rows)

    return write


def write_cells(cells: Cells, column: ColumnType, rows: int) -> pa.Array:
    """Return cells as an Arrow array, one value a row.

    Parameters
    ----------
    cells : Numbers, Strings or Lists
        A constant (without a row axis) is repeated for every row.
    column : ColumnType
        Their type; see `minitfx.transform.columntype.arrow_type` for how it is written.
    rows : int
        How many rows.
    """
    if column.is_ragged and not isinstance(cells, Lists):
        length = len(cells.codes if isinstance(cells, Strings) else cells.values)
        places = np.tile(np.arange(length), rows)
        cells = Lists(np.arange(rows + 1, dtype=np.int64) * length, take(cells, places))
    if isinstance(cells, Lists):
        return _write_list(cells, column)
    if column.is_fixed:
        return _write_fixed(cells, column, rows)
    if isinstance(cells, Strings):
        codes = cells.codes if cells.codes.ndim else np.broadcast_to(cells.codes, rows)
        return _write_text(codes, cells.words)
    values, valid = cells.values, cells.valid
    if values.ndim == 0:
        values = np.full(rows, values)
        valid = None if valid is None else np.full(rows, valid)
    return _write_numbers(values, valid, arrow_type(column))


def _write_numbers(values: NDArray[Any], valid: Mask | None, arrow: pa.DataType) -> pa.Array:
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    bitmap = None if valid is None or valid.all() else _bitmap(valid)
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(arrow, len(values), [bitmap, data])


def _bitmap(valid: Mask) -> pa.Buffer:
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _write_text(codes: NDArray[np.int32], words: pa.Array) -> pa.Array:
    if len(codes) == len(words) and len(codes) <= SMALL and codes.tolist() == [*range(len(codes))]:
        return words
    if (codes < 0).any():
        return words.take(_write_numbers(codes, codes >= 0, pa.int32()))
    return words.take(_write_numbers(codes, None, pa.int32()))


def _write_list(cells: Lists, column: ColumnType) -> pa.Array:
    items = write_cells(cells.items, ColumnType(column.kind), len(cells.offsets) - 1)
    offsets = pa.py_buffer(cells.offsets.astype(np.int32))
    bitmap = None if cells.valid is None or cells.valid.all() else _bitmap(cells.valid)
    return pa.Array.from_buffers(
        arrow_type(column), len(cells.offsets) - 1, [bitmap, offsets], children=[items]
    )


def _write_fixed(cells: Numbers | Strings, column: ColumnType, rows: int) -> pa.Array:
    length = column.length or 0
    flat: Numbers | Strings
    if isinstance(cells, Strings):
        codes = np.broadcast_to(cells.codes, (rows, length))
        flat, valid = Strings(codes.ravel(), cells.words), codes >= 0
    else:
        values = np.broadcast_to(cells.values, (rows, length))
        mask = cells.valid
        valid = (
            np.ones((rows, length), np.bool_)
            if mask is None
            else np.broadcast_to(mask, (rows, length))
        )
        flat = Numbers(values.ravel(), None if mask is None else valid.ravel())
    items = write_cells(flat, ColumnType(column.kind), rows * length)
    filled: Mask = np.asarray(valid.any(axis=1)) if length else np.ones(rows, np.bool_)
    bitmap = None if filled.all() else _bitmap(filled)
    return pa.Array.from_buffers(arrow_type(column), rows, [bitmap], children=[items])
