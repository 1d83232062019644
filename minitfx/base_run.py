"""The earlier run whose outputs stand in for the nodes that a partial run leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from minitfx.catalog.questions import base_run
from minitfx.errors import ResolutionError
from minitfx.execution import Execution, State
from minitfx.node import Node
from minitfx.pipeline import Pipeline
from minitfx.situation import Situation
from minitfx.step import damage, record_ended


def stand_ins(
    pipeline: Pipeline, chosen: Sequence[str], situation: Situation, base_run_id: str | None
) -> list[tuple[Node, Execution]]:
    """Record earlier executions as those of the nodes that are left out but read from.

    Parameters
    ----------
    pipeline : Pipeline
        The whole pipeline.
    chosen : sequence of str
        The nodes that run.
    situation : Situation
        The run.
    base_run_id : str or None
        The earlier run; the latest that has them all unless said.

    Raises
    ------
    ResolutionError
        If no run has them all complete, or what one made is no longer there.
    """
    names = needed(pipeline, chosen)
    if not names:
        return []
    found = situation.catalog.ask(
        lambda connection: base_run(connection, pipeline.pipeline_name, names, base_run_id)
    )
    missing = [name for name in names if name not in found]
    if missing:
        where = f"run {base_run_id}" if base_run_id else "no earlier run"
        raise ResolutionError(
            f"{', '.join(missing)}: left out, but needed, and {where} has them complete beside "
            "the others that are left out; leave out fewer nodes"
        )
    return [_stand_in(pipeline.nodes[name], found[name], situation) for name in names]


def needed(pipeline: Pipeline, chosen: Sequence[str]) -> list[str]:
    """Return the nodes that are not chosen but whose outputs the chosen ones read."""
    inside = set(chosen)
    found = {
        each.id
        for name in chosen
        for each in pipeline.nodes[name].upstream_nodes
        if each.id not in inside
    }
    return [name for name in pipeline.nodes if name in found]


def _stand_in(node: Node, id: int, situation: Situation) -> tuple[Node, Execution]:
    earlier = situation.catalog.records.execution(id)
    if earlier is None:
        raise ResolutionError(f"the record of {node.id}, execution {id}, is gone")
    harm = damage(earlier.outputs)
    if harm:
        raise ResolutionError(
            f"{node.id} is left out of this run, but of run {earlier.run_id} {harm}; let it run too"
        )
    execution = record_ended(
        node,
        situation,
        State.CACHED,
        f"left out of this run; taken from run {earlier.run_id}",
        served_by=earlier,
        fingerprint=earlier.fingerprint,
        ingredients=earlier.ingredients,
    )
    return node, execution
