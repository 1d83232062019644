"""How much two groups of columns tell of each other, estimated from nearest neighbours.

Numbers and labels may stand on both sides. With numbers C and labels D,

    I(C0 D0; C1 D1) = I(C0 C1; D0 D1) + I(C0; C1) + I(D0; D1) - I(C0; D0) - I(C1; D1)

where each term is of one of three kinds: labels with labels (counted), numbers with numbers
(Kraskov, Stögbauer, Grassberger 2004) and numbers with labels (Ross 2014). Distances are the
largest difference in any column.

References
----------
Kraskov, Stögbauer, Grassberger: Estimating mutual information. Physical Review E 69, 066138.
Ross: Mutual information between discrete and continuous data sets. PLoS ONE 9(2), e87357.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import digamma
from sklearn.neighbors import KDTree, NearestNeighbors

from minitfx.data_validation.distribution import Floats, Ints

Method = Literal["larger_data", "smaller_data"]
"""The second and the first of Kraskov's estimators: less bias, or less scatter."""

_NOISE = 1e-10
_FAR = 10.0


@dataclass(frozen=True)
class Columns:
    """One side of a mutual information.

    Attributes
    ----------
    numbers : ndarray of float64, shape (rows, columns)
        Values; NaN is missing, which is a value of its own, as are both infinities.
    labels : ndarray of int64, shape (rows, columns)
        Codes of categories; a missing label has a code too.
    """

    numbers: Floats
    labels: Ints

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.numbers)

    def shuffled(self, order: Ints) -> Columns:
        """Return the rows in another order."""
        return Columns(self.numbers[order], self.labels[order])


def numeric_columns(values: Floats) -> Columns:
    """Return numbers of shape (rows, columns) as one side."""
    return Columns(values, np.empty((len(values), 0), np.int64))


def label_columns(codes: Ints) -> Columns:
    """Return codes of shape (rows, columns) as one side."""
    return Columns(np.empty((len(codes), 0)), codes)


def mutual_information(
    one: Columns,
    two: Columns,
    k: int = 3,
    method: Method = "larger_data",
    rng: np.random.Generator | None = None,
) -> float:
    """Return an estimate of the mutual information of two sides, in bits, at least 0.

    Parameters
    ----------
    one, two : Columns
        The sides, row by row; each with at least one column.
    k : int
        How many neighbours to look at; the estimate hardly depends on it.
    method : {"larger_data", "smaller_data"}
        Which estimator.
    rng : numpy.random.Generator, optional
        Makes the noise, 1e-10 of a column's size, that parts equal numbers.

    Notes
    -----
    Each numeric column is scaled to unit variance. O(rows · log(rows)) time for few columns,
    O(rows²) for many. A label that occurs once tells nothing of numbers.

    Examples
    --------
    >>> coin = np.array([[0], [1]] * 50)
    >>> mutual_information(label_columns(coin), label_columns(1 - coin))
    1.0
    """
    rng = rng or np.random.default_rng(0)
    numbers = [_scattered(_scaled(side.numbers), rng) for side in (one, two)]
    labels = [_codes(side.labels) for side in (one, two)]
    total = _of_labels(labels[0], labels[1]) + _of_numbers(numbers[0], numbers[1], k, method)
    total += _of_both(np.hstack(numbers), _codes(np.hstack([one.labels, two.labels])), k, method)
    for side in (0, 1):
        total -= _of_both(numbers[side], labels[side], k, method)
    return max(0.0, total)


def adjusted_mutual_information(
    one: Columns, two: Columns, k: int = 3, method: Method = "larger_data", seed: int = 0
) -> float:
    """Return what two sides tell of each other beyond what shuffled rows seem to, in bits.

    Parameters
    ----------
    one, two, k, method
        As in `mutual_information`.
    seed : int
        Gives the noise and the order of the shuffled rows.
    """
    rng = np.random.default_rng(seed)
    found = mutual_information(one, two, k, method, rng)
    by_chance = mutual_information(one.shuffled(rng.permutation(one.rows)), two, k, method, rng)
    return max(0.0, found - by_chance)


