"""Files: what the real libraries wrote is read, and what is written can be read back."""

import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from minitfx import data_validation as dv
from minitfx.errors import SchemaError, StorageError


@pytest.fixture(scope="module")
def penguins(golden_path):
    return dv.generate_statistics_from_csv(golden_path("data/palmer_penguins_empty.csv"))


def test_reads_the_statistics_that_tfdv_wrote(golden_path, as_golden, differences, penguins):
    real = dv.load_statistics(golden_path("interop/FeatureStats.pb"))
    text = dv.load_statistics(golden_path("interop/penguins.stats.pbtxt"))
    assert as_golden(real.datasets[0]).keys() == as_golden(text.datasets[0]).keys()
    one, two = (as_golden(each.datasets[0]) for each in (penguins, real))
    for dataset in (one, two):
        for feature in dataset["features"].values():
            feature.get("num_stats", {}).pop("histograms", None)
    assert differences(one, two, rel=1e-6) == []


def test_infers_from_their_statistics_the_schema_that_tfdv_wrote(golden_path):
    real = dv.load_statistics(golden_path("interop/FeatureStats.pb"))
    schema = dv.load_schema_text(golden_path("interop/schema.pbtxt"))
    assert dv.infer_schema(real) == schema


def test_reads_the_anomalies_that_tfdv_wrote_and_finds_the_same(golden_path, penguins):
    real = dv.load_anomalies_binary(golden_path("interop/SchemaDiff.pb"))
    text = dv.load_anomalies_text(golden_path("interop/anomalies.pbtxt"))
    assert real.anomaly_info == text.anomaly_info
    found = dv.validate_statistics(penguins, text.baseline)
    assert found.anomaly_info == text.anomaly_info


def test_what_is_written_is_read_back(tmp_path, penguins):
    schema = dv.infer_schema(penguins)
    anomalies = dv.validate_statistics(dv.generate_statistics(pa.table({"x": [1]})), schema)
    for write, load, value in (
        (dv.write_schema_text, dv.load_schema_text, schema),
        (dv.write_stats_text, dv.load_stats_text, penguins),
        (dv.write_stats_binary, dv.load_stats_binary, penguins),
        (dv.write_anomalies_text, dv.load_anomalies_text, anomalies),
        (dv.write_anomalies_binary, dv.load_anomalies_binary, anomalies),
    ):
        write(value, tmp_path / "new" / "file")
        assert load(tmp_path / "new" / "file") == value
    dv.write_stats_binary(penguins, tmp_path / "binary")
    dv.write_stats_text(penguins, tmp_path / "text")
    assert dv.load_statistics(tmp_path / "binary") == dv.load_statistics(tmp_path / "text")


def test_equal_statistics_give_equal_bytes(tmp_path, golden_path, penguins):
    again = dv.generate_statistics_from_csv(golden_path("data/palmer_penguins_empty.csv"))
    for name, value in (("one", penguins), ("two", again)):
        dv.write_stats_binary(value, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_that_is_not_there_is_named(tmp_path):
    for load in (dv.load_schema_text, dv.load_statistics, dv.load_anomalies_binary):
        with pytest.raises(StorageError, match=r"cannot read .*nothing"):
            load(tmp_path / "nothing")


def test_a_broken_file_is_named_with_line_and_column(tmp_path):
    path = tmp_path / "schema.pbtxt"
    path.write_text('feature {\n  name: "a"\n  tipe: INT\n}\n')
    with pytest.raises(SchemaError, match=r"schema\.pbtxt is not a Schema.*3:3"):
        dv.load_schema_text(path)
    for load in (dv.load_statistics, dv.load_stats_binary, dv.load_anomalies_binary):
        with pytest.raises(SchemaError, match=r"schema\.pbtxt"):
            load(path)


def test_other_messages_are_not_written(tmp_path):
    with pytest.raises(TypeError, match="cannot write a Anomalies as a Schema"):
        dv.write_schema_text(anomalies_pb2.Anomalies(), tmp_path / "schema.pbtxt")


def test_tables_hold_every_number_and_every_reason(penguins):
    table = dv.statistics_table(penguins, "train").to_pylist()
    rows = {(row["feature"], row["statistic"]): row["value"] for row in table}
    assert rows["", "num_examples"] == 344
    assert rows["bill_length_mm", "num_missing"] == 2
    assert rows["island", "top_value:Biscoe"] == 168
    schema = dv.infer_schema(penguins)
    narrow = text_format.Parse("dataset_constraints { min_examples_count: 400 }", type(schema)())
    schema.MergeFrom(narrow)
    schema.string_domain[0].value.remove("Gentoo")
    (dataset, species) = dv.anomalies_table(dv.validate_statistics(penguins, schema)).to_pylist()
    assert (dataset["feature"], dataset["type"]) == ("", "DATASET_LOW_NUM_EXAMPLES")
    assert (species["feature"], species["severity"]) == ("species", "ERROR")
    empty = dv.validate_statistics(
        statistics_pb2.DatasetFeatureStatisticsList(
            datasets=[statistics_pb2.DatasetFeatureStatistics()]
        ),
        schema,
    )
    assert dv.anomalies_table(empty).to_pylist()[0]["type"] == "DATA_MISSING"


def test_views_find_parts_by_name(tmp_path, penguins):
    view = dv.DatasetListView(penguins).get_default_slice_or_die()
    assert dv.FeaturePath(["sex"]) in list(view.list_features())
    assert view.get_feature("year").numeric_statistics().min == 2007
    assert view.get_feature("nothing") is None
    assert dv.get_feature_stats(penguins.datasets[0], "year").num_stats.max == 2009
    with pytest.raises(ValueError, match="Did you mean 'year'"):
        dv.get_feature_stats(penguins.datasets[0], "yaer")
    with pytest.raises(ValueError, match="no slice 'x'"):
        dv.get_slice_stats(penguins, "x")


def test_statistics_in_several_files_are_joined(tmp_path, penguins):
    half = len(penguins.datasets[0].features) // 2
    for number, part in enumerate((slice(half), slice(half, None))):
        shard = statistics_pb2.DatasetFeatureStatisticsList()
        shard.CopyFrom(penguins)
        kept = list(penguins.datasets[0].features)[part]
        del shard.datasets[0].features[:]
        shard.datasets[0].features.extend(kept)
        dv.write_stats_binary(shard, tmp_path / f"stats-{number}")
    assert dv.load_sharded_statistics(str(tmp_path / "stats-")).proto() == penguins
    with pytest.raises(StorageError, match="no file begins with"):
        dv.load_sharded_statistics(str(tmp_path / "nothing"))
    with pytest.raises(StorageError, match="no file begins with"):
        dv.load_sharded_statistics(str(tmp_path / "absent" / "stats*"))
