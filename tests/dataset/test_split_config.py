import subprocess
import sys

import pytest
from google.protobuf import text_format

from minitfx.dataset.split_config import SplitRule, input_splits, split_rule
from minitfx.errors import ParameterError
from minitfx.proto.example_gen_pb2 import Input, Output


def output(text):
    return text_format.Parse(f"split_config {{ {text} }}", Output())


def test_one_input_split_is_split_two_to_one_by_default():
    expected = SplitRule(("train", "eval"), (2, 1))
    assert split_rule(None, ["single_split"]) == expected
    assert split_rule(Output(), ["all"]) == expected


def test_several_input_splits_are_kept():
    assert split_rule(None, ["train", "eval"]) is None


def test_output_splits_are_read_in_order():
    config = output(
        "splits { name: 'b' hash_buckets: 9 } splits { name: 'a' hash_buckets: 1 } "
        "partition_feature_name: 'user'"
    )
    assert split_rule(config, ["x"], "tfx") == SplitRule(("b", "a"), (9, 1), "user", "tfx")


def test_a_partition_feature_alone_goes_with_the_default_splits():
    config = output("partition_feature_name: 'user'")
    assert split_rule(config, ["x"]) == SplitRule(("train", "eval"), (2, 1), "user")


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("splits { name: 'a' }", ["x"], "output split 'a' has 0 hash_buckets"),
        ("splits { hash_buckets: 1 }", ["x"], "output split 1 has no name"),
        ("splits { name: 'a' hash_buckets: 1 }" * 2, ["x"], "two output splits are named 'a'"),
        ("splits { name: '../a' hash_buckets: 1 }", ["x"], "cannot name a folder"),
        ("splits { name: 'a' hash_buckets: 1 }", ["x", "y"], "configure one side only"),
        ("partition_feature_name: 'user'", ["x", "y"], "partition_feature_name is 'user' though"),
    ],
)
def test_a_wrong_output_is_refused(text, inputs, message):
    with pytest.raises(ParameterError, match=message):
        split_rule(output(text), inputs)


def test_an_unknown_hash_is_refused():
    with pytest.raises(ParameterError, match="Did you mean 'tfx'"):
        split_rule(None, ["x"], "tfxx")


def test_without_configuration_all_files_are_one_split():
    assert input_splits(None) == [("single_split", "*")]
    assert input_splits(Input(), "SELECT 1") == [("single_split", "SELECT 1")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("splits { name: 'a' }", "input split 'a' has no pattern"),
        ("splits { pattern: '*' }", "input split 1 has no name"),
        ("splits { name: 'a' pattern: '*' }" * 2, "two input splits are named 'a'"),
    ],
)
def test_a_wrong_input_is_refused(text, message):
    with pytest.raises(ParameterError, match=message):
        input_splits(text_format.Parse(text, Input()))


def test_a_pipeline_is_built_without_numpy_and_pyarrow():
    code = (
        "import sys; from minitfx.components.example_gen import CsvExampleGen;"
        "g = CsvExampleGen(input_base='.'); "
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'fsspec') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
