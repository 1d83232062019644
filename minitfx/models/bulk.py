"""Predict all rows of a data set, one Parquet file a chunk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from minitfx.dataset.source import Source, TableChunk
from minitfx.errors import ColumnError, ModelError, did_you_mean
from minitfx.kernels import fold
from minitfx.models.loading import VersionPolicy, load_model
from minitfx.models.native_threads import one_native_thread
from minitfx.models.saved_model import SavedModel
from minitfx.models.signature import class_type
from minitfx.transform.parts import Part, write_part


@dataclass(frozen=True)
class ModelReference:
    """A saved model by where it is, so that it travels to workers as a path.

    Attributes
    ----------
    path : str
        Its folder.
    trust : bool or str
        Who vouches for it; see `minitfx.models.load_model`.
    versions : str
        What to do about other versions of packages.
    """

    path: str
    trust: bool | str = False
    versions: VersionPolicy = "refuse"

    def load(self) -> SavedModel:
        """Return the model; a process loads it once."""
        return _load(self)


@lru_cache(maxsize=4)
def _load(reference: ModelReference) -> SavedModel:
    return load_model(reference.path, trust=reference.trust, versions=reference.versions)


@dataclass(frozen=True)
class OutputColumns:
    """Which columns are written.

    Attributes
    ----------
    kept : tuple of str or None
        Columns of the input, in order; None for all.
    renamed : mapping of str to str
        Column of the predictions (``prediction``, ``probabilities``) to what it is called; only
        these are written. Empty, with no ``ranked`` either: all of them under their own names.
    ranked : tuple of str
        Two names: a list of the class labels, the likeliest first, and the list of their
        probabilities; an empty name leaves one out. Empty for neither.
    value : str
        Name of the prediction of a regression, which a classifier has not; empty for none.
    """

    kept: tuple[str, ...] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    ranked: tuple[str, str] | tuple[()] = ()
    value: str = ""


@dataclass(frozen=True)
class NumberedTable:
    """Rows, and the place of their chunk."""

    table: pa.Table
    index: int


@dataclass(frozen=True)
class NumberedChunk:
    """A reference to a `NumberedTable`."""

    chunk: TableChunk
    index: int

    def read(self) -> NumberedTable:
        """Return the rows."""
        return NumberedTable(self.chunk.read(), self.index)


@dataclass(frozen=True)
class PredictionWriter:
    """Predicts chunks and writes a file for each; its result is the list of files.

    Attributes
    ----------
    model : ModelReference
        What predicts.
    folder : str
        Where to write; must be there.
    total : int
        How many chunks there are, for the names.
    columns : OutputColumns
        What is written.
    parts : tuple of Part
        What has been written, in the order of the chunks.
    """

    model: ModelReference
    folder: str
    total: int
    columns: OutputColumns = field(default_factory=OutputColumns)
    parts: tuple[Part, ...] = ()

    def zero(self) -> PredictionWriter:
        """Return a writer that has written nothing."""
        return replace(self, parts=())

    def add(self, chunk: NumberedTable) -> PredictionWriter:
        """Predict and write one chunk."""
        table = answered(self.model.load(), chunk.table, self.columns)
        name = f"data-{chunk.index:05d}-of-{self.total:05d}.parquet"
        return replace(self, parts=(*self.parts, write_part(table, Path(self.folder) / name)))

    def merge(self, other: PredictionWriter) -> PredictionWriter:
        """Return the parts of both."""
        return replace(self, parts=self.parts + other.parts)

    def result(self) -> tuple[Part, ...]:
        """Return what was written."""
        return self.parts


def predict_to_parquet(
    model: ModelReference,
    source: Source,
    folder: str | Path,
    columns: OutputColumns | None = None,
) -> tuple[Part, ...]:
    """Write predictions for all rows, next to columns of the input, one Parquet file a chunk.

    Parameters
    ----------
    model : ModelReference
        What predicts.
    source : Source
        Raw rows.
    folder : str or Path
        Is made; holds ``data-00000-of-0000N.parquet`` and so on. Data without rows give one file
        without rows.
    columns : OutputColumns, optional
        What is written; unset, all columns of the input, then ``prediction`` and
        ``probabilities``.

    Returns
    -------
    tuple of Part
        The files, in the order of the rows.

    Raises
    ------
    ColumnError
        If a column is asked for that is not there, or two would have one name.
    ModelError
        If the model cannot be loaded, or has not what is asked of it.

    Notes
    -----
    One pass; memory is bounded by the chunks that workers hold. The model runs on one core per
    worker (libraries that start threads of their own for every batch spend several times the
    work on waiting), so more workers are the way to more cores. The files depend on the chunks
    alone, not on who wrote them.
    """
    wanted = columns or OutputColumns()
    kept = tuple(source.schema.names) if wanted.kept is None else wanted.kept
    wanted = replace(wanted, kept=kept)
    loaded = model.load()
    read = list(dict.fromkeys([*kept, *loaded.signature.names]))
    missing = [name for name in read if name not in source.schema.names]
    if missing:
        raise ColumnError(
            f"there is no column {missing[0]!r} in the examples. "
            f"{did_you_mean(missing[0], source.schema.names)}"
        )
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    raw = source.chunks(read)
    empty = answered(loaded, source.schema.empty_table().select(read), wanted)
    if not raw:
        return (write_part(empty, target / "data-00000-of-00001.parquet"),)
    chunks = [NumberedChunk(chunk, index) for index, chunk in enumerate(raw)]
    with one_native_thread("blas"):
        return fold(PredictionWriter(model, str(target), len(chunks), wanted), chunks)


def answered(model: SavedModel, table: pa.Table, columns: OutputColumns) -> pa.Table:
    """Return a table's kept columns with the model's answers.

    Raises
    ------
    ColumnError
        If two columns would have one name.
    ModelError
        If the model has not what is asked of it.
    """
    predictions = model.predict(table)
    named = columns.renamed
    if not (named or columns.ranked or columns.value):
        named = {name: name for name in predictions.column_names}
    added = {name: _column(predictions, key, model) for key, name in named.items()}
    if columns.value:
        added[columns.value] = _value(predictions, model)
    if columns.ranked:
        ranked = zip(columns.ranked, _ranked(predictions, model), strict=True)
        added |= {name: column for name, column in ranked if name}
    kept = table.column_names if columns.kept is None else columns.kept
    for name in added:
        if name in kept:
            raise ColumnError(
                f"the examples already have a column {name!r}; give the model's another name with "
                "output_example_spec, or leave that one out of example_features"
            )
    return pa.table({name: table.column(name) for name in kept} | added)


def _column(predictions: pa.Table, key: str, model: SavedModel) -> pa.ChunkedArray:
    if key not in predictions.column_names:
        raise ModelError(
            f"{model!r} gives no {key!r}. {did_you_mean(key, predictions.column_names)}"
        )
    return predictions.column(key)


def _value(predictions: pa.Table, model: SavedModel) -> pa.ChunkedArray:
    if model.classes is not None:
        raise ModelError(
            f"{model!r} predicts classes, and regress_output needs a number; use classify_output, "
            "or predict_output with the output_key 'prediction'"
        )
    return predictions.column("prediction")


def _ranked(predictions: pa.Table, model: SavedModel) -> Sequence[pa.Array]:
    """Return the classes of every row from the likeliest on, and their probabilities."""
    if model.classes is None or "probabilities" not in predictions.column_names:
        raise ModelError(f"{model!r} gives no probabilities, which classify_output needs")
    count = len(model.classes)
    flat = predictions.column("probabilities").combine_chunks().flatten()
    scores = flat.to_numpy(zero_copy_only=False).reshape(-1, count)
    order = np.argsort(-scores, axis=1, kind="stable")
    labels = pa.array(model.classes, class_type(model.classes)).take(pa.array(order.ravel()))
    ranked = np.take_along_axis(scores, order, axis=1).ravel()
    offsets = pa.array(np.arange(len(scores) + 1, dtype=np.int32) * count)
    return [
        pa.ListArray.from_arrays(offsets, labels),
        pa.ListArray.from_arrays(offsets, pa.array(ranked)),
    ]
