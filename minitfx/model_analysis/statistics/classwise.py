"""Sums over rows of what the scores of all classes say, and of what two models say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats, add_up
from minitfx.model_analysis.pairs import UNKNOWN_CLASS, Classes, View
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, total
from minitfx.model_analysis.statistics.sums import Additive
from minitfx.model_analysis.values import CLIP


@dataclass(frozen=True)
class ClassSum(Additive):
    """The sum of weight × value over the labelled rows of each slice, of shape (slots,).

    Attributes
    ----------
    view : View
        Whose stream.
    value : str
        A function of label and scores, see below; empty: 1.
    parameters : tuple
        Its further arguments.
    power : int
        Sum this power of the value.
    squared : bool
        Use the squared weight.
    """

    view: View
    value: str = ""
    parameters: tuple[object, ...] = ()
    power: int = 1
    squared: bool = False

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the sums of a chunk."""
        data = rows.classes(self.view)
        pairs, codes, factor = slots.place(data.rows)
        weights = data.weights
        if self.squared and weights is not None:
            weights = weights * weights
        values: Floats | None = None
        if self.value:
            key = (self.value, self.parameters, self.view.whole)
            values = rows.once(key, lambda: _FUNCTIONS[self.value](data, *self.parameters))
            values = values if self.power == 1 else values**self.power
        product = total([pick(weights, pairs), pick(values, pairs), factor])
        return add_up(codes, product, slots.size)


@dataclass(frozen=True)
class CosineSum(Additive):
    """The sum of the cosines between two models' predictions, of shape (slots,).

    Attributes
    ----------
    view : View
        The candidate's stream and its ``baseline``.
    """

    view: View

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the sums of a chunk."""
        view = self.view
        one = _as_rows(rows.scores[view.model, view.output].predictions)
        two = _as_rows(rows.scores[view.baseline or "", view.output].predictions)
        with np.errstate(divide="ignore", invalid="ignore"):
            lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
            cosines = (one * two).sum(axis=1) / lengths
        pairs, codes, factor = slots.place(None)
        return add_up(codes, total([pick(cosines, pairs), factor]), slots.size)


def _as_rows(predictions: Floats) -> Floats:
    return predictions if predictions.ndim == 2 else predictions[:, None]


def _missing(data: Classes, values: Floats) -> Floats:
    lost = np.isnan(data.scores).any(axis=1)
    return np.where(lost, np.nan, values) if lost.any() else values


def _right(data: Classes) -> Floats:
    return _missing(data, (data.scores.argmax(axis=1) == data.actual).astype(np.float64))


def _in_top(data: Classes, k: int) -> Floats:
    """Return whether fewer than k classes score higher than the label's."""
    actual = data.actual
    known = (actual >= 0) & (actual < data.scores.shape[1])
    mine = data.scores[np.arange(len(actual)), np.where(known, actual, 0)]
    higher = (data.scores > mine[:, None]).sum(axis=1)
    return _missing(data, (known & (higher < k)).astype(np.float64))


def _categorical(data: Classes, from_logits: bool, smoothing: float, clip: bool) -> Floats:
    scores = data.scores
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if from_logits:
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores = scores / scores.sum(axis=1, keepdims=True)
        if clip and not from_logits:
            scores = np.clip(scores, CLIP, 1.0 - CLIP)
        labels = data.hot
        if smoothing:
            labels = labels * (1.0 - smoothing) + smoothing / scores.shape[1]
        losses: Floats = -np.where(labels != 0, labels * np.log(scores), 0.0).sum(axis=1)
        return _of_unknown(data, losses, -np.log(CLIP) if clip else np.inf)


def _of_unknown(data: Classes, losses: Floats, impossible: float) -> Floats:
    """Return losses, that of a class of probability 0 for a class that the model does not know."""
    if data.labels.ndim == 2:
        return losses
    return np.where((data.labels == UNKNOWN_CLASS) & ~np.isnan(losses), impossible, losses)


def _sparse(data: Classes, from_logits: bool) -> Floats:
    """Keras: probabilities are clipped, then brought to a sum of 1."""
    if from_logits:
        return _categorical(data, True, 0.0, False)
    clipped = Classes(data.labels, np.clip(data.scores, CLIP, 1.0 - CLIP), None)
    losses = _categorical(clipped, False, 0.0, False)
    return _missing(data, _of_unknown(data, losses, -np.log(CLIP)))


def _cosine(data: Classes) -> Floats:
    labels, scores = data.hot, data.scores
    lengths = np.linalg.norm(labels, axis=1) * np.linalg.norm(scores, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosines = (labels * scores).sum(axis=1) / lengths
    return _missing(data, np.where(lengths > 0, cosines, 0.0))


def _divergence(data: Classes) -> Floats:
    labels, scores = np.clip(data.hot, CLIP, 1.0), np.clip(data.scores, CLIP, 1.0)
    divergence: Floats = (labels * np.log(labels / scores)).sum(axis=1)
    return _of_unknown(data, divergence, -np.log(CLIP))


def _categorical_hinge(data: Classes) -> Floats:
    labels = data.hot
    mine = (labels * data.scores).sum(axis=1)
    best_other = ((1.0 - labels) * data.scores).max(axis=1)
    return _missing(data, np.maximum(best_other - mine + 1.0, 0.0))


_FUNCTIONS: dict[str, Callable[..., Floats]] = {
    "right": _right,
    "in_top": _in_top,
    "categorical": _categorical,
    "sparse": _sparse,
    "cosine": _cosine,
    "divergence": _divergence,
    "hinge": _categorical_hinge,
}
