"""Examples as training code takes them: record batches, frames or arrays, whole or streamed.

::

    patterns of files ──► chunks (row groups) ──► batches ──► record_batches   Arrow
                                                         ├──► frames           pandas
                                                         └──► arrays           (X, y) of numpy
                                                 all rows ──► read_table, read_frame, read_arrays
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias, overload

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.dataset.source import ParquetSource, Source
from minitfx.errors import DataError
from minitfx.models.columns import to_frame
from minitfx.models.signature import fields_of
from minitfx.training.arrays import Array, Recipe
from minitfx.training.batch import RecordBatchesOptions, batches
from minitfx.training.transformed import Graph, TransformedSource

if TYPE_CHECKING:
    import pandas as pd

Files: TypeAlias = str | Path | Sequence[str | Path]

_ONCE = RecordBatchesOptions()


@dataclass(frozen=True)
class DataAccessor:
    """Reads the files of ``FnArgs.train_files`` and ``eval_files``.

    ``record_batches``, ``frames`` and ``arrays`` stream, holding a row group and a batch at a
    time; the ``read_…`` methods give all rows at once, for estimators that want them so.

    Attributes
    ----------
    graph : Graph or None
        A fitted transform that raw rows go through first; None takes the files as they are.
    asked : list of Recipe
        What ``arrays`` and ``read_arrays`` were asked for, in order: it tells which columns a
        model was fitted on that shows only how many there were.

    Notes
    -----
    ``files`` is always a pattern, a path, or a sequence of them: what ``FnArgs`` has. Every
    method raises `DataError` if one matches no Parquet file, and `ColumnError` if a column is
    not there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     pq.write_table(pa.table({"a": [1.0, None], "y": [0, 1]}), f"{folder}/data-0.parquet")
    ...     X, y = DataAccessor().read_arrays(f"{folder}/*", label="y")
    >>> X
    array([[ 1.],
           [nan]])
    >>> y
    array([0, 1])
    """

    graph: Graph | None = None
    asked: list[Recipe] = dataclass_field(default_factory=list, compare=False, repr=False)

    data_view_decode_fn = None
    """Always None: examples are columns, and need no decoding."""

    def source(self, files: Files) -> Source:
        """Return the rows of ``files`` as a source of chunks."""
        raw = ParquetSource(tuple(_expand(files)))
        return raw if self.graph is None else TransformedSource(raw, self.graph)

    def schema(self, files: Files) -> pa.Schema:
        """Return names and types of the columns."""
        return self.source(files).schema

    def rows(self, files: Files) -> int:
        """Return how many rows there are, from the files' footers."""
        return self.source(files).rows

    def record_batches(
        self,
        files: Files,
        columns: Sequence[str] | None = None,
        options: RecordBatchesOptions = _ONCE,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows as Arrow record batches.

        Parameters
        ----------
        files : str, path or sequence of them
            Patterns or paths of Parquet files.
        columns : sequence of str, optional
            Which columns; all by default.
        options : RecordBatchesOptions, optional
            Size, order and number of the batches; by default row groups, once, in order.
        """
        for table in batches(self.source(files), columns, options):
            yield table.combine_chunks().to_batches()[0]

    def record_batch_factory(
        self, files: Files, options: RecordBatchesOptions = _ONCE, schema: object = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield record batches, with the arguments in TFX's order.

        Parameters
        ----------
        files, options
            As for `record_batches`.
        schema : tensorflow_metadata Schema or pyarrow.Schema, optional
            Only its columns are read.
        """
        return self.record_batches(files, _schema_names(schema), options)

    def tf_dataset_factory(self, *_: object, **__: object) -> NoReturn:
        """Raise: minitfx reads without TensorFlow.

        Raises
        ------
        NotImplementedError
            Always; the message shows how to make a dataset of `arrays`.
        """
        raise NotImplementedError(
            "DataAccessor makes no tf.data.Dataset. Wrap its batches: tf.data.Dataset"
            ".from_generator(lambda: data_accessor.arrays(files, label=…), output_signature=…)"
        )

    def frames(
        self,
        files: Files,
        columns: Sequence[str] | None = None,
        options: RecordBatchesOptions = _ONCE,
    ) -> Iterator[pd.DataFrame]:
        """Yield the rows as pandas frames.

        Parameters
        ----------
        files, columns, options
            As for `record_batches`.

        Yields
        ------
        pandas.DataFrame
            A column has one type in all frames: integers are int64 if no row of the files lacks
            one, else doubles with NaN; text is pandas' text type with NaN where it is missing.
        """
        source = self.source(files)
        fields = fields_of(source.schema, columns or source.schema.names, _nullable(source))
        return (to_frame(table, fields) for table in batches(source, columns, options))

    @overload
    def arrays(
        self,
        files: Files,
        label: str,
        features: Sequence[str] | None = None,
        weight: None = None,
        options: RecordBatchesOptions = _ONCE,
    ) -> Iterator[tuple[Array, Array]]: ...
    @overload
    def arrays(
        self,
        files: Files,
        label: str,
        features: Sequence[str] | None = None,
        *,
        weight: str,
        options: RecordBatchesOptions = _ONCE,
    ) -> Iterator[tuple[Array, Array, Array]]: ...
    def arrays(
        self,
        files: Files,
        label: str,
        features: Sequence[str] | None = None,
        weight: str | None = None,
        options: RecordBatchesOptions = _ONCE,
    ) -> Iterator[tuple[Array, ...]]:
        """Yield the rows as ``(X, y)``, or ``(X, y, weight)`` when a weight column is named.

        Parameters
        ----------
        files, options
            As for `record_batches`.
        label : str
            The column of labels, which may not be null anywhere.
        features : sequence of str, optional
            Columns of X, in order; all but label and weight by default.
        weight : str, optional
            The column of sample weights: numbers, zero or more, never null.

        Yields
        ------
        X : ndarray of shape (rows, columns)
            Doubles, NaN where a value is missing. A column of lists of one length is as many
            columns.
        y : ndarray of shape (rows,)
            Integers, doubles, truth values or text, as the label's column is.
        weight : ndarray of shape (rows,)
            Doubles.

        Raises
        ------
        ColumnError
            If a column is not there, or a feature holds text or lists of different lengths.
        DataError
            If a label or weight is missing, or a weight is negative.
        """
        source = self.source(files)
        recipe = self._ask(source, label, features, weight)
        return (recipe.arrays(table) for table in batches(source, recipe.columns, options))

    def read_table(self, files: Files, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all rows as an Arrow table.

        Parameters
        ----------
        files, columns
            As for `record_batches`.
        """
        source = self.source(files)
        chunks = [chunk.read() for chunk in source.chunks(columns)]
        if chunks:
            return pa.concat_tables(chunks)
        empty = source.schema.empty_table()
        return empty if columns is None else empty.select(list(columns))

    def read_frame(self, files: Files, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return all rows as a pandas frame, typed as `frames` says.

        Parameters
        ----------
        files, columns
            As for `record_batches`.
        """
        source = self.source(files)
        fields = fields_of(source.schema, columns or source.schema.names, _nullable(source))
        return to_frame(self.read_table(files, columns), fields)

    @overload
    def read_arrays(
        self, files: Files, label: str, features: Sequence[str] | None = None, weight: None = None
    ) -> tuple[Array, Array]: ...
    @overload
    def read_arrays(
        self, files: Files, label: str, features: Sequence[str] | None = None, *, weight: str
    ) -> tuple[Array, Array, Array]: ...
    def read_arrays(
        self,
        files: Files,
        label: str,
        features: Sequence[str] | None = None,
        weight: str | None = None,
    ) -> tuple[Array, ...]:
        """Return all rows as ``(X, y)``, or ``(X, y, weight)`` when a weight column is named.

        Parameters
        ----------
        files, label, features, weight
            As for `arrays`.

        Raises
        ------
        ColumnError, DataError
            As for `arrays`.

        Notes
        -----
        X is filled a row group at a time: beside it, one row group is in memory.
        """
        source = self.source(files)
        recipe = self._ask(source, label, features, weight)
        chunks = source.chunks(recipe.columns)
        return recipe.gather((chunk.read() for chunk in chunks), source.rows)

    def _ask(
        self, source: Source, label: str, features: Sequence[str] | None, weight: str | None
    ) -> Recipe:
        recipe = Recipe.of(source.schema, label, features, weight)
        self.asked.append(recipe)
        return recipe


def _expand(files: Files) -> list[str]:
    """Return the Parquet files that the patterns match, each pattern's sorted by name."""
    found: list[str] = []
    for pattern in [files] if isinstance(files, (str, Path)) else files:
        matches = sorted(str(path) for path in _matches(Path(pattern)))
        if not matches:
            raise DataError(
                f"no *.parquet file matches {pattern}; pass what FnArgs.train_files has"
            )
        found += matches
    if not found:
        raise DataError("no files were named; pass what FnArgs.train_files has")
    return found


def _matches(pattern: Path) -> Iterator[Path]:
    if pattern.is_file():
        yield pattern
        return
    if pattern.is_dir():
        yield from pattern.glob("*.parquet")
        return
    paths = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
    yield from (path for path in paths if path.suffix == ".parquet")


def _nullable(source: Source) -> dict[str, bool]:
    """Return which columns may be null, by the footers of the files."""
    if not isinstance(source, ParquetSource):
        return {}
    nullable = dict.fromkeys(source.schema.names, False)
    for path in source.files:
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                column = metadata.row_group(group).column(index)
                counts = column.statistics
                full = counts is not None and counts.has_null_count and counts.null_count == 0
                name = column.path_in_schema.partition(".")[0]
                nullable[name] = nullable.get(name, False) or not full
    return nullable


def _schema_names(schema: object) -> list[str] | None:
    if schema is None:
        return None
    if isinstance(schema, pa.Schema):
        return list(schema.names)
    return [feature.name for feature in schema.feature]  # type: ignore[attr-defined]
