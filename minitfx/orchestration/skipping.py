"""When a node is skipped: its condition is false, or what it needs was skipped."""

from __future__ import annotations

from collections.abc import Collection

from minitfx.channel import channels
from minitfx.component import Component
from minitfx.errors import PipelineError
from minitfx.node import Node
from minitfx.orchestration.situation import Situation, artifacts_of
from minitfx.parameter import substitute
from minitfx.placeholder import Placeholder, describe
from minitfx.scope import Scope, evaluate


def reason_to_skip(node: Node, skipped: Collection[str], situation: Situation) -> str:
    """Return why a node is to be skipped; empty if it is to run.

    A node is skipped if one of its conditions asks a node that was skipped, or is false; if
    everything behind a required input, or a placeholder of a parameter, was skipped; or if
    everything that it waits for was. Conditions are asked from the outermost on.

    Parameters
    ----------
    node : Node
        A node whose upstream nodes have ended, none of them badly.
    skipped : collection of str
        The nodes of the run that were skipped.
    situation : Situation
        The run.

    Raises
    ------
    ResolutionError
        If a condition asks for what is not there.
    PipelineError
        If a condition is neither true nor false.
    """
    for condition in node.conditions:
        asked = [each.id for channel in channels(condition) for each in channel.producers]
        for name in asked:
            if name in skipped:
                return f"its condition asks {name}, which was skipped"
        truth = _value(condition, situation)
        if not isinstance(truth, bool):
            raise PipelineError(f"{node.id}: its condition {describe(condition)} gave {truth!r}")
        if not truth:
            return f"its condition is false: {describe(condition)}{_found(condition, situation)}"
    for key, producers in _needs(node).items():
        if producers and all(name in skipped for name in producers):
            return f"it needs {key} of {', '.join(producers)}, skipped before"
    waits_for = [each.id for each in node.upstream_nodes]
    if waits_for and all(name in skipped for name in waits_for):
        return f"all that it waits for was skipped: {', '.join(waits_for)}"
    return ""


def _needs(node: Node) -> dict[str, list[str]]:
    """Return the nodes behind each input that must be there, and behind parameters."""
    declared = node.declaration if isinstance(node, Component) else None
    needs: dict[str, list[str]] = {}
    for key, channel in node.inputs.items():
        if declared is None or not declared.may_be_empty(key):
            needs[key] = [each.id for each in channel.producers]
    for key, value in node.exec_properties.items():
        for channel in channels(value):
            needs[f"{key} ({channel!r})"] = [each.id for each in channel.producers]
    return needs


def _value(asked: object, situation: Situation) -> object:
    scope = Scope(channel=lambda channel: artifacts_of(channel, situation))
    return evaluate(substitute(asked, situation.parameters), scope)


def _found(condition: Placeholder, situation: Situation) -> str:
    """Say what a simple comparison found."""
    asked = condition.operands[0]
    if condition.operation in ("and", "or", "not") or not isinstance(asked, Placeholder):
        return ""
    return f" (it is {_value(asked, situation)!r})"
