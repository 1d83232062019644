"""Partial results that merge, and one way to run them over data of any size.

::

    chunk 0 ─ add ─┐
                   ├─ merge ─┐
    chunk 1 ─ add ─┘         ├─ merge ─ result
    chunk 2 ─ add ─┐         │
                   ├─ merge ─┘
    chunk 3 ─ add ─┘

The tree is a function of the number of chunks alone, so one worker, many threads, processes
and a cluster give the same bits.
"""

from minitfx.kernels.accumulator import Accumulator, Bundle, Chunk
from minitfx.kernels.engine import Engine, ProcessEngine, SerialEngine, ThreadEngine
from minitfx.kernels.fold import fold
from minitfx.kernels.tree import MergeTree

__all__ = [
    "Accumulator",
    "Bundle",
    "Chunk",
    "Engine",
    "MergeTree",
    "ProcessEngine",
    "SerialEngine",
    "ThreadEngine",
    "fold",
]
