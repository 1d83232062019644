"""In how many rows each vocabulary index occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import Cells, Lists, Numbers


@dataclass
class Documents:
    """Rows by vocabulary index, and rows in all.

    Attributes
    ----------
    containing : ndarray of int64, shape (vocabulary,)
        In how many rows each index occurs, however often; empty before the first rows when the
        size is found in the data.
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

    def add(self, chunk: tuple[Cells, ...]) -> Self:
        """Return the counts with the rows of one batch; a second operand is the size."""
        lists = chunk[0]
        before = self.sized(chunk[1]) if len(chunk) > 1 else self.containing
        size = len(before)
        row, index = occurrences(lists, size)
        once = np.unique(row * size + index)
        containing = before + np.bincount(once % size, minlength=size)
        rows = len(lists.offsets) - 1 if isinstance(lists, Lists) else _rows(lists)
        return type(self)(containing, self.rows + rows)

    def merge(self, other: Self) -> Self:
        """Return the counts of both."""
        if not len(self.containing) or not len(other.containing):
            known = self.containing if len(self.containing) else other.containing
            return type(self)(known, self.rows + other.rows)
        return type(self)(self.containing + other.containing, self.rows + other.rows)

    def result(self) -> Documents:
        """Return itself."""
        return self

    def sized(self, size: Cells) -> NDArray[np.int64]:
        """Return ``containing`` at a size that was found in the data.

        Raises
        ------
        TransformError
            If the size is not positive.
        """
        assert isinstance(size, Numbers)
        if size.values < 1:
            raise TransformError(f"vocab_size is {size.values}; expected a positive integer")
        return self.containing if len(self.containing) else np.zeros(int(size.values), np.int64)


def inverse_frequency(
    containing: NDArray[np.int64], rows: int, smooth: bool, base: float = 1.0
) -> NDArray[np.float64]:
    """Return ``base + log(rows / rows with the index)``, each plus 1 when ``smooth``."""
    extra = 1.0 if smooth else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(base + np.log((rows + extra) / (containing + extra)))


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
