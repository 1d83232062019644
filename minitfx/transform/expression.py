"""Nodes written as the expressions that they stand for, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitfx.transform.tape import Node

_HIDDEN = frozenset({"name", "required", "kind", "elementwise", "store_frequency", "of_numbers"})
_LONGEST = 120


def expression(nodes: Sequence[Node], place: int) -> str:
    """Return a node as text, such as ``z_score(fare, mean(fare), variance(fare))``."""
    text = _expression(nodes, place)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _expression(nodes: Sequence[Node], place: int) -> str:
    node = nodes[place]
    if node.op in ("input", "constant"):
        return str(node.parameters["name"])
    if node.op == "literal":
        return repr(node.parameters["value"])
    operands = [_operand(nodes, at) for at in node.of]
    settings = [f"{key}={value!r}" for key, value in node.parameters.items() if _shown(key, value)]
    return f"{node.op}({', '.join(operands + settings)})"


def _operand(nodes: Sequence[Node], place: int) -> str:
    node = nodes[place]
    if node.is_analyzer:  # mean(x), not mean(moments(x))
        return ", ".join(_expression(nodes, at) for at in node.of)
    return _expression(nodes, place)


def _shown(key: str, value: Any) -> bool:
    return key not in _HIDDEN and value is not None and value != []
