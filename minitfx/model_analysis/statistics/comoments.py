"""Weighted means, variances and covariance of labels and scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats, Ints
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, times
from minitfx.model_analysis.statistics.sums import add_rows

WEIGHT, LABEL, SCORE, LABELS, SCORES, BOTH = range(6)
"""Columns of a state: weight, means, and sums of squares and products of deviations."""


@dataclass(frozen=True)
class Comoments:
    """Second moments of (label, score) about the mean of each slice.

    The state has shape (slots, 6): weight, mean label, mean score, and the weighted sums of
    squared label deviations, squared score deviations, and their product.

    Attributes
    ----------
    view : View
        Which pairs.

    Notes
    -----
    Deviations are kept, not powers, so that labels around 1e9 lose no digits. Groups combine by
    the shift of their means (Chan, Golub and LeVeque, 1983, "Algorithms for Computing the Sample
    Variance").
    """

    view: View

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the moments of a chunk."""
        data = rows.pairs(self.view)
        pairs, codes, factor = slots.place(data.rows)
        weights = times(pick(data.weights, pairs), factor)
        weights = np.ones(len(codes)) if weights is None else weights
        labels = data.labels if pairs is None else data.labels[pairs]
        scores = data.scores if pairs is None else data.scores[pairs]
        zeros = np.zeros(len(codes))
        leaves = np.stack([weights, labels, scores, zeros, zeros, zeros], axis=1)
        return self.regroup(leaves, codes, slots.size)

    def join(self, first: Floats, second: Floats) -> Floats:
        """Return the rows of both."""
        return np.concatenate([first, second])

    def regroup(self, state: Floats, groups: Ints, size: int) -> Floats:
        """Return the moments of each group about its own mean."""
        kept = groups >= 0
        if not kept.all():
            state, groups = state[kept], groups[kept]
        weight = state[:, WEIGHT]
        sums = add_rows(state[:, : SCORE + 1] * _first_as_one(weight), groups, size)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.where(sums[:, :1] != 0, sums[:, 1:] / sums[:, :1], 0.0)
            away = state[:, LABEL : SCORE + 1] - means[groups]
            shifted = state[:, LABELS:] + weight[:, None] * np.stack(
                [away[:, 0] ** 2, away[:, 1] ** 2, away[:, 0] * away[:, 1]], axis=1
            )
        # A group without weight has no mean, and nothing to say, whatever stands in it.
        shifted[weight == 0] = 0.0
        return np.concatenate([sums[:, :1], means, add_rows(shifted, groups, size)], axis=1)


def _first_as_one(weight: Floats) -> Floats:
    """Return the factors that turn (weight, mean, mean) into (weight, sum, sum)."""
    return np.stack([np.ones(len(weight)), weight, weight], axis=1)
