"""The catalog: a DuckDB file that is an index of the records, and the one way to write to it.

DuckDB locks the whole file between processes, readers too, so a connection is a short lease
behind a lock file. Whoever has the lease first adopts the records that the catalog lacks, its
own and those of others alike; so a killed process loses nothing that it had committed.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import resources
from pathlib import Path
from threading import RLock
from typing import Any

import duckdb

from minitfx.artifact import Artifact
from minitfx.catalog.claims import Claim, Claims
from minitfx.catalog.files import make_folder
from minitfx.catalog.records import Records
from minitfx.catalog.rows import Rows, execution_rows, insert_statements, is_own, merge, run_rows
from minitfx.catalog.sql import identifier, in_list, literal
from minitfx.errors import CatalogCorruptError, CatalogError, CatalogLockedError, StorageError
from minitfx.execution import Execution, State

SCHEMA_VERSION = "1"
MEMORY = ":memory:"
PATIENCE_S = 15.0

Connection = duckdb.DuckDBPyConnection

_CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "storage_compatibility_version": "v1.2.0",
    "threads": "1",
}
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
        If the root cannot be written to.
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

    @contextmanager
    def lease(self) -> Iterator[Connection]:
        """Have the catalog for a moment, with every record in it.

        Raises
        ------
        CatalogLockedError
            If another process does not let go of it in time.
        CatalogCorruptError
            If the file is not a catalog, or is damaged.
        """
        with self._held() as connection:
            self._adopt(connection)
            yield connection

    def flush(self) -> None:
        """Bring the rows of all records that have been committed into the catalog."""
        if self.claims.pending():
            with self.lease():
                pass

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the tables and views."""
        with self.lease() as connection:
            return connection.execute(statement).fetchall()

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
                connection.close()

    @contextmanager
    def closed(self) -> Iterator[Path]:
        """Have the file while nobody writes to it, every row in it."""
        with locked(self.path, self.timeout_s):
            if not self.path.exists() or self.path.with_name(f"{self.path.name}.wal").exists():
                self._open().close()
            yield self.path

    def indexed_in_memory(self) -> Connection:
        """Return a new index in memory, made from the records."""
        connection = duckdb.connect(MEMORY, config=settings())
        create(connection)
        set_root(connection, self.home)
        self.fill(connection)
        return connection

    def _memory_connection(self) -> Connection:
        connection = _in_memory.get(self.root)
        if connection is None:
            connection = _in_memory[self.root] = self.indexed_in_memory()
        return connection

    def _open(self) -> Connection:
        fresh = not self.path.exists() or self.path.stat().st_size == 0
        if fresh:
            make_folder(self.path.parent)
        connection = _connect(self.path, self.timeout_s)
        try:
            if fresh:
                create(connection)
                self.fill(connection)
            else:
                check(connection, self.path)
            set_root(connection, self.home)
        except BaseException:
            connection.close()
            raise
        return connection

    def fill(self, connection: Connection, records: Records | None = None) -> None:
        """Insert the rows of every record below a root, this catalog's own unless said."""
        records = records or self.records
        label = self._label(records.root)
        rows: Rows = {}
        made: list[tuple[Execution, Artifact]] = []
        for run in records.runs():
            if run.state is not State.RUNNING:
                merge(rows, run_rows(run, label))
        for execution in records.executions():
            merge(rows, execution_rows(execution, records.root, label))
            made += _made(execution)
        _insert(connection, rows, made)

    def _adopt(self, connection: Connection) -> None:
        """Bring in what has ended since the last lease, and give up its claims."""
        claims = self.claims.pending()
        if not claims:
            return
        rows: Rows = {}
        made: list[tuple[Execution, Artifact]] = []
        done: list[Claim] = []
        ids = in_list(claim.id for claim in claims if claim.id is not None)
        known = connection.execute(f"SELECT id FROM execution WHERE id IN {ids}").fetchall()
        names = in_list(claim.run_id for claim in claims if claim.id is None)
        known += connection.execute(f"SELECT run_id FROM run WHERE run_id IN {names}").fetchall()
        present = {row[0] for row in known}
        for claim in claims:
            if (claim.run_id or claim.id) in present or self._read_claim(claim, rows, made):
                done.append(claim)
        _insert(connection, rows, made)
        if not (self.in_memory and (self.root / "catalog.duckdb").exists()):
            self.claims.give_up(done)

    def _read_claim(self, claim: Claim, rows: Rows, made: list[tuple[Execution, Artifact]]) -> bool:
        """Collect the rows of a claim whose record is there; whether the claim is over."""
        try:
            records = self.records if claim.root == self.root else Records(claim.root)
        except StorageError:
            return claim.is_forgotten()
        records.end_dead(claim)
        label = self._label(claim.root)
        if claim.id is None:
            run = records.run(claim.run_id)
            if run is None or run.state is State.RUNNING:
                return run is None and claim.is_forgotten()
            merge(rows, run_rows(run, label))
            return True
        execution = records.execution(claim.id)
        if execution is None:
            return claim.running() is None and claim.is_forgotten()
        merge(rows, execution_rows(execution, claim.root, label))
        made += _made(execution)
        return True

    def _label(self, root: Path) -> str:
        return "" if root == self.home else str(root)


@contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock file beside a catalog.

    Raises
    ------
    CatalogLockedError
        If another process holds it for longer than ``timeout_s``.
    """
    from filelock import FileLock, Timeout

    make_folder(path.parent)
    lock = FileLock(str(path.with_name(f"{path.name}.lock")), timeout=timeout_s)
    try:
        with lock.acquire(poll_interval=0.002 + random.random() * 0.008):
            yield
    except Timeout:
        raise CatalogLockedError(
            f"another process has held the lock of {path} for {timeout_s:g} s; wait for it to end, "
            "or end it"
        ) from None
    except PermissionError as error:
        raise StorageError(f"cannot write to {path.parent}: {error.strerror}") from error


def create(connection: Connection) -> None:
    """Make the tables and views of an empty catalog."""
    connection.execute(_script("schema.sql"))
    connection.execute(_script("views.sql"))
    connection.execute(f"INSERT INTO meta VALUES ('minitfx_catalog', {literal(SCHEMA_VERSION)})")


def check(connection: Connection, path: Path) -> None:
    """Make sure that a database is a catalog of this version.

    Raises
    ------
    CatalogCorruptError
        If it is another database, or of another version.
    """
    try:
        found = connection.execute(
            "SELECT value FROM meta WHERE name = 'minitfx_catalog'"
        ).fetchone()
    except duckdb.Error:
        found = None
    if found is None:
        raise CatalogCorruptError(
            f"{path} is a DuckDB database but no minitfx catalog; give "
            "metadata_connection_config another path"
        )
    if found[0] != SCHEMA_VERSION:
        raise CatalogCorruptError(
            f"{path} is a catalog of version {found[0]}, this minitfx writes version "
            f"{SCHEMA_VERSION}; run 'minitfx catalog rebuild'"
        )


def set_root(connection: Connection, root: Path) -> None:
    """Say where relative uris start."""
    connection.execute(f"SET VARIABLE catalog_root = {literal(str(root))}")


def settings() -> dict[str, Any]:
    """Return how every DuckDB connection is configured: no network, a fixed storage version."""
    return dict(_CONFIG)


def _connect(path: Path, timeout_s: float) -> Connection:
    """Open the file, waiting with jitter while another program has it."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return duckdb.connect(str(path), config=settings())
        except duckdb.IOException as error:
            text = str(error)
            if "could not set lock" not in text.lower():
                raise _unreadable(path, text) from error
            if time.monotonic() > deadline:
                raise _held_by_another(path, text, timeout_s) from error
            time.sleep(0.01 + random.random() * 0.04)
        except duckdb.Error as error:
            raise _unreadable(path, str(error)) from error


def _held_by_another(path: Path, text: str, timeout_s: float) -> CatalogError:
    holder = re.search(r"PID (\d+)", text)
    who = f"process {holder[1]}" if holder else "another process"
    return CatalogLockedError(
        f"{who} has held the catalog {path} for {timeout_s:g} s; close it there (a notebook, a "
        "DuckDB shell) or end that process"
    )


def _unreadable(path: Path, text: str) -> CatalogError:
    first = text.strip().splitlines()[0] if text.strip() else "no reason given"
    return CatalogCorruptError(
        f"{path} cannot be read as a catalog ({first}); if it is one, move it away and run "
        "'minitfx catalog rebuild', otherwise give metadata_connection_config another path"
    )


def _insert(connection: Connection, rows: Rows, made: list[tuple[Execution, Artifact]]) -> None:
    copies = [statement for _, artifact in made for statement in _payloads(connection, artifact)]
    statements = [*insert_statements(rows), *copies]
    if not statements:
        return
    connection.execute("BEGIN")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise


def _made(execution: Execution) -> list[tuple[Execution, Artifact]]:
    if execution.state is not State.COMPLETE or execution.internal:
        return []
    return [
        (execution, artifact)
        for artifacts in execution.outputs.values()
        for artifact in artifacts
        if is_own(artifact, execution) and type(artifact).TABLES
    ]


def _payloads(connection: Connection, artifact: Artifact) -> Iterator[str]:
    """Yield the statements that copy an artifact's small tables; unreadable ones stay out."""
    for name, table in type(artifact).TABLES.items():
        files = sorted(str(path) for path in artifact.path.glob(table.files))
        if not files:
            continue
        target = identifier(f"payload_{name}")
        columns = ", ".join(
            f"CAST({identifier(column)} AS {kind}) AS {identifier(column)}"
            for column, kind in table.columns.items()
        )
        source = f"read_parquet([{', '.join(literal(each) for each in files)}])"
        copied = f"copied_{artifact.id}_{name}"
        try:
            connection.execute(f"CREATE TEMP TABLE {copied} AS SELECT {columns} FROM {source}")
        except duckdb.Error:
            continue
        yield f"INSERT INTO {target} BY NAME SELECT {artifact.id} AS artifact_id, * FROM {copied}"
        yield f"DROP TABLE {copied}"


@lru_cache(maxsize=4)
def _script(name: str) -> str:
    return resources.files("minitfx.catalog").joinpath(name).read_text("utf-8")
