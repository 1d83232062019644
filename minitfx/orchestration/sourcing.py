"""Nodes that bring artifacts in rather than make them: a Resolver's choice, an Importer's find."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minitfx.artifact import Artifact, ArtifactState
from minitfx.catalog.questions import same_external
from minitfx.catalog.store import Catalog
from minitfx.digest import digest_tree
from minitfx.errors import PipelineError, ResolutionError, StorageError
from minitfx.execution import Execution, State
from minitfx.fingerprint import strategy_ingredients
from minitfx.importer import Importer
from minitfx.node import Node
from minitfx.orchestration.situation import Situation, arguments_of, artifacts_of
from minitfx.orchestration.step import record_ended
from minitfx.resolver import Choice, Resolver


def bring_in(node: Node, situation: Situation) -> Execution:
    """Let a node that computes nothing bring its artifacts in.

    Raises
    ------
    PipelineError
        If it is neither an Importer nor a Resolver.
    """
    if isinstance(node, Resolver):
        return resolve(node, situation)
    if isinstance(node, Importer):
        return register(node, situation)
    raise PipelineError(f"{node!r} is neither a component, an Importer nor a Resolver")


def resolve(node: Resolver, situation: Situation) -> Execution:
    """Let a resolver choose among what was made, and record its choice.

    Raises
    ------
    ResolutionError
        If it finds too little.
    """
    candidates: dict[str, list[Artifact]] = {
        key: Choice(channel.type_name, artifacts_of(channel, situation))
        for key, channel in node.inputs.items()
    }
    config = arguments_of(node, candidates, situation)["config"]
    chosen = node.choose(candidates, config, situation.catalog)
    strategy = node.strategy_class.__name__ if node.strategy_class else "the resolver"
    if chosen is None:
        counts = ", ".join(f"{key}: {len(found)}" for key, found in candidates.items())
        raise ResolutionError(f"{node.id}: {strategy} found too little to choose ({counts})")
    _check_choice(chosen, candidates, f"{node.id}: {strategy}")
    ingredients = strategy_ingredients(node.strategy_class, config)
    said = ", ".join(
        f"{key} {' '.join(str(each.id) for each in found) or 'none'}"
        for key, found in chosen.items()
    )
    return record_ended(
        node,
        situation,
        State.COMPLETE,
        f"chose {said}",
        outputs={
            key: [with_files(each, situation.catalog) for each in found]
            for key, found in chosen.items()
        },
        internal=True,
        ingredients=ingredients,
        files=ingredients.files,
    )


def _check_choice(chosen: object, candidates: Mapping[str, object], who: str) -> None:
    if not isinstance(chosen, Mapping):
        raise ResolutionError(f"{who} gave {chosen!r}; expected a dict of lists of artifacts")
    for key in candidates:
        found = chosen.get(key)
        if not isinstance(found, list) or not all(isinstance(each, Artifact) for each in found):
            raise ResolutionError(f"{who} gave {found!r} for {key!r}; expected a list of artifacts")
    for key in chosen:
        if key not in candidates:
            raise ResolutionError(f"{who} gave {key!r}, which was not asked for")


def with_files(artifact: Artifact, catalog: Catalog) -> Artifact:
    """Return an artifact that the catalog named, with the digests of its files on record."""
    if artifact.files or artifact.id is None:
        return artifact
    maker = catalog.records.execution(artifact.id // 1000)
    made = [each for found in maker.outputs.values() for each in found] if maker else []
    return next((each for each in made if each.id == artifact.id), artifact)


def register(node: Importer, situation: Situation) -> Execution:
    """Register what an importer names, unless it is registered already.

    Raises
    ------
    StorageError
        If nothing is there.
    """
    parameters = arguments_of(node, {}, situation)
    artifact = imported(node.artifact_type, parameters, node.id)
    known = None if parameters["reimport"] else same_external(situation.catalog, artifact)
    if known is not None:
        artifact.id = known
    return record_ended(
        node,
        situation,
        State.COMPLETE if known is None else State.CACHED,
        "registered" if known is None else f"registered already, as artifact {known}",
        outputs={node.output_key: [artifact]},
    )


def imported(kind: type[Artifact], parameters: Mapping[str, Any], node_id: str) -> Artifact:
    """Return the artifact that an Importer registers, with the digest of what is there.

    Raises
    ------
    StorageError
        If nothing is there.
    """
    path = Path(str(parameters["source_uri"])).expanduser().absolute()
    if not path.exists():
        raise StorageError(
            f"{node_id}: source_uri {parameters['source_uri']} does not exist; expected a file or "
            "a folder"
        )
    artifact = kind(
        str(path),
        properties=parameters["properties"],
        custom_properties=parameters["custom_properties"],
    )
    found = digest_tree(path, kind.VOLATILE)
    artifact.digest, artifact.files = found.content, found.files
    artifact.is_external = True
    artifact.state = ArtifactState.LIVE
    artifact.name = f"{node_id}:{parameters['output_key']}"
    artifact.producer_component = node_id
    return artifact
