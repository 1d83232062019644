"""TFX's ``orchestration.experimental``: exit handlers."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "FinalStatusStr": "minitfx.exit_handler",
        "exit_handler": "minitfx.exit_handler",
    },
)
