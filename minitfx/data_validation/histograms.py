"""TFDV's quantiles and histograms, by its own rule, from exact frequencies.

All take `Frequencies` (ascending values ``u`` with counts); ``C`` below is the running sum of
the counts and ``W`` its end.

Notes
-----
The rule, which TFDV's sketch follows to the bit while there are at most 5,701 distinct values:
boundary ``r`` of ``Q`` is the first ``u_i`` whose ``C_i`` exceeds ``r * W / Q``. Buckets are
pairs of neighbouring boundaries and hold the difference of their ``C``; buckets that end at the
same value share their counts evenly, and the mass of the minimum is shared by the leading
buckets that equal the first. The equal-width histogram is read off 100 times finer quantiles,
each spread evenly over its bucket, which is why its counts are not whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.distribution import Floats, Frequencies, run_ends

FINENESS = 100
"""Quantile buckets that are computed for each one that is shown."""


@dataclass(frozen=True)
class Buckets:
    """Histogram buckets.

    Attributes
    ----------
    lows, highs, counts : ndarray of float64, shape (buckets,)
        Edges and sample counts.
    """

    lows: Floats
    highs: Floats
    counts: Floats


def quantile_boundaries(frequencies: Frequencies, quantiles: int) -> tuple[Floats, Floats]:
    """Return the boundaries 0..quantiles and the count of values up to each.

    Parameters
    ----------
    frequencies : Frequencies
        Not empty.
    quantiles : int
        ``Q``, at least 1.

    Returns
    -------
    boundaries, cumulative : ndarray of float64, shape (quantiles + 1,)

    Examples
    --------
    >>> ten = np.arange(1.0, 11.0)
    >>> one = Frequencies(ten, np.ones(10), ten)
    >>> quantile_boundaries(one, 4)[0].tolist()
    [1.0, 3.0, 6.0, 8.0, 10.0]
    """
    cumulative = np.cumsum(frequencies.counts)
    wanted = np.arange(quantiles + 1) * cumulative[-1] / quantiles
    index = np.searchsorted(cumulative, wanted, side="right")
    index = np.minimum(index, len(cumulative) - 1)
    return frequencies.values[index], cumulative[index]


def quantile_buckets(boundaries: Floats, cumulative: Floats) -> Buckets:
    """Return the buckets between boundaries, with the shared counts of the rule."""
    lows, highs = boundaries[:-1], boundaries[1:]
    lasts = run_ends(highs)
    sizes = np.diff(lasts, prepend=-1)
    shared = np.add.reduceat(np.diff(cumulative), lasts - sizes + 1) / sizes
    counts = np.repeat(shared, sizes)
    first = (lows == lows[0]) & (highs == highs[0])
    leading = len(first) if first.all() else int(np.argmin(first))
    counts[:leading] += cumulative[0] / leading
    return Buckets(lows, highs, counts)


def median(boundaries: Floats) -> float:
    """Return the middle boundary, or the mean of the two middle ones."""
    middle = len(boundaries) // 2
    if len(boundaries) % 2:
        return float(boundaries[middle])
    return float((boundaries[middle - 1] + boundaries[middle]) / 2)


def equal_width_buckets(fine: Buckets, count: int, low: float, high: float) -> Buckets:
    """Return ``count`` buckets of equal width, and one for each infinity that occurs.

    Parameters
    ----------
    fine : Buckets
        Many quantile buckets; each is spread evenly over its width.
    count : int
        Buckets wanted, at least 1.
    low, high : float
        Smallest and largest finite value; ``(inf, -inf)`` when there is none.

    Notes
    -----
    A bucket of no width belongs to the interval that ends at it, or to the first. A bucket that
    starts at -inf stands at its upper end, one that ends at inf is part of infinity.
    """
    inner = _spread(_finite_part(fine, bool((fine.highs == np.inf).any())), count, low, high)
    below, above = (_infinite_part(fine, edge) for edge in (-np.inf, np.inf))
    return Buckets(
        np.concatenate([below.lows, inner.lows, above.lows]),
        np.concatenate([below.highs, inner.highs, above.highs]),
        np.concatenate([below.counts, inner.counts, above.counts]),
    )


def _infinite_part(fine: Buckets, edge: float) -> Buckets:
    """Return one bucket at an infinity, or none if it does not occur."""
    there = fine.highs == edge
    edges = np.full(int(there.any()), edge)
    return Buckets(edges, edges, np.full(len(edges), fine.counts[there].sum()))


def _finite_part(fine: Buckets, reaches_infinity: bool) -> Buckets:
    """Return the buckets that end at a finite value.

    One that starts at -inf stands at its end. The one that runs from the largest finite value
    to inf leaves an empty bucket behind, with which those that end at that value share.
    """
    finite = np.isfinite(fine.highs)
    highs, counts = fine.highs[finite], fine.counts[finite]
    lows = np.where(np.isinf(fine.lows[finite]), highs, fine.lows[finite])
    if not (reaches_infinity and len(highs)):
        return Buckets(lows, highs, counts)
    last = highs == highs[-1]
    share = counts[last].sum() / (last.sum() + 1)
    return Buckets(
        np.append(lows, highs[-1]),
        np.append(highs, highs[-1]),
        np.append(np.where(last, share, counts), share),
    )


def _spread(fine: Buckets, count: int, low: float, high: float) -> Buckets:
    if low > high or count == 1:
        total = np.array([fine.counts.sum()])
        return Buckets(np.array([low]), np.array([high]), total)
    edges = _edges(low, high, count)
    counts = np.zeros(count)
    # Halved, no width overflows; the narrowest of all buckets become points.
    starts, stops = fine.lows / 2, fine.highs / 2
    point = starts == stops
    place = np.clip(np.searchsorted(edges, fine.highs[point], side="left") - 1, 0, count - 1)
    np.add.at(counts, place, fine.counts[point])
    starts, stops = starts[~point, None], stops[~point, None]
    overlap = np.minimum(stops, edges[1:] / 2) - np.maximum(starts, edges[:-1] / 2)
    share = np.clip(overlap, 0, None) / (stops - starts)
    counts += (share * fine.counts[~point, None]).sum(axis=0)
    return Buckets(edges[:-1], edges[1:], counts)


def _edges(low: float, high: float, count: int) -> Floats:
    """Return ``count`` + 1 edges at equal distances."""
    steps = np.arange(count, dtype=np.float64)
    # A range that no float can hold is halved, and its edges doubled again.
    scale = 1.0 if np.isfinite(high - low) else 2.0
    width = (high / scale - low / scale) / count
    return np.append((low / scale + steps * width) * scale, high)


def histogram_proto(buckets: Buckets | None, kind: int, nan: int = 0) -> statistics_pb2.Histogram:
    """Return the proto of a histogram; without buckets it only carries the NaN count."""
    proto = statistics_pb2.Histogram(type=kind, num_nan=nan)
    if buckets is not None:
        rows = zip(
            buckets.lows.tolist(), buckets.highs.tolist(), buckets.counts.tolist(), strict=True
        )
        for low, high, sample in rows:
            proto.buckets.add(low_value=low, high_value=high, sample_count=sample)
    return proto


def equal_width_histogram(frequencies: Frequencies, count: int) -> Buckets:
    """Return the STANDARD buckets of ``frequencies``, which must not be empty."""
    fine = quantile_buckets(*quantile_boundaries(frequencies, 10 * FINENESS))
    low, high = frequencies.finite_range
    return equal_width_buckets(fine, 1 if low == high else count, low, high)


def quantile_histogram(frequencies: Frequencies, buckets: int) -> Buckets | None:
    """Return the QUANTILES buckets of ``frequencies``, None when it is empty."""
    if not len(frequencies.values):
        return None
    return quantile_buckets(*quantile_boundaries(frequencies, buckets))
