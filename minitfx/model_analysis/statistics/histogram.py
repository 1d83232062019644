"""Scores of a slice in ten thousand buckets: what curves and their areas are computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from minitfx.model_analysis.columns import Floats, Ints
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.resampling import Method, Resampling
from minitfx.model_analysis.statistics.cells import (
    Cells,
    cell_sums,
    draw,
    join_cells,
    merge_cells,
    regroup_cells,
)
from minitfx.model_analysis.statistics.layers import drawn, grouped
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, times

BUCKETS = 10_000
"""Buckets between left and right, as TFMA has them; one more on each side for the rest."""

_BITS = 15  # 10,002 buckets and one for missing scores need 14, the label one more
MISSING = BUCKETS + 2
"""The bucket of pairs without a score."""


@dataclass(frozen=True)
class Histogram:
    """Weights of negatives and positives in buckets of the score.

    Bucket 0 holds scores below ``left``, bucket i the half-open interval
    ``left + (right - left) / 10000 * [i - 1, i)``, bucket 10,001 those from ``right`` up, and
    bucket 10,002 missing ones.

    Attributes
    ----------
    view : View
        Which pairs.
    left, right : float
        Where the buckets begin and end.
    squared : bool
        Use the squared weight.
    labelled : bool
        Tell positives from negatives; if not, every pair counts as a negative.

    Notes
    -----
    Only buckets that occur are kept: at most 20,006 numbers a slice, and never more than rows.
    """

    view: View
    left: float = 0.0
    right: float = 1.0
    squared: bool = False
    labelled: bool = True

    def collect(self, rows: Rows, slots: Slots) -> Cells:
        """Return the histogram of a chunk."""
        data = rows.pairs(self.view)
        pairs, codes, factor = slots.place(data.rows)
        bucket = rows.once(
            ("buckets", self.view, self.left, self.right),
            lambda: buckets(data.scores, self.left, self.right),
        )
        base = (codes << _BITS) | ((bucket if pairs is None else bucket[pairs]) << 1)
        weights = pick(data.weights, pairs)
        weights = times(times(weights, weights) if self.squared else weights, factor)
        if not self.labelled:
            return cell_sums(base, [] if weights is None else [weights], slots.size)
        labels = data.labels if pairs is None else data.labels[pairs]
        if data.hard:
            columns = [] if weights is None else [weights]
            return cell_sums(base | labels.astype(np.int64), columns, slots.size)
        labels = data.shares if pairs is None else data.shares[pairs]
        weights = np.ones(len(base)) if weights is None else weights
        mass = np.concatenate([weights * (1.0 - labels), weights * labels])
        return cell_sums(np.concatenate([base, base | 1]), [mass], slots.size)

    def collect_resampled(self, rows: Rows, slots: Slots, how: Resampling) -> Cells:
        """Return the histogram of a chunk, with the weights in each resample beside it."""
        if how.method is Method.JACKKNIFE:
            return self.collect(rows, grouped(rows, slots, how))
        cells = self.collect(rows, slots)
        draws = [
            self.collect(rows, replace(slots, factor=drawn(rows, how, each), _made={})).masses[:, 0]
            for each in range(1, how.copies)
        ]
        return replace(cells, mass=cells.masses, draws=np.stack(draws, axis=1).astype(np.float32))

    def layers(self, how: Resampling) -> int:
        """Return how many layers of slots there are: none for a bootstrap."""
        return how.copies if how.method is Method.JACKKNIFE else 1

    def layer(self, state: Cells, number: int) -> Cells:
        """Return the cells in one resample; 0 stands for all rows."""
        return draw(state, number)

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
class Calibration:
    """Weight, weighted label and weighted score in buckets of the score.

    Attributes
    ----------
    view : View
        Which pairs.
    left, right : float
        Where the 10,000 buckets begin and end; see `Histogram`.
    """

    view: View
    left: float = 0.0
    right: float = 1.0

    def collect(self, rows: Rows, slots: Slots) -> Cells:
        """Return the histogram of a chunk."""
        data = rows.pairs(self.view)
        pairs, codes, factor = slots.place(data.rows)
        bucket = rows.once(
            ("buckets", self.view, self.left, self.right),
            lambda: buckets(data.scores, self.left, self.right),
        )
        keys = (codes << _BITS) | (bucket if pairs is None else bucket[pairs])
        weights = times(pick(data.weights, pairs), factor)
        weights = np.ones(len(keys)) if weights is None else weights
        labels = data.labels if pairs is None else data.labels[pairs]
        scores = data.scores if pairs is None else data.scores[pairs]
        return cell_sums(keys, [weights, weights * labels, weights * scores], slots.size)

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
class Curve:
    """Negatives and positives of every slice by bucket, the buckets that occur alone.

    Attributes
    ----------
    slot, bucket : ndarray of int64, shape (points,)
        Ascending by slot, then bucket.
    negative, positive : ndarray of float64, shape (points,)
        Weights.
    slots : int
        How many slots there are; some may have no point.
    missing : ndarray of bool, shape (slots,)
        Slots in which a pair has no score.
    """

    slot: Ints
    bucket: Ints
    negative: Floats
    positive: Floats
    slots: int
    missing: np.ndarray[tuple[int], np.dtype[np.bool_]]


def curve_of(state: Cells) -> Curve:
    """Return the points of a histogram's slices."""
    cells = state.compact(_BITS)
    keys, mass = cells.keys, cells.masses[:, 0]
    place = keys >> 1
    first = np.flatnonzero(np.append(True, place[1:] != place[:-1])[: len(place)])
    # A point has one cell or two, that of the negatives standing first.
    last = np.append(first[1:], len(place))[: len(first)] - 1
    negative = np.where(keys[first] & 1, 0.0, mass[first])
    positive = np.where(keys[last] & 1, mass[last], 0.0)
    place = place[first]
    slot, bucket = place >> (_BITS - 1), place & ((1 << (_BITS - 1)) - 1)
    lost = bucket == MISSING
    missing = np.zeros(cells.slots, bool)
    if not lost.any():
        return Curve(slot, bucket, negative, positive, cells.slots, missing)
    missing[slot[lost]] = True
    kept = ~lost
    return Curve(slot[kept], bucket[kept], negative[kept], positive[kept], cells.slots, missing)


def split_place(keys: Ints) -> tuple[Ints, Ints]:
    """Return the slots and the buckets of a `Calibration`'s keys."""
    return keys >> _BITS, keys & ((1 << _BITS) - 1)


def buckets(scores: Floats, left: float, right: float) -> Ints:
    """Return the bucket of each score.

    Examples
    --------
    >>> buckets(np.array([-0.1, 0.0, 0.5, 1.0, np.nan]), 0.0, 1.0).tolist()
    [0, 1, 5001, 10001, 10002]
    """
    places = (scores - left) / (right - left) * BUCKETS + 1.0
    missing = np.isnan(places)
    inside = np.clip(np.where(missing, 0.0, places), 0.0, BUCKETS + 1.0).astype(np.int64)
    inside[missing] = MISSING
    return inside


def bucket_edges(left: float, right: float) -> Floats:
    """Return the lower edge of each bucket, from minus infinity to ``right``."""
    inner = np.arange(BUCKETS) / BUCKETS * (right - left) + left
    return np.concatenate([[-np.inf], inner, [np.inf]])
