"""How much weight each text has together with each label."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.accumulators.counts import flattened, weights_of
from minitfx.transform.cells import Cells, Lists, Numbers, Strings, distinct

Floats = NDArray[np.float64]
MOST_LABELS = 100_000
"""Larger labels are an error: they are meant to be 0, 1, 2, …"""


@dataclass
class LabelCounts:
    """Weights by text and label, and by label over all rows.

    Attributes
    ----------
    weighted : bool
        Whether a third column gives each value's weight.
    by_text : dict of str to ndarray of float64
        For each text, the weight with label 0, 1, 2, …
    labels : ndarray of float64
        The weight of each label over all rows.

    Notes
    -----
    O(texts · labels) memory. A text of a row whose label is missing is left out.
    """

    weighted: bool = False
    by_text: dict[str, Floats] = field(default_factory=dict)
    labels: Floats = field(default_factory=lambda: np.zeros(0))

    def zero(self) -> LabelCounts:
        """Return the counts of nothing."""
        return LabelCounts(self.weighted)

    def add(self, chunk: tuple[Cells, ...]) -> LabelCounts:
        """Return the counts with (texts, labels[, weights]) of one batch; changes the receiver."""
        lists = chunk[0] if isinstance(chunk[0], Lists) else None
        texts = flattened(chunk[0])
        assert isinstance(texts, Strings)
        texts = distinct(Strings(texts.codes.ravel(), texts.words))
        label, known, weight = self._labelled(chunk, lists)
        used = known & (texts.codes >= 0)
        width = int(label.max(initial=0)) + 1
        pairs = texts.codes[used].astype(np.int64) * width + label[used]
        joint = np.bincount(pairs, weight[used], len(texts.words) * width)
        for text, row in zip(texts.words.to_pylist(), joint.reshape(-1, width), strict=True):
            if row.any():
                self.by_text[text] = _plus(self.by_text.get(text), row)
        if lists is not None:  # a row counts once, however many items it has
            label, known, weight = self._labelled(chunk, None)
        self.labels = _plus(self.labels, np.bincount(label[known], weight[known]))
        return self

    def _labelled(
        self, chunk: tuple[Cells, ...], lists: Lists | None
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], Floats]:
        """Return labels, where they are known, and weights, for every row or item."""
        label, known = _labels(flattened(chunk[1], lists))
        if not self.weighted:
            return label, known, np.ones(len(label))
        return label, known, weights_of(flattened(chunk[2], lists))

    def merge(self, other: LabelCounts) -> LabelCounts:
        """Return the counts of both; changes the receiver."""
        for text, row in other.by_text.items():
            self.by_text[text] = _plus(self.by_text.get(text), row)
        self.labels = _plus(self.labels, other.labels)
        return self

    def result(self) -> LabelCounts:
        """Return itself; see `joint`."""
        return self

    @property
    def joint(self) -> Floats:
        """The weight of each text with each label, shape (texts, labels)."""
        found = np.zeros((len(self.by_text), len(self.labels)))
        for place, row in enumerate(self.by_text.values()):
            found[place, : len(row)] = row
        return found


def _labels(cells: Numbers | Strings) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    assert isinstance(cells, Numbers)
    values = cells.values.astype(np.int64).ravel()
    known = np.ones(len(values), np.bool_) if cells.valid is None else cells.valid.ravel()
    used = values[known]
    if len(used) and (used.min() < 0 or used.max() > MOST_LABELS):
        worst = used.min() if used.min() < 0 else used.max()
        raise TransformError(
            f"the label {worst} was found; expected 0, 1, 2, …: bucketize a number, and look a "
            "text up in a vocabulary, before using it as labels"
        )
    return values, known


def _plus(first: Floats | None, second: NDArray[Any]) -> Floats:
    """Return the sum of two rows, the shorter one padded with zeros."""
    if first is None or not len(first):
        return np.asarray(second, np.float64).copy()
    longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
    total = np.asarray(longer, np.float64).copy()
    total[: len(shorter)] += shorter
    return total
