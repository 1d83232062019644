"""Tables as ``(X, y)`` or ``(X, y, weight)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.errors import ColumnError, DataError, did_you_mean
from minitfx.models.columns import to_matrix
from minitfx.models.signature import Field, fields_of

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Recipe:
    """Which columns make X, y and the weights.

    Attributes
    ----------
    fields : tuple of Field
        The features, in order.
    label : str
        The column of labels.
    weight : str or None
        The column of weights.

    Examples
    --------
    >>> table = pa.table({"a": [1.0, 2.0], "y": ["no", "yes"]})
    >>> X, y = Recipe.of(table.schema, "y").arrays(table)
    >>> y
    array(['no', 'yes'], dtype=object)
    """

    fields: tuple[Field, ...]
    label: str
    weight: str | None = None

    @classmethod
    def of(
        cls,
        schema: pa.Schema,
        label: str,
        features: Sequence[str] | None = None,
        weight: str | None = None,
    ) -> Recipe:
        """Return the recipe for tables of a schema.

        Parameters
        ----------
        schema : pyarrow.Schema
            Names and types of the columns.
        label : str
            The column of labels.
        features : sequence of str, optional
            The columns of X; all but label and weight by default.
        weight : str, optional
            The column of weights.

        Raises
        ------
        ColumnError
            If a column is not there, the label is among the features, or a feature cannot be a
            number.
        """
        names = feature_names(schema, label, features, weight)
        fields = fields_of(schema, names)
        for field in fields:
            if field.type in ("string", "binary"):
                raise ColumnError(
                    f"feature {field.name!r} holds {field.type}, which has no place in an array of "
                    "numbers; encode it in a Transform, leave it out of features, or read frames"
                )
            if field.size is not None and field.size < 0:
                raise ColumnError(
                    f"feature {field.name!r} holds lists of any length, which have no place in an "
                    "array; leave it out of features, give it a fixed length, or read record "
                    "batches"
                )
        return cls(fields, label, weight)

    @property
    def columns(self) -> list[str]:
        """The columns to read."""
        extra = [self.label] if self.weight is None else [self.label, self.weight]
        return [*(field.name for field in self.fields), *extra]

    @property
    def width(self) -> int:
        """How many columns X has."""
        return sum(1 if field.size is None else field.size for field in self.fields)

    def arrays(self, table: pa.Table) -> tuple[Array, ...]:
        """Return X, y and, if there is a weight column, the weights of a table's rows.

        Raises
        ------
        DataError
            If a label or weight is missing, or a weight is negative.
        """
        parts = [to_matrix(table, self.fields), label_array(table.column(self.label), self.label)]
        if self.weight is not None:
            parts.append(weight_array(table.column(self.weight), self.weight))
        return tuple(parts)

    def gather(self, tables: Iterable[pa.Table], rows: int) -> tuple[Array, ...]:
        """Return X, y and the weights of all tables, filling X as they come.

        Parameters
        ----------
        tables : iterable of pyarrow.Table
            The rows, in order.
        rows : int
            How many there are in all.

        Raises
        ------
        DataError
            If a label or weight is missing, or a weight is negative.
        """
        X = np.empty((rows, self.width))
        others: list[list[Array]] = [[], []]
        start = 0
        for table in tables:
            part, *rest = self.arrays(table)
            X[start : start + len(part)] = part
            start += len(part)
            for collected, each in zip(others, rest, strict=False):
                collected.append(each)
        found = [np.concatenate(each) if each else np.empty(0) for each in others]
        return (X, *found[: 1 if self.weight is None else 2])


def feature_names(
    schema: pa.Schema, label: str, features: Sequence[str] | None, weight: str | None
) -> list[str]:
    """Return the features that are meant, after a check that all columns are there.

    Raises
    ------
    ColumnError
        If a column is not there, there is no feature, or the label is one of them.
    """
    named = [("label", label), *(("feature", name) for name in features or ())]
    for role, name in named if weight is None else [*named, ("weight", weight)]:
        if name not in schema.names:
            raise ColumnError(
                f"the examples have no column {name!r}, which is named as {role}. "
                f"{did_you_mean(name, schema.names)}"
            )
    if features is None:
        features = [name for name in schema.names if name not in (label, weight)]
    if label in features:
        raise ColumnError(f"the label {label!r} is among the features; leave it out of them")
    if not features:
        raise ColumnError(f"there is no feature: the examples have only {', '.join(schema.names)}")
    return list(features)


def label_array(column: pa.ChunkedArray, name: str) -> Array:
    """Return labels as an array of integers, doubles, truth values or text.

    Raises
    ------
    DataError
        If a label is missing.
    ColumnError
        If the column holds lists.

    Examples
    --------
    >>> label_array(pa.chunked_array([[1, 0]]), "y")
    array([1, 0])
    """
    if column.null_count:
        raise DataError(
            f"label {name!r} is missing in {column.null_count} of {len(column)} rows; drop these "
            "rows, or fill the label, before training"
        )
    if pa.types.is_nested(column.type):
        raise ColumnError(f"label {name!r} holds {column.type}; expected one value a row")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not _is_number(column.type):
        return np.array(column.to_pylist(), dtype=object)
    parts = [np.asarray(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0)


def weight_array(column: pa.ChunkedArray, name: str) -> Array:
    """Return sample weights as an array of doubles.

    Raises
    ------
    DataError
        If a weight is missing, NaN or negative.
    ColumnError
        If they are not numbers.
    """
    if not _is_number(column.type):
        raise ColumnError(f"weight {name!r} holds {column.type}; expected numbers")
    lowest = pc.min(column).as_py()
    values = np.asarray(column.cast(pa.float64()).combine_chunks().fill_null(np.nan))
    if np.isnan(values).any() or (lowest is not None and lowest < 0):
        raise DataError(
            f"weight {name!r} has missing or negative values among {len(column)} rows; "
            "expected zero or more in every row"
        )
    return values


def _is_number(type_: pa.DataType) -> bool:
    tests = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating)
    return any(test(type_) for test in tests)
