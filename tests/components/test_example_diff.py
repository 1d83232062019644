"""ExampleDiff: compares rows of pairs of splits."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format

from minitfx.channel import Channel
from minitfx.components.example_diff import ExampleDiff
from minitfx.errors import ParameterError
from minitfx.proto.example_diff_pb2 import ExampleDiffConfig
from minitfx.types import Examples, ExamplesDiff

CONFIG = text_format.Parse(
    'paired_example_skew { identifier_features: "id" skew_sample_size: 10 }', ExampleDiffConfig()
)


def examples_of(folder, **splits):
    artifact = Examples(folder)
    artifact.splits = list(splits)
    for split, fares in splits.items():
        artifact.split_path(split).mkdir(parents=True)
        table = pa.table({"id": list(range(len(fares))), "fare": fares})
        pq.write_table(table, artifact.split_path(split) / "data-00000-of-00001.parquet")
    return artifact


def run(tmp_path, pairs=None, config=CONFIG):
    test = examples_of(tmp_path / "test", train=[1.0, 2.5], eval=[1.0])
    base = examples_of(tmp_path / "base", train=[1.0, 2.0])
    result = ExamplesDiff(tmp_path / "diff")
    ExampleDiff.execute(test, base, config, pairs, result)
    return result


def counts(result, pair):
    table = pq.read_table(result.path / f"SplitPair-{pair}" / "skew_stats.parquet")
    (row,) = table.to_pylist()
    return row["match_count"], row["mismatch_count"]


def test_keywords_and_outputs_are_those_of_tfx():
    node = ExampleDiff(
        examples_test=Channel(Examples), examples_base=Channel(Examples), config=CONFIG
    )
    assert list(node.inputs) == ["examples_test", "examples_base"]
    assert list(node.outputs) == ["example_diff_result"]


def test_each_split_is_compared_with_each(tmp_path):
    result = run(tmp_path)
    assert counts(result, "train_train") == (1, 1)
    assert counts(result, "eval_train") == (1, 0)
    assert result.get_custom_property("split_names") == ["train_train", "eval_train"]
    pairs = pq.read_table(result.path / "SplitPair-train_train" / "sample_pairs.parquet")
    (pair,) = pairs.to_pylist()
    assert (pair["test"]["fare"], pair["base"]["fare"]) == (2.5, 2.0)
    assert pair["mismatched_features"] == ["fare"]


def test_pairs_can_be_chosen_and_floats_rounded(tmp_path):
    config = ExampleDiffConfig()
    config.CopyFrom(CONFIG)
    config.paired_example_skew.float_round_ndigits = 0
    result = run(tmp_path, [["train", "train"]], config)
    # 2.5 is rounded away from zero, to 3.
    assert counts(result, "train_train") == (1, 1)
    assert not (result.path / "SplitPair-eval_train").exists()


def test_identifiers_are_needed_when_the_pipeline_is_built():
    with pytest.raises(ParameterError, match="identifier_features"):
        ExampleDiff(
            examples_test=Channel(Examples),
            examples_base=Channel(Examples),
            config=ExampleDiffConfig(),
        )
