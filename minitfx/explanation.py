"""Why a node ran: which ingredient of its fingerprint changed, against which earlier execution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minitfx.execution import Execution

_SHORT = 60


@dataclass(frozen=True)
class Change:
    """One ingredient that differs.

    Attributes
    ----------
    kind : str
        ``parameter``, ``input``, ``code``, ``library``, ``resolved``, ``component``, ``minitfx``
        or ``python``.
    name : str
        Which parameter, input key, ``module:symbol`` or distribution.
    verb : {"changed", "new", "gone"}
        What became of it.
    before, after : str
        What it was and is: a value, a version, artifacts; empty where there is none, or where it
        is code.
    file : str
        For code, the file that it is written in; empty if that is not known.
    """

    kind: str
    name: str
    verb: str
    before: str = ""
    after: str = ""
    file: str = ""

    def __str__(self) -> str:
        said = f"{self.kind} {self.name} {self.verb}" if self.name else f"{self.kind} {self.verb}"
        if self.file:
            said = f"{said} in {self.file}"
        if self.before or self.after:
            said = f"{said}: {_shortened(self.before)} -> {_shortened(self.after)}"
        return said

    def to_json(self) -> dict[str, str]:
        """Return the change as a JSON value."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Explanation:
    """Why a node has the state that it has.

    Attributes
    ----------
    node_id : str
        The node.
    execution_id, against : int or None
        Its execution, and the earlier one that it is compared with.
    against_run : str
        The run of that earlier one.
    cause : str
        The cause that was recorded.
    changes : tuple of Change
        What differs; empty for one that the cache served, or that had none before it.
    """

    node_id: str
    execution_id: int | None
    against: int | None
    against_run: str
    cause: str
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as a JSON value."""
        return {
            "node_id": self.node_id,
            "execution_id": self.execution_id,
            "against": self.against,
            "against_run": self.against_run,
            "cause": self.cause,
            "changes": [each.to_json() for each in self.changes],
        }


def changes_between(before: Execution, now: Execution) -> tuple[Change, ...]:
    """Return what differs between the ingredients of two executions, code last.

    Parameters
    ----------
    before, now : Execution
        Two executions of one node, or of two; their ``ingredients`` are compared.
    """
    names = sorted({*before.ingredients, *now.ingredients}, key=_order)
    return tuple(
        _change(name, before, now)
        for name in names
        if before.ingredients.get(name) != now.ingredients.get(name)
    )


def summary(changes: Sequence[Change], shown: int = 3) -> str:
    """Return some changes in one line."""
    if not changes:
        return ""
    said = ", ".join(_brief(each) for each in changes[:shown])
    more = len(changes) - shown
    return f"{said} and {more} more" if more > 0 else said


def _change(ingredient: str, before: Execution, now: Execution) -> Change:
    kind, _, name = ingredient.partition(" ")
    old, new = before.ingredients.get(ingredient), now.ingredients.get(ingredient)
    verb = "new" if old is None else "gone" if new is None else "changed"
    if kind == "code":
        name = name.partition(": ")[2]
        files = now.files if new is not None else before.files
        return Change(kind, name, verb, file=files.get(name.partition(":")[0], ""))
    if kind == "input":
        return Change(kind, name, verb, _artifacts(before, name), _artifacts(now, name))
    return Change(kind, name, verb, old or "", new or "")


def _artifacts(execution: Execution, key: str) -> str:
    ids = execution.inputs.get(key, [])
    return ", ".join(f"artifact {id}" for id in ids) or "none"


def _order(ingredient: str) -> tuple[bool, str]:
    return ingredient.startswith("code "), ingredient


def _brief(change: Change) -> str:
    return f"{change.kind} {change.name} {change.verb}".replace("  ", " ")


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def explain_execution(execution: Execution, before: Execution | None) -> Explanation:
    """Return why an execution has its state, against the one before it.

    One without a fingerprint, such as a skipped one, is compared with none.
    """
    if not execution.ingredients:
        before = None
    changes = changes_between(before, execution) if before is not None else ()
    return Explanation(
        execution.node_id,
        execution.id,
        before.id if before else None,
        before.run_id if before else "",
        execution.cause,
        changes,
    )
