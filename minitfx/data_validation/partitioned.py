"""Statistics that need many rows at once, estimated from random samples of the rows.

Each row falls into one of several partitions by chance; a function computes its statistics of
each partition, and what it gives is summed up: the least, the largest, the mean, the median and
the deviation over the partitions::

    rows ─► partition 0 ─ compute ─┐
          ► partition 1 ─ compute ─┼─► min_…, max_…, mean_…, median_…, std_dev_…, num_partitions_…
          ► partition 2 ─ compute ─┘
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.blocks import Part
from minitfx.data_validation.buffers import array_of
from minitfx.data_validation.distribution import Ints
from minitfx.data_validation.generators import StatsGenerator
from minitfx.data_validation.list_form import in_list_form
from minitfx.data_validation.paths import FeaturePath, feature_path
from minitfx.errors import ParameterError


class PartitionedStatsFn(ABC):
    """A statistic of a table that is seen as a whole; see `NonStreamingCustomStatsGenerator`."""

    @abstractmethod
    def compute(
        self, examples_record_batch: pa.RecordBatch
    ) -> statistics_pb2.DatasetFeatureStatistics:
        """Return custom statistics, by feature, of some rows.

        Parameters
        ----------
        examples_record_batch : pyarrow.RecordBatch
            The rows of a partition, in TFDV's form: each column a column of lists.
        """


class NonStreamingCustomStatsGenerator(StatsGenerator):
    """Estimates a statistic that cannot be merged, from random samples of the rows.

    Parameters
    ----------
    stats_fn : PartitionedStatsFn
        What to compute of each partition.
    num_partitions : int
        Into how many partitions rows fall.
    min_partitions_stat_presence : int
        In how many partitions a statistic must have been found to be reported.
    seed : int
        Which rows fall into which partition follows from it and from their places.
    max_examples_per_partition : int
        How many rows of a partition are looked at; where there are more, chance decides.
    batch_size : int
        Accepted for TFDV's sake; blocks follow from the file.
    name : str
        What messages call it.

    Raises
    ------
    ParameterError
        If a number is less than 1.

    Notes
    -----
    Memory: all columns of ``num_partitions · max_examples_per_partition`` rows, for each slice.

    Examples
    --------
    >>> from minitfx.data_validation import MutualInformation, StatsOptions, generate_statistics
    >>> rows = pa.table({"label": ["a", "b"] * 50, "x": [0.0, 9.0] * 50})
    >>> information = MutualInformation(
    ...     FeaturePath(["label"]), multivalent_features=set(),
    ...     categorical_features={FeaturePath(["label"])},
    ... )
    >>> generator = NonStreamingCustomStatsGenerator(information, 2, 2, 1, 1000)
    >>> statistics = generate_statistics(rows, StatsOptions(generators=[generator]))
    >>> found = {each.name: each.num for each in statistics.datasets[0].features[1].custom_stats}
    >>> round(found["mean_adjusted_mutual_information"], 1)  # a bit
    1.0
    """

    def __init__(
        self,
        stats_fn: PartitionedStatsFn,
        num_partitions: int,
        min_partitions_stat_presence: int,
        seed: int,
        max_examples_per_partition: int,
        batch_size: int = 1000,
        name: str = "NonStreamingCustomStatsGenerator",
    ) -> None:
        super().__init__(name)
        self.stats_fn = stats_fn
        self.num_partitions = num_partitions
        self.min_partitions_stat_presence = min_partitions_stat_presence
        self.seed = seed
        self.max_examples_per_partition = max_examples_per_partition
        for setting in ("num_partitions", "max_examples_per_partition"):
            if getattr(self, setting) < 1:
                raise ParameterError(
                    f"{name}: {setting} is {getattr(self, setting)}; expected 1 or more"
                )


class PartitionedValues:
    """Random samples of the rows of a table, one for each partition, as an accumulator.

    Parameters
    ----------
    generator : NonStreamingCustomStatsGenerator
        Says how many and how large, and what becomes of them.
    """

    def __init__(self, generator: NonStreamingCustomStatsGenerator) -> None:
        self.generator = generator
        self._samples: dict[int, tuple[pa.Table, Ints]] = {}

    def zero(self) -> PartitionedValues:
        """Return samples of no rows."""
        return PartitionedValues(self.generator)

    def add(self, part: Part) -> PartitionedValues:
        """Take in a block: every row draws its partition, and its place in line there."""
        rng = np.random.default_rng([self.generator.seed, part.number])
        partitions = rng.integers(self.generator.num_partitions, size=part.table.num_rows)
        places = rng.integers(2**63 - 1, size=part.table.num_rows)
        for partition in np.unique(partitions).tolist():
            rows = np.flatnonzero(partitions == partition)
            self._take(partition, part.table.take(array_of(rows)), places[rows])
        return self

    def merge(self, other: PartitionedValues) -> PartitionedValues:
        """Take in the samples of ``other``."""
        for partition, (table, places) in other._samples.items():
            self._take(partition, table, places)
        return self

    def result(self) -> statistics_pb2.DatasetFeatureStatistics:
        """Return what the statistics of the partitions amount to."""
        found: dict[FeaturePath, dict[str, list[float]]] = {}
        for partition in sorted(self._samples):
            (rows,) = in_list_form(self._samples[partition][0]).combine_chunks().to_batches()
            for feature in self.generator.stats_fn.compute(rows).features:
                statistics = found.setdefault(feature_path(feature), {})
                for custom in feature.custom_stats:
                    statistics.setdefault(custom.name, []).append(custom.num)
        dataset = statistics_pb2.DatasetFeatureStatistics()
        for path, statistics in found.items():
            summary = _summary(statistics, self.generator.min_partitions_stat_presence)
            if summary:
                feature = dataset.features.add(path=path.to_proto())
                for name, value in summary.items():
                    feature.custom_stats.add(name=name, num=value)
        return dataset

    def _take(self, partition: int, table: pa.Table, places: Ints) -> None:
        """Add rows to a partition; of too many, those that come first in line stay."""
        known = self._samples.get(partition)
        if known is not None:
            table = pa.concat_tables([known[0], table], promote_options="permissive")
            places = np.concatenate([known[1], places])
        most = self.generator.max_examples_per_partition
        if len(places) > most:
            first = np.sort(np.argsort(places, kind="stable")[:most])
            table, places = table.take(array_of(first)), places[first]
        self._samples[partition] = table, places


def _summary(statistics: dict[str, list[float]], least: int) -> dict[str, float]:
    """Return the summary of each statistic that enough partitions have."""
    summary: dict[str, float] = {}
    for name, values in statistics.items():
        if len(values) < least:
            continue
        measures: dict[str, Any] = {
            "min": np.min,
            "max": np.max,
            "mean": np.mean,
            "median": np.median,
            "std_dev": np.std,
            "num_partitions": np.size,
        }
        for measure, function in measures.items():
            summary[f"{measure}_{name}"] = float(function(values))
    return summary
