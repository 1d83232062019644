"""The catalog: a DuckDB file that is an index of the records, and the one way to write to it.

DuckDB locks the whole file between processes, readers too, so a connection is a short lease
behind a lock file. Whoever has the lease first adopts the records that the catalog lacks, its
own and those of others alike; so a killed process loses nothing that it had committed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import duckdb

from minitfx.catalog.claims import Claims
from minitfx.catalog.database import (
    MEMORY,
    Connection,
    DamagedCatalogError,
    check,
    connect,
    create,
    explained,
    locked,
    set_aside,
    set_root,
    settings,
)
from minitfx.catalog.files import make_folder
from minitfx.catalog.index import adopt, fill, label_of
from minitfx.catalog.records import Records
from minitfx.faultpoint import passing

PATIENCE_S = 15.0

Found = TypeVar("Found")

_lock = RLock()
_in_memory: dict[Path, Connection] = {}


class Catalog:
    """The catalog of a pipeline root.

    Parameters
    ----------
    root : Path
        The pipeline root.
    path : Path or ":memory:", optional
        The DuckDB file; ``<root>/catalog.duckdb`` unless said otherwise. In memory, the index
        is made from the records when it is first opened in a process.
    timeout_s : float, optional
        How long to wait for another process to let go of it, in seconds; `PATIENCE_S` unless
        said.

    Raises
    ------
    StorageError
        If the root cannot be made.
    """

    def __init__(
        self, root: Path, path: str | Path | None = None, *, timeout_s: float | None = None
    ) -> None:
        self.root = root
        make_folder(root)
        self.records = Records(root)
        self.in_memory = str(path) == MEMORY
        self.path = root / "catalog.duckdb" if path is None else Path(path).expanduser().absolute()
        own = self.in_memory or self.path.parent == root
        folder = self.records.system / "claims" if own else self.path.with_name(
            f"{self.path.name}.claims"
        )  # fmt: skip
        self.home = root if own else self.path.parent
        self.claims = Claims(folder, self.home)
        if not own:
            self._remember_place()
        self.timeout_s = PATIENCE_S if timeout_s is None else timeout_s

    def _remember_place(self) -> None:
        """Note where the catalog is, for those who know the root only, and the other way round."""
        marker = self.records.system / "catalog"
        if not marker.exists() or marker.read_text("utf-8") != str(self.path):
            marker.write_text(str(self.path), "utf-8")
        roots = self.claims.folder / "roots"
        known = roots.read_text("utf-8").splitlines() if roots.exists() else []
        if str(self.root) not in known:
            with roots.open("a", encoding="utf-8") as file:
                file.write(f"{self.root}\n")

    @property
    def is_writable(self) -> bool:
        """Whether this process may write to the records and beside the file."""
        return self.records.is_writable and os.access(self.home, os.W_OK)

    def ask(self, question: Callable[[Connection], Found]) -> Found:
        """Return what a question finds in the catalog, with every record in it.

        Parameters
        ----------
        question : callable
            Gets a connection, for a moment; it may be called twice.

        Raises
        ------
        CatalogLockedError
            If another process does not let go of it in time.
        CatalogCorruptError
            If the file was never a catalog. One that was, and is damaged, is set aside and made
            anew from the records, with a warning.
        StorageError
            If the disk is full.
        """
        try:
            return self._ask(question)
        except DamagedCatalogError as error:
            self.heal(error)
        return self._ask(question)

    def flush(self) -> None:
        """Bring the rows of all records that have been committed into the catalog."""
        if self.claims.pending():
            self.ask(lambda _: None)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the tables and views."""
        return self.ask(lambda connection: connection.execute(statement).fetchall())

    @contextmanager
    def closed(self) -> Iterator[Path]:
        """Have the file while nobody writes to it, every row in it."""
        with locked(self.path, self.timeout_s):
            if not self._is_there() or self.path.with_name(f"{self.path.name}.wal").exists():
                self._open().close()
            yield self.path

    def heal(self, error: DamagedCatalogError) -> None:
        """Set the damaged file aside and make it anew, if it is ours and nobody has done so.

        Raises
        ------
        DamagedCatalogError
            The error itself, if nothing says that the file ever was this catalog.
        """
        if self.in_memory or not self._is_ours():
            raise error
        with locked(self.path, self.timeout_s):
            if not self._is_sound():
                self._replace(error)

    def make_file(self) -> Path | None:
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
        fresh.unlink(missing_ok=True)
        connection = connect(fresh, self.timeout_s)
        try:
            create(connection)
            set_root(connection, self.home)
            for root in self.roots():
                fill(connection, Records(root), label_of(root, self.home))
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
        self._mark_made()
        return kept

    def roots(self) -> list[Path]:
        """Return the pipeline roots whose records belong in the catalog."""
        roots = [self.root]
        if self.home != self.root:
            marker = self.claims.folder / "roots"
            known = marker.read_text("utf-8").splitlines() if marker.exists() else []
            roots += [Path(each) for each in known if Path(each, ".system", "executions").is_dir()]
        return list(dict.fromkeys(roots))

    def indexed_in_memory(self) -> Connection:
        """Return a new index in memory, made from the records."""
        connection = duckdb.connect(MEMORY, config=settings())
        create(connection)
        set_root(connection, self.home)
        fill(connection, self.records, label_of(self.root, self.home))
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
        if self.in_memory:
            with _lock:
                yield self._memory_connection()
            return
        with locked(self.path, self.timeout_s):
            connection = self._open()
            try:
                yield connection
            finally:
                with suppress(duckdb.Error):
                    connection.close()

    def _memory_connection(self) -> Connection:
        connection = _in_memory.get(self.root)
        if connection is None:
            connection = _in_memory[self.root] = self.indexed_in_memory()
        return connection

    def _open(self) -> Connection:
        """Return a connection to the file, made first if it is not there, or damaged."""
        if not self._is_there():
            self.make_file()
        try:
            return self._connected()
        except DamagedCatalogError as error:
            if not self._is_ours():
                raise
            self._replace(error)
        return self._connected()

    def _connected(self) -> Connection:
        connection = connect(self.path, self.timeout_s)
        try:
            check(connection, self.path)
            set_root(connection, self.home)
            self._mark_made()
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
                for (name,) in connection.execute(
                    "SELECT table_name FROM duckdb_tables()"
                ).fetchall():
                    connection.execute(f'SELECT max(hash(COLUMNS(*))) FROM "{name}"').fetchall()
            finally:
                connection.close()
        except (DamagedCatalogError, duckdb.Error):
            return False
        return True

    def _is_ours(self) -> bool:
        """Whether something says that the file at this place is a catalog of these records."""
        if self._made.exists():
            return self.path.name in self._made.read_text("utf-8").splitlines()
        return self.path == self.root / "catalog.duckdb" and self.records.has_any()

    @property
    def _made(self) -> Path:
        return self.claims.folder / "made"

    def _mark_made(self) -> None:
        """Note that the file at this place is a catalog; if that fails now, the next time."""
        if not self._is_ours() or not self._made.exists():
            with suppress(OSError), self._made.open("a", encoding="utf-8") as file:
                file.write(f"{self.path.name}\n")

    def _replace(self, error: DamagedCatalogError) -> None:
        kept = self.make_file()
        logging.getLogger("minitfx").warning(
            "%s; it was made anew from the records, and the damaged file is now %s", error, kept
        )

    def _adopt(self, connection: Connection) -> None:
        keep = self.in_memory and (self.root / "catalog.duckdb").exists()
        adopt(connection, self.claims, keep=keep)
