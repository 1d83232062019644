"""Points of ROC and precision-recall curves, of all slices at once.

A curve has a point for each bucket of scores that occurs. Between thresholds that no score
separates nothing changes, so the empty buckets need no point of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minitfx.model_analysis.columns import Floats, Ints, add_up
from minitfx.model_analysis.matrices import Matrices
from minitfx.model_analysis.statistics.histogram import Curve, bucket_edges

EPSILON = 1e-7
"""How far the first and the last threshold of a curve lie outside of [0, 1]."""


@dataclass(frozen=True)
class Points:
    """The buckets of every slice between the thresholds of a curve, from low scores to high.

    Attributes
    ----------
    slot : ndarray of int64, shape (points,)
        Ascending.
    index : ndarray of int64, shape (points,)
        The last threshold that the scores pass, ascending within a slot; -1 for none.
    negative, positive : ndarray of float64, shape (points,)
        Weights between this threshold and the next.
    fp, tp : ndarray of float64, shape (points,)
        Weights from this threshold up.
    negatives, positives : ndarray of float64, shape (slots,)
        All weights.
    missing : ndarray of bool, shape (slots,)
        Slots in which a pair has no score.
    """

    slot: Ints
    index: Ints
    negative: Floats
    positive: Floats
    fp: Floats
    tp: Floats
    negatives: Floats
    positives: Floats
    missing: NDArray[np.bool_]

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self.missing)

    def sum(self, values: Floats) -> Floats:
        """Return the sum of the points' values in each slot, NaN left out; NaN where missing."""
        sums = add_up(self.slot, np.nan_to_num(values, nan=0.0), self.slots)
        return np.where(self.missing, np.nan, sums)


def thresholds_of(count: int) -> tuple[float, ...]:
    """Return so many thresholds, evenly from just below 0 to just above 1.

    Examples
    --------
    >>> thresholds_of(3)
    (-1e-07, 0.5, 1.0000001)
    """
    inner = [(i + 1) / (count - 1) for i in range(count - 2)]
    return (-EPSILON, *inner, 1.0 + EPSILON)


def points_of(curve: Curve, thresholds: tuple[float, ...]) -> Points:
    """Return the points of the slices' curves at these thresholds.

    Parameters
    ----------
    curve : Curve
        Weights by bucket of the score.
    thresholds : tuple of float
        Ascending.
    """
    index = _index_of_bucket(thresholds)[curve.bucket]
    slot, negative, positive = curve.slot, curve.negative, curve.positive
    same = (index[1:] == index[:-1]) & (slot[1:] == slot[:-1])
    if same.any():
        first = np.flatnonzero(np.append(True, ~same))
        slot, index = slot[first], index[first]
        negative, positive = (np.add.reduceat(each, first) for each in (negative, positive))
    negatives = add_up(slot, negative, curve.slots)
    positives = add_up(slot, positive, curve.slots)
    return Points(
        slot,
        index,
        negative,
        positive,
        from_here_up(negative, slot, negatives),
        from_here_up(positive, slot, positives),
        negatives,
        positives,
        curve.missing,
    )


def from_here_up(mass: Floats, slot: Ints, totals: Floats) -> Floats:
    """Return the sum of the masses from each point to the last of its slot.

    Parameters
    ----------
    mass : ndarray of float64, shape (points,)
    slot : ndarray of int64, shape (points,)
        Ascending.
    totals : ndarray of float64, shape (slots,)
        The sum of each slot.

    Notes
    -----
    One running sum over all slots. Whole numbers stay exact; others are divided by their slot's
    total first, so that a heavy slice costs a light one no digits, and summed from the top, where
    the sums are small.
    """
    if not len(mass):
        return mass
    start = np.flatnonzero(np.append(True, slot[1:] != slot[:-1]))
    count = np.diff(np.append(start, len(slot)))
    if float(totals.sum()) < 2.0**53 and bool((mass == np.floor(mass)).all()):
        running = np.cumsum(mass)
        before = running[start] - mass[start]
        return np.repeat(before + totals[slot[start]], count) - running + mass
    scale = np.repeat(np.where(totals > 0, totals, 1.0)[slot[start]], count)
    running = np.cumsum((mass / scale)[::-1])[::-1]
    after = np.append(running, 0.0)[start + count]
    above: Floats = np.maximum(running - np.repeat(after, count), 0.0) * scale
    return above


def from_matrices(matrices: Matrices) -> Points:
    """Return the points of curves whose counts at the thresholds are known exactly.

    Parameters
    ----------
    matrices : Matrices
        At ascending thresholds.
    """
    slots, count = matrices.tp.shape
    missing: NDArray[np.bool_] = np.isnan(matrices.tp).max(axis=1, initial=False)
    tp, fp = np.nan_to_num(matrices.tp), np.nan_to_num(matrices.fp)
    positives = (tp + np.nan_to_num(matrices.fn))[:, 0]
    negatives = (fp + np.nan_to_num(matrices.tn))[:, 0]
    steps = [-np.diff(each, axis=1, append=0.0) for each in (fp, tp)]
    below = [total - each[:, 0] for total, each in ((negatives, fp), (positives, tp))]
    negative, positive = (
        np.concatenate([low[:, None], step], axis=1).ravel()
        for low, step in zip(below, steps, strict=True)
    )
    fp = np.concatenate([negatives[:, None], fp], axis=1).ravel()
    tp = np.concatenate([positives[:, None], tp], axis=1).ravel()
    slot = np.repeat(np.arange(slots), count + 1)
    index = np.tile(np.arange(-1, count), slots)
    return Points(slot, index, negative, positive, fp, tp, negatives, positives, missing)


def dense_matrices(points: Points, thresholds: Sequence[float]) -> Matrices:
    """Return the matrices at every threshold, for plots.

    Notes
    -----
    O(slices × thresholds) memory, unlike the points.
    """
    count, slots = len(thresholds), points.slots
    place = points.slot * (count + 1) + points.index + 1
    masses = [
        add_up(place, mass, slots * (count + 1)).reshape(slots, count + 1)
        for mass in (points.negative, points.positive)
    ]
    above = [mass[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:] for mass in masses]
    totals = [points.negatives[:, None], points.positives[:, None]]
    fp, tp = above
    found = [tp, totals[0] - fp, fp, totals[1] - tp]
    kept = [np.where(points.missing[:, None], np.nan, each) for each in found]
    return Matrices(np.array(thresholds), *kept)


@lru_cache(maxsize=32)
def _index_of_bucket(thresholds: tuple[float, ...]) -> Ints:
    """Return the last threshold that the scores of each bucket pass, -1 for none.

    A bucket holds scores from its lower edge up, and passing a threshold means being greater, so
    thresholds are compared a little above where they stand, all but 0 itself, as TFMA does.
    """
    shifted = [t + EPSILON if t != 0 else t for t in thresholds]
    index = np.searchsorted(np.array(shifted), bucket_edges(0.0, 1.0), "right") - 1
    if thresholds[0] < 0:
        # All scores pass a threshold below 0, also those that are lower still.
        index = np.maximum(index, 0)
    # Nothing passes a threshold above 1, not even a score of 1 or more.
    last = len(thresholds) - (2 if thresholds[-1] >= 1.0 + EPSILON else 1)
    clipped: Ints = np.minimum(index, last)
    return clipped
