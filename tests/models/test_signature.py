"""What a signature makes of a table, whether it fits already or has to be cast."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from minitfx.errors import SignatureError
from minitfx.models.signature import Field, Signature

SIGNATURE = Signature((Field("fare", "double"), Field("hour", "int64", nullable=False), Field("x")))
FITTING = pa.table({"fare": [1.5, None], "hour": [7, 8], "x": ["a", "b"]})


@pytest.mark.parametrize(
    "table",
    [
        FITTING,
        FITTING.select(["x", "hour", "fare"]),
        FITTING.append_column("more", pa.array([0, 0])),
        FITTING.set_column(1, "hour", pa.array([7, 8], pa.int16())),
        FITTING.set_column(0, "fare", pa.array([1.5, None], pa.float32())),
        FITTING.replace_schema_metadata({"pandas": "{}"}),
    ],
)
def test_tables_of_the_same_rows_come_out_equal(table):
    found = SIGNATURE.conform(table)
    assert found.schema.equals(FITTING.schema, check_metadata=True)
    assert found.to_pydict() == {"fare": [1.5, None], "hour": [7, 8], "x": ["a", "b"]}


@pytest.mark.parametrize("type_", [pa.int64(), pa.int16()])
def test_a_missing_value_is_refused_where_there_may_be_none(type_):
    table = FITTING.set_column(1, "hour", pa.array([None, 8], type_))
    with pytest.raises(SignatureError, match="column 'hour' has 1 missing values of 2"):
        SIGNATURE.conform(table)


def test_a_column_that_stands_twice_is_named():
    table = pa.table(
        [pa.array([1.5]), pa.array([7]), pa.array(["a"]), pa.array([9])],
        names=["fare", "hour", "x", "hour"],
    )
    with pytest.raises(SignatureError, match="2 columns called 'hour'"):
        SIGNATURE.conform(table)


def test_frames_of_pandas_conform_as_they_are():
    frame = pd.DataFrame({"fare": [0.5], "hour": [3], "x": ["a"]})
    assert SIGNATURE.conform(pa.Table.from_pandas(frame)).column_names == ["fare", "hour", "x"]
