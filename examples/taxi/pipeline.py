"""Chicago's taxis, made up: all eleven components on one table.

``minitfx run examples/taxi/pipeline.py --root taxi_output``
"""

from pathlib import Path

import minitfx
from minitfx.proto import (
    bulk_inferrer_pb2,
    eval_config_pb2,
    infra_validator_pb2,
    pusher_pb2,
)

HERE = Path(__file__).parent
MODULE_FILE = str(HERE / "model.py")

EVAL_CONFIG = eval_config_pb2.EvalConfig(
    model_specs=[eval_config_pb2.ModelSpec(label_key="big_tipper")],
    slicing_specs=[
        eval_config_pb2.SlicingSpec(),
        eval_config_pb2.SlicingSpec(feature_keys=["trip_start_hour"]),
        eval_config_pb2.SlicingSpec(feature_keys=["payment_type"]),
    ],
    metrics_specs=[
        eval_config_pb2.MetricsSpec(
            metrics=[
                eval_config_pb2.MetricConfig(class_name="ExampleCount"),
                eval_config_pb2.MetricConfig(class_name="BinaryAccuracy"),
                eval_config_pb2.MetricConfig(
                    class_name="AUC",
                    per_slice_thresholds=[
                        eval_config_pb2.PerSliceMetricThreshold(
                            slicing_specs=[eval_config_pb2.SlicingSpec()],
                            threshold=eval_config_pb2.MetricThreshold(
                                value_threshold=eval_config_pb2.GenericValueThreshold(
                                    lower_bound={"value": 0.8}
                                ),
                                change_threshold=eval_config_pb2.GenericChangeThreshold(
                                    direction=eval_config_pb2.HIGHER_IS_BETTER,
                                    absolute={"value": -0.01},
                                ),
                            ),
                        )
                    ],
                ),
            ]
        )
    ],
)
"""The model must reach an AUC of 0.8, and lose no more than 0.01 to the last one blessed."""


def create_pipeline(
    pipeline_root="taxi_output",
    data_root=HERE / "data",
    module_file=MODULE_FILE,
    serving_model_dir=None,
    trials=20,
):
    """Return the pipeline; models are pushed to ``serving_model_dir``, by default in the root."""
    example_gen = minitfx.CsvExampleGen(input_base=str(data_root))
    examples = example_gen.outputs["examples"]
    statistics_gen = minitfx.StatisticsGen(examples=examples)
    schema_gen = minitfx.SchemaGen(statistics=statistics_gen.outputs["statistics"])
    schema = schema_gen.outputs["schema"]
    example_validator = minitfx.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema
    )
    transform = minitfx.Transform(examples=examples, schema=schema, module_file=module_file)
    tuner = minitfx.Tuner(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=module_file,
        custom_config={"trials": trials},
    )
    trainer = minitfx.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        hyperparameters=tuner.outputs["best_hyperparameters"],
        module_file=module_file,
    )
    model = trainer.outputs["model"]
    latest_blessed = minitfx.Resolver(
        strategy_class=minitfx.LatestBlessedModelStrategy,
        model=minitfx.Channel(type=minitfx.types.Model),
        model_blessing=minitfx.Channel(type=minitfx.types.ModelBlessing),
    ).with_id("latest_blessed_model")
    evaluator = minitfx.Evaluator(
        examples=examples,
        model=model,
        baseline_model=latest_blessed.outputs["model"],
        eval_config=EVAL_CONFIG,
    )
    infra_validator = minitfx.InfraValidator(
        model=model,
        examples=examples,
        serving_spec=infra_validator_pb2.ServingSpec(model_name="taxi"),
        request_spec=infra_validator_pb2.RequestSpec(split_name="eval", num_examples=3),
    )
    pusher = minitfx.Pusher(
        model=model,
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=infra_validator.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(
                base_directory=str(serving_model_dir or Path(pipeline_root) / "serving_model")
            )
        ),
    )
    bulk_inferrer = minitfx.BulkInferrer(
        examples=examples,
        model=model,
        model_blessing=evaluator.outputs["blessing"],
        data_spec=bulk_inferrer_pb2.DataSpec(example_splits=["eval"]),
    )
    return minitfx.Pipeline(
        pipeline_name="taxi",
        pipeline_root=str(pipeline_root),
        components=[
            example_gen,
            statistics_gen,
            schema_gen,
            example_validator,
            transform,
            tuner,
            trainer,
            latest_blessed,
            evaluator,
            infra_validator,
            pusher,
            bulk_inferrer,
        ],
        enable_cache=True,
    )
