"""What a pair of label and score contributes to a sum."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.pairs import Pairs

CLIP = 1e-7
"""How far from 0 and 1 Keras' losses keep a probability."""


@dataclass(frozen=True)
class Value:
    """A function of label and score, named so that equal ones are computed once.

    Attributes
    ----------
    name : str
        A key of the table of functions below.
    parameters : tuple
        Its further arguments; a `Value` among them is a factor.

    Examples
    --------
    >>> pairs = Pairs(np.array([1.0, 0.0]), np.array([0.5, 0.25]), None)
    >>> Value("squared_error").of(pairs)
    array([0.25  , 0.0625])
    """

    name: str
    parameters: tuple[object, ...] = ()

    def of(self, pairs: Pairs) -> Floats:
        """Return the value of every pair."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return _FUNCTIONS[self.name](pairs, *self.parameters)


LABEL = Value("label")
SCORE = Value("score")


def product(first: Value, second: Value) -> Value:
    """Return the product of two values."""
    return Value("product", tuple(sorted((first, second), key=repr)))


def _log(values: Floats) -> Floats:
    logarithm: Floats = np.log(values)
    return logarithm


def _log1p(values: Floats) -> Floats:
    logarithm: Floats = np.log1p(values)
    return logarithm


def _product(pairs: Pairs, first: Value, second: Value) -> Floats:
    return first.of(pairs) * second.of(pairs)


def _cross_entropy(pairs: Pairs, from_logits: bool, smoothing: float) -> Floats:
    """Unclipped: a score of exactly 0 or 1 gives infinity, or NaN where 0 × infinity arises."""
    label, score = _smooth(pairs.labels, smoothing), pairs.scores
    if from_logits:
        above: Floats = np.maximum(score, 0.0)
        return above - score * label + _log1p(np.exp(-np.abs(score)))
    return -(label * _log(score)) - (1.0 - label) * _log(1.0 - score)


def _clipped_cross_entropy(pairs: Pairs, from_logits: bool, smoothing: float) -> Floats:
    if from_logits:
        return _cross_entropy(pairs, True, smoothing)
    label, score = _smooth(pairs.labels, smoothing), np.clip(pairs.scores, CLIP, 1.0 - CLIP)
    return -(label * _log(score + CLIP)) - (1.0 - label) * _log(1.0 - score + CLIP)


def _smooth(labels: Floats, smoothing: float) -> Floats:
    return labels * (1.0 - smoothing) + 0.5 * smoothing if smoothing else labels


def _percentage_error(pairs: Pairs) -> Floats:
    return 100.0 * np.abs(_error(pairs) / pairs.labels)


def _squared_log_error(pairs: Pairs) -> Floats:
    difference = _log1p(pairs.labels) - _log1p(pairs.scores)
    return difference * difference


def _log_cosh(pairs: Pairs) -> Floats:
    error = pairs.scores - pairs.labels
    softened: Floats = np.logaddexp(0.0, -2.0 * error)
    return error + softened - math.log(2.0)


def _hinge(pairs: Pairs) -> Floats:
    short: Floats = np.maximum(1.0 - (2.0 * pairs.labels - 1.0) * pairs.scores, 0.0)
    return short


def _poisson(pairs: Pairs) -> Floats:
    return pairs.scores - pairs.labels * _log(pairs.scores + CLIP)


def _error(pairs: Pairs) -> Floats:
    return pairs.labels - pairs.scores


def _where_defined(pairs: Pairs, value: Value, keep: bool) -> Floats:
    """Return the value, 0 where label and score are numbers and it is still not one.

    With ``keep`` false: 1 where it counts, 0 where it does not, for the denominator.
    """
    values = value.of(pairs)
    undefined = np.isnan(values) & ~np.isnan(pairs.scores)
    if keep:
        return np.where(undefined, 0.0, values)
    return (~undefined).astype(np.float64)


def _other(pairs: Pairs) -> Floats:
    if pairs.other is None:
        raise RuntimeError("the view names no model to compare with")
    return pairs.other


def _flip(pairs: Pairs, threshold: float, before: bool, after: bool) -> Floats:
    """Return 1 where the baseline's and the candidate's decision are these, else 0."""
    other = _other(pairs)
    found = ((other > threshold) == before) & ((pairs.scores > threshold) == after)
    values: Floats = found.astype(np.float64)
    values[np.isnan(other) | np.isnan(pairs.scores)] = np.nan
    return values


def _symmetric_difference(pairs: Pairs) -> Floats:
    other = _other(pairs)
    above = 2.0 * np.abs(other - pairs.scores)
    below = np.abs(other + pairs.scores)
    return np.where((above < CLIP) & (below < CLIP), 0.0, above / below)


_FUNCTIONS: dict[str, Callable[..., Floats]] = {
    "label": lambda pairs: pairs.labels,
    "score": lambda pairs: pairs.scores,
    "equal": lambda pairs: _equal(pairs),
    "product": _product,
    "where_defined": _where_defined,
    "cross_entropy": _cross_entropy,
    "clipped_cross_entropy": _clipped_cross_entropy,
    "squared_error": lambda pairs: _error(pairs) ** 2,
    "absolute_error": lambda pairs: np.abs(_error(pairs)),
    "percentage_error": _percentage_error,
    "squared_log_error": _squared_log_error,
    "log_cosh": _log_cosh,
    "hinge": _hinge,
    "squared_hinge": lambda pairs: _hinge(pairs) ** 2,
    "poisson": _poisson,
    "flip": _flip,
    "symmetric_difference": _symmetric_difference,
}


def _equal(pairs: Pairs) -> Floats:
    values: Floats = (pairs.labels == pairs.scores).astype(np.float64)
    values[np.isnan(pairs.scores)] = np.nan
    return values
