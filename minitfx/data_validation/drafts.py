"""Checking whatever a schema calls by a name: a feature, a sparse or a weighted one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.composite_checks import check_sparse, check_weighted
from minitfx.data_validation.declaration_checks import is_deprecated
from minitfx.data_validation.domains import string_domain
from minitfx.data_validation.feature_checks import (
    Checked,
    Surroundings,
    check_feature,
    is_required,
)
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.reasons import Reason
from minitfx.data_validation.schema_paths import find_feature, find_sparse, find_weighted, walk
from minitfx.data_validation.statistics_view import DatasetView, FeatureView


def missing_paths(
    schema: schema_pb2.Schema, dataset: DatasetView, around: Surroundings
) -> list[FeaturePath]:
    """Return the features that must be in the data and have no statistics."""
    hidden: set[FeaturePath] = set()
    missing = []
    for path, feature in walk(schema):
        if path.parent() in hidden or is_deprecated(feature):
            hidden.add(path)
        elif is_required(feature, around) and path not in dataset.features:
            missing.append(path)
    return missing


def draft_of(schema: schema_pb2.Schema, path: FeaturePath) -> schema_pb2.Schema:
    """Return a schema of just what is called ``path``, and its string domain, to be changed."""
    draft = schema_pb2.Schema()
    for finder, held in (
        (find_feature, draft.feature),
        (find_sparse, draft.sparse_feature),
        (find_weighted, draft.weighted_feature),
    ):
        found = finder(schema, path)
        if found is not None:
            held.append(found)
    for feature in draft.feature:
        domain = string_domain(schema, feature.domain)
        if domain is not None:
            draft.string_domain.append(domain)
    return draft


def check_any(
    schema: schema_pb2.Schema, path: FeaturePath, view: FeatureView, around: Surroundings
) -> Checked:
    """Check whatever a schema calls ``path``, and change it so that the data fit."""
    feature = find_feature(schema, path)
    sparse, weighted = find_sparse(schema, path), find_weighted(schema, path)
    others = [each for each in (feature, sparse) if each is not None]
    if weighted is not None:
        if others:
            return _collide("WEIGHTED", [weighted, *others])
        return Checked(check_weighted(weighted, view))
    if sparse is not None and not is_deprecated(sparse):
        if feature is not None and not is_deprecated(feature):
            return _collide("SPARSE", [sparse, feature])
        return Checked(check_sparse(sparse, view))
    if feature is None:
        return Checked([])
    return check_feature(schema, feature, view, around)


def _collide(kind: str, features: Sequence[Any]) -> Checked:
    for feature in features:
        feature.lifecycle_stage = schema_pb2.DEPRECATED
    short = f"{kind.capitalize()} feature name collision"
    return Checked([Reason(f"{kind}_FEATURE_NAME_COLLISION", short, f"{short}.")])
