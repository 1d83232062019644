r"""A 64-bit hash of rows that is a contract: the same row has the same hash for ever.

It depends on the values and the names of the columns; not on the order of rows or columns, on
chunks, threads, byte order, integer or float storage, or the version of any library. With
``mix`` the finaliser of SplitMix64 and all arithmetic modulo 2\ :sup:`64`::

    row     = mix(GOLDEN + Σ over columns of column(value))
    column  = 0 for a missing value, else mix(value ^ salt);   salt = blake2b(name), 8 bytes
    value   = number: the bits of the value as float64, -0.0 taken for 0.0, one NaN for all
              boolean: as the number 0 or 1
              date: as the number of days since 1970; timestamp: of microseconds
              list: mix(length + Σ over elements i of mix(value ^ mix(i + 1))), where a missing
              element adds 0
              text, bytes: as a list of its 8-byte words, little endian, filled up with zeros,
              but with its length in bytes
              struct: Σ over fields of column(value), salted by the field's name

So ``1`` and ``1.0`` hash alike, and text ``"1"`` otherwise; integers beyond 2\ :sup:`53` may
share a hash with a neighbour, which only keeps them in one split; a column that is missing
throughout, or that does not exist, changes nothing. Lengths and bytes are those of UTF-8.

References
----------
Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.dataset.instants import as_integers, unit_of
from minitfx.errors import ColumnError

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_THREE, _SEVEN, _SIXTY_FOUR = np.uint64(3), np.uint64(7), np.uint64(64)
_NAN = np.uint64(0x7FF8000000000000)
_WORD = 8
_STEPS = 16  # words that are taken one after the other; longer text goes in one go


def hash_rows(table: pa.Table) -> Hashes:
    """Return one hash per row of a table.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of numbers, booleans, dates, timestamps, text, bytes, lists and structs; null
        is missing.

    Returns
    -------
    numpy.ndarray of uint64, shape (rows,)

    Raises
    ------
    ColumnError
        If a column has another type.

    Notes
    -----
    O(cells), vectorised; text costs by its bytes. Memory: a few arrays of one column.

    Examples
    --------
    >>> rows = pa.table({"x": [1, 2, 1], "y": ["a", None, "a"]})
    >>> [hex(value) for value in hash_rows(rows)]
    ['0x3087acb54c4fa297', '0x73ec7c5bdde99a83', '0x3087acb54c4fa297']
    """
    total = np.full(table.num_rows, _GOLDEN, np.uint64)
    for name in table.column_names:
        _add_column(total, _combined(table[name]), name)
    return mix(total)


def mix(values: Hashes) -> Hashes:
    """Apply SplitMix64's finaliser in place and return the array."""
    shifted = values >> _S30
    values ^= shifted
    values *= _FIRST
    np.right_shift(values, _S27, out=shifted)
    values ^= shifted
    values *= _SECOND
    np.right_shift(values, _S31, out=shifted)
    values ^= shifted
    return values


@cache
def salt_of(name: str) -> np.uint64:
    """Return the salt of a column's name."""
    digest = hashlib.blake2b(name.encode(), digest_size=_WORD).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _add_column(total: Hashes, column: pa.Array, name: str) -> None:
    if len(column) == column.null_count:
        return
    values = _value_hashes(column, name)
    values ^= salt_of(name)
    mix(values)
    if column.null_count:
        values[_missing(column)] = 0
    total += values


def _value_hashes(column: pa.Array, name: str) -> Hashes:
    """Return a fresh array with the hash of each value; anything where it is missing."""
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return _number_hashes(column)
    if unit_of(kind) is not None:
        return _number_hashes(as_integers(column))
    if pa.types.is_dictionary(kind):
        return _value_hashes(column.dictionary_decode(), name)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return _text_hashes(column, np.int32)
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        return _text_hashes(column, np.int64)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _list_hashes(column, name)
    if pa.types.is_struct(kind):
        total = np.zeros(len(column), np.uint64)
        for position in range(kind.num_fields):
            _add_column(total, pc.struct_field(column, position), kind.field(position).name)
        return total
    raise ColumnError(
        f"rows cannot be hashed by column {name!r} of type {kind}; expected numbers, dates, "
        "timestamps, text, lists or structs"
    )


def _number_hashes(column: pa.Array) -> Hashes:
    values = _doubles(column)
    values += 0.0  # turns -0.0 into 0.0
    bits = values.view(np.uint64)
    bits[np.isnan(values)] = _NAN
    return bits


def _doubles(column: pa.Array) -> npt.NDArray[np.float64]:
    """Return a fresh array of the values as float64; anything where one is missing.

    Not by ``to_numpy``, which imports pandas (0.4 s).
    """
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    source = np.frombuffer(column.buffers()[1], np.dtype(_numpy_name(column.type)))
    return source[column.offset : column.offset + len(column)].astype(np.float64)


