"""Trainer: its declaration is TFX's, and execute leaves a model."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from tensorflow_metadata.proto.v0 import statistics_pb2

import minitfx
from minitfx.catalog.session import open_catalog, query
from minitfx.channel import Channel
from minitfx.code import CodeReference
from minitfx.components.trainer import Trainer
from minitfx.errors import CodeError, ModelError, ParameterError, StorageError
from minitfx.models import load_model
from minitfx.proto.trainer_pb2 import EvalArgs, TrainArgs
from minitfx.types import (
    Examples,
    ExampleStatistics,
    HyperParameters,
    Model,
    ModelRun,
    TransformGraph,
)

RUN_FN = """
import json, pickle
from pathlib import Path
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

def run_fn(fn_args):
    known = {
        "train_steps": fn_args.train_steps,
        "eval_steps": fn_args.eval_steps,
        "hyperparameters": fn_args.hyperparameters,
        "custom_config": fn_args.custom_config,
        "num_examples": fn_args.num_examples,
        "base_model": fn_args.base_model,
        "train_files": fn_args.train_files,
    }
    Path(fn_args.model_run_dir, "known.json").write_text(json.dumps(known))
    X, y = fn_args.data_accessor.read_arrays(fn_args.train_files, "y")
    model = LogisticRegression(**(fn_args.hyperparameters or {})).fit(X, y)
    with open(Path(fn_args.serving_model_dir) / "model.pkl", "wb") as file:
        pickle.dump(model, file)
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
def module_file(tmp_path):
    path = tmp_path / "user_trainer.py"
    path.write_text(RUN_FN)
    return path


def execute(tmp_path, **given):
    """Call ``execute`` as a runner does: every declared name, outputs fresh and empty."""
    outputs = {"model": Model(tmp_path / "model"), "model_run": ModelRun(tmp_path / "model_run")}
    for artifact in outputs.values():
        artifact.path.mkdir()
    arguments = dict.fromkeys(Trainer.declaration.arguments) | outputs | given
    Trainer.execute(**arguments)
    return outputs


def test_keywords_and_outputs_are_those_of_tfx():
    tfx = [
        "statistics", "examples", "transformed_examples", "transform_graph", "schema",
        "base_model", "hyperparameters", "module_file", "run_fn", "train_args", "eval_args",
        "custom_config",
    ]  # fmt: skip
    assert set(tfx) <= set(Trainer.declaration.keywords)
    assert {name: each.type for name, each in Trainer.declaration.outputs.items()} == {
        "model": Model,
        "model_run": ModelRun,
    }


def test_a_run_fn_gets_every_argument(tmp_path, examples, module_file):
    best = HyperParameters(tmp_path / "best")
    best.path.mkdir()
    (best.path / "best_hyperparameters.json").write_text('{"C": 0.5}')
    statistics = ExampleStatistics(tmp_path / "statistics")
    for split, rows in (("train", 4), ("eval", 3)):
        found = statistics_pb2.DatasetFeatureStatisticsList()
        found.datasets.add(num_examples=rows)
        statistics.split_path(split).mkdir(parents=True)
        (statistics.split_path(split) / "FeatureStats.pb").write_bytes(found.SerializeToString())
    earlier = Model(tmp_path / "earlier")
    (earlier.path / "Format-Serving").mkdir(parents=True)
    outputs = execute(
        tmp_path,
        examples=[examples],
        hyperparameters=best,
        statistics=statistics,
        base_model=earlier,
        module_file=CodeReference.from_file(module_file, ("run_fn",)),
        train_args=TrainArgs(num_steps=100),
        eval_args=EvalArgs(),
        custom_config={"depth": 3},
        label="y",
    )
    assert json.loads((outputs["model_run"].path / "known.json").read_text()) == {
        "train_steps": 100,
        "eval_steps": None,
        "hyperparameters": {"C": 0.5},
        "custom_config": {"depth": 3},
        "num_examples": {"train": 4, "eval": 3},
        "base_model": str(earlier.path / "Format-Serving"),
        "train_files": [f"{examples.path}/Split-train/*"],
    }
    saved = load_model(outputs["model"].path, trust=True)
    assert saved.model.C == 0.5 and saved.label == "y"
    assert sorted(path.name for path in outputs["model"].path.iterdir()) == ["Format-Serving"]


