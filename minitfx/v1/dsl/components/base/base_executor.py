"""TFX"s ``base_executor``."""

from minitfx.executor import BaseExecutor, EmptyExecutor

__all__ = ["BaseExecutor", "EmptyExecutor"]
