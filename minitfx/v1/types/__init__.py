"""TFX's ``types``: artifacts, channels, and specs of components."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Artifact": "minitfx.artifact",
        "BaseChannel": "node",
        "BaseNode": "node",
        "Channel": "minitfx.channel",
        "ComponentSpec": "minitfx.component_spec",
        "OutputChannel": "minitfx.channel",
        "Property": "minitfx.artifact",
        "PropertyType": "minitfx.artifact",
        "ValueArtifact": "minitfx.types",
        "artifact": "",
        "artifact_utils": "",
        "channel": "",
        "channel_utils": "",
        "component_spec": "",
        "standard_artifacts": "",
    },
)
