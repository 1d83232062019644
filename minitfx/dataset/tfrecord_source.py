"""TFRecord files of ``tf.train.Example`` as a table in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from minitfx.dataset import tfrecord
from minitfx.dataset.files import expand
from minitfx.dataset.local_file import LocalFile, local_file
from minitfx.dataset.retyping import WiderTypesError
from minitfx.dataset.source import check_columns
from minitfx.dataset.tf_example import FeatureKind, FeatureType, ParsedRecords, parse
from minitfx.errors import DataError
from minitfx.kernels import fold

Types = dict[str, FeatureType]


@dataclass(frozen=True)
class TfRecordChunk:
    """A run of records of one file.

    Attributes
    ----------
    file : LocalFile
        The file, uncompressed.
    offset, length : int
        Its bytes.
    rows : int
        How many records.
    types : tuple of (str, FeatureType)
        The columns.
    columns : tuple of str or None
        Which columns, None for all.
    index : int
        The place among the chunks of its source.
    """

    file: LocalFile
    offset: int
    length: int
    rows: int
    types: tuple[tuple[str, FeatureType], ...]
    columns: tuple[str, ...] | None
    index: int

    def records(self) -> list[bytes]:
        """Return the serialized messages."""
        return tfrecord.read_records(self.file, self.offset, self.length)

    def read(self) -> pa.Table:
        """Return the rows, with the columns that were asked for.

        Raises
        ------
        DataError
            If a record is damaged or no ``tf.train.Example``.
        WiderTypesError
            If a feature does not fit the type that was guessed; see `with_exact_types`.
        """
        parsed = self.parsed()
        known = dict(self.types)
        wider = {
            name: known.get(name, FeatureType()) | seen
            for name, seen in parsed.types.items()
            if name not in known or known[name] | seen != known[name]
        }
        if wider:
            raise WiderTypesError(wider)
        return parsed.table({name: known[name] for name in self.columns or known})

    def parsed(self) -> ParsedRecords:
        """Return the features as they stand in the records."""
        return parse(self.records(), f"{self.file.name}, from byte {self.offset}")


@dataclass(frozen=True)
class TfRecordSource:
    """The rows of TFRecord files, in the order of the files; made by `scan_tfrecord`.

    Attributes
    ----------
    chunk_list : tuple of TfRecordChunk
        All records.
    types : tuple of (str, FeatureType)
        The columns, in the order of their names.
    """

    chunk_list: tuple[TfRecordChunk, ...]
    types: tuple[tuple[str, FeatureType], ...]

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return pa.schema([(name, kind.arrow()) for name, kind in self.types])

    @property
    def rows(self) -> int:
        """How many records there are."""
        return sum(chunk.rows for chunk in self.chunk_list)

    def chunks(self, columns: Sequence[str] | None = None) -> Sequence[TfRecordChunk]:
        """Return the chunks, in order; only ``columns``, or all of them."""
        if columns is not None:
            check_columns(self.schema, columns)
            columns = tuple(columns)
        return tuple(replace(c, types=self.types, columns=columns) for c in self.chunk_list)

    def settled(self) -> TfRecordSource:
        """Return the source with the types that all records give, after one pass over them.

        Raises
        ------
        DataError
            If records disagree on what a feature holds.
        """
        types = fold(FeatureTypes(), [_TypesOf(chunk) for chunk in self.chunk_list])
        return replace(self, types=_columns(types))


class FeatureTypes:
    """The type of each feature over some records: an accumulator, exact and commutative."""

    def __init__(self, types: Types | None = None) -> None:
        self.types = types or {}

    def zero(self) -> FeatureTypes:
        """Return an accumulator that has seen nothing."""
        return FeatureTypes()

    def add(self, chunk: Types) -> FeatureTypes:
        """Widen by the types of one chunk."""
        names = dict.fromkeys([*self.types, *chunk])
        none = FeatureType()
        return FeatureTypes({n: self.types.get(n, none) | chunk.get(n, none) for n in names})

    def merge(self, other: FeatureTypes) -> FeatureTypes:
        """Widen by what the other has seen."""
        return self.add(other.types)

    def result(self) -> Types:
        """Return the type of each feature."""
        return dict(self.types)


@dataclass(frozen=True)
class _TypesOf:
    chunk: TfRecordChunk

    def read(self) -> Types:
        return self.chunk.parsed().types


def scan_tfrecord(files: str | Path | Sequence[str | Path]) -> TfRecordSource:
    """Return TFRecord files of ``tf.train.Example`` as a source, its types guessed.

    Parameters
    ----------
    files : path, pattern, folder, or a sequence of these
        Local, or a URI that fsspec knows; compressed with gzip if they end in ``.gz``.

    Returns
    -------
    TfRecordSource
        Types are those of the first chunk. A feature with one value in every record that has it
        is a plain column, others are columns of lists; bytes are text if all are UTF-8. Use it
        through `with_exact_types`, or call ``settled``.

    Raises
    ------
    MissingExtraError
        If the package ``crc32c`` is not installed.
    DataError
        If no file matches, or one is cut off, damaged, or holds something else.
    """
    chunks: list[TfRecordChunk] = []
    found = expand(files)
    for path in found:
        file = local_file(path)
        for offset, length, rows in tfrecord.find_chunks(file):
            chunks.append(TfRecordChunk(file, offset, length, rows, (), None, len(chunks)))
    if not chunks:
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise DataError(f"{found[0]}{others}: there are no records; expected at least one")
    return TfRecordSource(tuple(chunks), _columns(chunks[0].parsed().types))


def _columns(types: Types) -> tuple[tuple[str, FeatureType], ...]:
    for name, kind in types.items():
        if kind.kind is FeatureKind.MIXED:
            raise DataError(
                f"feature {name!r} holds values of different types in different records; expected "
                "one of bytes_list, float_list and int64_list throughout"
            )
    return tuple(sorted(types.items()))
