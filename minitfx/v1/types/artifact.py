"""TFX"s ``types.artifact``."""

from minitfx.artifact import Artifact, ArtifactState, Property, PropertyType

__all__ = ["Artifact", "ArtifactState", "Property", "PropertyType"]
