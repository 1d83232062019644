"""How often each text occurs in a column, or how much weight it has, in bounded memory.

Different texts are kept as Arrow arrays; when they outgrow a budget they go, sorted, into a run
on disk, and the answer is merged from the runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from minitfx.data_validation.buffers import array_of
from minitfx.data_validation.counted import Counted, join, sort
from minitfx.data_validation.sorted_runs import cut_up, merge_runs, read_run, write_run
from minitfx.transform.cells import Cells, Lists, Numbers, Strings, take

BUDGET = 64 * 2**20
"""Bytes of different texts that one analyzer keeps in memory."""
_UNSETTLED = 65_536
"""Entries that may wait before repetitions among them are looked for."""


def flattened(cells: Cells, lists: Lists | None = None) -> Numbers | Strings:
    """Return one cell a value: the items of lists, or rows repeated for the items of ``lists``."""
    if isinstance(cells, Lists):
        return cells.items
    if lists is not None:
        return take(cells, lists.rows)
    return cells


@dataclass
class Counts:
    """Occurrences, or weights, of each text.

    Attributes
    ----------
    weighted : bool
        Whether a second column gives each value's weight; missing and NaN weigh 0.
    spill : str or None
        A folder for runs; None keeps everything in memory.
    budget : int
        Bytes in memory before a run is written.
    parts : list of Counted
        Texts and their counts; a text may stand in several parts.
    runs : list of str
        Files with more of them.
    settled : int
        How many entries there were when repetitions were last looked for.

    Notes
    -----
    Merging is exact for counts; weights are float sums. A text costs one hash when it is
    counted, and O(log(chunks)) more where parts are joined.
    """

    weighted: bool = False
    spill: str | None = None
    budget: int = BUDGET
    parts: list[Counted] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    settled: int = 0

    def zero(self) -> Counts:
        """Return the counts of nothing, with the same settings."""
        return Counts(self.weighted, self.spill, self.budget)

    def add(self, chunk: tuple[Cells, ...]) -> Counts:
        """Return the counts with the texts of one batch; changes the receiver."""
        lists = chunk[0] if isinstance(chunk[0], Lists) else None
        texts = flattened(chunk[0])
        assert isinstance(texts, Strings)
        weights = weights_of(flattened(chunk[1], lists)) if self.weighted else None
        self.parts.append(counted(texts, weights))
        self._settle()
        return self

    def merge(self, other: Counts) -> Counts:
        """Return the counts of both; changes the receiver."""
        self.parts.extend(other.parts)
        self.runs.extend(other.runs)
        self._settle()
        return self

    def result(self) -> Counts:
        """Return itself; see `blocks`."""
        return self

    def _settle(self) -> None:
        entries = sum(len(part.counts) for part in self.parts)
        if entries > max(2 * self.settled, _UNSETTLED):
            self._join()
            self.settled = sum(len(part.counts) for part in self.parts)
        if self.spill is not None and sum(part.nbytes for part in self.parts) > self.budget:
            self._join()
            if self.parts[0].nbytes > self.budget // 2:
                self.runs.append(write_run(sort(self.parts[0]), self.spill))
                self.parts, self.settled = [], 0

    def _join(self) -> None:
        if len(self.parts) > 1:
            self.parts = [join(self.parts)]

    def blocks(self) -> Iterator[Counted]:
        """Yield all texts, each once, with their counts."""
        if self.parts:
            self.parts = [join(self.parts)]
        if not self.runs:
            yield from self.parts
            return
        runs = [read_run(path) for path in self.runs]
        if self.parts:
            runs.append(cut_up(sort(self.parts[0])))
        yield from merge_runs(runs)


def counted(texts: Strings, weights: NDArray[np.float64] | None = None) -> Counted:
    """Return the texts that occur, and how often."""
    codes = texts.codes.ravel()
    size = len(texts.words)
    counts = np.bincount(codes + 1, minlength=size + 1)[1:]
    used = np.flatnonzero(counts)
    sums = None
    if weights is not None:
        sums = np.bincount(codes + 1, weights, size + 1)[1:][used].astype(np.float64, copy=False)
    words = texts.words if len(used) == size else texts.words.take(array_of(used))
    values = words.cast(pa.binary()).cast(pa.large_binary())
    return Counted(values, counts[used].astype(np.int64, copy=False), sums)


def weights_of(cells: Numbers | Strings) -> NDArray[np.float64]:
    """Return weights as floats: 0 where missing or NaN."""
    assert isinstance(cells, Numbers)
    values = np.asarray(cells.values, np.float64).ravel()
    usable = ~np.isnan(values) if cells.valid is None else ~np.isnan(values) & cells.valid.ravel()
    return np.where(usable, values, 0.0)
