"""Tuner: its declaration is TFX's, and execute leaves hyperparameters and trials."""

import json
import signal
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.tree import DecisionTreeClassifier

from minitfx.channel import Channel
from minitfx.code import CodeReference
from minitfx.components.tuner import Tuner
from minitfx.errors import ParameterError, TuningError
from minitfx.proto.tuner_pb2 import TuneArgs
from minitfx.types import Examples, HyperParameters, TunerResults

TUNER_FN = """
import optuna
from minitfx.training import TunerFnResult

def tuner_fn(fn_args):
    X, y = fn_args.data_accessor.read_arrays(fn_args.train_files, "y")
    X_eval, y_eval = fn_args.data_accessor.read_arrays(fn_args.eval_files, "y")
    assert fn_args.working_dir and fn_args.serving_model_dir is None

    def objective(trial):
        threshold = trial.suggest_float("threshold", 0.0, 3.0)
        return float(((X_eval[:, 0] > threshold) == y_eval).mean())

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    return TunerFnResult(study, {"func": objective, "n_trials": fn_args.custom_config["trials"]})
"""


@pytest.fixture
def examples(tmp_path):
    artifact = Examples(tmp_path / "examples")
    artifact.splits = ["train", "eval"]
    for split in artifact.splits:
        artifact.split_path(split).mkdir(parents=True)
        table = pa.table({"x": [0.0, 1.0, 2.0, 3.0], "y": [0, 0, 1, 1]})
        pq.write_table(table, artifact.split_path(split) / "data-00000-of-00001.parquet")
    return artifact


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "user_tuner.py"
    path.write_text(TUNER_FN)
    return CodeReference.from_file(path, ("tuner_fn",))


def execute(tmp_path, **given):
    """Call ``execute`` as a runner does: every declared name, outputs fresh and empty."""
    outputs = {
        "best_hyperparameters": HyperParameters(tmp_path / "best"),
        "tuner_results": TunerResults(tmp_path / "results"),
    }
    for artifact in outputs.values():
        artifact.path.mkdir()
    (tmp_path / "scratch").mkdir(exist_ok=True)
    arguments = dict.fromkeys(Tuner.declaration.arguments) | outputs | given
    Tuner.execute(**arguments | {"scratch": tmp_path / "scratch"})
    return outputs


def test_keywords_and_outputs_are_those_of_tfx():
    tfx = {
        "examples", "schema", "transform_graph", "base_model", "module_file", "tuner_fn",
        "train_args", "eval_args", "tune_args", "custom_config",
    }  # fmt: skip
    assert tfx <= set(Tuner.declaration.keywords)
    assert {name: each.type for name, each in Tuner.declaration.outputs.items()} == {
        "best_hyperparameters": HyperParameters,
        "tuner_results": TunerResults,
    }


def test_the_best_trial_is_the_artifact(tmp_path, examples, module):
    found = execute(tmp_path, examples=[examples], module_file=module, custom_config={"trials": 15})
    best = json.loads(
        (found["best_hyperparameters"].path / "best_hyperparameters.json").read_text()
    )
    rows = pq.read_table(found["tuner_results"].path / "trials.parquet").to_pylist()
    assert len(rows) == 15 and {row["state"] for row in rows} == {"COMPLETE"}
    assert 1.0 <= best["threshold"] < 2.0
    assert max(row["score"] for row in rows) == 1.0
    assert (found["tuner_results"].path / "study.log").is_file()
    first = next(row["trial"] for row in rows if row["score"] == 1.0)
    message = found["tuner_results"].get_string_custom_property("message")
    assert message == f"best 1, in trial {first} of 15"


def test_the_same_inputs_give_the_same_bytes(tmp_path, examples, module):
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found = execute(
            tmp_path / name, examples=[examples], module_file=module, custom_config={"trials": 5}
        )
        contents.append(
            [
                (found["best_hyperparameters"].path / "best_hyperparameters.json").read_bytes(),
                (found["tuner_results"].path / "trials.parquet").read_bytes(),
            ]
        )
    assert contents[0] == contents[1]


