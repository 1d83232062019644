"""The most frequent strings of a feature, and how many distinct ones there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.data_validation.buffers import array_of, values_of
from minitfx.data_validation.counted import Counted, concatenate, is_utf8


@dataclass(frozen=True)
class StringSummary:
    """What the counts of one feature amount to.

    Attributes
    ----------
    unique : int
        How many distinct values.
    total_bytes : int
        Length of all values together, in bytes of UTF-8.
    invalid : int
        How many values are not UTF-8.
    top : list of (bytes, int)
        The most frequent values, by count and then by value, both falling.
    weighted_top : list of (bytes, float)
        The same by weight; empty without weights.
    """

    unique: int = 0
    total_bytes: int = 0
    invalid: int = 0
    top: list[tuple[bytes, int]] = field(default_factory=list)
    weighted_top: list[tuple[bytes, float]] = field(default_factory=list)


class TopValues:
    """Collects a `StringSummary` from batches of distinct values, each seen once.

    Parameters
    ----------
    top : int
        How many of the most frequent values to keep.
    """

    def __init__(self, top: int) -> None:
        self.limit = top
        self.unique = self.total_bytes = self.invalid = 0
        self.top: Counted | None = None
        self.weighted_top: Counted | None = None

    def add(self, counted: Counted) -> None:
        """Take in values that no other batch holds."""
        self.unique += len(counted.counts)
        lengths = values_of(pc.binary_length(counted.values).cast(pa.int64()))
        self.total_bytes += int((lengths * counted.counts).sum())
        self.invalid += _invalid(counted)
        self.top = _largest(self.top, counted, counted.counts, self.limit)
        if counted.weights is not None:
            self.weighted_top = _largest(
                self.weighted_top, counted, counted.weights, self.limit, by_weight=True
            )

    def summary(self) -> StringSummary:
        """Return what was collected."""
        plain, weighted = self.top, self.weighted_top
        return StringSummary(
            unique=self.unique,
            total_bytes=self.total_bytes,
            invalid=self.invalid,
            top=[] if plain is None else _pairs(plain, plain.counts),
            weighted_top=[]
            if weighted is None or weighted.weights is None
            else _pairs(weighted, weighted.weights),
        )


def _pairs(counted: Counted, sizes: npt.NDArray[Any]) -> list[tuple[bytes, Any]]:
    return list(zip(counted.values.to_pylist(), sizes.tolist(), strict=True))


def _largest(
    best: Counted | None,
    counted: Counted,
    sizes: npt.NDArray[Any],
    top: int,
    by_weight: bool = False,
) -> Counted:
    """Return the ``top`` largest of ``best`` and ``counted``, in order."""
    if len(sizes) > top:
        least = np.partition(sizes, len(sizes) - top)[len(sizes) - top]
        counted = counted.take(np.flatnonzero(sizes >= least))
    if best is not None:
        counted = concatenate(best, counted)
    chosen = counted.weights if by_weight and counted.weights is not None else counted.counts
    table = pa.table({"size": array_of(chosen), "value": counted.values})
    order = pc.sort_indices(table, sort_keys=[("size", "descending"), ("value", "descending")])
    return counted.take(values_of(order.cast(pa.int64()))[:top])


def _invalid(counted: Counted) -> int:
    try:
        counted.values.cast(pa.large_string())
    except pa.ArrowInvalid:
        pairs = zip(counted.values.to_pylist(), counted.counts.tolist(), strict=True)
        return sum(count for value, count in pairs if not is_utf8(value))
    return 0
