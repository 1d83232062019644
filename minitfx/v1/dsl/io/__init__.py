"""TFX's ``dsl.io``."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "fileio": "",
    },
)
