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
import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from minitfx.artifact import Artifact
from minitfx.code import CodeReference
from minitfx.code.content import CodeContent
from minitfx.code.imports import is_installed, module_name
from minitfx.code.live import live_code
from minitfx.component import Component
from minitfx.digest import digest_text, digest_tree
from minitfx.errors import ParameterError
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
                _add_code(found, name, _class_reference(each if isinstance(each, str) else each[0]))
                _add_nested_code(found, name, [] if isinstance(each, str) else each[1])
            else:
                _add_nested_code(found, name, each)


def _class_reference(qualified: str) -> CodeReference:
    """Return the code of a class that an encoded parameter names as ``module:symbol``."""
    module, _, symbol = qualified.partition(":")
    if module == "__main__":
        return CodeReference.of(attrgetter(symbol)(sys.modules[module]))
    return CodeReference(module, None, (symbol,))


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
                _add_live(found, name, each)
            elif file is not None and not is_installed(file):
                reference = CodeReference(module_name(file), str(file), (each.__qualname__,))
                _add_code(found, name, reference)
            else:
                _add_code(found, name, CodeReference(each.__module__, None, ("*",)))
    for each in getattr(cls, "CODE", ()):
        _add_class(found, each, name)


def _add_code(found: Ingredients, name: str, reference: CodeReference) -> None:
    content = CodeContent()
    content.add(reference, name)
    _add_content(found, name, content)


def _add_live(found: Ingredients, name: str, target: Any) -> None:
    """Count code that only this process has: what it says, and by value what it reads."""
    content = CodeContent()
    content.add_live(live_code(target, name), name)
    _add_content(found, name, content)


def _add_content(found: Ingredients, name: str, content: CodeContent) -> None:
    found.update({f"code {name}: {unit}": digest for unit, digest in content.units.items()})
    found.update({f"library {each}": version for each, version in content.libraries.items()})
    found.files.update({module: str(file) for module, file in content.files.items()})


def _class_name(cls: type) -> str:
    module = cls.__module__
    if module == "__main__":
        origin = getattr(sys.modules["__main__"], "__file__", None)
        module = module_name(Path(origin).resolve()) if origin else module
    return f"{module}.{cls.__qualname__}"
