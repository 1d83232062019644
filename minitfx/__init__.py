"""minitfx: TFX's pipelines, light, for any framework.

Everything that a pipeline is written with is here, and loaded when it is first used.
"""

from minitfx.lazy import exports
from minitfx.version import __version__ as __version__

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Artifact": "artifact",
        "AvroExampleGen": "components.example_gen",
        "BulkInferrer": "components.bulk_inferrer",
        "Channel": "channel",
        "Component": "component",
        "Cond": "condition",
        "CsvExampleGen": "components.example_gen",
        "DataFrameExampleGen": "components.example_gen",
        "DistributionValidator": "components.distribution_validator",
        "Evaluator": "components.evaluator",
        "ExampleDiff": "components.example_diff",
        "ExampleValidator": "components.example_validator",
        "FileBasedExampleGen": "components.example_gen",
        "ImportExampleGen": "components.example_gen",
        "ImportSchemaGen": "components.import_schema_gen",
        "Importer": "importer",
        "InfraValidator": "components.infra_validator",
        "LatestArtifactStrategy": "resolver",
        "LatestBlessedModelStrategy": "resolver",
        "LocalDagRunner": "runner",
        "Output": "component",
        "ParquetExampleGen": "components.example_gen",
        "Pipeline": "pipeline",
        "PreviousSpanStrategy": "resolver",
        "Pusher": "components.pusher",
        "QueryExampleGen": "components.query_example_gen",
        "Resolver": "resolver",
        "ResolverStrategy": "resolver",
        "RunOptions": "runner",
        "RuntimeParameter": "parameter",
        "SchemaGen": "components.schema_gen",
        "SpanRangeStrategy": "resolver",
        "StatisticsGen": "components.statistics_gen",
        "Trainer": "components.trainer",
        "Transform": "components.transform",
        "Tuner": "components.tuner",
        "errors": "",
        "placeholder": "",
        "types": "",
        "union": "channel",
        "v1": "",
    },
)
