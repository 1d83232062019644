"""How often each text occurs in a column, or how much weight it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Cells, Lists, Numbers, Strings, take


def flattened(cells: Cells, lists: Lists | None = None) -> Numbers | Strings:
    """Return one cell a value: the items of lists, or rows repeated for the items of ``lists``."""
    if isinstance(cells, Lists):
        return cells.items
    if lists is not None:
        return take(cells, lists.rows)
    return cells


@dataclass
class Counts:
    """Occurrences, or weights, of each text.

    Attributes
    ----------
    weighted : bool
        Whether a second column gives each value's weight.
    by_text : dict of str to int or float
        Missing cells are left out; weights that are missing or NaN count as 0.
    rows : int
        How many rows were seen.

    Notes
    -----
    O(different texts) memory; merging is exact for counts.
    """

    weighted: bool = False
    by_text: dict[str, Any] = field(default_factory=dict)
    rows: int = 0

    def zero(self) -> Counts:
        """Return the counts of nothing."""
        return Counts(self.weighted)

    def add(self, chunk: tuple[Cells, ...]) -> Counts:
        """Return the counts with the texts of one batch; changes the receiver."""
        lists = chunk[0] if isinstance(chunk[0], Lists) else None
        texts = flattened(chunk[0])
        assert isinstance(texts, Strings)
        codes = texts.codes.ravel()
        weights = None
        if self.weighted:
            weights = _weights(flattened(chunk[1], lists))
        totals = code_totals(codes, len(texts.words), weights)
        self._put(zip(texts.words.to_pylist(), totals.tolist(), strict=True))
        self.rows += len(chunk[0].offsets) - 1 if isinstance(chunk[0], Lists) else len(texts.codes)
        return self

    def _put(self, pairs: Any) -> None:
        by_text = self.by_text
        for text, total in pairs:
            if total:
                by_text[text] = by_text.get(text, 0) + total

    def merge(self, other: Counts) -> Counts:
        """Return the counts of both; changes the receiver."""
        self._put(other.by_text.items())
        self.rows += other.rows
        return self

    def result(self) -> Counts:
        """Return itself."""
        return self


def code_totals(
    codes: NDArray[np.int32], words: int, weights: NDArray[np.float64] | None
) -> NDArray[Any]:
    """Return how often each code occurs, or its sum of weights; -1 is left out."""
    return np.bincount(codes + 1, weights, minlength=words + 1)[1:]


def _weights(cells: Numbers | Strings) -> NDArray[np.float64]:
    assert isinstance(cells, Numbers)
    values = np.asarray(cells.values, np.float64).ravel()
    usable = ~np.isnan(values) if cells.valid is None else ~np.isnan(values) & cells.valid.ravel()
    return np.where(usable, values, 0.0)
