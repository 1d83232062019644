"""Parquet files, wherever they are, and the columns that several of them have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.dataset.files import is_uri, open_uri
from minitfx.errors import DataError, StorageError


@contextmanager
def open_parquet(path: str) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file for the ``with`` block.

    Parameters
    ----------
    path : str
        A path, or a URI that fsspec knows.

    Raises
    ------
    StorageError
        If it is not there or cannot be read.
    DataError
        If it is no Parquet file, or damaged.
    """
    if not is_uri(path) and not Path(path).is_file():
        raise StorageError(f"there is no file {path}")
    try:
        with pq.ParquetFile(open_uri(path) if is_uri(path) else path) as file:
            yield file
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: no Parquet file, or a damaged one ({error})") from error
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error}") from error


def common_schema(files: Sequence[str], schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Return the columns of several files, each with a type that holds it in all of them.

    Parameters
    ----------
    files : sequence of str
        Their names, for messages.
    schemas : sequence of pyarrow.Schema
        Their columns; all have the same names, in any order.

    Raises
    ------
    DataError
        If a file lacks a column or has another one, or types have nothing in common, such as
        text and numbers.

    Notes
    -----
    Integers and floats meet in floats; a column that is null throughout takes any type.
    """
    first = schemas[0].remove_metadata()
    found = first
    for name, schema in zip(files[1:], schemas[1:], strict=True):
        if schema.equals(first):
            continue
        differing = sorted(set(schema.names) ^ set(first.names))
        if differing:
            place = "lacks" if differing[0] in first.names else "has"
            raise DataError(
                f"{name}: the file {place} the column {differing[0]!r}, unlike {files[0]}; "
                "expected the same columns in all files"
            )
        try:
            found = pa.unify_schemas(
                [found, schema.remove_metadata()], promote_options="permissive"
            )
        except pa.ArrowTypeError as error:
            raise DataError(
                f"{name}: a column has a type that does not go with {files[0]}: {error}"
            ) from error
    return found
