"""Reading sessions: SQL over a private copy of the catalog, so that no query ever blocks a run."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from minitfx.artifact import Rows
from minitfx.catalog.claims import Claim
from minitfx.catalog.database import (
    Connection,
    DamagedCatalogError,
    check,
    connect,
    explained,
    make_lineage,
    set_root,
)
from minitfx.catalog.index import adopt
from minitfx.catalog.records import Records
from minitfx.catalog.rows import execution_rows, insert_statements, merge, run_rows
from minitfx.catalog.sql import identifier, literal
from minitfx.catalog.store import Catalog
from minitfx.errors import CatalogError, StorageError
from minitfx.execution import State
from minitfx.types import STANDARD_TYPES

_MANY = 100
_ZONED = "TIMESTAMP WITH TIME ZONE"
_LINEAGE = re.compile(r"\blineage_(up|down)\b", re.IGNORECASE)
_PAYLOAD = re.compile(r"\.parquet", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """The rows of a query.

    Attributes
    ----------
    columns : list of str
        Their names.
    rows : list of tuple
        Their values.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a dict."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def query(catalog: Catalog, statement: str) -> Answer:
    """Return the rows of one statement, over the catalog as it stands now.

    Parameters
    ----------
    catalog : Catalog
        The catalog.
    statement : str
        SQL over the views (``runs``, ``nodes``, ``artifacts``, ``metrics``, …), the macros
        ``lineage_up(artifact_id)`` and ``lineage_down(artifact_id)``, and the large payloads:
        ``examples(artifact := …, run := …, split := …)`` and ``predictions(…)``.

    Raises
    ------
    CatalogError
        If the statement is wrong; with what DuckDB says.

    Notes
    -----
    What runs at this moment is seen as ``RUNNING``. The session may read the payloads below the
    pipeline root and nothing else, and whatever it writes is lost. Timestamps with a time zone
    come in UTC, without it.
    """
    try:
        return _answer(catalog, statement)
    except DamagedCatalogError as error:
        catalog.file.heal(error)
    return _answer(catalog, statement)


def _in_utc(statement: str, kinds: list[str]) -> str:
    """Return a statement that gives moments of UTC for those with a zone.

    DuckDB needs the package pytz to give the latter to Python.
    """
    names = [f"c{number}" for number in range(len(kinds))]
    casts = [
        f"{name}::{kind.replace(_ZONED, 'TIMESTAMP')}" if _ZONED in kind else name
        for name, kind in zip(names, kinds, strict=True)
    ]
    inner = statement.strip().rstrip(";")
    return f"SELECT {', '.join(casts)} FROM ({inner}\n) AS answer({', '.join(names)})"


def _answer(catalog: Catalog, statement: str) -> Answer:
    with reading(catalog) as connection:
        try:
            if _LINEAGE.search(statement):
                make_lineage(connection)
            _add_row_macros(connection, catalog, statement)
            _shut_off(connection, catalog)
            cursor = connection.execute(statement)
            if cursor is None:
                raise CatalogError("the statement is empty; expected SQL, as SELECT * FROM runs")
            described = cursor.description or []
            kinds = [str(each[1]) for each in described]
            if any(_ZONED in kind for kind in kinds):
                cursor = connection.execute(_in_utc(statement, kinds))
            return Answer([each[0] for each in described], cursor.fetchall())
        except duckdb.Error as error:
            found = explained(error, catalog.path)
            if isinstance(found, DamagedCatalogError) and not _PAYLOAD.search(str(error)):
                raise found from error
            raise CatalogError(f"the catalog cannot answer: {error}") from error


@contextmanager
def reading(catalog: Catalog) -> Iterator[Connection]:
    """Open a private copy of the catalog with what is running added to it.

    A root that cannot be written to is read all the same: from its records.
    """
    with tempfile.TemporaryDirectory(prefix="minitfx-sql-") as folder:
        connection = _opened(catalog, Path(folder) / "catalog.duckdb")
        try:
            set_root(connection, catalog.home)
            _add_running(connection, catalog)
            yield connection
        finally:
            connection.close()


def _opened(catalog: Catalog, copy: Path) -> Connection:
    if catalog.in_memory or not catalog.is_writable:
        return catalog.file.copy_in_memory()
    if len(catalog.claims.pending()) > _MANY:
        catalog.flush()
    try:
        return _opened_copy(catalog, copy)
    except DamagedCatalogError as error:
        catalog.file.heal(error)
    return _opened_copy(catalog, copy)


def _opened_copy(catalog: Catalog, copy: Path) -> Connection:
    """Open a copy, and bring into it what the catalog lacks: those who run need the lock more."""
    pending = catalog.file.copied(copy)
    connection = connect(copy, catalog.timeout_s)
    try:
        check(connection, catalog.path)
        set_root(connection, catalog.home)
        adopt(connection, catalog.claims, keep=True, pending=pending)
    except BaseException:
        connection.close()
        raise
    return connection


