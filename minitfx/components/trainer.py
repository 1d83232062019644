"""Trainer: a user's ``run_fn``, or an estimator, made into a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from minitfx.channel import Channel
from minitfx.component import Code, Component, Estimator, Output
from minitfx.errors import ParameterError
from minitfx.proto.trainer_pb2 import EvalArgs, TrainArgs
from minitfx.types import (
    Examples,
    ExampleStatistics,
    HyperParameters,
    Model,
    ModelRun,
    Schema,
    TransformGraph,
)


class Trainer(Component):
    """Train a model.

    Inputs
    ------
    examples, transformed_examples : Examples
        What to train on; exactly one of the two (the second is TFX's older name).
    transform_graph : TransformGraph, optional
        The fitted transform that made them, or that raw examples are to go through.
    schema : Schema, optional
        Types of the raw columns, for the model's signature.
    base_model : Model, optional
        Where training starts from; nothing, if a Resolver finds none.
    hyperparameters : HyperParameters, optional
        What a Tuner found, now or earlier.
    statistics : ExampleStatistics, optional
        Gives ``FnArgs.num_examples``.

    Parameters
    ----------
    module_file : str, optional
        A Python file that defines ``run_fn(fn_args)``.
    run_fn : str or callable, optional
        ``run_fn`` itself, or its dotted path.
    train_args, eval_args : TrainArgs, EvalArgs, optional
        Splits (``train`` and ``eval`` by default) and numbers of steps.
    custom_config : dict, optional
        Handed to ``run_fn``.
    estimator : scikit-learn estimator, optional
        Fitted on ``features`` to predict ``label``, instead of a ``run_fn``.
    label : str, optional
        The column to predict. Needed with ``estimator``; with a ``run_fn`` that only dumps a
        model file it completes the model's signature.
    features : list of str, optional
        Columns to predict it from; by default all but label and weight.
    weight : str, optional
        Column of sample weights, with ``estimator``.

    Outputs
    -------
    model : Model
        ``Format-Serving/`` with the saved model; ``Format-TFMA/`` if ``run_fn`` wrote one.
    model_run : ModelRun
        What ``run_fn`` wrote to ``model_run_dir``; numbers by step that a
        `minitfx.training.RunLog` wrote stand in the catalog's view ``curves``.

    Raises
    ------
    ParameterError
        At construction, unless exactly one of ``module_file``, ``run_fn`` and ``estimator`` and
        one kind of examples are given.
    ModelError
        At run, if no model was saved.
    """

    examples: Channel[list[Examples]] | None = None
    transformed_examples: Channel[list[Examples]] | None = None
    transform_graph: Channel[TransformGraph] | None = None
    schema: Channel[Schema] | None = None
    base_model: Channel[Model] | None = None
    hyperparameters: Channel[HyperParameters] | None = None
    statistics: Channel[ExampleStatistics] | None = None
    module_file: Annotated[str | None, Code("run_fn")] = None
    run_fn: Annotated[str | None, Code()] = None
    train_args: TrainArgs | None = None
    eval_args: EvalArgs | None = None
    custom_config: dict[str, Any] | None = None
    estimator: Estimator | None = None
    label: str | None = None
    features: list[str] | None = None
    weight: str | None = None
    model = Output(Model)
    model_run = Output(ModelRun)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse combinations that leave open what to train, or on what."""
        ways = ("module_file", "run_fn", "estimator")
        code = [name for name in ways if parameters[name] is not None]
        if len(code) != 1:
            raise ParameterError(
                f"Trainer was given {' and '.join(code) or 'nothing to train'}; expected exactly "
                "one of module_file, run_fn and estimator"
            )
        if ("examples" in inputs) == ("transformed_examples" in inputs):
            raise ParameterError("Trainer needs exactly one of examples and transformed_examples")
        if "transformed_examples" in inputs and "transform_graph" not in inputs:
            raise ParameterError("Trainer.transformed_examples needs transform_graph as well")
        if code == ["estimator"] and parameters["label"] is None:
            raise ParameterError("Trainer.estimator needs label, the column to predict")
        if code != ["estimator"] and parameters["weight"] is not None:
            raise ParameterError("Trainer.weight goes with estimator; a run_fn reads its own")

    @staticmethod
    def execute(
        examples: list[Examples] | None,
        transformed_examples: list[Examples] | None,
        transform_graph: TransformGraph | None,
        schema: Schema | None,
        base_model: Model | None,
        hyperparameters: HyperParameters | None,
        statistics: ExampleStatistics | None,
        module_file: Any,
        run_fn: Any,
        train_args: TrainArgs | None,
        eval_args: EvalArgs | None,
        custom_config: dict[str, Any] | None,
        estimator: Any,
        label: str | None,
        features: list[str] | None,
        weight: str | None,
        model: Model,
        model_run: ModelRun,
    ) -> None:
        """Call the user's function, or fit the estimator."""
        from minitfx import training
        from minitfx.models.vouching import serving_folder, trust_of

        fn_args = training.FnArgs.of(
            [each.existing_split for each in examples or transformed_examples or []],
            train_args,
            eval_args,
            schema_path=schema and schema.path / "schema.pbtxt",
            transform_graph_path=transform_graph and transform_graph.path,
            base_model=base_model and serving_folder(base_model),
            hyperparameters=hyperparameters and training.read_hyperparameters(hyperparameters.path),
            custom_config=custom_config,
            num_examples=statistics and training.count_examples(statistics.path),
            serving_model_dir=model.path / "Format-Serving",
            eval_model_dir=model.path / "Format-TFMA",
            model_run_dir=model_run.path,
        )
        if estimator is not None:
            assert label is not None
            # ExampleGens say what they read; what a Transform made does not.
            read = any(each.has_custom_property("input_fingerprint") for each in examples or [])
            columns = training.Columns(label, features, weight)
            raw, trust = True if read else None, trust_of(base_model) if base_model else False
            training.train_estimator(estimator, fn_args, columns, raw=raw, trust=trust)
        else:
            function = (run_fn or module_file).load()
            training.train(function, fn_args, label=label, features=features)
        training.write_run_table(model_run.path)
