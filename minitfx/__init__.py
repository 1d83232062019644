"""minitfx: TFX's pipelines, light, for any framework.

Everything that a pipeline is written with is here, and loaded when it is first used.
"""

from minitfx.lazy import exports
from minitfx.version import __version__ as __version__

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "Artifact": "artifact",
        "BulkInferrer": "components.bulk_inferrer",
        "Channel": "channel",
        "Component": "component",
        "CsvExampleGen": "components.example_gen",
        "Evaluator": "components.evaluator",
        "ExampleValidator": "components.example_validator",
        "Importer": "importer",
        "InfraValidator": "components.infra_validator",
        "LatestArtifactStrategy": "resolver",
        "LatestBlessedModelStrategy": "resolver",
        "LocalDagRunner": "runner",
        "Output": "component",
        "Pipeline": "pipeline",
        "Pusher": "components.pusher",
        "Resolver": "resolver",
        "ResolverStrategy": "resolver",
        "RunOptions": "runner",
        "RuntimeParameter": "parameter",
        "SchemaGen": "components.schema_gen",
        "StatisticsGen": "components.statistics_gen",
        "Trainer": "components.trainer",
        "Transform": "components.transform",
        "Tuner": "components.tuner",
        "errors": "",
        "types": "",
        "union": "channel",
    },
)
