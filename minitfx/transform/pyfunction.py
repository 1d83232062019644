"""A function of the user's as part of a graph: where it is written, and its source."""

from __future__ import annotations

import hashlib
import importlib
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.code.content import CodeContent
from minitfx.code.imports import is_installed
from minitfx.code.reference import CodeReference
from minitfx.errors import ModelRefusedError, TransformError
from minitfx.transform.cells import Cells, Lists, Numbers, Strings, texts_of, words_of
from minitfx.transform.columntype import ColumnType, Kind
from minitfx.transform.identity import function_identity

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PythonFunction:
    """A function that computes on numpy arrays, batch by batch.

    Attributes
    ----------
    module, name : str
        Where it is written; a graph can be saved only if it stands at the top of a module.
    source : bytes
        The text of the module, empty when nobody knows it, or it belongs to a library.
    function : callable
        The function.
    """

    module: str
    name: str
    source: bytes
    function: Callable[..., Any]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> PythonFunction:
        """Return a function with the place where it is written."""
        module = module_of(function)
        name = getattr(function, "__qualname__", "") or getattr(
            function, "__name__", type(function).__qualname__
        )
        origin = _file_of(module)
        known = origin is not None and not is_installed(origin)
        return cls(module, name, origin.read_bytes() if origin and known else b"", function)

    @cached_property
    def identity(self) -> str | None:
        """What tells its results from those of another function; None if nobody knows."""
        return function_identity(self.function)

    def call(self, arrays: Sequence[NDArray[Any]]) -> Any:
        """Return what the function returns; what it raises becomes a TransformError."""
        try:
            return self.function(*arrays)
        except Exception as error:
            raise TransformError(f"{self.name} raised {error!r}") from error

    def used_modules(self) -> dict[str, str]:
        """Return the project's other modules that its code leads to, with their sources' SHA-256.

        Raises
        ------
        CodeError
            If one of them cannot be parsed.
        """
        content = CodeContent()
        if not self.is_library:
            content.add(CodeReference.of(self.function), self.name)
        return {
            module: _digest(file)
            for module, file in sorted(content.files.items())
            if file != _file_of(self.module)
        }

    @property
    def is_library(self) -> bool:
        """Whether it is part of an installed library, or of Python."""
        return is_library_module(self.module)

    def check_saveable(self) -> None:
        """Raise TransformError unless another process can find the function again."""
        if not (self.source or self.is_library) or not self._is_found_by_name():
            raise TransformError(
                f"apply_pyfunc was given {self.name} of {self.module or 'nowhere'}, which only "
                "this process has; a graph can be saved with functions that stand at the top of a "
                "module, not with lambdas, inner functions, partials or callable objects"
            )

    def _is_found_by_name(self) -> bool:
        module = sys.modules.get(self.module)
        if module is None or self.module == "__main__":
            return False
        try:
            return _member(module, self.name) is self.function
        except AttributeError:
            return False

    @classmethod
    def load(
        cls, module: str, name: str, source: bytes, uses: Mapping[str, str], trust: bool
    ) -> PythonFunction:
        """Return a function of a saved graph.

        Parameters
        ----------
        module, name : str
            Where it was written.
        source : bytes
            The module's source as it was when the graph was fitted.
        uses : mapping of str to str
            Other modules that it used, with the SHA-256 of their sources.
        trust : bool
            Whether that source may be run. If not, only a module of the project with the very
            same source will do, that uses others with the very same sources.

        Raises
        ------
        ModelRefusedError
            If nobody vouches for the source.
        TransformError
            If a library is not installed.
        """
        if not source:
            return cls(module, name, source, _member(_library(module), name))
        found = None if trust else _same_module(module, source)
        if found is None and not trust:
            raise ModelRefusedError(
                f"the transform graph calls the Python function {name} of {module}, and here is no "
                "such module with the same source. If you know where the graph comes from, load "
                "it with trust=True"
            )
        ready = found or _run(module, source)
        changed = [used for used, digest in uses.items() if not _is_unchanged(used, digest)]
        if changed:
            message = (
                f"the transform graph calls {name} of {module}, which uses {', '.join(changed)}, "
                "and that has changed since the graph was fitted"
            )
            if not trust:
                raise ModelRefusedError(
                    f"{message}. Fit it again, or load it with trust=True to take what is there now"
                )
            _LOGGER.warning("%s; what is there now is taken", message)
        return cls(module, name, source, _member(ready, name))


def module_of(function: object) -> str:
    """Return the name of the module that defines a function; empty where nobody knows it.

    NumPy before 2.2 does not say where its universal functions stand.
    """
    if isinstance(function, np.ufunc) and getattr(np, function.__name__, None) is function:
        return "numpy"
    return getattr(function, "__module__", "") or ""


def is_library_module(module: str) -> bool:
    """Whether a module that is loaded belongs to an installed library, or to Python."""
    if module == "__main__" or module not in sys.modules:
        return False
    origin = _file_of(module)
    return origin is None or is_installed(origin)


def _file_of(module: str) -> Path | None:
    """Return the file of a module that is loaded, None when it has none."""
    origin = getattr(sys.modules.get(module), "__file__", None)
    return Path(origin).resolve() if origin and Path(origin).is_file() else None


