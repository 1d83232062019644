"""The label by category, with each fold of the rows left out in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.keyed import KeyedMoments
from minitfx.transform.cells import Cells, Lists, Numbers, take
from minitfx.transform.keytable import KeyTable

Floats = NDArray[np.float64]


@dataclass
class FoldedTarget:
    """Moments of the label for each category, in each fold of the rows.

    Attributes
    ----------
    folds : int
        How many; row number r of a data set is in fold ``r % folds``.
    smooth : float or None
        How many rows the overall mean weighs against a category's own; None takes the ratio of
        the variance within the category to that of all rows (empirical Bayes).
    by_fold : list of KeyedMoments
        One for each fold.

    References
    ----------
    Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems" (2001); the formulas are those of scikit-learn's
    TargetEncoder.
    """

    folds: int
    smooth: float | None = None
    by_fold: list[KeyedMoments] = field(default_factory=list)

    def zero(self) -> FoldedTarget:
        """Return the target of no rows, with the same settings."""
        empty = [KeyedMoments() for _ in range(self.folds)]
        return FoldedTarget(self.folds, self.smooth, empty)

    def add(self, chunk: tuple[Cells, ...]) -> FoldedTarget:
        """Return the target with (labels, categories, row numbers) of one batch."""
        labels, categories, numbers = chunk
        assert isinstance(numbers, Numbers)
        assert not isinstance(labels, Lists) and not isinstance(categories, Lists)
        found = []
        for fold, known in enumerate(self.by_fold):
            here = numbers.values % self.folds == fold
            found.append(known.add((take(labels, here), take(categories, here))))
        return FoldedTarget(self.folds, self.smooth, found)

    def merge(self, other: FoldedTarget) -> FoldedTarget:
        """Return the target of both."""
        pairs = zip(self.by_fold, other.by_fold, strict=True)
        return FoldedTarget(self.folds, self.smooth, [one.merge(two) for one, two in pairs])

    def result(self) -> KeyTable:
        """Return for each category its encoding without fold 0, 1, …, and with all rows."""
        whole = _merged(self.by_fold)
        keys = sorted(whole.keys)
        columns = []
        for left_out in [*range(self.folds), None]:
            kept = [each for fold, each in enumerate(self.by_fold) if fold != left_out]
            columns.append(_encoded(_merged(kept), keys, self.smooth))
        return KeyTable(tuple(keys), np.stack(columns, axis=1))


def _merged(parts: list[KeyedMoments]) -> KeyedMoments:
    found = KeyedMoments()
    for part in parts:
        found = found.merge(part)
    return found


def _encoded(found: KeyedMoments, keys: list[str], smooth: float | None) -> Floats:
    """Return the encoding of each key, and last that of any other: the overall mean."""
    rows = found.count.sum()
    mean = float((found.count * found.mean).sum() / rows) if rows else 0.0
    between = (found.count * (found.mean - mean) ** 2).sum()
    variance = float((found.squares.sum() + between) / rows) if rows else 0.0
    if smooth is None:
        within = found.squares / np.maximum(found.count, 1)
        weight = variance * found.count
        share = np.divide(weight, weight + within, out=np.ones_like(weight), where=weight > 0)
    else:
        share = found.count / np.maximum(found.count + smooth, 1e-300)
    own = dict(zip(found.keys, (share * found.mean + (1 - share) * mean).tolist(), strict=True))
    return np.array([*(own.get(key, mean) for key in keys), mean])
