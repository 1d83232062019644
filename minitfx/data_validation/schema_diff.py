"""What changed between two schemas, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.schema_editing import check_schema
from minitfx.data_validation.schema_paths import walk

_SHOWN = 5


@dataclass(frozen=True)
class SchemaChange:
    """One difference between two schemas.

    Attributes
    ----------
    feature : str
        The feature's path, or empty for the schema itself.
    field : str
        What changed, such as ``presence.min_fraction``; empty when the feature itself was
        added or removed.
    before, after : str
        The values as text; empty when there was, or is, none.
    """

    feature: str
    field: str
    before: str
    after: str

    def __str__(self) -> str:
        where = f"{self.feature}: " if self.feature else ""
        if not self.field:
            return f"{where}{'added' if self.after else 'removed'}"
        if not self.before:
            return f"{where}{self.field} added: {self.after}"
        if not self.after:
            return f"{where}{self.field} removed: {self.before}"
        return f"{where}{self.field}: {self.before} → {self.after}"


def diff_schemas(before: schema_pb2.Schema, after: schema_pb2.Schema) -> list[SchemaChange]:
    """Return what changed between two schemas, feature by feature.

    Parameters
    ----------
    before, after : Schema
        The schemas; the order of features and of domain values does not matter.

    Returns
    -------
    list of SchemaChange
        ``str`` of one is a line to read: ``fare: presence.min_fraction: 1 → 0.9``.

    Examples
    --------
    >>> one, two = schema_pb2.Schema(), schema_pb2.Schema()
    >>> _ = one.feature.add(name="fare", type=schema_pb2.INT)
    >>> _ = two.feature.add(name="fare", type=schema_pb2.FLOAT)
    >>> [str(change) for change in diff_schemas(one, two)]
    ['fare: type: INT → FLOAT']
    """
    check_schema(before)
    check_schema(after)
    old = {path.serialized: feature for path, feature in walk(before)}
    new = {path.serialized: feature for path, feature in walk(after)}
    changes = []
    for name in [*old, *(name for name in new if name not in old)]:
        if name in old and name in new:
            domains = [_resolved(s, f[name]) for s, f in ((before, old), (after, new))]
            changes += _compare(name, "", *domains)
        else:
            changes.append(SchemaChange(name, "", "there" * (name in old), "there" * (name in new)))
    return changes + _compare("", "", _rest(before), _rest(after))


def _resolved(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> schema_pb2.Feature:
    """Return a copy without fields of a struct, the named string domain in place of its name."""
    copy = schema_pb2.Feature()
    copy.CopyFrom(feature)
    if copy.HasField("struct_domain"):
        copy.ClearField("struct_domain")
    for domain in schema.string_domain:
        if domain.name == feature.domain and feature.HasField("domain"):
            copy.string_domain.CopyFrom(domain)
    return copy


def _rest(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    copy = schema_pb2.Schema()
    copy.CopyFrom(schema)
    copy.ClearField("feature")
    copy.ClearField("string_domain")
    return copy


def _compare(feature: str, prefix: str, old: Message, new: Message) -> list[SchemaChange]:
    changes: list[SchemaChange] = []
    for field in old.DESCRIPTOR.fields:
        where = f"{prefix}{field.name}"
        if field.is_repeated:
            changes += _compare_lists(
                feature, where, list(getattr(old, field.name)), list(getattr(new, field.name))
            )
            continue
        there = [side.HasField(field.name) for side in (old, new)]
        one, two = getattr(old, field.name), getattr(new, field.name)
        if field.message_type is not None and all(there):
            changes += _compare(feature, f"{where}.", one, two)
        elif there != [False, False] and (there[0] != there[1] or one != two):
            texts = [_text(field, v) if t else "" for v, t in zip((one, two), there, strict=True)]
            changes.append(SchemaChange(feature, where, *texts))
    return changes


def _compare_lists(
    feature: str, where: str, old: Sequence[Any], new: Sequence[Any]
) -> Iterator[SchemaChange]:
    gone = [value for value in old if value not in new]
    come = [value for value in new if value not in old]
    if gone:
        yield SchemaChange(feature, where, _listed(gone), "")
    if come:
        yield SchemaChange(feature, where, "", _listed(come))


def _listed(values: Sequence[Any]) -> str:
    texts = [_one_line(v) if isinstance(v, Message) else repr(v) for v in values]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more


def _text(field: Any, value: Any) -> str:
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    if isinstance(value, Message):
        return _one_line(value) or "set"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _one_line(message: Message) -> str:
    return str(text_format.MessageToString(message, as_one_line=True))
