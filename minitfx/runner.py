"""LocalDagRunner: makes a pipeline happen on this machine."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minitfx.catalog.store import Catalog
from minitfx.component import Component
from minitfx.digest import DigestMemo, remembering
from minitfx.errors import DuplicateNodeError, PipelineError, RunError, StorageError
from minitfx.execution import State
from minitfx.exit_handler import checked_handlers
from minitfx.options import NodeOptions, check_amounts
from minitfx.orchestration.runner_options import RunnerOptions
from minitfx.orchestration.underway import RunUnderWay
from minitfx.pipeline import Pipeline
from minitfx.result import Observer, RunResult
from minitfx.worker import NodeLogHandler, Tee

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})


@dataclass(frozen=True)
class RunOptions:
    """Which part of a pipeline to run, in TFX's words.

    Attributes
    ----------
    from_nodes, to_nodes : sequence of str
        Run what lies between them; an empty side does not restrict.
    base_pipeline_run_id : str, optional
        The run whose outputs stand in for what is left out; the latest unless said.
    """

    from_nodes: Sequence[str] = ()
    to_nodes: Sequence[str] = ()
    base_pipeline_run_id: str | None = None


class LocalDagRunner:
    """Runs a pipeline on this machine, independent nodes side by side.

    Parameters
    ----------
    workers : int, optional
        How many nodes, and workers inside the folds of a node, may be busy at once; the number
        of processors unless said here or by the pipeline's ``beam_pipeline_args``.
    isolation : {"thread", "process"}
        Whether a node runs in this process or in one of its own, unless it says so itself
        (``with_isolation``).
    retries : int
        How often a node that fails is tried again, unless it says so itself (``with_retries``).
    backoff_s : float
        Seconds before the first of these tries; doubled before each further one.
    timeout_s : float, optional
        Seconds that one try of a node may take, unless it says so itself (``with_timeout``).
    resources : mapping of str to float, optional
        How much there is of what nodes hold while they run (``with_resources``):
        ``{"heavy": 1}`` lets one node that holds ``heavy=1`` run at a time.
    stop_on_failure : bool
        Whether nothing more starts once a node has failed; else all that does not wait for it
        goes on. What is under way finishes either way.
    observers : sequence of callable
        Called with every `minitfx.result.Event`.

    Notes
    -----
    How many workers there are, and where they are, does not change one byte of a result.

    OpenMP is told to let its threads sleep between tasks (``OMP_WAIT_POLICY=PASSIVE``, unless the
    environment says otherwise): spinning, they take the processors from the other nodes, and
    tuning the taxi example took five times the processor time on two busy cores.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        isolation: str = "thread",
        observers: Sequence[Observer] = (),
        retries: int = 0,
        backoff_s: float = 1.0,
        timeout_s: float | None = None,
        resources: Mapping[str, float] | None = None,
        stop_on_failure: bool = False,
    ) -> None:
        if workers is not None and workers < 1:
            raise PipelineError(f"workers is {workers}; expected 1 or more")
        self.workers = workers
        in_threads = isolation == "thread" and timeout_s is not None
        self.defaults = NodeOptions(
            retries, backoff_s, timeout_s, None if in_threads else isolation
        )
        self.observers = tuple(observers)
        self.resources = dict(resources or {})
        check_amounts(self.resources)
        self.stop_on_failure = stop_on_failure
        self._exit_handlers: tuple[Component, ...] = ()

    def set_exit_handler(self, exit_handler: Component | Iterable[Component]) -> None:
        """Let components run when all else of a run has ended, well or not.

        They take no artifacts; a parameter that was given as `FinalStatusStr` tells how the run
        ended. The cache never serves them, and a run in which one fails has failed.

        Raises
        ------
        PipelineError
            If one is no component, or waits for a node.
        """
        self._exit_handlers = checked_handlers(exit_handler)

    def run(
        self,
        pipeline: Pipeline,
        run_options: RunOptions | None = None,
        *,
        parameters: Mapping[str, Any] | str | Path | None = None,
        from_nodes: Sequence[str] = (),
        to_nodes: Sequence[str] = (),
        base_run_id: str | None = None,
        cache: bool = True,
        force: Iterable[str] = (),
    ) -> RunResult:
        """Run a pipeline and return what became of it.

        Parameters
        ----------
        pipeline : Pipeline
            What to run.
        run_options : RunOptions, optional
            TFX's way to say ``from_nodes``, ``to_nodes`` and ``base_run_id``.
        parameters : mapping of str to object, or path, optional
            Values of runtime parameters, or a TOML file with them (see
            `minitfx.parameters_file`).
        from_nodes, to_nodes : sequence of str
            Run only what lies between them; what is left out is taken from an earlier run.
        base_run_id : str, optional
            That earlier run; the latest one of each node unless said.
        cache : bool
            False lets no earlier execution serve, whatever the pipeline says.
        force : iterable of str
            Nodes that must compute.

        Raises
        ------
        PipelineError
            If a node needs more of a resource than there is.
        RunError
            If a node failed; its ``result`` says what became of every node, and its message
            how to go on.
        ParameterError, UnknownNodeError, StorageError, CatalogError
            Before anything has run.
        """
        part = run_options or RunOptions(from_nodes, to_nodes, base_run_id)
        chosen = pipeline.select(part.from_nodes, part.to_nodes)
        pipeline.select(force)
        if isinstance(parameters, (str, Path)):
            from minitfx.parameters_file import read_parameters

            parameters = read_parameters(parameters)
        values = pipeline.choose(parameters)
        workers = self.workers or pipeline.workers or os.cpu_count() or 1
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        options = self._options(pipeline, workers)
        catalog = Catalog(pipeline.root, pipeline.metadata_connection_config)
        if not catalog.records.is_writable:
            raise StorageError(
                f"{pipeline.root} cannot be written to; choose another pipeline_root"
            )
        memo = DigestMemo(catalog.records.system / "digests.json")
        run = RunUnderWay(
            options,
            pipeline,
            catalog,
            values,
            chosen,
            force=frozenset(force),
            cache=cache,
        )
        with remembering(memo), _streams_copied(), _interrupts_to(run.stop):
            try:
                result = run.go(part.base_pipeline_run_id)
            except OSError as error:
                if error.errno not in _DISK:
                    raise
                raise StorageError(
                    f"cannot write below {pipeline.root}: {error.strerror}; make room there, and "
                    "run it again to go on"
                ) from error
            finally:
                memo.save()
        if not result.succeeded:
            raise RunError(_failure(result, pipeline), result)
        return result

    def _options(self, pipeline: Pipeline, workers: int) -> RunnerOptions:
        """Return how a pipeline is to be carried out, once it is clear that it can be."""
        for node in [*pipeline.components, *self._exit_handlers]:
            options = node.execution_options.over(self.defaults)
            for name, amount in options.resources.items():
                if amount > self.resources.get(name, amount):
                    raise PipelineError(
                        f"{node.id} needs {amount:g} of {name!r}, but the runner has "
                        f"{self.resources[name]:g}; give it more, or let the node need less"
                    )
        for handler in self._exit_handlers:
            if handler.id in pipeline.nodes:
                raise DuplicateNodeError(
                    f"the exit handler has the id {handler.id!r}, as a node of the pipeline; give "
                    "it .with_id('…')"
                )
        return RunnerOptions(
            workers,
            self.observers,
            self.defaults,
            self.resources,
            self.stop_on_failure,
            self._exit_handlers,
        )


