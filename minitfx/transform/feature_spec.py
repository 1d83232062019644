"""Shape and type of columns, as TFT's users write them down, and as a schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.errors import TransformError, did_you_mean
from minitfx.transform.columntype import RAGGED, ColumnType, Kind, kind_named

Domain: TypeAlias = schema_pb2.IntDomain | schema_pb2.FloatDomain | schema_pb2.StringDomain


@dataclass(frozen=True)
class FixedLenFeature:
    """A column that is never missing.

    Attributes
    ----------
    shape : tuple of int
        ``()`` for one value a row, ``(k,)`` for lists of k.
    dtype : str or type
        ``int64``, ``float64`` or ``string``, or what else is a name or a type of numbers or text.
    """

    shape: tuple[int, ...]
    dtype: str | type


@dataclass(frozen=True)
class VarLenFeature:
    """A column that may be missing, or holds lists of any length.

    Attributes
    ----------
    dtype : str or type
        ``int64``, ``float64`` or ``string``, or what else is a name or a type of numbers or text.
    """

    dtype: str | type


Feature: TypeAlias = FixedLenFeature | VarLenFeature
FeatureSpec: TypeAlias = dict[str, Feature]


@dataclass(frozen=True)
class DatasetMetadata:
    """What is known of a set of columns.

    Attributes
    ----------
    schema : Schema
        Their schema.

    Examples
    --------
    >>> spec = {"x": FixedLenFeature((), "float32"), "words": VarLenFeature("string")}
    >>> [each.name for each in DatasetMetadata.from_feature_spec(spec).schema.feature]
    ['words', 'x']
    """

    schema: schema_pb2.Schema

    @classmethod
    def from_feature_spec(
        cls, feature_spec: Mapping[str, Feature], domains: Mapping[str, Domain] | None = None
    ) -> DatasetMetadata:
        """Return what specifications say of some columns.

        Parameters
        ----------
        feature_spec : mapping of str to FixedLenFeature or VarLenFeature
            The columns.
        domains : mapping of str to IntDomain, FloatDomain or StringDomain, optional
            What values some of them have.

        Raises
        ------
        TransformError
            If something else is among them, or a domain is of no column.
        """
        return cls(_schema_of(feature_spec, domains or {}))


def column_type(name: str, feature: Any) -> ColumnType:
    """Return the type of a column that is specified so.

    Raises
    ------
    TransformError
        If this is no specification, or one that a graph cannot hold.
    """
    kind = _kind(feature)
    if kind is not None and isinstance(feature, VarLenFeature):
        return ColumnType(kind, RAGGED)
    if kind is not None and isinstance(feature, FixedLenFeature) and len(feature.shape) <= 1:
        return ColumnType(kind, feature.shape[0] if len(feature.shape) else None)
    raise TransformError(
        f"the specification of {name!r} is {feature!r}; expected a FixedLenFeature of no or one "
        "dimension, or a VarLenFeature, with a dtype such as int64, float32 or string"
    )


def _kind(feature: Any) -> Kind | None:
    try:
        kind = kind_named(getattr(feature, "dtype", None))
    except TransformError:
        return None
    known: dict[Kind, Kind] = {"int": "int", "bool": "int", "float": "float", "string": "string"}
    return known.get(kind)


def _schema_of(
    feature_spec: Mapping[str, Feature], domains: Mapping[str, Domain]
) -> schema_pb2.Schema:
    for name in domains:
        if name not in feature_spec:
            raise TransformError(
                f"there is a domain of {name!r}, which is not specified. "
                f"{did_you_mean(name, feature_spec)}"
            )
    schema = schema_pb2.Schema()
    for name, feature in sorted(feature_spec.items()):
        column = column_type(name, feature)
        found = schema.feature.add(name=name, type=_TYPES[column.kind])
        if isinstance(feature, FixedLenFeature):
            found.presence.min_fraction = 1.0
            found.shape.SetInParent()
            for size in feature.shape:
                found.shape.dim.add(size=size)
        if name in domains:
            _set_domain(found, domains[name])
    return schema


def _set_domain(feature: schema_pb2.Feature, domain: Domain) -> None:
    fields = {
        schema_pb2.IntDomain: "int_domain",
        schema_pb2.FloatDomain: "float_domain",
        schema_pb2.StringDomain: "string_domain",
    }
    getattr(feature, fields[type(domain)]).CopyFrom(domain)


_TYPES = {"int": schema_pb2.INT, "float": schema_pb2.FLOAT, "string": schema_pb2.BYTES}
_DTYPES = {schema_pb2.INT: "int64", schema_pb2.FLOAT: "float64", schema_pb2.BYTES: "string"}


def spec_of_schema(schema: schema_pb2.Schema) -> FeatureSpec:
    """Return shape and type of every column of a schema."""
    spec: FeatureSpec = {}
    for feature in schema.feature:
        dtype = _DTYPES.get(feature.type, "string")
        if feature.presence.min_fraction == 1.0 and feature.HasField("shape"):
            shape = tuple(int(dim.size) for dim in feature.shape.dim)
            spec[feature.name] = FixedLenFeature(shape, dtype)
        else:
            spec[feature.name] = VarLenFeature(dtype)
    return spec


def domains_of_schema(schema: schema_pb2.Schema) -> dict[str, Domain]:
    """Return the domains of the columns of a schema that have one."""
    named = {domain.name: domain for domain in schema.string_domain}
    found: dict[str, Domain] = {}
    for feature in schema.feature:
        which = feature.WhichOneof("domain_info")
        if which in ("int_domain", "float_domain", "string_domain"):
            found[feature.name] = getattr(feature, which)
        elif which == "domain" and feature.domain in named:
            found[feature.name] = named[feature.domain]
    return found
