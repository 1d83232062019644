"""Statistics of every type and nesting, from any source, the same for any number of workers."""

import datetime
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx import ambient
from minitfx.data_validation import (
    FeaturePath,
    StatsOptions,
    features_of,
    generate_statistics,
    generate_statistics_from_csv,
    generate_statistics_from_dataframe,
    generate_statistics_from_parquet,
    generate_statistics_from_tfrecord,
    load_stats_binary,
)
from minitfx.data_validation.value_counts import BUDGET
from minitfx.dataset.source import MemorySource
from minitfx.errors import ColumnError, DataError, ParameterError, ParameterTypeError
from minitfx.kernels import ProcessEngine

KINDS = {
    "bool": (pa.array([True, None]), "INT"),
    "int8": (pa.array([1], pa.int8()), "INT"),
    "uint64": (pa.array([2**64 - 1], pa.uint64()), "INT"),
    "half": (pa.array([np.float16(1.5)], pa.float16()), "FLOAT"),
    "float": (pa.array([1.5], pa.float32()), "FLOAT"),
    "decimal": (pa.array([Decimal("1.50")]), "FLOAT"),
    "string": (pa.array(["a"]), "STRING"),
    "large string": (pa.array(["a"], pa.large_string()), "STRING"),
    "string view": (pa.array(["a"], pa.string_view()), "STRING"),
    "binary": (pa.array([b"a"]), "STRING"),
    "fixed binary": (pa.array([b"a"], pa.binary(1)), "STRING"),
    "dictionary": (pa.array(["a", None, "b"]).dictionary_encode(), "STRING"),
    "dictionary of integers": (pa.array([1, 2]).dictionary_encode(), "INT"),
    "date": (pa.array([datetime.date(2024, 2, 29)]), "INT"),
    "timestamp": (pa.array([datetime.datetime(2024, 2, 29, 12)]), "INT"),
    "time": (pa.array([datetime.time(12)]), "STRING"),
    "duration": (pa.array([datetime.timedelta(1)]), "STRING"),
    "null": (pa.nulls(2), "STRING"),
    "list": (pa.array([[1, 2]]), "INT"),
    "fixed list": (pa.array([[1, 2]], pa.list_(pa.int64(), 2)), "INT"),
    "list of lists": (pa.array([[["a"], []]]), "STRING"),
    "struct": (pa.array([{"a": 1}]), "STRUCT"),
    "map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "STRUCT"),
}


def features(table, **options):
    dataset = generate_statistics(table, StatsOptions(**options)).datasets[0]
    return {FeaturePath(each.path.step).serialized: each for each in dataset.features}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_arrow_type_is_a_feature(name):
    column, kind = KINDS[name]
    for chunks in ([column], [column, column]):
        feature = features(pa.table({"x": pa.chunked_array(chunks)}))["x"]
        assert type(feature).Type.Name(feature.type) == kind


def test_a_type_of_which_nothing_can_be_said_is_named():
    table = pa.table({"x": [1], "y": pa.array([None], pa.month_day_nano_interval())})
    with pytest.raises(ColumnError, match="no statistics can be made of column y"):
        generate_statistics(table)
    assert list(features(pa.table({"x": [1]}), feature_allowlist=["x"])) == ["x"]


@pytest.mark.parametrize(
    ("kind", "unit", "numbers"),
    [
        (pa.date32(), "days", [-1, 0, 18_321]),
        (pa.timestamp("s"), "microseconds", [-1_000_000, 0, 18_321_000_000]),
        (pa.timestamp("ms", "Asia/Tokyo"), "microseconds", [-1_000, 0, 18_321_000]),
        (pa.timestamp("us"), "microseconds", [-1, 0, 18_321]),
    ],
)
def test_dates_and_timestamps_are_the_integers_that_they_count(kind, unit, numbers):
    column = pa.array([-1, None, 0, 18_321], pa.int32() if unit == "days" else pa.int64())
    found = features(
        pa.table({"x": column.cast(kind), "l": [[each] for each in column.cast(kind)]})
    )
    expected = features(pa.table({"x": pa.array([numbers[0], None, *numbers[1:]])}))["x"]
    assert found["x"].num_stats == expected.num_stats
    assert found["l"].num_stats.max == numbers[2]
    (custom,) = found["x"].custom_stats
    assert (custom.name, custom.str) == ("time_unit", unit)


def test_a_categorical_date_is_counted_as_its_number_of_days():
    schema = schema_pb2.Schema()
    schema.feature.add(name="x", type=schema_pb2.INT).int_domain.is_categorical = True
    top = features(pa.table({"x": KINDS["date"][0]}), schema=schema)["x"].string_stats.top_values
    assert [each.value for each in top] == ["19782"]  # 54 years, 13 of them leap years, and 59 days


