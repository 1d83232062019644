"""Small tables inside artifacts, which are copied into the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from minitfx.artifact import Artifact, ArtifactState
from minitfx.catalog.database import Connection
from minitfx.catalog.rows import is_own
from minitfx.catalog.sql import identifier, literal
from minitfx.execution import Execution, State


def with_tables(execution: Execution) -> list[Artifact]:
    """Return the live artifacts that an execution made and that have tables to copy."""
    if execution.state is not State.COMPLETE or execution.internal:
        return []
    return [
        artifact
        for artifacts in execution.outputs.values()
        for artifact in artifacts
        if is_own(artifact, execution)
        and type(artifact).TABLES
        and artifact.state is ArtifactState.LIVE
    ]


def copies(connection: Connection, artifacts: Iterable[Artifact]) -> Iterator[str]:
    """Yield the statements that copy the tables of artifacts; unreadable ones stay out.

    Each table is read into a temporary one first, so that a file that is not what it should be
    spoils no transaction.
    """
    for artifact in artifacts:
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
            yield (
                f"INSERT INTO {target} BY NAME SELECT {artifact.id} AS artifact_id, * FROM {copied}"
            )
            yield f"DROP TABLE {copied}"


def state_changes(execution: Execution) -> Iterator[str]:
    """Yield the statements that bring the states of an execution's artifacts up to date."""
    for artifacts in execution.outputs.values():
        for artifact in artifacts:
            if not is_own(artifact, execution):
                continue
            state = literal(artifact.state.value)
            yield f"UPDATE artifact SET state = {state} WHERE id = {artifact.id}"
            if artifact.state is not ArtifactState.LIVE:
                for name in type(artifact).TABLES:
                    target = identifier(f"payload_{name}")
                    yield f"DELETE FROM {target} WHERE artifact_id = {artifact.id}"
