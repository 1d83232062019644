"""Make a catalog anew from the records."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from minitfx.catalog.records import Records
from minitfx.catalog.store import Catalog, create, locked, set_root, settings
from minitfx.errors import StorageError


def rebuild(catalog: Catalog) -> Path | None:
    """Write the catalog's file anew, from the records of its root.

    Parameters
    ----------
    catalog : Catalog
        The catalog; its file may be missing or damaged.

    Returns
    -------
    Path or None
        Where the old file was moved to; None if there was none.

    Raises
    ------
    StorageError
        If the catalog is kept in memory.
    CatalogLockedError
        If another process holds it.

    Notes
    -----
    The new file is written aside and renamed, so a crash leaves the old one or the new one.
    """
    if catalog.in_memory:
        raise StorageError("this catalog is kept in memory; there is no file to make anew")
    with locked(catalog.path, catalog.timeout_s):
        fresh = catalog.path.with_name(f".{catalog.path.name}.{os.getpid()}.new")
        fresh.unlink(missing_ok=True)
        connection = duckdb.connect(str(fresh), config=settings())
        try:
            create(connection)
            set_root(connection, catalog.home)
            for root in _roots(catalog):
                catalog.fill(connection, Records(root))
        finally:
            connection.close()
        kept = set_aside(catalog.path)
        fresh.replace(catalog.path)
        return kept


def set_aside(path: Path) -> Path | None:
    """Rename a damaged catalog, and the log beside it, so that nothing is lost."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        log.replace(path.with_name(f"{log.name}.old-{stamp}"))
    if not path.exists():
        return None
    kept = path.with_name(f"{path.name}.old-{stamp}")
    path.replace(kept)
    return kept


def _roots(catalog: Catalog) -> list[Path]:
    """Return the pipeline roots whose records belong in the catalog."""
    roots = [catalog.root]
    if catalog.home != catalog.root:
        marker = catalog.claims.folder / "roots"
        known = marker.read_text("utf-8").splitlines() if marker.exists() else []
        roots += [Path(each) for each in known if Path(each, ".system", "executions").is_dir()]
    return list(dict.fromkeys(roots))
