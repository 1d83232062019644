"""StatisticsGen: its declaration is TFX's, and execute leaves statistics of every split."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx import data_validation as dv
from minitfx.channel import Channel
from minitfx.components.statistics_gen import StatisticsGen
from minitfx.errors import ParameterError
from minitfx.types import Examples, ExampleStatistics, Schema


@pytest.fixture
def examples(tmp_path):
    artifact = Examples(tmp_path / "examples")
    artifact.splits, artifact.span = ["train", "eval"], 7
    for split, fares in (("train", [1.0, 2.0, 6.0]), ("eval", [4.0])):
        artifact.split_path(split).mkdir(parents=True)
        table = pa.table({"fare": fares, "zone": list(range(len(fares)))})
        pq.write_table(table, artifact.split_path(split) / "data-00000-of-00001.parquet")
    return artifact


def run(tmp_path, examples, schema=None, stats_options=None, exclude_splits=None):
    statistics = ExampleStatistics(tmp_path / "statistics")
    StatisticsGen.execute(examples, schema, stats_options, exclude_splits, statistics)
    return statistics


def loaded(statistics, split):
    return dv.load_stats_binary(statistics.split_path(split) / "FeatureStats.pb").datasets[0]


def test_keywords_and_outputs_are_those_of_tfx():
    node = StatisticsGen(examples=Channel(Examples))
    assert list(node.inputs) == ["examples"]
    assert list(node.exec_properties) == ["stats_options", "exclude_splits"]
    assert list(node.outputs) == ["statistics"]


def test_writes_statistics_of_every_split(tmp_path, examples):
    statistics = run(tmp_path, examples)
    assert (statistics.splits, statistics.span) == (["train", "eval"], 7)
    assert loaded(statistics, "train").features[0].num_stats.mean == 3.0
    assert loaded(statistics, "eval").num_examples == 1


def test_writes_a_table_that_sql_can_read(tmp_path, examples):
    statistics = run(tmp_path, examples)
    table = pq.read_table(statistics.split_path("train") / "statistics.parquet")
    rows = {(r["feature"], r["statistic"]): r["value"] for r in table.to_pylist()}
    assert rows["fare", "median"] == 2.0
    assert set(table.column("split").to_pylist()) == {"train"}


def test_leaves_out_excluded_splits(tmp_path, examples):
    statistics = run(tmp_path, examples, exclude_splits=["eval"])
    assert statistics.splits == ["train"]
    assert not statistics.split_path("eval").exists()


def test_refuses_to_leave_out_all_splits_or_unknown_ones(tmp_path, examples):
    with pytest.raises(ParameterError, match="no split is left"):
        run(tmp_path, examples, exclude_splits=["train", "eval"])
    with pytest.raises(ParameterError, match="Did you mean 'eval'"):
        run(tmp_path, examples, exclude_splits=["evil"])


def test_a_schema_makes_integers_categorical(tmp_path, examples):
    schema = Schema(tmp_path / "schema")
    zone = schema_pb2.Feature(name="zone", type=schema_pb2.INT)
    zone.int_domain.is_categorical = True
    dv.write_schema_text(schema_pb2.Schema(feature=[zone]), schema.path / "schema.pbtxt")
    statistics = run(tmp_path, examples, schema=schema)
    assert loaded(statistics, "train").features[1].string_stats.unique == 3


def test_refuses_a_schema_given_twice():
    options = dv.StatsOptions(schema=schema_pb2.Schema())
    with pytest.raises(ParameterError, match="at most one"):
        StatisticsGen(examples=Channel(Examples), schema=Channel(Schema), stats_options=options)


def test_equal_examples_give_equal_bytes(tmp_path, examples):
    one, two = (run(tmp_path / name, examples) for name in ("one", "two"))
    for file in ("FeatureStats.pb", "statistics.parquet"):
        files = [each.split_path("train") / file for each in (one, two)]
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("name", ["statistics_gen", "schema_gen", "example_validator"])
def test_declaring_loads_no_library(name):
    code = (
        f"import sys, minitfx.components.{name}; "
        "print([m for m in ('pandas', 'numpy', 'pyarrow', 'sklearn', 'duckdb', "
        "'tensorflow_metadata') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_vocabulary_counts_by_its_content(tmp_path):
    file, copy = tmp_path / "words.txt", tmp_path / "copy.txt"
    file.write_text("a\nb\n")
    copy.write_text("a\nb\n")

    def ingredients(path):
        options = dv.StatsOptions(vocab_paths={"words": str(path)}, num_top_values=7)
        found = StatisticsGen.resolve({}, {"stats_options": options}).ingredients
        assert '"num_top_values": 7' in found["stats_options"]
        return found

    before = ingredients(file)
    assert ingredients(copy) == before
    file.write_text("a\nc\n")
    assert ingredients(file) != before


def test_a_schema_for_options_may_come_from_another_node(tmp_path, examples):
    options = dv.StatsOptions(infer_type_from_schema=True)
    node = StatisticsGen(examples=Channel(Examples), schema=Channel(Schema), stats_options=options)
    assert node.exec_properties["stats_options"] == options
