"""What became of a run, and what is told while it is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minitfx.ambient import Progress
from minitfx.artifact import Artifact
from minitfx.errors import UnknownNodeError, did_you_mean
from minitfx.execution import State
from minitfx.explanation import Explanation


@dataclass(frozen=True)
class NodeResult:
    """What became of one node.

    Attributes
    ----------
    node_id : str
        The node.
    kind : str
        ``component``, ``importer`` or ``resolver``.
    state : State
        Where it ended.
    cause : str
        Why, in a sentence.
    seconds : float
        How long it took.
    outputs : dict of str to list of Artifact
        What it made, or what served.
    error : str
        Text of the exception with its traceback.
    rows : int
        Rows that its folds read.
    execution_id : int or None
        Its number in the catalog.
    explanation : Explanation or None
        What changed since the latest earlier execution of the node.
    log : Path or None
        The file of what it printed.
    attempts : int
        How many tries it took.
    told : str
        Of the error, what helps whoever wrote the pipeline: see `minitfx.failure.Failure`.
    """

    node_id: str
    kind: str
    state: State
    cause: str = ""
    seconds: float = 0.0
    outputs: Mapping[str, list[Artifact]] = field(default_factory=dict)
    error: str = ""
    rows: int = 0
    execution_id: int | None = None
    explanation: Explanation | None = None
    log: Path | None = None
    attempts: int = 1
    told: str = ""

    @property
    def is_news(self) -> bool:
        """Whether anything happened but that the cache served; such rows can wait for a reader."""
        return self.kind != "resolver" and self.state not in (State.CACHED, State.SKIPPED)


def overall_state(nodes: Iterable[NodeResult]) -> State:
    """Return the state of a run whose nodes have ended so."""
    states = {each.state for each in nodes}
    if State.FAILED in states:
        return State.FAILED
    return State.CANCELED if State.CANCELED in states else State.COMPLETE


@dataclass(frozen=True)
class RunResult:
    """What became of a run.

    Attributes
    ----------
    run_id : str
        Its name in the catalog.
    pipeline_name : str
        The pipeline.
    state : State
        ``COMPLETE``, ``FAILED`` or ``CANCELED``.
    nodes : dict of str to NodeResult
        By node id, in the order in which they were finished.
    seconds : float
        How long it took.
    """

    run_id: str
    pipeline_name: str
    state: State
    nodes: Mapping[str, NodeResult]
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether every node did what it should, or was skipped on purpose."""
        return self.state is State.COMPLETE

    def __str__(self) -> str:
        width = max((len(node_id) for node_id in self.nodes), default=0)
        lines = [f"{self.pipeline_name}  run {self.run_id}: {self.state} in {self.seconds:.2f} s"]
        for node in self.nodes.values():
            told = (
                f"  {node.node_id:<{width}}  {node.state:<9} {node.seconds:>7.2f} s  {node.cause}"
            )
            lines.append(told.rstrip())
        return "\n".join(lines)

    def why(self, node_id: str) -> Explanation:
        """Return why a node has its state: what changed, against which earlier execution.

        Raises
        ------
        UnknownNodeError
            If the run had no such node.
        """
        node = self._node(node_id)
        if node.explanation is not None:
            return node.explanation
        return Explanation(node_id, node.execution_id, None, "", node.cause, ())

    def artifacts(self, node_id: str, key: str) -> list[Artifact]:
        """Return the artifacts that came out of a node under a key; none if it did not make any.

        Raises
        ------
        UnknownNodeError
            If the run had no such node.
        """
        return list(self._node(node_id).outputs.get(key, []))

    def _node(self, node_id: str) -> NodeResult:
        if node_id not in self.nodes:
            known = did_you_mean(node_id, self.nodes)
            raise UnknownNodeError(f"run {self.run_id} had no node {node_id!r}. {known}")
        return self.nodes[node_id]


@dataclass(frozen=True)
class RunStarted:
    """A run begins.

    Attributes
    ----------
    run_id, pipeline_name : str
        Which.
    node_ids : tuple of str
        The nodes that it may run, in order.
    """

    run_id: str
    pipeline_name: str
    node_ids: tuple[str, ...]


@dataclass(frozen=True)
class NodeStarted:
    """A node begins to compute; nothing is told of one that the cache serves."""

    node_id: str


@dataclass(frozen=True)
class NodeProgress:
    """A node has come some way."""

    node_id: str
    progress: Progress


@dataclass(frozen=True)
class NodeRetried:
    """A node has failed and will be tried again.

    Attributes
    ----------
    node_id : str
        The node.
    attempt, of : int
        Which try failed, of how many.
    cause : str
        How it failed.
    pause_s : float
        Seconds until the next try.
    """

    node_id: str
    attempt: int
    of: int
    cause: str
    pause_s: float


@dataclass(frozen=True)
class NodeWaiting:
    """A node waits for something outside the run.

    Attributes
    ----------
    node_id : str
        The node.
    cause : str
        What it waits for.
    """

    node_id: str
    cause: str


@dataclass(frozen=True)
class NodeFinished:
    """A node has ended, however."""

    result: NodeResult


@dataclass(frozen=True)
class RunFinished:
    """A run has ended."""

    result: RunResult


Event = (
    RunStarted | NodeStarted | NodeProgress | NodeRetried | NodeWaiting | NodeFinished | RunFinished
)
Observer = Callable[[Event], None]
