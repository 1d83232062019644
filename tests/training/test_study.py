"""Studies: seeded, journaled, resumed after a kill, the same as if undisturbed."""

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import time

import optuna
import pyarrow.parquet as pq
import pytest
from optuna.samplers import (
    CmaEsSampler,
    GridSampler,
    NSGAIISampler,
    PartialFixedSampler,
    RandomSampler,
    TPESampler,
)

from minitfx import ambient
from minitfx.errors import TuningError
from minitfx.training import TunerFnResult, run_study, trials_table, tuner_result, write_study


def square(trial):
    x = trial.suggest_float("x", -1, 1)
    y = trial.suggest_float("y", -1, 1)
    return (x - 0.25) ** 2 + (y + 0.5) ** 2


def parameters(study):
    return [trial.params for trial in study.trials]


class Killed(BaseException):
    """Stands for a process that is gone: nothing is told to the study."""


def dying_after(count, objective=square):
    """Return the objective, ending as a kill would in trial number ``count``."""

    def mortal(trial):
        if trial.number == count:
            raise Killed
        return objective(trial)

    return mortal


SAMPLERS = {
    "random": lambda: RandomSampler(seed=3),
    "tpe": lambda: TPESampler(seed=3, n_startup_trials=4),
    "unseeded": lambda: TPESampler(),
    "nsga": lambda: NSGAIISampler(seed=3, population_size=4),
    "nested": lambda: PartialFixedSampler({"x": 0.1}, TPESampler(seed=3)),
    "grid": lambda: GridSampler({"x": [-1, 0, 1], "y": [-1, 0, 1, 0.5]}, seed=3),
}


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_killed_study_ends_as_an_undisturbed_one(tmp_path, name):
    def result(objective):
        return TunerFnResult(optuna.create_study(sampler=SAMPLERS[name]()),
                             {"func": objective, "n_trials": 12})  # fmt: skip

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = run_study(result(square), tmp_path / "a")
    with pytest.raises(Killed):
        run_study(result(dying_after(7)), tmp_path / "b")
    resumed = run_study(result(square), tmp_path / "b")
    assert trials_table(resumed).equals(trials_table(whole))
    assert len(resumed.trials) == 12


def test_a_journal_cut_anywhere_resumes_to_the_same_trials(tmp_path):
    sizes = []

    def watched(trial):
        sizes.append((tmp_path / "whole" / "study.log").stat().st_size)
        return square(trial)

    def result(objective):
        study = optuna.create_study(sampler=TPESampler(seed=0, n_startup_trials=2))
        study.enqueue_trial({"x": 0.5})
        return TunerFnResult(study, {"func": objective, "n_trials": 5})

    (tmp_path / "whole").mkdir()
    expected = trials_table(run_study(result(watched), tmp_path / "whole"))
    journal = (tmp_path / "whole" / "study.log").read_bytes()
    for cut in range(sizes[0], len(journal), 97):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "study.log").write_bytes(journal[:cut])
        assert trials_table(run_study(result(square), folder)).equals(expected), cut


def test_a_trial_that_has_ended_is_on_the_disk_with_one_flush(tmp_path, monkeypatch):
    """When the machine dies, what was flushed last is all that the journal has."""
    journal, flushed, finished = tmp_path / "study.log", [], []
    flush = os.fsync

    def watched(number):
        flush(number)
        flushed.append(journal.stat().st_size if journal.exists() else 0)

    def seen(study, trial):
        finished.append((flushed[-1], trial.number))

    monkeypatch.setattr(os, "fsync", watched)
    run_study(TunerFnResult(square, {"n_trials": 6, "callbacks": [seen]}), tmp_path)
    assert len(flushed) == 1 + 6
    content = journal.read_bytes()
    for size, number in finished:
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "study.log").write_bytes(content[:size])
        repeated = []

        def counted(trial, repeated=repeated):
            repeated.append(trial.number)
            return square(trial)

        run_study(TunerFnResult(counted, {"n_trials": 6}), folder)
        assert repeated == list(range(number + 1, 6))


def test_seeds_of_trials_do_not_repeat(tmp_path):
    study = optuna.create_study(sampler=RandomSampler(seed=0))
    found = run_study(TunerFnResult(study, {"n_trials": 30}, square), tmp_path)
    assert len({value for each in parameters(found) for value in each.values()}) == 60


