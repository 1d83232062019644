"""Random numbers of a sampler that depend on the trial alone.

A sampler draws from one stream, so a study that was killed and goes on would start the stream
again and propose its first trials once more. Seeding it anew before every trial, from one number
and the count of trials before, gives a resumed study the very trials of an undisturbed one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from optuna.samplers import BaseSampler

UNSEEDED = 0
"""The seed of a sampler whose maker gave none, so that the same run gives the same trials."""


def base_seed(sampler: BaseSampler) -> int:
    """Return a number that stands for the seed that a sampler was made with.

    Parameters
    ----------
    sampler : optuna.samplers.BaseSampler
        Not used for a trial yet. Its first random number is drawn.

    Examples
    --------
    >>> from optuna.samplers import RandomSampler
    >>> base_seed(RandomSampler(seed=1)) == base_seed(RandomSampler(seed=1))
    True
    >>> base_seed(RandomSampler())
    0
    """
    for state in _states(sampler):
        # LazyRandomState makes its generator when it is seeded, or else when it is first used.
        if getattr(state, "_rng", state) is not None:
            return int(_generator(state).randint(2**31 - 1))
    return UNSEEDED


def reseed(sampler: BaseSampler, seed: int, trial: int) -> None:
    """Set all random states of a sampler for one trial.

    Parameters
    ----------
    sampler : optuna.samplers.BaseSampler
        Its random states, and those of the samplers within it, are set.
    seed : int
        What `base_seed` returned.
    trial : int
        How many trials there were before.

    Examples
    --------
    >>> from optuna import create_study
    >>> from optuna.samplers import RandomSampler
    >>> study = create_study(sampler=RandomSampler())
    >>> reseed(study.sampler, 0, 3)
    >>> first = study.ask().suggest_float("x", 0, 1)
    >>> reseed(study.sampler, 0, 3)
    >>> study.ask().suggest_float("x", 0, 1) == first
    True
    """
    for place, state in enumerate(_states(sampler)):
        sequence = np.random.SeedSequence([seed, trial, place])
        _generator(state).seed(sequence.generate_state(4))


def _states(sampler: BaseSampler) -> Iterator[object]:
    """Yield the random states of a sampler and of the samplers within it, in a fixed order."""
    for _, value in sorted(vars(sampler).items()):
        if isinstance(value, BaseSampler):
            yield from _states(value)
        elif isinstance(value, np.random.RandomState) or isinstance(
            getattr(type(value), "rng", None), property
        ):
            yield value


def _generator(state: object) -> np.random.RandomState:
    found = state if isinstance(state, np.random.RandomState) else getattr(state, "rng", None)
    assert isinstance(found, np.random.RandomState)
    return found
