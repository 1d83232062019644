"""One node of a run: resolve, fingerprint, look up, begin, commit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from minitfx.artifact import Artifact, ArtifactState
from minitfx.catalog.files import make_folder, remove_tree, sync_tree
from minitfx.component import Component, Resolution
from minitfx.declaration import Output, check_value
from minitfx.digest import digest_file, digest_tree
from minitfx.errors import ExecutionError, ParameterTypeError, ResolutionError
from minitfx.execution import Execution, State, this_process
from minitfx.explanation import changes_between, summary
from minitfx.faultpoint import passing
from minitfx.fingerprint import Ingredients, fingerprint, ingredients_of
from minitfx.node import Node
from minitfx.orchestration.situation import Situation, arguments_of, gather
from minitfx.parameter import FRAME, encode
from minitfx.worker import Artifacts, Request


@dataclass(frozen=True)
class Prepared:
    """A component that is ready to run, and what makes it the same as another execution."""

    component: Component
    inputs: Artifacts
    parameters: Mapping[str, Any]
    encoded: Mapping[str, Any]
    values: Mapping[str, Any]
    ingredients: Ingredients
    fingerprint: str


def prepare(component: Component, situation: Situation) -> Prepared:
    """Resolve a component's inputs and parameters, and take its fingerprint.

    Raises
    ------
    ResolutionError
        If a required input has no artifact, or a single one has several.
    """
    inputs = gather(component, situation)
    parameters = {
        name: _checked(component, name, value)
        for name, value in arguments_of(component, inputs, situation).items()
    }
    resolve = getattr(component, "resolve", None)
    found: Resolution = resolve(inputs, parameters) if resolve else Resolution()
    inputs = {**inputs, **found.inputs}
    _check_inputs(component, inputs)
    encoded = {
        name: _encoded(component, name, value, situation) for name, value in parameters.items()
    }
    written = {
        name: encoded[name] if component.declaration.parameters[name].mark is FRAME else value
        for name, value in parameters.items()
    }
    ingredients = ingredients_of(component, inputs, written, found.ingredients)
    return Prepared(
        component, inputs, parameters, encoded, found.values, ingredients, fingerprint(ingredients)
    )


def look_up(prepared: Prepared, situation: Situation) -> tuple[Execution | None, str]:
    """Return an earlier execution that can serve, or None and why none can.

    An execution can serve if it completed with the same fingerprint, and every file that it made
    is there with the same content; the component may object (``recheck``).
    """
    objection = ""
    for execution in situation.catalog.records.completed(prepared.fingerprint):
        objection = damage(execution.outputs)
        recheck = getattr(prepared.component, "recheck", None)
        if not objection and recheck is not None:
            objection = recheck(prepared.parameters, execution.outputs) or ""
        if not objection:
            return execution, ""
    return None, objection


def damage(outputs: Mapping[str, list[Artifact]]) -> str:
    """Return what is wrong with the payloads of artifacts; empty if nothing is."""
    for key, artifacts in outputs.items():
        for artifact in artifacts:
            if artifact.state is not ArtifactState.LIVE:
                return f"its output {key!r} was deleted ({artifact.uri})"
            if not artifact.path.exists():
                return f"its output {key!r} is no longer there ({artifact.uri})"
            for name, known in artifact.files.items():
                path = artifact.path if artifact.path.is_file() else artifact.path / name
                if not known.matches(path):
                    return f"its output {key!r} was changed ({path})"
    return ""


def earlier_execution(node: Node, situation: Situation) -> Execution | None:
    """Return the latest execution of a node, computed or served, from before this run."""
    id = situation.earlier.get(node.id)
    return situation.catalog.records.execution(id) if id is not None else None


def cause_of(execution: Execution, before: Execution | None, objection: str) -> str:
    """Return why an execution has to compute, in a phrase."""
    if objection:
        return objection
    if before is None:
        return "it has not run before"
    return summary(changes_between(before, execution)) or "the cache was not asked"


def claim_scratch(prepared: Prepared, situation: Situation) -> Callable[[], None] | None:
    """Return what gives a node's work folder back, or None while another run is busy with it."""
    if not prepared.component.declaration.scratch:
        return lambda: None
    return situation.catalog.records.claim_scratch(prepared.fingerprint)


