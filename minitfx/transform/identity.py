"""What tells a Python function from another: its code, and the values that the code uses."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from minitfx.transform.pyfunction import is_library_module, module_of


class _Unknown(Exception):
    """Something is used of which nobody can say what it follows from."""


def function_identity(function: object) -> str | None:
    """Return a digest of all that a function's results follow from.

    Parameters
    ----------
    function : object
        What a user gave to be called.

    Returns
    -------
    str or None
        Equal for functions of equal code, whose defaults, closure and globals have equal values,
        those of the functions that they call among them. Functions of libraries go by name and
        version. None if something is used that has no such digest: an object with a state of
        its own, a class or a module of the project.

    Examples
    --------
    >>> def scaled(factor):
    ...     return lambda values: values * factor
    >>> function_identity(scaled(2)) == function_identity(scaled(2))
    True
    >>> function_identity(scaled(2)) == function_identity(scaled(3))
    False
    """
    try:
        text = json.dumps(_described(function, set()))
    except _Unknown:
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def _described(value: Any, seen: set[int]) -> Any:
    """Return a value as JSON; ``seen`` are the functions that are being described."""
    if value is None or isinstance(value, (bool, int, float, str, bytes, complex)):
        return [type(value).__name__, repr(value)]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *(_described(each, seen) for each in value)]
    if isinstance(value, (set, frozenset)):
        members = sorted(json.dumps(_described(each, seen)) for each in value)
        return [type(value).__name__, members]
    if isinstance(value, Mapping):
        pairs = [[_described(k, seen), _described(v, seen)] for k, v in value.items()]
        return [type(value).__name__, pairs]
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return ["array", value.dtype.str, list(value.shape), content]
    if isinstance(value, re.Pattern):
        return ["pattern", value.pattern, value.flags]
    if isinstance(value, CodeType):
        return _described_code(value, seen)
    return _described_object(value, seen)


def _described_object(value: Any, seen: set[int]) -> Any:
    if isinstance(value, ModuleType):
        return _of_library(value.__name__, "")
    if isinstance(value, FunctionType) and not is_library_module(value.__module__):
        return _described_function(value, seen)
    if isinstance(value, (FunctionType, BuiltinFunctionType, np.ufunc, type)):
        name = getattr(value, "__qualname__", None) or value.__name__
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, ModuleType):
            return _of_library(module_of(value), name)
    raise _Unknown


def _of_library(module: str, name: str) -> list[str]:
    if not is_library_module(module):
        raise _Unknown
    package = sys.modules.get(module.partition(".")[0])
    return ["library", module, name, str(getattr(package, "__version__", sys.version))]


def _described_function(function: FunctionType, seen: set[int]) -> Any:
    if id(function) in seen:
        return ["again", function.__qualname__]
    seen.add(id(function))
    used = {
        name: _described(function.__globals__[name], seen)
        for name in sorted(set(_names(function.__code__)))
        if name in function.__globals__
    }
    try:
        closure = [cell.cell_contents for cell in function.__closure__ or ()]
    except ValueError:  # a cell that is not filled yet
        raise _Unknown from None
    values = [closure, function.__defaults__, function.__kwdefaults__]
    return ["function", _described_code(function.__code__, seen), used, _described(values, seen)]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _described_code(code: CodeType, seen: set[int]) -> Any:
    constants = [_described(each, seen) for each in code.co_consts]
    names = [*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars]
    return ["code", code.co_code.hex(), names, constants]
