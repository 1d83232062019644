"""Tuner: a study of hyperparameters, run with Optuna."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from minitfx.channel import Channel
from minitfx.component import Code, Component, Estimator, Output, WorkDir
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
    hyperparameters : HyperParameters, optional
        What an earlier search found: the first trial with ``estimator``, else handed to
        ``tuner_fn``.
    earlier_results : list of TunerResults, optional
        Trials to learn from, with ``estimator``. None of them is the best, since other data may
        have judged them: wire ``hyperparameters`` to have the best of them judged anew.

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
    estimator : scikit-learn estimator, optional
        Tuned as declared by what follows, instead of a ``tuner_fn``.
    label, features, weight : optional
        As for a Trainer.
    search_space : dict, optional
        Parameter of the estimator to a list of choices, or ``{"low": …, "high": …}`` with
        ``"log": True`` or ``"step": …``.
    metric : str or list of str, optional
        Names of scikit-learn's scorers, the higher the better; by default the estimator's own
        score. Several make a Pareto front, of which the best by the first goes on.
    n_trials : int, optional
        Trials in all.
    timeout : float, optional
        Seconds after which no trial is begun.
    sampler, pruner : str or dict, optional
        Names of Optuna's classes, or ``{"name": …}`` with their arguments.
    seed : int, default 0
        Of the sampler and the folds.
    folds : int, optional
        Judge by cross-validation over the training splits instead of by the evaluation splits.

    Outputs
    -------
    best_hyperparameters : HyperParameters
        ``best_hyperparameters.json``.
    tuner_results : TunerResults
        ``trials.parquet``, ``study.log`` for `optuna-dashboard`, and the custom property
        ``message`` (the best score, and its trial).

    Raises
    ------
    ParameterError
        At construction, unless exactly one of ``module_file``, ``tuner_fn`` and ``estimator`` is
        given, the last with ``label``, ``search_space`` and an end.
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
    hyperparameters: Channel[HyperParameters] | None = None
    earlier_results: Channel[list[TunerResults]] | None = None
    module_file: Annotated[str | None, Code("tuner_fn")] = None
    tuner_fn: Annotated[str | None, Code()] = None
    train_args: TrainArgs | None = None
    eval_args: EvalArgs | None = None
    tune_args: TuneArgs | None = None
    custom_config: dict[str, Any] | None = None
    estimator: Estimator | None = None
    label: str | None = None
    features: list[str] | None = None
    weight: str | None = None
    search_space: dict[str, Any] | None = None
    metric: str | list[str] | None = None
    n_trials: int | None = None
    timeout: float | None = None
    sampler: str | dict[str, Any] = "TPESampler"
    pruner: str | dict[str, Any] | None = None
    seed: int = 0
    folds: int | None = None
    best_hyperparameters = Output(HyperParameters)
    tuner_results = Output(TunerResults)
    scratch = WorkDir()

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse combinations that leave open what to tune, or how."""
        ways = ("module_file", "tuner_fn", "estimator")
        code = [name for name in ways if parameters[name] is not None]
        if len(code) != 1:
            raise ParameterError(
                f"Tuner was given {' and '.join(code) or 'nothing to tune'}; expected exactly one "
                "of module_file, tuner_fn and estimator"
            )
        trials = parameters["tune_args"]
        if isinstance(trials, TuneArgs) and trials.num_parallel_trials < 0:
            raise ParameterError(
                f"tune_args.num_parallel_trials is {trials.num_parallel_trials}; expected 0 or more"
            )
        if code != ["estimator"]:
            given = [name for name in _DECLARED if parameters[name] is not None]
            if given or "earlier_results" in inputs:
                raise ParameterError(
                    f"Tuner.{(given or ['earlier_results'])[0]} goes with estimator; a tuner_fn "
                    "says it itself"
                )
            return
        for name in ("label", "search_space"):
            if parameters[name] is None:
                raise ParameterError(f"Tuner.estimator needs {name}")
        endless = parameters["n_trials"] is None and parameters["timeout"] is None
        if endless and "GridSampler" not in str(parameters["sampler"]):
            raise ParameterError("Tuner.estimator needs n_trials or timeout, to come to an end")

    @staticmethod
    def execute(
        examples: list[Examples],
        schema: Schema | None,
        transform_graph: TransformGraph | None,
        base_model: Model | None,
        hyperparameters: HyperParameters | None,
        earlier_results: list[TunerResults] | None,
        module_file: Any,
        tuner_fn: Any,
        train_args: TrainArgs | None,
        eval_args: EvalArgs | None,
        tune_args: TuneArgs | None,
        custom_config: dict[str, Any] | None,
        estimator: Any,
        label: str | None,
        features: list[str] | None,
        weight: str | None,
        search_space: dict[str, Any] | None,
        metric: str | list[str] | None,
        n_trials: int | None,
        timeout: float | None,
        sampler: str | dict[str, Any],
        pruner: str | dict[str, Any] | None,
        seed: int,
        folds: int | None,
        best_hyperparameters: HyperParameters,
        tuner_results: TunerResults,
        scratch: Path,
    ) -> None:
        """Run the study, or the rest of it."""
        from minitfx import training
        from minitfx.models.vouching import serving_folder

        fn_args = training.FnArgs.of(
            [each.existing_split for each in examples],
            train_args,
            eval_args,
            schema_path=schema and schema.path / "schema.pbtxt",
            transform_graph_path=transform_graph and transform_graph.path,
            base_model=base_model and serving_folder(base_model),
            hyperparameters=hyperparameters and training.read_hyperparameters(hyperparameters.path),
            custom_config=custom_config,
            working_dir=scratch,
        )
        if estimator is None:
            result = training.tuner_result((tuner_fn or module_file).load(), fn_args)
        else:
            assert label is not None and search_space is not None
            metrics = [metric] if isinstance(metric, str) else metric or []
            search = training.Search(
                search_space, metrics, n_trials, timeout, sampler, pruner, seed=seed, folds=folds
            )
            columns = training.Columns(label, features, weight)
            earlier = [each.path for each in earlier_results or []]
            # ExampleGens say what they read; what a Transform made does not.
            read = any(each.has_custom_property("input_fingerprint") for each in examples)
            raw = True if read else None
            result = training.declared_search(estimator, columns, search, fn_args, earlier, raw=raw)
        parallel = tune_args.num_parallel_trials if tune_args else 1
        study = training.run_study(result, scratch, parallel=parallel)
        chosen = training.write_study(
            study, scratch, best_hyperparameters.path, tuner_results.path, result.choose
        )
        tuner_results.set_string_custom_property("message", training.summary(study, chosen))


_DECLARED = (
    "label",
    "features",
    "weight",
    "search_space",
    "metric",
    "n_trials",
    "timeout",
    "pruner",
    "folds",
)
