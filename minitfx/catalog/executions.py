"""Executions and events, read from the catalog's rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from minitfx.artifact import Artifact
from minitfx.execution import Execution, Process, State

EVENT_COLUMNS = "execution_id, artifact_id, type, key, position"
EXECUTION_COLUMNS = (
    "id, type, run_id, pipeline_name, node_id, state, cause, fingerprint, cached_from, "
    "epoch(started_at), seconds, error, host, pid"
)
_STATES = {str(each): each for each in State}


@dataclass(frozen=True)
class Event:
    """That an execution read or made an artifact.

    Attributes
    ----------
    execution_id, artifact_id : int
        Which.
    type : str
        ``INPUT``, ``OUTPUT``, or ``INTERNAL_OUTPUT`` of a Resolver that chose it.
    key : str
        The input's or output's key.
    index : int
        The artifact's place under that key, from 0.
    """

    execution_id: int
    artifact_id: int
    type: str
    key: str
    index: int


def read_executions(
    rows: Sequence[tuple[Any, ...]],
    properties: Iterable[tuple[int, str, str]],
    events: Iterable[Event],
    artifacts: Iterable[Artifact],
) -> list[Execution]:
    """Return the executions of rows, in their order.

    Parameters
    ----------
    rows : sequence of tuple
        The columns `EXECUTION_COLUMNS` of the table ``execution``.
    properties : iterable of tuple
        Execution id, name and JSON text of their parameters.
    events : iterable of Event
        Their events.
    artifacts : iterable of Artifact
        What came out of them.
    """
    parameters: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
    inputs: dict[int, dict[str, list[int]]] = {row[0]: {} for row in rows}
    outputs: dict[int, dict[str, list[Artifact]]] = {row[0]: {} for row in rows}
    internal: set[int] = set()
    for id, name, value in properties:
        parameters[id][name] = json.loads(value)
    known = {each.id: each for each in artifacts}
    for event in events:
        if event.type == "INPUT":
            inputs[event.execution_id].setdefault(event.key, []).append(event.artifact_id)
        elif event.artifact_id in known:
            made = outputs[event.execution_id].setdefault(event.key, [])
            made.append(known[event.artifact_id])
        if event.type == "INTERNAL_OUTPUT":
            internal.add(event.execution_id)
    return [
        _read(row, parameters[row[0]], inputs[row[0]], outputs[row[0]], row[0] in internal)
        for row in rows
    ]


def _read(
    row: tuple[Any, ...],
    parameters: dict[str, Any],
    inputs: dict[str, list[int]],
    outputs: dict[str, list[Artifact]],
    internal: bool,
) -> Execution:
    (id, type, run_id, pipeline, node, state, cause, fingerprint, cached_from, started, seconds,
     error, host, pid) = row  # fmt: skip
    return Execution(
        id=id,
        run_id=run_id,
        pipeline_name=pipeline,
        node_id=node,
        type=type,
        state=_STATES[state],
        cause=cause,
        started_at=started,
        seconds=seconds,
        fingerprint=fingerprint,
        parameters=parameters,
        inputs=inputs,
        outputs=outputs,
        cached_from=cached_from,
        error=error or "",
        process=Process(host, pid, "") if host else None,
        internal=internal,
    )
