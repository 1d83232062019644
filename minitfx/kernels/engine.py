"""Where a fold runs: in this thread, in threads, or in processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, Protocol

from minitfx.kernels.accumulator import Accumulator, Chunk


class Engine(Protocol):
    """Something that can turn chunks into partial results.

    An engine decides where ``accumulator.zero().add(chunk.read())`` is computed and in which
    order the answers come; what they are is not its business.
    """

    def partials(
        self, accumulator: Accumulator[Any, Any], chunks: Sequence[Chunk[Any]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield (index of the chunk, its partial result), in any order, each once."""
        ...


def partial_of(accumulator: Accumulator[Any, Any], chunk: Chunk[Any]) -> Any:
    """Return the partial result of one chunk: the work that engines send around."""
    return accumulator.zero().add(chunk.read())


class SerialEngine:
    """One chunk after the other, in the calling thread."""

    def partials(
        self, accumulator: Accumulator[Any, Any], chunks: Sequence[Chunk[Any]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield the partials in order."""
        for index, chunk in enumerate(chunks):
            yield index, partial_of(accumulator, chunk)


class ThreadEngine:
    """Threads of this process; good where the work is Arrow's and numpy's.

    Parameters
    ----------
    workers : int
        Threads, and so chunks in memory at once.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def partials(
        self, accumulator: Accumulator[Any, Any], chunks: Sequence[Chunk[Any]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield the partials as they come, never reading more than ``workers`` chunks ahead."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix="minitfx-fold") as pool:
            running: dict[Future[Any], int] = {}
            waiting = iter(enumerate(chunks))
            try:
                while True:
                    for index, chunk in waiting:
                        task = copy_context().run
                        running[pool.submit(task, partial_of, accumulator, chunk)] = index
                        if len(running) > self.workers:
                            break
                    if not running:
                        return
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in sorted(done, key=running.__getitem__):
                        yield running.pop(future), future.result()
            finally:
                for future in running:
                    future.cancel()


class ProcessEngine:
    """Processes (joblib's loky); good where the work is Python's own.

    Parameters
    ----------
    workers : int
        Processes.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def partials(
        self, accumulator: Accumulator[Any, Any], chunks: Sequence[Chunk[Any]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield the partials in order; chunks and accumulators travel by pickle."""
        from joblib import Parallel, delayed

        tasks = (delayed(partial_of)(accumulator, chunk) for chunk in chunks)
        pool = Parallel(n_jobs=self.workers, backend="loky", return_as="generator")
        yield from enumerate(pool(tasks))
