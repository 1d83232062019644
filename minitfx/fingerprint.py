"""What makes two executions the same.

A fingerprint is the SHA-256 of its *ingredients*, a flat mapping from what counts to its digest or
value, which is recorded with the execution so that a difference can be named:

================================  =========================================================
``component``                     the class, dotted
``minitfx``, ``python``           versions; in a development install, minitfx's sources
``input KEY``                     content digests and properties of the artifacts
``parameter NAME``                the value; of an `InputPath`, the content's digest
``code NAME: MODULE:SYMBOL``      each top-level statement that the code reaches
``library DISTRIBUTION``          versions of the libraries that it uses
================================  =========================================================

Not in it: run, ids, paths, time, number of workers.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from minitfx.artifact import Artifact
from minitfx.code import CodeReference, reach
from minitfx.code.imports import distribution, is_installed, is_library, module_name
from minitfx.component import Component
from minitfx.digest import digest_text, digest_tree
from minitfx.errors import MinitfxError, ParameterError
from minitfx.parameter import FRAME, INPUT_PATH, encode
from minitfx.version import __version__


class Ingredients(dict[str, str]):
    """What a fingerprint is made of, by name.

    Attributes
    ----------
    files : dict of str to str
        The project files that the code among them lies in, by module; they do not count.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, str] = {}


_HAS_DOCSTRING = 0x4000000
_NO_CODE = ("minitfx", "builtins", "typing")
_EDGES = frozenset({"cli", "reports", "templates", "v1", "runners", "notebook.py"})


def fingerprint(ingredients: Mapping[str, str]) -> str:
    """Return the SHA-256 over ingredients, whatever their order."""
    return digest_text(json.dumps(dict(sorted(ingredients.items())), ensure_ascii=False))


def ingredients_of(
    component: Component,
    inputs: Mapping[str, list[Artifact]],
    parameters: Mapping[str, Any],
    stated: Mapping[str, str],
) -> Ingredients:
    """Return what the fingerprint of one execution is made of.

    Parameters
    ----------
    component : Component
        The node.
    inputs : mapping of str to list of Artifact
        What it will read.
    parameters : mapping of str to object
        Its parameters, runtime parameters substituted.
    stated : mapping of str to str
        Ingredients that its ``resolve`` stated, by name; those named like a parameter stand
        for it.

    Raises
    ------
    CodeError
        If user code cannot be found or parsed.
    """
    found = Ingredients()
    found["component"] = _class_name(type(component))
    found["minitfx"] = own_version()
    found["python"] = f"{sys.version_info.major}.{sys.version_info.minor}"
    for key, artifacts in inputs.items():
        found[f"input {key}"] = json.dumps([_identity(each) for each in artifacts])
    for name, value in parameters.items():
        if name in stated:
            found[f"parameter {name}"] = stated[name]
        else:
            _add_parameter(found, component, name, value)
    for name in sorted(stated.keys() - parameters.keys()):
        found[f"resolved {name}"] = stated[name]
    _add_class(found, type(component))
    return found


@lru_cache(maxsize=1)
def own_version() -> str:
    """Return minitfx's version; in a development install, with a digest of its sources."""
    home = Path(__file__).parent
    if is_installed(home):
        return __version__
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        name = path.relative_to(home)
        if name.parts[0] not in _EDGES:
            digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:16]}"


def _identity(artifact: Artifact) -> list[Any]:
    left_out = set(type(artifact).REFERENCES)
    properties = {**artifact.properties, **artifact.custom_properties}
    kept = {name: value for name, value in sorted(properties.items()) if name not in left_out}
    return [artifact.type_name, artifact.digest, kept]


def _add_parameter(found: Ingredients, component: Component, name: str, value: Any) -> None:
    declared = component.declaration.parameters[name]
    if isinstance(value, CodeReference):
        found[f"parameter {name}"] = ", ".join(value.names)
        _add_code(found, name, value)
    elif declared.mark is FRAME and value is not None:
        found[f"parameter {name}"] = value["$frame"][0]
    elif declared.mark is INPUT_PATH and value is not None:
        found[f"parameter {name}"] = digest_tree(value).content
    else:
        written = encode(value, f"{component.id}.{name}")
        _add_nested_code(found, name, written)
        found[f"parameter {name}"] = json.dumps(_anonymous(written), sort_keys=True)


