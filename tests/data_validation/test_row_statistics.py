"""Statistics of several columns at once: crosses, composites, lift, and the user's own."""

from itertools import groupby

import numpy as np
import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx import ambient
from minitfx.data_validation import (
    CombinerFeatureStatsGenerator,
    CombinerStatsGenerator,
    CrossFeatureStatsGenerator,
    StatsOptions,
    TransformStatsGenerator,
    generate_statistics,
    validate_statistics,
)
from minitfx.errors import ColumnError, DataError, ParameterError


def dataset_of(table, **options):
    return generate_statistics(table, StatsOptions(**options)).datasets[0]


def custom(dataset, name):
    (feature,) = (each for each in dataset.features if list(each.path.step) == [name])
    return {each.name: each for each in feature.custom_stats}


def test_crosses_equal_numpy_over_rows_where_both_are_there():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=1000) + 1e6, rng.normal(size=1000)
    y = y + 0.5 * (x - 1e6)
    table = pa.table({"y": y, "x": x, "name": ["a"] * 1000})
    table = table.set_column(0, "y", pa.array([None, float("nan"), *y[2:]], pa.float64()))
    (cross,) = dataset_of(table, generators=[CrossFeatureStatsGenerator()]).cross_features
    assert (list(cross.path_x.step), list(cross.path_y.step), cross.count) == (["x"], ["y"], 998)
    expected = np.cov(x[2:], y[2:], bias=True)
    assert cross.num_cross_stats.covariance == pytest.approx(expected[0, 1], rel=1e-6)
    correlation = expected[0, 1] / np.sqrt(expected[0, 0] * expected[1, 1])
    assert cross.num_cross_stats.correlation == pytest.approx(correlation, rel=1e-6)


def test_crosses_take_single_values_only():
    table = pa.table({"x": [[1], [2, 3], [4], []], "y": [1.0, 2.0, 3.0, 4.0]})
    generators = [CrossFeatureStatsGenerator(feature_crosses=[("x", "y")])]
    (cross,) = dataset_of(table, generators=generators).cross_features
    assert cross.count == 2
    # x is 1 and 4, y is 1 and 3: deviations of 1.5 and 1 from their means.
    assert cross.num_cross_stats.covariance == pytest.approx(1.5)


class Longest(CombinerStatsGenerator):
    """The largest number of values of each column, as TFDV's users write generators."""

    def create_accumulator(self):
        return {}

    def add_input(self, accumulator, input_record_batch):
        for name in input_record_batch.schema.names:
            lengths = input_record_batch.column(name).value_lengths().drop_null().to_pylist()
            accumulator[name] = max([accumulator.get(name, 0), *lengths])
        return accumulator

    def merge_accumulators(self, accumulators):
        merged = {}
        for accumulator in accumulators:
            for name, longest in accumulator.items():
                merged[name] = max(merged.get(name, 0), longest)
        return merged

    def extract_output(self, accumulator):
        dataset = statistics_pb2.DatasetFeatureStatistics()
        for name, longest in accumulator.items():
            feature = dataset.features.add()
            feature.path.step.append(name)
            feature.custom_stats.add(name="longest", num=longest)
        return dataset


class Nulls(CombinerFeatureStatsGenerator):
    """The number of missing rows of each feature."""

    def create_accumulator(self):
        return 0

    def add_input(self, accumulator, feature_path, feature_array):
        return accumulator + feature_array.null_count

    def merge_accumulators(self, accumulators):
        return sum(accumulators)

    def extract_output(self, accumulator):
        proto = statistics_pb2.FeatureNameStatistics()
        proto.custom_stats.add(name="nulls", num=accumulator)
        return proto


MANY = pa.table({"x": [1, None] * 100_000, "tags": [["a", "b"], []] * 100_000})


