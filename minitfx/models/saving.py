"""Save a model: the framework's file, what it needs beside it, and the manifest over all."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from minitfx.errors import ModelError, did_you_mean
from minitfx.models.columns import frame_names
from minitfx.models.flavour import Facts, Flavour, flavour_named, flavour_of, flavours
from minitfx.models.loading import installed_version, load_graph
from minitfx.models.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from minitfx.models.mlflow import mlflow_files
from minitfx.models.project_code import bundle, modules_of
from minitfx.models.saved_model import TransformGraph
from minitfx.models.schema_fields import SchemaLike, raw_fields
from minitfx.models.signature import Field, Signature, Task, fields_of, prediction_fields

_SNIFF = 64

TRANSFORM = "transform_fn"
"""Folder of the transform graph within a model's folder."""


def save_model(
    model: Any,
    path: str | Path,
    *,
    transform_graph: str | Path | None = None,
    label: str | None = None,
    features: Sequence[str] | None = None,
    schema: SchemaLike | None = None,
    task: Task | None = None,
    classes: Sequence[Any] | None = None,
    flavour: str | None = None,
) -> Manifest:
    """Return the manifest of the model, saved with all that it needs to predict from raw rows.

    Parameters
    ----------
    model : object
        A fitted model: a scikit-learn estimator or pipeline, one of another flavour, or any
        object with ``predict`` and, for a classifier, ``classes_`` and ``predict_proba``.
    path : path
        The folder to save it in; ``fn_args.serving_model_dir`` in a ``run_fn``.
    transform_graph : path, optional
        The fitted transform whose outputs the model takes (``fn_args.transform_graph_path``). A
        copy goes with the model and is applied to raw rows before it predicts.
    label : str, optional
        The column that it was trained to predict; it is left out of the features.
    features : sequence of str, optional
        Columns that the model takes, in order. Unset: the names that it was fitted on; else the
        outputs of the transform, or the columns of ``schema``, without the label.
    schema : pyarrow.Schema, Table, DataFrame, tensorflow_metadata Schema or path, optional
        Types of the raw columns; a path is that of a ``schema.pbtxt`` (``fn_args.schema_path``).
        Unset: those that the transform was fitted on; without one, any type is taken.
    task : str, optional
        ``binary_classification``, ``multiclass_classification`` or ``regression``, where the
        model does not show it.
    classes : sequence, optional
        Class labels in the order of the probabilities, where the model does not show them.
    flavour : str, optional
        Name of the flavour to save it with. Unset: the first that knows the model.

    Returns
    -------
    Manifest
        What was written to ``model.json``.

    Raises
    ------
    ModelError
        If the model cannot be saved so that another process loads it, is not fitted, or its
        columns are not known.

    Notes
    -----
    Classes and functions of the project's own modules that the model holds are copied with it
    (``code/``), with the project modules that those import.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import LogisticRegression
    >>> from minitfx.models import save_model
    >>> model = LogisticRegression().fit([[0.0], [1.0]], ["no", "yes"])
    >>> save_model(model, tempfile.mkdtemp(), features=["fare"]).classes
    ('no', 'yes')
    """
    chosen = flavour_named(flavour) if flavour else flavour_of(model)
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    said = _said(chosen, model, task, classes)
    modules = modules_of(model) if chosen.runs_code else set()
    chosen.save(model, folder / chosen.file)
    return _describe(
        folder,
        model,
        chosen,
        chosen.file,
        said,
        modules,
        transform_graph=transform_graph,
        label=label,
        features=features,
        schema=schema,
    )


