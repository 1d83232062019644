"""Rows as the bytes of ``tf.train.Example`` messages, exactly as TFX's ExampleGen writes them.

Protocol buffers' wire format is simple enough to write down at once, which is quicker than
filling in messages and needs no definition of them::

    Example  = features(1): Features
    Features = feature(1)*: key(1), value(2): Feature      in the byte order of the keys
    Feature  = nothing, or one of bytes_list(1), float_list(2), int64_list(3)

From CSV, a missing integer is an empty ``int64_list``, and so on; a column without any value at
all is an empty ``Feature``. From Parquet and Avro, TFX takes zero, the empty text and the empty
list for missing as well, and writes an empty ``Feature`` for each.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from minitfx.dataset.instants import unit_of
from minitfx.errors import ColumnError

_BYTES, _FLOATS, _INTEGERS = 1, 2, 3


def example_bytes(table: pa.Table, *, falsy_is_missing: bool = False) -> list[bytes]:
    """Return each row as a serialized ``tf.train.Example``, keys sorted.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of int64, double (kept as 32 bits, as TFX does), string, binary, dates and
        timestamps (as `minitfx.dataset.instants` counts them), lists of these, or null for a
        column without values.
    falsy_is_missing : bool
        Whether to do as TFX does with rows from Parquet and Avro.

    Raises
    ------
    ColumnError
        If a column has another type.

    Notes
    -----
    Each distinct value of a column is encoded once per call; O(cells) in Python otherwise.
    """
    names = sorted(table.column_names, key=str.encode)
    entries = [_entries(name, _counted(table[name]), falsy_is_missing) for name in names]
    if not entries:
        return [_field(1, b"")] * table.num_rows
    return [_field(1, b"".join(row)) for row in zip(*entries, strict=True)]


def feature_bytes(
    name: str, column: pa.ChunkedArray, *, falsy_is_missing: bool = False
) -> list[bytes]:
    """Return each value of a column as a serialized ``Feature``; see `example_bytes`."""
    column = _counted(column)
    encode = _encoder(name, column.type, falsy_is_missing)
    known: dict[Any, bytes] = {}
    features = []
    for value in column.to_pylist():
        # NaN differs from itself and -0.0 equals 0.0, so floats are looked up by their digits.
        key = tuple(map(repr, value)) if isinstance(value, list) else repr(value)
        feature = known.get(key)
        if feature is None:
            feature = known[key] = encode(value)
        features.append(feature)
    return features


def _counted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of dates or timestamps, or of lists of these, as integers."""
    several = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    kind = column.type.value_type if several else column.type
    if unit_of(kind) is None:
        return column
    steps = [pa.date32(), pa.int32(), pa.int64()]
    if pa.types.is_timestamp(kind):
        steps = [pa.timestamp("us", kind.tz), pa.int64()]
    for step in steps:
        column = column.cast(pa.list_(step) if several else step, safe=False)
    return column


def _entries(name: str, column: pa.ChunkedArray, falsy_is_missing: bool) -> list[bytes]:
    key = _field(1, name.encode())
    known: dict[bytes, bytes] = {}
    entries = []
    for feature in feature_bytes(name, column, falsy_is_missing=falsy_is_missing):
        entry = known.get(feature)
        if entry is None:
            entry = known[feature] = _field(1, key + _field(2, feature))
        entries.append(entry)
    return entries


def _encoder(name: str, kind: pa.DataType, falsy_is_missing: bool) -> Callable[[Any], bytes]:
    if pa.types.is_null(kind):
        return lambda value: b""
    several = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    number, pack = _packing(name, kind.value_type if several else kind)

    def encode(value: Any) -> bytes:
        if falsy_is_missing and not value:
            return b""
        values = [] if value is None else value if several else [value]
        return _field(number, pack(values))

    return encode


def _packing(name: str, kind: pa.DataType) -> tuple[int, Callable[[Sequence[Any]], bytes]]:
    types = pa.types
    if types.is_integer(kind):
        return _INTEGERS, _packed_integers
    if types.is_floating(kind):
        return _FLOATS, _packed_floats
    if types.is_string(kind) or types.is_large_string(kind):
        return _BYTES, lambda values: b"".join(_field(1, text.encode()) for text in values)
    if types.is_binary(kind) or types.is_large_binary(kind):
        return _BYTES, lambda values: b"".join(_field(1, each) for each in values)
    raise ColumnError(
        f"column {name!r} of type {kind} has no place in a tf.train.Example; expected integers, "
        "floats, text, bytes or lists of these"
    )


def _packed_integers(values: Sequence[int]) -> bytes:
    return _field(1, b"".join(map(_varint, values))) if values else b""


def _packed_floats(values: Sequence[float]) -> bytes:
    return _field(1, b"".join(map(_float32, values))) if values else b""


def _float32(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def _field(number: int, payload: bytes) -> bytes:
    """Return a length-delimited field."""
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    value &= 2**64 - 1  # a negative number is written as its two's complement
    if value < 128:
        return bytes([value])
    groups = bytearray()
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    groups.append(value)
    return bytes(groups)
