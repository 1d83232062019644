"""User code: where a function is written, and how it is loaded.

User modules are loaded in place: no copy, no wheel. A module file's own folder (and, if it stands
in a package, the folder above that package) is on the import path while it loads, so that it can
import its neighbours; a module whose source has changed since it was loaded is loaded anew.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

from minitfx.code.imports import (
    Locator,
    import_folders,
    is_installed,
    is_the_users,
    module_name,
)
from minitfx.code.reach import project_files
from minitfx.errors import CodeError, ParameterError, did_you_mean

_lock = RLock()
_live: dict[str, Any] = {}


@dataclass(frozen=True)
class CodeReference:
    """A function, or several of one module, by where they are written.

    Attributes
    ----------
    module : str
        Dotted name under which the module is imported.
    file : str or None
        The module's file, when it was given as a file.
    names : tuple of str
        Qualified names within the module; the first must be there.
    live : str or None
        Key of a function that can only be called in this process: a lambda, a closure, or
        code in ``__main__`` or a notebook.
    """

    module: str
    file: str | None
    names: tuple[str, ...]
    live: str | None = None

    @classmethod
    def from_file(cls, path: str | Path, names: tuple[str, ...]) -> CodeReference:
        """Refer to functions of a module file.

        Raises
        ------
        CodeError
            If there is no such file.
        """
        file = Path(path).expanduser().resolve()
        if not file.is_file():
            raise CodeError(f"module file {path} does not exist; expected a Python file")
        return cls(module_name(file), str(file), names)

    @classmethod
    def of(cls, target: str | Callable[..., Any]) -> CodeReference:
        """Refer to a function, given itself or as a dotted path.

        Raises
        ------
        ParameterError
            If it is neither.
        """
        if isinstance(target, str):
            module, _, name = target.rpartition(".")
            if not module:
                raise ParameterError(
                    f"{target!r} does not name a function; expected package.module.function"
                )
            return cls(module, None, (name,))
        if not callable(target):
            raise ParameterError(f"{target!r} is not a function, nor the dotted path of one")
        reference = _by_name(target)
        if importable(target) is not None:
            return reference
        key = f"{reference.module}:{reference.names[0]}:{id(target)}"
        _live[key] = target
        return replace(reference, live=key)

    @property
    def source(self) -> Path | None:
        """The project file that it is written in; None for code of an installed library."""
        return Path(self.file) if self.file else Locator(Path.cwd() / "here.py").locate(self.module)

    @property
    def target(self) -> Any:
        """The object itself, where only this process has it; else None."""
        return _live.get(self.live) if self.live else None

    @property
    def importable(self) -> bool:
        """Whether another process can load it."""
        return self.live is None

    def load(self, name: str | None = None) -> Any:
        """Return the function.

        Parameters
        ----------
        name : str, optional
            One of the others of its module; None if the module does not define it.

        Raises
        ------
        CodeError
            If the module cannot be loaded, or the (first) function is not in it.
        """
        if self.live is not None:
            return _live[self.live]
        wanted = name or self.names[0]
        source = self.source
        module = load_file(source) if source else load_module(self.module)
        found: Any = module
        for part in wanted.split("."):
            found = getattr(found, part, None)
        if found is None and name is None:
            defined = [key for key, each in vars(module).items() if callable(each)]
            raise CodeError(
                f"{self.file or self.module} defines no {wanted!r}. {did_you_mean(wanted, defined)}"
            )
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the reference as a JSON value."""
        return {
            "module": self.module,
            "file": self.file,
            "names": list(self.names),
            "live": self.live,
        }

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> CodeReference:
        """Read what `to_json` wrote."""
        return cls(written["module"], written["file"], tuple(written["names"]), written["live"])


def importable(target: Any) -> CodeReference | None:
    """Return where a function or class is written, if its name leads to it in any process."""
    reference = _by_name(target)
    module = getattr(target, "__module__", None)
    if module == "__main__" or not _is_same(_found(module, reference.names[0]), target):
        return None
    return reference


