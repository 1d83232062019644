"""Statistics that keep what resampling needs in a way of their own."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from minitfx.model_analysis.columns import Floats, Ints
from minitfx.model_analysis.resampling import Resampling, row_ids
from minitfx.model_analysis.statistics.statistic import Rows, Slots, State


@runtime_checkable
class ResampledItself(Protocol):
    """A statistic that does not keep one set of slots per layer by collecting again and again."""

    def collect_resampled(self, rows: Rows, slots: Slots, how: Resampling) -> State:
        """Return the state of a chunk with all layers."""
        ...

    def layers(self, how: Resampling) -> int:
        """Return how many layers of slots that state has."""
        ...

    def layer(self, state: State, number: int) -> State:
        """Return one layer of a state that has them beside its slots, not among them."""
        ...


def grouped(rows: Rows, slots: Slots, how: Resampling) -> Slots:
    """Return slots by the jackknife's group of each row: slot ``group * slots + slot``."""
    group: Ints = rows.once(
        ("grouped", how), lambda: how.groups(row_ids(rows.first_row, rows.count))
    )
    group = group if slots.rows is None else group[slots.rows]
    return Slots(group * slots.size + slots.codes, slots.size * how.copies, slots.rows)


def drawn(rows: Rows, how: Resampling, resample: int) -> Floats:
    """Return how often each row of a chunk is drawn in a resample, from 1."""
    found: Floats = rows.once(
        ("drawn", how, resample),
        lambda: how.draws(row_ids(rows.first_row, rows.count), resample),
    )
    return found