@pytest.mark.parametrize("workers", [1, 2])
def test_your_own_statistics_stand_beside_the_built_in_ones(workers):
    with ambient.surround(workers=workers):
        dataset = dataset_of(MANY, generators=[Longest("longest"), Nulls("nulls")])
    assert dataset.features[0].num_stats.common_stats.num_missing == 100_000
    assert {n: c.num for n, c in custom(dataset, "x").items()} == {"longest": 1, "nulls": 100_000}
    assert {n: c.num for n, c in custom(dataset, "tags").items()} == {"longest": 2, "nulls": 0}


def test_your_own_statistics_alone():
    dataset = dataset_of(MANY, generators=[Nulls("nulls")], add_default_generators=False)
    assert dataset.num_examples == 200_000
    assert [each.WhichOneof("stats") for each in dataset.features] == [None, None]


def longest_run(batches):
    """The longest run of equal values of x, which depends on the order of all rows."""
    values = [row[0] for batch in batches for row in batch.column("x").to_pylist()]
    dataset = statistics_pb2.DatasetFeatureStatistics()
    runs = [len(list(run)) for _, run in groupby(values)]
    feature = dataset.features.add(path={"step": ["x"]})
    feature.custom_stats.add(name="run", num=max(runs))
    feature.custom_stats.add(name="rows", num=len(values))
    return dataset


@pytest.mark.parametrize("workers", [1, 2])
def test_a_function_goes_through_all_rows_of_each_slice_in_order(workers):
    # The run of ones stands in the second and third blocks of 65,536 rows.
    x = [0, 2] * 50_000 + [1] * 60_000 + [0] * 10
    table = pa.table({"x": x, "odd": [place % 2 for place in range(len(x))]})
    options = StatsOptions(
        generators=[TransformStatsGenerator("runs", longest_run)],
        slicing_config={"slicing_specs": [{"feature_keys": ["odd"]}]},
    )
    with ambient.surround(workers=workers):
        datasets = generate_statistics(table, options).datasets
    found = {each.name: {n: c.num for n, c in custom(each, "x").items()} for each in datasets}
    assert found == {
        "All Examples": {"run": 60_000, "rows": 160_010},
        "odd_0": {"run": 50_000, "rows": 80_005},
        "odd_1": {"run": 50_000, "rows": 80_005},
    }


def test_refuses_what_is_no_generator():
    with pytest.raises(ParameterError, match="CombinerStatsGenerator"):
        dataset_of(MANY, generators=[len])


SPARSE = pa.table(
    {
        "value": [[1.0, 2.0], [3.0], None, None, [4.0]],
        "index": [[0, 1], [0, 1, 2], [5], None, None],
    }
)


def sparse_schema():
    schema = schema_pb2.Schema()
    sparse = schema.sparse_feature.add(name="sparse")
    sparse.value_feature.name = "value"
    sparse.index_feature.add(name="index")
    schema.feature.add(name="value", type=schema_pb2.FLOAT)
    schema.feature.add(name="index", type=schema_pb2.INT)
    return schema


def test_a_sparse_feature_counts_missing_columns_and_unequal_lengths():
    found = custom(dataset_of(SPARSE, schema=sparse_schema()), "sparse")
    assert found["missing_value"].num == 1
    histograms = {
        name: [(b.label, b.sample_count) for b in found[name].rank_histogram.buckets]
        for name in ("missing_index", "max_length_diff", "min_length_diff")
    }
    # Lengths of the index minus those of the value: 0, 2, 1, and -1; the empty row is left out.
    assert histograms == {
        "missing_index": [("index", 1)],
        "max_length_diff": [("index", 2)],
        "min_length_diff": [("index", -1)],
    }


def test_a_broken_sparse_feature_is_an_anomaly():
    schema = sparse_schema()
    statistics = generate_statistics(SPARSE, StatsOptions(schema=schema))
    found = validate_statistics(statistics, schema).anomaly_info["sparse"]
    kinds = {type(found).Type.Name(reason.type) for reason in found.reason}
    assert kinds == {
        "SPARSE_FEATURE_MISSING_VALUE",
        "SPARSE_FEATURE_MISSING_INDEX",
        "SPARSE_FEATURE_LENGTH_MISMATCH",
    }


