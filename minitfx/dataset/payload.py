"""Rows into the payload of an Examples artifact, and the properties that describe it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from minitfx import ambient
from minitfx.dataset.examples import write_examples
from minitfx.dataset.source import Source
from minitfx.dataset.split_config import split_rule
from minitfx.proto.example_gen_pb2 import Output


class Payload(Protocol):
    """Where examples go: a folder per split, and properties."""

    splits: list[str]
    properties: dict[str, Any]
    custom_properties: dict[str, Any]

    def split_path(self, split: str) -> Path:
        """Return the folder of a split."""
        ...


def store(
    examples: Payload,
    sources: Mapping[str, Source],
    output_config: Output | None,
    split_hash: str,
    found: Mapping[str, Any],
    *,
    falsy_is_missing: bool = False,
) -> None:
    """Split and write rows, and set the properties that TFX's ExampleGen sets.

    Parameters
    ----------
    examples : Payload
        The artifact.
    sources : mapping of str to Source
        The rows of each input split.
    output_config : Output or None
        How they are split.
    split_hash : {"content", "tfx"}
        How rows are hashed.
    found : mapping
        ``span``, ``version`` and ``fingerprint``: see `minitfx.dataset.inputs`.
    falsy_is_missing : bool
        See `minitfx.dataset.assign`.

    Raises
    ------
    DataError, ColumnError
        If the input is malformed, or cannot be stored or split.
    """
    rule = split_rule(output_config, list(sources), split_hash)
    rows = write_examples(sources, rule, examples.split_path, falsy_is_missing=falsy_is_missing)
    examples.splits = list(rows)
    ambient.report(sum(rows.values()), sum(rows.values()))
    numbers = {"span": found["span"], "version": found["version"]}
    known = {name: number for name, number in numbers.items() if number is not None}
    examples.properties.update(known)
    examples.custom_properties.update(known)
    if found["fingerprint"]:
        examples.custom_properties["input_fingerprint"] = found["fingerprint"]
    examples.custom_properties["payload_format"] = "FORMAT_PARQUET"
    examples.custom_properties["file_format"] = "parquet"
