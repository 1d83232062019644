"""Palmer penguins: all eleven components on one table, with three classes.

In this folder: ``minitfx run pipeline.py``.
"""

from pathlib import Path

import minitfx
import minitfx.model_analysis as tfma
from minitfx.proto import DataSpec, EvalArgs, PushDestination, RequestSpec, ServingSpec, TrainArgs

HERE = Path(__file__).parent
PIPELINE_NAME = "penguin"

EVAL_CONFIG = tfma.EvalConfig(
    model_specs=[tfma.ModelSpec(label_key="species")],
    slicing_specs=[
        tfma.SlicingSpec(),
        tfma.SlicingSpec(feature_keys=["island"]),
        tfma.SlicingSpec(feature_keys=["sex"]),
    ],
    metrics_specs=[
        tfma.MetricsSpec(
            metrics=[
                tfma.MetricConfig(class_name="ExampleCount"),
                tfma.MetricConfig(
                    class_name="SparseCategoricalAccuracy",
                    threshold=tfma.MetricThreshold(
                        value_threshold=tfma.GenericValueThreshold(lower_bound={"value": 0.6}),
                        change_threshold=tfma.GenericChangeThreshold(
                            direction=tfma.MetricDirection.HIGHER_IS_BETTER,
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
    pipeline_root=Path("pipelines") / PIPELINE_NAME,
    data_root=HERE / "data",
    serving_model_dir=None,
    trials=20,
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
        train_args=TrainArgs(splits=["train"]),
        eval_args=EvalArgs(splits=["eval"]),
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
        serving_spec=ServingSpec(model_name=PIPELINE_NAME),
        request_spec=RequestSpec(split_name="eval", num_examples=3),
    )
    pusher = minitfx.Pusher(
        model=model,
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=infra_validator.outputs["blessing"],
        push_destination=PushDestination(
            filesystem=PushDestination.Filesystem(
                base_directory=str(serving_model_dir or Path(pipeline_root) / "serving_model")
            )
        ),
    )
    bulk_inferrer = minitfx.BulkInferrer(
        examples=examples,
        model=model,
        model_blessing=evaluator.outputs["blessing"],
        data_spec=DataSpec(example_splits=["eval"]),
    )
    return minitfx.Pipeline(
        pipeline_name=PIPELINE_NAME,
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
