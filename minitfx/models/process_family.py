"""Processes that belong together by a mark in their environment, and end together.

A program that a model starts can leave its process group, its session and its parent; its
environment stays with it, and with all that it starts. So whoever starts a server puts a mark
there (the path of a folder that is used once), and at the end nothing may run that bears it. Only
Linux tells the environment of a process; elsewhere the process group has to do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_ROUNDS = 200
_PAUSE_SECONDS = 0.005


def members(pid: int) -> Iterator[int]:
    """Yield a process and its children, and theirs; nothing but itself without ``/proc``."""
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        yield each
        with suppress(OSError, ValueError):
            for task in (_PROC / str(each) / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]


def marked(mark: str) -> list[int]:
    """Return the processes of this user whose environment holds a mark, but not this one.

    Examples
    --------
    >>> marked("a text that no process has in its environment")
    []
    """
    wanted, own = mark.encode(), os.getpid()
    found: list[int] = []
    with suppress(OSError):
        for name in os.listdir(_PROC):
            if name.isdigit() and int(name) != own:
                with suppress(OSError):
                    if wanted in (_PROC / name / "environ").read_bytes():
                        found.append(int(name))
    return found


def end_family(process: subprocess.Popen[bytes], mark: str) -> None:
    """Kill a process that leads its group, all that it started, and all that bear a mark.

    Parameters
    ----------
    process : subprocess.Popen
        The process, which may be gone already. It is waited for.
    mark : str
        What the environments of its family hold.
    """
    known = list(members(process.pid)) if process.poll() is None else []
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for each in known:
        _kill(each)
    process.kill()
    process.wait()
    end_marked(mark)


def end_marked(mark: str) -> None:
    """Kill all processes that bear a mark, and wait until they are gone; but not this one."""
    for _ in range(_ROUNDS):
        found = marked(mark)
        if not found:
            return
        for each in found:
            _kill(each)
        time.sleep(_PAUSE_SECONDS)


def guard(mark: str) -> None:
    """Leave a process behind that ends the family when standard input comes to its end.

    Standard input is a pipe from whoever started this process; it ends when they do, however that
    comes. To be called before any thread is started. Does nothing where a process cannot fork.
    """
    if not hasattr(os, "fork") or not _PROC.is_dir():
        return
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        return
    # A grandchild, so that the server has no child that its model did not start.
    if os.fork() == 0:
        with suppress(OSError):
            os.setsid()
            os.closerange(1, 256)
            while os.read(0, 1):
                pass
            end_marked(mark)
    os._exit(0)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
