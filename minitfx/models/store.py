"""The file systems of push destinations: a folder of this machine, or what fsspec opens."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Protocol

from minitfx.errors import MissingExtraError, StorageError
from minitfx.models.digest import Files, measure
from minitfx.models.digest import sha256 as file_sha256

RECORDS = ".pushes"
"""Folder of the records."""

LATEST = "latest"
"""Name of the pointer."""

_LOCK_SECONDS = 60.0


class Store(Protocol):
    """What a destination needs of a file system."""

    def lock(self) -> AbstractContextManager[Any]:
        """Keep other pushers out inside the ``with`` block, as far as the store can."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is none."""
        ...

    def path(self, version: str) -> Path | None:
        """Return the folder of a version, or None if it is not on this machine."""
        ...

    def records(self) -> list[str]:
        """Return the names of the records."""
        ...

    def has(self, name: str, size: int, sha256: str) -> bool:
        """Whether a file of this size, and content where it can be told, is there."""
        ...

    def put(self, source: Path, version: str, files: Files, record: bytes) -> bool:
        """Make a version and its record; False if the version's name is taken."""
        ...

    def restore(self, source: Path, version: str, files: Files) -> None:
        """Write the files of a version that is damaged again."""
        ...

    def point(self, version: str) -> None:
        """Let ``latest`` name a version, in one step."""
        ...


class LocalStore:
    """A folder of this machine."""

    def __init__(self, base: Path) -> None:
        self._base = base

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other pushers out inside the ``with`` block, as far as the store can."""
        from filelock import FileLock, Timeout

        try:
            (self._base / RECORDS).mkdir(parents=True, exist_ok=True)
            with FileLock(str(self._base / RECORDS / "lock"), timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise StorageError(
                f"another push to {self._base} has gone on for {_LOCK_SECONDS:g} s; if none is "
                f"running, delete {self._base / RECORDS / 'lock'}"
            ) from error
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise StorageError(
                f"cannot write to {self._base}: {error.strerror or error}; a push destination "
                "must be a folder that can be written"
            ) from error

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is none."""
        try:
            return (self._base / name).read_bytes()
        except OSError:
            return None

    def path(self, version: str) -> Path | None:
        """Return the folder of a version, or None if it is not on this machine."""
        return self._base / version

    def records(self) -> list[str]:
        """Return the names of the records."""
        folder = self._base / RECORDS
        return [path.name for path in folder.glob("*.json")] if folder.is_dir() else []

    def has(self, name: str, size: int, sha256: str) -> bool:
        """Whether a file of this size, and content where it can be told, is there."""
        path = self._base / name
        return path.is_file() and path.stat().st_size == size and file_sha256(path) == sha256

    def put(self, source: Path, version: str, files: Files, record: bytes) -> bool:
        """Make a version and its record; False if the version's name is taken."""
        target = self._base / version
        written = self._base / RECORDS / f"{version}.json"
        if target.exists():
            # A push that was killed before it wrote its record; the files are all there.
            if written.exists() or measure(target) != files:
                return False
            _write_synced(written, record)
            return True
        aside = self._base / RECORDS / f"{version}.incoming"
        shutil.rmtree(aside, ignore_errors=True)
        try:
            for name in files:
                _copy_synced(source / name, aside / name)
            aside.rename(target)
            _write_synced(written, record)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return True

    def restore(self, source: Path, version: str, files: Files) -> None:
        """Write the files of a version that is damaged again."""
        for name in files:
            _copy_synced(source / name, self._base / RECORDS / "restored")
            (self._base / version / name).parent.mkdir(parents=True, exist_ok=True)
            (self._base / RECORDS / "restored").replace(self._base / version / name)

    def point(self, version: str) -> None:
        """Let ``latest`` name a version, in one step."""
        _write_synced(self._base / LATEST, version.encode() + b"\n")


class RemoteStore:
    """A file system of fsspec."""

    def __init__(self, base: str) -> None:
        import fsspec

        try:
            # A listing that another process has outdated would hide its push.
            self._fs, self._root = fsspec.core.url_to_fs(base, use_listings_cache=False)
        except ImportError as error:
            protocol = base.partition("://")[0]
            package = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs"}
            raise MissingExtraError(package.get(protocol, protocol), "", base) from error
        except ValueError as error:
            raise StorageError(
                f"{base} is no push destination: {error}; expected a folder, or a URI that fsspec "
                "opens"
            ) from error
        self._base = base

    def lock(self) -> AbstractContextManager[Any]:
        """Keep other pushers out inside the ``with`` block, as far as the store can."""
        return nullcontext()

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is none."""
        try:
            data: bytes = self._fs.cat_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"cannot read {self._base}/{name}: {error}") from error
        return data

    def path(self, version: str) -> Path | None:
        """Return the folder of a version, or None if it is not on this machine."""
        return None

    def records(self) -> list[str]:
        """Return the names of the records."""
        self._fs.invalidate_cache()
        try:
            names = self._fs.ls(f"{self._root}/{RECORDS}", detail=False)
        except FileNotFoundError:
            return []
        return [name.rsplit("/", 1)[-1] for name in names if name.endswith(".json")]

    def has(self, name: str, size: int, sha256: str) -> bool:
        """Whether a file of this size, and content where it can be told, is there."""
        try:
            return int(self._fs.info(f"{self._root}/{name}")["size"]) == size
        except FileNotFoundError:
            return False

    def put(self, source: Path, version: str, files: Files, record: bytes) -> bool:
        """Make a version and its record; False if the version's name is taken."""
        # Two pushers may want one name at once: whoever creates the claim has it. A push of these
        # very files that was killed is taken up again.
        claim, written = f"{RECORDS}/{version}.claim", f"{RECORDS}/{version}.json"
        if not self._create(claim, record) and not self._names(claim, files):
            return False
        self.restore(source, version, files)
        return self._create(written, record) or self._names(written, files)

    def _names(self, name: str, files: Files) -> bool:
        """Whether a record, or a claim, is of these files."""
        try:
            found = json.loads(self.read(name) or b"{}").get("files", {})
        except (ValueError, AttributeError):
            return False
        return {each: tuple(told) for each, told in found.items()} == files

    def restore(self, source: Path, version: str, files: Files) -> None:
        """Write the files of a version that is damaged again."""
        for name in files:
            self._write(f"{version}/{name}", (source / name).read_bytes())

    def point(self, version: str) -> None:
        """Let ``latest`` name a version, in one step."""
        self._write(LATEST, version.encode() + b"\n")

    def _create(self, name: str, data: bytes) -> bool:
        path = f"{self._root}/{name}"
        self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        try:
            self._fs.pipe_file(path, data, mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            raise StorageError(f"cannot write {self._base}/{name}: {error}") from error
        return True

    def _write(self, name: str, data: bytes) -> None:
        path = f"{self._root}/{name}"
        try:
            self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            self._fs.pipe_file(path, data)
        except OSError as error:
            raise StorageError(f"cannot write {self._base}/{name}: {error}") from error


def _copy_synced(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())


def _write_synced(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
