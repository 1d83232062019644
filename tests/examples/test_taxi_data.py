"""The taxi table: made from its seed, with the shape that the pipeline counts on."""

import runpy
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.csv
import pytest

TAXI = Path(__file__).parents[2] / "examples" / "taxi"
GENERATOR = runpy.run_path(str(TAXI / "generate_trips.py"))

TUTORIAL_COLUMNS = [
    "company", "dropoff_census_tract", "dropoff_community_area", "dropoff_latitude",
    "dropoff_longitude", "fare", "payment_type", "pickup_census_tract",
    "pickup_community_area", "pickup_latitude", "pickup_longitude", "tips", "trip_miles",
    "trip_seconds", "trip_start_day", "trip_start_hour", "trip_start_month",
    "trip_start_timestamp",
]  # fmt: skip


@pytest.fixture(scope="module")
def trips():
    return pyarrow.csv.read_csv(TAXI / "data" / "trips.csv")


def test_the_committed_file_is_what_the_generator_makes(tmp_path):
    GENERATOR["write_trips"](tmp_path / "trips.csv")
    assert (tmp_path / "trips.csv").read_bytes() == (TAXI / "data" / "trips.csv").read_bytes()


def test_first_rows_do_not_depend_on_how_many_follow(tmp_path):
    for name, rows in (("few", 10), ("more", 50)):
        GENERATOR["write_trips"](tmp_path / name, rows, seed=1)
    assert (tmp_path / "more").read_bytes().startswith((tmp_path / "few").read_bytes())


def test_the_table_has_the_columns_of_the_tutorial(trips):
    assert trips.num_rows == 15_000
    assert sorted(trips.column_names) == sorted(TUTORIAL_COLUMNS)


def test_times_agree_with_their_parts(trips):
    moments = trips["trip_start_timestamp"].cast("timestamp[s]")
    assert pc.month(moments).equals(trips["trip_start_month"])
    assert pc.hour(moments).equals(trips["trip_start_hour"])
    assert pc.day_of_week(moments, count_from_zero=False, week_start=7).equals(
        trips["trip_start_day"]
    )


def test_cells_are_missing_and_categories_skewed(trips):
    assert trips["pickup_census_tract"].null_count == 15_000
    unknown = pc.sum(pc.equal(trips["company"], "")).as_py()
    for missing in (trips["pickup_latitude"].null_count, unknown):
        assert 0.1 < missing / 15_000 < 0.5
    counts = sorted(each["counts"] for each in pc.value_counts(trips["payment_type"]).to_pylist())
    assert counts[0] < 100 < 5_000 < counts[-1]


def test_about_a_quarter_are_big_tippers(trips):
    big = pc.greater(trips["tips"], pc.multiply(trips["fare"], 0.2))
    assert 0.2 < pc.mean(big).as_py() < 0.3
