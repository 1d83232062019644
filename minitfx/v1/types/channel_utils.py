"""TFX's functions on channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitfx.artifact import Artifact
from minitfx.channel import Channel, union
from minitfx.errors import ChannelTypeError
from minitfx.v1.dsl.inputs import artifact_query, external_pipeline_artifact_query

__all__ = ["artifact_query", "as_channel", "external_pipeline_artifact_query", "union"]


def as_channel(artifacts: Sequence[Artifact]) -> Channel[Any]:
    """Return a channel of the artifacts' type, as specs take it for an output.

    Raises
    ------
    ChannelTypeError
        If there is none, or they are of several types.
    """
    kinds = {type(each) for each in artifacts}
    if len(kinds) != 1:
        raise ChannelTypeError(f"a channel has artifacts of one type, but was given {artifacts!r}")
    return Channel(kinds.pop())