def test_trials_run_in_parallel_when_asked(tmp_path, examples, module):
    found = execute(
        tmp_path,
        examples=[examples],
        module_file=module,
        custom_config={"trials": 4},
        tune_args=TuneArgs(num_parallel_trials=2),
    )
    assert pq.read_table(found["tuner_results"].path / "trials.parquet").num_rows == 4


def test_a_tuner_fn_that_returns_something_else_is_named(tmp_path, examples):
    path = tmp_path / "wrong_tuner.py"
    path.write_text("def tuner_fn(fn_args): return 3")
    with pytest.raises(TuningError, match="returned a int"):
        code = CodeReference.from_file(path, ("tuner_fn",))
        execute(tmp_path, examples=[examples], module_file=code)


def test_a_search_can_be_declared(tmp_path, examples):
    found = execute(
        tmp_path,
        examples=[examples],
        estimator=DecisionTreeClassifier(),
        label="y",
        search_space={"max_depth": {"low": 1, "high": 3}},
        metric="accuracy",
        sampler="GridSampler",
        seed=0,
    )
    rows = pq.read_table(found["tuner_results"].path / "trials.parquet").to_pylist()
    assert {row["score"] for row in rows} == {1.0} and len(rows) == 3


TREE = {"estimator": DecisionTreeClassifier(), "label": "y"}
DEPTHS = {"max_depth": [1, 2]}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to tune"),
        ({"module_file": __file__, "tuner_fn": "a.b"}, "module_file and tuner_fn"),
        ({"tuner_fn": "a.b", "n_trials": 3}, "n_trials goes with estimator"),
        ({"tuner_fn": "a.b", "tune_args": TuneArgs(num_parallel_trials=-1)}, "trials is -1"),
        (TREE, "needs search_space"),
        (TREE | {"label": None, "search_space": DEPTHS}, "needs label"),
        (TREE | {"search_space": DEPTHS}, "needs n_trials or timeout"),
    ],
)
def test_what_cannot_be_tuned_is_refused_at_construction(given, message):
    with pytest.raises(ParameterError, match=message):
        Tuner(examples=Channel(Examples), **given)


def test_a_grid_comes_to_an_end_by_itself():
    Tuner(examples=Channel(Examples), **TREE, search_space=DEPTHS, sampler="GridSampler")


KILLED_ONCE = """
import os, signal
from pathlib import Path
import optuna
from minitfx.training import TunerFnResult

def tuner_fn(fn_args):
    marker, count = Path(fn_args.custom_config["marker"]), Path(fn_args.custom_config["count"])

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        if trial.number == 4 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        with count.open("a") as file:
            file.write(f"{trial.number} ")
        return x

    return TunerFnResult(objective, {"n_trials": 8})
"""

RUN = """
import sys
import minitfx

root, module, marker, count = sys.argv[1:]
examples = minitfx.CsvExampleGen(input_base=root + "/data").outputs["examples"]
tuner = minitfx.Tuner(
    examples=examples, module_file=module, custom_config={"marker": marker, "count": count}
)
pipeline = minitfx.Pipeline("killed", root + "/out", [examples.producer, tuner], enable_cache=True)
result = minitfx.LocalDagRunner().run(pipeline)
print(result.nodes["Tuner"].state.name)
"""


def test_a_killed_run_goes_on_with_the_trials_that_are_left(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("x,y\n" + "1,0\n2,1\n3,0\n" * 20)
    (tmp_path / "killed_tuner.py").write_text(KILLED_ONCE)
    paths = [str(tmp_path / name) for name in ("", "killed_tuner.py", "marker", "count")]
    command = [sys.executable, "-c", RUN, *paths]
    first = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert first.returncode == -signal.SIGKILL
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "COMPLETE" in second.stdout, second.stderr
    assert (tmp_path / "count").read_text().split() == [str(number) for number in range(8)]
    (trials,) = (tmp_path / "out" / "Tuner" / "tuner_results").glob("*/trials.parquet")
    assert pq.read_table(trials)["trial"].to_pylist() == list(range(8))
    assert not any((tmp_path / "out" / ".system" / "scratch").glob("*/*"))