def begin(
    prepared: Prepared, situation: Situation, before: Execution | None, objection: str
) -> Execution:
    """Claim an id, note that the execution is under way, and make its staging folder.

    Parameters
    ----------
    prepared, situation
        What runs, and where.
    before : Execution or None
        The latest execution of the node, computed or served.
    objection : str
        Why an earlier execution does not stand, if there was one: what is wrong with it.
    """
    records = situation.catalog.records
    claim = situation.catalog.claims.win(records.root, records.executions_folder)
    assert claim.id is not None
    execution = _execution(
        prepared.component,
        situation,
        claim.id,
        State.RUNNING,
        fingerprint=prepared.fingerprint,
        ingredients=prepared.ingredients,
        files=prepared.ingredients.files,
        parameters=prepared.encoded,
        inputs=ids_of(prepared.inputs),
        process=this_process(),
    )
    execution = replace(execution, cause=cause_of(execution, before, objection))
    claim.begin(execution)
    remove_tree(records.staging(claim.id))
    make_folder(records.staging(claim.id))
    passing("staging made")
    return execution


def request_of(
    prepared: Prepared, execution: Execution, situation: Situation, workers: int
) -> Request:
    """Return the request for an execution that has begun."""
    records = situation.catalog.records
    staging = records.staging(execution.id)
    outputs = {
        name: [output.type(str(place)) for place in _places(staging / name, output, prepared)]
        for name, output in prepared.component.declaration.outputs.items()
    }
    return Request(
        type(prepared.component),
        prepared.inputs,
        outputs,
        prepared.encoded,
        prepared.values,
        str(records.scratch(prepared.fingerprint)),
        str(records.log(execution.id)),
        workers,
    )


def _places(folder: Path, output: Output, prepared: Prepared) -> list[Path]:
    """Return where an output is written: one folder, or one for each artifact of an input."""
    if not output.per_input:
        return [folder]
    return [folder / str(index) for index in range(len(prepared.inputs[output.per_input]))]


def seal(outputs: Artifacts) -> None:
    """Digest the outputs and flush them to the disk, before they are committed."""
    for artifacts in outputs.values():
        for artifact in artifacts:
            if not artifact.path.is_dir():
                raise ExecutionError(
                    f"its output folder {artifact.path.name!r} is gone; a component writes into "
                    "the folder that it is given and leaves it there"
                )
            digest = digest_tree(artifact.path, type(artifact).VOLATILE)
            artifact.digest, artifact.files = digest.content, digest.files
            sync_tree(artifact.path)


def commit(
    execution: Execution, outputs: Artifacts, situation: Situation, seconds: float
) -> Execution:
    """Move the outputs into place and write the record: from now on they are visible."""
    records = situation.catalog.records
    position = 0
    for key, artifacts in outputs.items():
        for index, artifact in enumerate(artifacts):
            position += 1
            place = records.root / execution.node_id / key / str(execution.id)
            place = place if index == 0 else place.with_name(f"{execution.id}-{index}")
            make_folder(place.parent)
            artifact.path.replace(place)
            passing("output in place")
            artifact.uri = str(place)
            artifact.id = execution.id * 1000 + position
            artifact.state = ArtifactState.LIVE
            artifact.pipeline_name = situation.pipeline_name
            artifact.producer_component = execution.node_id
            artifact.name = f"{execution.node_id}:{key}:{execution.id}"
    ended = execution.moved(State.COMPLETE, outputs=outputs, seconds=seconds)
    records.commit(ended)
    passing("execution recorded")
    remove_tree(records.staging(execution.id))
    passing("staging removed")
    if execution.fingerprint:
        remove_tree(records.scratch(execution.fingerprint))
    return ended


def record_ended(
    node: Node,
    situation: Situation,
    state: State,
    cause: str,
    *,
    served_by: Execution | None = None,
    prepared: Prepared | None = None,
    inputs: Mapping[str, list[Artifact]] | None = None,
    outputs: Mapping[str, list[Artifact]] | None = None,
    **details: Any,
) -> Execution:
    """Record an execution that computed nothing: cached, blocked, skipped, resolved, imported."""
    records = situation.catalog.records
    claim = situation.catalog.claims.win(records.root, records.executions_folder)
    assert claim.id is not None
    execution = _execution(
        node,
        situation,
        claim.id,
        state,
        cause=cause,
        seconds=details.pop("seconds", 0.0),
        fingerprint=prepared.fingerprint if prepared else details.pop("fingerprint", None),
        parameters=prepared.encoded if prepared else _plain_parameters(node),
        inputs=ids_of(prepared.inputs if prepared else inputs or {}),
        outputs=served_by.outputs if served_by else outputs or {},
        cached_from=served_by.id if served_by else None,
        process=this_process(),
        **details,
    )
    for artifacts in execution.outputs.values():
        for position, artifact in enumerate(artifacts, 1):
            if artifact.id is None:
                artifact.id = claim.id * 1000 + position
    records.commit(execution)
    return execution


