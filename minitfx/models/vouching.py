"""Who vouches for the model of an artifact, and what holds it back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from minitfx.errors import ModelError
from minitfx.models.digest import sha256
from minitfx.models.manifest import MANIFEST, check_files, read_manifest

SERVING = "Format-Serving"
"""Folder of the saved model within a Model artifact."""

TRUST = "trust"
"""Custom property of an imported Model: the SHA-256 for which the person who imports it vouches."""


class _File(Protocol):
    @property
    def sha256(self) -> str: ...


class ModelArtifact(Protocol):
    """What is needed of a Model artifact."""

    @property
    def path(self) -> Path:
        """Its folder."""
        ...

    @property
    def digest(self) -> str | None:
        """Digest of the payload on record; None before it is recorded."""
        ...

    @property
    def files(self) -> Mapping[str, Any]:
        """Digests of its files on record."""
        ...

    @property
    def is_external(self) -> bool:
        """Whether it was made outside of the project."""
        ...

    @property
    def custom_properties(self) -> Mapping[str, Any]:
        """Free-form properties."""
        ...


class Blessing(Protocol):
    """What is needed of a ModelBlessing or InfraBlessing artifact."""

    @property
    def type_name(self) -> str:
        """Its type."""
        ...

    def has_custom_property(self, key: str) -> bool:
        """Whether it has a custom property."""
        ...

    def get_custom_property(self, key: str) -> Any:
        """Return a custom property, or None."""
        ...

    def get_string_custom_property(self, key: str) -> str:
        """Return a custom property of text, or an empty one."""
        ...


def trust_of(artifact: ModelArtifact) -> bool | str:
    """Return what to pass to `minitfx.models.load_model` as ``trust`` for an artifact's model.

    Returns
    -------
    bool or str
        For a model that this project trained, the SHA-256 of its manifest as the catalog has it,
        so that a model whose files were exchanged is refused. For an imported model, the SHA-256
        in its custom property ``trust``; without one False, since nobody vouches for it. True for
        an artifact that is not recorded yet: this process is making it.
    """
    if artifact.is_external:
        said = artifact.custom_properties.get(TRUST)
        return said if isinstance(said, str) else False
    if artifact.digest is None:
        return True
    known = artifact.files.get(f"{SERVING}/{MANIFEST}")
    return str(known.sha256) if known is not None else False


def serving_folder(artifact: ModelArtifact) -> Path:
    """Return the folder of an artifact's saved model."""
    folder = artifact.path / SERVING
    return folder if folder.is_dir() else artifact.path


def check_intact(artifact: ModelArtifact) -> None:
    """Raise `ModelError` if a file of an artifact's model has changed since it was recorded.

    Notes
    -----
    Nothing is loaded. Folders without a manifest, of a framework that minitfx does not know, are
    compared with the catalog's record alone.
    """
    for name, known in artifact.files.items():
        path = artifact.path / name
        if not path.is_file() or sha256(path) != known.sha256:
            raise ModelError(
                f"the file {name} of {artifact.path} has changed since it was recorded"
            )
    folder = serving_folder(artifact)
    if (folder / MANIFEST).is_file():
        check_files(folder, read_manifest(folder))


def refusal(*blessings: Blessing | None) -> str:
    """Return why some blessing holds a model back; empty if none does.

    Notes
    -----
    None stands for a blessing that is not wired, and holds nothing back.
    """
    for blessing in blessings:
        if blessing is None or blessing.get_custom_property("blessed") == 1:
            continue
        said = blessing.get_string_custom_property("reason") or blessing.get_string_custom_property(
            "blessing_message"
        )
        if not blessing.has_custom_property("blessed"):
            said = "nothing was checked: it has no thresholds"
        return f"not blessed by {blessing.type_name}" + (f": {said}" if said else "")
    return ""
