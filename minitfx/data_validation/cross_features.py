"""How pairs of numeric columns vary together: covariance and correlation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.distribution import Floats
from minitfx.data_validation.generators import CombinerStatsGenerator
from minitfx.data_validation.nesting import is_list

Cross = tuple[str, str]


@dataclass(frozen=True)
class PairMoments:
    """The moments of pairs of numbers.

    Attributes
    ----------
    count : int
        How many pairs.
    mean_x, mean_y : float
        Means.
    spread_x, spread_y, product : float
        Sums of squared distances from the means, and of their products.
    """

    count: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    spread_x: float = 0.0
    spread_y: float = 0.0
    product: float = 0.0

    def merge(self, other: PairMoments) -> PairMoments:
        """Return the moments of both, by the formulae that `Moments` uses."""
        if not (self.count and other.count):
            return self if self.count else other
        count = self.count + other.count
        part = other.count / count
        step_x, step_y = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        between = self.count * part
        return PairMoments(
            count,
            self.mean_x + step_x * part,
            self.mean_y + step_y * part,
            self.spread_x + other.spread_x + step_x * step_x * between,
            self.spread_y + other.spread_y + step_y * step_y * between,
            self.product + other.product + step_x * step_y * between,
        )


def pair_moments_of(x: Floats, y: Floats) -> PairMoments:
    """Return the moments of pairs of finite numbers."""
    if not len(x):
        return PairMoments()
    mean_x, mean_y = float(x.mean()), float(y.mean())
    away_x, away_y = x - mean_x, y - mean_y
    return PairMoments(
        len(x),
        mean_x,
        mean_y,
        float((away_x * away_x).sum()),
        float((away_y * away_y).sum()),
        float((away_x * away_y).sum()),
    )


class CrossFeatureStatsGenerator(CombinerStatsGenerator[dict[Cross, PairMoments]]):
    """Covariance and correlation of pairs of numeric columns.

    Parameters
    ----------
    name : str
        What messages call it.
    feature_crosses : sequence of (str, str), optional
        The pairs; all pairs of numeric columns when left out, names in order.
    sample_rate : float
        Share of the rows to look at; all by default (TFDV: a tenth, at random).

    Notes
    -----
    Only rows in which both columns have exactly one value, none of them NaN, count. Covariance
    is that of the population. O(rows · pairs).

    Examples
    --------
    >>> from minitfx.data_validation import StatsOptions, generate_statistics
    >>> options = StatsOptions(generators=[CrossFeatureStatsGenerator()])
    >>> table = pa.table({"x": [1, 2, 3], "y": [2.0, 4.0, 6.0]})
    >>> cross = generate_statistics(table, options).datasets[0].cross_features[0]
    >>> round(cross.num_cross_stats.correlation, 6)
    1.0
    """

    def __init__(
        self,
        name: str = "CrossFeatureStatsGenerator",
        feature_crosses: Sequence[Cross] | None = None,
        sample_rate: float = 1.0,
    ) -> None:
        super().__init__(name)
        self.feature_crosses = feature_crosses
        self.sample_rate = sample_rate

    def create_accumulator(self) -> dict[Cross, PairMoments]:
        """Return moments of nothing."""
        return {}

    def add_input(
        self, accumulator: dict[Cross, PairMoments], input_record_batch: pa.RecordBatch
    ) -> dict[Cross, PairMoments]:
        """Take in some rows."""
        batch = input_record_batch
        if self.sample_rate < 1:
            chosen = np.random.default_rng(batch.num_rows).random(batch.num_rows)
            batch = batch.filter(pa.array((chosen < self.sample_rate).tolist()))
        columns: dict[str, Floats] = {}
        for name, kind in zip(batch.schema.names, batch.schema.types, strict=True):
            if _is_numeric(kind):
                columns[name] = _univalent(batch.column(name))
        for x, y in self.feature_crosses or combinations(sorted(columns), 2):
            if x in columns and y in columns:
                both = ~(np.isnan(columns[x]) | np.isnan(columns[y]))
                seen = pair_moments_of(columns[x][both], columns[y][both])
                accumulator[x, y] = accumulator.get((x, y), PairMoments()).merge(seen)
        return accumulator

    def merge_accumulators(
        self, accumulators: Iterable[dict[Cross, PairMoments]]
    ) -> dict[Cross, PairMoments]:
        """Join moments pair by pair."""
        merged: dict[Cross, PairMoments] = {}
        for accumulator in accumulators:
            for cross, moments in accumulator.items():
                merged[cross] = merged.get(cross, PairMoments()).merge(moments)
        return merged

    def extract_output(
        self, accumulator: dict[Cross, PairMoments]
    ) -> statistics_pb2.DatasetFeatureStatistics:
        """Return the covariance and correlation of every pair."""
        dataset = statistics_pb2.DatasetFeatureStatistics()
        for (x, y), moments in sorted(accumulator.items()):
            cross = dataset.cross_features.add(count=moments.count)
            cross.path_x.step.append(x)
            cross.path_y.step.append(y)
            if moments.count:
                cross.num_cross_stats.covariance = moments.product / moments.count
                scale = float(np.sqrt(moments.spread_x) * np.sqrt(moments.spread_y))
                if scale:
                    cross.num_cross_stats.correlation = moments.product / scale
        return dataset


def _is_numeric(kind: pa.DataType) -> bool:
    while is_list(kind):
        kind = kind.value_type if not pa.types.is_map(kind) else pa.null()
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _univalent(column: pa.Array) -> Floats:
    """Return the value of every row, NaN where there is not exactly one."""
    while is_list(column.type):
        single = pc.equal(pc.list_value_length(column), 1)
        first = pc.if_else(pc.fill_null(single, False), column, pa.scalar(None, column.type))
        padded = pc.list_slice(first, 0, 1, return_fixed_size_list=True)
        column = pc.list_element(padded, 0)
    return values_of(pc.fill_null(column.cast(pa.float64()), float("nan")))
