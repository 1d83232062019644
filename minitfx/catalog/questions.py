"""What the engine asks of the catalog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minitfx.artifact import Artifact
from minitfx.catalog.artifacts import artifacts_statement, read_artifacts
from minitfx.catalog.sql import in_list, literal
from minitfx.catalog.store import Catalog

if TYPE_CHECKING:
    from minitfx.catalog.database import Connection


def artifacts(
    catalog: Catalog,
    type: type[Artifact],
    pipeline_name: str,
    node_id: str | None = None,
    output_key: str | None = None,
) -> list[Artifact]:
    """Return the live artifacts of a type that a pipeline made, newest first.

    They carry no list of files: that is in the record of the execution that made them.
    """
    wanted = [
        f"a.type = {literal(type.TYPE_NAME)}",
        f"e.pipeline_name = {literal(pipeline_name)}",
        "a.state = 'live'",
    ]
    wanted += [f"e.node_id = {literal(node_id)}"] if node_id else []
    wanted += [f"a.output_key = {literal(output_key)}"] if output_key else []
    statement = artifacts_statement(" AND ".join(wanted), newest_first=True)
    return read_artifacts(catalog.query(statement), type)


def same_external(catalog: Catalog, artifact: Artifact) -> int | None:
    """Return the id of an artifact registered with the same place, content and properties."""
    rows = catalog.query(
        f"SELECT id FROM artifact WHERE is_external AND type = {literal(artifact.type_name)} "
        f"AND full_uri(root, uri) = {literal(artifact.uri)} "
        f"AND digest = {literal(artifact.digest)} ORDER BY id DESC"
    )
    for (id,) in rows:
        properties = catalog.query(
            f"SELECT name, is_custom, value FROM artifact_property WHERE artifact_id = {id}"
        )
        declared = {name: json.loads(value) for name, custom, value in properties if not custom}
        free = {name: json.loads(value) for name, custom, value in properties if custom}
        if (declared, free) == (artifact.properties, artifact.custom_properties):
            return int(id)
    return None


def latest_good(connection: Connection, pipeline_name: str, run_id: str) -> dict[str, int]:
    """Return the latest execution of every node that computed or was served, but those of a run."""
    rows = connection.execute(
        "SELECT node_id, max(id) FROM execution WHERE state IN ('COMPLETE', 'CACHED') "
        f"AND pipeline_name = {literal(pipeline_name)} AND run_id <> {literal(run_id)} "
        "GROUP BY node_id"
    ).fetchall()
    return {str(name): int(id) for name, id in rows}


def base_run(
    connection: Connection,
    pipeline_name: str,
    needed: Sequence[str],
    others: Sequence[str],
    run_id: str | None,
) -> tuple[str | None, dict[str, int]]:
    """Return an earlier run, and its executions that can stand in for nodes that are left out.

    Parameters
    ----------
    connection : Connection
        A lease on the catalog.
    pipeline_name : str
        The pipeline.
    needed, others : sequence of str
        Nodes whose outputs are needed, and nodes that are welcome.
    run_id : str or None
        The run to take them from; None for the latest that has all that is needed.

    Returns
    -------
    tuple of str or None, dict of str to int
        The run, and execution id by node; fewer than needed if no run has them all.
    """
    restriction = f"AND run_id = {literal(run_id)}" if run_id else ""
    rows = connection.execute(
        "SELECT run_id, node_id, max(id) FROM execution WHERE state IN ('COMPLETE', 'CACHED') "
        f"AND pipeline_name = {literal(pipeline_name)} "
        f"AND node_id IN {in_list([*needed, *others])} "
        "AND run_id NOT IN (SELECT run_id FROM run WHERE state = 'DELETED') "
        f"{restriction} GROUP BY run_id, node_id ORDER BY max(id) DESC"
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for run, node, id in rows:
        found.setdefault(run, {})[node] = id
    counts = {run: sum(name in made for name in needed) for run, made in found.items()}
    best = max(counts, key=lambda run: counts[run], default=None)
    return best, found[best] if best is not None else {}
