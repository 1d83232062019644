"""Tuner: a study of hyperparameters, run with Optuna."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from minitfx.channel import Channel
from minitfx.component import Code, Component, Output, WorkDir
from minitfx.errors import ParameterError
from minitfx.proto.trainer_pb2 import EvalArgs, TrainArgs
from minitfx.proto.tuner_pb2 import TuneArgs
from minitfx.types import (
    Examples,
    HyperParameters,
    Model,
    Schema,
    TransformGraph,
    TunerResults,
)


class Tuner(Component):
    """Search for the best hyperparameters.

    Inputs
    ------
    examples : Examples
        What trials train on and are judged by.
    schema : Schema, optional
        Handed to ``tuner_fn``.
    transform_graph : TransformGraph, optional
        The fitted transform that made the examples.
    base_model : Model, optional
        Handed to ``tuner_fn``.

    Parameters
    ----------
    module_file : str, optional
        A Python file that defines ``tuner_fn(fn_args) -> TunerFnResult``.
    tuner_fn : str or callable, optional
        ``tuner_fn`` itself, or its dotted path.
    train_args, eval_args : TrainArgs, EvalArgs, optional
        Splits (``train`` and ``eval`` by default) and numbers of steps.
    tune_args : TuneArgs, optional
        How many trials run at the same time.
    custom_config : dict, optional
        Handed to ``tuner_fn``.

    Outputs
    -------
    best_hyperparameters : HyperParameters
        ``best_hyperparameters.json``.
    tuner_results : TunerResults
        ``trials.parquet``, and ``study.log`` for `optuna-dashboard`.

    Raises
    ------
    ParameterError
        At construction, unless exactly one of ``module_file`` and ``tuner_fn`` is given.
    TuningError
        At run, if the study cannot be run or no trial completes.

    Notes
    -----
    The study's journal is on disk from the first trial on. If the run is killed, or a trial
    raises, the next run goes on with the trials that are left.
    """

    examples: Channel[list[Examples]]
    schema: Channel[Schema] | None = None
    transform_graph: Channel[TransformGraph] | None = None
    base_model: Channel[Model] | None = None
    module_file: Annotated[str | None, Code(("tuner_fn",))] = None
    tuner_fn: Annotated[str | None, Code()] = None
    train_args: TrainArgs | None = None
    eval_args: EvalArgs | None = None
    tune_args: TuneArgs | None = None
    custom_config: dict[str, Any] | None = None
    best_hyperparameters = Output(HyperParameters)
    tuner_results = Output(TunerResults)
    scratch = WorkDir()

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse combinations that leave open what to tune."""
        code = [name for name in ("module_file", "tuner_fn") if parameters[name]]
        if len(code) != 1:
            raise ParameterError(
                f"Tuner was given {' and '.join(code) or 'nothing to tune'}; expected exactly one "
                "of module_file and tuner_fn"
            )

    @staticmethod
    def execute(
        examples: list[Examples],
        schema: Schema | None,
        transform_graph: TransformGraph | None,
        base_model: Model | None,
        module_file: Any,
        tuner_fn: Any,
        train_args: TrainArgs | None,
        eval_args: EvalArgs | None,
        tune_args: TuneArgs | None,
        custom_config: dict[str, Any] | None,
        best_hyperparameters: HyperParameters,
        tuner_results: TunerResults,
        scratch: Path,
    ) -> None:
        """Run the study, or the rest of it."""
        from minitfx.training import FnArgs, run_study, tuner_result, write_study

        fn_args = FnArgs.of(
            [each.existing_split for each in examples],
            train_args,
            eval_args,
            schema_path=schema and schema.path / "schema.pbtxt",
            transform_graph_path=transform_graph and transform_graph.path,
            base_model=base_model and base_model.path / "Format-Serving",
            custom_config=custom_config,
            working_dir=scratch,
        )
        result = tuner_result((tuner_fn or module_file).load(), fn_args)
        parallel = tune_args.num_parallel_trials if tune_args else 1
        study = run_study(result, scratch, parallel=parallel)
        write_study(study, scratch, best_hyperparameters.path, tuner_results.path, result.choose)
