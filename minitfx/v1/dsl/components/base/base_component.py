"""TFX's ``base_component``."""

from minitfx.spec_component import SpecComponent as BaseComponent

__all__ = ["BaseComponent"]
