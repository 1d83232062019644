"""Artifacts, read from the catalog's rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from minitfx.artifact import Artifact, ArtifactState
from minitfx.types import STANDARD_TYPES


def artifacts_statement(where: str, newest_first: bool = False) -> str:
    """Return the query whose rows `read_artifacts` reads.

    Parameters
    ----------
    where : str
        A condition on the tables ``a`` (artifact) and ``e`` (execution).
    newest_first : bool
        Whether the highest id comes first.
    """
    return (
        "SELECT a.id, a.type, full_uri(a.root, a.uri), a.state, a.digest, a.name, a.is_external, "
        "e.pipeline_name, e.node_id, p.name, p.is_custom, p.value "
        "FROM artifact a LEFT JOIN execution e ON e.id = a.execution_id "
        "LEFT JOIN artifact_property p ON p.artifact_id = a.id "
        f"WHERE {where} ORDER BY a.id {'DESC' if newest_first else ''}, p.is_custom, p.name"
    )


def read_artifacts(
    rows: Iterable[tuple[Any, ...]], kind: type[Artifact] | None = None
) -> list[Artifact]:
    """Return the artifacts of rows, in their order.

    Parameters
    ----------
    rows : iterable of tuple
        The rows of `artifacts_statement`.
    kind : type of Artifact, optional
        Their class; found by the type's name unless said.

    Notes
    -----
    They carry no list of files: that is in the record of the execution that made them.
    """
    found: dict[int, Artifact] = {}
    for id, type_name, uri, *facts, key, custom, value in rows:
        if id not in found:
            artifact = found[id] = (kind or artifact_class(type_name))(uri)
            state, artifact.digest, artifact.name, artifact.is_external, pipeline, node = facts
            artifact.id, artifact.state = id, ArtifactState(state)
            artifact.pipeline_name, artifact.producer_component = pipeline or "", node or ""
        if key is not None:
            target = found[id].custom_properties if custom else found[id].properties
            target[key] = json.loads(value)
    return list(found.values())


def artifact_class(type_name: str) -> type[Artifact]:
    """Return the class of a type's name; a plain one if its module is not loaded."""
    if type_name in STANDARD_TYPES:
        return STANDARD_TYPES[type_name]
    pending = list(Artifact.__subclasses__())
    while pending:
        each = pending.pop()
        if type_name == each.TYPE_NAME:
            return each
        pending += each.__subclasses__()
    return type(type_name, (Artifact,), {"TYPE_NAME": type_name})
