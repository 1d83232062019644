"""Metrics that users bring: functions and accumulators, named by module and name."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from minitfx.errors import CodeError, EvaluationError, did_you_mean


def load_attribute(module: str, name: str) -> Any:
    """Return what a module calls ``name``; dots reach inside classes.

    Raises
    ------
    CodeError
        If the module cannot be imported, or has no such name.

    Examples
    --------
    >>> load_attribute("json", "dumps")([1])
    '[1]'
    """
    try:
        found: Any = import_module(module)
    except Exception as error:
        raise CodeError(
            f"the metric {name!r} cannot be loaded: importing {module!r} fails with "
            f"{type(error).__name__}: {error}"
        ) from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise CodeError(f"{module!r} has no {name!r}. {did_you_mean(part, dir(found))}")
        found = getattr(found, part)
    return found


def make_accumulator(module: str, name: str, config: str) -> Any:
    """Return a new accumulator of the user's class.

    Parameters
    ----------
    module, name : str
        Where the class is.
    config : str
        Its keyword arguments, as JSON.

    Raises
    ------
    EvaluationError
        If it cannot be made with them.
    """
    try:
        return load_attribute(module, name)(**json.loads(config))
    except TypeError as error:
        raise EvaluationError(f"{module}.{name} cannot be made with {config}: {error}") from error


def is_accumulator(candidate: object) -> bool:
    """Return whether a class has the four methods of an accumulator."""
    names = ("zero", "add", "merge", "result")
    return isinstance(candidate, type) and all(hasattr(candidate, name) for name in names)
