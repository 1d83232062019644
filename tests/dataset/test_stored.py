import datetime
import decimal

import pyarrow as pa
import pytest

from minitfx.dataset.stored import stored, stored_schema
from minitfx.errors import ColumnError

DAY = datetime.date(2020, 2, 29)
NOON = datetime.datetime(2020, 2, 29, 12)
EVENING = datetime.datetime(2020, 2, 29, 23, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))


@pytest.mark.parametrize(
    ("values", "kind", "expected", "stored_as"),
    [
        ([1, None], pa.int8(), [1, None], pa.int64()),
        ([1, None], pa.uint64(), [1, None], pa.int64()),
        ([True, None], pa.bool_(), [1, None], pa.int64()),
        ([0.5, None], pa.float32(), [0.5, None], pa.float64()),
        ([decimal.Decimal("1.50")], pa.decimal128(5, 2), [1.5], pa.float64()),
        (["a", None, ""], pa.large_string(), ["a", None, ""], pa.string()),
        (["a", None], pa.string_view(), ["a", None], pa.string()),
        ([b"\xff"], pa.binary(1), [b"\xff"], pa.binary()),
        ([DAY, None], pa.date32(), [DAY, None], pa.date32()),
        ([DAY], pa.date64(), [DAY], pa.date32()),
        ([NOON, None], pa.timestamp("s"), [NOON, None], pa.timestamp("us")),
        ([NOON], pa.timestamp("ms"), [NOON], pa.timestamp("us")),
        ([NOON], pa.timestamp("ns"), [NOON], pa.timestamp("ns")),
        ([EVENING], pa.timestamp("s", "Europe/Paris"), [EVENING], pa.timestamp("us", "UTC")),
        ([NOON.time()], pa.time32("s"), ["12:00:00"], pa.string()),
        (["a", None], pa.dictionary(pa.int8(), pa.string()), ["a", None], pa.string()),
        ([None], pa.null(), [None], pa.string()),
        ([[1], [], None], pa.large_list(pa.int8()), [[1], [], None], pa.list_(pa.int64())),
        ([[1, 2]], pa.list_(pa.int8(), 2), [[1, 2]], pa.list_(pa.int64())),
        ([[[DAY]]], pa.list_(pa.list_(pa.date32())), [[[DAY]]], pa.list_(pa.list_(pa.date32()))),
        ([{"a": True}], pa.struct({"a": pa.bool_()}), [{"a": 1}], pa.struct({"a": pa.int64()})),
    ],
)
def test_every_arrow_type_has_its_place(values, kind, expected, stored_as):
    column = stored(pa.table({"x": pa.array(values, kind)}))["x"]
    assert column.to_pylist() == expected
    assert stored_as is None or column.type == stored_as


def test_nan_stays_a_value_and_null_stays_missing():
    column = stored(pa.table({"x": pa.array([float("nan"), None], pa.float32())}))["x"]
    assert column.null_count == 1


@pytest.mark.parametrize("kind", [pa.duration("s"), pa.map_(pa.string(), pa.int64())])
def test_a_type_without_a_place_is_named(kind):
    with pytest.raises(ColumnError, match=r"column 'x' has type .*; cast it"):
        stored_schema(pa.schema({"x": kind}))


def test_an_integer_beyond_64_bits_is_named():
    with pytest.raises(ColumnError, match="'x' cannot be stored as int64"):
        stored(pa.table({"x": pa.array([2**63], pa.uint64())}))


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(ColumnError, match="2 columns 'x'"):
        stored_schema(pa.schema([("x", pa.int64()), ("x", pa.int64())]))
