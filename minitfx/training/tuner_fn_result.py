"""What a user's ``tuner_fn`` returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from minitfx.errors import TuningError, did_you_mean
from minitfx.training.verbosity import quiet

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from minitfx.training.fn_args import FnArgs

Objective: TypeAlias = "Callable[[Trial], float | Sequence[float]]"
Choice: TypeAlias = "Callable[[Sequence[FrozenTrial]], FrozenTrial]"

_FIT_KWARGS = ("func", "n_trials", "timeout", "catch", "callbacks", "gc_after_trial")


@dataclass(frozen=True)
class TunerFnResult:
    """A study, or an objective, and how to run it.

    Attributes
    ----------
    tuner : optuna.Study or callable
        A study brings its sampler, pruner, directions, metric names, and the trials that were
        enqueued or added to it; an objective alone is minimised with a seeded TPE sampler.
    fit_kwargs : mapping of str to object
        Arguments of ``Study.optimize``: ``n_trials``, ``timeout`` (seconds), ``catch``,
        ``callbacks``, ``gc_after_trial``, and ``func`` unless ``objective`` is given. At least one
        of ``n_trials`` and ``timeout`` must be there.
    objective : callable, optional
        The objective of a study.
    choose : callable, optional
        Given the trials on the Pareto front of a study of several objectives, returns the one
        whose hyperparameters go to the Trainer; by default the best by the first objective.

    Raises
    ------
    TuningError
        If there is no objective, or two; if an argument is unknown, or nothing ends the study.

    Notes
    -----
    Trials run in parallel when the pipeline says so (``TuneArgs.num_parallel_trials``), not by
    ``n_jobs``.

    Examples
    --------
    >>> result = TunerFnResult(lambda trial: trial.suggest_float("x", 0, 1), {"n_trials": 5})
    >>> result.fit_kwargs["n_trials"]
    5
    """

    tuner: Study | Objective
    fit_kwargs: Mapping[str, Any] = field(default_factory=dict)
    objective: Objective | None = None
    choose: Choice | None = None

    def __post_init__(self) -> None:
        given = self.fit_kwargs
        if "n_jobs" in given:
            raise TuningError(
                "tuner_fn asks for n_jobs; leave it out and give the Tuner "
                "tune_args=TuneArgs(num_parallel_trials=…)"
            )
        for name in given:
            if name not in _FIT_KWARGS:
                raise TuningError(
                    f"tuner_fn returned the fit argument {name!r}, which a Tuner does not take. "
                    f"{did_you_mean(name, _FIT_KWARGS)}"
                )
        if given.get("n_trials") is None and given.get("timeout") is None:
            raise TuningError(
                "nothing ends the study: tuner_fn returned neither n_trials nor timeout in "
                "fit_kwargs"
            )
        self.function()

    @property
    def study(self) -> Study | None:
        """The study, if there is one."""
        return None if callable(self.tuner) else self.tuner

    def function(self) -> Objective:
        """Return the objective.

        Raises
        ------
        TuningError
            If there is none, or more than one.
        """
        own = self.tuner if callable(self.tuner) else None
        found = [each for each in (own, self.objective, self.fit_kwargs.get("func")) if each]
        if len(found) != 1:
            raise TuningError(
                f"tuner_fn returned {'no objective' if not found else 'several objectives'}; "
                "expected TunerFnResult(study, {'func': objective, 'n_trials': …}) or "
                "TunerFnResult(objective, {'n_trials': …})"
            )
        objective: Objective = found[0]
        return objective


def tuner_result(tuner_fn: Callable[[FnArgs], object], fn_args: FnArgs) -> TunerFnResult:
    """Call ``tuner_fn`` and return its result.

    Raises
    ------
    TuningError
        If it returns anything but a `TunerFnResult`.
    """
    with quiet():
        result = tuner_fn(fn_args)
    if not isinstance(result, TunerFnResult):
        raise TuningError(
            f"tuner_fn returned a {type(result).__name__}; expected "
            "minitfx.training.TunerFnResult(study or objective, {'n_trials': …})"
        )
    return result
