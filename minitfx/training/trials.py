"""What a study found: the best hyperparameters, and a row for every trial."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from optuna import Study, create_study
from optuna.trial import FrozenTrial, TrialState

from minitfx.errors import TuningError
from minitfx.training.hyperparameters import BEST
from minitfx.training.journal import FILE
from minitfx.training.tuner_fn_result import Choice
from minitfx.training.verbosity import quiet

TRIALS = "trials.parquet"
"""File of all trials."""

EARLIER = "earlier"
"""User attribute of trials of an earlier study, which this one only learns from."""

TRIALS_SCHEMA = pa.schema(
    [
        ("trial", pa.int64()),
        ("state", pa.string()),
        ("score", pa.float64()),
        ("parameters", pa.string()),
        ("scores", pa.list_(pa.float64())),
        ("best", pa.bool_()),
        ("intermediate", pa.string()),
        ("attributes", pa.string()),
    ]
)
"""Columns of ``trials.parquet``.

``score`` is the value of the first objective and ``scores`` of all of them, null unless the state
is ``COMPLETE``; ``parameters``, ``intermediate`` (step to value) and ``attributes`` are JSON
objects; ``best`` marks the best trial, or the Pareto front of several objectives. Trials of an
earlier study have the attribute ``earlier``.
"""


def best_trials(study: Study) -> list[FrozenTrial]:
    """Return the best trial, or those on the Pareto front of several objectives, by number.

    Trials of an earlier study are not among them: they were judged by other data.

    Raises
    ------
    TuningError
        If no trial completed.

    Examples
    --------
    >>> import optuna
    >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    >>> study.enqueue_trial({"x": 0.0})
    >>> study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    >>> [trial.number for trial in best_trials(study)]
    [0]
    """
    trials = [trial for trial in study.trials if EARLIER not in trial.user_attrs]
    if not any(trial.state == TrialState.COMPLETE for trial in trials):
        states = [trial.state.name.lower() for trial in trials]
        counts = ", ".join(f"{states.count(name)} {name}" for name in sorted(set(states)))
        errors = {str(trial.user_attrs["error"]) for trial in trials if "error" in trial.user_attrs}
        raise TuningError(
            f"no trial completed ({counts or 'none ran'})"
            + (f": {'; '.join(sorted(errors)[:3])}" if errors else "")
            + ". Look at the objective, or give the study more trials"
        )
    finished = [trial for trial in trials if trial.state.is_finished()]
    judged = study if len(finished) == len(study.trials) else _study_of(finished, study)
    best = [judged.best_trial] if len(study.directions) == 1 else judged.best_trials
    if judged is not study:
        best = [finished[trial.number] for trial in best]
    return sorted(best, key=lambda trial: trial.number)


def _study_of(trials: list[FrozenTrial], like: Study) -> Study:
    """Return a study of the same objectives with these trials alone, numbered in their order."""
    with quiet():
        study = create_study(directions=like.directions)
    study.add_trials(trials)
    return study


def chosen_trial(study: Study, choose: Choice | None = None) -> FrozenTrial:
    """Return the trial whose hyperparameters go on.

    Parameters
    ----------
    study : optuna.Study
        The finished study.
    choose : callable, optional
        Picks from the Pareto front; by default the best by the first objective, and of equals
        the earliest.

    Raises
    ------
    TuningError
        If no trial completed.
    """
    front = best_trials(study)
    if choose is not None:
        return choose(front)
    sign = -1 if study.directions[0].name == "MAXIMIZE" else 1
    return min(front, key=lambda trial: sign * trial.values[0])


def trials_table(study: Study) -> pa.Table:
    """Return a row for every finished trial.

    Returns
    -------
    pyarrow.Table
        With the columns of `TRIALS_SCHEMA`, by trial number. No times are in it, so that equal
        studies give equal bytes.
    """
    best = {trial.number for trial in best_trials(study)}
    finished = [trial for trial in study.trials if trial.state.is_finished()]
    rows = [_row(trial, trial.number in best) for trial in finished]
    return pa.Table.from_pylist(rows, TRIALS_SCHEMA)


def write_study(
    study: Study, journal: Path, hyperparameters: Path, results: Path, choose: Choice | None = None
) -> FrozenTrial:
    """Write what a study found, and return the chosen trial.

    Parameters
    ----------
    study : optuna.Study
        The finished study.
    journal : Path
        Folder of its ``study.log``.
    hyperparameters : Path
        Folder for ``best_hyperparameters.json``.
    results : Path
        Folder for ``trials.parquet`` and a copy of ``study.log``.
    choose : callable, optional
        As for `chosen_trial`.

    Raises
    ------
    TuningError
        If no trial completed.
    """
    chosen = chosen_trial(study, choose)
    table = trials_table(study)
    (hyperparameters / BEST).write_text(_json(chosen.params) + "\n", encoding="utf-8", newline="\n")
    pq.write_table(table, results / TRIALS, compression="zstd")
    shutil.copyfile(journal / FILE, results / FILE)
    return chosen


def summary(study: Study, chosen: FrozenTrial) -> str:
    """Return in a few words what a study found.

    Examples
    --------
    >>> import optuna
    >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    >>> study.enqueue_trial({"x": 0.25})
    >>> study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    >>> summary(study, study.best_trial)
    'best 0.25, in trial 0 of 1'
    """
    count = sum(trial.state.is_finished() for trial in study.trials)
    values = ", ".join(f"{value:.6g}" for value in chosen.values)
    return f"best {values}, in trial {chosen.number} of {count}"


def _row(trial: FrozenTrial, best: bool) -> dict[str, Any]:
    values = trial.values if trial.state == TrialState.COMPLETE else None
    return {
        "trial": trial.number,
        "state": trial.state.name,
        "score": values[0] if values else None,
        "parameters": _json(trial.params),
        "scores": values,
        "best": best,
        "intermediate": _json({str(k): v for k, v in trial.intermediate_values.items()}),
        "attributes": _json(trial.user_attrs),
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
