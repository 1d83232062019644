"""Rows with their labels and weights, as scikit-learn's estimators take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from minitfx.models.columns import frame_names, to_frame
from minitfx.models.loading import load_graph
from minitfx.models.signature import fields_of
from minitfx.training.arrays import Array, Recipe, feature_names, label_array, weight_array
from minitfx.training.data import DataAccessor, Files
from minitfx.training.fn_args import FnArgs

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Columns:
    """Which columns a ready-made trainer uses.

    Attributes
    ----------
    label : str
        What to predict; it may not be null.
    features : sequence of str or None
        What to predict it from, in order; None takes all columns but label and weight.
    weight : str or None
        Sample weights: numbers, zero or more, never null.
    """

    label: str
    features: Sequence[str] | None = None
    weight: str | None = None


@dataclass(frozen=True)
class LabelledRows:
    """All rows of some splits as an estimator takes them.

    Attributes
    ----------
    X : pandas.DataFrame
        A column per feature; a list of fixed length is columns ``name_0``, ``name_1``, …. Numbers
        are doubles with NaN where one is missing, text is pandas' text type.
    y : ndarray of shape (rows,)
        Labels.
    weight : ndarray of shape (rows,) or None
        Sample weights.
    """

    X: pd.DataFrame
    y: Array
    weight: Array | None

    @property
    def names(self) -> dict[str, Array]:
        """The weights as the keyword argument that scikit-learn's functions take."""
        return {} if self.weight is None else {"sample_weight": self.weight}

    def take(self, rows: Array) -> LabelledRows:
        """Return some of the rows, by their places."""
        weight = None if self.weight is None else self.weight[rows]
        return LabelledRows(self.X.iloc[rows], self.y[rows], weight)


def read_labelled_rows(accessor: DataAccessor, files: Files, columns: Columns) -> LabelledRows:
    """Return all rows of some files.

    Raises
    ------
    ColumnError, DataError
        If a column is not there, or a label or weight is missing.
    """
    schema = accessor.schema(files)
    names = feature_names(schema, columns.label, columns.features, columns.weight)
    fields = fields_of(schema, names)
    if all(field.type in ("double", "int64", "bool") for field in fields):
        import pandas as pd

        recipe = Recipe.of(schema, columns.label, names, columns.weight)
        source = accessor.source(files)
        chunks = source.chunks(recipe.columns)
        X, y, *weights = recipe.gather((chunk.read() for chunk in chunks), source.rows)
        frame = pd.DataFrame(X, columns=frame_names(fields), copy=False)
        return LabelledRows(frame, y, weights[0] if weights else None)
    extra = [columns.label] if columns.weight is None else [columns.label, columns.weight]
    table = accessor.read_table(files, [*names, *extra])
    y = label_array(table.column(columns.label), columns.label)
    weight = columns.weight
    found = None if weight is None else weight_array(table.column(weight), weight)
    return LabelledRows(to_frame(table, fields), y, found)


def accessor_of(fn_args: FnArgs, raw: bool | None = None) -> DataAccessor:
    """Return an accessor of transformed rows: through the graph if the files hold raw ones.

    Parameters
    ----------
    fn_args : FnArgs
        The files and, maybe, the graph.
    raw : bool, optional
        Whether the files hold raw rows. Unset: they do unless their columns are exactly those
        that the graph makes.
    """
    accessor = fn_args.data_accessor
    if fn_args.transform_graph_path is None or accessor.graph is not None or raw is False:
        return accessor
    graph = load_graph(Path(fn_args.transform_graph_path), trust=True)
    given = set(accessor.schema(fn_args.train_files).names)
    if raw is None and given == set(graph.output_schema.names):
        return accessor
    return DataAccessor(graph)
