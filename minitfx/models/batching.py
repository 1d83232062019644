"""Micro-batches: requests that wait for the model are predicted together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import pyarrow as pa

from minitfx.models.background import BackgroundThread
from minitfx.models.comparison import FEATURES
from minitfx.models.service import Inference, RequestError, Service


@dataclass
class _Waiting:
    inference: Inference
    answer: asyncio.Future[pa.Table]


class Batcher:
    """Call one model with all requests that came while it was busy.

    A request that finds the model idle is predicted at once, so batches cost no waiting; under
    load they grow by themselves.

    Parameters
    ----------
    service : Service
        What predicts.
    max_rows : int, default 4096
        Rows of a batch; a single request may have more.
    max_waiting : int, default 1024
        Requests that may wait; a further one is refused.
    on_batch : callable, optional
        Called with the number of rows of every batch.

    Notes
    -----
    If a batch fails, its requests are predicted one by one, so that one bad row spoils only its
    own request.
    """

    def __init__(
        self,
        service: Service,
        *,
        max_rows: int = 4096,
        max_waiting: int = 1024,
        on_batch: Callable[[int], None] = lambda rows: None,
    ) -> None:
        self._service = service
        self._max_rows = max_rows
        self._max_waiting = max_waiting
        self._on_batch = on_batch
        self._queue: list[_Waiting] = []
        self._thread = BackgroundThread("minitfx-model")
        self._running: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._queue)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return not self._queue and (self._running is None or self._running.done())

    async def predict(self, inference: Inference) -> pa.Table:
        """Return the model's answer to a request.

        Raises
        ------
        RequestError
            If too many requests wait already.
        ModelError
            If the model fails.
        """
        if len(self._queue) >= self._max_waiting:
            raise RequestError(503, f"{len(self._queue)} requests are waiting; try again later")
        future: asyncio.Future[pa.Table] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(inference, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._work())
        return await future

    async def close(self, seconds: float) -> None:
        """Answer what waits, for so many seconds at most, then stop."""
        if self._running is not None:
            await asyncio.wait([self._running], timeout=seconds)
            self._running.cancel()
        self.stop()

    def stop(self) -> None:
        """End the thread; nothing may be asked any more."""
        self._thread.stop()

    async def _work(self) -> None:
        while self._queue:
            batch = self._take()
            try:
                answers = await self._call([each.inference for each in batch])
            except Exception as error:
                if len(batch) > 1:
                    await self._one_by_one(batch)
                else:
                    _fail(batch[0].answer, error)
                continue
            for each, answer in zip(batch, answers, strict=True):
                if not each.answer.done():
                    each.answer.set_result(answer)

    async def _one_by_one(self, batch: list[_Waiting]) -> None:
        for each in batch:
            try:
                (answer,) = await self._call([each.inference])
            except Exception as error:
                _fail(each.answer, error)
            else:
                if not each.answer.done():
                    each.answer.set_result(answer)

    def _take(self) -> list[_Waiting]:
        """Take from the queue what fits into one batch, at least one request."""
        self._queue = [each for each in self._queue if not each.answer.done()]
        count, rows = 0, 0
        for each in self._queue:
            rows += each.inference.table.num_rows
            if count and rows > self._max_rows:
                break
            count += 1
        taken, self._queue = self._queue[:count], self._queue[count:]
        return taken

    async def _call(self, requests: list[Inference]) -> list[pa.Table]:
        if not requests:
            return []
        return await self._thread.call(lambda: self._predict(requests))

    def _predict(self, requests: list[Inference]) -> list[pa.Table]:
        """Predict several requests in one call and cut the answer."""
        with_features = any(each.with_features for each in requests)
        tables = [each.table for each in requests]
        table = tables[0] if len(tables) == 1 else pa.concat_tables(tables)
        self._on_batch(table.num_rows)
        answer = self._service.run(replace(requests[0], table=table, with_features=with_features))
        cut: list[pa.Table] = []
        start = 0
        for each in requests:
            part = answer.slice(start, each.table.num_rows)
            start += each.table.num_rows
            if with_features and not each.with_features:
                plain = [name for name in part.column_names if not name.startswith(FEATURES)]
                part = part.select(plain)
            cut.append(part)
        return cut


def _fail(future: asyncio.Future[pa.Table], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
