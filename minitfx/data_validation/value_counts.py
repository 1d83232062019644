"""How often each string occurs, exactly, in bounded memory.

Counts are kept as Arrow arrays of distinct values. When they outgrow a budget, they are
written, sorted, to a run on disk; the answer comes from merging the runs::

    rows ─► distinct values + counts ─► too many? ─► sorted run (Arrow IPC file)
                                                        │
    result ◄── unique, top values ◄── merge by value ◄──┘
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minitfx.data_validation.counted import Counted, count_values, join, sort
from minitfx.data_validation.distribution import Floats
from minitfx.data_validation.sorted_runs import (
    cut_up,
    merge_files,
    merge_runs,
    read_run,
    write_run,
)
from minitfx.data_validation.top_values import StringSummary, TopValues

BUDGET = 16 * 2**20
"""Bytes of distinct values that one feature may hold in memory."""


@dataclass(frozen=True)
class CountSettings:
    """How strings are counted.

    Attributes
    ----------
    top : int
        How many of the most frequent values the result lists.
    weighted : bool
        Whether each value comes with a weight.
    spill : str or None
        A folder for runs; None keeps everything in memory.
    budget : int
        Bytes in memory before a run is written.
    """

    top: int = 1000
    weighted: bool = False
    spill: str | None = None
    budget: int = BUDGET


class ValueCounts:
    """A mergeable count of strings or bytes.

    Parameters
    ----------
    settings : CountSettings
        How to count.

    Notes
    -----
    Counting a value costs one hash; values that merge are hashed again only when as many new
    ones have come together, so all merges cost O(distinct values · log(chunks)). A part of half
    the budget goes to disk without being joined, and runs are read in small batches: 12 million
    distinct values of 23 bytes take 320 MB at most, where joining first took 720.
    """

    def __init__(self, settings: CountSettings) -> None:
        self.settings = settings
        self._parts: list[Counted] = []
        self._compact = 0
        self._runs: list[str] = []

    def zero(self) -> ValueCounts:
        """Return empty counts of the same settings."""
        return ValueCounts(self.settings)

    def add(self, values: Any, weights: Floats | None = None) -> ValueCounts:
        """Count the values of an Arrow array without nulls: strings, bytes or a dictionary."""
        if len(values):
            self._parts.append(count_values(values, weights if self.settings.weighted else None))
            self._settle()
        return self

    def merge(self, other: ValueCounts) -> ValueCounts:
        """Take in the counts of ``other``."""
        self._parts.extend(other._parts)
        self._runs.extend(other._runs)
        self._settle()
        return self

    def result(self) -> StringSummary:
        """Return the number of distinct values, the most frequent ones, and their length."""
        chosen = TopValues(self.settings.top)
        for counted in self.distinct():
            chosen.add(counted)
        return chosen.summary()

    def distinct(self) -> Iterator[Counted]:
        """Yield batches of distinct values with their counts, each value once."""
        # A single part may still repeat a value: Arrow does not forbid it in dictionaries.
        self._parts = [join(self._parts)] if self._parts else []
        if not self._runs:
            yield from self._parts
            return
        if self.settings.spill is not None:
            self._runs = merge_files(self._runs, self.settings.spill)
        runs = [read_run(path) for path in self._runs]
        if self._parts:
            runs.append(cut_up(sort(self._parts[0])))
        yield from merge_runs(runs)

    def _settle(self) -> None:
        """Join parts that hold the same values; write a run when there are too many."""
        entries = sum(len(part.counts) for part in self._parts)
        if entries > max(2 * self._compact, 65_536):
            self._join()
            self._compact = sum(len(part.counts) for part in self._parts)
        if self.settings.spill is None:
            return
        half = self.settings.budget // 2
        while sum(part.nbytes for part in self._parts) > self.settings.budget:
            # A large part is written as it is: to join it would take a hash table of its size.
            large = [number for number, part in enumerate(self._parts) if part.nbytes > half]
            if large:
                self._write(self._parts.pop(large[0]))
            else:
                self._join()
                if self._parts[0].nbytes <= half:
                    return

    def _write(self, part: Counted) -> None:
        assert self.settings.spill is not None
        self._runs.append(write_run(sort(part), self.settings.spill))
        self._compact = sum(len(each.counts) for each in self._parts)

    def _join(self) -> None:
        if len(self._parts) > 1:
            self._parts = [join(self._parts)]