def _add_nested_code(found: Ingredients, name: str, written: Any) -> None:
    """Count the code of functions and classes inside a parameter's value."""
    if isinstance(written, list):
        for each in written:
            _add_nested_code(found, name, each)
    elif isinstance(written, dict):
        for tag, each in written.items():
            if tag == "$code":
                _add_code(found, name, CodeReference.from_json(each))
            elif tag in ("$estimator", "$dataclass", "$proto", "$type"):
                qualified = each if isinstance(each, str) else each[0]
                module, _, symbol = qualified.partition(":")
                _add_code(found, name, CodeReference(module, None, (symbol,)))
                _add_nested_code(found, name, [] if isinstance(each, str) else each[1])
            else:
                _add_nested_code(found, name, each)


def _anonymous(written: Any) -> Any:
    """Return an encoded parameter without the paths in it: where code and tables lie."""
    if isinstance(written, list):
        return [_anonymous(each) for each in written]
    if isinstance(written, dict):
        if set(written) == {"$code"}:
            return {"$code": written["$code"]["names"]}
        if set(written) == {"$frame"}:
            return {"$frame": written["$frame"][0]}
        return {key: _anonymous(each) for key, each in written.items()}
    return written


def strategy_ingredients(strategy: type | None, config: Mapping[str, Any]) -> Ingredients:
    """Return what makes a resolver's choice: its strategy, with its code, and its settings.

    Parameters
    ----------
    strategy : type or None
        The strategy's class.
    config : mapping of str to object
        Its settings.
    """
    found = Ingredients()
    found["parameter strategy_class"] = _class_name(strategy) if strategy else ""
    try:
        written = encode(dict(config), "config")
    except ParameterError:
        written = repr(config)
    _add_nested_code(found, "config", written)
    found["parameter config"] = json.dumps(_anonymous(written), sort_keys=True)
    if strategy is not None:
        _add_class(found, strategy, "strategy")
    return found


def _add_class(found: Ingredients, cls: type, name: str = "component") -> None:
    """Count the code of a class of the user's own."""
    for each in cls.__mro__:
        code = getattr(each, "__function__", None)
        if code is not None:
            _add_code(found, name, CodeReference.of(code))
        elif each.__module__.split(".")[0] not in _NO_CODE:
            origin = getattr(sys.modules.get(each.__module__), "__file__", None)
            file = Path(origin).resolve() if origin else None
            if file is None and each.__module__ == "__main__":
                _add_live_class(found, name, each, set())
            elif file is not None and not is_installed(file):
                reference = CodeReference(module_name(file), str(file), (each.__qualname__,))
                _add_code(found, name, reference)
            else:
                _add_code(found, name, CodeReference(each.__module__, None, ("*",)))
    for each in getattr(cls, "CODE", ()):
        _add_class(found, each, name)


def _add_code(found: Ingredients, name: str, reference: CodeReference) -> None:
    if reference.target is not None:
        _add_live(found, name, reference.target, set())
        return
    source = reference.source
    if source is None:
        if is_library(reference.module):
            library, version = distribution(reference.module.split(".")[0])
            found[f"library {library}"] = version
        return
    reached = reach(source, reference.names)
    found.update({f"code {name}: {unit}": digest for unit, digest in reached.units.items()})
    found.update({f"library {each}": version for each, version in reached.libraries.items()})
    found.files.update({module: str(file) for module, file in reached.modules.items()})


