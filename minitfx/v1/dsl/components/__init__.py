"""TFX's ``dsl.components``: what a component is written with."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "AsyncOutputArtifact": "minitfx.annotations",
        "InputArtifact": "minitfx.annotations",
        "OutputArtifact": "minitfx.annotations",
        "OutputDict": "minitfx.annotations",
        "Parameter": "minitfx.annotations",
        "base": "",
        "component": "minitfx.function_component",
    },
)
