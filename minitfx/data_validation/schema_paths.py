"""Finding features in a schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.paths import FeaturePath

AnyFeature = schema_pb2.Feature | schema_pb2.SparseFeature | schema_pb2.WeightedFeature


def walk(schema: schema_pb2.Schema) -> Iterator[tuple[FeaturePath, schema_pb2.Feature]]:
    """Yield every feature with its path, a struct before its fields."""
    yield from _below(FeaturePath([]), schema.feature)


def _below(parent: FeaturePath, features: Any) -> Iterator[tuple[FeaturePath, schema_pb2.Feature]]:
    for feature in features:
        path = parent.child(feature.name)
        yield path, feature
        yield from _below(path, feature.struct_domain.feature)


def find_feature(schema: schema_pb2.Schema, path: FeaturePath) -> schema_pb2.Feature | None:
    """Return the feature at ``path``, None when there is none."""
    features, found = schema.feature, None
    for step in path.steps():
        found = next((feature for feature in features if feature.name == step), None)
        if found is None:
            return None
        features = found.struct_domain.feature
    return found


def find_sparse(schema: schema_pb2.Schema, path: FeaturePath) -> schema_pb2.SparseFeature | None:
    """Return the sparse feature at ``path``, None when there is none."""
    holder: Any = schema
    if len(path) > 1:
        parent = find_feature(schema, path.parent())
        if parent is None:
            return None
        holder = parent.struct_domain
    return next((each for each in holder.sparse_feature if each.name == path.path[-1]), None)


def find_weighted(
    schema: schema_pb2.Schema, path: FeaturePath
) -> schema_pb2.WeightedFeature | None:
    """Return the weighted feature called ``path``, None when there is none."""
    if len(path) != 1:
        return None
    return next((each for each in schema.weighted_feature if each.name == path.path[0]), None)
