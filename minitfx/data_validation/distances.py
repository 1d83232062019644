"""How far two distributions are apart: L-infinity, normalized difference, Jensen-Shannon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.distribution import Floats

Counts = Mapping[str, float]


def l_infinity(one: Counts, two: Counts) -> tuple[str, float]:
    """Return the value whose share differs most, and by how much.

    Parameters
    ----------
    one, two : mapping of str to float
        Counts by value.

    Examples
    --------
    >>> l_infinity({"a": 1, "b": 1}, {"a": 3, "b": 1})
    ('b', 0.25)
    """
    total_one, total_two = sum(one.values()), sum(two.values())
    return _largest(
        {
            value: _share(one, value, total_one) - _share(two, value, total_two)
            for value in {*one, *two}
        }
    )


def normalized_difference(one: Counts, two: Counts) -> tuple[str, float]:
    """Return the value whose count differs most, and by what share of all counts."""
    total = sum(one.values()) + sum(two.values())
    if not total:
        return "", 0.0
    values = {*one, *two}
    return _largest({v: (one.get(v, 0.0) - two.get(v, 0.0)) / total for v in values})


def _share(counts: Counts, value: str, total: float) -> float:
    return counts.get(value, 0.0) / total if total else 0.0


def _largest(differences: Mapping[str, float]) -> tuple[str, float]:
    """Return the largest absolute difference; of equal ones, that of the last value."""
    ranked = ((abs(size), value.encode(), value) for value, size in differences.items())
    size, _, value = max(ranked, default=(0.0, b"", ""))
    return value, size


def jensen_shannon(one: Floats, two: Floats) -> float | None:
    """Return the Jensen-Shannon divergence of two aligned sets of counts, in [0, 1].

    Parameters
    ----------
    one, two : ndarray of float64, shape (bins,)
        Counts; bins without counts on either side do not matter.

    Returns
    -------
    float or None
        Base-2 logarithms; None when one side is empty.

    Examples
    --------
    >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 3.0]))
    1.0
    """
    if not (one.sum() and two.sum()):
        return None
    p, q = one / one.sum(), two / two.sum()
    middle = (p + q) / 2
    return float(min(1.0, (_kullback_leibler(p, middle) + _kullback_leibler(q, middle)) / 2))


def _kullback_leibler(p: Floats, q: Floats) -> float:
    there = (p > 0) & (q > 0)
    return float((p[there] * np.log2(p[there] / q[there])).sum())


def jensen_shannon_of_counts(one: Counts, two: Counts) -> float | None:
    """Return the divergence of counts by value, None when one side is empty."""
    values = sorted({*one, *two})
    pair = (np.array([side.get(value, 0.0) for value in values]) for side in (one, two))
    return jensen_shannon(*pair)


def jensen_shannon_of_histograms(
    one: statistics_pb2.Histogram, two: statistics_pb2.Histogram
) -> float | None:
    """Return the divergence of two numeric histograms, None when one side is empty.

    Notes
    -----
    Both are spread over the union of their edges, evenly within each bucket. Buckets of no
    width are points, compared value by value; what lies beyond infinity, and NaN, is taken to
    differ wholly between the two.
    """
    first, second = _pieces(one), _pieces(two)
    edges = np.union1d(first.edges, second.edges)
    points = sorted({*first.points, *second.points})
    bins = []
    for side, is_first in ((first, True), (second, False)):
        alone = np.array([side.infinite, side.nan])
        apart = np.concatenate([alone, 0 * alone] if is_first else [0 * alone, alone])
        masses = np.array([side.points.get(value, 0.0) for value in points], np.float64)
        bins.append(np.concatenate([side.spread(edges), masses, apart]))
    return jensen_shannon(*bins)


@dataclass(frozen=True)
class _Pieces:
    """A histogram, taken apart: intervals, points, and what is infinite or NaN."""

    lows: Floats
    highs: Floats
    counts: Floats
    points: dict[float, float]
    infinite: float
    nan: float

    @property
    def edges(self) -> Floats:
        return np.union1d(self.lows, self.highs)

    def spread(self, edges: Floats) -> Floats:
        """Return the counts between ``edges``, shape (edges - 1,)."""
        if len(edges) < 2:
            return np.zeros(0)
        lows, highs = self.lows[:, None], self.highs[:, None]
        overlap = np.minimum(highs, edges[1:]) - np.maximum(lows, edges[:-1])
        share: Floats = np.clip(overlap, 0, None) / (highs - lows)
        spread: Floats = (share * self.counts[:, None]).sum(axis=0)
        return spread


def _pieces(histogram: statistics_pb2.Histogram) -> _Pieces:
    points: dict[float, float] = {}
    intervals, infinite = [], 0.0
    for bucket in histogram.buckets:
        if np.isinf(bucket.low_value) or np.isinf(bucket.high_value):
            infinite += bucket.sample_count
        elif bucket.low_value == bucket.high_value:
            points[bucket.low_value] = points.get(bucket.low_value, 0.0) + bucket.sample_count
        else:
            intervals.append((bucket.low_value, bucket.high_value, bucket.sample_count))
    table = np.array(intervals, np.float64).reshape(-1, 3)
    return _Pieces(
        table[:, 0], table[:, 1], table[:, 2], points, infinite, float(histogram.num_nan)
    )
