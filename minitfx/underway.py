"""A run under way: the loop over its nodes.

A node whose needs are met is resolved, fingerprinted and looked up; what the cache cannot serve is
handed to a worker, and committed when it comes back. Only this loop writes the records and the
catalog.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import Any

from minitfx import ambient, launcher
from minitfx.ambient import Progress
from minitfx.catalog.claims import Claim
from minitfx.catalog.questions import base_run, latest_complete
from minitfx.catalog.records import Run
from minitfx.catalog.store import Catalog
from minitfx.component import Component
from minitfx.errors import MinitfxError, PipelineError, ResolutionError
from minitfx.execution import Execution, State, this_process
from minitfx.explanation import explain_execution
from minitfx.importer import Importer
from minitfx.node import Node
from minitfx.pipeline import Pipeline
from minitfx.resolver import Resolver
from minitfx.result import (
    NodeFinished,
    NodeProgress,
    NodeResult,
    NodeStarted,
    Observer,
    RunFinished,
    RunResult,
    RunStarted,
)
from minitfx.sourcing import register, resolve
from minitfx.step import (
    Prepared,
    Situation,
    begin,
    commit,
    earlier_execution,
    look_up,
    prepare,
    record_ended,
    request_of,
)
from minitfx.worker import Artifacts, error_text

_FLUSH_S = 0.5


@dataclass
class _Job:
    """A node that a worker is busy with."""

    prepared: Prepared
    claim: Claim
    execution: Execution
    before: Execution | None
    started: float
    rows: int = 0
    canceled: threading.Event = field(default_factory=threading.Event)


class RunUnderWay:
    """One run under way: the loop over its nodes."""

    def __init__(
        self,
        isolation: str,
        observers: Sequence[Observer],
        pipeline: Pipeline,
        catalog: Catalog,
        parameters: Mapping[str, Any],
        chosen: Sequence[str],
        force: frozenset[str],
        cache: bool,
        workers: int,
    ) -> None:
        self.isolation = isolation
        self.observers = observers
        self.pipeline = pipeline
        self.catalog = catalog
        self.chosen = chosen
        self.force = force
        self.cache = cache
        self.workers = workers
        self.results: dict[str, NodeResult] = {}
        self.situation = Situation("", pipeline.pipeline_name, catalog, parameters)
        self._running: dict[Future[Artifacts], _Job] = {}
        self._told = threading.Lock()
        self._stopping = False

    def go(self, base_run_id: str | None) -> RunResult:
        """Run the chosen nodes and return what became of them."""
        clock = time.monotonic()
        record = self._open_run(base_run_id)
        self._tell(
            RunStarted(self.situation.run_id, self.pipeline.pipeline_name, tuple(self.chosen))
        )
        try:
            self._reuse_left_out(base_run_id)
            self._loop()
        except BaseException:
            self._close_run(record, State.FAILED, clock)
            raise
        result = self._close_run(record, self._state(), clock)
        self._tell(RunFinished(result))
        return result

    def _open_run(self, base_run_id: str | None) -> Run:
        """Claim a run id, and learn the latest complete execution of each node."""
        name = self.pipeline.pipeline_name
        with self.catalog.lease() as connection:
            self.situation.earlier = latest_complete(connection, name)
        moment = time.time()
        claim = None
        while claim is None:
            run_id = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
            claim = self.catalog.claims.win_run(self.catalog.root, run_id)
            moment += 1e-6
        self.situation.run_id = run_id
        run = Run(
            run_id,
            name,
            State.RUNNING,
            time.time(),
            parameters=dict(self.situation.parameters),
            base_run_id=base_run_id,
            process=this_process(),
        )
        self.catalog.records.write_run(run)
        return run

    def _close_run(self, run: Run, state: State, clock: float) -> RunResult:
        seconds = time.monotonic() - clock
        self.catalog.records.write_run(replace(run, state=state, seconds=seconds))
        self.catalog.flush()
        return RunResult(run.run_id, run.pipeline_name, state, self.results, seconds)

    def _state(self) -> State:
        states = {each.state for each in self.results.values()}
        if State.FAILED in states:
            return State.FAILED
        return State.CANCELED if State.CANCELED in states else State.COMPLETE

    def _reuse_left_out(self, base_run_id: str | None) -> None:
        """Let earlier executions stand in for the nodes that the chosen ones need."""
        names = needed(self.pipeline, self.chosen)
        if not names:
            return
        with self.catalog.lease() as connection:
            found = base_run(connection, self.pipeline.pipeline_name, names, base_run_id)
        missing = [name for name in names if name not in found]
        if missing:
            where = f"run {base_run_id}" if base_run_id else "no earlier run"
            raise ResolutionError(
                f"{', '.join(missing)}: left out, but needed, and {where} has them complete beside "
                "the others that are left out; leave out fewer nodes"
            )
        for name in names:
            earlier = self.catalog.records.execution(found[name])
            if earlier is None:
                raise ResolutionError(f"the record of {name}, execution {found[name]}, is gone")
            cause = f"left out of this run; taken from run {earlier.run_id}"
            execution = record_ended(
                self.pipeline.nodes[name],
                self.situation,
                State.CACHED,
                cause,
                served_by=earlier,
                fingerprint=earlier.fingerprint,
                ingredients=earlier.ingredients,
            )
            self._finished(self.pipeline.nodes[name], execution)

    def _loop(self) -> None:
        chosen = set(self.chosen)
        graph = {
            name: [
                each.id for each in self.pipeline.nodes[name].upstream_nodes if each.id in chosen
            ]
            for name in self.chosen
        }
        sorter = TopologicalSorter(graph)
        sorter.prepare()
        waiting: list[str] = []
        flushed = time.monotonic()
        with ThreadPoolExecutor(self.workers, thread_name_prefix="minitfx-node") as pool:
            while sorter.is_active():
                waiting += sorter.get_ready()
                while waiting and (self._stopping or len(self._running) < self.workers):
                    name = waiting.pop(0)
                    if self._take(self.pipeline.nodes[name], pool):
                        sorter.done(name)
                        waiting += sorter.get_ready()
                for name in self._collect():
                    sorter.done(name)
                if self._running and time.monotonic() - flushed > _FLUSH_S:
                    self._flush()
                    flushed = time.monotonic()

    def _take(self, node: Node, pool: ThreadPoolExecutor) -> bool:
        """Finish a node at once, or hand it to a worker; whether it is finished."""
        started = time.monotonic()
        blockers = [
            each.id
            for each in node.upstream_nodes
            if each.id in self.results and not self.results[each.id].state.is_good
        ]
        try:
            if self._stopping:
                self._end(node, State.CANCELED, "the run was stopped before it")
            elif blockers:
                self._end(node, State.BLOCKED, f"it waits for {', '.join(blockers)}")
            elif isinstance(node, Component):
                return self._take_component(node, pool, started)
            else:
                self._finished(node, self._other(node))
        except MinitfxError as error:
            self._end(
                node, State.FAILED, str(error), error=error_text(error),
                seconds=time.monotonic() - started,
            )  # fmt: skip
        return True

    def _take_component(self, node: Component, pool: ThreadPoolExecutor, started: float) -> bool:
        prepared = prepare(node, self.situation)
        found, objection = None, ""
        if self._may_serve(node):
            found, objection = look_up(prepared, self.situation)
        if found is not None:
            execution = record_ended(
                node,
                self.situation,
                State.CACHED,
                f"nothing changed since run {found.run_id}",
                served_by=found,
                prepared=prepared,
                ingredients=prepared.ingredients,
                files=prepared.ingredients.files,
            )
            self._finished(node, execution)
            return True
        before = earlier_execution(node, self.situation)
        claim, execution = begin(prepared, self.situation, before, objection)
        job = _Job(prepared, claim, execution, before, started)
        share = max(1, self.workers // (len(self._running) + 1))
        request = request_of(prepared, execution, self.situation, share)
        self._tell(NodeStarted(node.id))
        observer = self._progress_of(job)
        context = copy_context()
        with ambient.surround(observer=observer):
            context = copy_context()
        future = pool.submit(context.run, launcher.launch, request, self.isolation, job.canceled)
        self._running[future] = job
        return False

    def _may_serve(self, node: Node) -> bool:
        allowed = self.pipeline.enable_cache if node.cache is None else node.cache
        return allowed and self.cache and node.id not in self.force

    def _other(self, node: Node) -> Execution:
        if isinstance(node, Resolver):
            return resolve(node, self.situation)
        if isinstance(node, Importer):
            return register(node, self.situation)
        raise PipelineError(f"{node!r} is neither a component, an Importer nor a Resolver")

    def _collect(self) -> Iterator[str]:
        """Wait for workers and commit what they made; yield the ids of their nodes."""
        if not self._running:
            return
        done, _ = wait(self._running, timeout=_FLUSH_S, return_when=FIRST_COMPLETED)
        for future in done:
            job = self._running.pop(future)
            self._settle(job, future)
            yield job.prepared.component.id

    def _settle(self, job: _Job, future: Future[Artifacts]) -> None:
        node, seconds = job.prepared.component, time.monotonic() - job.started
        error = future.exception()
        ended = None
        if error is None:
            try:
                ended = commit(job.execution, future.result(), self.situation, seconds)
            except (MinitfxError, OSError) as failure:
                error = failure
        if ended is None:
            assert error is not None
            ended = launcher.fail(job.execution, error, self.catalog.records, seconds)
        log = self.catalog.records.log(ended.id)
        self._finished(node, ended, before=job.before, rows=job.rows, log=log)

    def stop(self) -> None:
        """Start nothing more, and end what can be ended."""
        self._stopping = True
        for job in self._running.values():
            job.canceled.set()

    def _end(self, node: Node, state: State, cause: str, **details: Any) -> None:
        self._finished(node, record_ended(node, self.situation, state, cause, **details))

    def _finished(
        self,
        node: Node,
        execution: Execution,
        *,
        before: Execution | None = None,
        rows: int = 0,
        log: Any = None,
    ) -> None:
        self.situation.made[node.id] = execution.outputs
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
        )
        self.results[node.id] = result
        self._tell(NodeFinished(result))

    def _progress_of(self, job: _Job) -> ambient.Observer:
        node_id = job.prepared.component.id

        def observe(progress: Progress) -> None:
            if progress.unit == "rows" and progress.done == progress.total:
                job.rows += progress.done
            self._tell(NodeProgress(node_id, progress))

        return observe

    def _tell(self, event: Any) -> None:
        with self._told:
            for observer in self.observers:
                observer(event)

    def _flush(self) -> None:
        """Bring rows into the catalog while nodes run; what cannot be now comes later."""
        try:
            self.catalog.flush()
        except MinitfxError as error:
            logging.getLogger("minitfx").warning("the catalog is not up to date: %s", error)


def needed(pipeline: Pipeline, chosen: Sequence[str]) -> list[str]:
    """Return the nodes that are not chosen but whose outputs the chosen ones read."""
    inside = set(chosen)
    found = {
        each.id
        for name in chosen
        for each in pipeline.nodes[name].upstream_nodes
        if each.id not in inside
    }
    return [name for name in pipeline.nodes if name in found]
