"""TFX's ``dsl``: pipelines, channels, nodes that are not components."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Artifact": "minitfx.artifact",
        "Channel": "minitfx.channel",
        "Cond": "minitfx.condition",
        "ExecutionMode": "pipeline",
        "Importer": "minitfx.importer",
        "Pipeline": "pipeline",
        "Resolver": "minitfx.resolver",
        "RuntimeParameter": "minitfx.parameter",
        "components": "",
        "experimental": "",
        "input_resolution": "",
        "inputs": "",
        "io": "",
        "placeholders": "",
        "standard_annotations": "",
        "union": "minitfx.channel",
    },
)
