"""One DuckDB file: how it is locked, opened, made, and told from something else.

DuckDB locks a whole file between processes, for readers too; so whoever wants it takes the lock
file beside it first, and holds both for a moment only.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from minitfx.catalog.files import make_folder
from minitfx.catalog.sql import identifier, literal
from minitfx.errors import CatalogCorruptError, CatalogError, CatalogLockedError, StorageError

SCHEMA_VERSION = "3"

Connection = duckdb.DuckDBPyConnection

_CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "default_block_size": "16384",
    "storage_compatibility_version": "v1.2.0",
    "threads": "1",
}
_DAMAGED = re.compile(
    r"not a valid DuckDB database|could not read|corrupt|checksum|deserializ|invalidated|"
    r"failed to (load|read)|INTERNAL Error|FATAL Error",
    re.IGNORECASE,
)
_FULL = re.compile(r"no space left|could not write|disk quota|file too large", re.IGNORECASE)


class DamagedCatalogError(CatalogCorruptError):
    """The file is no database, or one that is broken; a healthy one of others is not meant."""


class OldCatalogError(DamagedCatalogError):
    """The file is a catalog as an older minitfx wrote it: the records give one of this version."""


@contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock file beside a catalog.

    Raises
    ------
    CatalogLockedError
        If another process holds it for longer than ``timeout_s``.
    StorageError
        If the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    make_folder(path.parent)
    lock = FileLock(str(path.with_name(f"{path.name}.lock")), timeout=timeout_s)
    try:
        lock.acquire(poll_interval=0.002 + random.random() * 0.008)
    except Timeout:
        raise CatalogLockedError(
            f"another process has held the lock of {path} for {timeout_s:g} s; wait for it to end, "
            "or end it"
        ) from None
    except OSError as error:
        raise StorageError(f"cannot write to {path.parent}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


def connect(path: Path, timeout_s: float) -> Connection:
    """Open a file, waiting with jitter while another program has it.

    Raises
    ------
    CatalogLockedError
        If that takes longer than ``timeout_s``.
    DamagedCatalogError
        If the file is no database, or a broken one.
    CatalogCorruptError
        If it cannot be opened for another reason.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return duckdb.connect(str(path), config=settings())
        except duckdb.IOException as error:
            if "could not set lock" not in str(error).lower():
                raise explained(error, path) from error
            if time.monotonic() > deadline:
                raise _held_by_another(path, str(error), timeout_s) from error
            time.sleep(0.01 + random.random() * 0.04)
        except duckdb.Error as error:
            raise explained(error, path) from error


def create(connection: Connection) -> None:
    """Make the tables and views of an empty catalog."""
    connection.execute(_script("schema.sql"))
    connection.execute(_script("views.sql"))
    make_lineage(connection)
    connection.execute(f"INSERT INTO meta VALUES ('minitfx_catalog', {literal(SCHEMA_VERSION)})")


def make_lineage(connection: Connection) -> None:
    """Make the macros ``lineage_up`` and ``lineage_down``, or make them anew."""
    connection.execute(_script("lineage.sql"))


def check(connection: Connection, path: Path) -> None:
    """Make sure that a database is a catalog of this version.

    Raises
    ------
    CatalogCorruptError
        If it is another database, or a newer minitfx wrote it.
    OldCatalogError
        If an older minitfx wrote it.
    DamagedCatalogError
        If it is broken.
    """
    try:
        found = connection.execute(
            "SELECT value FROM meta WHERE name = 'minitfx_catalog'"
        ).fetchone()
    except duckdb.CatalogException:
        found = None
    except duckdb.Error as error:
        raise explained(error, path) from error
    if found is None:
        raise CatalogCorruptError(
            f"{path} is a DuckDB database but no minitfx catalog; give "
            "metadata_connection_config another path"
        )
    version = str(found[0])
    if version.isdecimal() and int(version) < int(SCHEMA_VERSION):
        raise OldCatalogError(
            f"{path} was written by an older minitfx (version {version} of the catalog, now "
            f"{SCHEMA_VERSION})"
        )
    if version != SCHEMA_VERSION:
        raise CatalogCorruptError(
            f"{path} was written by a newer minitfx (version {version} of the catalog, here "
            f"{SCHEMA_VERSION}); upgrade this one: pip install --upgrade minitfx"
        )


def read_all(connection: Connection) -> None:
    """Read every block of every table, so that a broken one is found."""
    for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        connection.execute(f"SELECT max(hash(COLUMNS(*))) FROM {identifier(name)}").fetchall()


def set_root(connection: Connection, root: Path) -> None:
    """Say where relative uris start."""
    connection.execute(f"SET VARIABLE catalog_root = {literal(str(root))}")


def settings() -> dict[str, Any]:
    """Return how every DuckDB connection is configured.

    No network, a fixed storage version, and small blocks: with 17 small tables the file is a tenth
    as large, and closed in half the time.
    """
    return dict(_CONFIG)


def explained(error: duckdb.Error, path: Path) -> CatalogError | StorageError:
    """Return what an error of DuckDB means for the catalog: broken, no space, or else wrong."""
    text = str(error).strip()
    first = text.splitlines()[0] if text else "no reason given"
    if _FULL.search(text):
        return StorageError(f"cannot write {path}: {first}; make room there")
    if isinstance(error, (duckdb.IOException, duckdb.SerializationException)):
        if _DAMAGED.search(text):
            return DamagedCatalogError(_unreadable(path, first))
        return CatalogCorruptError(_unreadable(path, first))
    if isinstance(error, (duckdb.InternalException, duckdb.FatalException)):
        return DamagedCatalogError(_unreadable(path, first))
    return CatalogError(f"the catalog {path} cannot do this: {first}")


def set_aside(path: Path) -> Path | None:
    """Rename a damaged catalog, and the log beside it, so that nothing is lost.

    Returns
    -------
    Path or None
        Where it was moved to; None if it was not there, or empty.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        log.replace(path.with_name(f"{log.name}.old-{stamp}"))
    if not path.exists() or path.stat().st_size == 0:
        return None
    kept = path.with_name(f"{path.name}.old-{stamp}")
    path.replace(kept)
    return kept


def _held_by_another(path: Path, text: str, timeout_s: float) -> CatalogError:
    holder = re.search(r"PID (\d+)", text)
    who = f"process {holder[1]}" if holder else "another process"
    return CatalogLockedError(
        f"{who} has held the catalog {path} for {timeout_s:g} s; close it there (a notebook, a "
        "DuckDB shell) or end that process"
    )


def _unreadable(path: Path, reason: str) -> str:
    return (
        f"{path} cannot be read as a catalog ({reason}); if it is one, run 'minitfx catalog "
        "rebuild --root DIR' with the pipeline root, otherwise give metadata_connection_config "
        "another path"
    )


@lru_cache(maxsize=4)
def _script(name: str) -> str:
    return resources.files("minitfx.catalog").joinpath(name).read_text("utf-8")