def _add_live(found: Ingredients, name: str, target: Any, seen: set[int]) -> None:
    """Count a function that only this process has: its code, and by value what it reads."""
    if id(target) in seen:
        return
    seen.add(id(target))
    function = inspect.unwrap(target) if callable(target) else target
    if isinstance(function, type):
        for base in function.__mro__:
            if not _is_library(base) and base.__module__.split(".")[0] not in _NO_CODE:
                _add_live_class(found, name, base, seen)
        return
    if not isinstance(function, FunctionType):
        found[f"code {name}: {type(target).__qualname__}"] = _value_digest(target, name)
        return
    label = f"code {name}: {function.__qualname__}"
    found[label] = _source_digest(function)
    values = {f"default {index}": each for index, each in enumerate(function.__defaults__ or ())}
    values.update(function.__kwdefaults__ or {})
    read = inspect.getclosurevars(function)
    values.update({f"global {key}": each for key, each in read.globals.items()})
    values.update({f"closure {key}": each for key, each in read.nonlocals.items()})
    for key, value in sorted(values.items()):
        if isinstance(value, ModuleType):
            _add_module(found, name, value)
        elif isinstance(value, (FunctionType, type)) and not _is_library(value):
            _add_live(found, name, value, seen)
        elif _is_library(value):
            _add_module(found, name, sys.modules[value.__module__])
        else:
            found[f"{label} {key}"] = _value_digest(value, f"{name} ({key})")


def _add_live_class(found: Ingredients, name: str, cls: type, seen: set[int]) -> None:
    """Count what a class that only this process has defines: its methods, and its values."""
    declared = getattr(cls, "declaration", None)
    made_by_us = {"declaration", "CODE", *(declared.arguments if declared else ())}
    for key, value in sorted(vars(cls).items()):
        parts = (value.fget, value.fset) if isinstance(value, property) else (value,)
        for part in parts:
            plain = getattr(part, "__func__", part)
            if isinstance(plain, FunctionType) and not _is_library(plain):
                _add_live(found, name, plain, seen)
            elif not key.startswith(("__", "_abc_")) and key not in made_by_us:
                label = f"code {name}: {cls.__qualname__} {key}"
                if isinstance(plain, type) and not _is_library(plain):
                    _add_live(found, name, plain, seen)
                else:
                    found[label] = _value_digest(plain, f"{name} ({cls.__qualname__}.{key})")


def _is_library(value: Any) -> bool:
    if not isinstance(value, (FunctionType, type)) and not callable(value):
        return False
    name = getattr(value, "__module__", None) or ""
    module = sys.modules.get(name)
    origin = getattr(module, "__file__", None)
    if module is None or name == "__main__":
        return False
    return origin is None or is_installed(Path(origin))


def _add_module(found: Ingredients, name: str, module: ModuleType) -> None:
    top = module.__name__.split(".")[0]
    origin = getattr(module, "__file__", None)
    if origin and not is_installed(Path(origin)) and top != "minitfx":
        _add_code(found, name, CodeReference(module.__name__, str(Path(origin).resolve()), ("*",)))
    elif origin is not None and is_library(top):
        library, version = distribution(top)
        found[f"library {library}"] = version


def _source_digest(function: FunctionType) -> str:
    """Return the digest of a function's byte code: it has no positions and no comments."""
    return digest_text(repr(_code_constants(function.__code__)))


def _code_constants(code: CodeType) -> Any:
    constants = list(code.co_consts)
    documented = sys.version_info < (3, 13) or code.co_flags & _HAS_DOCSTRING
    if documented and constants and isinstance(constants[0], str):
        constants[0] = None
    inner = [
        _code_constants(each) if isinstance(each, CodeType) else repr(each) for each in constants
    ]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, inner


def _value_digest(value: Any, where: str) -> str:
    """Return the digest of a value: as a parameter, or else of its pickle."""
    try:
        return digest_text(json.dumps(encode(value, where), sort_keys=True))
    except (MinitfxError, TypeError, ValueError):
        pass
    import pickle

    try:
        return hashlib.sha256(pickle.dumps(value, protocol=4)).hexdigest()
    except Exception as error:
        raise ParameterError(
            f"{where} holds a {type(value).__qualname__} that can neither be written down nor "
            "pickled, so nobody can tell whether it has changed; pass it as a parameter"
        ) from error


def _class_name(cls: type) -> str:
    module = cls.__module__
    if module == "__main__":
        origin = getattr(sys.modules["__main__"], "__file__", None)
        module = module_name(Path(origin).resolve()) if origin else module
    return f"{module}.{cls.__qualname__}"
