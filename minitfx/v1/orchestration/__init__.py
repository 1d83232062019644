"""TFX's ``orchestration``: the runner, and where metadata is kept."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "LocalDagRunner": "minitfx.runner",
        "RunOptions": "minitfx.runner",
        "experimental": "",
        "metadata": "",
    },
)
