"""Rows that do not fit a schema are found, each with its reasons; the others are not."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation import (
    StatsOptions,
    generate_statistics,
    generate_statistics_from_csv,
    infer_schema,
    load_stats_binary,
    validate_examples,
    validate_examples_in_csv,
    validate_examples_in_tfrecord,
    validate_instance,
)
from minitfx.data_validation.anomalous_rows import AnomalySlicer
from minitfx.data_validation.feature_checks import Surroundings
from minitfx.errors import ParameterError


@pytest.fixture(scope="module")
def schema():
    table = pa.table(
        {"paid": ["cash", "card"] * 50, "hour": list(range(100)), "tags": [["a"]] * 100}
    )
    schema = infer_schema(generate_statistics(table))
    schema.feature[1].int_domain.min = 0
    schema.feature[1].int_domain.max = 99
    schema.feature[0].distribution_constraints.min_domain_mass = 0.5
    return schema


ROWS = pa.table(
    {
        "paid": ["cash", "coin", None, "card", "gold"],
        "hour": [5, -1, 100, None, 7],
        "tags": [["a"], ["a", "b"], [], None, ["c"]],
    }
)


def problems(schema, table):
    found = AnomalySlicer(schema, Surroundings()).problems(table)
    return {(str(path), kind): rows.tolist() for (path, kind), rows in found.items()}


def test_each_row_is_found_with_its_reasons(schema):
    assert problems(schema, ROWS) == {
        ("paid", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"): [1, 4],
        ("hour", "INT_TYPE_SMALL_INT"): [1],
        ("hour", "INT_TYPE_BIG_INT"): [2],
        ("tags", "INVALID_FEATURE_SHAPE"): [1, 2],
        ("tags", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"): [1, 4],
    }


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "paid": st.none() | st.sampled_from(["cash", "card", "coin", "gold"]),
                "hour": st.none() | st.integers(-3, 102),
                "tags": st.none() | st.lists(st.sampled_from("abc"), max_size=3),
            }
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=30, deadline=None)
def test_finding_rows_by_halves_equals_checking_each_row(schema, rows):
    table = pa.Table.from_pylist(rows, schema=ROWS.schema)
    expected = {}
    for number in range(table.num_rows):
        row = table.slice(number, 1)
        found = validate_instance(row, StatsOptions(schema=schema))
        for name, info in found.anomaly_info.items():
            for reason in info.reason:
                kind = type(info).Type.Name(reason.type)
                expected.setdefault((name, kind), []).append(number)
    assert problems(schema, table) == expected


def test_statistics_and_samples_are_by_anomaly(schema):
    options = StatsOptions(schema=schema)
    statistics, samples = validate_examples(ROWS, options, num_sampled_examples=1)
    sizes = {dataset.name: dataset.num_examples for dataset in statistics.datasets}
    assert sizes == {
        "hour_INT_TYPE_BIG_INT": 1,
        "hour_INT_TYPE_SMALL_INT": 1,
        "paid_ENUM_TYPE_UNEXPECTED_STRING_VALUES": 2,
        "tags_ENUM_TYPE_UNEXPECTED_STRING_VALUES": 2,
        "tags_INVALID_FEATURE_SHAPE": 2,
    }
    assert samples["paid_ENUM_TYPE_UNEXPECTED_STRING_VALUES"]["paid"].tolist() == ["coin"]


def test_columns_that_are_missing_or_new_concern_every_row(schema):
    table = ROWS.drop_columns(["hour"]).append_column("tip", pa.nulls(5))
    found = problems(schema, table)
    assert found["hour", "SCHEMA_MISSING_COLUMN"] == found["tip", "SCHEMA_NEW_COLUMN"]
    assert found["tip", "SCHEMA_NEW_COLUMN"] == [0, 1, 2, 3, 4]


def test_rows_of_every_chunk_are_found(tmp_path, schema):
    hours = [number % 100 for number in range(5000)]
    hours[3], hours[4999] = -1, 100
    table = pa.table({"paid": ["cash"] * 5000, "hour": hours, "tags": [["a"]] * 5000})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=1000)
    options = StatsOptions(schema=schema)
    statistics, samples = validate_examples(tmp_path, options, num_sampled_examples=5)
    assert [dataset.num_examples for dataset in statistics.datasets] == [1, 1]
    assert samples["hour_INT_TYPE_BIG_INT"]["hour"].tolist() == [100]


def test_clean_rows_give_nothing(schema):
    assert not validate_examples(ROWS.slice(0, 1), StatsOptions(schema=schema)).datasets


@pytest.fixture(scope="module")
def without_torgersen(golden_path):
    statistics = generate_statistics_from_csv(golden_path("data/palmer_penguins_empty.csv"))
    schema = infer_schema(statistics)
    schema.string_domain[1].value.remove("Torgersen")
    return StatsOptions(schema=schema)


def test_csv_files_are_checked_too(tmp_path, golden_path, without_torgersen):
    path, out = golden_path("data/palmer_penguins_empty.csv"), tmp_path / "found.pb"
    (dataset,) = validate_examples_in_csv(path, without_torgersen, output_path=out).datasets
    assert dataset.name == "island_ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    assert dataset.num_examples == 52
    assert load_stats_binary(out).datasets[0] == dataset


def test_tfrecord_files_are_checked_too(golden_path, without_torgersen):
    pytest.importorskip("crc32c")
    records = golden_path("interop/penguins-00000-of-00001.gz")
    (dataset,) = validate_examples_in_tfrecord(records, without_torgersen).datasets
    assert dataset.num_examples == 52


def test_an_instance_keeps_only_what_one_row_can_say():
    table = pa.table({"paid": ["cash", "card"], "hour": [1, 2]})
    schema = infer_schema(generate_statistics(table))
    schema.feature[0].presence.min_count = 5
    schema.feature[1].drift_comparator.infinity_norm.threshold = 0.0
    assert not validate_instance(table.slice(0, 1), StatsOptions(schema=schema)).anomaly_info


def test_checking_rows_needs_a_schema():
    for check in (validate_instance, validate_examples):
        with pytest.raises(ParameterError, match="needs a schema"):
            check(ROWS, StatsOptions())
    with pytest.raises(ValueError, match="default_environment"):
        validate_examples(ROWS, StatsOptions(schema=schema_pb2.Schema()), environment="SERVING")
