"""How far one comes in the graph of artifacts and executions."""

from __future__ import annotations

from collections.abc import Iterable

from minitfx.catalog.sql import in_list, literal

REACHED = "reached"
"""The table that `reach_statement` makes."""

REACHED_ARTIFACTS = f"SELECT node FROM {REACHED} WHERE node > 0"
REACHED_EXECUTIONS = f"SELECT -node FROM {REACHED} WHERE node < 0"

_MADE_FROM = "type = 'OUTPUT'"
_MADE_INTO = "type = 'INPUT'"
_DEPTH = "12 * year(hops) + month(hops)"


def reach_statement(
    artifacts: Iterable[int], executions: Iterable[int], way: str, max_hops: int
) -> str:
    """Return what makes the table of all that is reached, with the number of hops to it.

    Its ``node`` is the id of an artifact, or that of an execution with a minus before it.

    Parameters
    ----------
    artifacts, executions : iterable of int
        Where to start.
    way : {"upstream", "downstream", "bidirectional"}
        Towards what was used, towards what was made, or any way.
    max_hops : int
        How many hops at most.

    Notes
    -----
    One pass over the events for each hop. For ``hops`` see ``lineage.sql``.
    """
    nodes = [*(int(id) for id in artifacts), *(-int(id) for id in executions)]
    starts = ", ".join(f"({node})" for node in nodes) or "(NULL)"
    steps = " UNION ALL ".join(
        f"SELECT {_source(each)} AS source, {_target(each)} AS target "
        "FROM event WHERE type IN ('INPUT', 'OUTPUT')"
        for each in _ways(way)
    )
    return (
        f"CREATE OR REPLACE TEMP TABLE {REACHED} AS "
        f"WITH RECURSIVE step AS MATERIALIZED ({steps}), found(node, hops) AS ("
        f"SELECT node::BIGINT, INTERVAL 0 DAY FROM (VALUES {starts}) s(node) "
        "UNION SELECT step.target, found.hops + INTERVAL 1 MONTH - INTERVAL 30 DAY "
        "FROM found JOIN step ON step.source = found.node "
        f"WHERE {_DEPTH} < {literal(int(max_hops))} GROUP BY ALL"
        f") SELECT node, {_DEPTH} AS depth FROM found"
    )


def passed(way: str, max_hops: int) -> str:
    """Return the condition on events that lead on from what was reached."""
    inner = f"SELECT node FROM {REACHED} WHERE depth < {literal(int(max_hops))}"
    either = " OR ".join(f"{_source(each)} IN ({inner})" for each in _ways(way))
    return f"type IN {in_list(('INPUT', 'OUTPUT'))} AND ({either})"


def _ways(way: str) -> list[str]:
    return ["upstream", "downstream"] if way == "bidirectional" else [way]


def _source(way: str) -> str:
    """Return the node that an event leads on from."""
    from_artifact = _MADE_FROM if way == "upstream" else _MADE_INTO
    return f"CASE WHEN {from_artifact} THEN artifact_id ELSE -execution_id END"


def _target(way: str) -> str:
    """Return the node that an event leads to."""
    from_artifact = _MADE_FROM if way == "upstream" else _MADE_INTO
    return f"CASE WHEN {from_artifact} THEN -execution_id ELSE artifact_id END"
