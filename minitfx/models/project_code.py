"""Project modules that a model needs: found when it is saved, private to it when it is loaded.

A pickle names the classes and functions in it by module. Those of installed packages are there
wherever the model is loaded; those of the project are not, so their source goes into the model's
folder under ``code/``::

    taxi_module.py ── class Clip ──► pickle          Format-Serving/code/taxi_module.py
          │ import features                          Format-Serving/code/features.py
          ▼
    features.py

A loaded model sees its own copies, even when the project, or another model, has modules of the
same names.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import pickle
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType
from typing import Any

from minitfx.errors import ModelError

CODE = "code"
"""Folder of the bundled modules within the model's folder."""

_lock = RLock()


def modules_of(model: object) -> set[str]:
    """Return the names of the modules whose classes and functions a pickle of ``model`` names.

    Raises
    ------
    ModelError
        If something in it cannot be found again by another process: a lambda, a nested function,
        or a class of ``__main__``.
    """
    names: set[str] = set()
    try:
        _Census(names).dump(model)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ModelError(
            f"{type(model).__qualname__} cannot be pickled: {error}. Define its classes and "
            "functions at the top level of a module; lambdas and nested functions cannot be saved"
        ) from error
    if "__main__" in names:
        raise ModelError(
            f"{type(model).__qualname__} holds a class or function that is defined in __main__, "
            "which no other process can import; move it into a module file"
        )
    return names


def bundle(names: set[str], folder: Path) -> tuple[str, ...]:
    """Copy the project modules among ``names``, and those that they import, into ``folder/code``.

    Returns
    -------
    tuple of str
        Names of the modules, sorted; empty when none is the project's.
    """
    found = _closure(names)
    for name, file in found.items():
        target = folder / CODE / _relative(name, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return tuple(sorted(found))


class BundledCode:
    """The project modules of one loaded model.

    Parameters
    ----------
    folder : Path
        The model's folder.
    names : sequence of str
        The modules that it bundles.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._finder = _Finder(self, folder / CODE, names)
        self._roots = {name.partition(".")[0] for name in names}
        self._modules: dict[str, ModuleType] = {}
        self._depth = 0

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Let ``import`` find this model's modules, and no others of their names, meanwhile."""
        with _lock:
            if self._depth or not self._roots:
                yield
                return
            self._depth += 1
            hidden = self._take_out()
            sys.modules.update(self._modules)
            sys.meta_path.insert(0, self._finder)
            try:
                yield
            finally:
                sys.meta_path.remove(self._finder)
                self._modules = self._take_out()
                sys.modules.update(hidden)
                self._depth -= 1

    def owns(self, name: str) -> bool:
        """Whether a module name belongs to this model's own code."""
        return name.partition(".")[0] in self._roots

    def _take_out(self) -> dict[str, ModuleType]:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if self.owns(name)}


class _Census(pickle.Pickler):
    """Pickle into nothing, and note which modules are named."""

    def __init__(self, names: set[str]) -> None:
        # Large arrays stay out of the stream: with a buffer callback nothing of them is copied.
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda _: False)
        self._names = names

    def reducer_override(self, obj: Any) -> Any:
        is_named = isinstance(obj, type) or (callable(obj) and hasattr(obj, "__qualname__"))
        named = obj if is_named else type(obj)
        module = getattr(named, "__module__", None)
        if isinstance(module, str):
            self._names.add(module)
        return NotImplemented


class _Nowhere:
    def write(self, data: Any) -> int:
        return len(data)


class _Finder(MetaPathFinder):
    def __init__(self, code: BundledCode, folder: Path, names: Sequence[str]) -> None:
        self._code = code
        self._folder = folder
        self._names = set(names)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self._names:
            return None
        base = self._folder.joinpath(*name.split("."))
        package = base / "__init__.py"
        file = package if package.is_file() else base.with_suffix(".py")
        return importlib.util.spec_from_file_location(
            name,
            file,
            loader=_Loader(name, str(file), self._code),
            submodule_search_locations=[str(base)] if file == package else None,
        )


class _Loader(SourceFileLoader):
    """Run a bundled module from its source alone, with imports that see its own neighbours."""

    def __init__(self, name: str, path: str, code: BundledCode) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        # Never from __pycache__: compiled files are in nobody's digest.
        path = self.get_filename(fullname)
        compiled: CodeType = self.source_to_code(self.get_data(path), path)
        return compiled

    def exec_module(self, module: ModuleType) -> None:
        # An import statement takes ``__import__`` from its module's builtins, so one that stands
        # in a function, and runs long after loading, still finds the model's own modules.
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": self._import}
        super().exec_module(module)

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if not level and not self._code.owns(name):
            return __import__(name, globals, locals, fromlist or (), level)
        with self._code.importable():
            return __import__(name, globals, locals, fromlist or (), level)


def _closure(names: set[str]) -> dict[str, Path]:
    """Return module name to file for the project modules reachable from ``names``."""
    found: dict[str, Path] = {}
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        file = _project_file(name)
        if file is None:
            continue
        found[name] = file
        waiting += _imports(name, file)
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return found


def _imports(module: str, file: Path) -> list[str]:
    """Return every module name that an import statement of a file may mean."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return [each for name in names for each in _and_parents(name) if each]


def _and_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _project_file(name: str) -> Path | None:
    """Return the source of a module of the project; None for any other name."""
    if name.partition(".")[0] in sys.stdlib_module_names | {"minitfx", "__main__"}:
        return None
    module = sys.modules.get(name)
    origin = getattr(module, "__file__", None) if module is not None else _origin(name)
    if not origin or not str(origin).endswith(".py"):
        return None
    file = Path(origin).resolve()
    inside = any(file.is_relative_to(folder) for folder in _installed_folders())
    return None if inside or not file.is_file() else file


def _origin(name: str) -> str | None:
    parent = name.rpartition(".")[0]
    if parent and parent not in sys.modules:
        return None
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return spec.origin if spec is not None else None


@cache
def _installed_folders() -> tuple[Path, ...]:
    keys = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [sysconfig.get_path(key) for key in keys]
    folders += [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    return tuple(Path(folder).resolve() for folder in folders if folder)


def _relative(name: str, file: Path) -> Path:
    parts = name.split(".")
    return (
        Path(*parts, "__init__.py")
        if file.name == "__init__.py"
        else Path(*parts).with_suffix(".py")
    )
