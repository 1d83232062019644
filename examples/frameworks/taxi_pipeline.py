"""The taxi pipeline with another framework in its Trainer."""

from pathlib import Path

import minitfx
import minitfx.model_analysis as tfma
from minitfx.proto import PushDestination, RequestSpec, ServingSpec

HERE = Path(__file__).parent
TAXI = HERE.parent / "taxi"

EVAL_CONFIG = tfma.EvalConfig(
    model_specs=[tfma.ModelSpec(label_key="big_tipper")],
    slicing_specs=[
        tfma.SlicingSpec(),
        tfma.SlicingSpec(feature_keys=["payment_type"]),
    ],
    metrics_specs=[
        tfma.MetricsSpec(
            metrics=[
                tfma.MetricConfig(class_name="ExampleCount"),
                tfma.MetricConfig(
                    class_name="AUC",
                    per_slice_thresholds=[
                        tfma.PerSliceMetricThreshold(
                            slicing_specs=[tfma.SlicingSpec()],
                            threshold=tfma.MetricThreshold(
                                value_threshold=tfma.GenericValueThreshold(
                                    lower_bound={"value": 0.8}
                                )
                            ),
                        )
                    ],
                ),
            ]
        )
    ],
)


def taxi_pipeline(name, pipeline_root, trainer_module):
    """Return the pipeline: features of the taxi example, a model of ``trainer_module``."""
    example_gen = minitfx.CsvExampleGen(input_base=str(TAXI / "data"))
    examples = example_gen.outputs["examples"]
    statistics_gen = minitfx.StatisticsGen(examples=examples)
    schema_gen = minitfx.SchemaGen(statistics=statistics_gen.outputs["statistics"])
    transform = minitfx.Transform(
        examples=examples,
        schema=schema_gen.outputs["schema"],
        module_file=str(TAXI / "model.py"),
    )
    trainer = minitfx.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema_gen.outputs["schema"],
        module_file=str(HERE / trainer_module),
    )
    evaluator = minitfx.Evaluator(
        examples=examples, model=trainer.outputs["model"], eval_config=EVAL_CONFIG
    )
    infra_validator = minitfx.InfraValidator(
        model=trainer.outputs["model"],
        examples=examples,
        serving_spec=ServingSpec(model_name=name),
        request_spec=RequestSpec(split_name="eval", num_examples=3),
    )
    pusher = minitfx.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=infra_validator.outputs["blessing"],
        push_destination=PushDestination(
            filesystem=PushDestination.Filesystem(
                base_directory=str(Path(pipeline_root) / "serving_model")
            )
        ),
    )
    nodes = [
        example_gen,
        statistics_gen,
        schema_gen,
        transform,
        trainer,
        evaluator,
        infra_validator,
        pusher,
    ]
    return minitfx.Pipeline(name, str(pipeline_root), nodes, enable_cache=True)
