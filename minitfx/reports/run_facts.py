"""What the catalog knows of one run, as it stands at one moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from minitfx.catalog.database import make_lineage
from minitfx.catalog.records import Records
from minitfx.catalog.session import reading
from minitfx.catalog.sql import in_list, literal
from minitfx.catalog.store import Catalog
from minitfx.errors import CatalogError, did_you_mean

Row: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str], list[Row]]
"""Answers a statement with its rows."""

_NOT_REACHED = "it was not reached"


@contextmanager
def moment_of(catalog: Catalog) -> Iterator[Ask]:
    """Open the catalog as it stands now: all that is asked sees the same moment."""
    with reading(catalog) as connection:
        make_lineage(connection)

        def ask(statement: str) -> list[Row]:
            try:
                cursor = connection.execute(statement)
                names = [each[0] for each in cursor.description or []]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            except duckdb.Error as error:
                raise CatalogError(f"the catalog cannot answer: {error}") from error

        yield ask


@dataclass(frozen=True)
class ArtifactFact:
    """An artifact that a node of the run read or made.

    Attributes
    ----------
    id : int
        Its number.
    type, uri, state, digest : str
        As the catalog has them.
    run_id, node_id, key : str
        Which run and node made it, under which output key.
    bytes : int or None
        Size of its files.
    properties : mapping
        Declared and free-form ones.
    """

    id: int
    type: str
    uri: str
    state: str
    digest: str
    run_id: str
    node_id: str
    key: str
    bytes: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its folder."""
        return Path(self.uri)

    @property
    def is_there(self) -> bool:
        """Whether its payload can be read from this machine's files."""
        return "://" not in self.uri and self.path.exists()


@dataclass(frozen=True)
class Port:
    """What a node read or made under a key, at a position."""

    key: str
    artifact_id: int


@dataclass(frozen=True)
class NodeFact:
    """What became of a node.

    Attributes
    ----------
    node_id : str
        The node.
    execution_id : int or None
        Its latest execution in the run; None if the run never came to it.
    type, state, cause, error : str
        As the catalog has them; of a node that was not reached, the state is ``NOT RUN``.
    started_at : datetime or None
        When, in UTC.
    seconds : float or None
        How long it took.
    cached_from : int or None
        The execution that served.
    parameters : mapping of str to str
        As JSON texts.
    inputs, outputs : sequence of Port
        What it read, and made or was served or chose.
    tries : int
        How many executions it has in the run.
    """

    node_id: str
    execution_id: int | None = None
    type: str = ""
    state: str = "NOT RUN"
    cause: str = _NOT_REACHED
    error: str = ""
    started_at: datetime | None = None
    seconds: float | None = None
    cached_from: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    inputs: Sequence[Port] = ()
    outputs: Sequence[Port] = ()
    tries: int = 1


@dataclass(frozen=True)
class RunFacts:
    """What the catalog knows of one run.

    Attributes
    ----------
    run_id, pipeline_name, state : str
        Which run, of what, and how it stands.
    started_at : datetime
        When, in UTC.
    seconds : float or None
        How long it took; None while it runs.
    parameters : mapping
        Values of the runtime parameters.
    base_run_id : str or None
        The run whose outputs stand in for what was left out.
    root : Path
        Its pipeline root.
    nodes : mapping of str to NodeFact
        By id: in the order of the pipeline where the run's record tells it, else of the
        executions.
    upstream : mapping of str to list of str
        Which node waits for which.
    artifacts : mapping of int to ArtifactFact
        All that the nodes read or made, by number.
    later_runs : int
        How many runs of the pipeline began after it.
    """

    run_id: str
    pipeline_name: str
    state: str
    started_at: datetime
    seconds: float | None
    parameters: Mapping[str, Any]
    base_run_id: str | None
    root: Path
    nodes: Mapping[str, NodeFact]
    upstream: Mapping[str, list[str]]
    artifacts: Mapping[int, ArtifactFact]
    later_runs: int = 0

    @cached_property
    def made(self) -> list[tuple[NodeFact, Port, ArtifactFact]]:
        """What came out of the nodes, new or from the cache; not what a Resolver chose."""
        return [
            (node, port, self.artifacts[port.artifact_id])
            for node in self.nodes.values()
            if not node.type.endswith(".Resolver")
            for port in node.outputs
            if port.artifact_id in self.artifacts
        ]

    def of_type(self, *types: str) -> list[tuple[NodeFact, Port, ArtifactFact]]:
        """Return what came out of the nodes, of some artifact types."""
        return [each for each in self.made if each[2].type in types]


