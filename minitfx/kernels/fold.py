"""Run an accumulator over chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from minitfx import ambient
from minitfx.kernels.accumulator import Accumulator, Chunk
from minitfx.kernels.engine import Engine, SerialEngine, ThreadEngine
from minitfx.kernels.tree import MergeTree

DataT = TypeVar("DataT")
ResultT = TypeVar("ResultT")


def fold(accumulator: Accumulator[DataT, ResultT], chunks: Sequence[Chunk[DataT]]) -> ResultT:
    """Return what ``accumulator`` makes of all ``chunks``.

    Parameters
    ----------
    accumulator : Accumulator
        Gives the settings through its ``zero``; it is not changed.
    chunks : sequence of Chunk
        References to the data, in their order. An empty sequence gives ``zero().result()``.

    Returns
    -------
    object
        ``result()`` of the merged partials.

    Notes
    -----
    Where the chunks are read is ambient (`minitfx.ambient.surround`): one thread unless the
    runner or the user gave more workers or another engine. The answer has the same bits
    anywhere. At most one chunk per worker, and a logarithmic number of partial results, are
    in memory at a time. Progress is told in rows where the chunks know theirs (an attribute
    ``rows``), otherwise in chunks.
    """
    if not chunks:
        return accumulator.zero().result()
    tree = MergeTree(len(chunks))
    sizes = [getattr(chunk, "rows", None) for chunk in chunks]
    known = [size for size in sizes if isinstance(size, int)]
    unit, total = ("rows", sum(known)) if len(known) == len(chunks) else ("chunks", len(chunks))
    done = 0
    for index, partial in _engine(len(chunks)).partials(accumulator, chunks):
        tree.put(index, partial)
        done += known[index] if unit == "rows" else 1
        ambient.report(done, total, unit=unit)
    result: ResultT = tree.root().result()
    return result


def _engine(chunks: int) -> Engine:
    chosen: Engine | None = ambient.engine()
    if chosen is not None:
        return chosen
    workers = min(ambient.workers(), chunks)
    return ThreadEngine(workers) if workers > 1 else SerialEngine()
