"""Resampled rows: which group each row is left out with, or how often it is drawn.

Both follow from the row's number in the whole table by a fixed hash, so they are the same for
any way to cut the table into chunks and for any number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from minitfx.model_analysis.columns import Floats, Ints

FOLDS = 20
"""Groups of the jackknife and resamples of the bootstrap."""


class Method(Enum):
    """How intervals are made; see `minitfx.model_analysis.intervals`."""

    NONE = "none"
    ANALYTIC = "analytic"
    JACKKNIFE = "jackknife"
    BOOTSTRAP = "bootstrap"


@dataclass(frozen=True)
class Resampling:
    """A way to resample, and its seed.

    Attributes
    ----------
    method : Method
        Only ``JACKKNIFE`` and ``BOOTSTRAP`` resample.
    seed : int
        Another one gives other groups.

    Notes
    -----
    The statistics of a chunk are kept in ``copies`` layers. For the jackknife layer f holds the
    rows of group f, and all rows are the sum of the layers. For the bootstrap layer 0 holds all
    rows and layer f the f-th resample.
    """

    method: Method = Method.NONE
    seed: int = 0

    @property
    def copies(self) -> int:
        """How many layers of statistics there are."""
        return {Method.JACKKNIFE: FOLDS, Method.BOOTSTRAP: FOLDS + 1}.get(self.method, 1)

    def groups(self, ids: NDArray[np.uint64]) -> Ints:
        """Return the jackknife group of each id, 0 to 19."""
        return (mix(ids, self.seed) % np.uint64(FOLDS)).astype(np.int64)

    def draws(self, ids: NDArray[np.uint64], resample: int) -> Floats:
        """Return how often each id is drawn: Poisson with mean 1.

        Parameters
        ----------
        ids : ndarray of uint64
            What is drawn.
        resample : int
            Which resample, from 1.
        """
        uniform = (mix(ids, self.seed + resample) >> np.uint64(11)) * 2.0**-53
        return np.searchsorted(_POISSON, uniform, "right").astype(np.float64)


def row_ids(first: int, count: int) -> NDArray[np.uint64]:
    """Return the numbers of the rows of a chunk in the whole table."""
    return np.arange(first, first + count, dtype=np.uint64)


def mix(ids: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Return well-mixed bits of ids (Steele, Lea and Flood's SplitMix64).

    Examples
    --------
    >>> hex(int(mix(np.array([0], np.uint64), 0)[0]))
    '0xe220a8397b1dcdaf'
    """
    with np.errstate(over="ignore"):
        step = np.uint64(0x9E3779B97F4A7C15)
        # The seed moves the sequence by its own scrambled distance, so that seeds do not overlap.
        start = _scramble(np.array([seed], np.uint64) * step)[0] if seed else np.uint64(0)
        return _scramble((ids + np.uint64(1)) * step + start)


def _scramble(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


_FACTORIALS = np.cumprod(np.concatenate([[1.0], np.arange(1.0, 20.0)]))
_POISSON = np.cumsum(np.exp(-1.0) / _FACTORIALS)
