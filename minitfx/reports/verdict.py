"""What an artifact says of how something went: blessed, refused, pushed, or in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minitfx.reports.blocks import Cell
from minitfx.reports.run_facts import ArtifactFact, NodeFact, RunFacts
from minitfx.reports.wording import shortened

_MOST = 1_000


def verdict_of(artifact: ArtifactFact) -> Cell | None:
    """Return the verdict that an artifact carries; None if it carries none.

    Examples
    --------
    >>> pushed = {"pushed": 0, "reason": "not blessed by ModelBlessing"}
    >>> fact = ArtifactFact(1001, "PushedModel", "/x", "live", "", "r", "Pusher", "k", 0, pushed)
    >>> verdict_of(fact).text
    'not pushed: not blessed by ModelBlessing'
    """
    found = artifact.properties
    said, tone = _said(artifact.type, found)
    reason = next((str(found[key]) for key in _REASONS if found.get(key)), "").strip()
    text = ": ".join(filter(None, [said, shortened(reason, _MOST)]))
    return Cell(text, tone) if text else None


_REASONS = ("blessing_message", "reason", "message")


def _said(type: str, found: Mapping[str, Any]) -> tuple[str, str]:
    if "pushed" in found:
        if not found["pushed"]:
            return "not pushed", "bad"
        return f"pushed to {found.get('pushed_destination')}", "good"
    blessed = found.get("blessed")
    if isinstance(blessed, dict):
        bad = [str(split) for split, good in blessed.items() if not good]
        return (f"anomalies in {', '.join(bad)}", "bad") if bad else ("no anomalies", "good")
    if isinstance(blessed, int):
        return ("blessed", "good") if blessed else ("not blessed", "bad")
    if type in ("ModelBlessing", "InfraBlessing"):
        return "neither blessed nor refused: nothing was checked", ""
    return "", ""


def verdicts_of(facts: RunFacts, node: NodeFact) -> list[Cell]:
    """Return the verdicts of what came out of a node."""
    found = (verdict_of(each) for maker, _, each in facts.made if maker is node)
    return [each for each in found if each is not None]
