"""Where an import leads: to a file of the project, to a library, or into Python itself."""

from __future__ import annotations

import sys
import sysconfig
from functools import lru_cache
from importlib import metadata
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

_DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "PyYAML", "cv2": "opencv-python"}

_HOME = Path(__file__).parent.parent


class Locator:
    """Finds the files of project modules, as they stand now.

    Parameters
    ----------
    entry : Path
        A module file; its own folders come first, then those of ``sys.path`` that hold no
        installed libraries.

    Notes
    -----
    A name that leads nowhere there is asked of Python's own finders, for a project that is
    installed in development mode, and at last sought in the folders beside the entry, for a
    module that adds one of them to ``sys.path``.
    """

    def __init__(self, entry: Path) -> None:
        self._entry = entry
        self._folders = [*import_folders(entry), *_project_folders()]
        self._found: dict[str, Path | None] = {}
        self._sought: set[str] = set()

    def locate(self, name: str) -> Path | None:
        """Return the file of a project module; None for a library or a built-in module."""
        if name not in self._found:
            self._found[name] = self._search(name)
        return self._found[name]

    def _search(self, name: str) -> Path | None:
        parts = name.split(".")
        if not parts[0] or parts[0] == "minitfx" or parts[0] in sys.stdlib_module_names:
            return None
        for folder in self._folders:
            base = folder.joinpath(*parts)
            for file in (base / "__init__.py", base.with_name(f"{base.name}.py")):
                if file.is_file():
                    return file
            if (folder / parts[0] / "__init__.py").exists() or (folder / f"{parts[0]}.py").exists():
                return None
        if parts[0] in self._sought:
            return None
        self._sought.add(parts[0])
        found = _folder_elsewhere(parts[0], tuple(sys.path)) or _folder_beside(
            parts[0], self._entry
        )
        if found is None or not is_library(parts[0]):
            return None
        self._folders.append(found)
        return self._search(name)


def _folder_beside(name: str, entry: Path) -> Path | None:
    """Return the folder, beside a module file or one level up, that holds an unknown module."""
    if _spec(name, tuple(sys.path)) is not None:
        return None
    for place in (entry.parent, entry.parent.parent):
        for pattern in (f"*/{name}.py", f"*/{name}/__init__.py"):
            for found in sorted(place.glob(pattern)):
                folder = place / found.relative_to(place).parts[0]
                if not folder.name.startswith(".") and not is_installed(folder):
                    return folder
    return None


@lru_cache(maxsize=256)
def _folder_elsewhere(name: str, path: tuple[str, ...]) -> Path | None:
    """Return the folder of a module that is installed in development mode."""
    spec = _spec(name, path)
    if spec is None or not spec.has_location or spec.origin is None:
        return None
    origin = Path(spec.origin)
    if is_installed(origin):
        return None
    return origin.parent.parent if spec.submodule_search_locations else origin.parent


@lru_cache(maxsize=256)
def _spec(name: str, path: tuple[str, ...]) -> ModuleSpec | None:
    """Return what Python's own finders say of a top-level module, with this ``sys.path``."""
    try:
        return find_spec(name)
    except (ImportError, ValueError):
        return None


def module_name(file: Path) -> str:
    """Return the dotted name of a module file, counted from outside its packages."""
    parts = [] if file.stem == "__init__" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


def import_folders(file: Path) -> list[Path]:
    """Return the folders from which a module file may import its neighbours."""
    folder = file.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return list(dict.fromkeys([folder, file.parent]))


@lru_cache(maxsize=256)
def distribution(top: str) -> tuple[str, str]:
    """Return name and version of the distribution that a top-level module came with.

    The version is ``unknown`` for a module that no installed distribution claims.
    """
    for name in (_DISTRIBUTIONS.get(top, top), top):
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    for name in metadata.packages_distributions().get(top, []):
        return name, metadata.version(name)
    return top, "unknown"


def is_library(name: str) -> bool:
    """Whether a module that is no project file has a version of its own."""
    top = name.split(".")[0]
    return bool(top) and top not in {"minitfx", "__main__", *sys.stdlib_module_names}


def is_installed(path: Path) -> bool:
    """Whether a path lies where Python keeps itself and installed libraries."""
    return bool({"site-packages", "dist-packages"} & set(path.parts)) or any(
        path.is_relative_to(folder) for folder in _installed_folders()
    )


def is_the_users(file: str) -> bool:
    """Whether the file of a call is the user's: not minitfx's, Python's or a library's."""
    path = Path(file)
    return not (file.startswith("<frozen ") or path.is_relative_to(_HOME) or is_installed(path))


@lru_cache(maxsize=1)
def _installed_folders() -> list[Path]:
    return [Path(sysconfig.get_paths()[key]) for key in ("stdlib", "purelib", "platlib")]


def _project_folders() -> tuple[Path, ...]:
    return _folders_of(tuple(sys.path), Path.cwd())


@lru_cache(maxsize=8)
def _folders_of(entries: tuple[str, ...], here: Path) -> tuple[Path, ...]:
    """Return the folders among the entries of a path that hold no installed libraries."""
    folders = ((here / entry).resolve() for entry in entries)
    return tuple(folder for folder in folders if folder.is_dir() and not is_installed(folder))
