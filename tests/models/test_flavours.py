"""Flavours of other frameworks: each saves, loads in a fresh process, and predicts the same.

Every test runs when its framework is installed.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from minitfx.errors import ModelError, ModelRefusedError
from minitfx.models import complete_manifest, export_onnx, load_model, save_model

ROWS = 400


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(11)
    return pd.DataFrame(random.normal(size=(ROWS, 4)), columns=list("abcd"))


@pytest.fixture(scope="module")
def two(frame):
    return (frame["a"] + frame["b"] ** 2 > 1).astype(int)


@pytest.fixture(scope="module")
def three(frame):
    return pd.cut(frame["a"] + frame["b"], [-99, -0.5, 0.5, 99], labels=False)


def table_of(frame):
    return pa.Table.from_pandas(frame, preserve_index=False)


def round_trip(model, folder, frame, **said):
    save_model(model, folder, **said)
    return load_model(folder).predict(table_of(frame))


def scores(table):
    return np.array(table.column("probabilities").to_pylist())


IN_FRESH_PROCESS = """
import sys
import pyarrow as pa
from minitfx.models import load_model
table = pa.ipc.open_stream(sys.stdin.buffer).read_all()
print(load_model(sys.argv[1], trust=True).predict(table).column("prediction").to_pylist())
"""


def predicted_elsewhere(folder, frame):
    table = table_of(frame)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    done = subprocess.run(
        [sys.executable, "-c", IN_FRESH_PROCESS, str(folder)],
        input=sink.getvalue().to_pybytes(),
        stdout=subprocess.PIPE,
        cwd=folder,
        check=True,
    )
    return done.stdout.decode().strip()


# ── XGBoost ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", ["two", "three"])
def test_xgboost_classifiers_come_back_without_trust(frame, request, target, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    labels = request.getfixturevalue(target)
    model = xgboost.XGBClassifier(n_estimators=8).fit(frame, labels)
    table = round_trip(model, tmp_path, frame)
    assert scores(table).tolist() == model.predict_proba(frame).astype(float).tolist()
    assert table.column("prediction").to_pylist() == model.predict(frame).tolist()
    assert predicted_elsewhere(tmp_path, frame) == str(model.predict(frame).tolist())


def test_xgboost_stops_at_its_best_round(frame, two, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=2, learning_rate=0.9)
    model.fit(frame[:300], two[:300], eval_set=[(frame[300:], two[300:])], verbose=False)
    assert model.best_iteration < 50
    expected = model.predict_proba(frame).astype(float).tolist()
    assert scores(round_trip(model, tmp_path, frame)).tolist() == expected


def test_xgboost_regressions_and_bare_boosters(frame, two, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBRegressor(n_estimators=5).fit(frame, frame["a"] * 3)
    table = round_trip(model, tmp_path / "wrapper", frame)
    assert table.column("prediction").to_pylist() == model.predict(frame).astype(float).tolist()
    rows = xgboost.DMatrix(frame, two)
    booster = xgboost.train({"objective": "binary:logistic"}, rows, num_boost_round=4)
    table = round_trip(booster, tmp_path / "booster", frame)
    np.testing.assert_array_equal(scores(table)[:, 1], booster.predict(rows))


def test_xgboosts_own_model_json_does_not_hide_the_manifest(frame, two, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=3).fit(frame, two)
    model.save_model(tmp_path / "model.json")
    assert complete_manifest(tmp_path).flavour == "xgboost"
    table = load_model(tmp_path).predict(table_of(frame))
    assert table.column("prediction").to_pylist() == model.predict(frame).tolist()


def test_rankers_are_refused(frame, two, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBRanker(n_estimators=2).fit(frame, two, group=[ROWS])
    with pytest.raises(ModelError, match="it does not predict"):
        save_model(model, tmp_path)


# ── LightGBM ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", ["two", "three"])
def test_lightgbm_classifiers_keep_their_labels(frame, request, target, tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    labels = request.getfixturevalue(target).map({0: "low", 1: "middle", 2: "high"})
    model = lightgbm.LGBMClassifier(n_estimators=8, verbose=-1).fit(frame, labels)
    table = round_trip(model, tmp_path, frame)
    assert scores(table).tolist() == model.predict_proba(frame).tolist()
    assert table.column("prediction").to_pylist() == model.predict(frame).tolist()
    assert predicted_elsewhere(tmp_path, frame) == str(model.predict(frame).tolist())


def test_lightgbm_regressions_and_bare_boosters(frame, two, tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMRegressor(n_estimators=5, verbose=-1).fit(frame, frame["a"])
    table = round_trip(model, tmp_path / "wrapper", frame)
    assert table.column("prediction").to_pylist() == model.predict(frame).tolist()
    data = lightgbm.Dataset(frame, two)
    booster = lightgbm.train({"objective": "binary", "verbose": -1}, data, num_boost_round=4)
    table = round_trip(booster, tmp_path / "booster", frame)
    np.testing.assert_array_equal(scores(table)[:, 1], booster.predict(frame))


# ── PyTorch ────────────────────────────────────────────────────────────────────────────────────

NETWORK = """
import torch


