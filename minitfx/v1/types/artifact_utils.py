"""TFX's functions on the lists of artifacts that an executor gets."""

from __future__ import annotations

import json
from collections.abc import Sequence

from minitfx.artifact import Artifact
from minitfx.errors import ResolutionError
from minitfx.types import SplitArtifact


def get_single_instance(artifact_list: Sequence[Artifact]) -> Artifact:
    """Return the one artifact of a list.

    Raises
    ------
    ResolutionError
        If there is none, or several.
    """
    if len(artifact_list) != 1:
        raise ResolutionError(f"expected one artifact, but there are {len(artifact_list)}")
    return artifact_list[0]


def get_single_uri(artifact_list: Sequence[Artifact]) -> str:
    """Return where the one artifact of a list lies."""
    return get_single_instance(artifact_list).uri


def get_split_uri(artifact_list: Sequence[Artifact], split: str) -> str:
    """Return where a split of the one artifact that has it lies.

    Raises
    ------
    ResolutionError
        If none has it, or several.
    """
    found = get_split_uris(artifact_list, split)
    if len(found) != 1:
        raise ResolutionError(f"expected one artifact with a split {split!r}, found {len(found)}")
    return found[0]


def get_split_uris(artifact_list: Sequence[Artifact], split: str) -> list[str]:
    """Return where a split of every artifact that has it lies."""
    return [
        str(each.split_path(split))
        for each in artifact_list
        if isinstance(each, SplitArtifact) and split in each.splits
    ]


def encode_split_names(splits: Sequence[str]) -> str:
    """Return names of splits as the text of the property ``split_names``."""
    return json.dumps(list(splits))


def decode_split_names(split_names: str) -> list[str]:
    """Return the names of splits out of the text of ``split_names``."""
    return [str(name) for name in json.loads(split_names)] if split_names else []
