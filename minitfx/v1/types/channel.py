"""TFX"s ``types.channel``."""

from minitfx.channel import Channel, OutputChannel, UnionChannel

__all__ = ["Channel", "OutputChannel", "UnionChannel"]
