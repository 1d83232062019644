"""Nodes written as the expressions that they stand for, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitfx.transform.columntype import ColumnType
from minitfx.transform.tape import Node

_HIDDEN = frozenset({"name", "required", "kind", "store_frequency", "of_numbers"})
_USUAL = {"order": "frequency", "default_value": -1}
_LONGEST = 60


def expressions(nodes: Sequence[Node]) -> list[str]:
    """Return every node of a tape as text, such as ``z_score(fare, mean(fare), variance(fare))``.

    Notes
    -----
    O(nodes): what an operation is applied to is cut short, to ``join(fare, …)``, where it is
    long; the column is the first that it is computed from.
    """
    found: list[str] = []
    sources: list[str] = []
    for node in nodes:
        found.append(_expression(nodes, node, found, sources))
        sources.append(_source(node, sources))
    return found


def _source(node: Node, sources: Sequence[str]) -> str:
    if node.op == "input":
        return f"{node.parameters['name']}, "
    return next((sources[at] for at in node.of if sources[at]), "")


def expression(nodes: Sequence[Node], place: int) -> str:
    """Return one node as text; see `expressions`."""
    return expressions(nodes[: place + 1])[place]


def _expression(
    nodes: Sequence[Node], node: Node, known: Sequence[str], sources: Sequence[str]
) -> str:
    if node.op in ("input", "constant"):
        return str(node.parameters["name"])
    if node.op == "literal":
        value = node.parameters["value"]
        is_time = node.type == ColumnType("timestamp")
        return str(np.datetime64(value, "us")) if is_time else repr(value)
    operands: list[str] = []
    settings: dict[str, Any] = {}
    for at in node.of:
        if nodes[at].is_analyzer:  # mean(x), not mean(moments(x))
            operands += [_short(nodes[each], known[each], sources[each]) for each in nodes[at].of]
            settings |= nodes[at].parameters
        else:
            operands.append(_short(nodes[at], known[at], sources[at]))
    settings |= node.parameters
    if "analyzer" in settings:  # of the user's own
        numbered = f"[{settings['index']}]" if settings.get("count", 1) > 1 else ""
        return f"{settings['analyzer']}({', '.join(operands)}){numbered}"
    shown = [f"{key}={_cut(repr(value))}" for key, value in settings.items() if _shown(key, value)]
    return f"{node.op}({', '.join(operands + shown)})"


def _short(node: Node, text: str, source: str) -> str:
    if len(text) <= _LONGEST or node.op == "input":
        return text
    if node.op == "literal":
        return _cut(text)
    return f"{text.partition('(')[0]}({source}…)"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _shown(key: str, value: Any) -> bool:
    if key in _HIDDEN or value is None or value is False or value == []:
        return False
    return key not in _USUAL or value != _USUAL[key]
