"""Conditions: nodes that run only if something is so.

::

    with Cond(evaluator.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        Pusher(...)

A node that is made inside the block waits for what the predicate asks. If it is false, the node is
recorded as SKIPPED, and so is what needs an output of it.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import TracebackType

from minitfx.errors import PipelineError
from minitfx.placeholder import Placeholder, Predicate, describe, placeholders, same

_OF_A_NODE = ("input", "output", "exec_property", "invocation", "runtime_info")

_around: ContextVar[tuple[Predicate, ...]] = ContextVar("minitfx_conditions", default=())


class Cond:
    """A block whose nodes run only if a predicate is true.

    Parameters
    ----------
    predicate : Predicate
        A comparison of a placeholder made by ``channel.future()``, or several of them joined by
        `logical_and`, `logical_or` and `logical_not`.

    Raises
    ------
    PipelineError
        If it is not true or false, asks for something that only a node has, or stands inside a
        block with the same predicate.

    Examples
    --------
    >>> from minitfx import Importer
    >>> from minitfx.types import Integer
    >>> rows = Importer("rows", Integer)
    >>> with Cond(rows.outputs["result"].future()[0].value > 100):
    ...     big = Importer("big", Integer).with_id("big")
    >>> big.upstream_nodes == (rows,)
    True
    """

    def __init__(self, predicate: Predicate) -> None:
        if not isinstance(predicate, Predicate):
            said = describe(predicate) if isinstance(predicate, Placeholder) else repr(predicate)
            raise PipelineError(
                f"Cond({said}) is not true or false; compare an output's placeholder with "
                "something, as in Cond(channel.future()[0].value == 1)"
            )
        for each in placeholders(predicate):
            if each.operation in _OF_A_NODE:
                raise PipelineError(
                    f"Cond({describe(predicate)}) asks for {describe(each)}, which only a node "
                    "has; ask an output with channel.future()"
                )
        self.predicate = predicate
        self._entered: list[Token[tuple[Predicate, ...]]] = []

    def __enter__(self) -> Cond:
        around = _around.get()
        if any(same(each, self.predicate) for each in around):
            raise PipelineError(
                f"Cond({describe(self.predicate)}) stands inside a block with the same predicate; "
                "take one of them out"
            )
        self._entered.append(_around.set((*around, self.predicate)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _around.reset(self._entered.pop())


def conditions_around() -> tuple[Predicate, ...]:
    """Return the predicates of the blocks that are open here, the outermost first."""
    return _around.get()