def test_a_weighted_feature_counts_missing_columns_and_unequal_lengths():
    schema = schema_pb2.Schema()
    weighted = schema.weighted_feature.add(name="weighted")
    weighted.feature.step.append("value")
    weighted.weight_feature.step.append("index")
    found = custom(dataset_of(SPARSE, schema=schema), "weighted")
    assert {name: each.num for name, each in found.items()} == {
        "missing_weight": 1,
        "missing_value": 1,
        "min_weight_length_diff": -1,
        "max_weight_length_diff": 2,
    }
    statistics = generate_statistics(SPARSE, StatsOptions(schema=schema))
    found = validate_statistics(statistics, schema).anomaly_info["weighted"]
    kinds = [type(found).Type.Name(reason.type) for reason in found.reason]
    assert kinds == [
        "WEIGHTED_FEATURE_MISSING_VALUE",
        "WEIGHTED_FEATURE_MISSING_WEIGHT",
        "WEIGHTED_FEATURE_LENGTH_MISMATCH",
    ]


def lift_of(table, **options):
    schema = schema_pb2.Schema()
    schema.feature.add(name="paid", type=schema_pb2.BYTES)
    dataset = dataset_of(table, schema=schema, label_feature="tip", **options)
    (cross,) = dataset.cross_features
    return {
        (series.y_string or series.y_int, value.x_string): value.lift
        for series in cross.categorical_cross_stats.lift.lift_series
        for value in series.lift_values
    }


def test_lift_is_the_rate_of_the_label_beside_a_value_over_its_rate():
    table = pa.table({"paid": ["cash", "cash", "card", "card", None], "tip": [0, 0, 1, 0, 1]})
    # Labels: 0 in 3 of 5 rows, 1 in 2 of 5; cash has 0 twice; card has each once.
    assert lift_of(table) == pytest.approx(
        {
            (0, "cash"): 1 / (3 / 5),
            (0, "card"): (1 / 2) / (3 / 5),
            (1, "card"): (1 / 2) / (2 / 5),
            (1, "cash"): 0.0,
        }
    )


def test_lift_by_weight():
    table = pa.table(
        {"paid": ["cash", "card", "card"], "tip": ["no", "yes", "no"], "w": [2.0, 1.0, 1.0]}
    )
    # Weights: no 3 of 4, yes 1 of 4; card 2, half of it yes.
    assert lift_of(table, weight_feature="w") == pytest.approx(
        {
            ("no", "cash"): 1 / (3 / 4),
            ("no", "card"): (1 / 2) / (3 / 4),
            ("yes", "card"): (1 / 2) / (1 / 4),
            ("yes", "cash"): 0.0,
        }
    )


@pytest.mark.parametrize("weight", [-1.0, None, float("nan"), float("inf")])
def test_refuses_weights_that_are_none(weight):
    table = pa.table({"x": [1, 2], "w": pa.array([1.0, weight], pa.float64())})
    with pytest.raises(DataError, match="weight column 'w'"):
        dataset_of(table, weight_feature="w")


def test_refuses_a_weight_column_that_is_not_there():
    with pytest.raises(ColumnError, match="Did you mean 'weight'"):
        dataset_of(pa.table({"weight": [1.0]}), weight_feature="wieght")


def test_some_features_can_have_another_weight():
    table = pa.table({"x": [1.0, 2.0], "y": [1.0, 2.0], "v": [1.0, 3.0], "w": [3.0, 1.0]})
    dataset = dataset_of(table, weight_feature="w", per_feature_weight_override={"y": "v"})
    means = [each.num_stats.weighted_numeric_stats.mean for each in dataset.features[:2]]
    assert means == [(1 * 3 + 2 * 1) / 4, (1 * 1 + 2 * 3) / 4]
    assert dataset.weighted_num_examples == 4.0


def test_a_label_that_is_no_column_is_refused():
    with pytest.raises(ColumnError, match=r"no label column 'tag'. Did you mean 'tags'"):
        dataset_of(MANY, label_feature="tag")
