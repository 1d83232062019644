"""What a declared search draws its hyperparameters from, and who draws and prunes."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, TypeAlias

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import ExperimentalWarning

from minitfx.errors import MissingExtraError, TuningError, did_you_mean

Range: TypeAlias = "Sequence[Any] | Mapping[str, Any]"
Named: TypeAlias = "str | Mapping[str, Any]"

_NEEDS = {"CmaEsSampler": ("cmaes", "cmaes"), "GPSampler": ("torch", "torch")}
"""Packages that samplers import when they draw, and the extras that bring them."""

_KEYS = {"low", "high", "log", "step"}


def distributions(space: Mapping[str, Range]) -> dict[str, BaseDistribution]:
    """Return Optuna's distributions for a search space.

    Parameters
    ----------
    space : mapping of str to list or mapping
        A list is choices (texts, numbers, truth values, None). A mapping with ``low`` and
        ``high``, both included, is a range: of integers if both are, else of floats; ``log``
        draws from its logarithm, ``step`` from a grid.

    Raises
    ------
    TuningError
        If an entry is neither, or a range is empty.

    Examples
    --------
    >>> space = distributions({"C": {"low": 0.01, "high": 10.0, "log": True}, "solver": ["lbfgs"]})
    >>> space["C"]
    FloatDistribution(high=10.0, log=True, low=0.01, step=None)
    """
    if not space:
        raise TuningError("search_space is empty; expected a hyperparameter or more")
    return {name: _distribution(name, each) for name, each in space.items()}


def suggest(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> Any:
    """Return what a trial proposes for one hyperparameter."""
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    assert isinstance(distribution, FloatDistribution)
    return trial.suggest_float(
        name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
    )


def sampler_named(
    named: Named, space: Mapping[str, BaseDistribution], seed: int
) -> optuna.samplers.BaseSampler:
    """Return a seeded sampler of Optuna.

    Parameters
    ----------
    named : str or mapping
        The class's name in ``optuna.samplers``, or a mapping of ``name`` and its arguments.
        ``GridSampler`` gets the grid of the search space.
    space : mapping of str to distribution
        The search space.
    seed : int
        Its seed, where it takes one.

    Raises
    ------
    TuningError
        If there is no such sampler, or it does not take these arguments.
    MissingExtraError
        If it needs a package that is not installed.
    """
    name, arguments = _split(named, "sampler")
    found = _class(optuna.samplers, name, optuna.samplers.BaseSampler, "sampler")
    if name == "GridSampler":
        arguments = {
            "search_space": {key: grid(key, each) for key, each in space.items()}
        } | arguments
    if "seed" in inspect.signature(found.__init__).parameters:
        arguments = {"seed": seed} | arguments
    sampler: optuna.samplers.BaseSampler = _made(found, arguments, "sampler")
    return sampler


def pruner_named(named: Named | None) -> optuna.pruners.BasePruner:
    """Return a pruner of Optuna; one that never prunes when none is named.

    Parameters
    ----------
    named : str, mapping or None
        The class's name in ``optuna.pruners``, or a mapping of ``name`` and its arguments.

    Raises
    ------
    TuningError
        If there is no such pruner, or it does not take these arguments.

    Examples
    --------
    >>> type(pruner_named({"name": "MedianPruner", "n_startup_trials": 3})).__name__
    'MedianPruner'
    """
    name, arguments = _split(named or "NopPruner", "pruner")
    found = _class(optuna.pruners, name, optuna.pruners.BasePruner, "pruner")
    pruner: optuna.pruners.BasePruner = _made(found, arguments, "pruner")
    return pruner


def grid(name: str, distribution: BaseDistribution) -> list[Any]:
    """Return every value of one hyperparameter.

    Raises
    ------
    TuningError
        If it is a range without a step.

    Examples
    --------
    >>> grid("depth", IntDistribution(2, 8, step=3))
    [2, 5, 8]
    """
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    if distribution.step is None:
        raise TuningError(
            f"GridSampler needs a step for search_space[{name!r}], or a list of values"
        )
    count = round((distribution.high - distribution.low) / distribution.step)
    return [distribution.low + index * distribution.step for index in range(count + 1)]


def _distribution(name: str, given: Range) -> BaseDistribution:
    try:
        if isinstance(given, Mapping):
            return _range(name, given)
        if isinstance(given, (list, tuple)) and given:
            return CategoricalDistribution(given)
    except ValueError as error:
        raise TuningError(f"search_space[{name!r}] is {given!r}: {error}") from error
    raise TuningError(
        f"search_space[{name!r}] is {given!r}; expected a list of choices, or "
        "{'low': …, 'high': …} with 'log' or 'step'"
    )


def _range(name: str, given: Mapping[str, Any]) -> BaseDistribution:
    for key in given:
        if key not in _KEYS:
            raise TuningError(
                f"search_space[{name!r}] has the key {key!r}. {did_you_mean(key, _KEYS)}"
            )
    if "low" not in given or "high" not in given:
        raise TuningError(f"search_space[{name!r}] is {dict(given)!r}; it lacks low or high")
    log, step = bool(given.get("log", False)), given.get("step")
    bounds = given["low"], given["high"]
    if all(type(bound) is int for bound in bounds):
        return IntDistribution(*bounds, log=log, step=1 if step is None else step)
    return FloatDistribution(*bounds, log=log, step=step)


def _split(named: Named, role: str) -> tuple[str, dict[str, Any]]:
    if isinstance(named, str):
        return named, {}
    arguments = dict(named)
    name = arguments.pop("name", None)
    if not isinstance(name, str):
        raise TuningError(f"{role} is {named!r}; expected a name, or a mapping with 'name'")
    return name, arguments


def _class(module: Any, name: str, base: type, role: str) -> Any:
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, base) and found is not base:
        return found
    known = [
        each
        for each in module.__all__
        if isinstance(getattr(module, each), type) and not each.startswith("Base")
    ]
    raise TuningError(f"Optuna has no {role} {name!r}. {did_you_mean(name, known)}")


def _made(found: Any, arguments: Mapping[str, Any], role: str) -> Any:
    package, extra = _NEEDS.get(found.__name__, ("optuna", ""))
    if find_spec(package) is None:
        raise MissingExtraError(package, extra, found.__name__)
    try:
        with warnings.catch_warnings():
            # Who names a sampler has chosen it, experimental or not.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return found(**arguments)
    except (TypeError, ValueError) as error:
        raise TuningError(
            f"{role} {found.__name__} does not take {dict(arguments)!r}: {error}"
        ) from error