class Network(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, outputs)
        )

    def forward(self, rows):
        return self.layers(rows)
"""


@pytest.fixture
def network(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "taxi_network.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(tmp_path / "project")
    import taxi_network

    torch.manual_seed(0)
    yield taxi_network.Network
    del sys.modules["taxi_network"]


@pytest.mark.parametrize(("outputs", "classes"), [(1, ["no", "yes"]), (3, ["a", "b", "c"])])
def test_torch_classifiers_give_logits(network, frame, tmp_path, outputs, classes):
    torch = pytest.importorskip("torch")
    model = network(outputs)
    task = "binary_classification" if outputs == 1 else "multiclass_classification"
    manifest = save_model(
        model, tmp_path / "model", features=list("abcd"), task=task, classes=classes
    )
    assert manifest.code == ("taxi_network",)
    with pytest.raises(ModelRefusedError):
        load_model(tmp_path / "model")
    logits = model.eval()(torch.tensor(frame.to_numpy(dtype=np.float32))).detach().numpy()
    logits = logits.astype(float)
    raw = np.hstack([np.zeros_like(logits), logits]) if outputs == 1 else logits
    expected = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    table = load_model(tmp_path / "model", trust=True).predict(table_of(frame))
    np.testing.assert_allclose(scores(table), expected, atol=1e-6)
    likeliest = [classes[at] for at in expected.argmax(axis=1)]
    assert table.column("prediction").to_pylist() == likeliest
    assert predicted_elsewhere(tmp_path / "model", frame) == str(likeliest)


def test_torch_regressions_give_one_number_a_row(network, frame, tmp_path):
    torch = pytest.importorskip("torch")
    model = network(1)
    save_model(model, tmp_path / "model", features=list("abcd"), task="regression")
    table = load_model(tmp_path / "model", trust=True).predict(table_of(frame))
    expected = model.eval()(torch.tensor(frame.to_numpy(dtype=np.float32))).detach().numpy()
    np.testing.assert_allclose(table.column("prediction").to_numpy(), expected[:, 0], atol=1e-6)


# ── skops ──────────────────────────────────────────────────────────────────────────────────────

PLAIN = [
    LogisticRegression(),
    make_pipeline(StandardScaler(), SVC(probability=False)),
    RandomForestClassifier(5),
    HistGradientBoostingClassifier(max_iter=5),
    KNeighborsClassifier(),
    MLPClassifier((4,), max_iter=20),
    GaussianNB(),
    CalibratedClassifierCV(LogisticRegression()),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator", PLAIN, ids=lambda each: type(each).__name__)
def test_skops_files_of_ordinary_models_need_no_trust(estimator, frame, two, tmp_path):
    pytest.importorskip("skops")
    model = estimator.fit(frame, two)
    table = round_trip(model, tmp_path, frame, flavour="skops")
    assert table.column("prediction").to_pylist() == model.predict(frame).tolist()


def test_skops_refuses_what_it_could_not_load_again(frame, two, tmp_path):
    pytest.importorskip("skops")
    from sklearn.preprocessing import FunctionTransformer

    model = make_pipeline(FunctionTransformer(subprocess.list2cmdline), LogisticRegression())
    model.steps[1][1].fit(frame, two)
    with pytest.raises(ModelError, match=r"subprocess\.list2cmdline, which could run code"):
        save_model(model, tmp_path, flavour="skops", features=list("abcd"))
    assert not (tmp_path / "model.skops").exists()


# ── ONNX ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=4),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_onnx_copy_predicts_the_same_and_needs_no_trust(estimator, frame, three, tmp_path):
    pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    save_model(estimator.fit(frame.to_numpy(), three), tmp_path / "model", features=list("abcd"))
    original = load_model(tmp_path / "model", trust=True)
    export_onnx(original, tmp_path / "copy", table_of(frame))
    copy = load_model(tmp_path / "copy")
    assert (copy.task, copy.classes) == (original.task, original.classes)
    one, other = (each.predict(table_of(frame)) for each in (original, copy))
    np.testing.assert_allclose(scores(one), scores(other), atol=1e-4)


@pytest.mark.parametrize("estimator", [LinearRegression(), GradientBoostingRegressor()])
def test_an_onnx_copy_of_a_regression(estimator, frame, tmp_path):
    pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    model = estimator.fit(frame.to_numpy(), frame["a"] * 2 + frame["b"])
    save_model(model, tmp_path / "model", features=list("abcd"))
    export_onnx(load_model(tmp_path / "model", trust=True), tmp_path / "copy", table_of(frame))
    assert load_model(tmp_path / "copy").task == "regression"


def test_an_onnx_copy_of_a_model_of_named_columns_and_text(frame, two, tmp_path):
    pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    rows = frame.assign(e=np.where(frame["c"] > 0, "x", "y"))
    encode = make_column_transformer((OneHotEncoder(), ["e"]), (StandardScaler(), ["a", "b"]))
    model = make_pipeline(encode, LogisticRegression()).fit(rows, two)
    save_model(model, tmp_path / "model", schema=rows)
    original = load_model(tmp_path / "model", trust=True)
    export_onnx(original, tmp_path / "copy", table_of(rows))
    copy = load_model(tmp_path / "copy")
    np.testing.assert_allclose(
        scores(copy.predict(table_of(rows))), scores(original.predict(table_of(rows))), atol=1e-4
    )


def test_an_onnx_copy_that_disagrees_is_not_kept(frame, tmp_path):
    pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    # Single precision cannot tell 2**24 + 1 from 2**24.
    values = np.arange(2**24, 2**24 + 40, dtype=float).reshape(-1, 1)
    model = LinearRegression().fit(values, values[:, 0] - 2**24)
    save_model(model, tmp_path / "model", features=["x"])
    original = load_model(tmp_path / "model", trust=True)
    with pytest.raises(ModelError, match="the ONNX copy disagrees with the model on"):
        export_onnx(original, tmp_path / "copy", pa.table({"x": values[:, 0]}))
    assert not (tmp_path / "copy").exists()


# ── frameworks that are not there ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "torch", "skops", "onnx"])
def test_the_manifest_of_a_missing_framework_says_what_to_install(tmp_path, monkeypatch, name):
    module = {"onnx": "onnxruntime"}.get(name, name)
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}.io", None)
    from minitfx.models.flavour import flavour_named

    flavour = flavour_named(name)
    (tmp_path / flavour.file).write_bytes(b"")
    with pytest.raises(ImportError, match=rf"pip install 'minitfx\[{name}\]'"):
        flavour.load(tmp_path / flavour.file)
