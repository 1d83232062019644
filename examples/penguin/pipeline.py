"""Palmer penguins: all eleven components on one table, with three classes.

``minitfx run examples/penguin/pipeline.py --root penguin_output``
"""

from pathlib import Path

import minitfx
from minitfx.proto import (
    bulk_inferrer_pb2,
    eval_config_pb2,
    infra_validator_pb2,
    pusher_pb2,
    trainer_pb2,
)

HERE = Path(__file__).parent

EVAL_CONFIG = eval_config_pb2.EvalConfig(
    model_specs=[eval_config_pb2.ModelSpec(label_key="species")],
    slicing_specs=[
        eval_config_pb2.SlicingSpec(),
        eval_config_pb2.SlicingSpec(feature_keys=["island"]),
        eval_config_pb2.SlicingSpec(feature_keys=["sex"]),
    ],
    metrics_specs=[
        eval_config_pb2.MetricsSpec(
            metrics=[
                eval_config_pb2.MetricConfig(class_name="ExampleCount"),
                eval_config_pb2.MetricConfig(
                    class_name="SparseCategoricalAccuracy",
                    threshold=eval_config_pb2.MetricThreshold(
                        value_threshold=eval_config_pb2.GenericValueThreshold(
                            lower_bound={"value": 0.6}
                        ),
                        change_threshold=eval_config_pb2.GenericChangeThreshold(
                            direction=eval_config_pb2.HIGHER_IS_BETTER,
                            absolute={"value": -0.05},
                        ),
                    ),
                ),
            ]
        )
    ],
)
"""In every slice the model must be right six times of ten, and not much worse than before."""


def create_pipeline(
    pipeline_root="penguin_output", data_root=HERE / "data", serving_model_dir=None, trials=20
):
    """Return the pipeline; models are pushed to ``serving_model_dir``, by default in the root."""
    example_gen = minitfx.CsvExampleGen(input_base=str(data_root), null_values=["NA"])
    examples = example_gen.outputs["examples"]
    statistics_gen = minitfx.StatisticsGen(examples=examples)
    schema_gen = minitfx.SchemaGen(statistics=statistics_gen.outputs["statistics"])
    schema = schema_gen.outputs["schema"]
    example_validator = minitfx.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema
    )
    transform = minitfx.Transform(
        examples=examples, schema=schema, module_file=str(HERE / "preprocessing.py")
    )
    tuner = minitfx.Tuner(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=str(HERE / "tuner.py"),
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config={"trials": trials},
    )
    trainer = minitfx.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        hyperparameters=tuner.outputs["best_hyperparameters"],
        module_file=str(HERE / "model.py"),
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
        serving_spec=infra_validator_pb2.ServingSpec(model_name="penguin"),
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
        pipeline_name="penguin",
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
