"""TFX's ``components``: the standard ones, and what user code needs of them."""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "BulkInferrer": "minitfx.components.bulk_inferrer",
        "CsvExampleGen": "minitfx.components.example_gen",
        "DataAccessor": "minitfx.training",
        "DistributionValidator": "minitfx.components.distribution_validator",
        "Evaluator": "minitfx.components.evaluator",
        "ExampleDiff": "minitfx.components.example_diff",
        "ExampleValidator": "minitfx.components.example_validator",
        "FileBasedExampleGen": "minitfx.components.example_gen",
        "FnArgs": "minitfx.training",
        "ImportExampleGen": "minitfx.components.example_gen",
        "ImportSchemaGen": "minitfx.components.import_schema_gen",
        "InfraValidator": "minitfx.components.infra_validator",
        "Pusher": "minitfx.components.pusher",
        "SchemaGen": "minitfx.components.schema_gen",
        "StatisticsGen": "minitfx.components.statistics_gen",
        "Trainer": "minitfx.components.trainer",
        "Transform": "minitfx.components.transform",
        "Tuner": "minitfx.components.tuner",
        "TunerFnResult": "minitfx.training",
    },
)
