"""Fields of raw columns, from whatever describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.errors import ModelError
from minitfx.models.signature import Field, fields_of

SchemaLike: TypeAlias = "pa.Schema | pa.Table | schema_pb2.Schema | str | Path | Any"
"""A pyarrow schema or table, a pandas frame, a tensorflow_metadata schema or the path of one."""

_TYPES = {
    schema_pb2.INT: "int64",
    schema_pb2.FLOAT: "double",
    schema_pb2.BYTES: "string",
}


_TIMES = {
    schema_pb2.TimeDomain.UNIX_DAYS: "date",
    schema_pb2.TimeDomain.UNIX_MICROSECONDS: "timestamp",
}
"""What integers are by the schema's time domain, as schema inference sets it."""


def raw_fields(schema: SchemaLike) -> tuple[Field, ...]:
    """Return one field per column.

    Parameters
    ----------
    schema : pyarrow.Schema, Table, DataFrame, tensorflow_metadata Schema or path
        What describes the columns. A path is that of a ``schema.pbtxt``, or of its folder.

    Raises
    ------
    ModelError
        If it is none of these.

    Notes
    -----
    A column of a tensorflow_metadata schema may be null unless its presence has a
    ``min_fraction`` of 1; one of a table or frame always may, since the rows at hand cannot
    promise what others hold.

    Examples
    --------
    >>> raw_fields(pa.schema([pa.field("fare", pa.float64())]))
    (Field(name='fare', type='double', nullable=True, size=None),)
    """
    if isinstance(schema, (str, Path)):
        schema = _read(Path(schema))
    if isinstance(schema, schema_pb2.Schema):
        return tuple(_field(feature) for feature in schema.feature)
    if hasattr(schema, "__arrow_c_stream__") and not isinstance(schema, pa.Table):
        schema = pa.table(schema)
    if isinstance(schema, pa.Table):
        schema = schema.schema
    if isinstance(schema, pa.Schema):
        return fields_of(schema, schema.names)
    raise ModelError(
        f"schema is a {type(schema).__module__}.{type(schema).__qualname__}; expected a "
        "pyarrow.Schema, a table, a frame, a tensorflow_metadata Schema or the path of one"
    )


def _read(path: Path) -> schema_pb2.Schema:
    from google.protobuf import text_format

    file = path / "schema.pbtxt" if path.is_dir() else path
    try:
        return text_format.Parse(file.read_text("utf-8"), schema_pb2.Schema())
    except OSError as error:
        raise ModelError(f"cannot read the schema {file}: {error.strerror or error}") from error
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ModelError(f"{file} is not a schema: {error}") from error


def _field(feature: schema_pb2.Feature) -> Field:
    counts = feature.value_count if feature.HasField("value_count") else None
    dims = feature.shape.dim if feature.HasField("shape") else []
    size: int | None = None
    if counts is not None and (counts.min, counts.max) != (1, 1):
        size = counts.min if counts.min == counts.max else -1
    elif len(dims) == 1 and dims[0].size != 1:
        size = dims[0].size
    nullable = feature.presence.min_fraction < 1.0
    kind = _TYPES.get(feature.type)
    if kind == "int64":
        kind = _TIMES.get(feature.time_domain.integer_format, kind)
    return Field(feature.name, kind, nullable, size)
