"""The passes over the data in which a function's analyzers are fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minitfx.transform.expression import expressions
from minitfx.transform.program import needed
from minitfx.transform.tape import Node


@dataclass(frozen=True)
class PassPlan:
    """One pass over the data.

    Attributes
    ----------
    analyzers : tuple of str
        What it computes, as expressions.
    columns : tuple of str
        What it reads.
    """

    analyzers: tuple[str, ...]
    columns: tuple[str, ...]


def passes_of(nodes: Sequence[Node]) -> tuple[PassPlan, ...]:
    """Return the passes that a tape needs, in order."""
    plans, texts = [], expressions(nodes)
    for level in range(1, max((node.level for node in nodes), default=0) + 1):
        here = [p for p, node in enumerate(nodes) if node.is_analyzer and node.level == level]
        columns = {
            nodes[each].parameters["name"]
            for each in needed(nodes, here, {})
            if nodes[each].op == "input"
        }
        names = tuple(texts[place] for place in here)
        plans.append(PassPlan(names, tuple(sorted(columns))))
    return tuple(plans)
