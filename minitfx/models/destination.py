"""Where pushed models go: one folder per version, a record of each push, and a pointer.

::

    BASE/
      1700000000/           a version: the contents of the model's folder
      1700000100/
      .pushes/1700000100.json   files, sizes, SHA-256: written after them; without it nothing counts
      latest                the version that servers take

On a file system a version appears whole, by a rename. Object stores have no rename; there the
record, written last and create-only, is what makes a version count, and readers go by it.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from minitfx.errors import StorageError, did_you_mean
from minitfx.models.digest import Files, combined, measure
from minitfx.models.digest import sha256 as file_sha256
from minitfx.models.store import LATEST, RECORDS, LocalStore, RemoteStore, Store

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Push:
    """A version at a destination.

    Attributes
    ----------
    version : str
        Its name, and that of its folder.
    number : int
        Which push to this destination it was, from 1.
    pushed_at : float
        Seconds since 1970.
    digest : str
        SHA-256 over the names and contents of its files.
    files : dict of str to tuple
        Path within the folder to size in bytes and SHA-256.
    """

    version: str
    number: int
    pushed_at: float
    digest: str
    files: Files


class Destination:
    """A place to push models to.

    Parameters
    ----------
    base : str or Path
        A folder, or a URI that fsspec opens (``memory://models``, ``s3://bucket/models``).

    Raises
    ------
    MissingExtraError
        If the URI's file system is not installed.

    Examples
    --------
    >>> import tempfile
    >>> base, model = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    >>> _ = (model / "model.json").write_text("{}")
    >>> destination = Destination(base)
    >>> destination.push(model, "one").version, destination.push(model, "two").version
    ('one', 'two')
    >>> destination.roll_back().version
    'one'
    >>> destination.latest
    'one'
    """

    def __init__(self, base: str | Path) -> None:
        self.base = str(base)
        path = self.base.removeprefix("file://")
        self._store: Store = RemoteStore(path) if "://" in path else LocalStore(Path(path))

    def push(
        self, source: Path, version: str | None = None, *, clock: Callable[[], float] = time.time
    ) -> Push:
        """Copy a model to the destination, point ``latest`` to it, and return its record.

        Parameters
        ----------
        source : Path
            The model's folder; its contents become the version's.
        version : str, optional
            The version's name. Unset: seconds since 1970, or the next number that is free.
        clock : callable, default time.time
            Gives the seconds since 1970.

        Raises
        ------
        StorageError
            If there is nothing to push, another model has that version, or the destination
            cannot be written.

        Notes
        -----
        A version that already holds these very files is not copied again, only mended where a
        file is missing or has changed, and becomes the latest.
        """
        files = measure(source)
        if not files:
            raise StorageError(f"{source} holds no file; expected a model to push")
        if version is not None:
            _check_name(version)
        with self._store.lock():
            now = clock()
            number = max((each.number for each in self.pushes()), default=0) + 1
            record = Push(version or str(int(now)), number, now, combined(files), files)
            while not self._is_same(source, record) and not self._put(source, record):
                if version is not None:
                    raise StorageError(
                        f"{self.base} has something else as version {version!r}; push under "
                        "another name"
                    )
                record = replace(record, version=str(int(record.version) + 1))
            self._store.point(record.version)
        return self.record(record.version) or record

    def _is_same(self, source: Path, push: Push) -> bool:
        """Whether a version is this very model; it is mended if a file of it is gone."""
        there = self.record(push.version)
        if there is None or there.digest != push.digest:
            return False
        if not self.is_whole(there):
            self._store.restore(source, push.version, push.files)
        return True

    def _put(self, source: Path, push: Push) -> bool:
        return self._store.put(source, push.version, push.files, to_json(push))

    def uri(self, version: str) -> str:
        """Return the address of a version's folder."""
        return f"{self.base.rstrip('/')}/{version}"

    @property
    def latest(self) -> str | None:
        """The version that servers take; None before the first push."""
        text = self._store.read(LATEST)
        version = None if text is None else text.decode("utf-8", "replace").strip()
        return version if version and _VERSION.fullmatch(version) else None

    def pushes(self) -> list[Push]:
        """Return the records of all pushes, in order."""
        found = [self.record(name.removesuffix(".json")) for name in self._store.records()]
        return sorted(
            (each for each in found if each is not None),
            key=lambda each: (each.number, each.version),
        )

    def record(self, version: str) -> Push | None:
        """Return the record of a version, or None if there is none that can be read."""
        data = self._store.read(f"{RECORDS}/{version}.json")
        if data is None:
            return None
        try:
            written = json.loads(data)
            written["files"] = {name: tuple(each) for name, each in written["files"].items()}
            return Push(**written)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def is_whole(self, push: Push) -> bool:
        """Whether every file of a version is there; on a file system, with the same content."""
        return all(
            self._store.has(f"{push.version}/{name}", size, sha256)
            for name, (size, sha256) in push.files.items()
        )

    def local(self, version: str, cache: Path) -> Path:
        """Return a folder of this machine that holds a version.

        Parameters
        ----------
        version : str
            Which one.
        cache : Path
            Where a version of an object store is copied to, unless it is there already. On a
            file system nothing is copied.

        Raises
        ------
        StorageError
            If an object store has no such version, or a file of it is missing or has changed.
        """
        there = self._store.path(version)
        if there is not None:
            return there
        push = self.record(version)
        if push is None or push.version != version:
            raise StorageError(f"{self.base} has no version {version!r}")
        folder = cache / version
        for name, (_, sha256) in push.files.items():
            self._copy(f"{version}/{name}", _inside(folder, name), sha256)
        return folder

    def _copy(self, name: str, target: Path, sha256: str) -> None:
        """Copy a file of an object store, unless it is there; its digest must be the record's."""
        if target.is_file() and file_sha256(target) == sha256:
            return
        data = self._store.read(name)
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            what = "is missing" if data is None else "has changed since it was pushed"
            raise StorageError(f"the file {name} at {self.base} {what}; push the model again")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def roll_back(self, version: str | None = None) -> Push:
        """Point ``latest`` to an earlier push, and return its record.

        Parameters
        ----------
        version : str, optional
            Which one; unset, the one before the latest.

        Raises
        ------
        StorageError
            If there is no such version, none before, or it is damaged.
        """
        with self._store.lock():
            pushes = self.pushes()
            chosen = _chosen(pushes, self.latest, version, self.base)
            if not self.is_whole(chosen):
                raise StorageError(
                    f"version {chosen.version!r} at {self.base} is damaged: a file is missing or "
                    "has changed; roll back to another"
                )
            self._store.point(chosen.version)
        return chosen


def to_json(push: Push) -> bytes:
    """Return a record as JSON text."""
    return (json.dumps(asdict(push), indent=1, sort_keys=True) + "\n").encode()


def _chosen(pushes: list[Push], latest: str | None, version: str | None, base: str) -> Push:
    by_name = {each.version: each for each in pushes}
    if version is not None:
        if version not in by_name:
            raise StorageError(
                f"{base} has no version {version!r}. {did_you_mean(version, by_name)}"
            )
        return by_name[version]
    now = by_name[latest].number if latest in by_name else float("inf")
    before = [each for each in pushes if each.number < now]
    if not before:
        raise StorageError(f"there is no push before the latest at {base}; nothing to roll back to")
    return before[-1]


def _inside(folder: Path, name: str) -> Path:
    """Return a path within a folder; a record must not name one outside of it."""
    path = (folder / name).resolve()
    if "\\" in name or ":" in name or folder.resolve() not in path.parents:
        raise StorageError(f"a record names the file {name!r}, which is outside of its version")
    return path


def _check_name(version: str) -> None:
    if not _VERSION.fullmatch(version) or version == LATEST:
        raise StorageError(
            f"{version!r} cannot name a version; expected letters, digits, '.', '_' and '-', the "
            "first a letter or digit"
        )
