"""TFRecord files: where the records are, and whether their bytes are what was written.

A record is its length (8 bytes, little endian), a checksum of these, the bytes, a checksum of
those. The checksums are CRC-32C, masked as TensorFlow masks them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

from minitfx.dataset.local_file import LocalFile
from minitfx.errors import DataError, MissingExtraError

CHUNK_BYTES = 4 << 20
"""Bytes of a chunk of records, about."""

_HEAD, _FOOT = struct.Struct("<QI"), struct.Struct("<I")
_LENGTH = struct.Struct("<Q")
_MASK = 0xA282EAD8


@cache
def crc32c() -> Callable[[bytes], int]:
    """Return the function that computes CRC-32C.

    Raises
    ------
    MissingExtraError
        If the package ``crc32c`` is not installed.
    """
    try:
        import crc32c as package
    except ImportError:
        raise MissingExtraError("crc32c", "tfrecord", "reading TFRecord files") from None
    function: Callable[[bytes], int] = package.crc32c
    return function


def masked(checksum: int) -> int:
    """Return a checksum as TFRecord files store it: rotated by 15 bits, plus a constant."""
    return ((checksum >> 15 | checksum << 17) + _MASK) & 0xFFFFFFFF


def find_chunks(file: LocalFile) -> Iterator[tuple[int, int, int]]:
    """Yield (offset, bytes, records) of runs of whole records.

    Parameters
    ----------
    file : LocalFile
        An uncompressed TFRecord file.

    Raises
    ------
    DataError
        If the file is cut off, or a length does not fit its checksum.

    Notes
    -----
    Reads twelve bytes per record and skips the rest.
    """
    checksum = crc32c()
    size = Path(file.path).stat().st_size
    with Path(file.path).open("rb") as stream:
        begin = position = records = number = 0
        while position < size:
            length = _length_at(stream, position, file, number, checksum)
            end = position + _HEAD.size + length + _FOOT.size
            if end > size:
                raise _fault(file, number, position, f"is cut off: {end - size} bytes are missing")
            position, records, number = end, records + 1, number + 1
            if position - begin >= CHUNK_BYTES:
                yield begin, position - begin, records
                begin, records = position, 0
        if records:
            yield begin, position - begin, records


def _length_at(
    stream: BinaryIO, position: int, file: LocalFile, number: int, checksum: Callable[[bytes], int]
) -> int:
    stream.seek(position)
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise _fault(file, number, position, "is cut off within its length")
    length, expected = _HEAD.unpack(head)
    if masked(checksum(head[: _LENGTH.size])) != expected:
        raise _fault(file, number, position, "has a length that does not fit its checksum")
    return int(length)


def read_records(file: LocalFile, offset: int, length: int) -> list[bytes]:
    """Return the records of a run that `find_chunks` found.

    Raises
    ------
    DataError
        If a record's bytes do not fit their checksum.
    """
    checksum = crc32c()
    with Path(file.path).open("rb") as stream:
        stream.seek(offset)
        data = stream.read(length)
    records, position = [], 0
    while position < len(data):
        (size,) = _LENGTH.unpack_from(data, position)
        begin = position + _HEAD.size
        record = data[begin : begin + size]
        (expected,) = _FOOT.unpack_from(data, begin + size)
        if masked(checksum(record)) != expected:
            place = f"at byte {offset + position}"
            raise DataError(
                f"{file.name}: the record {place} does not fit its checksum; the file is damaged, "
                "write it again"
            )
        records.append(record)
        position = begin + size + _FOOT.size
    return records


def frame(record: bytes) -> bytes:
    """Return a record as it stands in a TFRecord file."""
    checksum = crc32c()
    length = _LENGTH.pack(len(record))
    head = length + _FOOT.pack(masked(checksum(length)))
    return head + record + _FOOT.pack(masked(checksum(record)))


def _fault(file: LocalFile, number: int, position: int, what: str) -> DataError:
    return DataError(
        f"{file.name}: record {number + 1}, at byte {position}, {what}; expected a TFRecord file "
        "(compressed ones are known by the suffix .gz)"
    )
