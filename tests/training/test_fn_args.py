"""FnArgs: TFX's fields, both names of those that have two."""

from dataclasses import fields

import pytest

from minitfx.errors import ParameterError
from minitfx.proto.trainer_pb2 import EvalArgs, TrainArgs
from minitfx.training import FnArgs

TFX_FIELDS = {
    "working_dir", "train_files", "eval_files", "train_steps", "eval_steps", "schema_path",
    "schema_file", "transform_graph_path", "transform_output", "data_accessor",
    "serving_model_dir", "eval_model_dir", "model_run_dir", "base_model", "hyperparameters",
    "custom_config", "num_examples",
}  # fmt: skip


def test_the_fields_are_those_of_tfx():
    assert {each.name for each in fields(FnArgs)} == TFX_FIELDS


@pytest.mark.parametrize(
    ("name", "alias"),
    [("schema_path", "schema_file"), ("transform_graph_path", "transform_output")],
)
def test_either_name_sets_both(name, alias):
    assert getattr(FnArgs(**{name: "x"}), alias) == "x"
    assert getattr(FnArgs(**{alias: "x"}), name) == "x"
    with pytest.raises(ValueError, match="another name"):
        FnArgs(**{name: "x", alias: "y"})


def test_splits_and_steps_come_from_the_messages(tmp_path):
    def split(name):
        return tmp_path / f"Split-{name}"

    fn_args = FnArgs.of([split], TrainArgs(splits=["a", "b"], num_steps=7), EvalArgs())
    assert fn_args.train_files == [f"{tmp_path}/Split-a/*", f"{tmp_path}/Split-b/*"]
    assert fn_args.eval_files == [f"{tmp_path}/Split-eval/*"]
    assert (fn_args.train_steps, fn_args.eval_steps) == (7, None)


def test_steps_below_zero_are_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"eval_args\.num_steps is -3; expected 0 or more"):
        FnArgs.of([lambda name: tmp_path], TrainArgs(), EvalArgs(num_steps=-3))


def test_several_sets_of_examples_are_read_together(tmp_path):
    folders = [lambda name: tmp_path / "1" / name, lambda name: tmp_path / "2" / name]
    fn_args = FnArgs.of(folders, None, None)
    assert fn_args.train_files == [f"{tmp_path}/1/train/*", f"{tmp_path}/2/train/*"]
