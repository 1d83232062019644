"""Importer: registers something that exists as an artifact."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minitfx.artifact import Artifact
from minitfx.channel import OutputChannel
from minitfx.errors import ParameterError
from minitfx.node import Node


class Importer(Node):
    """Registers a folder or file that somebody else made as an artifact.

    Parameters
    ----------
    source_uri : path
        What is registered; it stays where it is.
    artifact_type : type of Artifact
        What it is.
    reimport : bool, default False
        Whether to register it anew although an artifact of the same place, type, properties
        and content is known.
    properties, custom_properties : mapping, optional
        Properties of the artifact.
    output_key : str, default "result"
        The key of the output.

    Notes
    -----
    That it exists is checked when the pipeline runs, and its content is digested: whatever reads
    it runs again when a byte of it changes.
    """

    KIND = "importer"

    def __init__(
        self,
        source_uri: str | Path,
        artifact_type: type[Artifact],
        reimport: bool = False,
        properties: Mapping[str, Any] | None = None,
        custom_properties: Mapping[str, Any] | None = None,
        output_key: str = "result",
    ) -> None:
        super().__init__()
        if not (isinstance(artifact_type, type) and issubclass(artifact_type, Artifact)):
            raise ParameterError(f"artifact_type is {artifact_type!r}; expected an artifact class")
        self.artifact_type = artifact_type
        self.output_key = output_key
        self._parameters = {
            "source_uri": source_uri if not isinstance(source_uri, Path) else str(source_uri),
            "reimport": reimport,
            "properties": dict(properties or {}),
            "custom_properties": dict(custom_properties or {}),
            "output_key": output_key,
        }
        artifact_type("", properties=properties, custom_properties=custom_properties)
        self._outputs = {output_key: OutputChannel(artifact_type, self, output_key)}