def test_an_estimator_needs_no_module(tmp_path, examples):
    outputs = execute(tmp_path, examples=[examples], estimator=LogisticRegression(C=100), label="y")
    predicted = load_model(outputs["model"].path, trust=True).predict(pa.table({"x": [0.0, 3.0]}))
    assert predicted["prediction"].to_pylist() == [0, 1]


def test_chosen_splits_are_trained_on(tmp_path, examples):
    with pytest.raises(StorageError, match=r"no split 'test'.*Known: eval, train"):
        execute(
            tmp_path,
            examples=[examples],
            estimator=LogisticRegression(),
            label="y",
            train_args=TrainArgs(splits=["test"]),
        )


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("def run_fn(fn_args)\n    pass\n", CodeError, "line 1"),
        ("def train_fn(fn_args): pass\n", CodeError, "defines no 'run_fn'"),
        ("def run_fn(fn_args): pass\n", ModelError, "run_fn left no model"),
        ("def run_fn(fn_args): raise RuntimeError('boom')\n", RuntimeError, "boom"),
    ],
)
def test_a_bad_module_is_one_clear_error(tmp_path, examples, source, error, message):
    path = tmp_path / "broken_trainer.py"
    path.write_text(source)
    with pytest.raises(error, match=message):
        code = CodeReference.from_file(path, ("run_fn",))
        execute(tmp_path, examples=[examples], module_file=code, label="y")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to train"),
        ({"run_fn": "a.b", "estimator": LogisticRegression()}, "run_fn and estimator"),
        ({"estimator": LogisticRegression()}, "needs label"),
        ({"estimator": LogisticRegression, "label": "y"}, r"expected LogisticRegression\(\)"),
        ({"estimator": "logistic", "label": "y"}, "estimator is 'logistic'; expected a scikit-l"),
        ({"run_fn": "a.b", "weight": "w"}, "weight goes with estimator"),
        ({"run_fn": "a.b", "custom_config": [1]}, "custom_config"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_construction(given, message):
    with pytest.raises(ParameterError, match=message):
        Trainer(examples=Channel(Examples), **given)


def test_examples_come_under_one_name_and_transformed_ones_with_their_graph():
    channel, graph = Channel(Examples), Channel(TransformGraph)
    with pytest.raises(ParameterError, match="exactly one of examples"):
        Trainer(examples=channel, transformed_examples=channel, run_fn="a.b")
    with pytest.raises(ParameterError, match="exactly one of examples"):
        Trainer(run_fn="a.b")
    with pytest.raises(ParameterError, match="needs transform_graph"):
        Trainer(transformed_examples=channel, run_fn="a.b")
    Trainer(transformed_examples=channel, transform_graph=graph, run_fn="a.b")


def test_a_module_file_that_is_not_there_is_refused_at_construction(tmp_path):
    with pytest.raises(CodeError, match="does not exist"):
        Trainer(examples=Channel(Examples), module_file=str(Path(tmp_path, "none.py")))


def test_one_pipeline_trains_several_models_and_grows_one_from_another(tmp_path):
    (tmp_path / "data").mkdir()
    rows = "".join(f"{x},{int(x > 4)}\n" for x in range(10)) * 6
    (tmp_path / "data" / "rows.csv").write_text("x,y\n" + rows)
    example_gen = minitfx.CsvExampleGen(input_base=str(tmp_path / "data"))
    examples = example_gen.outputs["examples"]
    linear = Trainer(examples=examples, estimator=LogisticRegression(), label="y").with_id("linear")
    small, large = (
        Trainer(
            examples=examples,
            estimator=RandomForestClassifier(n_estimators=trees),
            label="y",
            base_model=base,
        ).with_id(name)
        for name, trees, base in (("small", 2, None), ("large", 3, None))
    )
    grown = Trainer(
        examples=examples,
        estimator=RandomForestClassifier(n_estimators=5),
        label="y",
        base_model=small.outputs["model"],
    ).with_id("grown")
    nodes = [example_gen, linear, small, large, grown]
    pipeline = minitfx.Pipeline("several", str(tmp_path / "out"), nodes)
    result = minitfx.LocalDagRunner().run(pipeline)
    trees = {
        name: len(load_model(result.nodes[name].outputs["model"][0].path, trust=True).model)
        for name in ("small", "large", "grown")
    }
    assert trees == {"small": 2, "large": 3, "grown": 5}
    kinds = load_model(result.nodes["linear"].outputs["model"][0].path, trust=True).model
    assert isinstance(kinds, LogisticRegression)


DOTTED = """
import json
from dataclasses import fields
from pathlib import Path

import optuna
from sklearn.tree import DecisionTreeClassifier
from minitfx.models import save_model
from minitfx.training import TunerFnResult

def told(fn_args):
    known = {each.name: getattr(fn_args, each.name) for each in fields(fn_args)}
    return json.dumps(known | {"data_accessor": known["data_accessor"].schema(
        fn_args.train_files).names})

def tuner_fn(fn_args):
    Path(fn_args.custom_config["told"]).write_text(told(fn_args))
    return TunerFnResult(lambda trial: trial.suggest_int("max_depth", 2, 2), {"n_trials": 1})

def run_fn(fn_args):
    Path(fn_args.model_run_dir, "told.json").write_text(told(fn_args))
    X, y = fn_args.data_accessor.read_arrays(fn_args.train_files, "y", ["x_scaled"])
    model = DecisionTreeClassifier(**fn_args.hyperparameters).fit(X, y)
    save_model(model, fn_args.serving_model_dir, features=["x_scaled"],
               transform_graph=fn_args.transform_graph_path, label="y")
    save_model(model, fn_args.eval_model_dir, features=["x_scaled"])
"""
PREPROCESSING = """
import minitfx.transform as tft

def preprocessing_fn(inputs):
    return {"x_scaled": tft.scale_to_0_1(inputs["x"]), "y": inputs["y"]}
"""


def test_functions_named_by_dotted_paths_know_where_everything_is(tmp_path, monkeypatch):
    package = tmp_path / "dotted_project"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "functions.py").write_text(DOTTED)
    (tmp_path / "preprocessing.py").write_text(PREPROCESSING)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text(
        "x,y\n" + "".join(f"{x},{int(x > 15)}\n" for x in range(30))
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    example_gen = minitfx.CsvExampleGen(input_base=str(tmp_path / "data"))
    raw = example_gen.outputs["examples"]
    statistics = minitfx.StatisticsGen(examples=raw)
    schema = minitfx.SchemaGen(statistics=statistics.outputs["statistics"])
    transform = minitfx.Transform(
        examples=raw,
        schema=schema.outputs["schema"],
        module_file=str(tmp_path / "preprocessing.py"),
    )
    earlier = Trainer(examples=raw, estimator=LogisticRegression(), label="y").with_id("earlier")
    shared = {
        "examples": transform.outputs["transformed_examples"],
        "transform_graph": transform.outputs["transform_graph"],
        "schema": schema.outputs["schema"],
        "base_model": earlier.outputs["model"],
        "train_args": TrainArgs(num_steps=10),
        "eval_args": EvalArgs(num_steps=5),
        "custom_config": {"told": str(tmp_path / "tuner.json")},
    }
    tuner = minitfx.Tuner(tuner_fn="dotted_project.functions.tuner_fn", **shared)
    trainer = Trainer(
        run_fn="dotted_project.functions.run_fn",
        hyperparameters=tuner.outputs["best_hyperparameters"],
        statistics=statistics.outputs["statistics"],
        **shared,
    )
    nodes = [example_gen, statistics, schema, transform, earlier, tuner, trainer]
    root = tmp_path / "out"
    made = minitfx.LocalDagRunner().run(minitfx.Pipeline("dotted", str(root), nodes)).nodes

    def path(node, key):
        (artifact,) = made[node].outputs[key]
        return artifact.path

    examples = path("Transform", "transformed_examples")
    (of_run,) = made["CsvExampleGen"].outputs["examples"]
    rows = {split: pq.read_table(of_run.split_path(split)).num_rows for split in of_run.splits}
    graph, schema_file = path("Transform", "transform_graph"), path("SchemaGen", "schema")
    both = {
        "train_files": [f"{examples}/Split-train/*"],
        "eval_files": [f"{examples}/Split-eval/*"],
        "train_steps": 10,
        "eval_steps": 5,
        "schema_path": str(schema_file / "schema.pbtxt"),
        "schema_file": str(schema_file / "schema.pbtxt"),
        "transform_graph_path": str(graph),
        "transform_output": str(graph),
        "data_accessor": ["x_scaled", "y"],
        "base_model": str(path("earlier", "model") / "Format-Serving"),
        "custom_config": shared["custom_config"],
    }
    nothing = dict.fromkeys(["num_examples", "hyperparameters", "working_dir"])
    places = dict.fromkeys(["serving_model_dir", "eval_model_dir", "model_run_dir"])
    told = json.loads((tmp_path / "tuner.json").read_text())
    assert (root / ".system" / "scratch") in Path(told["working_dir"]).parents
    assert told | {"working_dir": None} == both | nothing | places
    told = json.loads((path("Trainer", "model_run") / "told.json").read_text())
    # Outputs are written aside, so their folders have other names by now.
    assert {name: Path(told[name]).name for name in places} == {
        "serving_model_dir": "Format-Serving",
        "eval_model_dir": "Format-TFMA",
        "model_run_dir": Path(told["model_run_dir"]).name,
    }
    found = {"hyperparameters": {"max_depth": 2}, "num_examples": rows}
    assert told | places == both | nothing | places | found
    assert load_model(path("Trainer", "model"), trust=True).model.max_depth == 2
    assert (path("Trainer", "model") / "Format-TFMA" / "model.json").is_file()


def test_what_a_training_logs_is_answered_in_sql(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text(
        "x,y\n" + "".join(f"{x},{int(x > 15)}\n" for x in range(30))
    )
    module = tmp_path / "logging_trainer.py"
    module.write_text(
        RUN_FN.replace("import json", "from minitfx.training import RunLog\nimport json")
        + "    for step in (1, 2):\n"
        "        RunLog(fn_args.model_run_dir).write(step, loss=1 / step)\n"
    )
    example_gen = minitfx.CsvExampleGen(input_base=str(tmp_path / "data"))
    examples = example_gen.outputs["examples"]
    own = Trainer(examples=examples, module_file=str(module)).with_id("own")
    ready = Trainer(examples=examples, estimator=LogisticRegression(), label="y").with_id("ready")
    root = str(tmp_path / "out")
    pipeline = minitfx.Pipeline("logged", root, [example_gen, own, ready], enable_cache=True)
    for _ in range(2):  # a cached run has the same curves
        result = minitfx.LocalDagRunner().run(pipeline)
        (made,), (model,) = (
            result.nodes[node].outputs[key]
            for node, key in (("CsvExampleGen", "examples"), ("ready", "model"))
        )
        rows = pq.read_table(made.split_path("eval"))
        said = load_model(model.path, trust=True).predict(rows).column("prediction")
        accuracy = np.mean(said.to_numpy() == rows.column("y").to_numpy())
        statement = (
            "SELECT node_id, step, metric, value FROM curves "
            f"WHERE run_id = '{result.run_id}' ORDER BY ALL"
        )
        assert query(open_catalog(root), statement).rows == [
            ("own", 1, "loss", 1.0),
            ("own", 2, "loss", 0.5),
            ("ready", 0, "eval_score", accuracy),
        ]