@contextmanager
def _streams_copied() -> Iterator[None]:
    """Copy what nodes print and log into their logs while the run lasts."""
    handler = NodeLogHandler()
    root = logging.getLogger()
    kept = sys.stdout, sys.stderr
    root.addHandler(handler)
    sys.stdout, sys.stderr = Tee(kept[0]), Tee(kept[1])
    try:
        yield
    finally:
        if isinstance(sys.stdout, Tee):
            sys.stdout = kept[0]
        if isinstance(sys.stderr, Tee):
            sys.stderr = kept[1]
        root.removeHandler(handler)


@contextmanager
def _interrupts_to(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C stop the run in order; a second one ends the process as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.getsignal(signal.SIGINT)

    def interrupted(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, kept)
        stop()

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)


def _failure(result: RunResult, pipeline: Pipeline) -> str:
    """Say what failed, what waits for it, and how to go on."""
    failed = [each for each in result.nodes.values() if each.state is State.FAILED]
    lines = [f"{each.node_id} failed: {each.cause}" for each in failed]
    left = [
        each.node_id
        for each in result.nodes.values()
        if each.state in (State.BLOCKED, State.CANCELED)
    ]
    if left:
        lines.append(f"not run: {', '.join(left)}")
    if result.state is State.CANCELED:
        lines.append("the run was stopped")
    if pipeline.enable_cache:
        lines.append("run it again to go on: what is complete will come from the cache")
    else:
        names = ", ".join(repr(each.node_id) for each in failed)
        lines.append(f"to go on from there: run(pipeline, from_nodes=[{names}])")
    return "\n".join(lines)
