"""Reading CSV columns with the types that a schema gives them."""

from __future__ import annotations

from dataclasses import replace

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.paths import FeaturePath
from minitfx.dataset.cell import CellType
from minitfx.dataset.csv_source import CsvSource
from minitfx.errors import DataError

_CELL_TYPES = {
    schema_pb2.INT: CellType.INT,
    schema_pb2.FLOAT: CellType.FLOAT,
    schema_pb2.BYTES: CellType.STRING,
}


def typed_by_schema(
    source: CsvSource, options: StatsOptions, schema: schema_pb2.Schema
) -> tuple[CsvSource, StatsOptions]:
    """Return a CSV source read with a schema's types, and options for just its columns.

    Parameters
    ----------
    source : CsvSource
        The files; where a type is only guessed, reading on widens it and asks again.
    options : StatsOptions
        What to compute; features that the schema does not name are left out.
    schema : Schema
        The types.

    Raises
    ------
    DataError
        If a column's cells need a wider type than the schema gives.
    """
    types = {f.name: _CELL_TYPES[f.type] for f in schema.feature if f.type in _CELL_TYPES}
    columns = []
    for column in source.reader.columns:
        wanted = types.get(column.name, column.type)
        if column.type > wanted:
            raise DataError(
                f"column {column.name!r} holds {column.type.name} values; the schema expects "
                f"{wanted.name}. Correct the data, or the feature's type in the schema"
            )
        columns.append(replace(column, type=wanted))
    chosen = options.allowed
    if chosen is None:
        chosen = tuple(FeaturePath([c.name]) for c in columns if c.name in types)
    reader = replace(source.reader, columns=tuple(columns))
    return replace(source, reader=reader), replace(options, feature_allowlist=chosen)
