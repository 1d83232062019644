"""How a run ended: its facts, its verdicts, what failed, and its nodes as a picture and a table."""

from __future__ import annotations

import json
from collections import Counter

from minitfx.catalog.sql import literal
from minitfx.reports.blocks import Block, Cell, Facts, Pre, Section, Table, Text
from minitfx.reports.graph import Look, draw
from minitfx.reports.run_facts import NodeFact, RunFacts
from minitfx.reports.verdict import verdicts_of
from minitfx.reports.wording import counted, duration, moment, shortened

MOST_NODES = 500
_MOST_BOXES = 120
_MOST_ERRORS = 20
_ERROR_LETTERS = 20_000
_GOOD = ("COMPLETE", "CACHED")
_BAD = ("FAILED", "ABANDONED", "CANCELED")
_IDLE = ("BLOCKED", "SKIPPED")


def facts_of_run(facts: RunFacts) -> Facts:
    """Return when, how long, with which parameters, and how many nodes ended how."""
    states = Counter(each.state for each in facts.nodes.values())
    counts = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    rows = [
        ("Started", Cell(moment(facts.started_at))),
        ("Took", Cell(duration(facts.seconds) or "it has not ended")),
        ("Nodes", Cell(counts or "none")),
        ("Pipeline root", Cell(str(facts.root), "code")),
    ]
    if facts.base_run_id:
        rows.append(("Left-out nodes from run", Cell(facts.base_run_id)))
    if facts.later_runs:
        rows.append(("Since then", Cell(counted(facts.later_runs, "later run"))))
    rows += [
        (f"Parameter {name}", Cell(shortened(json.dumps(value, ensure_ascii=False), 500), "code"))
        for name, value in facts.parameters.items()
    ]
    return Facts(rows)


def outcome(facts: RunFacts) -> Section:
    """Return the verdicts of the run's nodes, and of a failed node how it failed."""
    ended_badly = [
        (node.node_id, Cell(shortened(node.cause, 500), "bad"))
        for node in facts.nodes.values()
        if node.state in _BAD
    ]
    verdicts = [
        (node.node_id, cell) for node in facts.nodes.values() for cell in verdicts_of(facts, node)
    ]
    rows = [*ended_badly, *verdicts]
    blocks: list[Block] = [Facts(rows[:MOST_NODES])] if rows else []
    if len(rows) > MOST_NODES:
        sql = f"SELECT node_id, state, cause FROM nodes WHERE run_id = {literal(facts.run_id)}"
        blocks.append(Text(f"{counted(len(rows) - MOST_NODES, 'more line')}: {sql}", "quiet"))
    if facts.state == "DELETED":
        blocks.insert(0, Text("This run was deleted, and with it what only it needed.", "bad"))
    if facts.state == "RUNNING":
        blocks.insert(0, Text("This run has not ended: the page shows how it stood.", "quiet"))
    return Section("outcome", "Outcome", blocks)


def errors(facts: RunFacts) -> Section:
    """Return the texts of the errors."""
    failed = [each for each in facts.nodes.values() if each.error]
    blocks: list[Block] = [
        Pre(f"{node.node_id} failed", error_text(node)) for node in failed[:_MOST_ERRORS]
    ]
    if len(failed) > _MOST_ERRORS:
        more = len(failed) - _MOST_ERRORS
        sql = f"SELECT node_id, error FROM nodes WHERE run_id = {literal(facts.run_id)}"
        blocks.append(Text(f"{counted(more, 'more error')}: {sql}", "quiet"))
    return Section("errors", "Errors", blocks)


def error_text(node: NodeFact) -> str:
    """Return the end of a node's error, which says most."""
    text = node.error
    return text if len(text) <= _ERROR_LETTERS else f"…{text[-_ERROR_LETTERS:]}"


def nodes(facts: RunFacts, places: dict[str, str]) -> Section:
    """Return the picture of the pipeline, and a table of its nodes.

    Parameters
    ----------
    facts : RunFacts
        The run.
    places : dict of str to str
        Node id to where on the page more is said of it.
    """
    shown = _most_telling(facts, _MOST_BOXES)
    looks = {name: _look(facts.nodes[name], places.get(name, "")) for name in shown}
    rows = [_node_row(facts, each, places) for each in list(facts.nodes.values())[:MOST_NODES]]
    table = Table(
        "What became of every node, and why",
        ("Node", "State", "Why", "Took", "It says"),
        rows,
        len(facts.nodes),
        f"SELECT * FROM nodes WHERE run_id = {literal(facts.run_id)} ORDER BY execution_id",
        "nodes",
    )
    return Section("nodes", "Nodes", [draw(facts.upstream, looks), table] if rows else [])


def _most_telling(facts: RunFacts, most: int) -> list[str]:
    """Return the nodes to draw: those that did not end well before the others, in their order."""
    if len(facts.nodes) <= most:
        return list(facts.nodes)
    ranked = sorted(facts.nodes, key=lambda name: facts.nodes[name].state in _GOOD)
    kept = set(ranked[:most])
    return [name for name in facts.nodes if name in kept]


def _look(node: NodeFact, href: str) -> Look:
    note = duration(node.seconds) if node.state in ("COMPLETE", *_BAD) else ""
    return Look(node.state, note, href)


def _node_row(facts: RunFacts, node: NodeFact, places: dict[str, str]) -> list[Cell]:
    said = "; ".join(each.text for each in verdicts_of(facts, node))
    why = shortened(node.cause, 300) + (f" (try {node.tries})" if node.tries > 1 else "")
    return [
        Cell(node.node_id, href=places.get(node.node_id, "")),
        Cell(node.state, f"state {node.state.lower().replace(' ', '-')}"),
        Cell(why),
        Cell("" if node.state in _IDLE else duration(node.seconds), "num"),
        Cell(shortened(said, 300)),
    ]
