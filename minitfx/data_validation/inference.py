"""A schema from statistics, by TFDV's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.domains import infer_domain, set_time_domain
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.statistics_view import (
    DatasetView,
    FeatureView,
    Level,
    schema_type,
    whole_dataset,
)

SchemaTransformation = Callable[
    [schema_pb2.Schema, statistics_pb2.DatasetFeatureStatistics], schema_pb2.Schema
]


def infer_schema(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    infer_feature_shape: bool = True,
    max_string_domain_size: int = 100,
    schema_transformations: Sequence[SchemaTransformation] | None = None,
) -> schema_pb2.Schema:
    """Return a schema that the data of ``statistics`` fit.

    Parameters
    ----------
    statistics : DatasetFeatureStatisticsList
        Of one data set, or with slices one of which is called "All Examples".
    infer_feature_shape : bool
        Whether features that always have the same number of values get a shape.
    max_string_domain_size : int
        Strings with more distinct values than this get no domain.
    schema_transformations : sequence of callables, optional
        Each takes the schema and the statistics of the data set, and returns a schema; applied
        in order.

    Raises
    ------
    DataError
        If the statistics are of no data set, or of several none of which is the whole.

    Notes
    -----
    Presence is required of features that are never missing; numbers get no bounds; strings of
    few values get a domain of just these; dates and timestamps a time domain.
    O(features · values in the rank histogram).

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.data_validation import generate_statistics
    >>> schema = infer_schema(generate_statistics(pa.table({"paid": ["cash", "card"]})))
    >>> list(schema.string_domain[0].value)
    ['card', 'cash']
    """
    dataset = whole_dataset(statistics)
    schema = schema_pb2.Schema()
    for view in DatasetView(dataset).features.values():
        add_feature(schema, view, infer_feature_shape, max_string_domain_size)
    for transform in schema_transformations or ():
        schema = transform(schema, dataset)
    return schema


def add_feature(
    schema: schema_pb2.Schema,
    view: FeatureView,
    infer_shape: bool,
    max_string_domain_size: int,
) -> schema_pb2.Feature:
    """Add to ``schema`` the feature that ``view`` describes, and return it.

    Fields of structs are added inside the struct's domain.
    """
    feature = _container(schema, view.path.parent()).add(name=view.path.path[-1])
    feature.type = schema_type(view.type)
    feature.presence.min_count = 1 if view.present >= 1 else 0
    set_time_domain(feature, view)
    if view.present <= 0:
        return feature
    if view.missing == 0:
        feature.presence.min_fraction = 1.0
    if not (infer_shape and _infer_shape(feature, view)):
        infer_value_count(feature, view)
    infer_domain(schema, feature, view, max_string_domain_size)
    return feature


def infer_value_count(feature: schema_pb2.Feature, view: FeatureView) -> None:
    """Bound the number of values by what occurs; nothing for lists that may be empty."""
    levels = view.levels
    if len(levels) > 1:
        for level in levels:
            _bound(feature.value_counts.value_count.add(), level)
    elif levels[0].least > 0:
        _bound(feature.value_count, levels[0])


def _bound(count: schema_pb2.ValueCount, level: Level) -> None:
    if level.least <= 0:
        return
    if level.least == level.most:
        count.min = count.max = level.least
    else:
        count.min = 1


def _infer_shape(feature: schema_pb2.Feature, view: FeatureView) -> bool:
    """Set the shape of a feature that always has the same number of values."""
    if feature.type == schema_pb2.STRUCT:
        return False
    levels = view.levels
    if any(level.missing or not 0 < level.least == level.most for level in levels):
        return False
    for level in levels:
        feature.shape.dim.add(size=level.least)
    return True


def _container(schema: schema_pb2.Schema, parent: FeaturePath) -> Any:
    """Return the repeated features of a struct, or of the schema itself."""
    features = schema.feature
    for step in parent.steps():
        found = next((feature for feature in features if feature.name == step), None)
        if found is None:
            found = features.add(name=step, type=schema_pb2.STRUCT)
        features = found.struct_domain.feature
    return features
