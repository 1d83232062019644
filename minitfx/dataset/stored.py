"""The few column types that are stored, and how any Arrow column becomes one of them.

===================================  ==============================================
Arrow                                stored as
===================================  ==============================================
integers, booleans                   int64
floats, decimals                     double
text                                 string
bytes                                binary
dates                                date32
timestamps                           timestamps in microseconds, in nanoseconds if they
                                     have them; a time zone becomes UTC
times of day                         string, such as 12:00:00
dictionaries                         the type of their values
lists of any kind, structs           lists and structs of stored types
null                                 string, all missing: what an empty CSV column is
===================================  ==============================================
"""

from __future__ import annotations

import pyarrow as pa

from minitfx.dataset.instants import stored_instant, unit_of
from minitfx.errors import ColumnError

_KEPT = (pa.int64(), pa.float64(), pa.string(), pa.binary())


def stored_type(kind: pa.DataType, column: str) -> pa.DataType:
    """Return the type that a column of type ``kind`` is stored as; see the module's table.

    Raises
    ------
    ColumnError
        If there is none: durations, maps, unions and extension types.
    """
    types = pa.types
    if kind in _KEPT:
        return kind
    if types.is_integer(kind) or types.is_boolean(kind):
        return pa.int64()
    if types.is_floating(kind) or types.is_decimal(kind):
        return pa.float64()
    if types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind):
        return pa.string()
    if (
        types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    ):
        return pa.binary()
    if unit_of(kind) is not None:
        return stored_instant(kind)
    if types.is_time(kind):
        return pa.string()
    if types.is_dictionary(kind):
        return stored_type(kind.value_type, column)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(stored_type(kind.value_type, column))
    if types.is_struct(kind):
        return pa.struct([(field.name, stored_type(field.type, column)) for field in kind])
    raise ColumnError(
        f"column {column!r} has type {kind}, which has no place in examples; cast it to numbers, "
        "text, lists or structs first"
    )


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema that a table of ``schema`` is stored with.

    Raises
    ------
    ColumnError
        If a column's type cannot be stored, or a name stands twice.
    """
    names = schema.names
    for name in names:
        if names.count(name) > 1:
            raise ColumnError(f"there are {names.count(name)} columns {name!r}; expected one")
    return pa.schema([(field.name, stored_type(field.type, field.name)) for field in schema])


def stored(table: pa.Table) -> pa.Table:
    """Return a table with every column in the type that it is stored as.

    Parameters
    ----------
    table : pyarrow.Table
        Null is missing and stays so; NaN is a value and stays so.

    Raises
    ------
    ColumnError
        If a column's type cannot be stored, or an integer is beyond 64 bits.

    Notes
    -----
    Columns that have their stored type already are not copied.

    Examples
    --------
    >>> import datetime
    >>> rows = pa.table({"b": [True], "day": [datetime.date(2020, 2, 29)], "l": [[1.5]]})
    >>> stored(rows).to_pylist()
    [{'b': 1, 'day': datetime.date(2020, 2, 29), 'l': [1.5]}]
    """
    schema = stored_schema(table.schema)
    columns = [
        column if column.type == field.type else _cast(column, field)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    try:
        return column.cast(field.type)
    except pa.ArrowInvalid as error:
        raise ColumnError(
            f"column {field.name!r} cannot be stored as {field.type}: {error}"
        ) from None
