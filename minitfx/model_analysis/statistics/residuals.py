"""Prediction less label in narrow buckets, for quantiles of the error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats, Ints
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.statistics.cells import (
    Cells,
    cell_sums,
    join_cells,
    merge_cells,
    regroup_cells,
)
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, times

_BITS = 26
_SIGN = np.uint64(1 << 63)
_MISSING = (1 << _BITS) - 1


@dataclass(frozen=True)
class Residuals:
    """Weight by residual, in buckets that are narrower the nearer to zero.

    A bucket is the first 26 bits of the double: residuals in one bucket differ by less than one
    part in 16,384.

    Attributes
    ----------
    view : View
        Which pairs.
    """

    view: View

    def collect(self, rows: Rows, slots: Slots) -> Cells:
        """Return the buckets of a chunk."""
        data = rows.pairs(self.view)
        pairs, codes, factor = slots.place(data.rows)
        place = rows.once(("residuals", self.view), lambda: _places(data.scores - data.labels))
        weights = times(pick(data.weights, pairs), factor)
        keys = (codes << _BITS) | (place if pairs is None else place[pairs])
        return cell_sums(keys, [] if weights is None else [weights], slots.size)

    def join(self, first: Cells, second: Cells) -> Cells:
        """Return the buckets of both."""
        return join_cells(first, second, _BITS)

    def merge(self, first: Cells, second: Cells, places: tuple[Ints, Ints], size: int) -> Cells:
        """Return the cells of both; see `merge_states`."""
        return merge_cells(first, second, places, size, _BITS)

    def regroup(self, state: Cells, groups: Ints, size: int) -> Cells:
        """Return the buckets with their slots renamed."""
        return regroup_cells(state, groups, size, _BITS)


def residual_quantiles(state: Cells, quantiles: Floats) -> Floats:
    """Return the residual below which each share of the weight lies, for every slot.

    Returns
    -------
    ndarray of shape (slots, quantiles)
        The middle of the bucket in which the share is reached; NaN in a slot without weight or
        with a missing score.
    """
    cells = state.compact()
    slot, place = cells.keys >> _BITS, cells.keys & ((1 << _BITS) - 1)
    mass = cells.masses[:, 0]
    found = np.full((state.slots, len(quantiles)), np.nan)
    bounds = np.searchsorted(slot, np.arange(state.slots + 1))
    for each in range(state.slots):
        inside = slice(bounds[each], bounds[each + 1])
        reached = np.cumsum(mass[inside])
        if not len(reached) or reached[-1] == 0 or place[inside][-1] == _MISSING:
            continue
        rank = np.searchsorted(reached, quantiles * reached[-1], "left")
        found[each] = _middles(place[inside][np.minimum(rank, len(reached) - 1)])
    return found


def _places(values: Floats) -> Ints:
    """Return the bucket of each value; buckets are ordered as the values are."""
    bits = (values + 0.0).view(np.uint64)
    ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    places = (ordered >> np.uint64(64 - _BITS)).astype(np.int64)
    places[np.isnan(values)] = _MISSING
    return places


def _middles(places: Ints) -> Floats:
    low = places.astype(np.uint64) << np.uint64(64 - _BITS)
    middle = low | np.uint64(1 << (63 - _BITS))
    bits = np.where(middle & _SIGN, middle ^ _SIGN, ~middle)
    values: Floats = bits.view(np.float64)
    # The bucket of zero holds nothing that is not zero for every purpose.
    return np.where(np.abs(values) < 1e-300, 0.0, values)
