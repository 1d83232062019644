"""What has become of the nodes of a run so far."""

from __future__ import annotations

import time
from pathlib import Path

from minitfx.catalog.records import Run
from minitfx.execution import Execution, State
from minitfx.explanation import explain_execution
from minitfx.node import Node
from minitfx.orchestration.situation import Situation
from minitfx.result import NodeResult, RunResult, overall_state

_GOOD = (State.COMPLETE, State.CACHED, State.SKIPPED)


class Outcomes:
    """What has become of the nodes of a run so far.

    Parameters
    ----------
    situation : Situation
        The run, which learns what was made.

    Attributes
    ----------
    results : dict of str to NodeResult
        By node id, in the order in which they ended.
    skipped : set of str
        The nodes that were skipped.
    """

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.results: dict[str, NodeResult] = {}
        self.skipped: set[str] = set()
        self._began = time.monotonic()

    @property
    def has_news(self) -> bool:
        """Whether anything happened but that the cache served."""
        return any(each.is_news for each in self.results.values())

    def add(
        self,
        node: Node,
        execution: Execution,
        *,
        told: str = "",
        before: Execution | None = None,
        rows: int = 0,
        log: Path | None = None,
        attempts: int = 1,
    ) -> NodeResult:
        """Note how a node ended, and return it; for the details see `NodeResult`."""
        self.situation.made[node.id] = execution.outputs
        if execution.state is State.SKIPPED:
            self.skipped.add(node.id)
        result = NodeResult(
            node.id,
            node.KIND,
            execution.state,
            execution.cause,
            execution.seconds or 0.0,
            execution.outputs,
            execution.error,
            rows,
            execution.id,
            explain_execution(execution, before),
            log,
            attempts,
            told or execution.error,
        )
        self.results[node.id] = result
        return result

    def blockers(self, node: Node) -> list[str]:
        """Return the nodes that a node waits for and that ended badly."""
        return [
            each.id
            for each in node.upstream_nodes
            if each.id in self.results and self.results[each.id].state not in _GOOD
        ]

    def of_run(self, run: Run, state: State | None = None) -> RunResult:
        """Return what has become of the run; its state follows from its nodes unless said."""
        state = state or overall_state(self.results.values())
        seconds = time.monotonic() - self._began
        return RunResult(run.run_id, run.pipeline_name, state, self.results, seconds)
