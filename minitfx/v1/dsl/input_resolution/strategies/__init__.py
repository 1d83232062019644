"""TFX's strategies of resolvers, by their modules."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "latest_artifact_strategy": "",
        "latest_blessed_model_strategy": "",
        "span_range_strategy": "",
    },
)
