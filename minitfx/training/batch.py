"""Batches of a size that training asks for, cut from tables of whatever size they come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import pyarrow as pa

from minitfx.dataset.source import Source, TableChunk


@dataclass(frozen=True)
class RecordBatchesOptions:
    """How a `DataAccessor` cuts the rows into batches; the names are TFX's.

    Attributes
    ----------
    batch_size : int or None
        Rows of a batch; the last one of an epoch may be shorter. None makes a batch of every
        row group (65,536 rows at most).
    drop_final_batch : bool
        Whether to leave that shorter one out.
    num_epochs : int or None
        How often to go through the rows; None goes on for ever. (TFX's default is None.)
    shuffle : int or None
        Seed of an order of rows, another in each epoch: row groups are shuffled, and the rows
        within each. None keeps the order of the files.

    Raises
    ------
    ValueError
        If a number is less than 1.

    Examples
    --------
    >>> RecordBatchesOptions(batch_size=128).num_epochs
    1
    """

    batch_size: int | None = None
    drop_final_batch: bool = False
    num_epochs: int | None = 1
    shuffle: int | None = None

    def __post_init__(self) -> None:
        for name in ("batch_size", "num_epochs"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; expected 1 or more, or None")


def batches(
    source: Source, columns: Sequence[str] | None, options: RecordBatchesOptions
) -> Iterator[pa.Table]:
    """Yield the rows of a source as ``options`` say.

    Parameters
    ----------
    source : Source
        The rows.
    columns : sequence of str or None
        Which columns; None for all.
    options : RecordBatchesOptions
        Size, order and number of the batches.

    Notes
    -----
    One row group per step is read; beside it, less than a batch is held.
    """
    chunks = source.chunks(columns)
    for epoch in count() if options.num_epochs is None else range(options.num_epochs):
        tables: Iterator[pa.Table] = (chunk.read() for chunk in chunks)
        if options.shuffle is not None:
            tables = _shuffled(chunks, np.random.default_rng((options.shuffle, epoch)))
        yield from rebatch(tables, options.batch_size, options.drop_final_batch)
        if not chunks:
            return


def rebatch(
    tables: Iterable[pa.Table], size: int | None, drop_final: bool = False
) -> Iterator[pa.Table]:
    """Yield the rows of ``tables``, in order, as tables of ``size`` rows.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Tables of one schema.
    size : int or None
        Rows of each table but the last; None yields the tables as they come, but empty ones.
    drop_final : bool
        Whether to leave out a last table that is shorter.

    Notes
    -----
    Nothing is copied. At most one table more than a batch needs is held.

    Examples
    --------
    >>> [table.num_rows for table in rebatch([pa.table({"a": [1, 2, 3, 4, 5]})], 2)]
    [2, 2, 1]
    """
    if size is None:
        yield from (table for table in tables if table.num_rows)
        return
    held: list[pa.Table] = []
    rows = 0
    for table in tables:
        held.append(table)
        rows += table.num_rows
        if rows < size:
            continue
        joined = pa.concat_tables(held)
        for start in range(0, rows - size + 1, size):
            yield joined.slice(start, size)
        rest = rows % size
        held, rows = ([joined.slice(joined.num_rows - rest)] if rest else []), rest
    if rows and not drop_final:
        yield pa.concat_tables(held)


def _shuffled(chunks: Sequence[TableChunk], generator: np.random.Generator) -> Iterator[pa.Table]:
    for index in generator.permutation(len(chunks)):
        table = chunks[index].read()
        order = generator.permutation(table.num_rows)
        yield table.take(pa.Array.from_buffers(pa.int64(), len(order), [None, pa.py_buffer(order)]))
