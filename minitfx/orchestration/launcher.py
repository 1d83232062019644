"""Where a request is carried out: in this thread, or in a process of its own."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from minitfx.catalog.files import remove_tree
from minitfx.catalog.records import Records
from minitfx.errors import ExecutionError
from minitfx.execution import Execution, State
from minitfx.failure import Failure, RemoteError, failure_of
from minitfx.faultpoint import passing
from minitfx.options import NodeOptions
from minitfx.orchestration.step import seal
from minitfx.process_tree import end_tree
from minitfx.worker import Artifacts, Request, logging_to, perform, read_outputs


class Canceled(ExecutionError):
    """Somebody stopped the node."""


class TimedOut(ExecutionError):
    """The node took longer than it may."""


def launch(request: Request, options: NodeOptions, canceled: threading.Event) -> Artifacts:
    """Carry out a request and return its outputs, digested and on the disk.

    Parameters
    ----------
    request : Request
        What to do.
    options : NodeOptions
        Where, and for how long.
    canceled : threading.Event
        Ends a process when it is set; a thread finishes first.

    Raises
    ------
    Exception
        What ``execute`` raised; from a process, an `ExecutionError` with its text.
    """
    if options.place == "process":
        outputs = _in_process(request, options.timeout_s or math.inf, canceled)
    else:
        with logging_to(request.log):
            outputs = perform(request)
    passing("outputs made")
    seal(outputs)
    passing("outputs sealed")
    return outputs


def fail(
    execution: Execution, error: BaseException, records: Records, seconds: float
) -> tuple[Execution, Failure]:
    """Record that an execution failed, remove what it had begun to write, and say what is told."""
    remove_tree(records.staging(execution.id))
    state = State.CANCELED if isinstance(error, Canceled) else State.FAILED
    failure = failure_of(error)
    ended = execution.moved(state, cause=failure.cause, error=failure.text, seconds=seconds)
    records.commit(ended)
    return ended, failure


def _in_process(request: Request, timeout_s: float, canceled: threading.Event) -> Artifacts:
    written = request.to_json()
    with tempfile.TemporaryDirectory(prefix="minitfx-") as folder:
        ask, answer = Path(folder) / "request.json", Path(folder) / "result.json"
        ask.write_text(json.dumps(written), "utf-8")
        with Path(request.log).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "minitfx.worker", str(ask), str(answer)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                in_time = _wait(process, timeout_s, canceled)
            finally:
                end_tree(process)
                if process.stdin:
                    process.stdin.close()
        if canceled.is_set():
            raise Canceled("somebody stopped the run")
        if not in_time:
            raise TimedOut(
                f"it took longer than its {timeout_s:g} s; what it printed is in {request.log}"
            )
        return _answer(answer, process.returncode, request)


def _wait(process: subprocess.Popen[bytes], timeout_s: float, canceled: threading.Event) -> bool:
    """Wait for a process to end or be canceled; whether its time was enough."""
    deadline = time.monotonic() + timeout_s
    while not canceled.is_set():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        try:
            process.wait(min(0.1, left))
            return True
        except subprocess.TimeoutExpired:
            continue
    return True


def _answer(path: Path, code: int, request: Request) -> Artifacts:
    try:
        result = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise ExecutionError(
            f"its process ended with {how} and left no result; what it printed is in {request.log}"
        ) from None
    if "outputs" in result:
        return read_outputs(result["outputs"])
    raise RemoteError(Failure(**result["failure"]))
