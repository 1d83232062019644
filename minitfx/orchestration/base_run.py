"""The earlier run whose outputs stand in for the nodes that a partial run leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from minitfx.catalog.questions import base_run
from minitfx.catalog.store import Catalog
from minitfx.errors import ResolutionError
from minitfx.execution import Execution, State
from minitfx.node import Node
from minitfx.orchestration.situation import Situation
from minitfx.orchestration.step import damage, record_ended
from minitfx.pipeline import Pipeline


@dataclass(frozen=True)
class Base:
    """What stands in for the nodes that are left out.

    Attributes
    ----------
    run_id : str or None
        The earlier run; None if nothing is left out, or nothing ever ran.
    executions : dict of str to int
        Its executions, by node, of the nodes that are left out.
    needed : frozenset of str
        Those among them whose outputs the chosen nodes read.
    """

    run_id: str | None = None
    executions: Mapping[str, int] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()


def find_base(
    pipeline: Pipeline, chosen: Sequence[str], catalog: Catalog, run_id: str | None
) -> Base:
    """Return the earlier run that stands in for the nodes that are left out.

    As in TFX, a node that the chosen ones read from must be in it, and one that has nothing to
    do with them is taken over if it is; what comes after the chosen nodes is not. A partial run
    may be the base of another.

    Parameters
    ----------
    pipeline : Pipeline
        The whole pipeline.
    chosen : sequence of str
        The nodes that run.
    catalog : Catalog
        What ran before.
    run_id : str or None
        The earlier run; the latest that has all that is needed unless said.

    Raises
    ------
    ResolutionError
        If no run has all that is needed complete, or the run that was asked for has nothing.
    """
    needs = needed(pipeline, chosen)
    others = [name for name in _beside(pipeline, chosen) if name not in needs]
    if not needs and not others:
        return Base(run_id)
    found, executions = catalog.ask(
        lambda connection: base_run(connection, pipeline.pipeline_name, needs, others, run_id)
    )
    if run_id is not None and found is None:
        raise ResolutionError(
            f"run {run_id} of {pipeline.pipeline_name!r} has nothing that could be taken over, if "
            "it exists; see: minitfx runs"
        )
    missing = [name for name in needs if name not in executions]
    if missing:
        lack = f"run {run_id} does not have" if run_id else "no earlier run has"
        raise ResolutionError(
            f"{', '.join(missing)}: left out, but needed, and {lack} all complete that is left "
            "out and needed; leave out fewer nodes"
        )
    return Base(found, executions, frozenset(needs))


def stand_ins(pipeline: Pipeline, base: Base, situation: Situation) -> list[tuple[Node, Execution]]:
    """Record earlier executions as those of the nodes that are left out.

    Raises
    ------
    ResolutionError
        If what a needed node made is no longer there.
    """
    recorded = []
    for name in pipeline.nodes:
        if name in base.executions:
            earlier = situation.catalog.records.execution(base.executions[name])
            harm = damage(earlier.outputs) if earlier else "there is no record"
            if earlier is not None and not harm:
                node = pipeline.nodes[name]
                recorded.append((node, _taken_over(node, earlier, situation)))
            elif name in base.needed:
                raise ResolutionError(
                    f"{name} is left out of this run, but of run {base.run_id} {harm}; let it run "
                    "too"
                )
    return recorded


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


def _beside(pipeline: Pipeline, chosen: Sequence[str]) -> list[str]:
    """Return the nodes that are neither chosen nor come after a chosen one."""
    after = set(chosen)
    for name, node in pipeline.nodes.items():
        if any(each.id in after for each in node.upstream_nodes):
            after.add(name)
    return [name for name in pipeline.nodes if name not in after]


def _taken_over(node: Node, earlier: Execution, situation: Situation) -> Execution:
    return record_ended(
        node,
        situation,
        State.CACHED,
        f"left out of this run; taken from run {earlier.run_id}",
        served_by=earlier,
        fingerprint=earlier.fingerprint,
        ingredients=earlier.ingredients,
        files=earlier.files,
        internal=earlier.internal,
    )
