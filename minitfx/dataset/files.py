"""Which files a path or a pattern means, on a local disk or wherever fsspec reaches."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from minitfx.errors import DataError, StorageError


def is_uri(path: str) -> bool:
    """Return whether a path names another place than the local disk, such as ``s3://…``."""
    return "://" in path


def normal_uri(uri: str) -> str:
    """Return a URI as its file system writes it, such as ``memory:///a`` for ``memory://a``.

    Raises
    ------
    StorageError
        If its file system is not installed.
    """
    system, path = _file_system(uri)
    return str(system.unstrip_protocol(path))


def open_uri(uri: str) -> BinaryIO:
    """Open what a URI names for reading.

    Raises
    ------
    StorageError
        If it is not there, or its file system is not installed.
    """
    system, path = _file_system(uri)
    try:
        stream: BinaryIO = system.open(path, "rb")
    except OSError as error:
        raise StorageError(f"cannot read {uri}: {error}") from error
    return stream


def find_files(pattern: str | Path) -> list[str]:
    """Return the files that match a glob, in the order of their names.

    Parameters
    ----------
    pattern : str or Path
        A path or a URI; ``*``, ``?``, ``[…]`` and ``**`` are wild. Hidden files and files that
        begin with ``_`` do not match a leading ``*``; folders never do.

    Raises
    ------
    StorageError
        If a URI's file system is not installed.
    """
    text = str(pattern)
    if is_uri(text):
        system, path = _file_system(text)
        found = [system.unstrip_protocol(each) for each in system.glob(path)]
        return sorted(each for each in found if _is_data(each) and system.isfile(each))
    found = glob.glob(text, recursive=True)  # noqa: PTH207 - the pattern may be absolute
    return sorted(each for each in found if _is_data(each) and Path(each).is_file())


def expand(files: str | Path | Sequence[str | Path]) -> list[str]:
    """Return the files that a path, a pattern, a folder or several of these mean.

    Raises
    ------
    DataError
        If one of them is no file, matches none, or is a folder without files.
    """
    each = [files] if isinstance(files, (str, Path)) else list(files)
    found = [path for one in each for path in _expand_one(str(one))]
    if not found:
        raise DataError("no input file was given; expected at least one path or pattern")
    return found


def _expand_one(path: str) -> list[str]:
    if not is_uri(path) and Path(path).is_dir():
        found = find_files(os.path.join(glob.escape(path), "*"))  # noqa: PTH118 - a pattern
        if not found:
            raise DataError(f"the folder {path} holds no files; expected data files in it")
        return found
    if not is_uri(path) and Path(path).is_file():
        return [path]
    found = find_files(path)
    if not found:
        raise DataError(
            f"no file matches {path} (from {Path.cwd()}); check the folder and the pattern"
        )
    return found


def _is_data(path: str) -> bool:
    return not path.rsplit("/", 1)[-1].startswith((".", "_"))


def _file_system(uri: str) -> tuple[Any, str]:
    import fsspec.core  # 0.1 s that a pipeline of local files, cached or not, does without

    try:
        system, path = fsspec.core.url_to_fs(uri, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise StorageError(f"cannot open {uri}: {error}") from error
    return system, path
