"""Tables that come once, kept in a temporary Parquet file so that they can be read in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.dataset.source import ROWS_PER_CHUNK, ParquetSource, Source, open_source
from minitfx.errors import DataError


@contextmanager
def spooled(tables: Iterable[pa.Table | pa.RecordBatch]) -> Iterator[ParquetSource]:
    """Give the rows of some tables as a source for the ``with`` block.

    Parameters
    ----------
    tables : iterable of pyarrow.Table or RecordBatch
        All of one schema; at least one.

    Raises
    ------
    DataError
        If there is no table, one has other columns than the first, or one is no table.

    Notes
    -----
    Memory: one table and a row group. The temporary file, in the system's folder for such, is
    deleted after the block.
    """
    iterator = iter(tables)
    first = next(iterator, None)
    if first is None:
        raise DataError("there are no rows to read: no table was given; expected at least one")
    with TemporaryDirectory(prefix="minitfx-spool-") as folder:
        path = Path(folder) / "rows.parquet"
        schema = _checked(first, None).schema
        with pq.ParquetWriter(path, schema, compression="none") as writer:
            for table in chain([first], iterator):
                writer.write_table(_checked(table, schema), row_group_size=ROWS_PER_CHUNK)
        yield ParquetSource((str(path),))


@contextmanager
def opened(rows: Any) -> Iterator[Source]:
    """Give a table, or an iterator over tables, as a source for the ``with`` block.

    Parameters
    ----------
    rows : table, path, or iterator of tables
        What `open_source` takes is opened by it; an iterator goes through `spooled`.
    """
    if isinstance(rows, Iterator):
        with spooled(rows) as source:
            yield source
    else:
        yield open_source(rows)


def _checked(table: pa.Table | pa.RecordBatch, schema: pa.Schema | None) -> pa.Table:
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if not isinstance(table, pa.Table):
        raise DataError(f"{type(table).__name__} is no pyarrow.Table; expected tables of rows")
    if schema is not None and not table.schema.equals(schema):
        raise DataError(
            f"a later table has the columns {_named(table.schema)}; the first one has "
            f"{_named(schema)}"
        )
    return table


def _named(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)
