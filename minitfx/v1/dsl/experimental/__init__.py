"""TFX's ``dsl.experimental``: strategies of resolvers."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Cond": "minitfx.condition",
        "LatestArtifactStrategy": "minitfx.resolver",
        "LatestBlessedModelStrategy": "minitfx.resolver",
        "ResolverStrategy": "minitfx.resolver",
        "SpanRangeStrategy": "minitfx.resolver",
    },
)