def test_a_timestamp_beyond_64_bits_is_an_error():
    with pytest.raises(DataError, match="timestamp is not within"):
        features(pa.table({"x": pa.array([2**62], pa.timestamp("s"))}))


def test_lists_have_counts_of_values_and_of_rows():
    common = features(pa.table({"x": [[1, 2], None, [], [3, None, 4]]}))["x"].num_stats.common_stats
    assert (common.num_non_missing, common.num_missing) == (3, 1)
    assert (common.min_num_values, common.max_num_values, common.tot_num_values) == (0, 3, 5)
    assert common.avg_num_values == pytest.approx(5 / 3)
    buckets = common.num_values_histogram.buckets
    # Lengths 0, 2, 3: edges r = 0 … 10 are the first length with more than 3r / 10 rows up to it.
    assert [b.low_value for b in buckets] == [0] * 4 + [2] * 3 + [3] * 3
    assert [b.high_value for b in buckets] == [0] * 3 + [2] * 3 + [3] * 4
    # Buckets that end at one length share its row.
    assert [b.sample_count for b in buckets] == pytest.approx([1 / 3] * 6 + [1 / 4] * 4)


def test_each_nest_level_has_its_own_presence():
    feature = features(pa.table({"x": [[["a"], ["b", "c"]], None, [], [["d"], None]]}))["x"]
    levels = feature.string_stats.common_stats.presence_and_valency_stats
    assert [(level.num_non_missing, level.num_missing) for level in levels] == [(3, 1), (3, 1)]
    assert [(level.min_num_values, level.max_num_values) for level in levels] == [(0, 2), (1, 2)]
    assert [level.tot_num_values for level in levels] == [4, 4]
    names = [custom.name for custom in feature.custom_stats]
    assert names == ["level_2_value_list_length_quantiles", "level_2_value_list_length_standard"]


def test_fields_of_structs_count_the_values_of_their_parent():
    rows = [{"trip": [{"fare": 1.0}, {"fare": None}]}, {"trip": None}, {"trip": [{"fare": 3.0}]}]
    found = features(pa.Table.from_pylist(rows))
    assert list(found) == ["trip", "trip.fare"]
    struct = found["trip"].struct_stats.common_stats
    assert (struct.num_non_missing, struct.num_missing, struct.tot_num_values) == (2, 1, 3)
    fare = found["trip.fare"].num_stats
    assert (fare.common_stats.num_non_missing, fare.common_stats.num_missing) == (2, 1)
    assert fare.mean == 2.0


def test_categorical_integers_are_counted_like_strings():
    schema = schema_pb2.Schema()
    schema.feature.add(name="x", type=schema_pb2.INT).int_domain.is_categorical = True
    feature = features(pa.table({"x": [10, 9, 10, None]}), schema=schema)["x"]
    assert feature.type == feature.INT
    top = [(each.value, each.frequency) for each in feature.string_stats.top_values]
    assert top == [("10", 2.0), ("9", 1.0)]
    assert feature.string_stats.avg_length == pytest.approx(5 / 3)


def test_what_is_not_utf8_is_counted_and_shown_as_a_placeholder():
    strings = features(pa.table({"x": pa.array([b"\xff", b"\xff", b"ok", b"\xc3\xa9"])}))[
        "x"
    ].string_stats
    assert (strings.invalid_utf8_count, strings.unique) == (2, 3)
    assert [top.value for top in strings.top_values] == ["__BYTES_VALUE__", "é", "ok"]


def test_thresholds_and_numbers_of_values_are_options():
    table = pa.table({"x": ["a"] * 3 + ["b"] * 2 + ["c"]})
    strings = features(table, frequency_threshold=2, num_top_values=1)["x"].string_stats
    assert [top.value for top in strings.top_values] == ["a"]
    assert [bucket.label for bucket in strings.rank_histogram.buckets] == ["a", "b"]
    assert strings.unique == 3


def test_only_allowed_features_are_computed():
    table = pa.table({"x": [1], "y": [{"a": 1, "b": 2}]})
    allowed = ["x", FeaturePath(["y", "b"])]
    assert list(features(table, feature_allowlist=allowed)) == ["x", "y.b"]
    with pytest.raises(ColumnError, match="Did you mean 'x'"):
        features(table, feature_allowlist=["xx"])


BIG = pa.table(
    {
        "f": np.random.default_rng(0).normal(size=300_000).tolist(),
        "i": np.random.default_rng(1).integers(0, 10**6, 300_000).tolist(),
        "s": [f"v{number % 7919}" for number in range(300_000)],
        "w": np.random.default_rng(2).random(300_000).tolist(),
    }
)


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    path = tmp_path_factory.mktemp("big") / "big.parquet"
    pq.write_table(BIG, path, row_group_size=65_536)
    return path


