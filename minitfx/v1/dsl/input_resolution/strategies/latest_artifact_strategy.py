"""TFX"s ``latest_artifact_strategy``."""

from minitfx.resolver import LatestArtifactStrategy

__all__ = ["LatestArtifactStrategy"]
