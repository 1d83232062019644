"""A declared search: an estimator, a space of hyperparameters, and metrics to judge by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import optuna
import pyarrow.parquet as pq
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, create_trial
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import KFold, StratifiedKFold

from minitfx.errors import ParameterError, TuningError, did_you_mean
from minitfx.training.estimator import Estimator, fit, prepared
from minitfx.training.fn_args import FnArgs
from minitfx.training.labelled_rows import (
    Columns,
    LabelledRows,
    accessor_of,
    read_labelled_rows,
)
from minitfx.training.search_space import (
    Named,
    Range,
    distributions,
    grid,
    pruner_named,
    sampler_named,
    suggest,
)
from minitfx.training.trials import EARLIER, TRIALS
from minitfx.training.tuner_fn_result import TunerFnResult
from minitfx.training.verbosity import quiet


@dataclass(frozen=True)
class Search:
    """What a declared Tuner does.

    Attributes
    ----------
    space : mapping of str to list or mapping
        Names of the estimator's parameters (``step__parameter`` in a pipeline), each with
        choices or a range; see `minitfx.training.search_space.distributions`.
    metrics : sequence of str
        Names of scikit-learn's scorers, all of which are the better the higher. None uses the
        estimator's own score; several make a study of several objectives.
    n_trials : int or None
        Trials in all; with ``GridSampler``, None means the whole grid.
    timeout : float or None
        Seconds after which no trial is begun.
    sampler, pruner : str, mapping or None
        Names of Optuna's classes, with arguments; see `minitfx.training.search_space`. A pruner
        judges a trial after each fold, so it needs ``folds``.
    seed : int
        Of the sampler and of the folds.
    folds : int or None
        Judge by cross-validation over the training splits; None judges by the evaluation splits.
    """

    space: Mapping[str, Range]
    metrics: Sequence[str] = ()
    n_trials: int | None = None
    timeout: float | None = None
    sampler: Named = "TPESampler"
    pruner: Named | None = None
    seed: int = 0
    folds: int | None = None


@dataclass(frozen=True)
class EstimatorObjective:
    """The objective of a declared search: fit, score, report.

    Attributes
    ----------
    estimator : scikit-learn estimator
        Cloned for every trial.
    space : mapping of str to distribution
        What to suggest.
    metrics : sequence of str
        Scorers; none for the estimator's own score.
    train : LabelledRows
        What to fit on.
    held_out : LabelledRows or None
        What to judge by; None judges by cross-validation.
    folds : int
        How many folds, without ``held_out``.
    seed : int
        Of the folds.
    """

    estimator: Estimator
    space: Mapping[str, BaseDistribution]
    metrics: Sequence[str]
    train: LabelledRows
    held_out: LabelledRows | None
    folds: int
    seed: int

    def __call__(self, trial: optuna.Trial) -> float | tuple[float, ...]:
        """Return the scores of one trial."""
        parameters = {name: suggest(trial, name, each) for name, each in self.space.items()}
        scores: list[list[float]] = []
        for step, (train, judge) in enumerate(self._splits()):
            model = fit(prepared(self.estimator, parameters), train)
            scores.append(self._scores(model, judge))
            means = np.mean(scores, axis=0)
            if len(means) == 1 and self.held_out is None:
                trial.report(float(means[0]), step)
                if trial.should_prune():
                    raise optuna.TrialPruned
        found = tuple(float(each) for each in means)
        return found if len(found) > 1 else found[0]

    def _scores(self, model: Estimator, judge: LabelledRows) -> list[float]:
        scorers = [check_scoring(model, scoring=name) for name in self.metrics or (None,)]
        return [float(scorer(model, judge.X, judge.y, **judge.names)) for scorer in scorers]

    def _splits(self) -> Iterator[tuple[LabelledRows, LabelledRows]]:
        if self.held_out is not None:
            yield self.train, self.held_out
            return
        kind = StratifiedKFold if is_classifier(self.estimator) else KFold
        splitter = kind(self.folds, shuffle=True, random_state=self.seed)
        for train, judge in splitter.split(self.train.X, self.train.y):
            yield self.train.take(train), self.train.take(judge)


def declared_search(
    estimator: Estimator,
    columns: Columns,
    search: Search,
    fn_args: FnArgs,
    earlier: Sequence[Path] = (),
    *,
    raw: bool | None = None,
) -> TunerFnResult:
    """Return a declared search as a ``tuner_fn`` would.

    Parameters
    ----------
    estimator : scikit-learn estimator
        What is tuned.
    columns : Columns
        Label, features and weight.
    search : Search
        Space, metrics and how to search.
    fn_args : FnArgs
        The examples. ``hyperparameters``, if there are any, are the first trial.
    earlier : sequence of Path
        Payloads of TunerResults: their completed trials that lie in the search space are learned
        from; they do not count, and none of them is the best, since other data judged them.
    raw : bool, optional
        Whether the examples are still to go through the transform graph; see
        `minitfx.training.labelled_rows.accessor_of`.

    Raises
    ------
    TuningError
        If the search cannot be run as it is declared.
    ParameterError
        If the estimator has not one of the parameters.
    ColumnError, DataError
        If a column is not there, or a label or weight is missing.
    """
    space = distributions(search.space)
    _check(estimator, search)
    with quiet():
        study = optuna.create_study(
            directions=["maximize"] * max(1, len(search.metrics)),
            sampler=sampler_named(search.sampler, space, search.seed),
            pruner=pruner_named(search.pruner),
        )
    study.add_trials(_earlier(earlier, space, len(study.directions)))
    if fn_args.hyperparameters:
        study.enqueue_trial(dict(fn_args.hyperparameters))
    accessor = accessor_of(fn_args, raw)
    held_out = None if search.folds else read_labelled_rows(accessor, fn_args.eval_files, columns)
    objective = EstimatorObjective(
        estimator,
        space,
        tuple(search.metrics),
        read_labelled_rows(accessor, fn_args.train_files, columns),
        held_out,
        search.folds or 0,
        search.seed,
    )
    n_trials = search.n_trials
    if n_trials is None and isinstance(study.sampler, optuna.samplers.GridSampler):
        n_trials = prod(len(grid(name, each)) for name, each in space.items())
    # A combination that the estimator refuses is a failed trial, not the end of the study.
    fit_kwargs = {"n_trials": n_trials, "timeout": search.timeout, "catch": (ValueError,)}
    return TunerFnResult(study, fit_kwargs, objective)


def _check(estimator: Estimator, search: Search) -> None:
    known = estimator.get_params()
    for name in search.space:
        if name not in known:
            raise ParameterError(
                f"{type(estimator).__qualname__} has no parameter {name!r}, which search_space "
                f"names. {did_you_mean(name, known)}"
            )
    for metric in search.metrics:
        if metric not in get_scorer_names():
            raise TuningError(
                f"scikit-learn has no scorer {metric!r}. {did_you_mean(metric, get_scorer_names())}"
            )
    if search.folds is not None and search.folds < 2:
        raise TuningError(f"folds is {search.folds}; expected 2 or more")
    if search.pruner is not None and (search.folds is None or len(search.metrics) > 1):
        raise TuningError(
            "a pruner judges a trial by one metric after each fold; give folds=…, and one metric"
        )


def _earlier(
    folders: Sequence[Path], space: Mapping[str, BaseDistribution], objectives: int
) -> list[FrozenTrial]:
    found: list[FrozenTrial] = []
    for folder in folders:
        for row in pq.read_table(folder / TRIALS).to_pylist():
            parameters = json.loads(row["parameters"])
            scores = row["scores"]
            if scores is None or len(scores) != objectives or parameters.keys() != space.keys():
                continue
            try:
                found.append(
                    create_trial(
                        values=scores,
                        params=parameters,
                        distributions=dict(space),
                        user_attrs={EARLIER: True},
                    )
                )
            except ValueError:
                continue  # outside of the space as it is now
    return found
