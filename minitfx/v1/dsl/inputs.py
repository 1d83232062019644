"""TFX's ``dsl.inputs``: channels that no node of the pipeline makes."""

from __future__ import annotations

from typing import Any

from minitfx.artifact import Artifact
from minitfx.channel import Channel, union

__all__ = ["artifact_query", "external_pipeline_artifact_query", "union"]


def artifact_query(
    artifact_type: type[Artifact],
    *,
    producer_component_id: str | None = None,
    output_key: str | None = None,
) -> Channel[Any]:
    """Return the channel of all artifacts of a type that this pipeline ever made.

    Parameters
    ----------
    artifact_type : type of Artifact
        The type.
    producer_component_id, output_key : str, optional
        Only what this node made, and under this key.
    """
    return Channel(
        artifact_type, producer_component_id=producer_component_id, output_key=output_key
    )


def external_pipeline_artifact_query(
    artifact_type: type[Artifact],
    *,
    pipeline_name: str,
    owner: str = "",
    producer_component_id: str | None = None,
    output_key: str | None = None,
) -> Channel[Any]:
    """Return the channel of all artifacts of a type that another pipeline made.

    Parameters
    ----------
    artifact_type : type of Artifact
        The type.
    pipeline_name : str
        The pipeline; its catalog must be this one's.
    owner : str
        Accepted, without effect: a catalog has no owners.
    producer_component_id, output_key : str, optional
        Only what this node made, and under this key.
    """
    return Channel(
        artifact_type,
        producer_component_id=producer_component_id,
        output_key=output_key,
        pipeline_name=pipeline_name,
    )
