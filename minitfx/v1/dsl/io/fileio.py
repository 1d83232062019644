"""TFX's ``fileio`` for local files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import IO, Any

from minitfx.errors import StorageError

PathType = str | bytes | os.PathLike[str]
NotFoundError = FileNotFoundError

__all__ = [
    "NotFoundError",
    "PathType",
    "copy",
    "exists",
    "glob",
    "isdir",
    "listdir",
    "makedirs",
    "mkdir",
    "open",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]


def open(path: str | Path, mode: str = "r") -> IO[Any]:
    """Open a file."""
    return Path(path).open(mode)


def copy(src: str | Path, dst: str | Path, overwrite: bool = False) -> None:
    """Copy a file.

    Raises
    ------
    StorageError
        If the target is there and ``overwrite`` is false.
    """
    _refuse_existing(dst, overwrite)
    shutil.copyfile(src, dst)


def exists(path: str | Path) -> bool:
    """Whether there is something at a path."""
    return Path(path).exists()


def isdir(path: str | Path) -> bool:
    """Whether a path is a folder."""
    return Path(path).is_dir()


def listdir(path: str | Path) -> list[str]:
    """Return the names in a folder."""
    return os.listdir(path)


def makedirs(path: str | Path) -> None:
    """Make a folder and those above it."""
    Path(path).mkdir(parents=True, exist_ok=True)


def mkdir(path: str | Path) -> None:
    """Make a folder."""
    Path(path).mkdir()


def remove(path: str | Path) -> None:
    """Remove a file."""
    Path(path).unlink()


def rename(src: str | Path, dst: str | Path, overwrite: bool = False) -> None:
    """Rename a file or folder.

    Raises
    ------
    StorageError
        If the target is there and ``overwrite`` is false.
    """
    _refuse_existing(dst, overwrite)
    Path(src).replace(dst)


def rmtree(path: str | Path) -> None:
    """Remove a folder and all below it."""
    shutil.rmtree(path)


def stat(path: str | Path) -> os.stat_result:
    """Return what the system knows of a file."""
    return Path(path).stat()


def walk(top: str | Path, topdown: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each folder with the folders and files in it."""
    return os.walk(top, topdown=topdown)


def _refuse_existing(path: str | Path, overwrite: bool) -> None:
    if not overwrite and Path(path).exists():
        raise StorageError(f"{path} exists; say overwrite=True")
