"""Tukey's HH distribution: fitted to L-moments, and turned back into a normal one.

A standard normal z becomes ``z * exp(h * z**2 / 2)``, with one h below zero and another above:
the larger h, the longer the tail. Location, scale and both h follow from the first four
L-moments of a sample.

References
----------
Headrick and Pant, "Characterizing Tukey h and hh-distributions through L-moments and the
L-correlation" (2012). Hosking, "L-moments: analysis and estimation of distributions using linear
combinations of order statistics" (1990).
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.distribution import Distribution

Floats = NDArray[np.float64]

NORMAL_KURTOSIS = 0.1226017
"""The L-kurtosis of the normal distribution; what has less has no long tails."""
_LARGEST = 0.9999
_HALVINGS = 52


def l_moments(distribution: Distribution) -> Floats:
    """Return the first four sample L-moments (unbiased), shape (4,).

    Notes
    -----
    O(cells). A cell of several values counts as if they were all in its middle.
    """
    counts = distribution.weights.astype(np.float64)
    if not len(counts):
        return np.zeros(4)
    values = distribution.middles
    after = np.cumsum(counts)
    before, total = after - counts, after[-1]
    weighted = np.zeros(4)  # probability-weighted moments
    for order in range(4):
        if total > order:
            share = _choose(after, order + 1) - _choose(before, order + 1)
            weighted[order] = (values * share).sum() / (_choose(total, order + 1) * (order + 1))
    b0, b1, b2, b3 = weighted
    return np.array(
        [
            b0,
            2 * b1 - b0 if total > 1 else 0.0,
            6 * b2 - 6 * b1 + b0 if total > 2 else 0.0,
            20 * b3 - 30 * b2 + 12 * b1 - b0 if total > 3 else 0.0,
        ]
    )


def _choose(total: Floats, number: int) -> Floats:
    """Return how many ways there are to choose ``number`` of ``total``, as floats."""
    ways = np.ones_like(total, np.float64)
    for place in range(number):
        ways = ways * np.maximum(total - place, 0.0) / (place + 1)
    return ways


def tukey_parameters(distribution: Distribution) -> Floats:
    """Return location, scale, left h and right h of a sample, shape (4,).

    Notes
    -----
    Without long tails (or with fewer than four values) both h are 0 and the location is the
    mean. Infinities are left out, as of mean and variance.
    """
    distribution = _finite(distribution)
    l1, l2, l3, l4 = l_moments(distribution)
    if l2 <= 0:
        return np.array([l1, 1.0, 0.0, 0.0])
    enough = distribution.weights.sum() > 3
    left, right = _tails(l3 / l2, l4 / l2) if enough else (0.0, 0.0)
    first_left, first_right = _half(left), _half(right)
    scale = l2 / (first_left[1] + first_right[1])
    return np.array([l1 - scale * (first_right[0] - first_left[0]), scale, left, right])


def _finite(distribution: Distribution) -> Distribution:
    finite = np.isfinite(distribution.values)
    if finite.all():
        return distribution
    kept = {name: getattr(distribution, name)[finite] for name in ("keys", "weights", "mixed")}
    return replace(distribution, **kept)


def _tails(skewness: float, kurtosis: float) -> tuple[float, float]:
    """Return the left and the right h with these L-moment ratios.

    Notes
    -----
    When no left h of 0 or more gives the skewness, it is 0 and the right one fits the kurtosis.
    """
    if kurtosis < NORMAL_KURTOSIS:
        return 0.0, 0.0
    if skewness < 0:
        right, left = _tails(-skewness, kurtosis)
        return left, right
    right = _right_tail(0.0, kurtosis)
    if _ratios(0.0, right)[0] <= skewness:
        return 0.0, right
    low, high = 0.0, right  # at left == right the skewness is 0
    for _ in range(_HALVINGS):
        left = (low + high) / 2
        right = _right_tail(left, kurtosis)
        if right > left and _ratios(left, right)[0] > skewness:
            low = left
        else:
            high = left
    return low, _right_tail(low, kurtosis)


def _right_tail(left: float, kurtosis: float) -> float:
    """Return the right h that gives an L-kurtosis together with a left h."""
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):
        right = (low + high) / 2
        if _ratios(left, right)[1] < kurtosis:
            low = right
        else:
            high = right
    return (low + high) / 2


def _ratios(left: float, right: float) -> tuple[float, float]:
    """Return L-skewness and L-kurtosis of the distribution with these tails."""
    low, high = _half(left), _half(right)
    spread = low[1] + high[1]
    return (high[2] - low[2]) / spread, (high[3] + low[3]) / spread


@lru_cache(maxsize=4096)
def _half(tail: float) -> tuple[float, float, float, float]:
    """Return what the upper half of the distribution adds to its four L-moments.

    Notes
    -----
    The integral of ``z exp(h z²/2)`` times the normal density and the shifted Legendre
    polynomials of its distribution function, for z from 0, after ``t = z sqrt(1 - h)`` has made
    it fall off like a normal density; by Gauss and Legendre, to about 1e-12.
    """
    width = math.sqrt(1.0 - tail)
    at = _NODES / width
    below = 0.5 * (1.0 + np.array([math.erf(z / math.sqrt(2.0)) for z in at.tolist()]))
    density = at * np.exp(-_NODES * _NODES / 2) / math.sqrt(2 * math.pi) / width
    polynomials = np.array(
        [
            np.ones_like(below),
            2 * below - 1,
            6 * below**2 - 6 * below + 1,
            20 * below**3 - 30 * below**2 + 12 * below - 1,
        ]
    )
    one, two, three, four = ((density * polynomials) @ _WEIGHTS).tolist()
    return one, two, three, four


_LEGENDRE = np.polynomial.legendre.leggauss(96)
_NODES: Floats = (_LEGENDRE[0] + 1) * 6.0  # from 0 to 12
_WEIGHTS: Floats = _LEGENDRE[1] * 6.0


def normal_of(values: Floats, left: Floats, right: Floats) -> Floats:
    """Return the z whose ``z * exp(h z²/2)`` are the values, h by the side of zero.

    Notes
    -----
    O(values). Lambert's W, by Halley's method from ``log1p``: eight steps reach the last bits
    anywhere above 0.
    """
    tail = np.where(values < 0, left, right)
    square = tail * values * values
    long = square > 1e-20  # below, z is the value to the last bit
    w = lambert_w(np.where(long, square, 1.0), tail, values)
    found = np.sqrt(w / np.where(long, tail, 1.0))
    return np.asarray(np.where(long, np.copysign(found, values), values))


def lambert_w(square: Floats, tail: Floats, values: Floats) -> Floats:
    """Return the w with ``w * exp(w) == square``, which is ``tail * values**2``.

    Notes
    -----
    Where the square is too large for a float, or its exponential would be, the logarithm of the
    equation is solved by Newton's method instead.
    """
    large = square > 1e40
    argument = np.where(large, 1.0, square)
    w = np.log1p(argument)
    for _ in range(8):
        grown = np.exp(w)
        error = w * grown - argument
        w = w - error / (grown * (w + 1) - (w + 2) * error / (2 * w + 2))
    if not large.any():
        return np.asarray(w)
    logarithm = np.where(large, np.log(tail) + 2 * np.log(np.abs(values)), 100.0)
    guess = logarithm - np.log(logarithm)
    for _ in range(6):
        guess = guess - (guess + np.log(guess) - logarithm) / (1 + 1 / guess)
    return np.where(large, guess, w)
