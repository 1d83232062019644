"""Files that survive a crash: written aside, flushed, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from minitfx.errors import StorageError
from minitfx.faultpoint import passing

_KINDS = {"executions": "execution's record", "runs": "run's record"}


def write_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """Write a JSON file so that a reader sees the old content or the new, never a part.

    Parameters
    ----------
    path : Path
        The file; its folder must be there.
    value : object
        A JSON value; a text may hold bytes that could not be decoded, such as of a file's name.
    durable : bool
        Whether it must survive a power cut when this returns.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    kind = _KINDS.get(path.parent.name, "claim")
    try:
        with aside.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
            file.flush()
            if durable:
                os.fsync(file.fileno())
        passing(f"{kind} written aside")
        aside.replace(path)
        passing(f"{kind} in place")
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def read_json(path: Path) -> Any:
    """Return a JSON file's value, or None if it is not there or not whole."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(path: Path) -> None:
    """Make every file and name below a folder survive a power cut."""
    for folder, _, names in os.walk(path):
        for name in names:
            handle = os.open(Path(folder) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(folder))


def make_folder(path: Path) -> None:
    """Make a folder and those above it.

    Raises
    ------
    StorageError
        If that is not allowed, or a file stands in its place.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make the folder {path}: {error.strerror or error}; "
            "choose a place that you may write to"
        ) from error


def remove_tree(path: Path) -> None:
    """Remove a folder and all below it, if it is there."""
    shutil.rmtree(path, ignore_errors=True)
