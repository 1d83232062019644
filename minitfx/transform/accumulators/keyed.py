"""Moments, extents and distributions of a column for each key of another column."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.counts import flattened, weights_of
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.cells import Cells, Lists, Numbers, Strings, distinct
from minitfx.transform.keytable import KeyTable

Floats = NDArray[np.float64]
KEYED_LIMIT = 4_096
"""Cells of the distribution of one key: above so many different values it is cut."""


@dataclass
class _Grouped:
    """The values of a batch that have a key, and which group each of them is in."""

    keys: list[str]
    group: NDArray[np.int64]
    values: Floats
    weights: Floats | None = None

    @classmethod
    def of(cls, chunk: tuple[Cells, ...], finite: bool) -> _Grouped:
        """Return the groups of (values, keys[, weights]); NaN is left out, infinity if asked."""
        lists = chunk[0] if isinstance(chunk[0], Lists) else None
        numbers, keys = flattened(chunk[0]), flattened(chunk[1], lists)
        assert isinstance(numbers, Numbers) and isinstance(keys, Strings)
        keys = distinct(keys)
        values = np.asarray(numbers.values, np.float64)
        used = (np.isfinite(values) if finite else ~np.isnan(values)) & (keys.codes >= 0)
        if numbers.valid is not None:
            used &= numbers.valid
        weights = None
        if len(chunk) > 2:
            weights = weights_of(flattened(chunk[2], lists))
            used &= weights > 0
            weights = weights[used]
        codes, group = np.unique(keys.codes[used], return_inverse=True)
        words = keys.words.to_pylist()
        return cls([words[code] for code in codes], group, values[used], weights)


def _union(first: list[str], second: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the keys of both, and the place in them of each key of the second."""
    places = {key: place for place, key in enumerate(first)}
    at = [places.setdefault(key, len(places)) for key in second]
    return list(places), np.array(at, np.int64)


def _placed(values: Floats, at: NDArray[np.int64], size: int, empty: float) -> Floats:
    found = np.full(size, empty)
    found[at] = values
    return found


def _extended(values: Floats, size: int, empty: float) -> Floats:
    return np.append(values, np.full(size - len(values), empty))


@dataclass
class KeyedMoments:
    """Count, mean and sum of squared distances for each key; only finite values count.

    Notes
    -----
    O(keys) memory; the formulas are those of `Moments`.
    """

    keys: list[str] = field(default_factory=list)
    count: Floats = field(default_factory=lambda: np.zeros(0))
    mean: Floats = field(default_factory=lambda: np.zeros(0))
    squares: Floats = field(default_factory=lambda: np.zeros(0))

    def zero(self) -> KeyedMoments:
        """Return the moments of nothing."""
        return KeyedMoments()

    def add(self, chunk: tuple[Cells, ...]) -> KeyedMoments:
        """Return the moments with (values, keys) of one batch."""
        found = _Grouped.of(chunk, finite=True)
        size = len(found.keys)
        count = np.bincount(found.group, minlength=size).astype(np.float64)
        mean = np.bincount(found.group, found.values, size) / np.maximum(count, 1)
        distance = found.values - mean[found.group]
        drift = np.bincount(found.group, distance, size)
        squares = np.bincount(found.group, distance * distance, size) - (
            drift * drift / np.maximum(count, 1)
        )
        return self.merge(KeyedMoments(found.keys, count, mean, np.maximum(squares, 0.0)))

    def merge(self, other: KeyedMoments) -> KeyedMoments:
        """Return the moments of both."""
        keys, at = _union(self.keys, other.keys)
        size = len(keys)
        n1, n2 = _extended(self.count, size, 0.0), _placed(other.count, at, size, 0.0)
        m1, m2 = _extended(self.mean, size, 0.0), _placed(other.mean, at, size, 0.0)
        squares = _extended(self.squares, size, 0.0) + _placed(other.squares, at, size, 0.0)
        count = n1 + n2
        share, distance = n2 / np.maximum(count, 1), m2 - m1
        mean = np.where(n1 == 0, m2, m1 + distance * share)
        return KeyedMoments(keys, count, mean, squares + distance * distance * n1 * share)

    def result(self) -> KeyTable:
        """Return mean and variance by key; 0 and 1 for any other key."""
        variance = self.squares / np.maximum(self.count, 1)
        return _table(self.keys, np.stack([self.mean, variance], axis=1), [0.0, 1.0])


