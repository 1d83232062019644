"""The manifest of a saved model: ``model.json``, which says what it is and what every file holds.

The manifest names the SHA-256 of every other file of the model, so the SHA-256 of the manifest
itself (`model_digest`) stands for the whole model. A manifest proves only that the files beside it
belong together; who vouches for it is the business of `minitfx.models.load_model`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any

from minitfx.errors import ModelError
from minitfx.models.digest import sha256
from minitfx.models.signature import Signature, Task

MANIFEST = "model.json"
"""Name of the manifest within the model's folder."""

FORMAT = 1
"""Version of the layout that this minitfx writes, and the newest that it reads."""

_UNHASHED = (MANIFEST,)


@dataclass(frozen=True)
class Manifest:
    """What a saved model is.

    Attributes
    ----------
    flavour : str
        Which flavour saves, loads and calls it: ``sklearn``, ``pickle``, ``onnx``, ….
    file : str
        The flavour's file within the folder.
    task : str
        ``binary_classification``, ``multiclass_classification`` or ``regression``.
    signature : Signature
        Raw columns in, prediction columns out.
    features : tuple of str
        Columns that the model itself is called with, in order: outputs of the transform graph,
        or raw columns when there is none.
    layout : str
        ``frame`` when it is called with a pandas frame of these columns, ``matrix`` when it is
        called with a two-dimensional array.
    classes : tuple or None
        Labels in the order of the probabilities; None for a regression.
    label : str or None
        The column that it was trained to predict, where it is known.
    scores : bool
        Whether a classifier gives probabilities.
    decision : str
        ``argmax`` when the predicted class is the likeliest one, ``predict`` when the model has
        a rule of its own.
    tolerance : float
        By how much a row's numbers may change with the rows beside it, relative to the largest
        number of their column; 0 for trees.
    transform : str or None
        Folder of the transform graph within the model's folder.
    code : tuple of str
        Project modules that the model needs, bundled under ``code/``.
    packages : dict of str to str
        Distribution name to the version that the model was saved with.
    python : str
        Version of Python that it was saved with.
    files : dict of str to str
        Path within the folder to SHA-256, for every file but the manifest.
    """

    flavour: str
    file: str
    task: Task
    signature: Signature
    features: tuple[str, ...]
    layout: str = "frame"
    classes: tuple[Any, ...] | None = None
    label: str | None = None
    scores: bool = False
    decision: str = "predict"
    tolerance: float = 1e-9
    transform: str | None = None
    code: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as a JSON object."""
        return {
            "format": FORMAT,
            **asdict(replace(self, signature=Signature(()))),
            "signature": self.signature.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Manifest:
        """Return the manifest of a JSON object.

        Raises
        ------
        ModelError
            If it is of a newer format, or a field is missing.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("format"), int):
            raise ModelError("it has no format number; expected what save_model writes")
        if value["format"] > FORMAT:
            raise ModelError(
                f"it has format {value['format']}, and this minitfx reads up to {FORMAT}; "
                "install a newer minitfx"
            )
        known = {each.name for each in fields(cls)}
        missing = known - set(value)
        if missing:
            raise ModelError(f"it lacks {', '.join(sorted(missing))}")
        given = {name: value[name] for name in known}
        given["signature"] = Signature.from_json(value["signature"])
        for name in ("features", "code"):
            given[name] = tuple(given[name])
        if given["classes"] is not None:
            given["classes"] = tuple(given["classes"])
        return cls(**given)


def read_manifest(folder: str | Path) -> Manifest:
    """Return the manifest of a saved model; nothing else is read.

    Raises
    ------
    ModelError
        If there is none, or it is not a manifest.
    """
    path = Path(folder) / MANIFEST
    try:
        return Manifest.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise ModelError(
            f"{folder} is not a saved model: it has no {MANIFEST}. {_found(Path(folder))} "
            "Write it with minitfx.models.save_model"
        ) from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, ModelError) as error:
        raise ModelError(f"{path} is not a model manifest: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a folder, with the digests of what stands in it, and return it."""
    complete = replace(manifest, files=digests(folder))
    text = json.dumps(complete.to_json(), indent=1, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    return complete


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a model's folder but the manifest, by its path."""
    return {name: sha256(folder / name) for name in files_in(folder) if name not in _UNHASHED}


def files_in(folder: Path) -> list[str]:
    """Return the paths of the files within a folder, with ``/`` between the parts, sorted."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def model_digest(folder: str | Path) -> str:
    """Return the SHA-256 that stands for a saved model: that of its manifest.

    Parameters
    ----------
    folder : path
        The model's folder.

    Raises
    ------
    ModelError
        If there is no manifest.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        read_manifest(folder)
    return sha256(path)


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise `ModelError` unless every file of the model is there with the digest on record.

    Notes
    -----
    Files that the manifest does not name are an error only under ``code/``, where they would be
    imported.
    """
    for name, expected in manifest.files.items():
        _check_inside(folder, name)
        path = folder / name
        if not path.is_file():
            raise ModelError(f"the model at {folder} lacks its file {name}; save or copy it again")
        if sha256(path) != expected:
            raise ModelError(
                f"the file {name} of the model at {folder} has changed since the model was saved "
                f"(SHA-256 differs from {MANIFEST}); save or copy it again"
            )
    for name in (manifest.file, *_code_files(folder)):
        if name not in manifest.files:
            raise ModelError(
                f"the model at {folder} has a file {name} that {MANIFEST} does not name"
            )


def _check_inside(folder: Path, name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in name or "\\" in name:
        raise ModelError(f"the manifest of {folder} names {name!r}, which is outside of the model")


def _code_files(folder: Path) -> list[str]:
    return [name for name in files_in(folder) if name.startswith("code/")]


def _found(folder: Path) -> str:
    if not folder.is_dir():
        return "There is no such folder."
    names = [path.name for path in sorted(folder.iterdir())]
    return f"Found: {', '.join(names[:10])}." if names else "The folder is empty."
