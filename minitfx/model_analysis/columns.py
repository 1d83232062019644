"""Arrow columns as numpy arrays, read from their buffers.

`pyarrow.Array.to_numpy` imports pandas on its first call; an evaluation of Parquet files needs
none of it, so numbers are taken from the buffers themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.types as pat
from numpy.typing import NDArray

from minitfx.errors import ColumnError
from minitfx.model_analysis.keys import SliceValue

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Coded:
    """A column of few distinct values as integers.

    Attributes
    ----------
    values : tuple
        The distinct values, sorted.
    codes : ndarray of int64, shape (entries,)
        1 for the first value, 2 for the second, …; 0 where the value is missing.
    rows : ndarray of int64, shape (entries,), or None
        The row of each entry, for a column of lists; None when every row is one entry.
    """

    values: tuple[Any, ...]
    codes: Ints
    rows: Ints | None = None


def numbers(column: pa.ChunkedArray | pa.Array, name: str) -> Floats:
    """Return a column of numbers, decimals or truth values as doubles.

    Parameters
    ----------
    column : pyarrow.ChunkedArray or pyarrow.Array
        One value a row. A list of exactly one value counts as that value.
    name : str
        The column's name, for the message.

    Returns
    -------
    ndarray of float64, shape (rows,)
        NaN where the value is missing; it may be a view of the column's memory, not writable.

    Raises
    ------
    ColumnError
        If the column holds something else.

    Examples
    --------
    >>> numbers(pa.array([1, None, 3]), "x")
    array([ 1., nan,  3.])
    """
    array = _one(column)
    if _is_list(array.type):
        return matrix(array, name, width=1)[:, 0]
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pat.is_null(array.type):
        return np.full(len(array), np.nan)
    if not (
        pat.is_integer(array.type)
        or pat.is_floating(array.type)
        or pat.is_boolean(array.type)
        or pat.is_decimal(array.type)
    ):
        raise ColumnError(f"column {name!r} holds {array.type}; expected numbers")
    if array.type != pa.float64():
        array = array.cast(pa.float64(), safe=False)
    values: Floats = np.frombuffer(
        array.buffers()[1] or b"", np.float64, len(array), 8 * array.offset if len(array) else 0
    )
    return np.where(valid(array), values, np.nan) if array.null_count else values


def matrix(column: pa.ChunkedArray | pa.Array, name: str, width: int | None = None) -> Floats:
    """Return a column of lists of numbers, all of one length, as an array.

    Parameters
    ----------
    column : pyarrow.ChunkedArray or pyarrow.Array
        One list a row; a missing list gives NaN.
    name : str
        The column's name, for the message.
    width : int, optional
        The length that is expected; by default that of the first list.

    Returns
    -------
    ndarray of float64, shape (rows, width)

    Raises
    ------
    ColumnError
        If the lists differ in length, or hold something else.
    """
    array = _one(column)
    fixed = pat.is_fixed_size_list(array.type)
    present = valid(array)
    lengths = np.full(len(array), array.type.list_size) if fixed else np.diff(_offsets(array))
    lengths = np.where(present, lengths, 0)
    found = sorted(set(lengths[present].tolist()))
    if width is None:
        width = found[0] if found else (array.type.list_size if fixed else 0)
    if found not in ([], [width]):
        raise ColumnError(
            f"column {name!r} holds lists of {found} values; expected {width} in each"
        )
    if fixed:
        inner = array.values.slice(array.offset * width, len(array) * width)
        flat = numbers(inner, name).reshape(len(array), width)
        return flat if present.all() else np.where(present[:, None], flat, np.nan)
    values = numbers(array.flatten(), name).reshape(-1, max(width, 1))[:, :width]
    if present.all():
        return values
    result = np.full((len(array), width), np.nan)
    result[present] = values
    return result


def encode(column: pa.ChunkedArray | pa.Array, name: str) -> Coded:
    """Return the distinct values of a column, and which of them each row has.

    Parameters
    ----------
    column : pyarrow.ChunkedArray or pyarrow.Array
        Text, integers, floats or truth values, or lists of them; dates and timestamps as the
        text of them. Missing values and NaN belong to no value; so do the rows of missing and
        of empty lists.
    name : str
        The column's name, for the message.

    Raises
    ------
    ColumnError
        If the column holds something else.

    Examples
    --------
    >>> encode(pa.array(["b", "a", None, "b"]), "letter").codes
    array([2, 1, 0, 2])
    """
    array = _one(column)
    if _is_list(array.type):
        return _encode_lists(array, name)
    if not (pat.is_dictionary(array.type) or _sliceable(array.type)):
        raise ColumnError(
            f"column {name!r} holds {array.type}; rows can be grouped by text, numbers, truth "
            "values, dates and timestamps, so give it as one of them, or slice by slice_keys_sql"
        )
    if not pat.is_dictionary(array.type):
        array = array.dictionary_encode()
    found: list[Any] = [_plain(value) for value in array.dictionary.to_pylist()]
    values = sorted({value for value in found if value is not None})
    place = {value: code for code, value in enumerate(values, 1)}
    # The last place stands for null, and so does NaN.
    rank = np.array([*(place.get(value, 0) for value in found), 0], np.int64)
    indices = array.indices.cast(pa.int32())
    start = 4 * indices.offset if len(indices) else 0
    codes = np.frombuffer(indices.buffers()[1] or b"", np.int32, len(indices), start)
    if indices.null_count:
        codes = np.where(valid(indices), codes, np.int32(len(found)))
    return Coded(tuple(values), rank[codes])


def valid(array: pa.Array) -> Bools:
    """Return where an array has a value."""
    bitmap = array.buffers()[0] if array.null_count else None
    if bitmap is None:
        return np.full(len(array), not pat.is_null(array.type))
    bits = np.frombuffer(bitmap, np.uint8)
    stop = array.offset + len(array)
    return np.unpackbits(bits, count=stop, bitorder="little")[array.offset :].view(np.bool_)


def add_up(codes: Ints, values: Floats | Bools | None, size: int) -> Floats:
    """Return the sum of the values of each code, in the order in which they stand.

    Parameters
    ----------
    codes : ndarray of int64, shape (entries,)
        From 0 to ``size`` - 1.
    values : ndarray of shape (entries,), or None
        None: every entry counts 1.
    size : int
        How many codes there are.

    Examples
    --------
    >>> add_up(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 4)
    array([1., 0., 5., 0.])
    """
    summed: NDArray[Any] = np.bincount(codes, values, size)
    return summed.astype(np.float64, copy=False)


def texts(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """Return a column as a list of Python values, None where one is missing."""
    values: list[Any] = column.to_pylist()
    return values


def is_text(type_: pa.DataType) -> bool:
    """Return whether a column of this type holds text."""
    if pat.is_dictionary(type_):
        type_ = type_.value_type
    return bool(pat.is_string(type_) or pat.is_large_string(type_) or pat.is_string_view(type_))


def is_list(type_: pa.DataType) -> bool:
    """Return whether a column of this type holds lists."""
    return _is_list(type_)


def _encode_lists(array: pa.Array, name: str) -> Coded:
    if pat.is_fixed_size_list(array.type):
        array = array.cast(pa.large_list(array.type.value_type))
    lengths = np.where(valid(array), np.diff(_offsets(array)), 0)
    inner = encode(array.flatten(), name)
    rows = np.repeat(np.arange(len(array)), lengths)
    present = inner.codes > 0
    # A value that a list holds twice puts its row into the slice once.
    pairs = np.unique(rows[present] * (len(inner.values) + 1) + inner.codes[present])
    return Coded(inner.values, pairs % (len(inner.values) + 1), pairs // (len(inner.values) + 1))


def _plain(value: Any) -> SliceValue | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return None if value != value else value + 0.0  # minus zero is zero
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, date):
        return str(value)
    kept: SliceValue | None = value
    return kept


def _sliceable(type_: pa.DataType) -> bool:
    tests = (
        pat.is_integer,
        pat.is_floating,
        pat.is_boolean,
        pat.is_null,
        pat.is_binary,
        pat.is_large_binary,
        pat.is_date,
        pat.is_timestamp,
    )
    return is_text(type_) or any(test(type_) for test in tests)


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def _is_list(type_: pa.DataType) -> bool:
    return bool(pat.is_list(type_) or pat.is_large_list(type_) or pat.is_fixed_size_list(type_))


def _offsets(array: pa.Array) -> Ints:
    if len(array) == 0:
        return np.zeros(1, np.int64)
    kind = np.int64 if pat.is_large_list(array.type) else np.int32
    start = array.offset * np.dtype(kind).itemsize
    return np.frombuffer(array.buffers()[1], kind, len(array) + 1, start).astype(np.int64)
