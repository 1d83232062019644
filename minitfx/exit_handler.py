"""Exit handlers: components that run when all else of a run has ended, well or not.

::

    @exit_handler
    def tell_the_team(final_status: Parameter[str]):
        status = json.loads(final_status)
        if status["state"] != "SUCCEEDED":
            print(status["error"]["message"])

    runner = LocalDagRunner()
    runner.set_exit_handler(tell_the_team(final_status=FinalStatusStr()))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from copy import copy
from typing import Any

from minitfx.component import Component
from minitfx.errors import PipelineError
from minitfx.execution import State
from minitfx.function_component import FunctionComponent, component
from minitfx.result import RunResult

_WORDS = {State.COMPLETE: "SUCCEEDED", State.CANCELED: "CANCELLED"}


class FinalStatusStr(str):
    """Stands for the run's final status, as a parameter of an exit handler.

    The handler gets a JSON text in its place, with TFX's names: ``state`` (``SUCCEEDED``,
    ``FAILED`` or ``CANCELLED``), ``error.message``, ``pipelineJobResourceName`` (the run's id),
    ``pipelineTaskName`` (the pipeline's name), and besides ``nodes``, the state of every node.
    """

    __slots__ = ()


def exit_handler(function: Callable[..., Any]) -> type[FunctionComponent]:
    """Make an exit handler of a function; as `component`, with no input artifacts."""
    made: type[FunctionComponent] = component(function)
    return made


def checked_handlers(handlers: Component | Iterable[Component]) -> tuple[Component, ...]:
    """Return exit handlers as a tuple.

    Raises
    ------
    PipelineError
        If one is no component, or reads from a node.
    """
    found = (handlers,) if isinstance(handlers, Component) else tuple(handlers)
    for each in found:
        if not isinstance(each, Component):
            raise PipelineError(
                f"the exit handler is {each!r}; expected a component, such as one made with "
                "@exit_handler"
            )
        if each.upstream_nodes:
            raise PipelineError(
                f"the exit handler {each.id} waits for {each.upstream_nodes[0].id}; it runs when "
                "all has ended, however, so it can take parameters only"
            )
    return found


def final_status(result: RunResult, error: BaseException | None = None) -> str:
    """Return a run's status as JSON, for its exit handlers."""
    failed = [node for node in result.nodes.values() if node.state is State.FAILED]
    told = [f"{node.node_id} failed: {node.cause}" for node in failed]
    told += [f"{type(error).__name__}: {error}"] if error is not None else []
    status: dict[str, Any] = {
        "state": _WORDS.get(result.state, "FAILED"),
        "pipelineJobResourceName": result.run_id,
        "pipelineTaskName": result.pipeline_name,
        "nodes": {name: str(node.state) for name, node in result.nodes.items()},
    }
    if told:
        status["error"] = {"message": "\n".join(told)}
    return json.dumps(status, ensure_ascii=False)


def informed(handler: Component, status: str) -> Component:
    """Return a copy of a handler that has the status where `FinalStatusStr` stood."""
    fresh = copy(handler)
    fresh._parameters = {
        name: status if isinstance(value, FinalStatusStr) else value
        for name, value in handler.exec_properties.items()
    }
    return fresh
