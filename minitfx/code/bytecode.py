"""Byte code: what a compiled function says, which names it reads, and what it imports."""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from types import CodeType
from typing import Any

_HAS_DOCSTRING = 0x4000000
_READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


def described(code: CodeType) -> str:
    """Return all of a compiled function that counts: no positions, comments or docstring.

    The same in every process of one version of Python, however it orders its sets.
    """
    constants = list(code.co_consts)
    if constants and isinstance(constants[0], str) and _has_docstring(code):
        constants[0] = None
    written = ", ".join(_constant(each) for each in constants)
    parts = (
        code.co_code,
        code.co_exceptiontable,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
    )
    return f"{parts!r} [{written}]"


def read_names(code: CodeType) -> dict[str, set[str]]:
    """Return the globals that a function, or one inside it, may read.

    Returns
    -------
    dict of str to set of str
        To the attributes that are read from each; none where the object itself is used as well.
    """
    found: dict[str, set[str]] = {}
    whole: set[str] = set()
    for each in _all_code(code):
        instructions = list(dis.get_instructions(each))
        for step, following in zip(instructions, [*instructions[1:], None], strict=True):
            if step.opname in _READS:
                attributes = found.setdefault(step.argval, set())
                if following is not None and following.opname in _ATTRIBUTES:
                    attributes.add(following.argval)
                else:
                    whole.add(step.argval)
    return {name: set() if name in whole else found[name] for name in found}


def read_modules(code: CodeType, package: str) -> dict[str, set[str]]:
    """Return the modules that a function, or one inside it, imports while it runs.

    Parameters
    ----------
    code : CodeType
        The function.
    package : str
        The package of its module, for relative imports.

    Returns
    -------
    dict of str to set of str
        To the names that are imported from each; none where it is imported whole.
    """
    found: dict[str, set[str]] = {}
    for each in _all_code(code):
        instructions = list(dis.get_instructions(each))
        for index, step in enumerate(instructions):
            if step.opname == "IMPORT_NAME":
                level, names = instructions[index - 2].argval, instructions[index - 1].argval
                module = resolve_name("." * (level or 0) + step.argval, package)
                wanted = set(names or ()) - {"*"}
                found[module] = found.get(module, wanted) | wanted if wanted else set()
    return found


def _has_docstring(code: CodeType) -> bool:
    if sys.version_info >= (3, 14):
        return bool(code.co_flags & _HAS_DOCSTRING)
    is_function = bool(code.co_flags & 0x1)
    return is_function and not code.co_name.startswith("<")


def _all_code(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _all_code(each)


def _constant(value: Any) -> str:
    if isinstance(value, CodeType):
        return described(value)
    if isinstance(value, frozenset):
        return f"frozenset({sorted(_constant(each) for each in value)})"
    if isinstance(value, tuple):
        return f"({', '.join(_constant(each) for each in value)})"
    return f"{type(value).__name__} {value!r}"
