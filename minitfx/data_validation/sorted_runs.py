"""Distinct values on disk, sorted, and how to merge them with little memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from minitfx.data_validation.buffers import array_of, values_of
from minitfx.data_validation.counted import Counted, join, sort

_RUN_ROWS = 8_192
"""Rows of a batch; a merge holds a batch of every run."""

FAN_IN = 64
"""Runs that are merged, and so open, at a time."""


def _table(counted: Counted) -> pa.Table:
    columns = {"value": counted.values, "count": array_of(counted.counts)}
    if counted.weights is not None:
        columns["weight"] = array_of(counted.weights)
    return pa.table(columns)


def write_run(counted: Counted, folder: str) -> str:
    """Write counts in the order of their values; return the path of the file."""
    return _write(iter([counted]), folder)


def merge_files(paths: list[str], folder: str) -> list[str]:
    """Return fewer runs with the same counts, few enough to be open at once.

    The runs that are merged stay on disk, for another copy of the counts may name them.
    """
    while len(paths) > FAN_IN:
        batches = merge_runs([read_run(path) for path in paths[:FAN_IN]])
        paths = [*paths[FAN_IN:], _write(map(sort, batches), folder)]
    return paths


def _write(batches: Iterator[Counted], folder: str) -> str:
    path = str(Path(folder) / f"{uuid.uuid4().hex}.arrow")
    first = _table(next(batches))
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, first.schema) as writer:
        writer.write_table(first, max_chunksize=_RUN_ROWS)
        for batch in batches:
            writer.write_table(_table(batch), max_chunksize=_RUN_ROWS)
    return path


def read_run(path: str) -> Iterator[Counted]:
    """Yield the counts of a run in batches, in order."""
    # Not by a memory map: pages that were read would stay resident, a whole run at last.
    with pa.OSFile(path) as file:
        reader = pa.ipc.open_file(file)
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            weights = values_of(batch.column("weight")) if batch.num_columns > 2 else None
            yield Counted(batch.column("value"), values_of(batch.column("count")), weights)


def cut_up(counted: Counted) -> Iterator[Counted]:
    """Yield sorted counts in memory in batches, as a run on disk is read."""
    for start in range(0, len(counted.counts), _RUN_ROWS):
        yield counted.take(np.arange(start, min(start + _RUN_ROWS, len(counted.counts))))


def merge_runs(runs: list[Iterator[Counted]]) -> Iterator[Counted]:
    """Yield batches of distinct values, each value once, from sorted runs.

    A batch is not sorted, but all its values come after those of the batches before.

    Each round takes, from every run's next batch, the values up to the smallest of the batches'
    last values: no later batch can hold any of them.
    """
    heads = [head for head in ((next(run, None), run) for run in runs) if head[0] is not None]
    while heads:
        limit = min(batch.values[-1].as_py() for batch, _ in heads if batch is not None)
        ready: list[Counted] = []
        left: list[tuple[Counted | None, Iterator[Counted]]] = []
        for batch, run in heads:
            if batch is None:
                continue
            cut = _upper_bound(batch.values, limit)
            if cut:
                ready.append(batch.take(np.arange(cut)))
            rest = (
                batch.take(np.arange(cut, len(batch.counts))) if cut < len(batch.counts) else None
            )
            rest = rest if rest is not None else next(run, None)
            if rest is not None:
                left.append((rest, run))
        heads = left
        yield join(ready)


def _upper_bound(values: Any, limit: bytes) -> int:
    """Return how many of the ascending ``values`` are at most ``limit``."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle].as_py() <= limit:
            low = middle + 1
        else:
            high = middle
    return low
