"""Mutual information against closed forms, counting, and scikit-learn's estimators."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import text_format
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.metrics import mutual_info_score
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx import ambient
from minitfx.data_validation import (
    FeaturePath,
    MutualInformation,
    NonStreamingCustomStatsGenerator,
    SkLearnMutualInformation,
    StatsOptions,
    generate_statistics,
)
from minitfx.data_validation.information import (
    adjusted_mutual_information,
    label_columns,
    mutual_information,
    numeric_columns,
)
from minitfx.errors import ColumnError, ParameterError, SchemaError

RNG = np.random.default_rng(7)
ROWS = 3000
X = RNG.normal(size=ROWS)
Y = 0.8 * X + 0.6 * RNG.normal(size=ROWS)
CODES = RNG.integers(0, 4, ROWS)
BITS = np.log(2)


def numbers(*columns):
    return numeric_columns(np.column_stack(columns))


def labels(*columns):
    return label_columns(np.column_stack(columns))


def test_labels_are_counted():
    other = np.where(RNG.random(ROWS) < 0.5, CODES, RNG.integers(0, 3, ROWS))
    expected = mutual_info_score(CODES, other) / BITS
    assert mutual_information(labels(CODES), labels(other)) == pytest.approx(expected, rel=1e-12)
    pairs = mutual_info_score(CODES, other * 10 + CODES) / BITS
    assert mutual_information(labels(CODES), labels(other, CODES)) == pytest.approx(
        pairs, rel=1e-12
    )


def test_numbers_equal_those_of_scikit_learn_and_the_closed_form():
    (expected,) = mutual_info_regression(X[:, None], Y, random_state=0) / BITS
    found = mutual_information(numbers(X), numbers(Y), method="smaller_data")
    assert found == pytest.approx(expected, rel=1e-6)
    # Of two normal variables with correlation 0.8: -log2(1 - 0.64) / 2.
    exact = -np.log2(1 - 0.8**2) / 2
    assert mutual_information(numbers(X), numbers(Y)) == pytest.approx(exact, abs=0.04)


@pytest.mark.parametrize("method", ["smaller_data", "larger_data"])
def test_numbers_with_labels_equal_those_of_scikit_learn(method):
    (expected,) = mutual_info_classif((X + CODES)[:, None], CODES, random_state=0) / BITS
    found = mutual_information(numbers(X + CODES), labels(CODES), method=method)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("method", ["smaller_data", "larger_data"])
def test_several_columns_tell_what_they_tell_together(method):
    other = RNG.normal(size=ROWS)
    noisy = X + other + RNG.normal(size=ROWS)
    # The sum has variance 3, of which 1 is noise.
    found = mutual_information(numbers(X, other), numbers(noisy), method=method)
    assert found == pytest.approx(np.log2(3) / 2, abs=0.06)


def test_numbers_and_labels_on_one_side():
    both = numeric_columns(X[:, None])
    both = type(both)(both.numbers, CODES[:, None])
    # The label tells log2(4) of itself; the numbers add nothing.
    assert mutual_information(both, labels(CODES)) == pytest.approx(2, abs=0.1)


def test_what_is_missing_or_infinite_is_a_value_of_its_own():
    gaps = np.choose(CODES, [np.nan, np.inf, -np.inf, 0.0])
    assert mutual_information(numbers(gaps), labels(CODES)) == pytest.approx(2, abs=0.02)
    assert mutual_information(labels(CODES), numbers(gaps)) == pytest.approx(2, abs=0.02)


def test_chance_is_taken_off_where_values_are_many():
    many = RNG.integers(0, 1000, ROWS)
    assert mutual_information(labels(many), labels(CODES)) > 0.5
    assert adjusted_mutual_information(labels(many), labels(CODES)) < 0.05
    assert adjusted_mutual_information(numbers(X), numbers(Y)) > 0.6


SCHEMA = text_format.Parse(
    """
    feature { name: "label" type: BYTES value_count { max: 1 } }
    feature { name: "copy" type: BYTES value_count { max: 1 } }
    feature { name: "x" type: FLOAT value_count { max: 1 } }
    feature { name: "noise" type: FLOAT value_count { max: 1 } }
    feature { name: "key" type: BYTES value_count { max: 1 } }
    feature { name: "empty" type: INT value_count { max: 1 } }
    feature { name: "tags" type: BYTES }
    feature { name: "parts" type: INT }
    """,
    schema_pb2.Schema(),
)
NAMES = np.array(["n", "e", "s", "w"])[CODES]
TABLE = pa.table(
    {
        "label": NAMES,
        "copy": pa.array([None if code == 3 else f"c{code}" for code in CODES]),
        "x": pa.array(
            [None if code == 0 else x + 9 * code for x, code in zip(X, CODES, strict=True)]
        ),
        "noise": RNG.normal(size=ROWS),
        "key": [f"k{number}" for number in range(ROWS)],
        "empty": pa.nulls(ROWS, pa.int64()),
        "tags": [["a", "b", f"t{code}"][code % 2 :] for code in CODES],
        "parts": [[int(code)] * 2 + [7] for code in CODES],
        "struct": [{"a": 1}] * ROWS,
    }
)


def computed(statistic, table=TABLE, partitions=1, least=1, most=10_000, **options):
    generator = NonStreamingCustomStatsGenerator(statistic, partitions, least, 1, most)
    options = StatsOptions(generators=[generator], **options)
    statistics = generate_statistics(table, options)
    return {
        each.path.step[0]: {custom.name: custom.num for custom in each.custom_stats}
        for each in statistics.datasets[0].features
        if each.custom_stats
    }


def test_each_column_tells_of_the_label():
    found = computed(MutualInformation("label", SCHEMA, max_encoding_length=8))
    mean = {name: each["mean_adjusted_mutual_information"] for name, each in found.items()}
    entropy = mutual_info_score(CODES, CODES) / BITS
    for name in ("copy", "x", "tags", "parts"):
        assert mean[name] == pytest.approx(entropy, abs=0.05), name
    assert mean["noise"] < 0.05
    assert (mean["key"], mean["empty"]) == (0, 0)
    assert set(mean) == set(TABLE.column_names) - {"label", "struct"}


def test_values_can_be_shares_of_what_the_label_tells_of_itself():
    statistic = MutualInformation(
        FeaturePath(["label"]), SCHEMA, normalize_by_max=True, features_to_ignore={"tags", "parts"}
    )
    found = computed(statistic)
    assert found["copy"]["max_adjusted_mutual_information"] == pytest.approx(1, abs=1e-9)
    assert "tags" not in found


def test_sets_stand_for_a_schema_and_text_is_always_categorical():
    statistic = MutualInformation(
        "label", multivalent_features=set(), categorical_features=set(), custom_stats_key="bits"
    )
    found = computed(statistic, TABLE.select(["label", "copy"]))
    assert found["copy"]["min_bits"] == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("label", ["key", "empty"])
def test_of_a_label_that_says_nothing_every_column_tells_nothing(label):
    table = TABLE.select(["x", "copy", label])
    for found in computed(MutualInformation(label, SCHEMA), table).values():
        assert found["max_adjusted_mutual_information"] == 0


@pytest.mark.parametrize("label", ["label", "noise"])
def test_scikit_learns_numbers_are_those_of_scikit_learn(label):
    table = TABLE.select(["x", "noise", "label"])
    table = table.set_column(0, "x", pa.array(X + 9 * CODES))
    found = computed(SkLearnMutualInformation(label, SCHEMA, seed=3), table)
    (other,) = {"noise", "label"} - {label}
    columns = {"x": X + 9 * CODES, "noise": TABLE["noise"].to_numpy(), "label": CODES}
    estimate = mutual_info_classif if label == "label" else mutual_info_regression
    expected = estimate(
        np.column_stack([columns["x"], columns[other]]),
        columns[label],
        discrete_features=[False, other == "label"],
        random_state=3,
    )
    for name, value in zip(["x", other], expected, strict=True):
        measured = found[name]
        assert measured["mean_sklearn_mutual_information"] == pytest.approx(value, rel=1e-9)
        by_chance = value - measured["mean_sklearn_adjusted_mutual_information"]
        assert 0 <= by_chance < 0.05


def test_scikit_learn_sees_missing_values_and_leaves_lists_out():
    found = computed(SkLearnMutualInformation("label", SCHEMA, seed=3))
    assert set(found) == {"copy", "x", "noise", "key", "empty"}
    # Where x is missing the label is always the same.
    assert found["x"]["mean_sklearn_mutual_information"] == pytest.approx(2 * BITS, abs=0.05)


def test_a_sample_is_the_same_for_any_number_of_workers():
    tables = pa.concat_tables([TABLE.select(["label", "x"])] * 60)  # three blocks
    found = []
    for workers in (1, 2):
        with ambient.surround(workers=workers):
            found.append(computed(MutualInformation("label", SCHEMA), tables, 3, 3, 500))
    assert found[0] == found[1]
    each = found[0]["x"]
    assert each["num_partitions_adjusted_mutual_information"] == 3
    name = "adjusted_mutual_information"
    assert each[f"min_{name}"] <= each[f"median_{name}"] <= each[f"max_{name}"]
    assert each[f"min_{name}"] < each[f"max_{name}"] and each[f"std_dev_{name}"] > 0


def test_small_partitions_give_nothing_or_an_error():
    few = TABLE.slice(0, 2).select(["label", "x"])
    with pytest.raises(ParameterError, match="2 rows; expected 3 or more"):
        computed(MutualInformation("label", SCHEMA), few)
    assert not computed(MutualInformation("label", SCHEMA, allow_invalid_partitions=True), few)


@pytest.mark.parametrize("make", [MutualInformation, SkLearnMutualInformation])
def test_a_label_must_be_in_the_schema_and_the_data(make):
    more = {"seed": 1}
    with pytest.raises(SchemaError, match="lable"):
        make("lable", SCHEMA, **more)
    with pytest.raises(ColumnError, match="no label column label"):
        computed(make("label", SCHEMA, **more), TABLE.select(["x"]))


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(ParameterError, match="no schema"):
        MutualInformation("label", multivalent_features=set())
    with pytest.raises(ParameterError, match="max_encoding_length is 1"):
        MutualInformation("label", SCHEMA, max_encoding_length=1)
    with pytest.raises(ColumnError, match="tags may have several values"):
        computed(SkLearnMutualInformation("tags", SCHEMA, seed=1))
    for wrong in itertools.permutations((0, 1)):
        with pytest.raises(ParameterError, match="is 0; expected 1 or more"):
            NonStreamingCustomStatsGenerator(None, wrong[0], 1, 1, wrong[1])
