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
    in memory at a time.
    """
    total = len(chunks)
    if total == 0:
        return accumulator.zero().result()
    tree = MergeTree(total)
    for done, (index, partial) in enumerate(_engine(total).partials(accumulator, chunks), 1):
        tree.put(index, partial)
        ambient.report(done, total, unit="chunks")
    result: ResultT = tree.root().result()
    return result


def _engine(chunks: int) -> Engine:
    chosen: Engine | None = ambient.engine()
    if chosen is not None:
        return chosen
    workers = min(ambient.workers(), chunks)
    return ThreadEngine(workers) if workers > 1 else SerialEngine()
