"""Statistics of the user's own, as accumulators."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.blocks import Part
from minitfx.data_validation.features import Feature
from minitfx.data_validation.generators import (
    CombinerFeatureStatsGenerator,
    CombinerStatsGenerator,
    TransformStatsGenerator,
)
from minitfx.data_validation.list_form import in_list_form
from minitfx.data_validation.nesting import unnest
from minitfx.data_validation.partitioned import (
    NonStreamingCustomStatsGenerator,
    PartitionedValues,
)
from minitfx.data_validation.paths import FeaturePath
from minitfx.errors import ParameterError

DatasetProto: TypeAlias = statistics_pb2.DatasetFeatureStatistics


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


class TransformedValues:
    """All rows of a table on disk, for a user's function to go through, as an accumulator.

    Parameters
    ----------
    generator : TransformStatsGenerator
        Whose function it is.
    folder : str
        Where the rows are written.
    """

    def __init__(self, generator: TransformStatsGenerator, folder: str) -> None:
        self.generator = generator
        self.folder = folder
        self._paths: list[str] = []

    def zero(self) -> TransformedValues:
        """Return an accumulator that has seen nothing."""
        return TransformedValues(self.generator, self.folder)

    def add(self, part: Part) -> TransformedValues:
        """Write the rows."""
        path = str(Path(self.folder) / f"{uuid.uuid4().hex}.rows")
        rows = in_list_form(part.table)
        with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, rows.schema) as writer:
            writer.write_table(rows)
        self._paths.append(path)
        return self

    def merge(self, other: TransformedValues) -> TransformedValues:
        """Put the rows of ``other`` behind one's own."""
        self._paths.extend(other._paths)
        return self

    def result(self) -> DatasetProto:
        """Return what the function makes of the rows."""
        return self.generator.ptransform(self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for path in self._paths:
            with pa.OSFile(path) as file:
                yield from pa.ipc.open_stream(file)


GeneratorAccumulator: TypeAlias = (
    GeneratorValues | FeatureGeneratorValues | TransformedValues | PartitionedValues
)


def generator_values(generator: object, folder: str) -> GeneratorAccumulator:
    """Return an accumulator for a user's generator.

    Parameters
    ----------
    generator : StatsGenerator
        One of the four kinds.
    folder : str
        Where rows may be written.

    Raises
    ------
    ParameterError
        If it is of no kind that is known.
    """
    if isinstance(generator, CombinerStatsGenerator):
        return GeneratorValues(generator)
    if isinstance(generator, CombinerFeatureStatsGenerator):
        return FeatureGeneratorValues(generator)
    if isinstance(generator, TransformStatsGenerator):
        return TransformedValues(generator, folder)
    if isinstance(generator, NonStreamingCustomStatsGenerator):
        return PartitionedValues(generator)
    raise ParameterError(
        f"StatsOptions.generators holds a {type(generator).__name__}; expected a "
        "CombinerStatsGenerator, CombinerFeatureStatsGenerator, TransformStatsGenerator or "
        "NonStreamingCustomStatsGenerator"
    )
