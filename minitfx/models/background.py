"""Threads that work for an event loop, and never hold up the end of the process.

The threads of `concurrent.futures` are waited for when the interpreter ends. A model that never
comes back would keep a server alive for ever after it was told to stop; these threads do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from minitfx.errors import ModelError

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Call:
    function: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


class BackgroundThread:
    """A thread that calls functions for an event loop, one after the other.

    Parameters
    ----------
    name : str
        What the thread is called.

    Examples
    --------
    >>> async def sum_of(*numbers):
    ...     return await BackgroundThread("adder").call(lambda: sum(numbers))
    >>> asyncio.run(sum_of(1, 1))
    2
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        Thread(target=self._work, name=name, daemon=True).start()

    def call(self, function: Callable[[], Result]) -> asyncio.Future[Result]:
        """Return the future result of a function; to be called from an event loop.

        Notes
        -----
        A future that is cancelled does not end the call; what it returns is dropped then.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._calls.put(_Call(function, loop, answer))
        return answer

    def stop(self) -> None:
        """End the thread after the calls that it has."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            value, error = _outcome(call.function)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                call.loop.call_soon_threadsafe(_settle, call.answer, value, error)


async def in_background(function: Callable[[], Result]) -> Result:
    """Return what a function returns, called in a thread of its own."""
    thread = BackgroundThread("minitfx-background")
    answer = thread.call(function)
    thread.stop()
    return await answer


def _outcome(function: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return function(), None
    except Exception as error:
        return None, error
    except BaseException as error:
        # Code of the model's that calls sys.exit must not end the server.
        return None, ModelError(f"the model's code ended with {error!r}")


def _settle(answer: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(value)
    else:
        answer.set_exception(error)
