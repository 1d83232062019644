"""What surrounds a running node: how many workers, which fold engine, who watches.

None of it may change one byte of a result, so none of it is a parameter of a component and
none of it enters a fingerprint. It is set by the runner (or by a user, with `surround`) and
read by the libraries, wherever they are called from.

Examples
--------
>>> with surround(workers=2):
...     workers()
2
>>> workers()
1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """How far a long task has come.

    Attributes
    ----------
    done : int
        Units finished.
    total : int or None
        Units in all, None when nobody knows.
    unit : str
        What is counted: ``rows``, ``chunks``, ``trials``.
    note : str
        A short remark, such as the best value so far.
    """

    done: int
    total: int | None
    unit: str = "rows"
    note: str = ""


Observer = Callable[[Progress], None]

_workers: ContextVar[int] = ContextVar("minitfx_workers", default=1)
_engine: ContextVar[Any] = ContextVar("minitfx_engine", default=None)
_observer: ContextVar[Observer | None] = ContextVar("minitfx_observer", default=None)


def workers() -> int:
    """Return how many workers a fold may use here, at least 1."""
    return _workers.get()


def engine() -> Any:
    """Return the fold engine that was set, or None for the local one."""
    return _engine.get()


def report(done: int, total: int | None = None, unit: str = "rows", note: str = "") -> None:
    """Tell whoever watches how far the task has come; free when nobody does."""
    observer = _observer.get()
    if observer is not None:
        observer(Progress(done, total, unit, note))


@contextmanager
def surround(
    *,
    workers: int | None = None,
    engine: Any = None,
    observer: Observer | None = None,
) -> Iterator[None]:
    """Set the surroundings for the calls inside the ``with`` block.

    Parameters
    ----------
    workers : int, optional
        Workers that a fold may use; unset keeps what is there.
    engine : object, optional
        A fold engine (see `minitfx.kernels`); unset keeps what is there.
    observer : callable, optional
        Called with a `Progress`; unset keeps what is there.

    Raises
    ------
    ValueError
        If ``workers`` is less than 1.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}; expected 1 or more")
    settings: list[tuple[ContextVar[Any], Any]] = [
        (_workers, workers),
        (_engine, engine),
        (_observer, observer),
    ]
    tokens = [(variable, variable.set(value)) for variable, value in settings if value is not None]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)
