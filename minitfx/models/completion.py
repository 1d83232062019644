"""The manifest of a model that was merely dumped into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from minitfx.errors import ModelError
from minitfx.models.description import Columns, describe, subject_of, write
from minitfx.models.flavour import Flavour, flavour_of, flavours
from minitfx.models.manifest import MANIFEST, Manifest, read_manifest
from minitfx.models.schema_fields import SchemaLike, raw_fields

_SNIFF = 64


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
    subject = subject_of(model, flavour_of(model))
    if features is None and subject.facts.feature_names is None:
        features = asked
    return describe(folder, file, subject, Columns(transform_graph, label, features, schema))


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
    return write(folder, replace(manifest, signature=replace(manifest.signature, inputs=filled)))
