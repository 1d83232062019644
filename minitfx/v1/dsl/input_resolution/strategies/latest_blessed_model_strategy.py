"""TFX"s ``latest_blessed_model_strategy``."""

from minitfx.resolver import LatestBlessedModelStrategy

__all__ = ["LatestBlessedModelStrategy"]
