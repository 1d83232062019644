"""TFX's ``testing``: channels for unit tests of pipelines."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Channel": "minitfx.channel",
    },
)
