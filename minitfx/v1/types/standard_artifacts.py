"""TFX's standard artifact types."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Boolean": "minitfx.types",
        "Bytes": "minitfx.types",
        "ExampleAnomalies": "minitfx.types",
        "ExampleStatistics": "minitfx.types",
        "ExampleValidationMetrics": "minitfx.types",
        "Examples": "minitfx.types",
        "ExamplesDiff": "minitfx.types",
        "Float": "minitfx.types",
        "HyperParameters": "minitfx.types",
        "InferenceResult": "minitfx.types",
        "InfraBlessing": "minitfx.types",
        "Integer": "minitfx.types",
        "JsonValue": "minitfx.types",
        "Model": "minitfx.types",
        "ModelBlessing": "minitfx.types",
        "ModelEvaluation": "minitfx.types",
        "ModelRun": "minitfx.types",
        "PushedModel": "minitfx.types",
        "Schema": "minitfx.types",
        "String": "minitfx.types",
        "TransformCache": "minitfx.types",
        "TransformGraph": "minitfx.types",
        "TunerResults": "minitfx.types",
    },
)
