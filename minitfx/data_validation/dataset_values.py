"""All that is computed of whole rows, for the whole and for its slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from minitfx.data_validation.blocks import Part
from minitfx.data_validation.slicing import Slicer
from minitfx.data_validation.statistics_view import WHOLE
from minitfx.data_validation.table_values import sample, weights_of
from minitfx.kernels import Bundle


class RowCount:
    """A mergeable count of rows and of their weights.

    Parameters
    ----------
    weight : str or None
        The weight column.
    """

    def __init__(self, weight: str | None = None) -> None:
        self.weight = weight
        self.rows = 0
        self.weights = 0.0

    def zero(self) -> RowCount:
        """Return a count of nothing."""
        return RowCount(self.weight)

    def add(self, part: Part) -> RowCount:
        """Take in a block."""
        self.rows += part.table.num_rows
        if self.weight is not None:
            self.weights += float(weights_of(part.table, self.weight).sum())
        return self

    def merge(self, other: RowCount) -> RowCount:
        """Take in what ``other`` has counted."""
        self.rows += other.rows
        self.weights += other.weights
        return self

    def result(self) -> RowCount:
        """Return the count itself."""
        return self


class SlicedValues:
    """A mergeable summary of a table and of its slices.

    Parameters
    ----------
    slicers : sequence of Slicer
        How to slice.
    members : Bundle
        What to compute of each slice.
    sample_rate : float, optional
        Share of the rows to look at.
    whole : bool
        Whether the whole stands beside the slices.
    """

    def __init__(
        self,
        slicers: Sequence[Slicer],
        members: Bundle,
        sample_rate: float | None = None,
        whole: bool = True,
    ) -> None:
        self.slicers = slicers
        self.members = members
        self.sample_rate = sample_rate
        self.whole = whole
        self.slices: dict[str, Bundle] = {WHOLE: members.zero()} if whole else {}

    def zero(self) -> SlicedValues:
        """Return a summary that has seen nothing."""
        return SlicedValues(self.slicers, self.members, self.sample_rate, self.whole)

    def add(self, part: Part) -> SlicedValues:
        """Take in a block."""
        table = part.table
        if self.sample_rate is not None:
            table = sample(table, self.sample_rate, part.number)
        if self.whole:
            self._put(WHOLE, table, part)
        for slicer in self.slicers:
            for key, rows in slicer.slices(table):
                self._put(key, rows, part)
        return self

    def merge(self, other: SlicedValues) -> SlicedValues:
        """Take in what ``other`` has seen."""
        for key, bundle in other.slices.items():
            mine = self.slices.get(key) or self.members.zero()
            self.slices[key] = mine.merge(bundle)
        return self

    def result(self) -> dict[str, dict[str, Any]]:
        """Return, for each slice, the results of its members; the whole first, then by name."""
        names = sorted(self.slices, key=lambda name: (name != WHOLE, name))
        return {name: self.slices[name].result() for name in names}

    def _put(self, key: str, table: pa.Table, part: Part) -> None:
        bundle = self.slices.get(key) or self.members.zero()
        self.slices[key] = bundle.add(Part(table, part.features, part.number))
