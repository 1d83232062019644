"""The pass over a table: column by column where that is enough, else row by row.

Single columns are cheapest to look at one at a time. Slices, composites, lift and a user's own
statistics need several columns of the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.blocks import column_blocks, needed_columns, row_blocks
from minitfx.data_validation.composites import Composite, CompositeValues, composites_of
from minitfx.data_validation.dataset_values import RowCount, SlicedValues
from minitfx.data_validation.feature_proto import feature_proto
from minitfx.data_validation.feature_values import FeatureValues
from minitfx.data_validation.features import Feature, features_of
from minitfx.data_validation.generator_values import DatasetProto, generator_values
from minitfx.data_validation.lift import LiftValues, lift_columns
from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.refinement import refine
from minitfx.data_validation.semantics import add_guess
from minitfx.data_validation.slicing import Slicer, slicers_of
from minitfx.data_validation.table_values import TableValues
from minitfx.data_validation.value_counts import CountSettings
from minitfx.dataset.source import Source
from minitfx.kernels import Bundle, fold


@dataclass(frozen=True)
class Plan:
    """What is to be computed of a table.

    Attributes
    ----------
    features : tuple of Feature
        Its features.
    slicers : list of Slicer
        How it is sliced.
    composites : list of Composite
        Features of several columns.
    lift : list of str
        Columns whose lift towards the label is wanted.
    columns : tuple of str
        The columns that all of these need.
    generators : tuple
        The user's own statistics.
    defaults : bool
        Whether the built-in statistics are wanted.
    """

    features: tuple[Feature, ...]
    slicers: list[Slicer]
    composites: list[Composite]
    lift: list[str]
    columns: tuple[str, ...]
    generators: tuple[Any, ...]
    defaults: bool

    @property
    def needs_rows(self) -> bool:
        """Whether single columns are not enough."""
        more = self.slicers or self.composites or self.lift or self.generators
        return bool(more) or not self.defaults


def plan_of(schema: pa.Schema, options: StatsOptions) -> Plan:
    """Return what to compute of a table with this schema."""
    features = features_of(schema, options)
    slicers, composites = slicers_of(options), composites_of(options.schema)
    lift = lift_columns(schema, features, options) if options.add_default_generators else []
    wanted = [*needed_columns(features)]
    for slicer in slicers:
        wanted += slicer.columns(schema)
    for composite in composites:
        wanted += [name for name in composite.columns if name in schema.names]
    if options.weight_feature is not None:
        wanted.append(options.weight_feature)
    return Plan(
        features,
        slicers,
        composites if options.add_default_generators else [],
        lift,
        tuple(dict.fromkeys(wanted)),
        tuple(options.generators or ()),
        options.add_default_generators,
    )


def column_datasets(
    source: Source, plan: Plan, options: StatsOptions, spill: str
) -> list[DatasetProto]:
    """Return the statistics of the whole, computed column by column."""
    counting = _counting(plan, options, spill)
    blocks = column_blocks(source, plan.features)
    found = fold(TableValues(counting, options.sample_rate), blocks)
    refine(source, plan.features, found, options.epsilon, options.sample_rate)
    rows = RowCount()
    first = next((v for path, v in found.items() if len(path) == 1 and v.levels), None)
    rows.rows = source.rows if first is None else first.levels[0].parents
    for path, values in found.items():
        if len(path) == 1 and values.levels and values.feature.weight == options.weight_feature:
            rows.weights = values.levels[0].parents_weight
    return [_dataset("", rows, found, plan, options)]


def row_datasets(
    source: Source, plan: Plan, options: StatsOptions, spill: str
) -> list[DatasetProto]:
    """Return the statistics of the whole and of its slices, computed row by row."""
    members = Bundle(slice_members(plan, options, spill))
    blocks = row_blocks(source, plan.features, plan.columns)
    found = fold(SlicedValues(plan.slicers, members, options.sample_rate), blocks)
    return sliced_datasets(found, plan, options, named=bool(plan.slicers))


def slice_members(plan: Plan, options: StatsOptions, spill: str) -> dict[str, Any]:
    """Return the accumulators of one slice."""
    members: dict[str, Any] = {
        "rows": RowCount(options.weight_feature),
    }
    if options.add_default_generators:
        members["features"] = TableValues(_counting(plan, options, spill))
    if plan.composites:
        members["composites"] = CompositeValues(plan.composites)
    if plan.lift and options.label_feature is not None:
        lift = LiftValues(options.label_feature, plan.lift, options.weight_feature)
        members["lift"] = lift
    for number, generator in enumerate(plan.generators):
        members[f"generator {number}"] = generator_values(generator, spill)
    return members


def sliced_datasets(
    found: dict[str, dict[str, Any]], plan: Plan, options: StatsOptions, named: bool
) -> list[DatasetProto]:
    """Return the statistics of each slice, with its name if ``named``."""
    datasets = []
    for name, results in found.items():
        rows, features = results.pop("rows"), results.pop("features", None)
        dataset = _dataset(name if named else "", rows, features, plan, options)
        for more in results.values():
            _merge(dataset, more)
        datasets.append(dataset)
    return datasets


def _counting(plan: Plan, options: StatsOptions, spill: str) -> CountSettings:
    weighted = any(feature.weight is not None for feature in plan.features)
    top = max(options.num_top_values, options.num_rank_histogram_buckets)
    return CountSettings(top=top, weighted=weighted, spill=spill)


def _dataset(
    name: str,
    rows: RowCount,
    found: dict[FeaturePath, FeatureValues] | None,
    plan: Plan,
    options: StatsOptions,
) -> DatasetProto:
    dataset = DatasetProto(name=name, num_examples=rows.rows, weighted_num_examples=rows.weights)
    if found is None:
        return dataset
    for feature in plan.features:
        values = found.get(feature.path) or FeatureValues(feature, CountSettings())
        dataset.features.append(feature_proto(values, options))
        if options.enable_semantic_domain_stats:
            add_guess(dataset.features[-1], values)
    return dataset


def _merge(dataset: DatasetProto, more: DatasetProto) -> None:
    """Add what a generator found: to features that are there, and as new ones."""
    known = {tuple(feature.path.step): feature for feature in dataset.features}
    for feature in more.features:
        path = tuple(feature.path.step) or (feature.name,)
        if path in known:
            known[path].custom_stats.extend(feature.custom_stats)
            _fill_missing(known[path], feature)
        else:
            dataset.features.append(feature)
    dataset.cross_features.extend(more.cross_features)


def _fill_missing(
    known: statistics_pb2.FeatureNameStatistics, more: statistics_pb2.FeatureNameStatistics
) -> None:
    """Take over a kind of statistics that is not there yet."""
    which = more.WhichOneof("stats")
    if which is not None and known.WhichOneof("stats") is None:
        getattr(known, which).CopyFrom(getattr(more, which))