def _add_running(connection: Connection, catalog: Catalog) -> None:
    """Insert rows for what is claimed but has not ended, and for what has ended meanwhile."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    ended: list[Claim] = []
    for claim in catalog.claims.pending():
        try:
            records = Records(claim.root)
        except StorageError:
            continue
        label = "" if claim.root == catalog.home else str(claim.root)
        if claim.id is None:
            run = records.run(claim.run_id)
            if run is not None and run.state is State.RUNNING:
                merge(rows, run_rows(run, label))
            else:
                ended.append(claim)
            continue
        execution = claim.running()
        if records.execution(claim.id) is not None:
            ended.append(claim)
        elif execution is not None:
            merge(rows, execution_rows(execution, claim.root, label))
    adopt(connection, catalog.claims, keep=True, pending=ended)
    connection.execute("BEGIN")
    for statement in insert_statements(rows):
        connection.execute(statement)
    connection.execute("COMMIT")


def _add_row_macros(connection: Connection, catalog: Catalog, statement: str) -> None:
    """Make the table macros over large payloads that a statement names."""
    for kind in STANDARD_TYPES.values():
        rows = kind.ROWS
        if rows is None or not re.search(rf"\b{rows.macro}\s*\(", statement, re.IGNORECASE):
            continue
        found = connection.execute(
            "SELECT artifact_id, uri, run_id FROM artifacts "
            f"WHERE type = {literal(kind.TYPE_NAME)} ORDER BY artifact_id"
        ).fetchall()
        connection.execute(_row_macro(rows, found))


def _row_macro(rows: Rows, artifacts: Iterable[tuple[int, str, str]]) -> str:
    files: dict[str, list[str]] = {}
    owners: dict[str, int] = {}
    for artifact_id, uri, run_id in artifacts:
        folders = {path.parent.name for path in Path(uri).glob(rows.files)}
        if not folders:
            continue
        owners[uri] = artifact_id
        for split in {"", *(name.removeprefix("Split-") for name in folders)}:
            pattern = rows.files.replace("Split-*", f"Split-{split}") if split else rows.files
            for key in (f"{artifact_id}//{split}", f"/{run_id}/{split}", f"//{split}"):
                files.setdefault(key, []).append(str(Path(uri) / pattern))
    listed = ", ".join(
        f"{literal(key)}: [{', '.join(literal(each) for each in found)}]"
        for key, found in files.items()
    )
    owned = ", ".join(f"{literal(uri)}: {id}" for uri, id in owners.items())
    return (
        f"CREATE MACRO {identifier(rows.macro)}(artifact := NULL, run := NULL, split := NULL) "
        f"AS TABLE SELECT MAP {{{owned}}}[split_part(filename, '/Split-', 1)] AS artifact_id, "
        "split_part(split_part(filename, '/Split-', 2), '/', 1) AS split_name, "
        "* EXCLUDE (filename) FROM read_parquet("
        f"MAP {{{listed}}}[coalesce(artifact::VARCHAR, '') || '/' || coalesce(run::VARCHAR, '') "
        "|| '/' || coalesce(split::VARCHAR, '')], union_by_name = true, filename = true)"
    )


def _shut_off(connection: Connection, catalog: Catalog) -> None:
    """Let the session read below the pipeline roots and nothing else."""
    roots = [row[0] for row in connection.execute("SELECT DISTINCT root FROM artifact").fetchall()]
    folders = [str(catalog.home), str(catalog.root), *(root for root in roots if root)]
    listed = ", ".join(literal(folder) for folder in dict.fromkeys(folders))
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_directories = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def open_catalog(root: str | Path) -> Catalog:
    """Return the catalog of a pipeline root that has been run before.

    Raises
    ------
    StorageError
        If nothing was ever run there.
    """
    folder = Path(root).expanduser().absolute()
    if not (folder / ".system" / "executions").is_dir():
        raise StorageError(
            f"{folder} is no pipeline root: nothing was run there; give --root the folder that "
            "the pipeline writes to"
        )
    marker = folder / ".system" / "catalog"
    try:
        path = marker.read_text("utf-8").strip() or None
    except OSError:
        path = None
    return Catalog(folder, path)


def find_roots(start: Path, depth: int = 3) -> list[Path]:
    """Return the pipeline roots at, above or a little below a folder, nearest first."""
    start = start.absolute()
    above = [each for each in (start, *start.parents) if _is_root(each)]
    if above:
        return above[:1]
    found: list[Path] = []
    level = [start]
    for _ in range(depth):
        level = [
            child
            for folder in level
            for child in _folders_in(folder)
            if not child.name.startswith(".")
        ]
        found += [each for each in level if _is_root(each)]
        level = [each for each in level if each not in found]
    return found


def _is_root(folder: Path) -> bool:
    return (folder / ".system" / "executions").is_dir()


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        return []
