"""Chicago's taxis, made up: all eleven components on one table.

In this folder: ``minitfx run pipeline.py``.
"""

from pathlib import Path

import minitfx
import minitfx.model_analysis as tfma
from minitfx.proto import DataSpec, PushDestination, RequestSpec, ServingSpec

HERE = Path(__file__).parent
PIPELINE_NAME = "taxi"
MODULE_FILE = str(HERE / "model.py")

EVAL_CONFIG = tfma.EvalConfig(
    model_specs=[tfma.ModelSpec(label_key="big_tipper")],
    slicing_specs=[
        tfma.SlicingSpec(),
        tfma.SlicingSpec(feature_keys=["trip_start_hour"]),
        tfma.SlicingSpec(feature_keys=["payment_type"]),
    ],
    metrics_specs=[
        tfma.MetricsSpec(
            metrics=[
                tfma.MetricConfig(class_name="ExampleCount"),
                tfma.MetricConfig(class_name="BinaryAccuracy"),
                tfma.MetricConfig(
                    class_name="AUC",
                    per_slice_thresholds=[
                        tfma.PerSliceMetricThreshold(
                            slicing_specs=[tfma.SlicingSpec()],
                            threshold=tfma.MetricThreshold(
                                value_threshold=tfma.GenericValueThreshold(
                                    lower_bound={"value": 0.8}
                                ),
                                change_threshold=tfma.GenericChangeThreshold(
                                    direction=tfma.MetricDirection.HIGHER_IS_BETTER,
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
    pipeline_root=Path("pipelines") / PIPELINE_NAME,
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
