"""Points at which a test may let the process die, to see what a crash there leaves behind.

They do nothing unless the environment variable ``MINITFX_FAULT`` says so:

``kill:LABEL#N``
    the process ends, as by ``kill -9``, when it passes the label for the N-th time;
``trace:FILE``
    every label that is passed is appended to a file, a line each.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from pathlib import Path

_passed: Counter[str] = Counter()
_lock = threading.Lock()


def passing(label: str) -> None:
    """Say that the process is at a labelled point, between two writes."""
    plan = os.environ.get("MINITFX_FAULT")
    if plan is not None:
        _act(plan, label)


def _act(plan: str, label: str) -> None:
    action, _, rest = plan.partition(":")
    if action == "trace":
        with _lock, Path(rest).open("a", encoding="utf-8") as file:
            file.write(f"{label}\n")
        return
    wanted, _, number = rest.partition("#")
    with _lock:
        _passed[label] += 1
        if label == wanted and _passed[label] == int(number or 1):
            os.kill(os.getpid(), signal.SIGKILL)
