"""Looking things up in a schema, and changing them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.domains import string_domain
from minitfx.data_validation.paths import FeaturePath, as_path
from minitfx.data_validation.schema_paths import find_feature, walk
from minitfx.errors import ParameterTypeError, SchemaError, did_you_mean

Domain: TypeAlias = (
    schema_pb2.IntDomain
    | schema_pb2.FloatDomain
    | schema_pb2.StringDomain
    | schema_pb2.BoolDomain
    | schema_pb2.NaturalLanguageDomain
    | schema_pb2.ImageDomain
    | schema_pb2.MIDDomain
    | schema_pb2.URLDomain
    | schema_pb2.TimeDomain
    | schema_pb2.TimeOfDayDomain
    | schema_pb2.StructDomain
)
"""A domain that a feature can have."""


def get_feature(schema: schema_pb2.Schema, feature_path: str | FeaturePath) -> schema_pb2.Feature:
    """Return a feature of a schema, to read or to change in place.

    Parameters
    ----------
    schema : Schema
        Where to look.
    feature_path : str or FeaturePath
        A column's name, or the path of a field inside a struct.

    Raises
    ------
    ParameterTypeError
        If ``schema`` is something else.
    SchemaError
        If there is no such feature, or a step leads through what is no struct.

    Examples
    --------
    >>> schema = schema_pb2.Schema()
    >>> _ = schema.feature.add(name="fare", type=schema_pb2.FLOAT)
    >>> get_feature(schema, "fare").drift_comparator.jensen_shannon_divergence.threshold = 0.1
    """
    check_schema(schema)
    path = as_path(feature_path)
    for length in range(1, len(path)):
        parent = find_feature(schema, FeaturePath(path.steps()[:length]))
        if parent is not None and parent.type != schema_pb2.STRUCT:
            raise SchemaError(
                f"feature {path} leads through {parent.name!r}, which is "
                f"{schema_pb2.FeatureType.Name(parent.type)}; expected a STRUCT"
            )
    found = find_feature(schema, path)
    if found is None:
        known = [each.serialized for each, _ in walk(schema)]
        raise SchemaError(
            f"there is no feature {path} in the schema. {did_you_mean(path.serialized, known)}"
        )
    return found


def get_domain(schema: schema_pb2.Schema, feature_path: str | FeaturePath) -> Domain:
    """Return the domain of a feature; a string domain of the schema, where it names one.

    Raises
    ------
    ParameterTypeError
        If ``schema`` is something else.
    SchemaError
        If there is no such feature, or it has no domain.
    """
    feature = get_feature(schema, feature_path)
    which = feature.WhichOneof("domain_info")
    if which is None:
        raise SchemaError(f"feature {as_path(feature_path)} has no domain; set one with set_domain")
    if which != "domain":
        domain: Domain = getattr(feature, which)
        return domain
    named = string_domain(schema, feature.domain)
    if named is None:
        raise SchemaError(
            f"feature {as_path(feature_path)} refers to the string domain {feature.domain!r}, "
            f"which is not in the schema. {_known_domains(schema, feature.domain)}"
        )
    return named


def set_domain(
    schema: schema_pb2.Schema, feature_path: str | FeaturePath, domain: Domain | str
) -> None:
    """Give a feature a domain, in place of the one it has.

    Parameters
    ----------
    schema : Schema
        Changed.
    feature_path : str or FeaturePath
        Which feature.
    domain : domain message or str
        The domain, or the name of a string domain of the schema.

    Raises
    ------
    ParameterTypeError
        If the domain is none, or the feature is a struct.
    SchemaError
        If there is no such feature, or no string domain of that name.

    Examples
    --------
    >>> schema = schema_pb2.Schema()
    >>> _ = schema.feature.add(name="hour", type=schema_pb2.INT)
    >>> set_domain(schema, "hour", schema_pb2.IntDomain(min=0, max=23))
    >>> schema.feature[0].int_domain.max
    23
    """
    feature = get_feature(schema, feature_path)
    field = _domain_field(domain)
    if feature.type == schema_pb2.STRUCT:
        raise ParameterTypeError(
            f"feature {as_path(feature_path)} is a STRUCT, which can have no domain"
        )
    if isinstance(domain, str) and string_domain(schema, domain) is None:
        raise SchemaError(f"there is no string domain {domain!r}. {_known_domains(schema, domain)}")
    if feature.WhichOneof("domain_info") is not None:
        warnings.warn(
            f"feature {as_path(feature_path)} had a domain, which is replaced", stacklevel=2
        )
    if isinstance(domain, str):
        feature.domain = domain
    else:
        getattr(feature, field).CopyFrom(domain)


def get_categorical_features(schema: schema_pb2.Schema) -> set[FeaturePath]:
    """Return the features whose values are counted one by one: BYTES, and categorical INT."""
    return {path for path, feature in _leaves(schema) if is_categorical_feature(feature)}


def get_categorical_numeric_features(schema: schema_pb2.Schema) -> list[FeaturePath]:
    """Return the INT features that are categorical, in their order."""
    return [
        path
        for path, feature in _leaves(schema)
        if feature.type == schema_pb2.INT and is_categorical_feature(feature)
    ]


def get_multivalent_features(schema: schema_pb2.Schema) -> set[FeaturePath]:
    """Return the features that may have more than one value in a row."""
    return {path for path, feature in _leaves(schema) if not _is_univalent(feature)}


def is_categorical_feature(feature: schema_pb2.Feature) -> bool:
    """Return whether a feature is BYTES, or INT with a categorical, bool or language domain."""
    if feature.type == schema_pb2.BYTES:
        return True
    if feature.type != schema_pb2.INT:
        return False
    which = feature.WhichOneof("domain_info")
    categorical = which == "int_domain" and feature.int_domain.is_categorical
    return bool(categorical or which in ("bool_domain", "natural_language_domain"))


def generate_dummy_schema_with_paths(paths: Iterable[FeaturePath]) -> schema_pb2.Schema:
    """Return a schema of just these features, without types except for the structs above them.

    Examples
    --------
    >>> schema = generate_dummy_schema_with_paths([FeaturePath(["trip", "fare"])])
    >>> schema.feature[0].struct_domain.feature[0].name
    'fare'
    """
    schema = schema_pb2.Schema()
    for path in paths:
        features = schema.feature
        for step in path.parent().steps():
            parent = next((feature for feature in features if feature.name == step), None)
            if parent is None:
                parent = features.add(name=step, type=schema_pb2.STRUCT)
            features = parent.struct_domain.feature
        if all(feature.name != path.path[-1] for feature in features):
            features.add(name=path.path[-1])
    return schema


def check_schema(schema: schema_pb2.Schema) -> None:
    """Raise `TypeError` if ``schema`` is no schema."""
    if not isinstance(schema, schema_pb2.Schema):
        raise ParameterTypeError(f"got {type(schema).__name__}; expected a Schema")


def _leaves(schema: schema_pb2.Schema) -> Iterator[tuple[FeaturePath, schema_pb2.Feature]]:
    check_schema(schema)
    return (pair for pair in walk(schema) if pair[1].type != schema_pb2.STRUCT)


def _is_univalent(feature: schema_pb2.Feature) -> bool:
    if feature.HasField("shape"):
        return [dim.size for dim in feature.shape.dim] == [1]
    return bool(feature.value_count.max == 1)


def _domain_field(domain: Domain | str) -> str:
    """Return the field of a feature that takes a domain of this type."""
    kinds = {}
    for field in schema_pb2.Feature.DESCRIPTOR.oneofs_by_name["domain_info"].fields:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            kinds[field.message_type.name] = field.name
    if isinstance(domain, str):
        return "domain"
    name = type(domain).__name__
    if name not in kinds:
        raise ParameterTypeError(
            f"got {name}; expected a domain: {', '.join(sorted(kinds))}, or a name"
        )
    return str(kinds[name])


def _known_domains(schema: schema_pb2.Schema, name: str) -> str:
    return did_you_mean(name, [domain.name for domain in schema.string_domain])
