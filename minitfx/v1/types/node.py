"""TFX's names for what nodes and channels have in common, for annotations."""

from minitfx.channel import Channel as BaseChannel
from minitfx.node import Node as BaseNode

__all__ = ["BaseChannel", "BaseNode"]
