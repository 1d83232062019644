"""Columns as models take them: a two-dimensional array, or a pandas frame.

What comes out of a row depends on the signature alone, never on the rows beside it: a column of
integers that may be null is a column of floats in every batch, and an array always has its rows
one after the other in memory. So a prediction does not depend on how the rows were cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.errors import SignatureError
from minitfx.models.signature import Field

if TYPE_CHECKING:
    import pandas as pd

Matrix = np.ndarray[tuple[int, int], np.dtype[Any]]


def to_matrix(table: pa.Table, fields: Sequence[Field]) -> Matrix:
    """Return the columns side by side as an array.

    Parameters
    ----------
    table : pyarrow.Table
        Rows, with a column per field.
    fields : sequence of Field
        Which columns, in order. A list of fixed length gives that many columns.

    Returns
    -------
    ndarray of shape (rows, columns)
        Doubles, C-contiguous, NaN where a value is missing; an object array, with None where a
        value is missing, if a column holds text.

    Raises
    ------
    SignatureError
        If a column holds lists of different lengths.

    Examples
    --------
    >>> table = pa.table({"a": [1, 2], "b": [0.5, None]})
    >>> to_matrix(table, [Field("a"), Field("b")])
    array([[1. , 0.5],
           [2. , nan]])
    """
    columns = [_block(table.column(field.name), field) for field in fields]
    kind = object if any(column.dtype == object for column in columns) else np.float64
    width = sum(column.shape[1] for column in columns)
    matrix = np.empty((table.num_rows, width), dtype=kind)
    start = 0
    for column in columns:
        matrix[:, start : start + column.shape[1]] = column
        start += column.shape[1]
    return matrix


def to_frame(table: pa.Table, fields: Sequence[Field]) -> pd.DataFrame:
    """Return the columns as a pandas frame.

    Parameters
    ----------
    table : pyarrow.Table
        Rows, with a column per field.
    fields : sequence of Field
        Which columns, in order. A list of fixed length gives columns ``name_0``, ``name_1``, ….

    Returns
    -------
    pandas.DataFrame
        Text as pandas' own text type, integers as int64, or as doubles with NaN if the field is
        nullable and declared so.

    Examples
    --------
    >>> table = pa.table({"a": [1, 2], "b": ["x", None]})
    >>> to_frame(table, [Field("a", "int64", nullable=False), Field("b", "string")]).dtypes["a"]
    dtype('int64')
    """
    import pandas as pd

    if all(field.type == "double" for field in fields):
        return pd.DataFrame(to_matrix(table, fields), columns=frame_names(fields), copy=False)
    columns: dict[str, Any] = {}
    for field in fields:
        column = table.column(field.name)
        if field.size is None:
            columns[field.name] = _series(column, field)
        else:
            block = _block(column, field)
            columns |= {name: block[:, i] for i, name in enumerate(frame_names([field]))}
    return pd.DataFrame(columns, copy=False)


def frame_names(fields: Sequence[Field]) -> list[str]:
    """Return the names of the columns that `to_frame` makes of the fields."""
    names: list[str] = []
    for field in fields:
        if field.size is None:
            names.append(field.name)
        else:
            names += [f"{field.name}_{index}" for index in range(max(field.size, 0))]
    return names


def _series(column: pa.ChunkedArray, field: Field) -> Any:
    if field.nullable and field.type == "int64":
        # As numpy rounds whole numbers beyond 2**53, so that a frame holds what a matrix does.
        column = column.cast(pa.float64(), safe=False)
    return column.to_pandas()


def _block(column: pa.ChunkedArray, field: Field) -> Matrix:
    """Return a column as an array of shape (rows, 1), or (rows, size) for lists."""
    if not pa.types.is_list(column.type) and not pa.types.is_fixed_size_list(column.type):
        return _flat(column).reshape(-1, 1)
    if field.size is None or field.size < 0:
        raise SignatureError(
            f"column {field.name!r} holds lists of different lengths; a model takes single values "
            "or lists of one length there"
        )
    array = column.combine_chunks()
    values = pa.chunked_array([array.flatten() if not array.null_count else _filled(array)])
    if len(values) != len(array) * field.size:
        raise SignatureError(
            f"column {field.name!r} has rows without exactly {field.size} values; "
            "the model takes no others there"
        )
    return _flat(values).reshape(len(array), field.size)


def _filled(array: pa.Array) -> pa.Array:
    """Return the flat values of lists of one length, all null where a list is missing."""
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        valid = np.repeat(np.asarray(array.is_valid()), size)
        values = array.values.slice(array.offset * size, len(array) * size)
        return pc.if_else(pa.array(valid), values, None)
    return array.flatten()


def _flat(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.float64()) if column.null_count else column.cast(pa.int64())
    values: np.ndarray[Any, Any] = column.to_numpy(zero_copy_only=False)
    if values.dtype == object or values.dtype.kind in "biuf":
        return values if values.dtype == object else values.astype(np.float64, copy=False)
    if values.dtype.kind in "mM":
        micros = column.cast(pa.timestamp("us")).cast(pa.int64())
        values = micros.to_numpy(zero_copy_only=False)
        return values.astype(np.float64, copy=False)
    return values.astype(object)
