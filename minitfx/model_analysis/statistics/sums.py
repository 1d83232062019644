"""Sums over the rows of a slice, and counts of pairs between thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats, Ints, add_up
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, total
from minitfx.model_analysis.values import Value


class Additive:
    """States that are arrays with a slot per row, and add."""

    def join(self, first: Floats, second: Floats) -> Floats:
        """Return the rows of both."""
        return np.concatenate([first, second])

    def regroup(self, state: Floats, groups: Ints, size: int) -> Floats:
        """Return the sums of the rows of each group."""
        return add_rows(state, groups, size)

    def merge(self, first: Floats, second: Floats, places: tuple[Ints, Ints], size: int) -> Floats:
        """Return the sum of both; see `merge_states`."""
        total = np.zeros((size, *first.shape[1:]))
        total[places[0]] = first
        total[places[1]] += second
        return total

    def without_each(self, state: Floats, layers: int) -> Floats:
        """Return the sums over all layers but one, for each of them.

        Parameters
        ----------
        state : ndarray of shape (layers × slots, ...)
            Slot s of layer f is ``f * slots + s``.
        layers : int
            How many layers there are.
        """
        parts = state.reshape(layers, -1, *state.shape[1:])
        whole = parts.sum(axis=0)
        with np.errstate(invalid="ignore"):
            left = whole - parts
            # What is left of a sum that was all in one layer is rounding, not a number.
            left[np.abs(left) <= 1e-13 * np.abs(whole)] = 0.0
        found: Floats = left.reshape(state.shape)
        return found


@dataclass(frozen=True)
class RowCount(Additive):
    """How many rows each slice has, whatever they weigh; an array of shape (slots,)."""

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the counts of a chunk."""
        _, codes, factor = slots.place(None)
        return add_up(codes, factor, slots.size)


@dataclass(frozen=True)
class RowWeight(Additive):
    """The weight of each slice's rows, labelled or not; an array of shape (slots,).

    Attributes
    ----------
    model, output : str
        Whose weights.
    """

    model: str = ""
    output: str = ""

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the weights of a chunk."""
        pairs, codes, factor = slots.place(None)
        weights = rows.scores[self.model, self.output].weights
        return add_up(codes, total([pick(weights, pairs), factor]), slots.size)


@dataclass(frozen=True)
class FeatureSum(Additive):
    """The sum of weight × value of a column, or of weights alone; an array of shape (slots,).

    Attributes
    ----------
    column : str
        Rows where it has no value are left out.
    weight : str
        A column of weights; empty: 1.
    power : int
        1 for the sum of values, 0 for that of weights.
    """

    column: str
    weight: str = ""
    power: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the examples that it reads."""
        return (self.column, self.weight)

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the sums of a chunk."""
        pairs, codes, factor = slots.place(None)
        values = rows.numbers(self.column)
        present = (~np.isnan(values)).astype(np.float64)
        product = np.nan_to_num(values) if self.power else present
        if self.weight:
            product = product * rows.numbers(self.weight)
        return add_up(codes, total([pick(product, pairs), factor]), slots.size)


@dataclass(frozen=True)
class Sum(Additive):
    """The sum of weight × value over the pairs of each slice; an array of shape (slots,).

    Attributes
    ----------
    view : View
        Which pairs.
    value : Value or None
        Of each pair; None: 1.
    squared : bool
        Use the squared weight, as variances of weighted sums do.
    """

    view: View
    value: Value | None = None
    squared: bool = False

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the sums of a chunk."""
        data = rows.pairs(self.view)
        pairs, codes, factor = slots.place(data.rows)
        weights = data.weights
        if self.squared and weights is not None:
            weights = weights * weights
        value = self.value
        values = None
        if value is not None:
            values = rows.once((value, self.view), lambda: value.of(data))
        product = total([pick(weights, pairs), pick(values, pairs), factor])
        return add_up(codes, product, slots.size)


@dataclass(frozen=True)
class Counts(Additive):
    """Weights of negatives and positives between thresholds.

    The state has shape (slots, bins + 1, 2): bin i holds the pairs whose score is greater than
    exactly i thresholds; the last bin holds pairs without a score. A label between 0 and 1 counts
    as that much of a positive and the rest of a negative.

    Attributes
    ----------
    view : View
        Which pairs.
    thresholds : tuple of float
        Ascending.
    squared : bool
        Use the squared weight.
    """

    view: View
    thresholds: tuple[float, ...] = (0.5,)
    squared: bool = False

    @property
    def bins(self) -> int:
        """How many bins a slot has."""
        return len(self.thresholds) + 2

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the counts of a chunk."""
        data = rows.pairs(self.view)
        pairs, codes, factor = slots.place(data.rows)
        places = rows.once(("bins", self), lambda: self._bins(data.scores))
        places = codes * self.bins + (places if pairs is None else places[pairs])
        weights = data.weights
        if self.squared and weights is not None:
            weights = weights * weights
        mass = total([pick(weights, pairs), factor])
        labels = data.labels if pairs is None else data.labels[pairs]
        size = slots.size * self.bins
        if data.hard:
            sums = add_up(places * 2 + labels.astype(np.int64), mass, size * 2)
            return sums.reshape(slots.size, self.bins, 2)
        labels = data.shares if pairs is None else data.shares[pairs]
        positive = labels if mass is None else labels * mass
        negative = (1.0 - labels) if mass is None else (1.0 - labels) * mass
        both = [add_up(places, part, size) for part in (negative, positive)]
        return np.stack(both, axis=-1).reshape(slots.size, self.bins, 2)

    def _bins(self, scores: Floats) -> Ints:
        if len(self.thresholds) == 1:
            places = (scores > self.thresholds[0]).astype(np.int64)
        else:
            places = np.searchsorted(np.array(self.thresholds), scores, "left")
        missing = np.isnan(scores)
        if missing.any():
            places[missing] = self.bins - 1
        return places


def add_rows(state: Floats, groups: Ints, size: int) -> Floats:
    """Return the sums of the rows of each group.

    Parameters
    ----------
    state : ndarray of shape (slots, ...)
    groups : ndarray of int64, shape (slots,)
        -1 drops the row.
    size : int
        How many groups.

    Returns
    -------
    ndarray of shape (size, ...)
        In the order of the rows, so that the same rows give the same bits.
    """
    kept = groups >= 0
    if not kept.all():
        state, groups = state[kept], groups[kept]
    shape = (size, *state.shape[1:])
    width = int(np.prod(state.shape[1:], dtype=np.int64))
    if width == 1:
        return add_up(groups, state.reshape(-1), size).reshape(shape)
    places = (groups[:, None] * width + np.arange(width)).ravel()
    return add_up(places, state.reshape(-1), size * width).reshape(shape)
