"""The taxi pipeline with another framework in its Trainer."""

from pathlib import Path

import minitfx
from minitfx.proto import eval_config_pb2, infra_validator_pb2, pusher_pb2

HERE = Path(__file__).parent
TAXI = HERE.parent / "taxi"

EVAL_CONFIG = eval_config_pb2.EvalConfig(
    model_specs=[eval_config_pb2.ModelSpec(label_key="big_tipper")],
    slicing_specs=[
        eval_config_pb2.SlicingSpec(),
        eval_config_pb2.SlicingSpec(feature_keys=["payment_type"]),
    ],
    metrics_specs=[
        eval_config_pb2.MetricsSpec(
            metrics=[
                eval_config_pb2.MetricConfig(class_name="ExampleCount"),
                eval_config_pb2.MetricConfig(
                    class_name="AUC",
                    per_slice_thresholds=[
                        eval_config_pb2.PerSliceMetricThreshold(
                            slicing_specs=[eval_config_pb2.SlicingSpec()],
                            threshold=eval_config_pb2.MetricThreshold(
                                value_threshold=eval_config_pb2.GenericValueThreshold(
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
        serving_spec=infra_validator_pb2.ServingSpec(model_name=name),
        request_spec=infra_validator_pb2.RequestSpec(split_name="eval", num_examples=3),
    )
    pusher = minitfx.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=infra_validator.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(
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