@pytest.mark.parametrize("options", [{}, {"weight_feature": "w"}, {"sample_rate": 0.1}])
def test_the_number_of_workers_does_not_change_a_bit(big, options):
    found = []
    for settings_ in ({"workers": 1}, {"workers": 2}):
        with ambient.surround(**settings_):
            statistics = generate_statistics(big, StatsOptions(**options))
        found.append(statistics.SerializeToString(deterministic=True))
    assert found[0] == found[1]


def test_processes_give_the_same_bits_as_threads(big):
    alone = generate_statistics(big)
    with ambient.surround(engine=ProcessEngine(2)):
        together = generate_statistics(big)
    assert alone.SerializeToString(deterministic=True) == together.SerializeToString(
        deterministic=True
    )


def test_shards_give_what_one_file_gives(tmp_path, big):
    for number, start in enumerate(range(0, 300_000, 70_000)):
        shard = BIG.slice(start, 70_000)
        pq.write_table(shard, tmp_path / f"data-{number}.parquet", row_group_size=20_000)
    one, many = generate_statistics(big), generate_statistics_from_parquet(tmp_path)
    for statistics in (one, many):
        for feature in statistics.datasets[0].features:
            numbers = feature.num_stats
            for name in ("mean", "std_dev"):
                setattr(numbers, name, float(f"{getattr(numbers, name):.12g}"))
    assert one == many


def test_a_sample_is_about_its_share_and_always_the_same(big):
    one = generate_statistics(big, StatsOptions(sample_rate=0.1))
    assert one.datasets[0].num_examples == pytest.approx(30_000, rel=0.03)
    assert one == generate_statistics(big, StatsOptions(sample_rate=0.1))
    counts = {
        feature.num_stats.common_stats.num_non_missing for feature in one.datasets[0].features
    }
    assert len(counts - {0}) == 1


def test_more_strings_than_the_budget_are_counted_exactly(tmp_path):
    rows = 300_000
    long = pa.table({"x": [f"{number:0200d}" for number in range(rows)]})
    assert long.nbytes > BUDGET
    found = features(pa.concat_tables([long, long.slice(0, 1)]))["x"].string_stats
    assert (found.unique, found.avg_length) == (rows, 200)
    top = [(each.value, each.frequency) for each in found.top_values[:2]]
    assert top == [(f"{0:0200d}", 2.0), (f"{rows - 1:0200d}", 1.0)]


def test_frames_have_missing_values_for_nan_and_none():
    frame = pd.DataFrame({"f": [1.0, float("nan")], "s": ["a", None], "b": [True, False]})
    dataset = generate_statistics_from_dataframe(frame).datasets[0]
    missing = [f.num_stats.common_stats.num_missing for f in dataset.features]
    assert missing[0] == 1 and dataset.features[0].num_stats.histograms[0].num_nan == 0
    assert dataset.features[1].string_stats.common_stats.num_missing == 1


def test_what_no_column_can_be_made_of_is_named():
    mixed = pd.DataFrame({"ok": [1, 2], "way": pd.Series([1, "card"], dtype=object)})
    with pytest.raises(ColumnError, match=r"column 'way' .*one type each"):
        generate_statistics_from_dataframe(mixed)
    with pytest.raises(ColumnError, match="column 'wave'"):
        generate_statistics_from_dataframe(pd.DataFrame({"wave": [1j]}))
    with pytest.raises(ParameterTypeError, match="got list; expected a data frame"):
        generate_statistics_from_dataframe([1, 2])
    twice = pa.Table.from_arrays([pa.array([1]), pa.array(["x"])], ["a", "a"])
    with pytest.raises(ColumnError, match="several columns 'a'"):
        generate_statistics(twice)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
@example([5e-324, -5e-324, 1.7e308, -1.7e308])
@settings(max_examples=100, deadline=None)
def test_histograms_hold_every_value_whatever_its_size(values):
    found = features(pa.table({"x": values}))["x"].num_stats
    for histogram in found.histograms:
        counts = [bucket.sample_count for bucket in histogram.buckets]
        assert min(counts) >= 0
        assert sum(counts) == pytest.approx(len(values))


def test_any_arrow_stream_is_a_source():
    reader = pa.RecordBatchReader.from_batches(BIG.schema, BIG.slice(0, 10).to_batches())
    assert generate_statistics(reader).datasets[0].num_examples == 10
    assert generate_statistics(MemorySource(BIG.slice(0, 5))).datasets[0].num_examples == 5
    with pytest.raises(DataError, match="cannot read a table"):
        generate_statistics(3)


def test_an_empty_table_has_features_without_values():
    dataset = generate_statistics(pa.table({"x": pa.array([], pa.int64())})).datasets[0]
    assert dataset.num_examples == 0 and dataset.features[0].type == 0
    assert generate_statistics(pa.table({})).datasets[0].num_examples == 0


