"""SchemaGen: its declaration is TFX's, and the schema fits every split."""

import pyarrow as pa
import pytest

from minitfx import data_validation as dv
from minitfx.channel import Channel
from minitfx.components.schema_gen import SchemaGen
from minitfx.errors import ParameterError
from minitfx.types import ExampleStatistics, Schema


@pytest.fixture
def statistics(tmp_path):
    artifact = ExampleStatistics(tmp_path / "statistics")
    artifact.splits = ["train", "eval"]
    for split, paid in (("train", ["cash", "card"]), ("eval", ["coin", None])):
        found = dv.generate_statistics(pa.table({"paid": paid}))
        dv.write_stats_binary(found, artifact.split_path(split) / "FeatureStats.pb")
    return artifact


def run(tmp_path, statistics, infer_feature_shape=True, exclude_splits=None):
    schema = Schema(tmp_path / "schema")
    SchemaGen.execute(statistics, infer_feature_shape, exclude_splits, schema)
    return dv.load_schema_text(schema.path / "schema.pbtxt")


def test_keywords_and_outputs_are_those_of_tfx():
    node = SchemaGen(statistics=Channel(ExampleStatistics))
    assert list(node.exec_properties) == ["infer_feature_shape", "exclude_splits"]
    assert list(node.outputs) == ["schema"]


def test_every_further_split_widens_the_schema(tmp_path, statistics):
    schema = run(tmp_path, statistics)
    assert list(schema.string_domain[0].value) == ["card", "cash", "coin"]
    assert schema.feature[0].presence.min_fraction == 0.5
    for split in statistics.splits:
        seen = dv.load_stats_binary(statistics.split_path(split) / "FeatureStats.pb")
        assert dv.is_clean(dv.validate_statistics(seen, schema))


def test_an_excluded_split_does_not_widen_it(tmp_path, statistics):
    schema = run(tmp_path, statistics, exclude_splits=["eval"])
    assert list(schema.string_domain[0].value) == ["card", "cash"]


def test_shapes_are_inferred_only_if_wanted(tmp_path, statistics):
    wanted = run(tmp_path / "a", statistics, exclude_splits=["eval"])
    unwanted = run(tmp_path / "b", statistics, infer_feature_shape=False, exclude_splits=["eval"])
    assert wanted.feature[0].HasField("shape") and not unwanted.feature[0].HasField("shape")
    assert unwanted.feature[0].value_count.max == 1


def test_refuses_to_leave_out_all_splits(tmp_path, statistics):
    with pytest.raises(ParameterError, match="no split is left"):
        run(tmp_path, statistics, exclude_splits=["train", "eval"])
