"""Code that only this process has: a lambda, a closure, a cell of a notebook, a script.

There is no file to take apart, so the objects themselves are gone through: the byte code of
functions, and by value what they read: defaults, closures, globals, what is in lists and
instances of classes. Where this leads to code that has a file, the file is referred to.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import pickle
import sys
import types
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minitfx.code.bytecode import described, read_modules, read_names
from minitfx.code.imports import is_installed, module_name
from minitfx.code.reference import CodeReference, importable
from minitfx.errors import ParameterError

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
_NAMED = (
    types.BuiltinFunctionType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
_PROTOCOL = 5


@dataclass
class LiveCode:
    """What code that only this process has consists of.

    Attributes
    ----------
    units : dict of str to str
        Functions, classes and the values that they read, by name, to digests; with their module
        before it where there is a file.
    files : dict of str to Path
        Those files, by module.
    references : list of CodeReference
        The code with a file, or of a library, that they lead to.
    """

    units: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    references: list[CodeReference] = field(default_factory=list)


def live_code(target: Any, where: str, loaded: bool = False) -> LiveCode:
    """Return what a function, a class or an object with code in it consists of.

    Parameters
    ----------
    target : object
        The object.
    where : str
        What to call it in an error.
    loaded : bool
        Whether code that has a file is gone through as well, besides being referred to: what
        its module holds now may follow from more than its source.

    Raises
    ------
    ParameterError
        If it reads something whose value nobody can tell, such as a lock or a connection.
    """
    walk = _Walk(where, loaded)
    token = walk.value(target)
    if not isinstance(target, (types.FunctionType, type)):
        walk.found.units[type(target).__qualname__] = token
    return walk.found


class _Walk:
    """A walk over everything that is reachable from an object."""

    def __init__(self, where: str, loaded: bool = False) -> None:
        self.found = LiveCode()
        self._where = where
        self._loaded = loaded
        self._known: dict[int, tuple[object, str]] = {}
        self._above: list[int] = []

    def value(self, value: Any) -> str:
        """Return the digest of a value; of code, its name, while it counts by itself."""
        if type(value) in _PLAIN:
            return _digest([type(value).__name__, repr(value)])
        if id(value) in self._known:
            return self._known[id(value)][1]
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        if id(value) in self._above:
            return f"the one {len(self._above) - self._above.index(id(value))} above"
        self._above.append(id(value))
        try:
            token = _digest([type(value).__qualname__, *self._parts(value)])
        finally:
            self._above.pop()
        return self._name(value, token)

    def _name(self, value: object, token: str) -> str:
        self._known[id(value)] = (value, token)
        return token

    def _parts(self, value: Any) -> Iterable[str]:
        """Return the digests of what an object that is neither function nor class consists of."""
        kind = type(value)
        if kind in (list, tuple):
            return [self.value(each) for each in value]
        if kind is dict or kind is types.MappingProxyType:
            return [self.value(each) for pair in value.items() for each in pair]
        if kind in (set, frozenset):
            return sorted(self.value(each) for each in value)
        if isinstance(value, types.ModuleType):
            self._refer(value.__name__, ("*",))
            return [value.__name__]
        if isinstance(value, types.MethodType):
            return [self.value(value.__self__), self.value(value.__func__)]
        if isinstance(value, property):
            return [self.value(each) for each in (value.fget, value.fset, value.fdel)]
        if isinstance(value, (staticmethod, classmethod)):
            return [self.value(value.__func__)]
        if isinstance(value, functools.cached_property):
            return [self.value(value.func)]
        if callable(value) and hasattr(value, "cache_parameters"):
            return [self.value(value.__wrapped__), self.value(value.cache_parameters())]
        if isinstance(value, pickle.PickleBuffer):
            return [hashlib.sha256(value.raw()).hexdigest()]
        if isinstance(value, _NAMED):
            return self._named(value)
        return self._reduced(value)

    def _named(self, value: Any) -> list[str]:
        """Return what a function that is written in C consists of: its name, and its object."""
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, types.ModuleType):
            self._refer(str(getattr(value, "__module__", None) or ""), ("*",))
            return [str(getattr(value, "__module__", "")), value.__qualname__]
        return [self.value(owner), value.__name__]

    def _reduced(self, value: Any) -> list[str]:
        """Return what any other object consists of, as it would be pickled."""
        try:
            reduce = copyreg.dispatch_table.get(type(value))
            made = reduce(value) if reduce else value.__reduce_ex__(_PROTOCOL)
        except Exception as error:
            raise ParameterError(
                f"{self._where} holds a {type(value).__qualname__} that can neither be written "
                "down nor pickled, so nobody can tell whether it has changed; make it inside the "
                "function, or keep the function in a module and import it"
            ) from error
        if isinstance(made, str):
            return [type(value).__module__, made]
        made_from, given, *rest = made
        listed = [list(each) if each is not None and index in (1, 2) else each
                  for index, each in enumerate(rest)]  # fmt: skip
        return [self.value(each) for each in (made_from, given, *listed)]

    def _function(self, function: types.FunctionType) -> str:
        home = str(function.__globals__.get("__name__", ""))
        if _is_library(home):
            return self._library_function(function, home)
        reference = importable(function)
        if reference is not None:
            self.found.references.append(reference)
            if not self._loaded:
                return self._name(function, f"{reference.module}:{reference.names[0]}")
        label = self._labelled(function, home, described(function.__code__))
        values: dict[str, Any] = {
            f"default {index}": each for index, each in enumerate(function.__defaults__ or ())
        }
        values |= {f"default {key}": each for key, each in (function.__kwdefaults__ or {}).items()}
        values |= {f"closure {key}": each for key, each in _cells(function).items()}
        values |= {
            f"attribute {key}": each
            for key, each in vars(function).items()
            if not key.startswith("__")
        }
        self._add_globals(function, values)
        self._add_values(label, values)
        return label

    def _library_function(self, function: types.FunctionType, home: str) -> str:
        """Count a library's function by its version, and what the library wrapped in it."""
        self._refer(home, ("*",))
        wrapped = _digest([home, function.__qualname__])
        self._name(function, wrapped)
        for each in _cells(function).values():
            if callable(each) or isinstance(each, (list, tuple, Mapping)):
                with suppress(ParameterError):
                    wrapped = _digest([wrapped, self.value(each)])
        return self._name(function, wrapped)

    def _add_globals(self, function: types.FunctionType, values: dict[str, Any]) -> None:
        """Add the globals that a function reads, and refer to the modules that it imports."""
        names = function.__globals__
        for name, attributes in sorted(read_names(function.__code__).items()):
            if isinstance(names.get(name), types.ModuleType):
                self._refer(names[name].__name__, tuple(sorted(attributes)) or ("*",))
                if self._loaded and not _is_library(names[name].__name__):
                    held = vars(names[name])
                    values |= {f"{name}.{key}": held[key] for key in attributes if key in held}
            elif name in names:
                values[f"global {name}"] = names[name]
        package = str(names.get("__package__") or "")
        for module, attributes in read_modules(function.__code__, package).items():
            self._refer(module, tuple(sorted(attributes)) or ("*",))

    def _class(self, cls: type) -> str:
        if _is_library(cls.__module__):
            self._refer(cls.__module__, ("*",))
            return self._name(cls, f"{cls.__module__}.{cls.__qualname__}")
        reference = importable(cls)
        if reference is not None:
            self.found.references.append(reference)
            if not self._loaded:
                return self._name(cls, f"{reference.module}:{reference.names[0]}")
        label = self._labelled(cls, cls.__module__, "class")
        declared = getattr(cls, "declaration", None)
        made_by_us = {"declaration", "CODE", *(declared.arguments if declared else ())}
        values = {f"base {index}": each for index, each in enumerate(cls.__bases__)}
        for key, each in sorted(vars(cls).items()):
            plain = getattr(each, "__func__", each)
            said = not key.startswith(("__", "_abc_")) and key not in made_by_us
            if isinstance(plain, types.FunctionType) or (said and not isinstance(each, _SLOTS)):
                values[key] = each
        self._add_values(label, values)
        return label

    def _labelled(self, target: types.FunctionType | type, home: str, content: str) -> str:
        """Let a function or class of a module count under a name that no other has."""
        name = target.__qualname__
        file = _file(home) if home in sys.modules else None
        if file is not None:
            name = f"{module_name(file)}:{name}"
            self.found.files[module_name(file)] = file
        label, number = name, 1
        while label in self.found.units:
            number += 1
            label = f"{name} {number}"
        self.found.units[label] = _digest([content])
        return self._name(target, label)

    def _add_values(self, label: str, values: Mapping[str, Any]) -> None:
        outer = self._where
        for key, value in values.items():
            self._where = f"{outer.partition(' (')[0]} ({label} {key})"
            self.found.units[f"{label} {key}"] = self._value_or_source(value, label, key)
        self._where = outer

    def _value_or_source(self, value: Any, label: str, key: str) -> str:
        """Return a value's digest; refer to where it is made, if it is a file's that has none."""
        try:
            return self.value(value)
        except ParameterError:
            file = self.found.files.get(label.partition(":")[0])
            kind, _, name = key.partition(" ")
            if file is None or kind != "global":
                raise
            self.found.references.append(CodeReference(module_name(file), str(file), (name,)))
            return name

    def _refer(self, module: str, names: tuple[str, ...]) -> None:
        if not module or module == "__main__":
            return
        file = _file(module)
        for name in names:
            inner = sys.modules.get(f"{module}.{name}")
            if inner is not None and file is not None:
                self._refer(f"{module}.{name}", ("*",))
            else:
                reference = CodeReference(module, str(file) if file else None, (name,))
                self.found.references.append(reference)


def _cells(function: types.FunctionType) -> dict[str, Any]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):
            found[name] = cell.cell_contents
    return found


def _file(module: str) -> Path | None:
    """Return the file of a loaded project module; None for a library or a notebook."""
    origin = getattr(sys.modules.get(module), "__file__", None)
    return None if origin is None or is_installed(Path(origin)) else Path(origin).resolve()


def _is_library(module: str) -> bool:
    """Whether a module is a library's, Python's or minitfx's own."""
    if module == "__main__" or module not in sys.modules:
        return False
    origin = getattr(sys.modules[module], "__file__", None)
    return origin is None or is_installed(Path(origin)) or module.split(".")[0] == "minitfx"


def _digest(parts: Iterable[str]) -> str:
    """Return the SHA-256 of texts, which their number and their ends belong to."""
    whole = hashlib.sha256()
    for each in parts:
        data = each.encode("utf-8", "surrogatepass")
        whole.update(f"{len(data)} ".encode() + data)
    return whole.hexdigest()
