"""All eleven components on the penguins in about a second: a pipeline to be killed often."""

from __future__ import annotations

from pathlib import Path

import minitfx
import minitfx.model_analysis as tfma
from minitfx.proto import DataSpec, EvalArgs, PushDestination, RequestSpec, ServingSpec, TrainArgs

DATA = Path(__file__).parent.parent / "examples" / "penguin" / "data"
MODULE = Path(__file__).with_name("swift_model.py")

HEAVY = [
    "optuna", "pandas", "pyarrow.parquet", "minitfx.model_analysis", "minitfx.models.trial",
    "minitfx.models.saving", "minitfx.runner", "minitfx.training", "minitfx.transform",
]  # fmt: skip

"""What it is built on, for a process that others are forked from."""

EVALUATION = tfma.EvalConfig(
    model_specs=[tfma.ModelSpec(label_key="body_mass_g")],
    slicing_specs=[tfma.SlicingSpec()],
    metrics_specs=[
        tfma.MetricsSpec(
            metrics=[
                tfma.MetricConfig(
                    class_name="MeanAbsoluteError",
                    threshold=tfma.MetricThreshold(
                        value_threshold=tfma.GenericValueThreshold(upper_bound={"value": 1000.0})
                    ),
                )
            ]
        )
    ],
)


def served(root: Path) -> Path:
    """Return where the pipeline of a root pushes to."""
    return root / "serving_model"


def build(root: Path) -> minitfx.Pipeline:
    """Return the pipeline."""
    gen = minitfx.CsvExampleGen(input_base=str(DATA), null_values=["NA"])
    examples = gen.outputs["examples"]
    statistics = minitfx.StatisticsGen(examples=examples)
    schema_gen = minitfx.SchemaGen(statistics=statistics.outputs["statistics"])
    schema = schema_gen.outputs["schema"]
    validator = minitfx.ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema)
    transform = minitfx.Transform(examples=examples, schema=schema, module_file=str(MODULE))
    tuner = minitfx.Tuner(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=str(MODULE),
        train_args=TrainArgs(splits=["train"]),
        eval_args=EvalArgs(splits=["eval"]),
    )
    trainer = minitfx.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        hyperparameters=tuner.outputs["best_hyperparameters"],
        module_file=str(MODULE),
    )
    model = trainer.outputs["model"]
    evaluator = minitfx.Evaluator(examples=examples, model=model, eval_config=EVALUATION)
    blessing = evaluator.outputs["blessing"]
    infra_validator = minitfx.InfraValidator(
        model=model,
        examples=examples,
        serving_spec=ServingSpec(model_name="swift"),
        request_spec=RequestSpec(split_name="eval", num_examples=1),
    )
    destination = PushDestination.Filesystem(base_directory=str(served(root)))
    pusher = minitfx.Pusher(
        model=model,
        model_blessing=blessing,
        infra_blessing=infra_validator.outputs["blessing"],
        push_destination=PushDestination(filesystem=destination),
    )
    inferrer = minitfx.BulkInferrer(
        examples=examples,
        model=model,
        model_blessing=blessing,
        data_spec=DataSpec(example_splits=["eval"]),
    )
    nodes = [
        gen, statistics, schema_gen, validator, transform, tuner, trainer, evaluator,
        infra_validator, pusher, inferrer,
    ]  # fmt: skip
    return minitfx.Pipeline("swift", root, nodes, enable_cache=True)
