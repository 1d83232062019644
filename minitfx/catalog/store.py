"""The catalog: records, and an index of them in DuckDB.

DuckDB locks the whole file between processes, readers too, so it is had for a moment only, behind
a lock file. Whoever has it first adopts the records that it lacks, its own and those of others
alike; so a killed process loses nothing that it had committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from minitfx.catalog.claims import Claims
from minitfx.catalog.files import make_folder
from minitfx.catalog.place import place_of
from minitfx.catalog.records import Records

if TYPE_CHECKING:
    from minitfx.catalog.database import Connection
    from minitfx.catalog.index_file import IndexFile

PATIENCE_S = 15.0

Found = TypeVar("Found")


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
        make_folder(root)
        self.place = place_of(root, path)
        self.root, self.path, self.home = root, self.place.path, self.place.home
        self.in_memory = self.place.in_memory
        self.records = Records(root)
        self.claims = Claims(self.place.notes, self.home)
        if self.place.is_elsewhere:
            self.place.remember()
        self.timeout_s = PATIENCE_S if timeout_s is None else timeout_s

    @property
    def is_writable(self) -> bool:
        """Whether this process may write to the records and beside the file."""
        return self.records.is_writable and os.access(self.home, os.W_OK)

    def with_patience(self, seconds: float) -> Catalog:
        """Return this catalog for somebody who waits so long only for others to let go of it."""
        fresh = copy(self)
        fresh.timeout_s = seconds
        fresh.__dict__.pop("file", None)
        return fresh

    @cached_property
    def file(self) -> IndexFile:
        """The DuckDB side of it."""
        # DuckDB takes as long to load as all else that a run needs which the cache serves
        from minitfx.catalog.index_file import IndexFile

        return IndexFile(self.place, self.records, self.claims, self.timeout_s)

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
        return self.file.ask(question)

    def flush(self) -> None:
        """Bring the rows of all records that have been committed into the catalog."""
        if self.claims.pending():
            self.ask(lambda _: None)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the tables and views."""
        return self.ask(lambda connection: connection.execute(statement).fetchall())
