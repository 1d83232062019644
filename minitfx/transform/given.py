"""The columns that a ``preprocessing_fn`` is given: of which data, and of which types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.errors import ColumnError
from minitfx.transform.columntype import NUMERIC, ColumnType, Kind, type_of

Given = dict[str, tuple[ColumnType, bool]]


def given_columns(data: Sequence[pa.Schema], schema: schema_pb2.Schema | None) -> Given:
    """Return the type of each column, and whether it is never missing.

    Parameters
    ----------
    data : sequence of pyarrow.Schema
        The columns of each data set; those of the first are the columns that there are.
    schema : Schema, optional
        Which of them are given, and which are never missing; all of them when there is none.

    Notes
    -----
    What is integers in one data set and floats in another, or by the schema, is floats; a column
    without any value in one is what it is in the others, or by the schema. Columns that a graph
    cannot hold (structures, lists of lists) are left out.

    Raises
    ------
    ColumnError
        If the schema has none of the columns.
    """
    features = {} if schema is None else {each.name: each for each in schema.feature}
    names = data[0].names if schema is None else [n for n in features if n in data[0].names]
    if not names and schema is not None:
        raise ColumnError(
            "none of the schema's features is a column of the data, which have "
            f"{', '.join(data[0].names) or 'no columns'}"
        )
    found: Given = {}
    for name in names:
        types = [each.field(name).type for each in data if name in each.names]
        feature = features.get(name, schema_pb2.Feature())
        column = _common_type(types, _KINDS.get(feature.type))
        if column is not None:
            always = feature.presence.min_fraction == 1.0 and feature.HasField("shape")
            found[name] = (column, always)
    return found


_KINDS: dict[int, Kind] = {schema_pb2.INT: "int", schema_pb2.FLOAT: "float"}


def _common_type(types: Sequence[pa.DataType], declared: Kind | None) -> ColumnType | None:
    """Return the type that the values of all data sets can be read as."""
    columns = [type_of(each) for each in types if not pa.types.is_null(each)]
    if not columns:
        return ColumnType(declared or "string")
    first = columns[0]
    kinds = {each.kind for each in columns if each is not None} | ({declared} - {None})
    is_float = first is not None and first.kind in NUMERIC and "float" in kinds
    return replace(first, kind="float") if first is not None and is_float else first


def left_out(data: pa.Schema, given: Mapping[str, object]) -> dict[str, str]:
    """Return for columns of the data that a function is not given the reason why."""
    return {
        field.name: f"is {field.type}, which a transform cannot hold"
        if type_of(field.type) is None
        else "is in the data, but not in the schema"
        for field in data
        if field.name not in given
    }


def not_at_serving(schema: schema_pb2.Schema | None) -> set[str]:
    """Return the columns that a schema keeps out of its ``SERVING`` environment."""
    features = [] if schema is None else schema.feature
    return {each.name for each in features if "SERVING" in each.not_in_environment}
