"""Actual against predicted classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats, Ints
from minitfx.model_analysis.pairs import Classes, View
from minitfx.model_analysis.statistics.cells import (
    Cells,
    cell_sums,
    join_cells,
    merge_cells,
    regroup_cells,
)
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, times

_CLASS_BITS = 15
_BITS = 2 * _CLASS_BITS + 2
LIMIT = (1 << _CLASS_BITS) - 2
"""How many classes a confusion matrix can have."""


class _ClassCells:
    """States that are cells of (actual class, predicted class, case)."""

    def join(self, first: Cells, second: Cells) -> Cells:
        """Return the cells of both."""
        return join_cells(first, second, _BITS)

    def merge(self, first: Cells, second: Cells, places: tuple[Ints, Ints], size: int) -> Cells:
        """Return the cells of both; see `merge_states`."""
        return merge_cells(first, second, places, size, _BITS)

    def regroup(self, state: Cells, groups: Ints, size: int) -> Cells:
        """Return the cells with their slots renamed."""
        return regroup_cells(state, groups, size, _BITS)


@dataclass(frozen=True)
class ClassMatrix(_ClassCells):
    """Weight by actual and predicted class.

    The predicted class is that with the highest score, -1 if it is not over the threshold; -2
    where a score is missing.

    Attributes
    ----------
    view : View
        Whose stream.
    threshold : float
        A score must be greater to count.
    """

    view: View
    threshold: float = 0.0

    def collect(self, rows: Rows, slots: Slots) -> Cells:
        """Return the matrix of a chunk."""
        data = rows.classes(self.view)
        _check(data)
        pairs, codes, factor = slots.place(data.rows)
        key = rows.once(("class cells", self), lambda: self._cells(data))
        weights = times(pick(data.weights, pairs), factor)
        keys = (codes << _BITS) | (key if pairs is None else key[pairs])
        return cell_sums(keys, [] if weights is None else [weights], slots.size)

    def _cells(self, data: Classes) -> Ints:
        predicted: Ints = data.scores.argmax(axis=1)
        highest = data.scores[np.arange(len(predicted)), predicted]
        predicted = np.where(highest > self.threshold, predicted, -1)
        predicted[np.isnan(data.scores).any(axis=1)] = -2
        return _pack(data.actual, predicted, np.zeros(1, np.int64))


@dataclass(frozen=True)
class LabelMatrix(_ClassCells):
    """For each actual class and each class: false and true negatives and positives.

    Attributes
    ----------
    view : View
        Whose stream.
    threshold : float
        A score must be greater to count as predicted.
    """

    view: View
    threshold: float = 0.5

    def collect(self, rows: Rows, slots: Slots) -> Cells:
        """Return the matrices of a chunk."""
        data = rows.classes(self.view)
        _check(data)
        pairs, codes, factor = slots.place(data.rows)
        weights = times(pick(data.weights, pairs), factor)
        hot = data.hot if pairs is None else data.hot[pairs]
        scores = data.scores if pairs is None else data.scores[pairs]
        entry, actual = np.nonzero(hot)
        case = hot[entry].astype(np.int64) * 2 + (scores[entry] > self.threshold)
        predicted = np.broadcast_to(np.arange(scores.shape[1]), case.shape)
        keys = _pack(np.broadcast_to(actual[:, None], case.shape), predicted, case)
        keys = (codes[entry][:, None] << _BITS) | keys
        mass = [] if weights is None else [np.repeat(weights[entry], scores.shape[1])]
        return cell_sums(keys.ravel(), mass, slots.size)


@dataclass(frozen=True)
class Entries:
    """Cells of class matrices, unpacked.

    Attributes
    ----------
    slot, actual, predicted, case : ndarray of int64, shape (cells,)
        ``case`` is 0 to 3: true negative, false positive, false negative, true positive.
    weight : ndarray of float64, shape (cells,)
    """

    slot: Ints
    actual: Ints
    predicted: Ints
    case: Ints
    weight: Floats


def entries_of(state: Cells) -> Entries:
    """Return the cells, by slot, then actual, then predicted class."""
    cells = state.compact()
    keys, mask = cells.keys, (1 << _CLASS_BITS) - 1
    return Entries(
        keys >> _BITS,
        ((keys >> (_CLASS_BITS + 2)) & mask) - 2,
        ((keys >> 2) & mask) - 2,
        keys & 3,
        cells.masses[:, 0],
    )


def _pack(actual: Ints, predicted: Ints, case: Ints) -> Ints:
    # Two is added so that -2 (no score) and -1 (no class) stay non-negative.
    packed: Ints = ((actual + 2) << (_CLASS_BITS + 2)) | ((predicted + 2) << 2) | case
    return packed


def _check(data: Classes) -> None:
    if data.scores.shape[1] > LIMIT:
        raise EvaluationError(
            f"a confusion matrix of {data.scores.shape[1]} classes is too large; expected at most "
            f"{LIMIT}"
        )
