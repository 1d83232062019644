"""What a Tuner costs per trial, over the objective itself: ``python benchmarks/tuner.py``.

Claim: with the journal on disk, less than 20 ms per trial over the objective. Two
peers stand beside it: Optuna with the same sampler in memory, and with its own journal. All
cases run interleaved, the same trials each; medians over the rounds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from minitfx.training import TunerFnResult, run_study

LIMIT_MS = 20.0


def make_objective() -> Callable[[optuna.Trial], float]:
    data, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(data)

    def objective(trial: optuna.Trial) -> float:
        strength = trial.suggest_float("C", 1e-3, 1e2, log=True)
        tol = trial.suggest_float("tol", 1e-5, 1e-2, log=True)
        intercept = trial.suggest_categorical("fit_intercept", [True, False])
        steps = trial.suggest_int("max_iter", 50, 200)
        model = LogisticRegression(C=strength, tol=tol, fit_intercept=intercept, max_iter=steps)
        return float(model.fit(X, y).score(X, y))

    return objective


def sampler() -> optuna.samplers.BaseSampler:
    return optuna.samplers.TPESampler(seed=0)


def alone(objective: Callable[[optuna.Trial], float], trials: int, folder: Path) -> None:
    """Call the objective with parameters drawn beforehand."""
    for parameters in PARAMETERS[:trials]:
        objective(optuna.trial.FixedTrial(parameters))


def in_memory(objective: Callable[[optuna.Trial], float], trials: int, folder: Path) -> None:
    optuna.create_study(sampler=sampler()).optimize(objective, n_trials=trials)


def own_journal(objective: Callable[[optuna.Trial], float], trials: int, folder: Path) -> None:
    path = str(folder / "journal.log")
    storage = JournalStorage(JournalFileBackend(path, JournalFileOpenLock(path)))
    optuna.create_study(sampler=sampler(), storage=storage).optimize(objective, n_trials=trials)


def tuner(objective: Callable[[optuna.Trial], float], trials: int, folder: Path) -> None:
    study = optuna.create_study(sampler=sampler())
    run_study(TunerFnResult(study, {"func": objective, "n_trials": trials}), folder)


PARAMETERS: list[dict[str, object]] = []
CASES = (alone, in_memory, own_journal, tuner)


def measure(trials: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Return CPU and wall milliseconds per trial of each case, medians over the rounds."""
    objective = make_objective()
    first = optuna.create_study(sampler=sampler())
    first.optimize(objective, n_trials=trials)
    PARAMETERS[:] = [trial.params for trial in first.trials]
    cpu: dict[str, list[float]] = {case.__name__: [] for case in CASES}
    wall: dict[str, list[float]] = {case.__name__: [] for case in CASES}
    for _ in range(rounds):
        for case in CASES:
            with TemporaryDirectory() as folder:
                started, used = time.perf_counter(), time.process_time()
                case(objective, trials, Path(folder))
                cpu[case.__name__].append((time.process_time() - used) / trials * 1000)
                wall[case.__name__].append((time.perf_counter() - started) / trials * 1000)
    return {name: (median(cpu[name]), median(wall[name])) for name in cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found = measure(given.trials, given.rounds)
    base = found["alone"]
    print(f"{given.trials} trials, median of {given.rounds} rounds; ms per trial")
    print(f"{'case':<12} {'CPU':>8} {'wall':>8} {'CPU over objective':>20} {'wall over':>10}")
    for name, (cpu, wall) in found.items():
        print(f"{name:<12} {cpu:8.2f} {wall:8.2f} {cpu - base[0]:20.2f} {wall - base[1]:10.2f}")
    over = found["tuner"][1] - base[1]
    print(f"overhead / limit = {over / LIMIT_MS:.2f} (limit {LIMIT_MS:.0f} ms of wall time)")


if __name__ == "__main__":
    main()