def test_finished_trials_are_not_repeated(tmp_path):
    seen = []

    def counted(trial):
        seen.append(trial.number)
        return square(trial)

    fit = {"n_trials": 10}
    with pytest.raises(Killed):
        run_study(TunerFnResult(dying_after(6, counted), fit), tmp_path)
    run_study(TunerFnResult(counted, fit), tmp_path)
    assert seen == list(range(10))
    run_study(TunerFnResult(counted, fit), tmp_path)
    assert len(seen) == 10


def test_a_sigkill_in_the_middle_of_a_trial_leaves_no_trace(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from minitfx.training import TunerFnResult, run_study

        def objective(trial):
            x = trial.suggest_float("x", -1, 1)
            if trial.number == 3 and sys.argv[2] == "slow":
                Path(sys.argv[1], "reached").touch()
                time.sleep(60)
            return x * x

        study = run_study(TunerFnResult(objective, {"n_trials": 6}), Path(sys.argv[1]))
        print([(t.number, t.params["x"]) for t in study.trials])
        """
    )
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
    command = [sys.executable, "-c", script]
    process = subprocess.Popen([*command, str(tmp_path / "killed"), "slow"])
    deadline = time.monotonic() + 60
    while not (tmp_path / "killed" / "reached").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with (tmp_path / "killed" / "study.log").open("ab") as file:
        file.write(b'{"op_code": 6, "half a li')
    (tmp_path / "killed" / "study.log.lock").touch()
    answers = [
        subprocess.run(
            [*command, str(tmp_path / name), "fast"], capture_output=True, text=True, check=True
        ).stdout
        for name in ("killed", "whole")
    ]
    assert answers[0] == answers[1] and answers[0].count("(") == 6


def test_a_trial_that_raised_is_tried_again(tmp_path):
    broken = [True]

    def sometimes(trial):
        if trial.number == 2 and broken:
            trial.suggest_float("x", -1, 1)
            raise OSError("the disk is full")
        return square(trial)

    with pytest.raises(OSError, match="disk") as caught:
        run_study(TunerFnResult(sometimes, {"n_trials": 5}), tmp_path)
    assert "in trial 2 with the parameters {'x'" in caught.value.__notes__[0]
    broken.clear()
    study = run_study(TunerFnResult(sometimes, {"n_trials": 5}), tmp_path)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 5


def test_caught_errors_and_nan_count_as_trials(tmp_path):
    def objective(trial):
        if trial.number == 1:
            raise ValueError("no")
        return float("nan") if trial.number == 2 else square(trial)

    fit = {"n_trials": 5, "catch": (ValueError,)}
    study = run_study(TunerFnResult(objective, fit), tmp_path)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "FAIL", "FAIL", "COMPLETE", "COMPLETE"]
    assert study.trials[1].user_attrs == {"error": "ValueError: no"}
    assert study.trials[2].user_attrs == {"error": "the objective returned NaN"}
    assert len(run_study(TunerFnResult(objective, fit), tmp_path).trials) == 5


def test_enqueued_trials_come_first_and_survive_a_kill(tmp_path):
    def result(objective):
        study = optuna.create_study(sampler=RandomSampler(seed=0))
        for x in (0.1, 0.2, 0.3):
            study.enqueue_trial({"x": x})
        return TunerFnResult(study, {"n_trials": 5}, objective)

    with pytest.raises(Killed):
        run_study(result(dying_after(1)), tmp_path)
    study = run_study(result(square), tmp_path)
    assert [trial.params["x"] for trial in study.trials][:3] == [0.1, 0.2, 0.3]
    assert len(study.trials) == 5


def test_trials_that_were_given_do_not_count_but_are_learned_from(tmp_path):
    earlier = optuna.create_study(sampler=RandomSampler(seed=0))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    earlier.optimize(square, n_trials=4)
    study = optuna.create_study(sampler=TPESampler(seed=0))
    study.add_trials(earlier.trials)
    found = run_study(TunerFnResult(study, {"n_trials": 3}, square), tmp_path)
    assert len(found.trials) == 7
    assert parameters(found)[:4] == parameters(earlier)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_study_keeps_directions_names_attributes_and_pruner(tmp_path):
    study = optuna.create_study(
        direction="maximize", pruner=optuna.pruners.ThresholdPruner(lower=0.5)
    )
    study.set_metric_names(["accuracy"])
    study.set_user_attr("owner", "me")

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.report(trial.number / 4, step=0)
        if trial.should_prune():
            raise optuna.TrialPruned
        return x

    found = run_study(TunerFnResult(study, {"n_trials": 4}, objective), tmp_path)
    assert found.direction.name == "MAXIMIZE"
    assert found.metric_names == ["accuracy"]
    assert found.user_attrs == {"owner": "me"}
    assert [trial.state.name for trial in found.trials] == ["PRUNED"] * 2 + ["COMPLETE"] * 2


def test_stop_and_callbacks_of_the_user_work(tmp_path):
    def stop(study, trial):
        if trial.number == 2:
            study.stop()

    fit = {"n_trials": 50, "callbacks": [stop]}
    assert len(run_study(TunerFnResult(square, fit), tmp_path).trials) == 3


def test_progress_tells_the_best_value_so_far(tmp_path):
    heard = []
    study = optuna.create_study(sampler=RandomSampler(seed=0))
    for x in (0.5, 0.75, 0.25):
        study.enqueue_trial({"x": x})
    with ambient.surround(observer=heard.append):
        run_study(
            TunerFnResult(study, {"n_trials": 3}, lambda t: t.suggest_float("x", 0, 1)), tmp_path
        )
    told = [(each.done, each.total, each.unit, each.note) for each in heard]
    assert told == [
        (1, 3, "trials", "best 0.5"),
        (2, 3, "trials", "best 0.5"),
        (3, 3, "trials", "best 0.25"),
    ]


def test_optuna_says_nothing_by_itself(tmp_path):
    said = []
    handler = logging.Handler()
    handler.emit = said.append
    logging.getLogger("optuna").addHandler(handler)
    try:
        run_study(TunerFnResult(square, {"n_trials": 2}), tmp_path)
    finally:
        logging.getLogger("optuna").removeHandler(handler)
    assert [record.getMessage() for record in said] == []


def test_progress_of_several_objectives_tells_the_best_of_the_first(tmp_path):
    heard = []
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=RandomSampler(seed=0))
    for x in (0.5, 0.25):
        study.enqueue_trial({"x": x})
    with ambient.surround(observer=heard.append):
        run_study(
            TunerFnResult(study, {"n_trials": 2}, lambda t: [t.suggest_float("x", 0, 1)] * 2),
            tmp_path,
        )
    assert [each.note for each in heard] == ["best 0.5 in the first of 2 objectives"] * 2


def test_parallel_trials_run_in_processes_and_each_once(tmp_path):
    def objective(trial):
        trial.set_user_attr("pid", os.getpid())
        time.sleep(0.05)
        return trial.suggest_float("x", 0, 1)

    study = run_study(TunerFnResult(objective, {"n_trials": 9}), tmp_path, parallel=2)
    assert [trial.number for trial in study.trials] == list(range(9))
    assert all(trial.state.name == "COMPLETE" for trial in study.trials)
    assert os.getpid() not in {trial.user_attrs["pid"] for trial in study.trials}
    assert len({trial.params["x"] for trial in study.trials}) == 9
    again = run_study(TunerFnResult(objective, {"n_trials": 12}), tmp_path, parallel=2)
    assert len(again.trials) == 12


def test_an_error_in_a_parallel_trial_is_the_users_own(tmp_path):
    def objective(trial):
        trial.suggest_float("x", 0, 1)
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        run_study(TunerFnResult(objective, {"n_trials": 4}), tmp_path, parallel=2)


def test_two_processes_do_not_run_one_study(tmp_path):
    def objective(trial):
        code = (
            "import sys; from pathlib import Path\n"
            "from minitfx.training import TunerFnResult, run_study\n"
            "run_study(TunerFnResult(lambda t: 0.0, {'n_trials': 1}), Path(sys.argv[1]))"
        )
        command = [sys.executable, "-c", code, str(tmp_path)]
        other = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "another process is running the study" in other.stderr
        return 0.0

    run_study(TunerFnResult(objective, {"n_trials": 1}), tmp_path)


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    (tmp_path / "study.log").write_text("hello\nworld\n")
    with pytest.raises(TuningError, match="not the journal of a Tuner"):
        run_study(TunerFnResult(square, {"n_trials": 1}), tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tuner": square}, "nothing ends the study"),
        ({"tuner": square, "fit_kwargs": {"n_trial": 3}}, "Did you mean 'n_trials'"),
        ({"tuner": square, "fit_kwargs": {"n_trials": 3, "n_jobs": 2}}, "num_parallel_trials"),
        ({"tuner": square, "fit_kwargs": {"n_trials": 3, "func": square}}, "several objectives"),
    ],
)
def test_a_result_that_cannot_be_run_is_refused_at_once(arguments, message):
    with pytest.raises(TuningError, match=message):
        TunerFnResult(**arguments)


def test_a_study_without_objective_is_refused():
    with pytest.raises(TuningError, match="no objective"):
        TunerFnResult(optuna.create_study(), {"n_trials": 3})


def test_a_tuner_fn_must_return_a_result():
    with pytest.raises(TuningError, match="returned a NoneType"):
        tuner_result(lambda fn_args: None, None)


def test_the_artifacts_hold_best_trials_and_journal(tmp_path):
    for name in ("scratch", "best", "results"):
        (tmp_path / name).mkdir()
    study = run_study(TunerFnResult(square, {"n_trials": 6}), tmp_path / "scratch")
    write_study(study, tmp_path / "scratch", tmp_path / "best", tmp_path / "results")
    best = json.loads((tmp_path / "best" / "best_hyperparameters.json").read_text())
    rows = pq.read_table(tmp_path / "results" / "trials.parquet").to_pylist()
    scores = [square(optuna.trial.FixedTrial(json.loads(row["parameters"]))) for row in rows]
    assert [row["score"] for row in rows] == scores
    assert square(optuna.trial.FixedTrial(best)) == min(scores)
    assert [row["best"] for row in rows] == [score == min(scores) for score in scores]
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "results" / "study.log"))
    copy = optuna.load_study(study_name=None, storage=optuna.storages.JournalStorage(backend))
    assert [trial.value for trial in copy.trials] == scores


def test_several_objectives_give_a_pareto_front_and_a_choice(tmp_path):
    points = [(0.0, 3.0), (1.0, 1.0), (2.0, 2.0), (3.0, 0.0)]

    def objective(trial):
        return points[trial.suggest_int("i", 0, 3)]

    study = optuna.create_study(directions=["maximize", "minimize"], sampler=RandomSampler(seed=0))
    for index in range(4):
        study.enqueue_trial({"i": index})
    result = TunerFnResult(study, {"n_trials": 4}, objective, choose=lambda front: front[0])
    for name in ("best", "results"):
        (tmp_path / name).mkdir()
    found = run_study(result, tmp_path)
    chosen = write_study(found, tmp_path, tmp_path / "best", tmp_path / "results")
    assert chosen.params == {"i": 3}
    rows = pq.read_table(tmp_path / "results" / "trials.parquet").to_pylist()
    assert [row["best"] for row in rows] == [False, False, False, True]
    assert [tuple(row["scores"]) for row in rows] == points


def test_a_study_without_completed_trial_says_why(tmp_path):
    def objective(trial):
        raise ValueError("bad luck")

    study = run_study(TunerFnResult(objective, {"n_trials": 2, "catch": ValueError}), tmp_path)
    with pytest.raises(TuningError, match=r"no trial completed \(2 fail\): ValueError: bad luck"):
        trials_table(study)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "returned None, which is no number"),
        ((1.0, 2.0), "returned 2 numbers; the study has 1"),
    ],
)
def test_an_answer_that_is_no_score_is_said(tmp_path, answer, message):
    study = run_study(TunerFnResult(lambda trial: answer, {"n_trials": 2}), tmp_path)
    with pytest.raises(TuningError, match=message):
        trials_table(study)


def test_an_interrupted_trial_is_tried_again(tmp_path):
    def interrupted(trial):
        if trial.number == 2:
            raise KeyboardInterrupt
        return square(trial)

    with pytest.raises(KeyboardInterrupt):
        run_study(TunerFnResult(interrupted, {"n_trials": 4}), tmp_path)
    study = run_study(TunerFnResult(square, {"n_trials": 4}), tmp_path)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 4


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_cma_es_runs_where_it_is_installed(tmp_path):
    pytest.importorskip("cmaes")
    study = optuna.create_study(sampler=CmaEsSampler(seed=0))
    assert len(run_study(TunerFnResult(study, {"n_trials": 6}, square), tmp_path).trials) == 6
