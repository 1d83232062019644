"""Artifacts: typed folders with properties and a content digest.

An artifact type says what its payload is: the properties that it declares, the files that do
not count when two payloads are compared (`VOLATILE`), the properties that name other artifacts and
do not count either (`REFERENCES`), the small tables in it that the catalog copies so that SQL can
see them (`TABLES`), and the large ones that SQL reads in place (`ROWS`). The standard types are in
`minitfx.types`; a user's own type is a subclass with a ``TYPE_NAME``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

from minitfx.digest import FileDigest
from minitfx.errors import ParameterError, did_you_mean


class PropertyType(Enum):
    """What a declared property holds."""

    INT = "INT"
    FLOAT = "FLOAT"
    STRING = "STRING"
    BOOLEAN = "BOOLEAN"
    JSON_VALUE = "JSON_VALUE"
    PROTO = "PROTO"


_PYTHON_TYPES: dict[PropertyType, tuple[type, ...]] = {
    PropertyType.INT: (int,),
    PropertyType.FLOAT: (float, int),
    PropertyType.STRING: (str,),
    PropertyType.BOOLEAN: (bool,),
}


_UNSET: dict[PropertyType, Any] = {
    PropertyType.INT: 0,
    PropertyType.FLOAT: 0.0,
    PropertyType.STRING: "",
    PropertyType.BOOLEAN: False,
}


@dataclass(frozen=True)
class Property:
    """A property that an artifact type declares.

    Attributes
    ----------
    type : PropertyType
        What it holds.
    """

    type: PropertyType


class ArtifactState(Enum):
    """Where an artifact stands between being promised and being deleted."""

    PENDING = "pending"
    LIVE = "live"
    MARKED_FOR_DELETION = "marked_for_deletion"
    DELETED = "deleted"
    MISSING = "missing"
    ABANDONED = "abandoned"
    REFERENCE = "reference"


@dataclass(frozen=True)
class Rows:
    """The large tables of a payload, whose columns differ from artifact to artifact.

    Attributes
    ----------
    macro : str
        Name of the SQL table macro that reads them.
    files : str
        Pattern of the Parquet files within the payload.
    """

    macro: str
    files: str


@dataclass(frozen=True)
class Table:
    """A small table in a payload that the catalog copies.

    Attributes
    ----------
    files : str
        Pattern of its Parquet files within the payload.
    columns : mapping of str to str
        Column name to SQL type; other columns of the files stay in the files.
    """

    files: str
    columns: Mapping[str, str] = field(default_factory=dict)


class Artifact:
    """A typed folder: where it is, what it holds, and the properties that describe it.

    Parameters
    ----------
    uri : str
        Its folder (or file).
    properties, custom_properties : mapping, optional
        Declared and free-form properties.

    Attributes
    ----------
    id : int or None
        Number in the catalog; None until it is recorded.
    digest : str or None
        SHA-256 over the names and contents of the files that count; None until committed.
    state : ArtifactState
        ``LIVE`` once it is committed.
    pipeline_name, producer_component, name : str
        Where it came from; its display name.
    is_external : bool
        Whether somebody else made the payload (an `Importer` registered it).

    Raises
    ------
    ParameterError
        If a declared property gets a value of another type, or ``properties`` names one that is
        not declared.

    Notes
    -----
    Declared properties are attributes: ``examples.span = 3``. An undeclared one is an error;
    free-form properties go through ``set_string_custom_property`` and its siblings.
    """

    TYPE_NAME: ClassVar[str] = "Artifact"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {}
    VOLATILE: ClassVar[tuple[str, ...]] = ()
    REFERENCES: ClassVar[tuple[str, ...]] = ()
    TABLES: ClassVar[Mapping[str, Table]] = {}
    ROWS: ClassVar[Rows | None] = None

    def __init__(
        self,
        uri: str = "",
        *,
        properties: Mapping[str, Any] | None = None,
        custom_properties: Mapping[str, Any] | None = None,
    ) -> None:
        self.uri = str(uri)
        self.id: int | None = None
        self.digest: str | None = None
        self.files: dict[str, FileDigest] = {}
        self.state = ArtifactState.PENDING
        self.name = ""
        self.pipeline_name = ""
        self.producer_component = ""
        self.is_external = False
        self.properties: dict[str, Any] = {}
        self.custom_properties: dict[str, Any] = dict(custom_properties or {})
        for key, value in (properties or {}).items():
            if key not in type(self).PROPERTIES:
                raise ParameterError(
                    f"{type(self).TYPE_NAME} declares no property {key!r}. "
                    f"{did_you_mean(key, type(self).PROPERTIES)} Others go into custom_properties"
                )
            setattr(self, key, value)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "TYPE_NAME" not in cls.__dict__:
            cls.TYPE_NAME = cls.__name__

    def __getattr__(self, name: str) -> Any:
        declared = type(self).PROPERTIES.get(name)
        if declared is None:
            known = [*type(self).PROPERTIES, "uri", "path", "properties", "custom_properties"]
            raise AttributeError(
                f"{type(self).TYPE_NAME} has no property {name!r}. {did_you_mean(name, known)}"
            )
        value = self.properties.get(name, _UNSET.get(declared.type))
        return _message(value) if declared.type is PropertyType.PROTO else value

    def __setattr__(self, name: str, value: Any) -> None:
        declared = type(self).PROPERTIES.get(name)
        if declared is None:
            if "properties" in self.__dict__ and not self._is_field(name):
                known = sorted(type(self).PROPERTIES)
                raise AttributeError(
                    f"{type(self).TYPE_NAME} declares no property {name!r} (declared: "
                    f"{', '.join(known) or 'none'}); use set_string_custom_property({name!r}, …)"
                )
            object.__setattr__(self, name, value)
            return
        expected = _PYTHON_TYPES.get(declared.type)
        if expected and (
            not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected)
        ):
            raise ParameterError(
                f"{type(self).TYPE_NAME}.{name} is {value!r}; expected {declared.type.value}"
            )
        self.properties[name] = _written(value, declared.type, f"{type(self).TYPE_NAME}.{name}")

    def _is_field(self, name: str) -> bool:
        return name in self.__dict__ or hasattr(type(self), name) or name == "custom_properties"

    def __repr__(self) -> str:
        return f"{type(self).TYPE_NAME}(id={self.id}, uri={self.uri!r})"

    @property
    def type_name(self) -> str:
        """The artifact type's name."""
        return type(self).TYPE_NAME

    @property
    def path(self) -> Path:
        """The payload as a local path."""
        return Path(self.uri)

    def has_custom_property(self, key: str) -> bool:
        """Whether a free-form property was set."""
        return key in self.custom_properties

    def set_string_custom_property(self, key: str, value: str) -> None:
        """Set a free-form property to a string."""
        self._set_custom(key, value, str)

    def set_int_custom_property(self, key: str, value: int) -> None:
        """Set a free-form property to an integer."""
        self._set_custom(key, value, int)

    def set_float_custom_property(self, key: str, value: float) -> None:
        """Set a free-form property to a number."""
        self._set_custom(key, float(value), float)

    def set_bool_custom_property(self, key: str, value: bool) -> None:
        """Set a free-form property to true or false."""
        self._set_custom(key, value, bool)

    def set_json_value_custom_property(self, key: str, value: Any) -> None:
        """Set a free-form property to a list, dict or other JSON value."""
        self.custom_properties[key] = json.loads(json.dumps(value))

    def set_proto_custom_property(self, key: str, value: Any) -> None:
        """Set a free-form property to a protobuf message, kept as its JSON value."""
        from google.protobuf.json_format import MessageToDict

        self.custom_properties[key] = MessageToDict(value, preserving_proto_field_name=True)

    def get_custom_property(self, key: str) -> Any:
        """Return a free-form property, or None."""
        return self.custom_properties.get(key)

    def get_string_custom_property(self, key: str) -> str:
        """Return a free-form string, empty if it was not set."""
        return str(self.custom_properties.get(key, ""))

    def get_int_custom_property(self, key: str) -> int:
        """Return a free-form integer, 0 if it was not set."""
        return int(self.custom_properties.get(key, 0))

    def get_float_custom_property(self, key: str) -> float:
        """Return a free-form number, 0 if it was not set."""
        return float(self.custom_properties.get(key, 0.0))

    def get_bool_custom_property(self, key: str) -> bool:
        """Return a free-form truth value, false if it was not set."""
        return bool(self.custom_properties.get(key, False))

    def get_json_value_custom_property(self, key: str) -> Any:
        """Return a free-form JSON value, None if it was not set."""
        return self.custom_properties.get(key)

    def get_proto_custom_property(self, key: str, message: Any) -> Any:
        """Fill ``message`` from a free-form property and return it."""
        from google.protobuf.json_format import ParseDict

        return ParseDict(self.custom_properties.get(key, {}), message)

    def _set_custom(self, key: str, value: Any, expected: type) -> None:
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            raise ParameterError(
                f"custom property {key!r} of {self.type_name} is {value!r}; "
                f"expected {expected.__name__}"
            )
        self.custom_properties[key] = value


def _written(value: Any, kind: PropertyType, where: str) -> Any:
    """Return a property's value as it is kept: a JSON value."""
    if kind is PropertyType.PROTO:
        if not hasattr(value, "DESCRIPTOR"):
            raise ParameterError(f"{where} is {value!r}; expected a protobuf message")
        from google.protobuf.json_format import MessageToDict

        fields = MessageToDict(value, preserving_proto_field_name=True)
        return {"message": f"{type(value).__module__}:{type(value).__qualname__}", "fields": fields}
    if kind is PropertyType.JSON_VALUE:
        try:
            return json.loads(json.dumps(value))
        except (TypeError, ValueError) as error:
            raise ParameterError(f"{where} is {value!r}; expected a JSON value") from error
    return value


def _message(written: Any) -> Any:
    """Return the message that `_written` wrote; None if there is none."""
    if written is None:
        return None
    from google.protobuf.json_format import ParseDict

    module, _, name = written["message"].partition(":")
    return ParseDict(written["fields"], attrgetter(name)(import_module(module))())
