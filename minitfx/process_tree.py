"""A process and all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

_ROUNDS = 5


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads its own session, and all that it started; wait for it.

    Notes
    -----
    Its process group is ended as a whole; where the system lists processes below ``/proc``, also
    what it started outside of its group.
    """
    if sys.platform == "win32":
        process.kill()
    else:
        running = process.poll() is None
        strangers = descendants(process.pid, stop=True) if running else []
        _signal_group(process.pid)
        for pid in strangers:
            _signal(pid, signal.SIGKILL)
        if running:
            process.kill()
    process.wait()


def end_own_tree(exit_code: int) -> None:
    """End all that this process started, its group if it leads one, and itself."""
    if sys.platform != "win32":
        for pid in descendants(os.getpid()):
            _signal(pid, signal.SIGKILL)
        if os.getpgrp() == os.getpid():
            _signal_group(os.getpid())
    os._exit(exit_code)


def descendants(pid: int, *, stop: bool = False) -> list[int]:
    """Return the processes below one, children before their children; none without ``/proc``.

    Parameters
    ----------
    pid : int
        The process.
    stop : bool
        Whether to hold it and those below it meanwhile, so that none can start another unseen.
    """
    found: list[int] = []
    for _ in range(_ROUNDS):
        if stop:
            for each in (pid, *found):
                _signal(each, signal.SIGSTOP)
        now = _below(pid)
        if set(now) <= set(found) or not stop:
            return now
        found = now
    return found


def _below(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    pending = [pid]
    while pending:
        own = children.get(pending.pop(), [])
        found += own
        pending += own
    return found


def _parents() -> list[tuple[int, int]]:
    """Return every process with its parent."""
    found: list[tuple[int, int]] = []
    try:
        names = os.listdir("/proc")
    except OSError:
        return found
    for name in names:
        if name.isdigit():
            try:
                told = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
                found.append((int(name), int(told[1])))
            except (OSError, IndexError, ValueError):
                continue
    return found


def _signal_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