def serve(prepared: Prepared, found: Execution, situation: Situation) -> Execution:
    """Record that an earlier execution serves."""
    return record_ended(
        prepared.component,
        situation,
        State.CACHED,
        f"nothing changed since run {found.run_id}",
        served_by=found,
        prepared=prepared,
        ingredients=prepared.ingredients,
        files=prepared.ingredients.files,
    )


def ids_of(inputs: Mapping[str, list[Artifact]]) -> dict[str, list[int]]:
    """Return the artifacts' ids by key."""
    return {key: [each.id or 0 for each in found] for key, found in inputs.items()}


def _execution(node: Node, situation: Situation, id: int, state: State, **fields: Any) -> Execution:
    return Execution(
        id=id,
        run_id=situation.run_id,
        pipeline_name=situation.pipeline_name,
        node_id=node.id,
        type=f"{type(node).__module__}.{type(node).__qualname__}",
        state=state,
        started_at=time.time(),
        **fields,
    )


def _check_inputs(component: Component, inputs: Artifacts) -> None:
    for name, spec in component.declaration.inputs.items():
        found = inputs.get(name, [])
        wired = component.inputs.get(name)
        if not found and wired is not None and not component.declaration.may_be_empty(name):
            raise ResolutionError(
                f"{component.id}.{name} needs {spec.type.TYPE_NAME}, but {wired!r} has none"
            )
        if len(found) > 1 and not spec.many:
            raise ResolutionError(
                f"{component.id}.{name} takes one {spec.type.TYPE_NAME}, but {wired!r} has "
                f"{len(found)}"
            )


def _checked(component: Component, name: str, value: Any) -> Any:
    """Return a value, checked if only the run knew it."""
    if value is component.exec_properties[name]:
        return value
    return check_value(value, component.declaration.parameters[name], component.id)


def _encoded(component: Component, name: str, value: Any, situation: Situation) -> Any:
    if component.declaration.parameters[name].mark is FRAME and value is not None:
        table = _table_of(value, f"{component.id}.{name}")
        return _store_frame(table, situation.catalog.records.system / "frames")
    return encode(value, f"{component.id}.{name}")


def _table_of(value: Any, where: str) -> Any:
    """Return a frame without its index, or anything else that is a table, as an Arrow table."""
    import pyarrow as pa

    try:
        if type(value).__module__.partition(".")[0] == "pandas":
            return pa.Table.from_pandas(value, preserve_index=False)
        return pa.table(value)
    except (pa.ArrowException, AttributeError, OverflowError, TypeError, ValueError) as error:
        why = ": ".join(str(each) for each in reversed(error.args)) or str(error)
        raise ParameterTypeError(
            f"{where} is a {type(value).__name__} that cannot be read as a table: {why}. Expected "
            "a data frame or an Arrow table with columns of one type each"
        ) from error


def _store_frame(table: Any, folder: Path) -> dict[str, list[str]]:
    """Write a table in memory as an Arrow file named by its digest."""
    import pyarrow as pa

    table = table.replace_schema_metadata(None).combine_chunks()
    make_folder(folder)
    aside = folder / f".{id(table)}-{time.monotonic_ns()}.tmp"
    with pa.OSFile(str(aside), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1 << 20)
    digest = digest_file(aside)
    place = folder / f"{digest}.arrow"
    aside.replace(place)
    return {"$frame": [digest, str(place)]}


def _plain_parameters(node: Node) -> dict[str, Any]:
    """Return a node's parameters for the record, as text where they cannot be written down."""
    found: dict[str, Any] = {}
    for name, value in node.exec_properties.items():
        try:
            found[name] = encode(value, name)
            json.dumps(found[name])
        except Exception:
            found[name] = repr(value)
    return found
