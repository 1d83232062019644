"""What is written down of a model: its columns, task, versions, and the files that go with it."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from minitfx.errors import ModelError, did_you_mean
from minitfx.models.columns import frame_names
from minitfx.models.flavour import Facts, Flavour
from minitfx.models.loading import installed_version, load_graph
from minitfx.models.manifest import Manifest, write_manifest
from minitfx.models.mlflow import mlflow_files
from minitfx.models.project_code import bundle, modules_of
from minitfx.models.saved_model import TransformGraph
from minitfx.models.schema_fields import SchemaLike, raw_fields
from minitfx.models.signature import Field, Signature, Task, fields_of, prediction_fields

TRANSFORM = "transform_fn"
"""Folder of the transform graph within a model's folder."""


@dataclass(frozen=True)
class Subject:
    """A fitted model and what is known of it.

    Attributes
    ----------
    flavour : Flavour
        How it is saved.
    facts : Facts
        What it shows, completed by what its author said.
    modules : frozenset of str
        Modules whose classes and functions it holds.
    """

    flavour: Flavour
    facts: Facts
    modules: frozenset[str]


@dataclass(frozen=True)
class Columns:
    """What an author says of a model's columns; see `minitfx.models.save_model`."""

    transform_graph: str | Path | None = None
    label: str | None = None
    features: Sequence[str] | None = None
    schema: SchemaLike | None = None


def subject_of(
    model: Any, flavour: Flavour, task: Task | None = None, classes: Sequence[Any] | None = None
) -> Subject:
    """Return what a model shows, with what its author said in its place.

    Raises
    ------
    ModelError
        If task or classes are known to neither, or no other process could load it.
    """
    facts = _said(flavour, model, task, classes)
    modules = modules_of(model) if flavour.runs_code else set()
    return Subject(flavour, facts, frozenset(modules))


def describe(folder: Path, file: str, subject: Subject, columns: Columns) -> Manifest:
    """Copy what a saved model needs into its folder, write the manifest and return it.

    Raises
    ------
    ModelError
        If its columns are not known, or do not fit it.
    """
    facts = subject.facts
    assert facts.task is not None
    graph = _copy_graph(columns.transform_graph, folder)
    raw = raw_fields(columns.schema) if columns.schema is not None else ()
    known = fields_of(graph.output_schema, graph.output_schema.names) if graph else raw
    names = _feature_names(facts, known, columns.features, columns.label)
    outputs = prediction_fields(facts.task, facts.classes, facts.scores)
    manifest = Manifest(
        flavour=subject.flavour.name,
        file=file,
        task=facts.task,
        signature=Signature(_inputs(graph, names, raw), outputs),
        features=names,
        layout=facts.layout,
        classes=facts.classes,
        label=columns.label,
        scores=facts.scores,
        decision=facts.decision,
        tolerance=facts.tolerance,
        transform=TRANSFORM if graph is not None else None,
        code=bundle(set(subject.modules), folder),
        packages=_packages(subject.modules, subject.flavour.packages),
        python=platform.python_version(),
    )
    return write(folder, manifest)


def write(folder: Path, manifest: Manifest) -> Manifest:
    """Write the files that MLflow reads, then the manifest over all files."""
    for name, text in mlflow_files(manifest).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return write_manifest(folder, manifest)


def _said(flavour: Flavour, model: Any, task: Task | None, classes: Sequence[Any] | None) -> Facts:
    """Return what the model shows, with what the caller said in its place."""
    facts = flavour.facts(model)
    if classes is not None:
        facts = replace(facts, classes=tuple(classes))
    if task is not None:
        facts = replace(facts, task=task)
    if facts.task is None:
        raise ModelError(
            f"{type(model).__qualname__} shows neither a classifier's nor a regression's task; "
            "say it with task='binary_classification', 'multiclass_classification' or 'regression'"
        )
    if facts.task == "regression":
        return replace(facts, classes=None, scores=False)
    if not facts.classes:
        raise ModelError(
            f"{type(model).__qualname__} shows no class labels; is it fitted? If it is, give them "
            "with classes=[…], in the order of its probabilities"
        )
    return facts


def _copy_graph(source: str | Path | None, folder: Path) -> TransformGraph | None:
    if source is None or str(source) == "":
        return None
    origin = Path(source)
    if (origin / TRANSFORM).is_dir():
        origin = origin / TRANSFORM
    if not origin.is_dir():
        raise ModelError(
            f"there is no transform graph at {source}; expected a TransformGraph artifact's folder "
            f"or its {TRANSFORM}"
        )
    target = folder / TRANSFORM
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(origin, target)
    return load_graph(target, trust=True)


def _feature_names(
    facts: Facts, known: Sequence[Field], features: Sequence[str] | None, label: str | None
) -> tuple[str, ...]:
    """Return the columns that the model is called with, checked against what it shows."""
    by_name = {field.name: field for field in known}
    if features is not None:
        names = tuple(features)
    elif facts.feature_names is not None:
        names = _behind(facts.feature_names, known)
    else:
        names = tuple(name for name in by_name if name != label)
    if not names:
        raise ModelError(
            "the model does not show which columns it takes, for it was fitted on an array; "
            "give them to save_model with features=[…], in the order of the array"
        )
    unknown = [name for name in names if by_name and name not in by_name]
    if unknown:
        raise ModelError(
            f"the model takes a column {unknown[0]!r}, which neither the transform nor the schema "
            f"has. {did_you_mean(unknown[0], by_name)}"
        )
    width = len(frame_names([by_name.get(name, Field(name)) for name in names]))
    if facts.n_features is not None and width != facts.n_features:
        raise ModelError(
            f"the model was fitted on {facts.n_features} columns, but {width} were found for it: "
            f"{', '.join(names[:12])}{', …' if len(names) > 12 else ''}. Give the right ones with "
            "features=[…]" + ("" if label else ", or the label's name with label=…")
        )
    return names


def _behind(names: Sequence[str], known: Sequence[Field]) -> tuple[str, ...]:
    """Return the columns behind a frame's columns: a list column is several in a frame."""
    owner = {each: field.name for field in known for each in frame_names([field])}
    return tuple(dict.fromkeys(owner.get(name, name) for name in names))


def _inputs(
    graph: TransformGraph | None, names: Sequence[str], raw: Sequence[Field]
) -> tuple[Field, ...]:
    wanted = names if graph is None else graph.inputs_of(names)
    if not raw and graph is not None and graph.schema is not None:
        raw = raw_fields(graph.schema)
    by_name = {field.name: field for field in raw}
    return tuple(by_name.get(name, Field(name)) for name in wanted)


def _packages(modules: frozenset[str], always: Sequence[str]) -> dict[str, str]:
    """Return the distributions behind module names, and those named, with their versions."""
    roots = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    names = set(always).union(*(_distributions().get(root, []) for root in roots))
    found = {name: installed_version(name) for name in sorted(names)}
    return {name: version for name, version in found.items() if version is not None}


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())
