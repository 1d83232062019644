"""TFX"s ``component_spec``."""

from minitfx.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

__all__ = ["ChannelParameter", "ComponentSpec", "ExecutionParameter"]
