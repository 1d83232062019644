"""TFX"s ``executor_spec``."""

from minitfx.executor import ExecutorClassSpec, ExecutorSpec

__all__ = ["ExecutorClassSpec", "ExecutorSpec"]
