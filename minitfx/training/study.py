"""Running a study: one trial after the other, or several at once in processes of their own."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isnan
from pathlib import Path
from typing import Any

import optuna
from optuna import Study, Trial, TrialPruned
from optuna.samplers import TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from minitfx import ambient
from minitfx.training.journal import ABORTED, FILE, Origin, attach, hold, open_study
from minitfx.training.seeding import UNSEEDED, base_seed, reseed
from minitfx.training.trials import EARLIER
from minitfx.training.tuner_fn_result import Objective, TunerFnResult
from minitfx.training.verbosity import quiet

_TASK = "task.pkl"


def run_study(result: TunerFnResult, folder: Path, *, parallel: int = 1) -> Study:
    """Run what a ``tuner_fn`` returned, or the rest of it, and return the finished study.

    Parameters
    ----------
    result : TunerFnResult
        The study and how to run it.
    folder : Path
        Where the journal ``study.log`` is kept. If there is one, the study goes on from it:
        finished trials count, and are not repeated.
    parallel : int
        Trials that run at the same time, each in a process of its own.

    Returns
    -------
    optuna.Study
        Read from the journal.

    Raises
    ------
    TuningError
        If another process runs the same study, or the journal is damaged.
    Exception
        Whatever the objective raises and ``catch`` does not name.

    Notes
    -----
    A sampler's random numbers follow from its seed and the count of trials before, so with one
    worker a study gives the same trials however often it was interrupted. With several the
    trials that a sampler has seen depend on which ended first.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> result = TunerFnResult(lambda trial: trial.suggest_float("x", 0, 1) ** 2, {"n_trials": 3})
    >>> with TemporaryDirectory() as folder:
    ...     len(run_study(result, Path(folder)).trials)
    3
    """
    template = result.study or _default_study(parallel)
    task = _Task(folder, template, _Guard.of(result, template), _extra(result.fit_kwargs))
    with hold(folder), quiet():
        study = open_study(folder, template, base_seed(template.sampler))
        origin = Origin.of(study)
        ended = sum(trial.state.is_finished() for trial in study.trials)
        total = result.fit_kwargs.get("n_trials")
        progress = _Progress(study, total, ended - origin.given)
        left = None if total is None else max(0, total - progress.done)
        plan = _Plan(ended, left, result.fit_kwargs.get("timeout"), origin.seed)
        if parallel > 1:
            _run_parallel(task, plan, progress, parallel)
            return attach(folder / FILE, template)
        _run_serial(study, task, plan, progress)
        return study


@dataclass(frozen=True)
class _Plan:
    """What is left to do."""

    ended: int
    left: int | None
    timeout: float | None
    seed: int


@dataclass(frozen=True)
class _Task:
    """All that a process needs to run trials of the study."""

    folder: Path
    template: Study
    objective: _Guard
    extra: Mapping[str, Any]


@dataclass(frozen=True)
class _Guard:
    """The objective, noting on a failed trial what went wrong and whether it ends the study."""

    function: Objective
    catch: tuple[type[Exception], ...]
    objectives: int

    @classmethod
    def of(cls, result: TunerFnResult, template: Study) -> _Guard:
        catch = result.fit_kwargs.get("catch", ())
        catch = catch if isinstance(catch, tuple) else (catch,)
        return cls(result.function(), catch, len(template.directions))

    def __call__(self, trial: Trial) -> Any:
        try:
            answer = self.function(trial)
            problem = _problem(answer, self.objectives)
            if problem:
                trial.set_user_attr("error", problem)
            return answer
        except TrialPruned:
            raise
        except (Exception, KeyboardInterrupt) as error:
            trial.set_user_attr("error", f"{type(error).__name__}: {error}")
            if not isinstance(error, self.catch):
                trial.set_user_attr(ABORTED, True)
                error.add_note(f"in trial {trial.number} with the parameters {trial.params}")
            raise


def _problem(answer: Any, objectives: int) -> str:
    """Return why Optuna will not take an objective's answer; empty if it will."""
    values = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    try:
        numbers = [float(each) for each in values]
    except (TypeError, ValueError):
        return f"the objective returned {answer!r}, which is no number"
    if len(numbers) != objectives:
        return f"the objective returned {len(numbers)} numbers; the study has {objectives}"
    return "the objective returned NaN" if any(map(isnan, numbers)) else ""


