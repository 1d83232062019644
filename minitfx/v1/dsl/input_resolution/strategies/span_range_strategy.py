"""TFX"s ``span_range_strategy``."""

from minitfx.resolver import SpanRangeStrategy

__all__ = ["SpanRangeStrategy"]