def _numpy_name(kind: pa.DataType) -> str:
    return {"halffloat": "float16", "float": "float32", "double": "float64"}.get(
        str(kind), str(kind)
    )


def _text_hashes(column: pa.Array, offset_type: type[np.signedinteger[Any]]) -> Hashes:
    starts, lengths, data = _text_parts(column, offset_type)
    words = _words(data)
    first = mix(_filled(_words_at(words, starts), lengths) ^ _place(0))
    sums = lengths.astype(np.uint64) + first * (lengths > 0)
    active = np.flatnonzero(lengths > _WORD)
    for place in range(1, _STEPS):
        if not active.size:
            break
        left = lengths[active] - place * _WORD
        found = _filled(_words_at(words, starts[active] + place * _WORD), left)
        sums[active] += mix(found ^ _place(place))
        active = active[left > _WORD]
    if active.size:
        sums[active] += _long_sums(words, starts[active], lengths[active])
    return mix(sums)


def _long_sums(words: Hashes, starts: Places, lengths: Places) -> Hashes:
    """Return the sums over the words that the loop has left, all in one go."""
    counts = -(-lengths // _WORD) - _STEPS
    ends = np.cumsum(counts)
    place = np.arange(ends[-1]) - np.repeat(ends - counts, counts) + _STEPS
    left = np.repeat(lengths, counts) - place * _WORD
    found = _filled(_words_at(words, np.repeat(starts, counts) + place * _WORD), left)
    found ^= mix((place + 1).astype(np.uint64))
    return np.add.reduceat(mix(found), ends - counts)


def _filled(words: Hashes, left: Places) -> Hashes:
    """Set the bytes of each word to zero that lie beyond the ``left`` ones of its text."""
    unused = (_WORD - left).clip(0, _WORD).astype(np.uint64) << _THREE
    words <<= unused  # by 64 bits: 0
    words >>= unused
    return words


def _text_parts(
    column: pa.Array, offset_type: type[np.signedinteger[Any]]
) -> tuple[Places, Places, npt.NDArray[np.uint8]]:
    """Return where each text starts, its length, and the bytes that these refer to."""
    _, offsets_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offsets_buffer, offset_type)[
        column.offset : column.offset + len(column) + 1
    ].astype(np.int64)
    data = np.empty(0, np.uint8) if data_buffer is None else np.frombuffer(data_buffer, np.uint8)
    return offsets[:-1] - offsets[0], np.diff(offsets), data[offsets[0] : offsets[-1]]


def _words(data: npt.NDArray[np.uint8]) -> Hashes:
    """Return the data as aligned words, with one word of zeros after them."""
    padded = np.zeros((len(data) // _WORD + 2) * _WORD, np.uint8)
    padded[: len(data)] = data
    return padded.view("<u8").astype(np.uint64, copy=False)


def _words_at(words: Hashes, places: Places) -> Hashes:
    """Return the eight bytes that begin at each place, put together from two aligned words."""
    first = places >> 3
    shift = (places.view(np.uint64) & _SEVEN) << _THREE
    found = words.take(first) >> shift
    found |= words.take(first + 1) << (_SIXTY_FOUR - shift)  # a shift by 64 gives 0
    return found


@cache
def _place(place: int) -> np.uint64:
    return np.uint64(mix(np.array([place + 1], np.uint64))[0])


def _list_hashes(column: pa.Array, name: str) -> Hashes:
    offsets_type = np.int64 if pa.types.is_large_list(column.type) else np.int32
    offsets = np.frombuffer(column.buffers()[1], offsets_type)[
        column.offset : column.offset + len(column) + 1
    ].astype(np.int64)
    lengths = np.diff(offsets)
    elements = column.values.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))
    sums = np.zeros(len(elements) + 1, np.uint64)
    if len(elements) > elements.null_count:
        values = _value_hashes(elements, name)
        owner_start = np.repeat(offsets[:-1] - offsets[0], lengths)
        places = (np.arange(len(elements)) - owner_start + 1).astype(np.uint64)
        values ^= mix(places)
        mix(values)
        if elements.null_count:
            values[_missing(elements)] = 0
        np.cumsum(values, out=sums[1:])
    relative = offsets - offsets[0]
    return mix(sums[relative[1:]] - sums[relative[:-1]] + lengths.astype(np.uint64))


def _missing(column: pa.Array) -> npt.NDArray[np.bool_]:
    flags = column.is_null().cast(pa.uint8())
    return np.frombuffer(flags.buffers()[1], np.uint8)[
        flags.offset : flags.offset + len(flags)
    ].astype(np.bool_)


def _combined(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):  # several chunks of dictionaries stay apart
        return pa.concat_arrays(combined.unify_dictionaries().chunks)
    return combined
