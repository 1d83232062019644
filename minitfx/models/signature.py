"""What a model takes and gives: names, types and nullability of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pyarrow as pa

from minitfx.errors import SignatureError, did_you_mean

Task = Literal["binary_classification", "multiclass_classification", "regression"]

_PLAIN: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Field:
    """A column of a signature.

    Attributes
    ----------
    name : str
        The column's name.
    type : str or None
        ``bool``, ``int64``, ``double``, ``string``, ``binary``, ``timestamp`` (microseconds) or
        ``date``; None when nobody said, and then any type is taken.
    nullable : bool
        Whether a value may be missing. A missing value of a column that may not be null is a
        `SignatureError`.
    size : int or None
        None for one value a row; ``-1`` for a list of any length; else the fixed length of the
        list that every row holds.

    Examples
    --------
    >>> Field.of("fare", pa.float32())
    Field(name='fare', type='double', nullable=True, size=None)
    >>> Field.of("pixels", pa.list_(pa.float64(), 4)).shape(10)
    [10, 4]
    """

    name: str
    type: str | None = None
    nullable: bool = True
    size: int | None = None

    @classmethod
    def of(cls, name: str, type_: pa.DataType, nullable: bool = True) -> Field:
        """Return the field for a column of an Arrow type; narrow types widen to ours."""
        size: int | None = None
        if pa.types.is_fixed_size_list(type_):
            size, type_ = type_.list_size, type_.value_type
        elif pa.types.is_list(type_) or pa.types.is_large_list(type_):
            size, type_ = -1, type_.value_type
        if pa.types.is_dictionary(type_):
            type_ = type_.value_type
        return cls(name, _plain_name(name, type_), nullable, size)

    @property
    def arrow_type(self) -> pa.DataType | None:
        """The Arrow type, or None when the type is not known."""
        if self.type is None:
            return None
        plain = _PLAIN[self.type]
        if self.size is None:
            return plain
        return pa.list_(plain) if self.size < 0 else pa.list_(plain, self.size)

    def shape(self, rows: int) -> list[int]:
        """Return the shape of a column of so many rows; -1 for a length that varies."""
        return [rows] if self.size is None else [rows, self.size]

    def to_json(self) -> dict[str, Any]:
        """Return the field as a JSON object."""
        return {
            "name": self.name,
            "type": self.type,
            "nullable": self.nullable,
            "shape": self.shape(-1),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Field:
        """Return the field of a JSON object."""
        size = value["shape"][1] if len(value["shape"]) > 1 else None
        return cls(value["name"], value["type"], value["nullable"], size)


@dataclass(frozen=True)
class Signature:
    """What a model takes and what it gives.

    Attributes
    ----------
    inputs, outputs : tuple of Field
        Raw columns in; prediction columns out.

    Examples
    --------
    >>> signature = Signature((Field("fare", "double"),))
    >>> signature.conform(pa.table({"fare": [1, None], "company": ["a", "b"]})).column("fare").type
    DataType(double)
    """

    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the input columns."""
        return [field.name for field in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """Names of the output columns."""
        return [field.name for field in self.outputs]

    def conform(self, table: pa.Table) -> pa.Table:
        """Return the input columns of ``table``, in order and of the right types.

        Parameters
        ----------
        table : pyarrow.Table
            Rows; columns that the signature does not name are left out.

        Raises
        ------
        SignatureError
            If a column is missing, stands there twice, cannot be cast without loss, or is null
            where it may not be.
        """
        if self._fits(table):
            return table.replace_schema_metadata(None)
        return pa.table({field.name: conformed(field, table) for field in self.inputs})

    def _fits(self, table: pa.Table) -> bool:
        """Whether a table is what `conform` would make of it, as most that are served are."""
        names, types = self._named_types
        given = table.schema
        return (
            given.names == names
            and all(
                wanted in (None, type_) for wanted, type_ in zip(types, given.types, strict=True)
            )
            and all(
                field.nullable or not table.column(at).null_count
                for at, field in enumerate(self.inputs)
            )
        )

    @cached_property
    def _named_types(self) -> tuple[list[str], list[pa.DataType | None]]:
        """Names of the inputs, and their types; None for a type that is not known."""
        return self.names, [field.arrow_type for field in self.inputs]

    def to_json(self) -> dict[str, Any]:
        """Return the signature as a JSON object."""
        return {
            "inputs": [field.to_json() for field in self.inputs],
            "outputs": [field.to_json() for field in self.outputs],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Signature:
        """Return the signature of a JSON object."""
        return cls(
            tuple(Field.from_json(field) for field in value["inputs"]),
            tuple(Field.from_json(field) for field in value["outputs"]),
        )


def conformed(field: Field, table: pa.Table) -> pa.ChunkedArray:
    """Return the column of ``table`` that ``field`` asks for, cast to its type.

    Raises
    ------
    SignatureError
        As `Signature.conform` says.
    """
    places = table.schema.get_all_field_indices(field.name)
    if not places:
        raise SignatureError(
            f"the input has no column {field.name!r} ({field.type or 'any type'}), which the "
            f"model needs. {did_you_mean(field.name, table.column_names)}"
        )
    if len(places) > 1:
        raise SignatureError(
            f"the input has {len(places)} columns called {field.name!r}; the model needs one"
        )
    column = table.column(places[0])
    if not field.nullable and column.null_count:
        raise SignatureError(
            f"column {field.name!r} has {column.null_count} missing values of "
            f"{len(column)}; the model takes none there"
        )
    wanted = field.arrow_type
    if wanted is None or column.type == wanted:
        return column
    if pa.types.is_null(column.type):
        return pa.chunked_array([pa.nulls(len(column), wanted)])
    return _cast(column, wanted, field)


def fields_of(
    schema: pa.Schema, names: Iterable[str], nullable: Mapping[str, bool] | None = None
) -> tuple[Field, ...]:
    """Return one field per name, with the types of an Arrow schema.

    Parameters
    ----------
    schema : pyarrow.Schema
        Names and types.
    names : iterable of str
        The columns, in order. One that the schema has not gets no type.
    nullable : mapping of str to bool, optional
        Overrides the schema's own nullability.
    """
    said = nullable or {}
    found: list[Field] = []
    for name in names:
        index = schema.get_field_index(name)
        if index < 0:
            found.append(Field(name))
        else:
            field = schema.field(index)
            found.append(Field.of(name, field.type, said.get(name, field.nullable)))
    return tuple(found)


def prediction_fields(task: Task, classes: Sequence[Any] | None, scores: bool) -> tuple[Field, ...]:
    """Return the output columns of a model of a task.

    Parameters
    ----------
    task : str
        The task.
    classes : sequence or None
        Class labels; None for a regression.
    scores : bool
        Whether a classifier gives probabilities.
    """
    if task == "regression" or classes is None:
        return (Field("prediction", "double", nullable=False),)
    label = Field.of("prediction", class_type(classes), nullable=False)
    if not scores:
        return (label,)
    return (label, Field("probabilities", "double", nullable=False, size=len(classes)))


def class_type(classes: Sequence[Any]) -> pa.DataType:
    """Return the Arrow type of class labels.

    Examples
    --------
    >>> class_type(["no", "yes"])
    DataType(string)
    """
    return pa.array(list(classes)).type


def _plain_name(name: str, type_: pa.DataType) -> str:
    tests = {
        "bool": pa.types.is_boolean,
        "int64": pa.types.is_integer,
        "double": pa.types.is_floating,
        "string": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t),
        "binary": lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t),
        "timestamp": pa.types.is_timestamp,
        "date": pa.types.is_date,
    }
    for plain, is_it in tests.items():
        if is_it(type_):
            return plain
    if pa.types.is_string_view(type_):
        return "string"
    if pa.types.is_decimal(type_):
        return "double"
    raise SignatureError(
        f"column {name!r} has type {type_}, which no model signature holds; expected one of "
        f"{', '.join(_PLAIN)}, or a list of them"
    )


def _cast(column: pa.ChunkedArray, wanted: pa.DataType, field: Field) -> pa.ChunkedArray:
    # Arrow would turn numbers into digits and back; a model was not trained on those.
    given = Field.of(field.name, column.type).type
    if given != field.type and "string" in (given, field.type):
        raise SignatureError(
            f"column {field.name!r} holds {given}; the model takes {field.type} there"
        )
    try:
        return column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SignatureError(
            f"column {field.name!r} of type {column.type} does not fit the model's {field.type} "
            f"(shape {field.shape(-1)}): {error}"
        ) from error
