"""The tries of a run's nodes that are yet to come: when each may begin, and why there is one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from minitfx.execution import Execution
from minitfx.node import Node
from minitfx.options import NodeOptions
from minitfx.orchestration.audience import Audience
from minitfx.result import NodeRetried, NodeWaiting

_BUSY_S = 0.5


@dataclass(frozen=True)
class Attempt:
    """A try of a node that is yet to come.

    Attributes
    ----------
    number : int
        Which try it is, counted from 1.
    not_before : float
        When it may begin, on the monotonic clock.
    cause : str
        Why there is one after the first.
    waits : bool
        Whether another run does the same work.
    """

    number: int = 1
    not_before: float = 0.0
    cause: str = ""
    waits: bool = False


class Attempts:
    """The tries that are yet to come, of all nodes of a run.

    Parameters
    ----------
    audience : Audience
        Whoever is told of them.
    """

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._coming: dict[str, Attempt] = {}

    def of(self, node: Node) -> Attempt:
        """Return a node's next try; the first unless said."""
        return self._coming.get(node.id, Attempt())

    def try_again(self, node: Node, options: NodeOptions, attempt: int, failed: Execution) -> bool:
        """Let a node whose try failed have another; False if it has none left."""
        pause = options.pause_before(attempt + 1)
        if pause is None:
            return False
        of = 1 + (options.retries or 0)
        cause = f"try {attempt + 1} of {of}; the one before failed: {failed.cause}"
        self._coming[node.id] = Attempt(attempt + 1, time.monotonic() + pause, cause)
        self._audience.tell(NodeRetried(node.id, attempt, of, failed.cause, pause))
        return True

    def wait_for_another(self, node: Node) -> None:
        """Let a node wait while another run does the same work, which may serve it."""
        attempt = self.of(node)
        if not attempt.waits:
            self._audience.tell(NodeWaiting(node.id, "another run is busy with the same work"))
        later = time.monotonic() + _BUSY_S
        self._coming[node.id] = replace(attempt, not_before=later, waits=True)

    def pause(self, waiting: Iterable[str]) -> float | None:
        """Return the seconds until the first of these nodes may try again; None if none will."""
        due = [self._coming[name].not_before for name in waiting if name in self._coming]
        return max(0.0, min(due) - time.monotonic()) if due else None
