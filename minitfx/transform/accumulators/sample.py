"""Rows kept in memory for what can only be fitted to all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Cells, Numbers, Strings, texts_of

Matrix = NDArray[Any]


@dataclass
class Sample:
    """All rows, or a pseudo-random part of them that does not depend on chunks.

    Attributes
    ----------
    most : int or None
        How many rows to keep at most: those whose numbers, mixed, are the smallest.
    parts : list of (rows, numbers)
        Matrices of rows, and the number of each row in its data set.
    kept : int
        How many rows are in ``parts``.

    Notes
    -----
    O(most · columns) memory, O(rows · columns) without a limit.
    """

    most: int | None
    parts: list[tuple[Matrix, NDArray[np.int64]]] = field(default_factory=list)
    kept: int = 0

    def zero(self) -> Sample:
        """Return a sample of nothing, with the same limit."""
        return Sample(self.most)

    def add(self, chunk: tuple[Cells, ...]) -> Sample:
        """Return the sample with (columns…, row numbers) of one batch."""
        *columns, numbers = chunk
        assert isinstance(numbers, Numbers)
        part = (as_matrix(columns), numbers.values)
        return Sample(self.most, [*self.parts, part], self.kept + len(numbers.values))._cut()

    def merge(self, other: Sample) -> Sample:
        """Return the sample of both."""
        return Sample(self.most, self.parts + other.parts, self.kept + other.kept)._cut()

    def _cut(self) -> Sample:
        if self.most is None or self.kept <= self.most:
            return self
        rows, numbers = self._joined()
        order = np.argsort(_mixed(numbers), kind="stable")
        chosen = np.sort(order[: self.most])
        return Sample(self.most, [(rows[chosen], numbers[chosen])], self.most)

    def _joined(self) -> tuple[Matrix, NDArray[np.int64]]:
        rows = np.concatenate([rows for rows, _ in self.parts])
        return rows, np.concatenate([numbers for _, numbers in self.parts])

    def result(self) -> Matrix:
        """Return the rows, shape (rows, columns)."""
        return self._joined()[0] if self.parts else np.zeros((0, 0))


def as_matrix(columns: list[Any]) -> Matrix:
    """Return columns side by side, as scikit-learn takes them.

    Notes
    -----
    Floats with NaN where missing if all columns are numbers, else objects with None.
    """
    if all(isinstance(column, Numbers) for column in columns):
        parts = []
        for column in columns:
            values = np.asarray(column.values, np.float64)
            if column.valid is not None:
                values = np.where(column.valid, values, np.nan)
            parts.append(values[:, None] if values.ndim == 1 else values)
        return np.ascontiguousarray(np.concatenate(parts, axis=1))
    return np.concatenate([_objects(column) for column in columns], axis=1)


def _objects(column: Numbers | Strings) -> Matrix:
    if isinstance(column, Strings):
        shape = column.codes.shape
        flat = np.array(texts_of(column), object)
    else:
        shape = column.values.shape
        flat = column.values.ravel().astype(object)
        if column.valid is not None:
            flat[~column.valid.ravel()] = None
    return flat.reshape(shape if len(shape) == 2 else (shape[0], 1))


def _mixed(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return numbers that look random and are different for different row numbers."""
    z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