def read_run(catalog: Catalog, ask: Ask, run_id: str) -> RunFacts:
    """Return what the catalog knows of a run; ``latest`` is the newest.

    Raises
    ------
    CatalogError
        If there is no such run.
    """
    known = [row["run_id"] for row in ask("SELECT run_id FROM runs ORDER BY run_id")]
    chosen = known[-1] if run_id == "latest" and known else run_id
    if chosen not in known:
        raise CatalogError(
            f"there is no run {run_id!r} below {catalog.root}. {did_you_mean(run_id, known)} "
            "All of them: minitfx runs"
        )
    (row,) = ask(
        "SELECT r.*, (SELECT count(*) FROM runs l WHERE l.pipeline_name = r.pipeline_name "
        f"AND l.run_id > r.run_id) AS later FROM runs r WHERE run_id = {literal(chosen)}"
    )
    root = Path(row["root"]) if row["root"] else catalog.home
    events = _events(ask, chosen)
    nodes = _nodes(ask, chosen, events)
    records = catalog.records if root == catalog.root else Records(root)
    upstream = _upstream(records, chosen, nodes)
    ordered = [*upstream, *(name for name in nodes if name not in upstream)]
    return RunFacts(
        chosen,
        row["pipeline_name"],
        row["state"],
        row["started_at"],
        row["seconds"],
        json.loads(row["parameters"] or "{}"),
        row["base_run_id"],
        root,
        {name: nodes.get(name, NodeFact(name)) for name in ordered},
        upstream,
        read_artifacts(ask, {port.artifact_id for found in events.values() for _, port in found}),
        row["later"],
    )


def read_artifacts(ask: Ask, ids: set[int]) -> dict[int, ArtifactFact]:
    """Return artifacts by number; unknown ones are left out."""
    chosen = f"artifact_id IN {in_list(sorted(ids))}"
    properties: dict[int, dict[str, Any]] = {}
    for row in ask(f"SELECT * FROM properties WHERE {chosen} ORDER BY is_custom, name"):
        properties.setdefault(row["artifact_id"], {})[row["name"]] = json.loads(row["value"])
    return {
        row["artifact_id"]: ArtifactFact(
            row["artifact_id"],
            row["type"],
            row["uri"],
            row["state"],
            row["digest"] or "",
            row["run_id"] or "",
            row["node_id"] or "",
            row["output_key"] or "",
            row["bytes"],
            properties.get(row["artifact_id"], {}),
        )
        for row in ask(f"SELECT * FROM artifacts WHERE {chosen} ORDER BY artifact_id")
    }


def _events(ask: Ask, run_id: str) -> dict[int, list[tuple[str, Port]]]:
    """Return what each execution of a run read and made."""
    found: dict[int, list[tuple[str, Port]]] = {}
    for row in ask(
        "SELECT execution_id, type, key, artifact_id FROM events "
        f"WHERE run_id = {literal(run_id)} ORDER BY execution_id, type, key, position"
    ):
        port = Port(row["key"], row["artifact_id"])
        found.setdefault(row["execution_id"], []).append((row["type"], port))
    return found


def _nodes(
    ask: Ask, run_id: str, events: Mapping[int, Sequence[tuple[str, Port]]]
) -> dict[str, NodeFact]:
    parameters: dict[int, dict[str, str]] = {}
    for row in ask(
        "SELECT execution_id, name, value FROM parameters JOIN nodes USING (execution_id) "
        f"WHERE run_id = {literal(run_id)} ORDER BY execution_id, name"
    ):
        parameters.setdefault(row["execution_id"], {})[row["name"]] = row["value"]
    found: dict[str, NodeFact] = {}
    for row in ask(f"SELECT * FROM nodes WHERE run_id = {literal(run_id)} ORDER BY execution_id"):
        name, id = row["node_id"], row["execution_id"]
        ports = events.get(id, [])
        found[name] = NodeFact(
            name,
            id,
            row["type"],
            row["state"],
            row["cause"] or "",
            row["error"] or "",
            row["started_at"],
            row["seconds"],
            row["cached_from"],
            parameters.get(id, {}),
            [port for type, port in ports if type == "INPUT"],
            [port for type, port in ports if type != "INPUT"],
            1 + (found[name].tries if name in found else 0),
        )
    return found


def _upstream(records: Records, run_id: str, nodes: Mapping[str, NodeFact]) -> dict[str, list[str]]:
    """Return the run's own record of its pipeline; without one, what the executions read."""
    run = records.run(run_id)
    if run is not None and run.upstream:
        return run.upstream
    makers = {port.artifact_id: name for name, each in nodes.items() for port in each.outputs}
    read = {
        name: [makers[port.artifact_id] for port in each.inputs if port.artifact_id in makers]
        for name, each in nodes.items()
    }
    return {name: list(dict.fromkeys(sources)) for name, sources in read.items()}
