"""Make a catalog anew from the records."""

from __future__ import annotations

from pathlib import Path

from minitfx.catalog.database import locked
from minitfx.catalog.records import Records
from minitfx.catalog.store import Catalog
from minitfx.errors import StorageError


def rebuild(catalog: Catalog) -> Path | None:
    """Write the catalog's file anew, and the index of fingerprints, from the records.

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
    """
    if catalog.in_memory:
        raise StorageError("this catalog is kept in memory; there is no file to make anew")
    with locked(catalog.path, catalog.timeout_s):
        for root in catalog.place.roots():
            Records(root).index_again()
        return catalog.file.make()