def test_csv_columns_can_have_the_types_of_a_schema(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("zip,fare,extra\n00123,1,x\n456,2,y\n")
    schema = schema_pb2.Schema()
    schema.feature.add(name="zip", type=schema_pb2.BYTES)
    schema.feature.add(name="fare", type=schema_pb2.FLOAT)
    options = StatsOptions(schema=schema, infer_type_from_schema=True)
    out = tmp_path / "stats.pb"
    dataset = generate_statistics_from_csv(path, output_path=out, stats_options=options).datasets[0]
    types = {f.path.step[0]: type(f).Type.Name(f.type) for f in dataset.features}
    assert types == {"zip": "STRING", "fare": "FLOAT"}
    assert dataset.features[0].string_stats.top_values[0].value == "456"
    assert load_stats_binary(out).datasets[0] == dataset
    schema.feature[0].type = schema_pb2.INT
    schema.feature[1].type = schema_pb2.INT
    path.write_text("zip,fare\n1,1.5\n")
    with pytest.raises(DataError, match="column 'fare' holds FLOAT values; the schema expects INT"):
        generate_statistics_from_csv(path, stats_options=options)


def test_csv_is_read_with_tfdvs_arguments_and_more(tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "stats.pb"
    path.write_text("1;NA\n2;café\n", "latin-1")
    found = generate_statistics_from_csv(
        str(path), ["x", "y"], ";", str(out), encoding="latin-1", null_values=["NA"]
    )
    x, y = found.datasets[0].features
    assert (x.path.step[0], x.num_stats.mean) == ("x", 1.5)
    assert (y.string_stats.common_stats.num_missing, y.string_stats.top_values[0].value) == (
        1,
        "café",
    )
    assert load_stats_binary(out) == found


def test_csv_with_another_delimiter_and_a_late_wider_cell(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x;y\n" + "1;a\n" * 5000 + "1.5;b\n")
    dataset = generate_statistics_from_csv(path, delimiter=";").datasets[0]
    assert dataset.features[0].num_stats.max == 1.5
    assert dataset.num_examples == 5001


def test_tfrecord_files_of_examples_are_read(golden_path):
    pytest.importorskip("crc32c")
    records = generate_statistics_from_tfrecord(golden_path("interop/penguins-00000-of-00001.gz"))
    csv = generate_statistics_from_csv(golden_path("data/palmer_penguins_empty.csv"))
    one, two = (
        {f.path.step[0]: f.num_stats.common_stats.num_missing for f in each.datasets[0].features}
        for each in (records, csv)
    )
    assert one == two


@given(st.lists(st.none() | st.floats() | st.integers(-5, 5).map(float), max_size=50))
@settings(max_examples=60, deadline=None)
def test_numbers_equal_numpy(values):
    found = features(pa.table({"x": pa.array(values, pa.float64())}))["x"].num_stats
    there = np.array([value for value in values if value is not None], float)
    numbers = there[~np.isnan(there)]
    assert found.common_stats.num_missing == len(values) - len(there)
    assert found.histograms[0].num_nan == len(there) - len(numbers)
    assert found.num_zeros == int((numbers == 0).sum())
    if len(numbers):
        assert (found.min, found.max) == (numbers.min(), numbers.max())
    if len(numbers) and np.isfinite(numbers).all() and np.abs(numbers).max() < 1e150:
        size = np.abs(numbers).max()
        assert found.mean == pytest.approx(numbers.mean(), rel=1e-9, abs=1e-15 * size)
        assert found.std_dev == pytest.approx(numbers.std(), rel=1e-6, abs=1e-6 * abs(found.mean))


def test_features_come_in_the_order_of_columns_with_their_weights():
    schema = pa.schema({"b": pa.int64(), "a": pa.float64(), "w": pa.float64()})
    options = StatsOptions(weight_feature="w", per_feature_weight_override={"b": "a"})
    found = features_of(schema, options)
    assert [(f.path.serialized, f.weight) for f in found] == [("b", "a"), ("a", "w"), ("w", "w")]


def test_neither_importing_nor_computing_loads_pandas(big):
    code = (
        "import sys, minitfx.data_validation as dv; "
        f"s = dv.generate_statistics({str(big)!r}); dv.validate_statistics(s, dv.infer_schema(s)); "
        "print([m for m in ('pandas', 'duckdb', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_types_of_a_schema_need_a_schema(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")
    with pytest.raises(ParameterError, match="needs a schema"):
        generate_statistics_from_csv(path, stats_options=StatsOptions(infer_type_from_schema=True))


def test_a_text_in_place_of_null_markers_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a\nNA\n")
    with pytest.raises(DataError, match="null_values is the text 'NA'"):
        generate_statistics_from_csv(path, null_values="NA")
