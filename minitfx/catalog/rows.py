"""From records to rows: what an execution or a run looks like in the catalog's tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minitfx.artifact import Artifact
from minitfx.catalog.records import Run
from minitfx.catalog.sql import identifier, moment, values
from minitfx.execution import Execution, State, artifact_to_json

Rows = dict[str, list[tuple[Any, ...]]]

_SHARED = frozenset({"context", "parent_context", "type"})


def context_id(type: str, name: str) -> int:
    """Return the id of a context: a positive number made from its type and name."""
    digest = hashlib.sha256(f"{type}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def run_rows(run: Run, root: str) -> Rows:
    """Return the rows of a run.

    Parameters
    ----------
    run : Run
        The run.
    root : str
        Its pipeline root, empty if that is the catalog's own.
    """
    process = run.process
    parent = context_id("pipeline", run.pipeline_name)
    own = context_id("pipeline_run", run.run_id)
    bases = [context_id("pipeline_run", run.base_run_id)] if run.base_run_id else []
    return {
        "run": [
            (
                run.run_id, run.pipeline_name, root, str(run.state), moment(run.started_at),
                run.seconds, run.parameters, run.base_run_id,
                process.host if process else None, process.pid if process else None,
            )
        ],
        "context": [(parent, "pipeline", run.pipeline_name), (own, "pipeline_run", run.run_id)],
        "parent_context": [(own, parent), *((own, each) for each in bases)],
    }  # fmt: skip


def execution_rows(execution: Execution, root: Path, label: str) -> Rows:
    """Return the rows of an execution, and of the artifacts that it made.

    Parameters
    ----------
    execution : Execution
        An execution.
    root : Path
        Its pipeline root; a folder below it is written relative to it.
    label : str
        How the catalog names that root: empty for its own.
    """
    rows = _execution_row(execution)
    made = execution.state is State.COMPLETE and not execution.internal
    contexts = _contexts(execution)
    rows["context"] = [(context_id(*each), *each) for each in contexts]
    ids = [context_id(*each) for each in contexts]
    rows["association"] = [(each, execution.id) for each in ids]
    rows["event"] = list(_events(execution))
    rows["type"] = [("execution", execution.type)]
    rows["execution_property"] = [
        (execution.id, name, True, _json(value)) for name, value in execution.parameters.items()
    ]
    rows["ingredient"] = [
        (execution.id, name, str(value)) for name, value in execution.ingredients.items()
    ]
    for key, artifacts in execution.outputs.items():
        for artifact in artifacts:
            rows.setdefault("attribution", []).extend((each, artifact.id) for each in ids)
            if made and is_own(artifact, execution):
                _artifact_rows(rows, artifact, key, execution, root, label)
    return rows


def is_own(artifact: Artifact, execution: Execution) -> bool:
    """Whether an execution made an artifact, rather than found it made already."""
    return artifact.id is not None and artifact.id // 1000 == execution.id


def insert_statements(rows: Rows) -> Iterable[str]:
    """Yield one multi-row INSERT per table; shared rows only where they are not there yet."""
    for table, found in rows.items():
        if table in _SHARED:
            listed = values(dict.fromkeys(found))
            yield (
                f"INSERT INTO {identifier(table)} SELECT * FROM (VALUES {listed}) "
                f"EXCEPT SELECT * FROM {identifier(table)}"
            )
        elif found:
            yield f"INSERT INTO {identifier(table)} VALUES {values(found)}"


def merge(into: Rows, more: Rows) -> None:
    """Add rows to rows."""
    for table, found in more.items():
        into.setdefault(table, []).extend(found)


def _execution_row(execution: Execution) -> Rows:
    process = execution.process
    row = (
        execution.id, execution.type, execution.run_id, execution.pipeline_name,
        execution.node_id, str(execution.state), execution.cause, execution.fingerprint,
        execution.cached_from, moment(execution.started_at), execution.seconds,
        execution.error or None, process.host if process else None,
        process.pid if process else None,
    )  # fmt: skip
    return {"execution": [row]}


def _contexts(execution: Execution) -> list[tuple[str, str]]:
    return [
        ("pipeline", execution.pipeline_name),
        ("pipeline_run", execution.run_id),
        ("node", f"{execution.pipeline_name}.{execution.node_id}"),
    ]


def _events(execution: Execution) -> Iterable[tuple[Any, ...]]:
    output = "INTERNAL_OUTPUT" if execution.internal else "OUTPUT"
    for key, ids in execution.inputs.items():
        for position, id in enumerate(ids):
            yield execution.id, id, "INPUT", key, position
    for key, artifacts in execution.outputs.items():
        for position, artifact in enumerate(artifacts):
            yield execution.id, artifact.id, output, key, position


def _artifact_rows(
    rows: Rows, artifact: Artifact, key: str, execution: Execution, root: Path, label: str
) -> None:
    uri = artifact_to_json(artifact, root)["uri"]
    ended = execution.started_at + (execution.seconds or 0.0)
    size = sum(known.size for known in artifact.files.values())
    rows.setdefault("artifact", []).append(
        (
            artifact.id, artifact.type_name, label, uri, artifact.state.value, artifact.digest,
            artifact.name, size, artifact.is_external, execution.id, key, moment(ended),
        )
    )  # fmt: skip
    properties = rows.setdefault("artifact_property", [])
    for is_custom, found in ((False, artifact.properties), (True, artifact.custom_properties)):
        properties.extend(
            (artifact.id, name, is_custom, _json(value)) for name, value in found.items()
        )
    rows["type"].append(("artifact", artifact.type_name))


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
