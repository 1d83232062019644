"""Your own statistics, computed in the same pass as the built-in ones.

Subclass `CombinerStatsGenerator` to see whole tables, or `CombinerFeatureStatsGenerator` to see
one feature at a time, and pass instances as ``StatsOptions(generators=[…])``. The methods are
those of TFDV's classes of the same names. What cannot be merged is a `TransformStatsGenerator`,
or estimated from samples: see `minitfx.data_validation.partitioned`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.paths import FeaturePath

AccumulatorT = TypeVar("AccumulatorT")


class StatsGenerator:
    """A statistic with a name.

    Parameters
    ----------
    name : str
        What messages call it.
    schema : Schema, optional
        The schema of the data, kept as ``self.schema`` for subclasses.
    """

    def __init__(self, name: str, schema: schema_pb2.Schema | None = None) -> None:
        self.name = name
        self.schema = schema


class CombinerStatsGenerator(StatsGenerator, ABC, Generic[AccumulatorT]):
    """A statistic of a table.

    Accumulators must pickle where other processes do the work. ``merge_accumulators`` must not
    depend on how the rows were split.
    """

    @abstractmethod
    def create_accumulator(self) -> AccumulatorT:
        """Return an accumulator that has seen nothing."""

    @abstractmethod
    def add_input(
        self, accumulator: AccumulatorT, input_record_batch: pa.RecordBatch
    ) -> AccumulatorT:
        """Return the accumulator after it has seen some rows; it may be changed in place."""

    @abstractmethod
    def merge_accumulators(self, accumulators: Iterable[AccumulatorT]) -> AccumulatorT:
        """Return one accumulator for all; the first may be changed in place."""

    def compact(self, accumulator: AccumulatorT) -> AccumulatorT:
        """Return a smaller form of an accumulator; by default the accumulator itself."""
        return accumulator

    @abstractmethod
    def extract_output(self, accumulator: AccumulatorT) -> statistics_pb2.DatasetFeatureStatistics:
        """Return what the accumulator amounts to, by feature."""


class CombinerFeatureStatsGenerator(StatsGenerator, ABC, Generic[AccumulatorT]):
    """A statistic of each feature on its own."""

    @abstractmethod
    def create_accumulator(self) -> AccumulatorT:
        """Return an accumulator that has seen nothing."""

    @abstractmethod
    def add_input(
        self, accumulator: AccumulatorT, feature_path: FeaturePath, feature_array: Any
    ) -> AccumulatorT:
        """Return the accumulator after it has seen some rows of the column, a `pyarrow.Array`."""

    @abstractmethod
    def merge_accumulators(self, accumulators: Iterable[AccumulatorT]) -> AccumulatorT:
        """Return one accumulator for all; the first may be changed in place."""

    def compact(self, accumulator: AccumulatorT) -> AccumulatorT:
        """Return a smaller form of an accumulator; by default the accumulator itself."""
        return accumulator

    @abstractmethod
    def extract_output(self, accumulator: AccumulatorT) -> statistics_pb2.FeatureNameStatistics:
        """Return what the accumulator amounts to; the feature's path is filled in for you."""


Transformation = Callable[[Iterator[pa.RecordBatch]], statistics_pb2.DatasetFeatureStatistics]
"""Takes all rows of a table, or of a slice, batch by batch, and gives statistics of them."""


class TransformStatsGenerator(StatsGenerator):
    """A statistic of all rows that your function goes through in order.

    For what cannot be merged, as the longest run of equal values. In TFDV it is a Beam
    PTransform over all slices; here it is a function that is called for each slice.

    Parameters
    ----------
    name : str
        What messages call it.
    ptransform : callable
        Takes an iterator of record batches, whose columns are lists as in TFDV, in the order of
        the rows, and returns a `DatasetFeatureStatistics`.
    schema : Schema, optional
        Kept as ``self.schema``.

    Notes
    -----
    The rows are written to a temporary folder first, so that memory holds a batch at a time.

    Examples
    --------
    >>> from minitfx.data_validation import StatsOptions, generate_statistics
    >>> def last_value(batches):
    ...     for batch in batches:
    ...         last = batch.column("x")[-1].as_py()[0]
    ...     dataset = statistics_pb2.DatasetFeatureStatistics()
    ...     feature = dataset.features.add(path={"step": ["x"]})
    ...     feature.custom_stats.add(name="last", num=last)
    ...     return dataset
    >>> options = StatsOptions(generators=[TransformStatsGenerator("last", last_value)])
    >>> statistics = generate_statistics(pa.table({"x": [3, 1, 2]}), options)
    >>> statistics.datasets[0].features[0].custom_stats[0].num
    2.0
    """

    def __init__(
        self, name: str, ptransform: Transformation, schema: schema_pb2.Schema | None = None
    ) -> None:
        super().__init__(name, schema)
        self.ptransform = ptransform
