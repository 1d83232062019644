"""All that is known of each node: its parameters, what it read and made, its error and its log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minitfx.catalog.sql import literal
from minitfx.reports.blocks import Block, Cell, Facts, Fold, Pre, Section, Table, Text
from minitfx.reports.overview import error_text
from minitfx.reports.payloads import tail
from minitfx.reports.run_facts import ArtifactFact, NodeFact, Port, RunFacts
from minitfx.reports.wording import counted, duration, moment, size, value_text

MOST = 200
_MOST_PORTS = 50
_LOG_BYTES = 4_000
_GOOD = ("COMPLETE", "CACHED", "SKIPPED")


def places_of(facts: RunFacts) -> dict[str, str]:
    """Return where on the page each node's details are: of those that have any."""
    ranked = sorted(facts.nodes.values(), key=lambda each: each.state in _GOOD)
    kept = {each.node_id for each in ranked[:MOST]}
    chosen = [name for name in facts.nodes if name in kept]
    return {name: f"node-{number}" for number, name in enumerate(chosen, 1)}


def details(facts: RunFacts, places: dict[str, str]) -> Section:
    """Return a fold for every node that has a place."""
    blocks: list[Block] = [_fold(facts, facts.nodes[name], id) for name, id in places.items()]
    left_out = len(facts.nodes) - len(places)
    if left_out:
        sql = f"SELECT * FROM events WHERE run_id = {literal(facts.run_id)}"
        blocks.append(Text(f"{counted(left_out, 'node')} left out; what they read: {sql}", "quiet"))
    return Section("details", "Node by node", blocks)


def _fold(facts: RunFacts, node: NodeFact, id: str) -> Fold:
    blocks: list[Block] = [Facts(_facts(facts, node))]
    if node.error:
        blocks.append(Pre(f"Error of {node.node_id}", error_text(node)))
    if node.inputs:
        blocks.append(_ports(facts, node, "read", node.inputs))
    if node.outputs:
        made = "chose" if node.type.endswith(".Resolver") else "made, or what served"
        blocks.append(_ports(facts, node, made, node.outputs))
    given = [(name, value) for name, value in node.parameters.items() if value != "null"]
    if given:
        rows = [[Cell(name), Cell(value_text(value), "code")] for name, value in given]
        blocks.append(
            Table(f"Parameters of {node.node_id} that are not null", ("Parameter", "Value"), rows)
        )
    log = tail(_log_of(facts, node), _LOG_BYTES) if node.execution_id else ""
    if log.strip():
        blocks.append(Pre(f"What {node.node_id} printed last", log))
    note = " · ".join(filter(None, [node.state, duration(node.seconds)]))
    tone = f"state {node.state.lower().replace(' ', '-')}"
    return Fold(node.node_id, note, blocks, node.state == "FAILED", id, tone)


def _facts(facts: RunFacts, node: NodeFact) -> list[tuple[str, Cell]]:
    rows = [("Why", Cell(node.cause or "nothing is recorded"))]
    if node.type:
        rows.append(("Component", Cell(node.type, "code")))
    waits = facts.upstream.get(node.node_id)
    if waits:
        rows.append(("Waits for", Cell(", ".join(waits))))
    if node.execution_id is not None:
        rows.append(("Execution", Cell(str(node.execution_id))))
        rows.append(("Started", Cell(moment(node.started_at))))
    if node.cached_from is not None:
        rows.append(("Served by execution", Cell(str(node.cached_from))))
    if node.tries > 1:
        rows.append(("Tries", Cell(str(node.tries))))
    return rows


def _ports(facts: RunFacts, node: NodeFact, did: str, ports: Sequence[Port]) -> Table:
    rows = [
        artifact_row(facts, port.key, facts.artifacts[port.artifact_id])
        for port in ports[:_MOST_PORTS]
        if port.artifact_id in facts.artifacts
    ]
    sql = (
        "SELECT * FROM events JOIN artifacts USING (artifact_id) "
        f"WHERE execution_id = {node.execution_id}"
    )
    caption = f"What {node.node_id} {did}"
    return Table(caption, ("Key", *ARTIFACT_COLUMNS), rows, len(ports), sql, "artifacts")


ARTIFACT_COLUMNS = ("Type", "Artifact", "Made by", "Digest", "Size", "Payload")


def artifact_row(facts: RunFacts, key: str, artifact: ArtifactFact) -> list[Cell]:
    """Return what a table says of an artifact, under a name of its own and `ARTIFACT_COLUMNS`."""
    where = "this run" if artifact.run_id == facts.run_id else f"run {artifact.run_id}"
    made_by = f"{artifact.node_id} {artifact.key}, {where}" if artifact.node_id else "not recorded"
    return [
        Cell(key),
        Cell(artifact.type),
        Cell(str(artifact.id), "num"),
        Cell(made_by),
        Cell(artifact.digest[:12], "code", title=artifact.digest),
        Cell(size(artifact.bytes), "num"),
        payload_cell(artifact),
    ]


def payload_cell(artifact: ArtifactFact) -> Cell:
    """Return where a payload is, and whether it is still there."""
    if artifact.state != "live":
        return Cell(f"{artifact.state.replace('_', ' ')}: {artifact.uri}", "code bad")
    if "://" not in artifact.uri and not artifact.is_there:
        return Cell(f"no longer there: {artifact.uri}", "code bad")
    return Cell(artifact.uri, "code")


def _log_of(facts: RunFacts, node: NodeFact) -> Path:
    return facts.root / ".system" / "logs" / f"{node.execution_id}.log"
