"""Saving and loading: what comes back predicts what the framework's own object predicts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from minitfx.errors import ModelError, ModelRefusedError, SignatureError
from minitfx.models import (
    complete_manifest,
    load_model,
    model_digest,
    read_manifest,
    save_model,
    to_frame,
    to_matrix,
)
from minitfx.models.signature import fields_of


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "fare": random.normal(10, 3, 300),
            "hour": random.integers(0, 24, 300),
            "company": random.choice(["blue", "red", None], 300),
        }
    )


@pytest.fixture(scope="module")
def labels(frame: pd.DataFrame) -> np.ndarray:
    return np.where(frame["fare"] + frame["hour"] / 10 > 11, "big", "small")


@pytest.fixture(scope="module")
def forest(frame: pd.DataFrame, labels: np.ndarray):
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["company"]), remainder="passthrough"
    )
    return make_pipeline(encode, RandomForestClassifier(8, random_state=0)).fit(frame, labels)


def test_a_pipeline_comes_back_with_the_same_predictions(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    table = load_model(tmp_path, trust=True).predict(pa.Table.from_pandas(frame))
    assert table.column("prediction").to_pylist() == forest.predict(frame).tolist()
    assert table.column("probabilities").to_pylist() == forest.predict_proba(frame).tolist()


def test_the_manifest_names_task_classes_types_versions_and_digests(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame, label="big_tipper")
    written = json.loads((tmp_path / "model.json").read_text())
    assert written["task"] == "binary_classification"
    assert written["classes"] == ["big", "small"]
    assert written["label"] == "big_tipper"
    assert [(each["name"], each["type"]) for each in written["signature"]["inputs"]] == [
        ("fare", "double"),
        ("hour", "int64"),
        ("company", "string"),
    ]
    assert written["packages"].keys() >= {"scikit-learn", "numpy", "joblib"}
    assert written["files"].keys() == {
        "model.joblib",
        "MLmodel",
        "python_env.yaml",
        "requirements.txt",
    }


def test_three_classes_are_a_multiclass_task(frame, tmp_path):
    thirds = pd.qcut(frame["fare"], 3, labels=False)
    model = DecisionTreeClassifier(max_depth=3).fit(frame[["fare"]], thirds)
    assert save_model(model, tmp_path).task == "multiclass_classification"
    table = load_model(tmp_path, trust=True).predict(pa.Table.from_pandas(frame))
    assert table.schema.field("prediction").type == pa.int64()
    assert table.schema.field("probabilities").type == pa.list_(pa.float64(), 3)


def test_a_regression_predicts_doubles(frame, tmp_path):
    model = LinearRegression().fit(frame[["hour"]], frame["fare"])
    save_model(model, tmp_path)
    loaded = load_model(tmp_path, trust=True)
    assert loaded.task == "regression"
    assert loaded.classes is None
    table = loaded.predict(pa.Table.from_pandas(frame))
    assert table.column("prediction").to_pylist() == model.predict(frame[["hour"]]).tolist()


def test_a_classifier_without_probabilities_predicts_labels_alone(frame, labels, tmp_path):
    model = LinearSVC().fit(frame[["fare"]], labels)
    save_model(model, tmp_path)
    loaded = load_model(tmp_path, trust=True)
    assert loaded.predict(pa.Table.from_pandas(frame)).column_names == ["prediction"]
    with pytest.raises(ModelError, match="no probabilities"):
        loaded.predict_proba(pa.Table.from_pandas(frame))


def test_a_model_fitted_on_an_array_takes_the_named_columns_in_order(frame, tmp_path):
    model = LinearRegression().fit(frame[["hour", "fare"]].to_numpy(), frame["fare"] * 2)
    save_model(model, tmp_path, features=["hour", "fare"])
    predicted = load_model(tmp_path, trust=True).predict(pa.Table.from_pandas(frame))
    np.testing.assert_allclose(predicted.column("prediction").to_numpy(), frame["fare"] * 2)


def test_columns_of_an_array_are_the_schemas_without_the_label(frame, tmp_path):
    model = LinearRegression().fit(frame[["hour"]].to_numpy(), frame["fare"])
    manifest = save_model(model, tmp_path, schema=frame[["fare", "hour"]], label="fare")
    assert manifest.features == ("hour",)


def test_an_array_of_unnamed_columns_is_refused_with_the_way_to_name_them(tmp_path):
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(ModelError, match=r"features=\["):
        save_model(model, tmp_path)


def test_the_wrong_number_of_columns_is_refused(frame, tmp_path):
    model = LinearRegression().fit(frame[["hour"]].to_numpy(), frame["fare"])
    with pytest.raises(ModelError, match="fitted on 1 columns, but 3 were found"):
        save_model(model, tmp_path, schema=frame)


def test_ties_are_decided_by_the_model(tmp_path):
    model = DecisionTreeClassifier().fit([[0.0], [0.0], [1.0]], ["b", "a", "a"])
    save_model(model, tmp_path, features=["x"])
    table = pa.table({"x": [0.0, 1.0]})
    assert load_model(tmp_path, trust=True).predict(table).column("prediction").to_pylist() == (
        model.predict([[0.0], [1.0]]).tolist()
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_forest_answers_the_same_bits_whatever_its_n_jobs(frame, labels, tmp_path, jobs):
    numbers = frame[["fare", "hour"]]
    model = RandomForestClassifier(30, random_state=1, n_jobs=1).fit(numbers, labels)
    expected = model.predict_proba(numbers)
    save_model(model.set_params(n_jobs=jobs), tmp_path)
    found = load_model(tmp_path, trust=True).predict_proba(pa.Table.from_pandas(numbers))
    assert (found == expected).all()


def test_whole_numbers_too_large_for_doubles_are_rounded_alike_in_frames_and_arrays(tmp_path):
    large = pa.table({"n": [2**62 + 1, None], "word": ["a", "b"]})
    fields = fields_of(large.schema, ["n", "word"])
    frame = to_frame(large, fields)["n"].to_numpy()
    matrix = to_matrix(large, fields[:1])[:, 0]
    np.testing.assert_array_equal(frame, [float(2**62), np.nan])
    np.testing.assert_array_equal(frame, matrix)


def test_no_rows_give_no_predictions(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    table = load_model(tmp_path, trust=True).predict(pa.Table.from_pandas(frame.head(0)))
    assert table.num_rows == 0
    assert table.column_names == ["prediction", "probabilities"]


def test_a_missing_column_is_named(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    table = pa.Table.from_pandas(frame.rename(columns={"company": "companies"}))
    with pytest.raises(SignatureError, match=r"no column 'company'.*Did you mean 'companies'"):
        load_model(tmp_path, trust=True).predict(table)


def test_text_in_a_column_of_numbers_is_named(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    table = pa.Table.from_pandas(frame.assign(hour="noon"))
    with pytest.raises(SignatureError, match="column 'hour' holds string; the model takes int64"):
        load_model(tmp_path, trust=True).predict(table)


def test_a_null_where_the_schema_promises_none_is_named(tmp_path):
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    schema = pa.schema([pa.field("x", pa.float64(), nullable=False)])
    save_model(model, tmp_path, schema=schema)
    with pytest.raises(SignatureError, match="column 'x' has 1 missing values of 2"):
        load_model(tmp_path, trust=True).predict(pa.table({"x": [1.0, None]}))


# ── who vouches ────────────────────────────────────────────────────────────────────────────────


def test_a_pickle_is_refused_unless_somebody_vouches(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    with pytest.raises(ModelRefusedError, match=model_digest(tmp_path)):
        load_model(tmp_path)


def test_the_sha256_vouches_for_one_model_only(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    assert load_model(tmp_path, trust=model_digest(tmp_path)).digest == model_digest(tmp_path)
    with pytest.raises(ModelRefusedError, match="not the one that was vouched for"):
        load_model(tmp_path, trust="0" * 64)


class Explosive:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


def test_a_changed_file_is_refused_before_it_is_opened(forest, frame, tmp_path):
    save_model(forest, tmp_path / "model", schema=frame)
    joblib.dump(Explosive(tmp_path / "exploded"), tmp_path / "model" / "model.joblib")
    with pytest.raises(ModelError, match=r"model\.joblib .* has changed since the model was saved"):
        load_model(tmp_path / "model", trust=True)
    assert not (tmp_path / "exploded").exists()


def test_a_foreign_pickle_with_a_manifest_of_its_own_is_refused(forest, frame, tmp_path):
    save_model(forest, tmp_path / "model", schema=frame)
    joblib.dump(Explosive(tmp_path / "exploded"), tmp_path / "model" / "model.joblib")
    manifest = json.loads((tmp_path / "model" / "model.json").read_text())
    (tmp_path / "model" / "model.json").write_text(json.dumps(manifest | {"files": {}}))
    with pytest.raises(ModelRefusedError):
        load_model(tmp_path / "model")
    with pytest.raises(ModelError, match="does not name"):
        load_model(tmp_path / "model", trust=True)
    assert not (tmp_path / "exploded").exists()


def test_a_manifest_may_not_point_outside_of_the_model(forest, frame, tmp_path):
    save_model(forest, tmp_path / "model", schema=frame)
    joblib.dump(Explosive(tmp_path / "exploded"), tmp_path / "evil.joblib")
    manifest = json.loads((tmp_path / "model" / "model.json").read_text())
    manifest |= {"file": "../evil.joblib", "files": {"../evil.joblib": "0" * 64}}
    (tmp_path / "model" / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="outside of the model"):
        load_model(tmp_path / "model", trust=True)
    assert not (tmp_path / "exploded").exists()


def test_another_minor_version_is_refused_warned_or_ignored(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    manifest = json.loads((tmp_path / "model.json").read_text())
    manifest["packages"]["scikit-learn"] = "1.2.3"
    (tmp_path / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"saved with scikit-learn 1\.2\.3"):
        load_model(tmp_path, trust=True)
    with pytest.warns(UserWarning, match=r"scikit-learn 1\.2\.3"):
        load_model(tmp_path, trust=True, versions="warn")
    load_model(tmp_path, trust=True, versions="ignore")


def test_a_package_that_is_not_there_is_named_before_loading(forest, frame, tmp_path):
    save_model(forest, tmp_path, schema=frame)
    manifest = json.loads((tmp_path / "model.json").read_text())
    manifest["packages"]["no-such-package"] = "2.0"
    (tmp_path / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="needs the package no-such-package"):
        load_model(tmp_path, trust=True)


def test_a_folder_without_a_manifest_says_what_is_in_it(tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"")
    with pytest.raises(ModelError, match=r"no model\.json\. Found: weights\.bin"):
        load_model(tmp_path, trust=True)


# ── what a run_fn merely dumped ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.pickle", "model.sav"])
def test_a_lone_dumped_file_gets_its_manifest(forest, frame, tmp_path, name):
    joblib.dump(forest, tmp_path / name)
    assert complete_manifest(tmp_path, schema=frame).file == name
    table = load_model(tmp_path, trust=True).predict(pa.Table.from_pandas(frame))
    assert table.column("prediction").to_pylist() == forest.predict(frame).tolist()


def test_no_model_file_is_an_error_that_lists_what_was_found(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ModelError, match=r"no model\. Found: notes\.txt"):
        complete_manifest(tmp_path)


def test_two_model_files_are_one_too_many(forest, tmp_path):
    joblib.dump(forest, tmp_path / "model.pkl")
    joblib.dump(forest, tmp_path / "model.joblib")
    with pytest.raises(ModelError, match=r"several model files: model\.joblib, model\.pkl"):
        complete_manifest(tmp_path)


def test_types_that_save_model_was_not_told_are_filled_in(forest, frame, tmp_path):
    assert save_model(forest, tmp_path).signature.inputs[0].type is None
    complete_manifest(tmp_path, schema=frame)
    assert [field.type for field in read_manifest(tmp_path).signature.inputs] == [
        "double",
        "int64",
        "string",
    ]


# ── objects of the project ─────────────────────────────────────────────────────────────────────

PROJECT = {
    "shop_constants.py": "FACTOR = 3\n",
    "shop/__init__.py": "",
    "shop/doubling.py": """