def complete_manifest(
    path: str | Path,
    *,
    transform_graph: str | Path | None = None,
    label: str | None = None,
    features: Sequence[str] | None = None,
    schema: SchemaLike | None = None,
    asked: Sequence[str] | None = None,
) -> Manifest:
    """Return the manifest of a folder into which a model was saved, written if it is not there.

    A ``run_fn`` may dump one model file of a known name (``model.pkl``, ``model.joblib``, …) and
    leave the rest to the Trainer. The file is loaded, so call this only for what this very
    process, or one that you trust, has written.

    Parameters
    ----------
    path : path
        The model's folder.
    transform_graph, label, features, schema
        As in `save_model`. For a folder with a manifest, ``schema`` fills in the types that
        `save_model` was not told; the rest is not used.
    asked : sequence of str, optional
        The columns of a model that shows only how many it takes, in order.

    Raises
    ------
    ModelError
        If no known model file is there, or several, or it cannot be loaded; the message lists
        what was found.
    """
    folder = Path(path)
    _move_booster(folder)
    if (folder / MANIFEST).is_file():
        return _fill_types(folder, schema)
    flavour, file = _lone_file(folder)
    try:
        model = flavour.load(folder / file)
    except Exception as error:
        raise ModelError(
            f"{folder / file} cannot be loaded as {flavour.name}: {type(error).__name__}: {error}"
        ) from error
    flavour = flavour_of(model)
    said = _said(flavour, model, None, None)
    if features is None and said.feature_names is None:
        features = asked
    return _describe(
        folder,
        model,
        flavour,
        file,
        said,
        modules_of(model) if flavour.runs_code else set(),
        transform_graph=transform_graph,
        label=label,
        features=features,
        schema=schema,
    )


def _describe(
    folder: Path,
    model: Any,
    flavour: Flavour,
    file: str,
    facts: Facts,
    modules: set[str],
    *,
    transform_graph: str | Path | None,
    label: str | None,
    features: Sequence[str] | None,
    schema: SchemaLike | None,
) -> Manifest:
    """Copy what the model needs into its folder and write the manifest."""
    assert facts.task is not None
    graph = _copy_graph(transform_graph, folder)
    raw = raw_fields(schema) if schema is not None else ()
    known = fields_of(graph.output_schema, graph.output_schema.names) if graph else raw
    names = _feature_names(facts, known, features, label)
    inputs = _inputs(graph, names, raw)
    manifest = Manifest(
        flavour=flavour.name,
        file=file,
        task=facts.task,
        signature=Signature(inputs, prediction_fields(facts.task, facts.classes, facts.scores)),
        features=names,
        layout=facts.layout,
        classes=facts.classes,
        label=label,
        scores=facts.scores,
        decision=facts.decision,
        tolerance=facts.tolerance,
        transform=TRANSFORM if graph is not None else None,
        code=bundle(modules, folder),
        packages=_packages(modules, flavour.packages),
        python=platform.python_version(),
    )
    return _write(folder, manifest)


def _write(folder: Path, manifest: Manifest) -> Manifest:
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


def _packages(modules: set[str], always: Sequence[str]) -> dict[str, str]:
    """Return the distributions behind module names, and those named, with their versions."""
    roots = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    names = set(always).union(*(_distributions().get(root, []) for root in roots))
    found = {name: installed_version(name) for name in sorted(names)}
    return {name: version for name, version in found.items() if version is not None}


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _lone_file(folder: Path) -> tuple[Flavour, str]:
    """Return the one file of a known name in a folder, and the flavour that reads it."""
    by_name = {name: flavour for flavour in reversed(flavours()) for name in flavour.files}
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    found = [name for name in names if name in by_name]
    if len(found) == 1:
        return by_name[found[0]], found[0]
    listed = f"Found: {', '.join(names[:10])}." if names else "The folder is empty."
    what = f"several model files: {', '.join(found)}" if found else "no model"
    raise ModelError(
        f"{folder} holds {what}. {listed} Save it with minitfx.models.save_model(model, "
        f"fn_args.serving_model_dir, …), or write one file called {', '.join(sorted(by_name))}"
    )


def _move_booster(folder: Path) -> None:
    """Rename a ``model.json`` that is XGBoost's and not a manifest."""
    file = folder / MANIFEST
    if file.is_file() and file.open("rb").read(_SNIFF).lstrip(b"{ \n").startswith(b'"learner"'):
        file.rename(folder / "booster.json")


def _fill_types(folder: Path, schema: SchemaLike | None) -> Manifest:
    """Add the types that nobody said when the model was saved."""
    manifest = read_manifest(folder)
    inputs = manifest.signature.inputs
    if schema is None or all(field.type is not None for field in inputs):
        return manifest
    known = {field.name: field for field in raw_fields(schema)}
    filled = tuple(
        known.get(field.name, field) if field.type is None else field for field in inputs
    )
    return _write(folder, replace(manifest, signature=replace(manifest.signature, inputs=filled)))
