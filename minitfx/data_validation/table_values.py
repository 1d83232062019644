"""What has been seen of the features of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from minitfx.data_validation.blocks import Part
from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.distribution import Floats
from minitfx.data_validation.feature_values import FeatureValues
from minitfx.data_validation.nesting import is_list
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.value_counts import CountSettings
from minitfx.errors import DataError


class TableValues:
    """A mergeable summary of the features of a table.

    Parameters
    ----------
    counting : CountSettings
        How strings are counted.
    sample_rate : float, optional
        Share of the rows to look at.

    Attributes
    ----------
    features : dict of FeaturePath to FeatureValues
        What has been seen, in the order in which it came.

    Notes
    -----
    Memory is bounded for each feature: 0.8 MB for numbers, the budget of the counting for
    strings.
    """

    def __init__(self, counting: CountSettings, sample_rate: float | None = None) -> None:
        self.counting = counting
        self.sample_rate = sample_rate
        self.features: dict[FeaturePath, FeatureValues] = {}

    def zero(self) -> TableValues:
        """Return a summary of the same kind that has seen nothing."""
        return TableValues(self.counting, self.sample_rate)

    def add(self, part: Part) -> TableValues:
        """Take in a block."""
        table = part.table
        if self.sample_rate is not None:
            table = sample(table, self.sample_rate, part.number)
        weights: dict[str, Floats] = {}
        for feature in part.features:
            weight = None
            if feature.weight is not None:
                if feature.weight not in weights:
                    weights[feature.weight] = weights_of(table, feature.weight)
                weight = weights[feature.weight]
            values = self.features.get(feature.path) or FeatureValues(feature, self.counting)
            for column, rows in columns_of(table.column(feature.column)):
                values = values.add(column, None if weight is None else weight[rows])
            self.features[feature.path] = values
        return self

    def merge(self, other: TableValues) -> TableValues:
        """Take in what ``other`` has seen."""
        for path, values in other.features.items():
            mine = self.features.get(path) or values.zero()
            self.features[path] = mine.merge(values)
        return self

    def result(self) -> dict[FeaturePath, FeatureValues]:
        """Return the summary of each feature."""
        return self.features


def columns_of(column: Any) -> list[tuple[Any, slice]]:
    """Return a chunked column as arrays with the rows that each covers.

    Numbers are joined into one array, so that their sums do not depend on how the chunks of a
    table in memory happen to be cut; dictionaries stay apart, for joining them costs a hash of
    every value.
    """
    if not pa.types.is_dictionary(column.type) and column.get_total_buffer_size() < 2**31:
        if column.num_chunks == 1:
            return [(column.chunk(0), slice(None))]
        return [(column.combine_chunks(), slice(None))]
    pairs, start = [], 0
    for chunk in column.chunks:
        pairs.append((chunk, slice(start, start + len(chunk))))
        start += len(chunk)
    return pairs


def weights_of(table: pa.Table, name: str) -> Floats:
    """Return the weights of the rows.

    Raises
    ------
    DataError
        If a weight is missing, negative, not finite, or not a single number.
    """
    column = table.column(name).combine_chunks()
    rows = len(column)
    if is_list(column.type):
        column = column.flatten()
    if column.null_count or len(column) != rows:
        raise DataError(
            f"weight column {name!r} does not have exactly one value in every row; fill missing "
            "weights, or choose another column"
        )
    weights = values_of(column.cast(pa.float64()))
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        raise DataError(
            f"weight column {name!r} holds {weights[wrong][0]}; expected finite numbers, 0 or more"
        )
    return weights


def sample(table: pa.Table, rate: float, number: int) -> pa.Table:
    """Return a share of the rows, chosen by their position alone.

    Parameters
    ----------
    table : pyarrow.Table
        A block.
    rate : float
        Share to keep.
    number : int
        The place of the block, which seeds the choice.
    """
    chosen = np.flatnonzero(np.random.default_rng([number, 0]).random(table.num_rows) < rate)
    indices = pa.Array.from_buffers(pa.int64(), len(chosen), [None, pa.py_buffer(chosen)])
    return table.take(indices)