class _Progress:
    """Counts trials and tells whoever watches the best value so far, of the first objective."""

    def __init__(self, study: Study, total: int | None, done: int) -> None:
        self.total = total
        self.done = done
        self._direction = study.directions[0]
        count = len(study.directions)
        self._which = "" if count == 1 else f" in the first of {count} objectives"
        self._best: float | None = None
        for trial in study.trials:
            if EARLIER not in trial.user_attrs:
                self._see(trial.state, trial.values)

    def add(self, state: TrialState, values: list[float] | None) -> None:
        """Count one more trial."""
        self.done += 1
        self._see(state, values)
        note = "" if self._best is None else f"best {self._best:.6g}{self._which}"
        ambient.report(self.done, self.total, unit="trials", note=note)

    def _see(self, state: TrialState, values: list[float] | None) -> None:
        if state != TrialState.COMPLETE or not values:
            return
        better = max if self._direction == StudyDirection.MAXIMIZE else min
        self._best = values[0] if self._best is None else better(self._best, values[0])


def _run_serial(study: Study, task: _Task, plan: _Plan, progress: _Progress) -> None:
    count = plan.ended

    def after(_: Study, trial: FrozenTrial) -> None:
        nonlocal count
        count += 1
        reseed(study.sampler, plan.seed, count)
        progress.add(trial.state, trial.values)

    reseed(study.sampler, plan.seed, count)
    study.optimize(
        task.objective,
        n_trials=plan.left,
        timeout=plan.timeout,
        catch=task.objective.catch,
        callbacks=[after, *task.extra.get("callbacks", ())],
        gc_after_trial=task.extra.get("gc_after_trial", False),
    )


def _run_parallel(task: _Task, plan: _Plan, progress: _Progress, parallel: int) -> None:
    from joblib import Parallel, delayed, wrap_non_picklable_objects

    path = task.folder / _TASK
    path.write_bytes(pickle.dumps(wrap_non_picklable_objects(task, keep_wrapper=False)))
    token = time.monotonic_ns()
    started = time.monotonic()
    stopped = False

    def calls() -> Iterator[Any]:
        number = 0
        while not stopped and (plan.left is None or number < plan.left):
            if plan.timeout is not None and time.monotonic() - started >= plan.timeout:
                return
            yield delayed(_run_one)(path, token, plan.seed, plan.ended + number)
            number += 1

    pool = Parallel(
        n_jobs=parallel, backend="loky", return_as="generator_unordered", pre_dispatch="n_jobs"
    )
    for state, values, stop in pool(calls()):
        stopped = stopped or stop
        progress.add(state, values)


def _run_one(
    path: Path, token: int, seed: int, count: int
) -> tuple[TrialState, list[float] | None, bool]:
    """Run one trial in a worker; return its state, its values, and whether the study stops."""
    task, study = _attached(path, token)
    seen: list[FrozenTrial] = []
    callbacks: list[Callable[[Study, FrozenTrial], None]] = [lambda _, trial: seen.append(trial)]
    reseed(study.sampler, seed, count)
    with quiet():
        study.optimize(
            task.objective,
            n_trials=1,
            catch=task.objective.catch,
            callbacks=[*callbacks, *task.extra.get("callbacks", ())],
            gc_after_trial=task.extra.get("gc_after_trial", False),
        )
    return seen[0].state, seen[0].values, bool(getattr(study, "_stop_flag", False))


@lru_cache(maxsize=4)
def _attached(path: Path, token: int) -> tuple[_Task, Study]:
    """Return task and study, read once a worker; the token tells one run from another."""
    task: _Task = pickle.loads(path.read_bytes())
    return task, attach(task.folder / FILE, task.template)


def _extra(fit_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: fit_kwargs[key] for key in ("callbacks", "gc_after_trial") if fit_kwargs.get(key)}


def _default_study(parallel: int) -> Study:
    sampler = TPESampler(seed=UNSEEDED, constant_liar=parallel > 1)
    with quiet():
        return optuna.create_study(sampler=sampler)