def _library(module: str) -> ModuleType:
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise TransformError(f"the transform graph needs the module {module}: {error}") from None
    origin = _file_of(module)
    if origin is not None and not is_installed(origin):
        raise TransformError(f"the transform graph needs {module} as an installed library")
    return found


def _is_unchanged(module: str, digest: str) -> bool:
    try:
        file = _file_of(importlib.import_module(module).__name__)
    except ImportError:
        return False
    return file is not None and _digest(file) == digest


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _same_module(module: str, source: bytes) -> ModuleType | None:
    """Return a module that can be imported, if its source is the one given."""
    try:
        found = importlib.import_module(module)
    except ImportError:
        return None
    origin = _file_of(module)
    return found if origin is not None and origin.read_bytes() == source else None


def _run(module: str, source: bytes) -> ModuleType:
    """Return a module made from its source, known under a name of its own."""
    name = f"minitfx_graph_{hashlib.sha256(source).hexdigest()[:16]}_{module.replace('.', '_')}"
    if name not in sys.modules:
        made = ModuleType(name)
        sys.modules[name] = made
        try:
            exec(compile(source, f"{module}.py", "exec"), made.__dict__)
        except Exception as error:
            del sys.modules[name]
            raise TransformError(
                f"the source of {module}, which the transform graph brings, failed with {error!r}. "
                "A graph brings the module of the function alone; other modules of the project "
                "must be on Python's path"
            ) from error
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def _member(module: ModuleType, name: str) -> Callable[..., Any]:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]  # what a module holds has no type


def array_of(cells: Cells, column: ColumnType) -> NDArray[Any]:
    """Return cells as a user's function takes them.

    Notes
    -----
    Floats with NaN where missing; text and lists of any length as objects, None where missing.

    Raises
    ------
    TransformError
        If integers, booleans or times are missing, for which numpy has no value.
    """
    if isinstance(cells, Lists):
        return _lists(cells)
    if isinstance(cells, Strings):
        return np.array(texts_of(cells), object).reshape(cells.codes.shape)
    if cells.valid is None or cells.valid.all():
        return cells.values
    if column.kind != "float":
        raise TransformError(
            f"a cell of kind {column.kind} is missing, for which numpy has no value; fill it "
            "first, with column.fill_missing(...), or cast it to float"
        )
    return np.where(cells.valid, cells.values, np.nan)


def _lists(cells: Lists) -> NDArray[Any]:
    kind = "string" if isinstance(cells.items, Strings) else "float"
    items = array_of(cells.items, ColumnType(kind))  # type: ignore[arg-type]  # one of two kinds
    found = np.empty(len(cells.offsets) - 1, object)
    for row, (start, stop) in enumerate(zip(cells.offsets[:-1], cells.offsets[1:], strict=True)):
        present = cells.valid is None or cells.valid[row]
        found[row] = items[start:stop].tolist() if present else None
    return found


def cells_of(result: Any, shape: tuple[int, ...], kind: Kind, name: str) -> Numbers | Strings:
    """Return what a user's function returned as cells.

    Parameters
    ----------
    result : array-like
        What it returned.
    shape : tuple of int
        ``(rows,)``; ``()`` when it was given constants only, and so returns one.
    kind : str
        What the values must be.
    name : str
        The function, for the messages.

    Raises
    ------
    TransformError
        If it has not one value for each row, or values of another kind.
    """
    values = np.asarray(result, object if kind == "string" else None)
    if values.shape != shape:
        given = f"{shape[0]} rows" if shape else "constants"
        raise TransformError(
            f"{name} returned an array of shape {values.shape} for {given}; expected {shape}"
        )
    if kind == "string":
        return _texts(values, name)
    missing = None
    if values.dtype == object:
        missing = np.array([value is None for value in values.ravel().tolist()]).reshape(shape)
    dtype: type = {"int": np.int64, "float": np.float64, "bool": np.bool_}[kind]
    if missing is not None and missing.any():
        filled = np.where(missing, 0, values)
        return Numbers(_converted(filled, dtype, name), ~missing)
    return Numbers(_converted(values, dtype, name))


def _converted(values: NDArray[Any], dtype: type, name: str) -> NDArray[Any]:
    wrong = TransformError(
        f"{name} returned {values.dtype}, which is no {np.dtype(dtype).name}; say the right Tout"
    )
    try:
        converted: NDArray[Any] = values.astype(dtype)
    except (TypeError, ValueError):
        raise wrong from None
    if dtype is np.int64 and values.dtype.kind == "f" and not (converted == values).all():
        raise wrong
    return converted


def _texts(values: NDArray[Any], name: str) -> Strings:
    known: dict[str, int] = {}
    codes = np.full(values.size, -1, np.int32)
    for place, value in enumerate(values.ravel().tolist()):
        if value is None:
            continue
        if not isinstance(value, str):
            raise TransformError(f"{name} returned {value!r}; expected text, as its Tout says")
        codes[place] = known.setdefault(value, len(known))
    return Strings(codes.reshape(values.shape), words_of(list(known)))
