"""The index in its DuckDB file: had for a moment, made when it is missing or damaged."""

from __future__ import annotations

import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import TypeVar

import duckdb

from minitfx.catalog.claims import Claim, Claims
from minitfx.catalog.database import (
    Connection,
    DamagedCatalogError,
    OldCatalogError,
    check,
    connect,
    create,
    explained,
    locked,
    read_all,
    set_aside,
    set_root,
    settings,
)
from minitfx.catalog.index import adopt, fill, label_of
from minitfx.catalog.place import MEMORY, Place
from minitfx.catalog.records import Records
from minitfx.errors import CatalogCorruptError
from minitfx.faultpoint import passing

Found = TypeVar("Found")

_lock = RLock()
_in_memory: dict[Path, Connection] = {}
_held_here: list[Path] = []
"""Files that this process has open: a second handle would, when closed, end DuckDB's own lock."""

_TRIES = 20


class IndexFile:
    """The DuckDB side of a catalog.

    Parameters
    ----------
    place : Place
        Where it lies.
    records : Records
        What it is an index of.
    claims : Claims
        What it lacks.
    timeout_s : float
        How long to wait for others to let go of it.
    """

    def __init__(self, place: Place, records: Records, claims: Claims, timeout_s: float) -> None:
        self.place = place
        self.path = place.path
        self.records = records
        self.claims = claims
        self.timeout_s = timeout_s

    def ask(self, question: Callable[[Connection], Found]) -> Found:
        """Return what a question finds in the catalog, with every record in it.

        Raises
        ------
        CatalogLockedError, CatalogCorruptError, StorageError
            See `Catalog.ask`.
        """
        try:
            return self._ask(question)
        except DamagedCatalogError as error:
            self.heal(error)
        return self._ask(question)

    @contextmanager
    def closed(self) -> Iterator[Path]:
        """Have the file while nobody writes to it, every row in it."""
        with locked(self.path, self.timeout_s):
            if not self._is_there() or self.path.with_name(f"{self.path.name}.wal").exists():
                self._open().close()
            yield self.path

    def copied(self, copy: Path) -> list[Claim]:
        """Copy the file, and return the claims of that moment: what the copy lacks.

        Notes
        -----
        Readers shall neither wait for those who run nor keep them waiting, so the lock is taken
        only where the file does not keep still. While rows are on their way into it there is a
        log beside it, and afterwards it has another time; a claim is given up only in between.
        """
        for _ in range(_TRIES):
            before = self._stands_still()
            if before is not None:
                pending = self.claims.pending()
                with suppress(OSError):
                    shutil.copyfile(self.path, copy)
                    if self._stands_still() == before:
                        return pending
            time.sleep(0.005 + random.random() * 0.01)
        with self.closed() as path:
            pending = self.claims.pending()
            shutil.copyfile(path, copy)
        return pending

    def _stands_still(self) -> tuple[int, int, int] | None:
        """Return what tells a file from a changed one; None while somebody writes to it."""
        if self.path in _held_here or self.path.with_name(f"{self.path.name}.wal").exists():
            return None
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return (stat.st_ino, stat.st_size, stat.st_mtime_ns) if stat.st_size else None

    def heal(self, error: DamagedCatalogError) -> None:
        """Set a damaged or old file aside and make it anew, if it is ours and nobody has done so.

        Raises
        ------
        CatalogCorruptError
            If nothing says that the file ever was this catalog.
        """
        self._refuse_others(error)
        with locked(self.path, self.timeout_s):
            if not self._is_sound():
                self._replace(error)

    def make(self) -> Path | None:
        """Write the file anew from the records of its roots, while the lock is held.

        Returns
        -------
        Path or None
            Where the old file was moved to; None if there was none.

        Notes
        -----
        It is written aside and renamed, so a crash leaves the old file, none, or the new one. All
        of it must be in the file by then, and nothing in the log beside it.
        """
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        for leftover in (fresh, fresh.with_name(f"{fresh.name}.wal")):
            leftover.unlink(missing_ok=True)
        connection = connect(fresh, self.timeout_s)
        try:
            create(connection)
            set_root(connection, self.place.home)
            for root in self.place.roots():
                fill(connection, Records(root), label_of(root, self.place.home))
            connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise explained(error, fresh) from error
        finally:
            connection.close()
        passing("catalog made aside")
        kept = set_aside(self.path)
        passing("old catalog set aside")
        fresh.replace(self.path)
        passing("catalog in place")
        self.place.mark_made()
        return kept

    def copy_in_memory(self) -> Connection:
        """Return a new index in memory, made from the records."""
        connection = duckdb.connect(MEMORY, config=settings())
        create(connection)
        set_root(connection, self.place.home)
        fill(connection, self.records, label_of(self.place.root, self.place.home))
        return connection

    def _ask(self, question: Callable[[Connection], Found]) -> Found:
        try:
            with self._held() as connection:
                self._adopt(connection)
                return question(connection)
        except duckdb.Error as error:
            raise explained(error, self.path) from error

    @contextmanager
    def _held(self) -> Iterator[Connection]:
        if self.place.in_memory:
            with _lock:
                yield self._memory_connection()
            return
        with locked(self.path, self.timeout_s):
            _held_here.append(self.path)
            try:
                connection = self._open()
                try:
                    yield connection
                finally:
                    with suppress(duckdb.Error):
                        connection.close()
            finally:
                _held_here.remove(self.path)

    def _memory_connection(self) -> Connection:
        connection = _in_memory.get(self.place.root)
        if connection is None:
            connection = _in_memory[self.place.root] = self.copy_in_memory()
        return connection

    def _open(self) -> Connection:
        """Return a connection to the file, made first if it is not there, or damaged."""
        if not self._is_there():
            self.make()
        try:
            return self._connected()
        except DamagedCatalogError as error:
            self._refuse_others(error)
            self._replace(error)
        return self._connected()

    def _connected(self) -> Connection:
        connection = connect(self.path, self.timeout_s)
        try:
            check(connection, self.path)
            set_root(connection, self.place.home)
            self.place.mark_made()
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_there(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except OSError:
            return False

    def _is_sound(self) -> bool:
        """Whether every block of the file can be read."""
        try:
            connection = self._connected()
            try:
                read_all(connection)
            finally:
                connection.close()
        except (DamagedCatalogError, duckdb.Error):
            return False
        return True

    def _refuse_others(self, error: DamagedCatalogError) -> None:
        if self.place.in_memory or not self._is_ours():
            if isinstance(error, OldCatalogError):
                raise CatalogCorruptError(
                    f"{error}, and nothing says that it belongs to {self.place.root}; if it "
                    f"does, run 'minitfx catalog rebuild --root {self.place.root}', otherwise "
                    "give metadata_connection_config another path"
                ) from error
            raise error

    def _is_ours(self) -> bool:
        """Whether something says that the file at this place is a catalog of these records."""
        known = self.place.made_before()
        if known:
            return self.path.name in known
        return self.path == self.place.root / "catalog.duckdb" and self.records.has_any()

    def _replace(self, error: DamagedCatalogError) -> None:
        kept = self.make()
        logging.getLogger("minitfx").warning(
            "%s; it was made anew from the records, and the old file is now %s", error, kept
        )

    def _adopt(self, connection: Connection) -> None:
        keep = self.place.in_memory and (self.place.root / "catalog.duckdb").exists()
        adopt(connection, self.claims, keep=keep)
