"""Distinct values with how often each occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.data_validation.buffers import array_of, values_of
from minitfx.data_validation.distribution import Floats, Ints


@dataclass(frozen=True)
class Counted:
    """Distinct values with their counts, and weights if there are any.

    Attributes
    ----------
    values : pyarrow.LargeBinaryArray
        Distinct, without nulls.
    counts : ndarray of int64
        One for each value, at least 1.
    weights : ndarray of float64 or None
        Sum of the weights of each value.
    """

    values: Any
    counts: Ints
    weights: Floats | None

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.values.nbytes) + 16 * len(self.counts)

    def take(self, rows: npt.NDArray[np.int64]) -> Counted:
        """Return the values at ``rows``, in that order."""
        weights = None if self.weights is None else self.weights[rows]
        return Counted(self.values.take(array_of(rows)), self.counts[rows], weights)


def count_values(values: Any, weights: Floats | None) -> Counted:
    """Count the values of an Arrow array without nulls: strings, bytes or a dictionary."""
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    size = len(values.dictionary)
    indices = values_of(values.indices)
    counts = np.bincount(indices, minlength=size)
    sums = None if weights is None else _sums(indices, weights, size)
    counted = Counted(_as_binary(values.dictionary), counts.astype(np.int64, copy=False), sums)
    used = np.flatnonzero(counts)
    return counted if len(used) == size else counted.take(used)


def _sums(indices: Ints, weights: Floats, size: int) -> Floats:
    return np.bincount(indices, weights, minlength=size).astype(np.float64, copy=False)


def _as_binary(values: Any) -> Any:
    if pa.types.is_large_binary(values.type):
        return values
    return values.cast(pa.binary()).cast(pa.large_binary())


def join(parts: list[Counted]) -> Counted:
    """Return one count of what several have counted; O(values) hashes."""
    encoded = pa.concat_arrays([part.values for part in parts]).dictionary_encode()
    indices = values_of(encoded.indices)
    counts = np.zeros(len(encoded.dictionary), np.int64)
    np.add.at(counts, indices, np.concatenate([part.counts for part in parts]))
    weights = None
    if parts[0].weights is not None:
        every = np.concatenate([part.weights for part in parts if part.weights is not None])
        weights = _sums(indices, every, len(counts))
    return Counted(encoded.dictionary, counts, weights)


def sort(counted: Counted) -> Counted:
    """Return the same counts in the order of the values' bytes."""
    order = pc.array_sort_indices(counted.values)
    return counted.take(values_of(order.cast(pa.int64())))


def concatenate(one: Counted, two: Counted) -> Counted:
    """Return the values of both, which must share none."""
    weights = None
    if one.weights is not None and two.weights is not None:
        weights = np.concatenate([one.weights, two.weights])
    values = pa.concat_arrays([one.values, two.values])
    return Counted(values, np.concatenate([one.counts, two.counts]), weights)


def is_utf8(value: bytes) -> bool:
    """Return whether ``value`` is UTF-8 text."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
