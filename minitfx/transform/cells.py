"""The values of a column of one batch, in the shape in which operations compute on them.

::

    Numbers   values (rows,) or (rows, k)          valid, the same shape, or None
    Strings   codes  (rows,) or (rows, k) into words, -1 where missing
    Lists     offsets (rows + 1,) into items, which are Numbers or Strings; valid (rows,) or None

Numbers and codes are numpy arrays over Arrow's own memory, so that nothing is copied on the way
in or out. The classes are plain, not frozen: a batch of one row, as a server sees it, makes
dozens of them, and a frozen dataclass costs more than the arithmetic inside. Operations never
change one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Codes = NDArray[np.int32]
Offsets = NDArray[np.int64]

SMALL = 32
"""Up to so many values, text is not searched for repetitions: that costs more than it saves."""


@dataclass(slots=True, eq=False)
class Numbers:
    """Integers, floats, booleans, or timestamps as microseconds.

    Attributes
    ----------
    values : ndarray of int64, float64 or bool, shape (rows,) or (rows, k)
        Zero where missing. A constant has no row axis: shape () or (k,).
    valid : ndarray of bool of the same shape, or None
        False where missing; None when nothing is.
    """

    values: NDArray[Any]
    valid: Mask | None = None


@dataclass(slots=True, eq=False)
class Strings:
    """Text, as places in a list of words.

    Attributes
    ----------
    codes : ndarray of int32, shape (rows,) or (rows, k)
        Places in ``words``, -1 where missing.
    words : pyarrow.Array of string
        May hold a word twice, and words that no row uses.
    """

    codes: Codes
    words: pa.Array

    @property
    def valid(self) -> Mask | None:
        """False where missing; None when nothing is."""
        mask: Mask = self.codes >= 0
        return None if mask.all() else mask


@dataclass(slots=True, eq=False)
class Lists:
    """A list of any length for each row.

    Attributes
    ----------
    offsets : ndarray of int64, shape (rows + 1,)
        Row i holds the items from ``offsets[i]`` to ``offsets[i + 1]``; starts at 0.
    items : Numbers or Strings, one axis
        The values of all rows, one list after the other.
    valid : ndarray of bool, shape (rows,), or None
        False where the whole list is missing (it has no items then); None when none is.
    """

    offsets: Offsets
    items: Numbers | Strings
    valid: Mask | None = None

    @property
    def lengths(self) -> Offsets:
        """How many items each row has."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> NDArray[np.int64]:
        """For each item, the row that it stands in."""
        lengths = self.lengths
        return np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)


Cells = Numbers | Strings | Lists


def both_valid(left: Mask | None, right: Mask | None) -> Mask | None:
    """Return where both are valid; None means everywhere."""
    if left is None:
        return right
    return left if right is None else left & right


def present(cells: Numbers | Strings) -> Numbers | Strings:
    """Return the cells that are not missing, along one axis."""
    valid = cells.valid
    if isinstance(cells, Strings):
        return Strings(cells.codes.ravel() if valid is None else cells.codes[valid], cells.words)
    return Numbers(cells.values.ravel() if valid is None else cells.values[valid])


def words_of(texts: list[str]) -> pa.Array:
    """Return texts as the ``words`` of `Strings`.

    Notes
    -----
    `pyarrow.array` would do the same, and load pandas the first time (0.4 s of CPU).
    """
    data = [text.encode() for text in texts]
    offsets = np.zeros(len(data) + 1, np.int32)
    np.cumsum([len(each) for each in data], out=offsets[1:])
    buffers = pa.py_buffer(offsets), pa.py_buffer(b"".join(data))
    return pa.StringArray.from_buffers(len(data), *buffers)


def distinct(cells: Strings) -> Strings:
    """Return the same text with words that are all different.

    Notes
    -----
    O(words), and nothing is copied when they are different already.
    """
    encoded = cells.words.dictionary_encode()
    if len(encoded.dictionary) == len(cells.words):
        return cells
    places = np.frombuffer(encoded.indices.buffers()[1], np.int32, len(encoded))
    codes = np.where(cells.codes >= 0, places[cells.codes], np.int32(-1))
    return Strings(codes.astype(np.int32, copy=False), encoded.dictionary)


def texts_of(cells: Strings) -> list[str | None]:
    """Return the text of every cell as Python objects, None where missing."""
    words: list[str | None] = cells.words.to_pylist()
    words.append(None)  # where code -1 points
    return [words[code] for code in cells.codes.ravel().tolist()]


def take(cells: Numbers | Strings, places: NDArray[Any]) -> Numbers | Strings:
    """Return the cells at the given places, or where a mask is true."""
    if isinstance(cells, Strings):
        return Strings(cells.codes[places], cells.words)
    return Numbers(cells.values[places], None if cells.valid is None else cells.valid[places])