def _by_name(target: Any) -> CodeReference:
    """Return where an object says that it is written."""
    name = str(getattr(target, "__qualname__", "") or getattr(target, "__name__", ""))
    module = getattr(target, "__module__", None) or type(target).__module__.split(".")[0]
    origin = getattr(sys.modules.get(module), "__file__", None)
    file = None if origin is None or is_installed(Path(origin)) else str(Path(origin).resolve())
    known_as = module_name(Path(file)) if file else module
    return CodeReference(known_as, file, (name or type(target).__qualname__,))


def _found(module: str | None, name: str) -> Any:
    """Return what a qualified name means in a loaded module, None if nothing."""
    found: Any = sys.modules.get(module or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _is_same(found: Any, target: Any) -> bool:
    """Whether two objects are one, or of two loads of one source."""
    if found is target:
        return True
    if isinstance(found, type) and isinstance(target, type):
        mine, other = ({**vars(each)} for each in (found, target))
        return all(_code_of(mine.get(key)) == _code_of(value) for key, value in other.items())
    return _code_of(target) is not None and _code_of(found) == _code_of(target)


def _code_of(value: Any) -> Any:
    closure = getattr(value, "__closure__", None)
    return None if closure else getattr(getattr(value, "__func__", value), "__code__", None)


def load_module(name: str) -> ModuleType:
    """Import a module by its dotted name.

    Raises
    ------
    CodeError
        If there is none, or it fails while it is imported.
    """
    with _lock:
        try:
            return importlib.import_module(name)
        except Exception as error:
            raise CodeError(f"cannot import {name}: {type(error).__name__}: {error}") from error


def load_file(file: Path) -> ModuleType:
    """Import a module file under its own name, anew if its source or a neighbour's changed.

    Raises
    ------
    CodeError
        If it cannot be compiled, or fails while it is imported; the message has file and line.
    """
    with _lock:
        name = module_name(file)
        sources = project_files(file)
        loaded = sys.modules.get(name)
        if loaded is not None and _is_current(loaded, file, sources):
            return loaded
        _forget(name, sources)
        return _import(name, file, sources)


def _is_current(module: ModuleType, file: Path, sources: dict[Path, str]) -> bool:
    origin = getattr(module, "__file__", None)
    if origin is None or Path(origin).resolve() != file:
        return False
    known: dict[Path, str] = getattr(module, "__minitfx_sources__", {})
    return known == sources


def _forget(name: str, sources: dict[Path, str]) -> None:
    """Drop the modules that must be loaded anew: these files, and others of their names."""
    names = {module_name(source) for source in sources} | {name}
    for each in list(sys.modules):
        origin = getattr(sys.modules[each], "__file__", None)
        if each in names or (origin and Path(origin) in sources):
            del sys.modules[each]


def _import(name: str, file: Path, sources: dict[Path, str]) -> ModuleType:
    importlib.invalidate_caches()
    folders = [str(folder) for folder in import_folders(file)]
    kept_path, kept_flag = list(sys.path), sys.dont_write_bytecode
    sys.path[:0] = folders
    sys.dont_write_bytecode = True
    try:
        if "." in name:
            module = importlib.import_module(name)
        else:
            module = _execute(name, file)
    except SyntaxError as error:
        raise CodeError(
            f"{error.filename or file}, line {error.lineno}: {error.msg}: "
            f"{(error.text or '').strip()!r}"
        ) from error
    except Exception as error:
        raise CodeError(f"{file} failed while it was imported: {describe(error)}") from error
    finally:
        sys.dont_write_bytecode = kept_flag
        added = [folder for folder in folders if folder not in kept_path]
        sys.path[:] = kept_path + added
    module.__minitfx_sources__ = sources  # type: ignore[attr-defined]
    return module


def _execute(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
        exec(code, module.__dict__)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def describe(error: BaseException) -> str:
    """Return an exception as one line, with the last place in the user's code that led to it."""
    place = ""
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if is_the_users(file):
            place = f" ({file}, line {step.tb_lineno})"
        step = step.tb_next
    return f"{type(error).__name__}: {error}{place}"
