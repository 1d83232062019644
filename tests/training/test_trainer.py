"""train: a run_fn is called, and the model that it left is looked at."""

import pickle
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

from minitfx.errors import ModelError
from minitfx.models import load_model, save_model
from minitfx.training import FnArgs, train

ROWS = pa.table(
    {
        "a": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        "b": [1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
        "y": ["no", "no", "no", "yes", "yes", "yes"],
    }
)


@pytest.fixture
def fn_args(tmp_path):
    for split in ("train", "eval"):
        (tmp_path / f"Split-{split}").mkdir()
        pq.write_table(ROWS, tmp_path / f"Split-{split}" / "data-00000-of-00001.parquet")
    return FnArgs.of(
        [lambda name: tmp_path / f"Split-{name}"],
        None,
        None,
        serving_model_dir=tmp_path / "Format-Serving",
        eval_model_dir=tmp_path / "Format-TFMA",
        model_run_dir=tmp_path / "run",
    )


def fitted(fn_args):
    X, y = fn_args.data_accessor.read_arrays(fn_args.train_files, "y")
    return LogisticRegression(C=100).fit(X, y)


def dump(name, module):
    def run_fn(fn_args):
        with (Path(fn_args.serving_model_dir) / name).open("wb") as file:
            module.dump(fitted(fn_args), file)

    return run_fn


def test_a_saved_model_is_taken_as_it_is(fn_args):
    def run_fn(fn_args):
        save_model(fitted(fn_args), fn_args.serving_model_dir, label="y", features=["a", "b"])

    manifest = train(run_fn, fn_args)
    assert manifest.label == "y" and manifest.classes == ("no", "yes")
    assert [field.type for field in manifest.signature.inputs] == ["double", "double"]


@pytest.mark.parametrize(("name", "module"), [("model.pkl", pickle), ("model.joblib", joblib)])
def test_a_lone_dumped_file_gets_its_manifest(fn_args, name, module):
    manifest = train(dump(name, module), fn_args, label="y")
    assert manifest.features == ("a", "b")
    predicted = load_model(fn_args.serving_model_dir, trust=True).predict(ROWS)
    expected = fitted(fn_args).predict(np.stack([ROWS["a"], ROWS["b"]], axis=1))
    assert predicted["prediction"].to_pylist() == expected.tolist()


def test_an_empty_folder_for_a_second_export_goes_away(fn_args):
    train(dump("model.pkl", pickle), fn_args, label="y")
    assert not Path(fn_args.eval_model_dir).exists()
    assert Path(fn_args.model_run_dir).is_dir()


def test_no_model_is_an_error_that_lists_what_was_found(fn_args):
    def run_fn(fn_args):
        Path(fn_args.serving_model_dir, "weights.txt").write_text("1 2 3")

    with pytest.raises(ModelError, match=r"run_fn left no model .*Found: weights\.txt"):
        train(run_fn, fn_args)
    with pytest.raises(ModelError, match=r"run_fn left no model"):
        train(lambda fn_args: None, fn_args)


def test_several_dumped_models_are_an_error(fn_args):
    def run_fn(fn_args):
        dump("model.pkl", pickle)(fn_args)
        dump("model.joblib", joblib)(fn_args)

    with pytest.raises(ModelError, match=r"model\.joblib, model\.pkl"):
        train(run_fn, fn_args)


def test_what_run_fn_raises_is_passed_on(fn_args):
    def run_fn(fn_args):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        train(run_fn, fn_args)
