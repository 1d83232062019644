"""Digests of files and folders: what two payloads are compared by.

A file is read once: its SHA-256 is remembered under its path, size, modification time and
inode, in a `DigestMemo` that the runner keeps between runs.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from minitfx.errors import StorageError

_SETTLED_NS = 1_000_000_000


@dataclass(frozen=True)
class FileDigest:
    """What is known of one file.

    Attributes
    ----------
    size : int
        Bytes.
    mtime_ns : int
        Modification time, nanoseconds since 1970.
    inode : int
        Number of the file on its disk.
    sha256 : str
        Hexadecimal digest of the content.
    """

    size: int
    mtime_ns: int
    inode: int
    sha256: str

    def matches(self, path: Path) -> bool:
        """Whether the file still has this content, read again only if its stat has changed."""
        try:
            stat = path.stat()
        except OSError:
            return False
        if stat.st_size != self.size:
            return False
        if (stat.st_mtime_ns, stat.st_ino) == (self.mtime_ns, self.inode):
            return True
        return _sha256(path) == self.sha256


@dataclass(frozen=True)
class TreeDigest:
    """The digest of a folder.

    Attributes
    ----------
    content : str
        SHA-256 over the names and contents of the files that count; of a single file, over its
        content alone.
    files : dict of str to FileDigest
        Every file by its path within the folder, with ``/`` between the parts.
    """

    content: str
    files: dict[str, FileDigest]


class DigestMemo:
    """Remembered digests of files, kept in one JSON file.

    Parameters
    ----------
    path : Path, optional
        Where it is kept; None keeps it in memory only.

    Notes
    -----
    A file that was modified less than a second before it was read is not remembered: it could
    change again within the resolution of its time stamp.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, FileDigest] = {}
        self._changed = False
        if path is not None and path.is_file():
            try:
                entries = json.loads(path.read_text("utf-8"))
                self._known = {name: FileDigest(*fields) for name, fields in entries.items()}
            except (ValueError, TypeError, AttributeError):
                self._known = {}

    def digest(self, path: Path) -> FileDigest:
        """Return the digest of a file, reading it only if it is not known as it stands."""
        stat = path.stat()
        name = str(path)
        known = self._known.get(name)
        identity = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        if known is not None and (known.size, known.mtime_ns, known.inode) == identity:
            return known
        fresh = FileDigest(*identity, _sha256(path))
        if abs(time.time_ns() - stat.st_mtime_ns) > _SETTLED_NS:
            self._known[name] = fresh
            self._changed = True
        return fresh

    def save(self) -> None:
        """Write what is remembered of files that are still there, if it has changed.

        A failure to write loses only time.
        """
        if self._path is None or not self._changed:
            return
        entries = {
            name: [known.size, known.mtime_ns, known.inode, known.sha256]
            for name, known in sorted(self._known.items())
            if Path(name).exists()
        }
        aside = self._path.with_suffix(f".{time.monotonic_ns()}.tmp")
        try:
            aside.write_text(json.dumps(entries), "utf-8")
            aside.replace(self._path)
            self._changed = False
        except OSError:
            aside.unlink(missing_ok=True)


_memo: ContextVar[DigestMemo | None] = ContextVar("minitfx_digest_memo", default=None)


@contextmanager
def remembering(memo: DigestMemo) -> Iterator[None]:
    """Let `digest_file` and `digest_tree` use ``memo`` inside the ``with`` block."""
    token = _memo.set(memo)
    try:
        yield
    finally:
        _memo.reset(token)


def digest_file(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises
    ------
    StorageError
        If the file cannot be read.
    """
    return _digest(Path(path)).sha256


def digest_tree(path: str | Path, leave_out: Sequence[str] = ()) -> TreeDigest:
    """Return the digest of a folder, or of a single file.

    Parameters
    ----------
    path : path
        A folder, walked without following links to folders, or a file.
    leave_out : sequence of str
        Patterns of files (``logs/*``, ``*.log``) that are listed but do not count.

    Raises
    ------
    StorageError
        If it is not there or cannot be read.
    """
    path = Path(path)
    if path.is_file():
        only = _digest(path)
        return TreeDigest(only.sha256, {path.name: only})
    if not path.is_dir():
        raise StorageError(f"{path} does not exist; expected a file or a folder")
    found = sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
    return _combine({name: _digest(path / name) for name in found}, leave_out)


def digest_text(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _combine(files: dict[str, FileDigest], leave_out: Sequence[str]) -> TreeDigest:
    counted = hashlib.sha256()
    for name, known in files.items():
        if not any(fnmatch(name, pattern) for pattern in leave_out):
            counted.update(f"{name}\0{known.sha256}\n".encode())
    return TreeDigest(counted.hexdigest(), files)


def _digest(path: Path) -> FileDigest:
    try:
        memo = _memo.get()
        if memo is not None:
            return memo.digest(path)
        stat = path.stat()
        return FileDigest(stat.st_size, stat.st_mtime_ns, stat.st_ino, _sha256(path))
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