@dataclass
class KeyedExtent:
    """Minimum and maximum for each key; NaN is left out."""

    keys: list[str] = field(default_factory=list)
    low: Floats = field(default_factory=lambda: np.zeros(0))
    high: Floats = field(default_factory=lambda: np.zeros(0))

    def zero(self) -> KeyedExtent:
        """Return the extent of nothing."""
        return KeyedExtent()

    def add(self, chunk: tuple[Cells, ...]) -> KeyedExtent:
        """Return the extents with (values, keys) of one batch."""
        found = _Grouped.of(chunk, finite=False)
        low, high = np.full(len(found.keys), np.inf), np.full(len(found.keys), -np.inf)
        np.minimum.at(low, found.group, found.values)
        np.maximum.at(high, found.group, found.values)
        return self.merge(KeyedExtent(found.keys, low, high))

    def merge(self, other: KeyedExtent) -> KeyedExtent:
        """Return the extents of both."""
        keys, at = _union(self.keys, other.keys)
        size = len(keys)
        low = np.minimum(_extended(self.low, size, np.inf), _placed(other.low, at, size, np.inf))
        high = np.maximum(
            _extended(self.high, size, -np.inf), _placed(other.high, at, size, -np.inf)
        )
        return KeyedExtent(keys, low, high)

    def result(self) -> KeyTable:
        """Return minimum and maximum by key; 0 and 0 for any other key."""
        return _table(self.keys, np.stack([self.low, self.high], axis=1), [0.0, 0.0])


@dataclass
class KeyedDistribution:
    """A `Distribution` of at most `KEYED_LIMIT` cells for each key.

    Notes
    -----
    O(keys · limit) memory at worst.
    """

    weighted: bool = False
    by_key: dict[str, Distribution] = field(default_factory=dict)

    def zero(self) -> KeyedDistribution:
        """Return the distributions of nothing."""
        return KeyedDistribution(self.weighted)

    def add(self, chunk: tuple[Cells, ...]) -> KeyedDistribution:
        """Return the distributions with (values, keys[, weights]) of one batch."""
        found = _Grouped.of(chunk, finite=False)
        order = np.argsort(found.group, kind="stable")
        ends = np.cumsum(np.bincount(found.group, minlength=len(found.keys)))
        for key, rows in zip(found.keys, np.split(order, ends)[:-1], strict=True):
            columns = [found.values] if found.weights is None else [found.values, found.weights]
            self._put(key, self._empty.add(tuple(Numbers(column[rows]) for column in columns)))
        return self

    @property
    def _empty(self) -> Distribution:
        return Distribution.empty(self.weighted, KEYED_LIMIT)

    def _put(self, key: str, distribution: Distribution) -> None:
        known = self.by_key.get(key)
        self.by_key[key] = distribution if known is None else known.merge(distribution)

    def merge(self, other: KeyedDistribution) -> KeyedDistribution:
        """Return the distributions of both; changes the receiver."""
        for key, distribution in other.by_key.items():
            self._put(key, distribution)
        return self

    def result(self) -> KeyedDistribution:
        """Return itself; see `boundaries`."""
        return self

    def boundaries(self, num_buckets: int) -> KeyTable:
        """Return the inner boundaries by key, made strictly ascending; NaN for any other key."""
        rows = [
            _ascending(distribution.quantiles(num_buckets)[1:-1])
            for distribution in self.by_key.values()
        ]
        numbers = np.array(rows).reshape(len(rows), num_buckets - 1)
        return _table(list(self.by_key), numbers, [np.nan] * (num_buckets - 1))


def _ascending(boundaries: Floats) -> Floats:
    """Return boundaries of which each is above the one before, by a millionth of their range."""
    step = 1e-6 * (boundaries[-1] - boundaries[0]) if len(boundaries) else 0.0
    found = boundaries.copy()
    for place in range(1, len(found)):
        found[place] = max(found[place], found[place - 1] + step)
    return found


def _table(keys: list[str], numbers: Floats, other: list[float]) -> KeyTable:
    order = sorted(range(len(keys)), key=keys.__getitem__)
    rows = np.concatenate([numbers[order], np.array([other])])
    return KeyTable(tuple(keys[place] for place in order), rows)