def _scaled(columns: Floats) -> Floats:
    """Return columns of unit variance, what is not finite far away from what is."""
    scaled = np.zeros(columns.shape)
    for number, column in enumerate(columns.T):
        finite = np.isfinite(column)
        known = column[finite]
        spread = known.std(ddof=1) if len(known) > 1 else 0.0
        if spread > 0:
            scaled[finite, number] = (known - known.mean()) / spread
        least, most = scaled[:, number].min(), scaled[:, number].max()
        step = most - least + _FAR
        scaled[np.isnan(column), number] = most + step
        scaled[column == np.inf, number] = most + 2 * step
        scaled[column == -np.inf, number] = least - step
    return scaled


def _scattered(columns: Floats, rng: np.random.Generator) -> Floats:
    size = np.maximum(1.0, np.abs(columns).mean(axis=0)) if columns.size else 1.0
    return np.asarray(columns + _NOISE * size * rng.standard_normal(columns.shape))


def _codes(labels: Ints) -> Ints | None:
    """Return one code for each combination of labels, None without labels."""
    if not labels.shape[1]:
        return None
    return np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1)


def _entropy(codes: Ints) -> float:
    shares = np.bincount(codes) / len(codes)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def _of_labels(one: Ints | None, two: Ints | None) -> float:
    if one is None or two is None:
        return 0.0
    both = _codes(np.column_stack([one, two]))
    assert both is not None
    return max(0.0, _entropy(one) + _entropy(two) - _entropy(both))


def _of_numbers(one: Floats, two: Floats, k: int, method: Method) -> float:
    rows, wide = len(one), one.shape[1]
    k = min(k, rows - 1)
    if not (wide and two.shape[1]) or k < 1:
        return 0.0
    both = np.hstack([one, two])
    distances, neighbours = _nearest(both, k)
    if method == "smaller_data":
        radii = [np.nextafter(distances[:, -1], 0)] * 2
        counts = [_within(side, r) for side, r in zip((one, two), radii, strict=True)]
        nats = digamma(k) + digamma(rows) - sum(digamma(count).mean() for count in counts)
    else:
        reach = np.zeros(both.shape)
        for column in neighbours.T:
            np.maximum(reach, np.abs(both - both[column]), out=reach)
        radii = [reach[:, :wide].max(axis=1), reach[:, wide:].max(axis=1)]
        counts = [_within(side, r) - 1 for side, r in zip((one, two), radii, strict=True)]
        nats = digamma(k) - 1 / k + digamma(rows) - sum(digamma(c).mean() for c in counts)
    return _bits(nats)


def _of_both(numbers: Floats, labels: Ints | None, k: int, method: Method) -> float:
    if not numbers.shape[1] or labels is None:
        return 0.0
    sizes = np.bincount(labels)[labels]
    kept = sizes > 1
    if not kept.any():
        return 0.0
    numbers, labels, sizes = numbers[kept], labels[kept], sizes[kept]
    radii, used = np.empty(len(labels)), np.minimum(k, sizes - 1)
    order = np.argsort(labels, kind="stable")
    for same in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        distances, _ = _nearest(numbers[same], int(used[same[0]]))
        radii[same] = distances[:, -1]
    if method == "smaller_data":
        counts = _within(numbers, np.nextafter(radii, 0))
    else:
        counts = _within(numbers, radii) - 1
    nats = digamma(len(labels)) + (digamma(used) - digamma(sizes) - digamma(counts)).mean()
    return _bits(nats)


def _bits(nats: Any) -> float:
    return max(0.0, float(nats) / math.log(2))


def _nearest(points: Floats, k: int) -> tuple[Floats, Ints]:
    """Return the distances and places of the ``k`` nearest other points."""
    neighbours = NearestNeighbors(n_neighbors=k, metric="chebyshev", n_jobs=1).fit(points)
    found: tuple[Floats, Ints] = neighbours.kneighbors()
    return found


def _within(points: Floats, radii: Floats) -> npt.NDArray[Any]:
    """Return how many points there are up to a distance from each, itself included."""
    tree = KDTree(points, metric="chebyshev")
    return np.asarray(tree.query_radius(points, r=radii, count_only=True))
