"""Configuration messages with the field names and numbers that TFX users know.

``from minitfx.proto import PushDestination``. The messages of an evaluation (`EvalConfig` and its
parts) are in `minitfx.model_analysis`, as they are in TFMA.
"""

from minitfx.lazy import exports

_HOMES = {
    "bulk_inferrer": (
        "ClassifyOutput", "DataSpec", "ModelSpec", "OutputColumnsSpec", "OutputExampleSpec",
        "PredictOutput", "PredictOutputCol", "RegressOutput",
    ),
    "custom_validation_config": (
        "CustomValidationConfig", "FeaturePairValidation", "FeatureValidation", "Validation",
    ),
    "distribution_validator": (
        "DistributionComparator", "DistributionValidatorConfig", "FeatureComparator",
        "NumExamplesComparator",
    ),
    "eval_config": ("FeatureSlicingSpec", "SingleSlicingSpec"),
    "example_diff": ("ExampleDiffConfig", "PairedExampleSkew"),
    "example_gen": (
        "CustomConfig", "FileFormat", "Input", "Output", "PayloadFormat", "SplitConfig",
    ),
    "infra_validator": (
        "EnvVar", "EnvVarSource", "KubernetesConfig", "LocalDockerConfig", "LocalProcessConfig",
        "PodOverrides", "RequestSpec", "SecretKeySelector", "ServingSpec", "TensorFlowServing",
        "TensorFlowServingRequestSpec", "ValidationSpec",
    ),
    "pusher": ("PushDestination", "Versioning"),
    "range_config": ("RangeConfig", "RollingRange", "StaticRange"),
    "trainer": ("EvalArgs", "TrainArgs"),
    "transform": ("SplitsConfig",),
    "tuner": ("TuneArgs",),
}  # fmt: skip

__getattr__, __dir__, __all__ = exports(
    __name__,
    {name: f"{home}_pb2" for home, names in _HOMES.items() for name in names},
)
