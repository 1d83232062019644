"""The index: rows in DuckDB, made from the records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from minitfx.artifact import Artifact
from minitfx.catalog.claims import Claim, Claims
from minitfx.catalog.database import Connection
from minitfx.catalog.payloads import copies, state_changes, with_tables
from minitfx.catalog.records import Records
from minitfx.catalog.rows import Rows, execution_rows, insert_statements, merge, run_rows
from minitfx.catalog.sql import in_list, literal
from minitfx.errors import StorageError
from minitfx.execution import State
from minitfx.faultpoint import passing

_BATCH = 1000


def label_of(root: Path, home: Path) -> str:
    """Return how the catalog of one root names another: empty for its own."""
    return "" if root == home else str(root)


def fill(connection: Connection, records: Records, label: str) -> None:
    """Insert the rows of every record below a root into an empty index.

    Notes
    -----
    The memory that it takes does not grow with the number of executions.
    """
    rows: Rows = {}
    made: list[Artifact] = []
    for run in records.runs():
        if run.state is not State.RUNNING:
            merge(rows, run_rows(run, label))
    for number, execution in enumerate(records.executions(), 1):
        merge(rows, execution_rows(execution, records.root, label))
        made += with_tables(execution)
        if number % _BATCH == 0:
            _write(connection, rows, made)
            rows, made = {}, []
    _write(connection, rows, made)


def adopt(
    connection: Connection,
    claims: Claims,
    *,
    keep: bool = False,
    pending: Sequence[Claim] | None = None,
) -> None:
    """Bring in what has ended or changed since the last time, and give up its claims.

    Parameters
    ----------
    connection : Connection
        The index.
    claims : Claims
        What it lacks.
    keep : bool
        Whether another index lacks it too, so that the claims must stay.
    pending : sequence of Claim, optional
        The claims of the moment at which the index was copied; those of now unless said.
    """
    pending = claims.pending() if pending is None else pending
    if not pending:
        return
    known = _known(connection, pending)
    rows: Rows = {}
    made: list[Artifact] = []
    changes: list[str] = []
    done: list[Claim] = []
    opened: dict[Path, Records] = {}
    for claim in pending:
        try:
            records = opened.get(claim.root) or Records(claim.root)
        except StorageError:
            done += [claim] if claim.is_forgotten() else []
            continue
        opened[claim.root] = records
        if (claim.run_id or claim.id) in known:
            changes += _changes(claim, records)
            done.append(claim)
        elif _read(claim, records, label_of(claim.root, claims.home), rows, made):
            done.append(claim)
    _write(connection, rows, made, changes)
    if not keep:
        claims.give_up(done)


def _known(connection: Connection, claims: Sequence[Claim]) -> set[int | str]:
    """Return the ids, of executions and runs, that the index has already."""
    ids = in_list(claim.id for claim in claims if claim.id is not None)
    names = in_list(claim.run_id for claim in claims if claim.id is None)
    found = connection.execute(f"SELECT id FROM execution WHERE id IN {ids}").fetchall()
    found += connection.execute(f"SELECT run_id FROM run WHERE run_id IN {names}").fetchall()
    return {row[0] for row in found}


def _changes(claim: Claim, records: Records) -> list[str]:
    """Return the statements that bring rows up to date with a record that has changed."""
    if not claim.is_changed:
        return []
    if claim.id is not None:
        execution = records.execution(claim.id)
        return list(state_changes(execution)) if execution else []
    run = records.run(claim.run_id)
    if run is None:
        return []
    state, name = literal(str(run.state)), literal(run.run_id)
    return [f"UPDATE run SET state = {state} WHERE run_id = {name}"]


def _read(claim: Claim, records: Records, label: str, rows: Rows, made: list[Artifact]) -> bool:
    """Collect the rows of a claim whose record is there; whether the claim is over."""
    if claim.id is None:
        records.end_dead(claim)
        run = records.run(claim.run_id)
        if run is None or run.state is State.RUNNING:
            return run is None and claim.is_forgotten()
        merge(rows, run_rows(run, label))
        return True
    execution = records.execution(claim.id)
    if execution is None:
        records.end_dead(claim)
        execution = records.execution(claim.id)
    if execution is None:
        return claim.running() is None and claim.is_forgotten()
    merge(rows, execution_rows(execution, claim.root, label))
    made += with_tables(execution)
    return True


def _write(
    connection: Connection, rows: Rows, made: Sequence[Artifact], changes: Sequence[str] = ()
) -> None:
    """Insert rows and copy tables in one transaction."""
    statements = [*insert_statements(rows), *copies(connection, made), *changes]
    if not statements:
        return
    connection.execute("BEGIN")
    try:
        for statement in statements:
            connection.execute(statement)
        passing("rows inserted")
        connection.execute("COMMIT")
        passing("rows committed")
    except BaseException:
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise
