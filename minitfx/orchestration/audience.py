"""Whoever is told what happens in a run."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from minitfx import ambient
from minitfx.ambient import Progress
from minitfx.orchestration.pool import Job
from minitfx.result import Event, NodeProgress, Observer


class Audience:
    """The observers of a run, who hear one event at a time.

    Parameters
    ----------
    observers : sequence of callable
        Who they are.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers
        self._lock = threading.Lock()

    def tell(self, event: Event) -> None:
        """Tell everybody of an event."""
        with self._lock:
            for observer in self._observers:
                observer(event)

    def progress_of(self, job: Job) -> ambient.Observer:
        """Return what a job reports its progress to; it counts the job's rows too."""
        node_id = job.prepared.component.id

        def observe(progress: Progress) -> None:
            if progress.unit == "rows" and progress.done == progress.total:
                job.rows += progress.done
            self.tell(NodeProgress(node_id, progress))

        return observe
