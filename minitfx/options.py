"""How a node is carried out: again after a failure, for how long, where, and beside what.

None of it enters a fingerprint: it may not change one byte of a result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from minitfx.errors import ParameterError

PLACES = ("thread", "process")


def check_amounts(resources: Mapping[str, Any]) -> None:
    """Make sure that amounts of resources are positive numbers.

    Raises
    ------
    ParameterError
        If one is not.
    """
    for name, amount in resources.items():
        number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
        if not number or not amount > 0:
            raise ParameterError(f"resource {name!r} is {amount!r}; expected a number above 0")


@dataclass(frozen=True)
class NodeOptions:
    """How one node is carried out; what is None is left to the runner.

    Attributes
    ----------
    retries : int, optional
        How often it is tried again after it failed.
    backoff_s : float, optional
        Seconds before the first of these tries; doubled before each further one.
    timeout_s : float, optional
        Seconds that one try may take; the process tree is ended then. Infinite for no limit.
    isolation : {"thread", "process"}, optional
        Where it runs; with a time limit, always in a process of its own.
    resources : mapping of str to float
        How much it holds, while it runs, of what the runner limits.

    Raises
    ------
    ParameterError
        If a number is negative, or a time limit is asked of a thread.
    """

    retries: int | None = None
    backoff_s: float | None = None
    timeout_s: float | None = None
    isolation: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.retries is not None and (self.retries < 0 or int(self.retries) != self.retries):
            raise ParameterError(f"retries is {self.retries!r}; expected 0, 1, 2, …")
        if self.backoff_s is not None and not self.backoff_s >= 0:
            raise ParameterError(f"backoff_s is {self.backoff_s!r}; expected seconds, 0 or more")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise ParameterError(f"timeout is {self.timeout_s!r}; expected seconds, more than 0")
        if self.isolation not in (None, *PLACES):
            raise ParameterError(f"isolation is {self.isolation!r}; expected 'thread' or 'process'")
        check_amounts(self.resources)
        if self.isolation == "thread" and self.timeout_s not in (None, math.inf):
            raise ParameterError(
                f"a thread cannot be ended after {self.timeout_s:g} s; use isolation 'process', "
                "or no time limit"
            )

    def over(self, defaults: NodeOptions) -> NodeOptions:
        """Return these options, completed by others where they say nothing."""
        said = {
            each.name: value
            for each in fields(self)
            if (value := getattr(self, each.name)) is not None
        }
        if self.timeout_s is not None and defaults.isolation == "thread":
            said.setdefault("isolation", self.place)
        return replace(defaults, **said)

    @property
    def place(self) -> str:
        """Where the node runs: ``thread`` or ``process``."""
        limited = self.timeout_s is not None and self.timeout_s < math.inf
        return "process" if limited else self.isolation or "thread"

    def pause_before(self, attempt: int) -> float | None:
        """Return the seconds to wait before a try; None if there is no such try any more."""
        if attempt > 1 + (self.retries or 0):
            return None
        return float((self.backoff_s or 0.0) * 2 ** (attempt - 2))
