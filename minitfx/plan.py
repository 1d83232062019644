"""The plan of a pipeline: what it is made of, in JSON that is stable and can be compared."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minitfx.channel import Channel, OutputChannel
from minitfx.component import Component
from minitfx.errors import ParameterError
from minitfx.node import Node
from minitfx.options import NodeOptions
from minitfx.parameter import RuntimeParameter, encode
from minitfx.placeholder import Placeholder, describe


def plan_of(
    nodes: Mapping[str, Node],
    runtime_parameters: Mapping[str, RuntimeParameter],
    home: Path | None = None,
) -> dict[str, Any]:
    """Return the nodes of a pipeline, their wiring, parameters and conditions.

    Parameters
    ----------
    nodes : mapping of str to Node
        The nodes, by id.
    runtime_parameters : mapping of str to RuntimeParameter
        Those that they have, by name.
    home : Path, optional
        A folder; paths below it are written relative to it, as ``./…``.

    Notes
    -----
    Code is named by module and function, not by its file, so that the plan is the same on another
    machine. Placeholders and conditions are written as they read.
    """
    return {
        "runtime_parameters": {
            name: _runtime_parameter(each) for name, each in sorted(runtime_parameters.items())
        },
        "nodes": {name: _node(node, home) for name, node in nodes.items()},
    }


def _runtime_parameter(parameter: RuntimeParameter) -> dict[str, Any]:
    return {
        "type": parameter.ptype.__name__,
        "default": parameter.default,
        "description": parameter.description,
    }


def _node(node: Node, home: Path | None) -> dict[str, Any]:
    plan: dict[str, Any] = {
        "kind": node.KIND,
        "type": f"{type(node).__module__}.{type(node).__qualname__}",
        "inputs": {key: _wiring(channel) for key, channel in sorted(node.inputs.items())},
        "outputs": {key: channel.type_name for key, channel in sorted(node.outputs.items())},
        "parameters": {
            key: _written(value, home) for key, value in sorted(node.exec_properties.items())
        },
        "after": sorted(each.id for each in node.upstream_nodes),
    }
    if node.conditions:
        plan["conditions"] = [describe(each) for each in node.conditions]
    if node.cache is not None:
        plan["cache"] = node.cache
    if node.execution_options != NodeOptions():
        plan["options"] = {
            key: "none" if value == math.inf else value
            for key, value in sorted(asdict(node.execution_options).items())
            if value not in (None, {})
        }
    if isinstance(node, Component):
        optional = [key for key, each in node.declaration.outputs.items() if each.optional]
        plan |= {"optional_outputs": sorted(optional)} if optional else {}
    return plan


def _wiring(channel: Channel[Any]) -> list[dict[str, Any]]:
    return [
        {"node": each.producer.id, "output": each.output_key}
        if isinstance(each, OutputChannel)
        else {
            key: value
            for key, value in (
                ("type", each.type_name),
                ("node", each.producer_component_id),
                ("output", each.output_key),
                ("pipeline", each.pipeline_name),
            )
            if value is not None
        }
        for each in getattr(channel, "channels", [channel])
    ]


def _written(value: Any, home: Path | None) -> Any:
    """Return a parameter's value for a plan; of what cannot be written down, its type."""
    if isinstance(value, Placeholder):
        return {"$placeholder": describe(value)}
    if isinstance(value, (list, tuple)):
        return [_written(each, home) for each in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _written(each, home) for key, each in sorted(value.items())}
    try:
        return _without_places(json.loads(json.dumps(encode(value), sort_keys=True)), home)
    except (ParameterError, TypeError, ValueError):
        return {"$value": f"{type(value).__module__}.{type(value).__qualname__}"}


def _without_places(value: Any, home: Path | None) -> Any:
    if isinstance(value, list):
        return [_without_places(each, home) for each in value]
    if isinstance(value, str) and home is not None and value.startswith(f"{home}{os.sep}"):
        return f"./{Path(value).relative_to(home).as_posix()}"
    if isinstance(value, dict):
        if set(value) == {"$code"}:
            return {"$code": [value["$code"]["module"], *value["$code"]["names"]]}
        return {key: _without_places(each, home) for key, each in value.items()}
    return value
