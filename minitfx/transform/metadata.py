"""What a graph says of the columns that it reads and gives, as ``tensorflow_metadata`` schemas."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.transform.columntype import ColumnType
from minitfx.transform.content import GraphContent
from minitfx.transform.operations.reading import Value
from minitfx.transform.tape import Node
from minitfx.transform.vocab import Vocabulary

_TYPES = {
    "int": schema_pb2.INT,
    "bool": schema_pb2.INT,
    "timestamp": schema_pb2.INT,
    "float": schema_pb2.FLOAT,
    "string": schema_pb2.BYTES,
}
_NEVER_MISSING = frozenset({"is_missing", "word_count"})


def schema_of_columns(schema: schema_pb2.Schema, names: Collection[str]) -> schema_pb2.Schema:
    """Return what a schema says of some columns, and nothing of others.

    Parameters
    ----------
    schema : Schema
        Is not changed.
    names : collection of str
        The columns. Their domains are kept, and sparse and weighted features that are made of
        them alone; tensor representations, which only TensorFlow reads, are not.
    """
    kept = schema_pb2.Schema()
    kept.CopyFrom(schema)
    del kept.feature[:], kept.string_domain[:], kept.sparse_feature[:], kept.weighted_feature[:]
    kept.feature.extend(each for each in schema.feature if each.name in names)
    domains = {each.domain for each in kept.feature}
    kept.string_domain.extend(each for each in schema.string_domain if each.name in domains)
    kept.sparse_feature.extend(
        each
        for each in schema.sparse_feature
        if {each.value_feature.name, *(index.name for index in each.index_feature)} <= set(names)
    )
    kept.weighted_feature.extend(
        each
        for each in schema.weighted_feature
        if {step for path in (each.feature, each.weight_feature) for step in path.step}
        <= set(names)
    )
    kept.ClearField("tensor_representation_group")
    return kept


def raw_schema(graph: GraphContent) -> schema_pb2.Schema:
    """Return the schema of the columns that a graph reads."""
    if graph.schema is not None:
        return graph.schema
    schema = schema_pb2.Schema()
    for node in graph.nodes:
        if node.op == "input":
            schema.feature.append(_feature(node.parameters["name"], node.type, required=False))
    return schema


def transformed_schema(graph: GraphContent) -> schema_pb2.Schema:
    """Return the schema of the columns that a graph gives.

    Notes
    -----
    A column has presence and a shape when it is computed from columns that are never missing,
    and a domain when it is looked up in a vocabulary or bucketized.
    """
    schema = schema_pb2.Schema()
    optional = _optional(graph.nodes, graph.values)
    for name, place in sorted(graph.outputs.items()):
        node = graph.nodes[place]
        feature = _feature(name, node.type, required=not optional[place])
        domain = _domain(node, graph.values)
        if domain is not None:
            feature.int_domain.CopyFrom(domain)
        schema.feature.append(feature)
    return schema


def _feature(name: str, column: ColumnType, required: bool) -> schema_pb2.Feature:
    feature = schema_pb2.Feature(name=name, type=_TYPES[column.kind])
    if required and not column.is_ragged:
        feature.presence.min_fraction = 1.0
        feature.shape.SetInParent()
        if column.is_fixed:
            feature.shape.dim.add(size=column.length or 0)
    elif column.is_fixed:
        feature.value_count.min = feature.value_count.max = column.length or 0
    return feature


def _optional(nodes: Sequence[Node], values: Mapping[int, Value]) -> list[bool]:
    """Return for each node whether a cell of it may be missing."""
    found: list[bool] = []
    for place, node in enumerate(nodes):
        if place in values:
            valid = getattr(values[place], "valid", None)
            found.append(valid is not None and not valid.all())
        elif node.op == "input":
            found.append(not node.parameters["required"])
        elif node.op in _NEVER_MISSING:
            found.append(False)
        elif node.op == "fill_missing":
            found.append(found[node.of[1]])
        else:
            found.append(_may_miss(nodes, node) or any(found[at] for at in node.of))
    return found


def _may_miss(nodes: Sequence[Node], node: Node) -> bool:
    if node.op == "cast":  # NaN and what is too large is no integer
        source = nodes[node.of[0]].type.kind
        return source == "float" and node.type.kind in ("int", "timestamp")
    if node.op == "lookup":
        return node.parameters["default_value"] is None
    if node.op in ("reduce_mean", "reduce_min", "reduce_max"):
        return nodes[node.of[0]].type.is_ragged
    return node.op == "element" and nodes[node.of[0]].type.is_ragged


def _integers(last: int, default: int) -> schema_pb2.IntDomain:
    low, high = min(0, default), max(last, default)
    return schema_pb2.IntDomain(min=low, max=high, is_categorical=True)


def _domain(node: Node, values: Mapping[int, Value]) -> schema_pb2.IntDomain | None:
    """Return the range of the integers that an operation gives, where it is known."""
    if node.op == "apply_vocabulary":
        vocabulary: Any = values[node.of[1]]
        assert isinstance(vocabulary, Vocabulary)
        default, buckets = node.parameters["default_value"], node.parameters["num_oov_buckets"]
        return _integers(len(vocabulary) + buckets - 1, 0 if buckets else default)
    if node.op == "looked_up":
        size: Any = values[node.of[1]]
        default, buckets = node.parameters["default_value"], node.parameters["num_oov_buckets"]
        return _integers(int(size.values) - 1, 0 if buckets else default)
    if node.op == "bucketize_per_key" and "num_buckets" in node.parameters:
        return _integers(node.parameters["num_buckets"] - 1, 0)
    if node.op == "apply_buckets":
        boundaries: Any = values[node.of[1]]
        return schema_pb2.IntDomain(min=0, max=len(boundaries.values), is_categorical=True)
    return None
