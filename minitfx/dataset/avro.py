"""Avro files as tables, through the package ``fastavro``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa

from minitfx.dataset.files import expand
from minitfx.dataset.local_file import local_file
from minitfx.errors import DataError, MissingExtraError

_ROWS = 16_384
_PRIMITIVE = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int64(),
    "long": pa.int64(),
    "float": pa.float64(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
}
_LOGICAL = {
    "date": pa.date32(),
    "time-millis": pa.time64("us"),
    "time-micros": pa.time64("us"),
    "timestamp-millis": pa.timestamp("us", "UTC"),
    "timestamp-micros": pa.timestamp("us", "UTC"),
    "local-timestamp-millis": pa.timestamp("us"),
    "local-timestamp-micros": pa.timestamp("us"),
    "uuid": pa.string(),
}


def avro_tables(files: str | Path | Sequence[str | Path]) -> Iterator[pa.Table]:
    """Yield the rows of Avro files, in order, some thousands at a time.

    Parameters
    ----------
    files : path, pattern, folder, or a sequence of these
        Object container files of records. All have the same columns.

    Raises
    ------
    MissingExtraError
        If the package ``fastavro`` is not installed.
    DataError
        If no file matches, one is damaged or has other columns, or a type has no column: maps,
        and unions other than of null, numbers, or texts.

    Notes
    -----
    In a union of numbers, integers become floats. O(values) in Python.
    """
    first: pa.Schema | None = None
    for name in expand(files):
        with Path(local_file(name).path).open("rb") as stream:
            reader = _reader(stream, name)
            schema = _schema(reader.writer_schema, name)
            if first is not None and not schema.equals(first):
                raise DataError(f"{name}: its columns differ from those of the first Avro file")
            first = schema
            yield from _tables(reader, schema, name)


def _tables(reader: Any, schema: pa.Schema, name: str) -> Iterator[pa.Table]:
    has_uuid = '"uuid"' in json.dumps(reader.writer_schema)
    done = False
    while True:
        try:
            rows = list(islice(reader, _ROWS))
        except Exception as error:  # fastavro lets through whatever a damaged block leads to
            raise DataError(f"{name}: the file is damaged ({error!r}); write it again") from error
        if not rows and done:
            return
        done = True
        yield pa.Table.from_pylist([_plain(row) for row in rows] if has_uuid else rows, schema)


def _reader(stream: Any, name: str) -> Any:
    try:
        import fastavro
    except ImportError:
        raise MissingExtraError("fastavro", "avro", "reading Avro files") from None
    try:
        return fastavro.reader(stream)
    except (ValueError, EOFError, KeyError) as error:
        raise DataError(f"{name}: no Avro file ({error}); expected an object container") from error


def _schema(avro: Any, name: str) -> pa.Schema:
    if not isinstance(avro, Mapping) or avro.get("type") != "record":
        raise DataError(f"{name}: its values are no records; expected one record per row")
    return pa.schema(list(_type(avro, name, {})))


def _type(avro: Any, where: str, named: dict[str, Any]) -> pa.DataType:
    if isinstance(avro, list):
        return _union(avro, where, named)
    if isinstance(avro, str):
        known = _PRIMITIVE.get(avro)
        return known if known is not None else _type(named[avro], where, named)
    kind = avro["type"]
    if "name" in avro:
        named[avro["name"]] = avro
    if kind == "record":
        fields = avro["fields"]
        return pa.struct(
            [(f["name"], _type(f["type"], f"{where}.{f['name']}", named)) for f in fields]
        )
    if kind == "array":
        return pa.list_(_type(avro["items"], where, named))
    if avro.get("logicalType") == "decimal":
        return pa.decimal128(avro["precision"], avro.get("scale", 0))
    if kind in ("enum", "fixed"):
        return pa.string() if kind == "enum" else pa.binary()
    if kind == "map":
        raise DataError(f"{where}: an Avro map has no column; expected a record, or a list")
    return _LOGICAL.get(avro.get("logicalType", "")) or _type(kind, where, named)


def _union(avro: list[Any], where: str, named: dict[str, Any]) -> pa.DataType:
    kinds = {_type(member, where, named) for member in avro} - {pa.null()}
    if kinds == {pa.int64(), pa.float64()}:
        return pa.float64()
    if len(kinds) > 1:
        listed = ", ".join(sorted(map(str, kinds)))
        raise DataError(f"{where}: a union of {listed} has no column; expected one type, or null")
    return kinds.pop() if kinds else pa.null()


def _plain(value: Any) -> Any:
    """Return a value with UUIDs as text."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