from shop_constants import FACTOR


def scale(values):
    from shop.late import ZERO

    return values * FACTOR + ZERO
""",
    "shop/late.py": "ZERO = 0\n",
    "shop_model.py": """
from dataclasses import dataclass

from shop.doubling import scale


@dataclass
class Tripler:
    column: str = "x"

    def predict(self, frame):
        return scale(frame[self.column].to_numpy())
""",
}

PREDICT = """
import sys
import pyarrow as pa
from minitfx.models import load_model
model = load_model(sys.argv[1], trust=True)
print(model.predict(pa.table({"x": [1.0, 2.0]})).column("prediction").to_pylist())
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in list(sys.modules):
        if name.startswith("shop"):
            del sys.modules[name]


def test_project_modules_go_with_the_model_into_a_fresh_process(project, tmp_path):
    import shop_model

    manifest = save_model(shop_model.Tripler(), tmp_path / "model", features=["x"])
    assert manifest.code == ("shop", "shop.doubling", "shop.late", "shop_constants", "shop_model")
    done = subprocess.run(
        [sys.executable, "-c", PREDICT, str(tmp_path / "model")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout.strip() == "[3.0, 6.0]"


def test_a_loaded_model_keeps_its_own_code_when_the_project_changes(project, tmp_path):
    import shop_constants
    import shop_model

    save_model(shop_model.Tripler(), tmp_path / "model", features=["x"])
    shop_constants.FACTOR = 100
    loaded = load_model(tmp_path / "model", trust=True)
    assert loaded.predict(pa.table({"x": [1.0]})).column("prediction").to_pylist() == [3.0]
    assert sys.modules["shop_constants"] is shop_constants


def test_code_that_nobody_signed_is_refused(project, tmp_path):
    import shop_model

    save_model(shop_model.Tripler(), tmp_path / "model", features=["x"])
    (tmp_path / "model" / "code" / "extra.py").write_text("raise SystemExit")
    with pytest.raises(ModelError, match=r"code/extra\.py"):
        load_model(tmp_path / "model", trust=True)


def test_a_compiled_file_beside_the_code_is_never_run(project, tmp_path):
    import py_compile

    import shop_model

    save_model(shop_model.Tripler(), tmp_path / "model", features=["x"])
    code = tmp_path / "model" / "code"
    (tmp_path / "evil.py").write_text("FACTOR = 666")
    stat = (code / "shop_constants.py").stat()
    import os

    os.utime(tmp_path / "evil.py", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    cached = code / "__pycache__" / f"shop_constants.{sys.implementation.cache_tag}.pyc"
    cached.parent.mkdir()
    py_compile.compile(
        str(tmp_path / "evil.py"),
        cfile=str(cached),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    loaded = load_model(tmp_path / "model", trust=True)
    assert loaded.predict(pa.table({"x": [1.0]})).column("prediction").to_pylist() == [3.0]


def test_a_lambda_cannot_be_saved_and_says_why(tmp_path):
    from sklearn.preprocessing import FunctionTransformer

    model = make_pipeline(FunctionTransformer(lambda x: x), LinearRegression())
    model.fit([[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(ModelError, match="top level of a module"):
        save_model(model, tmp_path, features=["x"])


def test_an_unfitted_classifier_is_refused(tmp_path):
    with pytest.raises(ModelError, match="is it fitted"):
        save_model(LogisticRegression(), tmp_path, features=["x"])


def test_several_outputs_are_refused(tmp_path):
    model = DecisionTreeClassifier().fit([[0.0], [1.0]], [[0, 1], [1, 0]])
    with pytest.raises(ModelError, match="predicts 2 outputs"):
        save_model(model, tmp_path, features=["x"])


def test_an_object_that_does_not_predict_is_refused(tmp_path):
    with pytest.raises(ModelError, match="with a predict method"):
        save_model(object(), tmp_path)


def test_a_regression_that_answers_a_matrix_is_an_error_at_the_call(tmp_path):
    model = DummyRegressor().fit([[0.0], [1.0]], [[0.0, 1.0], [1.0, 1.0]])
    save_model(model, tmp_path, features=["x"])
    with pytest.raises(ModelError, match=r"expected \(1,\)"):
        load_model(tmp_path, trust=True).predict(pa.table({"x": [1.0]}))


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_a_rows_answer_does_not_depend_on_the_batch(frame, labels, tmp_path, cut):
    numbers = frame[["fare", "hour"]].assign(hour=frame["hour"].where(frame["hour"] > 1))
    models = {
        "trees": HistGradientBoostingClassifier(max_iter=5).fit(numbers, labels),
        "linear": make_pipeline(StandardScaler(), LogisticRegression()).fit(
            numbers.fillna(0), labels
        ),
    }
    table = pa.Table.from_pandas(numbers.fillna(0))
    for name, model in models.items():
        save_model(model, tmp_path / name, schema=numbers)
        loaded = load_model(tmp_path / name, trust=True)
        whole = loaded.predict_proba(table)
        parts = [loaded.predict_proba(table.slice(at, cut)) for at in range(0, len(frame), cut)]
        difference = np.abs(np.vstack(parts) / whole - 1).max()
        assert difference == 0 if name == "trees" else difference < 1e-12
