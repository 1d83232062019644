"""All that is computed of whole rows: slices, composites, lift, and your own statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.blocks import Part
from minitfx.data_validation.features import Feature
from minitfx.data_validation.generators import (
    CombinerFeatureStatsGenerator,
    CombinerStatsGenerator,
)
from minitfx.data_validation.list_form import in_list_form
from minitfx.data_validation.nesting import unnest
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.slicing import Slicer
from minitfx.data_validation.statistics_view import WHOLE
from minitfx.data_validation.table_values import sample, weights_of
from minitfx.errors import ParameterError
from minitfx.kernels import Bundle

DatasetProto: TypeAlias = statistics_pb2.DatasetFeatureStatistics


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


class GeneratorValues:
    """A user's statistic of whole rows, as an accumulator.

    Parameters
    ----------
    generator : CombinerStatsGenerator
        Does the work; it gets the rows in TFDV's form.
    """

    def __init__(self, generator: CombinerStatsGenerator[Any]) -> None:
        self.generator = generator
        self.state = generator.create_accumulator()

    def zero(self) -> GeneratorValues:
        """Return an accumulator that has seen nothing."""
        return GeneratorValues(self.generator)

    def add(self, part: Part) -> GeneratorValues:
        """Show the rows to the generator."""
        for batch in in_list_form(part.table).to_batches():
            self.state = self.generator.add_input(self.state, batch)
        self.state = self.generator.compact(self.state)
        return self

    def merge(self, other: GeneratorValues) -> GeneratorValues:
        """Let the generator merge both."""
        self.state = self.generator.merge_accumulators([self.state, other.state])
        return self

    def result(self) -> DatasetProto:
        """Return what the generator makes of it."""
        return self.generator.extract_output(self.state)


class FeatureGeneratorValues:
    """A user's statistic of each feature, as an accumulator.

    Parameters
    ----------
    generator : CombinerFeatureStatsGenerator
        Does the work; it gets each feature's column in TFDV's form.
    """

    def __init__(self, generator: CombinerFeatureStatsGenerator[Any]) -> None:
        self.generator = generator
        self.states: dict[FeaturePath, Any] = {}

    def zero(self) -> FeatureGeneratorValues:
        """Return an accumulator that has seen nothing."""
        return FeatureGeneratorValues(self.generator)

    def add(self, part: Part) -> FeatureGeneratorValues:
        """Show each feature to the generator."""
        for feature in part.features:
            column = _feature_column(part.table, feature)
            state = self.states.get(feature.path)
            if state is None:
                state = self.generator.create_accumulator()
            state = self.generator.add_input(state, feature.path, column)
            self.states[feature.path] = self.generator.compact(state)
        return self

    def merge(self, other: FeatureGeneratorValues) -> FeatureGeneratorValues:
        """Let the generator merge both, feature by feature."""
        for path, state in other.states.items():
            mine = self.states.get(path)
            pair = [self.generator.create_accumulator() if mine is None else mine, state]
            self.states[path] = self.generator.merge_accumulators(pair)
        return self

    def result(self) -> DatasetProto:
        """Return what the generator makes of each feature."""
        dataset = DatasetProto()
        for path, state in self.states.items():
            feature = dataset.features.add()
            feature.CopyFrom(self.generator.extract_output(state))
            feature.path.CopyFrom(path.to_proto())
        return dataset


def _feature_column(table: pa.Table, feature: Feature) -> Any:
    name = feature.column
    column = in_list_form(table.select([name])).column(0).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0)
    steps = feature.path.path[1:]
    if not steps:
        return column
    leaf = unnest(column, steps, None).leaf
    return in_list_form(pa.table({name: leaf})).column(0).chunk(0)


def generator_values(generator: object) -> GeneratorValues | FeatureGeneratorValues:
    """Return an accumulator for a user's generator.

    Raises
    ------
    ParameterError
        If it is neither kind of generator.
    """
    if isinstance(generator, CombinerStatsGenerator):
        return GeneratorValues(generator)
    if isinstance(generator, CombinerFeatureStatsGenerator):
        return FeatureGeneratorValues(generator)
    raise ParameterError(
        f"StatsOptions.generators holds a {type(generator).__name__}; expected subclasses of "
        "CombinerStatsGenerator or CombinerFeatureStatsGenerator"
    )


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
