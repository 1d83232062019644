"""Slices equal the statistics of the rows that they hold, and those of the real library."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from minitfx.data_validation import (
    StatsOptions,
    experimental_get_feature_value_slicer,
    generate_statistics,
)
from minitfx.errors import ColumnError, ParameterError

TABLE = pa.table(
    {
        "paid": ["cash", "card", None, "cash", "card", "cash"],
        "hour": [1, 7, 8, 9, 13, 14],
        "tags": [["a", "b", "a"], None, ["a"], [], ["b"], ["c"]],
        "fare": [1.0, 2.0, 3.0, 4.0, None, 6.0],
    }
)


def slices(options, table=TABLE):
    return {each.name: each for each in generate_statistics(table, options).datasets}


def rows_of(dataset):
    return dataset.num_examples


def without_name(dataset):
    dataset.name = ""
    return dataset


def test_every_value_is_a_slice_beside_the_whole():
    slicer = experimental_get_feature_value_slicer({"paid": None})
    found = slices(StatsOptions(slice_functions=[slicer]))
    assert list(found) == ["All Examples", "paid_card", "paid_cash"]
    assert {name: rows_of(each) for name, each in found.items()} == {
        "All Examples": 6,
        "paid_card": 2,
        "paid_cash": 3,
    }


@pytest.mark.parametrize("paid", ["cash", "card"])
def test_a_slice_has_the_statistics_of_its_rows(paid):
    slicer = experimental_get_feature_value_slicer({"paid": None})
    found = slices(StatsOptions(slice_functions=[slicer]))[f"paid_{paid}"]
    rows = TABLE.filter(pc.equal(TABLE.column("paid"), paid))
    assert without_name(found) == generate_statistics(rows).datasets[0]


def test_several_columns_cross_with_names_in_order():
    slicer = experimental_get_feature_value_slicer({"paid": None, "hour": [1, 7, 9]})
    found = slices(StatsOptions(slice_functions=[slicer]))
    assert sorted(found) == [
        "All Examples",
        "hour_1_paid_cash",
        "hour_7_paid_card",
        "hour_9_paid_cash",
    ]


def test_a_row_with_several_values_is_in_several_slices_once():
    slicer = experimental_get_feature_value_slicer({"tags": None})
    found = slices(StatsOptions(slice_functions=[slicer]))
    assert {n: rows_of(d) for n, d in found.items() if n != "All Examples"} == {
        "tags_a": 2,
        "tags_b": 2,
        "tags_c": 1,
    }


def test_a_slicing_config_gives_the_same_slices():
    config = {"slicing_specs": [{"feature_keys": ["paid"]}, {"feature_values": {"hour": "7"}}]}
    found = slices(StatsOptions(slicing_config=config))
    assert sorted(found) == ["All Examples", "hour_7", "paid_card", "paid_cash"]
    options = StatsOptions(slicing_config=config)
    assert StatsOptions.from_json(options.to_json()) == options


def test_sql_slices_by_any_expression():
    query = "SELECT paid, hour // 6 AS quarter FROM example WHERE fare > 1 OR fare IS NULL"
    found = slices(StatsOptions(experimental_slice_sqls=[query]))
    assert {n: rows_of(d) for n, d in found.items() if n != "All Examples"} == {
        "paid_card_quarter_1": 1,
        "paid_card_quarter_2": 1,
        "paid_cash_quarter_1": 1,
        "paid_cash_quarter_2": 1,
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT paid FROM example GROUP BY paid", "plain SELECT"),
        ("SELEC paid", "syntax error"),
        ("SELECT nothing FROM example", "nothing"),
    ],
)
def test_a_wrong_query_is_named(query, message):
    with pytest.raises(ParameterError, match=message):
        slices(StatsOptions(experimental_slice_sqls=[query]))


def test_a_slice_function_gets_columns_of_lists_as_in_tfdv():
    def long_trips(batch):
        assert batch.schema.field("fare").type == pa.list_(pa.float64())
        long = pc.greater(pc.list_element(pc.fill_null(batch.column("fare"), [0.0]), 0), 2.5)
        return [("long", batch.filter(long))]

    found = slices(StatsOptions(slice_functions=[long_trips]))
    rows = TABLE.filter(pc.greater(TABLE.column("fare"), 2.5))
    expected = generate_statistics(rows).datasets[0]
    numbers = {f.path.step[0]: f.num_stats.mean for f in found["long"].features}
    assert numbers == {f.path.step[0]: f.num_stats.mean for f in expected.features}


def test_slices_of_the_taxi_table_equal_the_real_ones(golden, golden_table, as_golden, differences):
    expected = golden("taxi_simple.tfdv")["sliced"]
    slicer = experimental_get_feature_value_slicer({"payment_type": None})
    found = slices(StatsOptions(slice_functions=[slicer]), golden_table("taxi_simple.csv"))
    assert set(found) == set(expected)
    for name, dataset in expected.items():
        actual = as_golden(found[name])["features"]
        assert found[name].num_examples == dataset["num_examples"]
        for feature, wanted in dataset["features"].items():
            if (name, feature) in SKETCHED:
                wanted.pop("median")
            assert differences(_flat(actual[feature], wanted), wanted, rel=1e-9) == []


SKETCHED = {(name, "trip_start_timestamp") for name in ("All Examples", "payment_type_Cash")}
"""Over 5,701 distinct values, where the real library's sketch is not exact."""


def _flat(feature, wanted):
    """The statistics of a feature in one dict, those that the golden file holds."""
    (which,) = (key for key in feature if key != "type")
    flat = {"type": feature["type"], **feature[which], **feature[which]["common_stats"]}
    return {key: flat[key] for key in wanted}


def test_weighted_statistics_of_the_taxi_table_equal_the_real_ones(
    golden, golden_table, as_golden, differences
):
    expected = golden("taxi_simple.tfdv")["weighted"]
    options = StatsOptions(weight_feature="trip_start_day")
    actual = as_golden(generate_statistics(golden_table("taxi_simple.csv"), options).datasets[0])
    for side in (actual, expected):
        number = side["features"]["trip_start_timestamp"]["num_stats"]
        for statistics in (number, number["weighted_numeric_stats"]):
            for key in ("histograms", "median"):
                statistics.pop(key)
        for feature in side["features"].values():
            strings = feature.get("string_stats", {})
            # The golden file leaves the rank histograms of this part out.
            strings.pop("rank_histogram", None)
            strings.get("weighted_string_stats", {}).pop("rank_histogram", None)
    assert differences(actual, expected, rel=1e-9) == []


def test_a_column_that_is_not_there_gives_no_slice_and_a_warning(caplog):
    table = pa.table({"paid": ["cash", "card"]})
    options = StatsOptions(slicing_config={"slicing_specs": [{"feature_keys": ["payed"]}]})
    statistics = generate_statistics(table, options)
    assert [dataset.name for dataset in statistics.datasets] == ["All Examples"]
    assert caplog.messages == [
        "there is no column 'payed' to slice by, and so no such slice. Did you mean 'paid'?"
    ]


def test_a_column_of_structs_is_sliced_by_sql():
    table = pa.table({"trip": [{"zone": 1}, {"zone": 2}, None]})
    slicer = experimental_get_feature_value_slicer({"trip": None})
    with pytest.raises(ColumnError, match=r"column 'trip' .*Slice by SQL"):
        slices(StatsOptions(slice_functions=[slicer]), table)
    query = 'SELECT "trip"."zone" FROM example'
    found = slices(StatsOptions(experimental_slice_sqls=[query]), table)
    assert sorted(found) == ["All Examples", "zone_1", "zone_2"]
