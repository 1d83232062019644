"""A run under way: the loop over its nodes.

A node whose needs are met is resolved, fingerprinted and looked up; what the cache cannot serve is
handed to a worker, and committed when it comes back. Only this loop writes the records and the
catalog.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from minitfx.catalog.records import Run, under_way
from minitfx.catalog.runs import begin_run
from minitfx.catalog.store import Catalog
from minitfx.component import Component
from minitfx.errors import CodeError, MinitfxError, PipelineError, ResolutionError
from minitfx.execution import Execution, State
from minitfx.exit_handler import final_status, informed
from minitfx.failure import failure_of
from minitfx.node import Node
from minitfx.options import NodeOptions
from minitfx.orchestration import launcher
from minitfx.orchestration.attempts import Attempt, Attempts
from minitfx.orchestration.audience import Audience
from minitfx.orchestration.base_run import Base, find_base, stand_ins
from minitfx.orchestration.outcomes import Outcomes
from minitfx.orchestration.pool import Job, Pool
from minitfx.orchestration.runner_options import RunnerOptions
from minitfx.orchestration.situation import Situation
from minitfx.orchestration.skipping import reason_to_skip
from minitfx.orchestration.sourcing import bring_in
from minitfx.orchestration.step import (
    Prepared,
    begin,
    claim_scratch,
    commit,
    earlier_execution,
    look_up,
    prepare,
    record_ended,
    request_of,
    serve,
)
from minitfx.pipeline import Pipeline
from minitfx.result import (
    NodeFinished,
    NodeStarted,
    RunFinished,
    RunResult,
    RunStarted,
)
from minitfx.worker import Artifacts, is_portable

_FLUSH_S = 0.5
_LATER_S = 10.0
_PATIENCE_S = 1.0
_MANY = 500


class RunUnderWay:
    """One run under way: the loop over its nodes."""

    def __init__(
        self,
        options: RunnerOptions,
        pipeline: Pipeline,
        catalog: Catalog,
        parameters: Mapping[str, Any],
        chosen: Sequence[str],
        *,
        force: frozenset[str] = frozenset(),
        cache: bool = True,
    ) -> None:
        self.options = options
        self.pipeline = pipeline
        self.catalog = catalog
        self.chosen = chosen
        self.force = force
        self.cache = cache
        self._handlers = options.exit_handlers
        self.situation = Situation("", pipeline.pipeline_name, catalog, parameters)
        self._nodes: dict[str, Node] = {}
        self._sorter: TopologicalSorter[str] = TopologicalSorter()
        self._waiting: deque[str] = deque()
        self._base = Base()
        self._pool = Pool(options.workers, options.resources)
        self._audience = Audience(options.observers)
        self._attempts = Attempts(self._audience)
        self._outcomes = Outcomes(self.situation)
        self._woken = threading.Event()
        self._stopped = ""

    def go(self, base_run_id: str | None) -> RunResult:
        """Run the chosen nodes, then the exit handlers, and return what became of them."""
        run = self._open_run(base_run_id)
        try:
            try:
                self._audience.tell(RunStarted(run.run_id, run.pipeline_name, tuple(self.chosen)))
                self._go_through(run)
            except BaseException as error:
                self._break_off(run, error)
                raise
            result = self._close_run(run)
        finally:
            under_way.discard(run.run_id)
        self._audience.tell(RunFinished(result))
        return result

    def _go_through(self, run: Run) -> None:
        for node, execution in stand_ins(self.pipeline, self._base, self.situation):
            self._finished(node, execution)
        self._loop({name: self.pipeline.nodes[name] for name in self.chosen})
        self._handle_exit(run)

    def stop(self) -> None:
        """Start nothing more, and end what can be ended."""
        self._stopped = "the run was stopped before it"
        self._pool.stop()
        self._woken.set()

    def _open_run(self, base_run_id: str | None) -> Run:
        """Find what stands in for what is left out, and claim a run id."""
        name = self.pipeline.pipeline_name
        self._base = find_base(self.pipeline, self.chosen, self.catalog, base_run_id)
        if not self.catalog.place.is_made():
            self.catalog.ask(lambda _: None)
        base = self._base.run_id
        upstream = self.pipeline.upstream
        run = begin_run(self.catalog, name, self.situation.parameters, base, upstream)
        self.situation.run_id = run.run_id
        return run

    def _close_run(self, run: Run, state: State | None = None) -> RunResult:
        result = self._outcomes.of_run(run, state)
        self.catalog.records.write_run(replace(run, state=result.state, seconds=result.seconds))
        if self._outcomes.has_news or len(self.catalog.claims.pending()) > _MANY:
            self._flush()
        return result

    def _handle_exit(self, run: Run, error: Exception | None = None) -> None:
        """Run the exit handlers, once, which hear how it ended."""
        handlers, self._handlers = self._handlers, ()
        so_far = self._outcomes.of_run(run, State.FAILED if error else None)
        told = final_status(so_far, error)
        self._stopped, self.cache = "", False
        self._loop({each.id: informed(each, told) for each in handlers})

    def _break_off(self, run: Run, error: BaseException) -> None:
        """End a run that an error of its own ended, after what was under way has ended."""
        try:
            for job in self._pool.left():
                self._cancel(job, error)
            if isinstance(error, Exception):
                self._handle_exit(run, error)
        finally:
            self._close_run(run, State.FAILED)

    def _cancel(self, job: Job, error: BaseException) -> None:
        """Record that a job was under way when an error ended the run."""
        reason = launcher.Canceled(f"the run ended with {type(error).__name__}")
        seconds = time.monotonic() - job.started
        launcher.fail(job.execution, reason, self.catalog.records, seconds)
        job.give_back()

    def _loop(self, nodes: Mapping[str, Node]) -> None:
        """Run nodes, each after those among them that it waits for."""
        self._nodes = dict(nodes)
        self._waiting.clear()
        self._sorter = TopologicalSorter(
            {
                name: [each.id for each in node.upstream_nodes if each.id in nodes]
                for name, node in nodes.items()
            }
        )
        self._sorter.prepare()
        flush_at = time.monotonic() + _FLUSH_S
        with Pool(self.options.workers, self.options.resources) as self._pool:
            while self._sorter.is_active():
                self._take_what_may_start()
                self._collect()
                if not self._pool.is_idle and time.monotonic() > flush_at:
                    flush_at = time.monotonic() + (_FLUSH_S if self._flush() else _LATER_S)

    def _take_what_may_start(self) -> None:
        """Take every node that may start now; the others keep waiting, in their order."""
        passed_over: list[str] = []
        while True:
            self._waiting.extend(self._sorter.get_ready())
            if not self._waiting or (self._pool.is_full and not self._stopped):
                break
            name = self._waiting.popleft()
            if not self._take(self._nodes[name]):
                passed_over.append(name)
        self._waiting.extendleft(reversed(passed_over))

    def _take(self, node: Node) -> bool:
        """Finish a node at once, or hand it to a worker; False if it must wait."""
        started = time.monotonic()
        options = node.execution_options.over(self.options.defaults)
        attempt = self._attempts.of(node)
        if not self._stopped and (
            started < attempt.not_before or not self._pool.has_room(options.resources)
        ):
            return False
        if self._stopped:
            self._end(node, State.CANCELED, self._stopped)
        elif blockers := self._outcomes.blockers(node):
            self._end(node, State.BLOCKED, f"it waits for {', '.join(blockers)}")
        else:
            return self._carry_out(node, options, attempt, started)
        return True

    def _carry_out(
        self, node: Node, options: NodeOptions, attempt: Attempt, started: float
    ) -> bool:
        """Finish or begin a node whose needs are met; False if it must wait for another."""
        ended = None
        try:
            if reason := reason_to_skip(node, self._outcomes.skipped, self.situation):
                ended = record_ended(node, self.situation, State.SKIPPED, reason)
            elif not isinstance(node, Component):
                ended = bring_in(node, self.situation)
            else:
                prepared = prepare(node, self.situation)
                found, objection = self._look_up(prepared)
        except Exception as error:
            seconds = time.monotonic() - started
            why = failure_of(error)
            failed = record_ended(
                node, self.situation, State.FAILED, why.cause, error=why.text, seconds=seconds
            )
            hopeless = isinstance(error, (ResolutionError, PipelineError, CodeError))
            if hopeless or not self._try_again(node, options, attempt.number, failed):
                self._finished(node, failed, told=why.told, attempts=attempt.number)
            return True
        if ended is not None:
            self._finished(node, ended)
        elif found is not None:
            self._finished(node, serve(prepared, found, self.situation))
        elif options.place == "thread" and self._pool.clashes(prepared.ingredients.files):
            if not is_portable(type(prepared.component), prepared.encoded):
                return False
            apart = replace(options, isolation="process")
            return self._begin(prepared, apart, attempt, started, objection)
        else:
            return self._begin(prepared, options, attempt, started, objection)
        return True

    def _look_up(self, prepared: Prepared) -> tuple[Execution | None, str]:
        node = prepared.component
        allowed = self.pipeline.enable_cache if node.cache is None else node.cache
        if allowed and self.cache and node.id not in self.force:
            return look_up(prepared, self.situation)
        return None, ""

    def _begin(
        self,
        prepared: Prepared,
        options: NodeOptions,
        attempt: Attempt,
        started: float,
        objection: str,
    ) -> bool:
        """Record that a node is under way, and give it to a worker; False if it must wait."""
        node = prepared.component
        give_back = claim_scratch(prepared, self.situation)
        if give_back is None:
            self._attempts.wait_for_another(node)
            return False
        if attempt.waits and (found := self._look_up(prepared)[0]) is not None:
            give_back()
            self._finished(node, serve(prepared, found, self.situation))
            return True
        before = earlier_execution(node, self.situation)
        execution = begin(prepared, self.situation, before, objection or attempt.cause)
        job = Job(prepared, execution, before, options, attempt.number, started, give_back)
        request = request_of(prepared, execution, self.situation, self._pool.share)
        try:
            self._audience.tell(NodeStarted(node.id))
        except BaseException as error:
            self._cancel(job, error)
            raise
        self._pool.start(job, request, self._audience.progress_of(job))
        if self._stopped:
            self._pool.stop()
        return True

    def _collect(self) -> None:
        """Wait for workers, or for the time of another try, and commit what was made."""
        due = self._attempts.pause(self._waiting)
        pause = _FLUSH_S if due is None else min(_FLUSH_S, due)
        if not self._pool.is_idle:
            for job, future in self._pool.ended(pause):
                self._settle(job, future)
        elif due is not None and not self._stopped:
            self._woken.wait(pause)

    def _settle(self, job: Job, future: Future[Artifacts]) -> None:
        node, seconds = job.prepared.component, time.monotonic() - job.started
        error, ended, told = future.exception(), None, ""
        if error is None:
            try:
                ended = commit(job.execution, future.result(), self.situation, seconds)
            except (MinitfxError, OSError) as failure:
                error = failure
        if ended is None:
            assert error is not None
            ended, why = launcher.fail(job.execution, error, self.catalog.records, seconds)
            told = why.told
        job.give_back()
        if ended.state is State.FAILED and self._try_again(node, job.options, job.attempt, ended):
            return
        self._finished(
            node,
            ended,
            told=told,
            before=job.before,
            rows=job.rows,
            log=self.catalog.records.log(ended.id),
            attempts=job.attempt,
        )

    def _try_again(self, node: Node, options: NodeOptions, attempt: int, failed: Execution) -> bool:
        """Let a failed node wait for another try, if it has one left."""
        if self._stopped or not self._attempts.try_again(node, options, attempt, failed):
            return False
        self._waiting.append(node.id)
        return True

    def _end(self, node: Node, state: State, cause: str, **details: Any) -> None:
        self._finished(node, record_ended(node, self.situation, state, cause, **details))

    def _finished(self, node: Node, execution: Execution, **details: Any) -> None:
        """Note how a node ended, let go of what waits for it, and tell of it."""
        result = self._outcomes.add(node, execution, **details)
        if node.id in self._nodes:
            self._sorter.done(node.id)
        if execution.state is State.FAILED and self.options.stop_on_failure:
            self._stopped = self._stopped or f"the run ends with its first failure, of {node.id}"
        self._audience.tell(NodeFinished(result))

    def _flush(self) -> bool:
        """Bring rows into the catalog while nodes run; what cannot be now comes later."""
        try:
            self.catalog.with_patience(_PATIENCE_S).flush()
        except MinitfxError as error:
            logging.getLogger("minitfx").warning("the catalog is not up to date: %s", error)
            return False
        return True
