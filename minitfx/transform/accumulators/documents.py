"""In how many rows each vocabulary index occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Cells, Lists, Numbers


@dataclass
class Documents:
    """Rows by vocabulary index, and rows in all.

    Attributes
    ----------
    containing : ndarray of int64, shape (vocabulary,)
        In how many rows each index occurs, however often.
    rows : int
        How many rows were seen, empty ones among them.
    """

    containing: NDArray[np.int64]
    rows: int = 0

    @classmethod
    def empty(cls, vocab_size: int) -> Self:
        """Return the counts of no rows."""
        return cls(np.zeros(vocab_size, np.int64))

    def zero(self) -> Self:
        """Return the counts of no rows."""
        return self.empty(len(self.containing))

    def add(self, chunk: tuple[Cells]) -> Self:
        """Return the counts with the rows of one batch."""
        lists = chunk[0]
        size = len(self.containing)
        row, index = occurrences(lists, size)
        once = np.unique(row * size + index)
        containing = self.containing + np.bincount(once % size, minlength=size)
        rows = len(lists.offsets) - 1 if isinstance(lists, Lists) else _rows(lists)
        return type(self)(containing, self.rows + rows)

    def merge(self, other: Self) -> Self:
        """Return the counts of both."""
        return type(self)(self.containing + other.containing, self.rows + other.rows)

    def result(self) -> Documents:
        """Return itself."""
        return self

    def inverse_frequency(self, smooth: bool) -> NDArray[np.float64]:
        """Return 1 + log(rows / rows with the index), each plus 1 when ``smooth``."""
        extra = 1.0 if smooth else 0.0
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 + np.log((self.rows + extra) / (self.containing + extra)))


def _rows(cells: Cells) -> int:
    assert isinstance(cells, Numbers)
    return len(cells.values)


def occurrences(cells: Cells, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and index of every item; indices wrap around ``size``, as in TFT."""
    if isinstance(cells, Lists):
        items, rows = cells.items, cells.rows
        assert isinstance(items, Numbers)
        values, valid = items.values, items.valid
    else:
        assert isinstance(cells, Numbers)
        count, width = cells.values.shape
        rows = np.repeat(np.arange(count, dtype=np.int64), width)
        values = cells.values.ravel()
        valid = None if cells.valid is None else cells.valid.ravel()
    if valid is not None:
        rows, values = rows[valid], values[valid]
    return rows, np.mod(values.astype(np.int64), size)
