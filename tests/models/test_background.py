"""Calls in threads for an event loop: results, errors, and code that would end the process."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from minitfx.errors import ModelError
from minitfx.models.background import BackgroundThread, in_background


def test_results_and_errors_come_back():
    assert asyncio.run(in_background(threading.current_thread)).daemon
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_background(lambda: 1 / 0))


def test_code_that_would_end_the_process_only_fails_its_own_call():
    async def three_calls():
        thread = BackgroundThread("model")
        first = thread.call(lambda: sys.exit("bye"))
        return await asyncio.gather(first, thread.call(lambda: 2), return_exceptions=True)

    error, two = asyncio.run(three_calls())
    assert isinstance(error, ModelError)
    assert "SystemExit('bye')" in str(error)
    assert two == 2


def test_calls_run_one_after_the_other():
    order = []

    async def many_calls():
        thread = BackgroundThread("model")
        await asyncio.gather(*(thread.call(lambda at=at: order.append(at)) for at in range(50)))

    asyncio.run(many_calls())
    assert order == list(range(50))
