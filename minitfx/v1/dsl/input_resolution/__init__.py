"""TFX's ``dsl.input_resolution``."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "strategies": "",
    },
)
