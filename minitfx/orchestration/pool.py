"""The workers of a run: what is under way, and what may start beside it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from minitfx import ambient
from minitfx.execution import Execution
from minitfx.options import NodeOptions
from minitfx.orchestration import launcher
from minitfx.orchestration.step import Prepared
from minitfx.worker import Artifacts, Request


@dataclass
class Job:
    """A node that a worker is busy with.

    Attributes
    ----------
    prepared : Prepared
        What runs.
    execution : Execution
        Its execution, under way.
    before : Execution or None
        The latest execution of the node, computed or served, from before this run.
    options : NodeOptions
        How it runs.
    attempt : int
        Which try this is, counted from 1.
    started : float
        When it was taken up, on the monotonic clock.
    give_back : callable
        Lets others have its work folder.
    rows : int
        Rows that its folds have read.
    canceled : threading.Event
        Set to end it.
    """

    prepared: Prepared
    execution: Execution
    before: Execution | None
    options: NodeOptions
    attempt: int
    started: float
    give_back: Callable[[], None]
    rows: int = 0
    canceled: threading.Event = field(default_factory=threading.Event)


class Pool:
    """So many workers, and the resources that their jobs share.

    Parameters
    ----------
    workers : int
        How many jobs may be under way.
    resources : mapping of str to float
        How much there is of each resource.
    """

    def __init__(self, workers: int, resources: Mapping[str, float]) -> None:
        self.workers = workers
        self.resources = resources
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="minitfx-node")
        self._running: dict[Future[Artifacts], Job] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.stop()
        self._threads.shutdown()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._running

    @property
    def is_full(self) -> bool:
        """Whether every worker is busy."""
        return len(self._running) >= self.workers

    @property
    def share(self) -> int:
        """How many workers the folds of one more job may use."""
        return max(1, self.workers // (len(self._running) + 1))

    def has_room(self, needs: Mapping[str, float]) -> bool:
        """Whether a job that needs so much of the resources may start now."""
        if self.is_full:
            return False
        held = [job.options.resources for job in self._running.values()]
        return all(
            sum(each.get(name, 0.0) for each in held) + amount <= self.resources.get(name, math.inf)
            for name, amount in needs.items()
        )

    def clashes(self, files: Mapping[str, str]) -> bool:
        """Whether a thread is busy with another module of the name of one of these.

        Parameters
        ----------
        files : mapping of str to str
            Project files by module name. Python knows one module of a name at a time, so two
            jobs of one process cannot import, unpickle or pickle from both.
        """
        loaded = [
            job.prepared.ingredients.files
            for job in self._running.values()
            if job.options.place == "thread"
        ]
        return any(
            each.get(module, file) != file for each in loaded for module, file in files.items()
        )

    def start(self, job: Job, request: Request, observer: ambient.Observer) -> None:
        """Give a job to a worker."""
        with ambient.surround(observer=observer):
            context = copy_context()
        future = self._threads.submit(
            context.run, launcher.launch, request, job.options, job.canceled
        )
        self._running[future] = job

    def ended(self, timeout_s: float) -> list[tuple[Job, Future[Artifacts]]]:
        """Wait for jobs to end, for so long at most, and return those that did."""
        done, _ = wait(self._running, timeout_s, return_when=FIRST_COMPLETED)
        return [(self._running.pop(future), future) for future in done]

    def left(self) -> list[Job]:
        """Return the jobs that nobody has asked after since they ended, and forget them."""
        left = list(self._running.values())
        self._running.clear()
        return left

    def stop(self) -> None:
        """End the jobs that can be ended: those in processes."""
        for job in list(self._running.values()):
            job.canceled.set()
