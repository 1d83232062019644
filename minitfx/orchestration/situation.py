"""What a node of a run finds: the artifacts behind its channels, the values of its parameters."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from minitfx.artifact import Artifact
from minitfx.catalog.questions import artifacts, latest_good
from minitfx.catalog.store import Catalog
from minitfx.channel import Channel, OutputChannel, UnionChannel
from minitfx.errors import CatalogLockedError, ParameterError, ResolutionError, did_you_mean
from minitfx.node import Node
from minitfx.parameter import runtime_parameters, substitute
from minitfx.placeholder import is_placeholder
from minitfx.scope import Scope, evaluate

_PATIENCE_S = 2.0


@dataclass
class Situation:
    """What a node of a run finds: the catalog, the chosen parameters, what others made.

    Attributes
    ----------
    run_id, pipeline_name : str
        The run.
    catalog : Catalog
        Where it is recorded.
    parameters : dict
        Values of the runtime parameters.
    made : dict of str to dict
        Outputs of the nodes that have finished, by node id.
    """

    run_id: str
    pipeline_name: str
    catalog: Catalog
    parameters: Mapping[str, Any]
    made: dict[str, Mapping[str, list[Artifact]]] = field(default_factory=dict)

    @cached_property
    def earlier(self) -> dict[str, int]:
        """The latest execution of each node that computed or was served, from before this run.

        Nobody who holds the catalog keeps a run from going on: there is nothing to compare with
        then.
        """
        try:
            return self.catalog.with_patience(_PATIENCE_S).ask(
                lambda connection: latest_good(connection, self.pipeline_name, self.run_id)
            )
        except CatalogLockedError as error:
            logging.getLogger("minitfx").warning("cannot tell what changed: %s", error)
            return {}


def gather(node: Node, situation: Situation) -> dict[str, list[Artifact]]:
    """Return the artifacts of every input of a node."""
    return {key: artifacts_of(channel, situation) for key, channel in node.inputs.items()}


def artifacts_of(channel: Channel[Any], situation: Situation) -> list[Artifact]:
    """Return the artifacts behind a channel.

    Of an output: what its node made in this run. Of a bare channel: what the catalog knows of
    its kind, newest first.
    """
    if isinstance(channel, UnionChannel):
        return [found for each in channel.channels for found in artifacts_of(each, situation)]
    if isinstance(channel, OutputChannel):
        made = situation.made.get(channel.producer.id, {})
        return list(made.get(channel.output_key or "", []))
    return artifacts(
        situation.catalog,
        channel.type,
        channel.pipeline_name or situation.pipeline_name,
        channel.producer_component_id,
        channel.output_key,
    )


def is_open(value: Any) -> bool:
    """Whether only a run knows a value: it holds a runtime parameter or a placeholder."""
    return bool(runtime_parameters(value)) or is_placeholder(value)


def arguments_of(
    node: Node, inputs: Mapping[str, list[Artifact]], situation: Situation
) -> dict[str, Any]:
    """Return the values of a node's parameters in a run.

    Parameters
    ----------
    node : Node
        The node.
    inputs : mapping of str to list of Artifact
        The artifacts of its inputs.
    situation : Situation
        The run.

    Returns
    -------
    dict of str to object
        By name; only what asks for the node's own outputs is still a placeholder.

    Raises
    ------
    ResolutionError
        If a placeholder asks for what is not there.
    ParameterError
        If parameters ask for each other in a circle, or an environment variable is not set.
    """
    written = node.exec_properties
    known: dict[str, Any] = {}
    asking: list[str] = []

    def value_of(name: str) -> Any:
        if name in known:
            return known[name]
        if name not in written:
            raise ResolutionError(
                f"{node.id} has no parameter {name!r}. {did_you_mean(name, written)}"
            )
        if name in asking:
            circle = " -> ".join([*asking[asking.index(name) :], name])
            raise ParameterError(f"{node.id}: parameters ask for each other: {circle}")
        value = written[name]
        if is_open(value):
            asking.append(name)
            value = evaluate(substitute(value, situation.parameters), scope)
            asking.pop()
        known[name] = value
        return value

    scope = Scope(
        inputs=inputs,
        parameter=value_of,
        channel=lambda channel: artifacts_of(channel, situation),
        facts=facts(node, situation),
    )
    return {name: value_of(name) for name in written}


def facts(node: Node, situation: Situation) -> dict[str, str]:
    """Return what ``runtime_info`` tells a node."""
    return {
        "node_id": node.id,
        "pipeline_name": situation.pipeline_name,
        "pipeline_root": str(situation.catalog.root),
        "run_id": situation.run_id,
    }
