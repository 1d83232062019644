"""Dates and timestamps stay what they are, from any input to the examples."""

import datetime

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.data_validation import (
    generate_statistics,
    generate_statistics_from_dataframe,
    infer_schema,
    is_clean,
    validate_statistics,
)
from minitfx.dataset import open_source
from minitfx.dataset.examples import write_examples
from minitfx.dataset.instants import as_integers, duration_text, moment_text
from minitfx.models.schema_fields import raw_fields
from minitfx.models.signature import Signature

NOON = datetime.datetime(2020, 2, 29, 12, 0, 0, 250_000)
ZONE = datetime.timezone(datetime.timedelta(hours=2))
ROWS = {
    "naive": [NOON, None, NOON],
    "aware": [NOON.replace(tzinfo=ZONE), None, None],
    "day": [NOON.date(), NOON.date(), None],
}
STORED = pa.schema(
    {"naive": pa.timestamp("us"), "aware": pa.timestamp("us", "UTC"), "day": pa.date32()}
)


def stored(data, folder):
    write_examples({"all": open_source(data)}, None, lambda split: folder / split)
    return pq.read_table(folder / "all")


def as_table():
    return pa.table(ROWS)


def as_frame():
    return pd.DataFrame(
        {
            "naive": pd.to_datetime(ROWS["naive"]),
            "aware": pd.to_datetime(ROWS["aware"]),
            "day": pd.Series(ROWS["day"], dtype=object),
        }
    )


@pytest.mark.parametrize("make", [as_table, as_frame])
def test_every_input_is_stored_with_the_same_types_and_moments(make, tmp_path):
    found = stored(make(), tmp_path)
    assert [str(kind).replace("ns", "us") for kind in found.schema.types] == [
        str(kind) for kind in STORED.types
    ]
    assert found.cast(STORED).to_pylist() == as_table().to_pylist()


def test_sql_sees_moments_in_the_examples(tmp_path):
    stored(as_table(), tmp_path)
    query = f"SELECT count(*) FROM '{tmp_path}/all/*.parquet' WHERE naive > TIMESTAMP '2020-01-01'"
    assert duckdb.sql(query).fetchone() == (2,)


def test_statistics_of_a_frame_are_those_of_its_examples(tmp_path):
    stored(as_table(), tmp_path)
    expected = generate_statistics(as_table())
    assert generate_statistics(tmp_path / "all") == expected
    assert generate_statistics_from_dataframe(as_frame()) == expected


def test_a_new_day_is_no_anomaly():
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(number) for number in range(30)]
    schema = infer_schema(generate_statistics(pa.table({"day": days[:20]})))
    assert is_clean(validate_statistics(generate_statistics(pa.table({"day": days[20:]})), schema))


@given(st.datetimes())
def test_a_microsecond_number_stands_for_its_moment(moment):
    (number,) = as_integers(pa.array([moment], pa.timestamp("us"))).to_pylist()
    assert datetime.datetime.fromisoformat(moment_text(number, "microseconds")) == moment


def test_numbers_that_are_no_moment_stay_numbers():
    assert moment_text(float("nan"), "days") == "nan"
    assert moment_text(-1e300, "microseconds") == "-1e+300"
    assert moment_text(0.5, "days") == "1970-01-01 12:00:00"
    assert duration_text(1.5, "days") == "1.5 d"


def test_a_model_takes_the_moments_that_the_schema_describes():
    schema = infer_schema(generate_statistics(as_table()))
    fields = raw_fields(schema)
    assert [field.type for field in fields] == ["timestamp", "timestamp", "date"]
    table = as_table()
    assert Signature(fields).conform(table)["day"].equals(table["day"])
