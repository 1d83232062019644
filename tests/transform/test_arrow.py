"""Arrow columns into cells and back."""

import datetime
import decimal
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.errors import ColumnError
from minitfx.transform.arrow import read_cells, write_cells
from minitfx.transform.columntype import RAGGED, ColumnType, arrow_type, kind_named, type_of

KINDS = {
    pa.float64(): st.floats(allow_nan=False),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.string(): st.text(max_size=4),
    pa.list_(pa.float64()): st.lists(st.none() | st.floats(allow_nan=False), max_size=3),
    pa.list_(pa.string()): st.lists(st.none() | st.text(max_size=3), max_size=3),
    pa.list_(pa.int64(), 2): st.lists(st.integers(0, 9), min_size=2, max_size=2),
    pa.list_(pa.string(), 2): st.lists(st.text(max_size=2), min_size=2, max_size=2),
}


@given(st.data())
def test_columns_come_back_as_they_were_wherever_they_are_cut(data):
    arrow = data.draw(st.sampled_from(list(KINDS)))
    values = data.draw(st.lists(st.none() | KINDS[arrow], max_size=40))
    start = data.draw(st.integers(0, 5))
    length = data.draw(st.integers(0, 40))
    column = pa.array(values, arrow).slice(start, length)
    kind = type_of(arrow)
    found = write_cells(read_cells(column, kind, "x"), kind, len(column))
    found.validate(full=True)
    assert found.type == arrow_type(kind) == arrow
    assert found.to_pylist() == column.to_pylist()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None], pa.int8()), [1, None]),
        (pa.array([1, 2], pa.uint64()), [1, 2]),
        (pa.array([True, None, False]), [1, None, 0]),
        (pa.array([1.5, None], pa.float32()), [1.5, None]),
        (pa.array([decimal.Decimal("1.25")]), [1.25]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (pa.array(["a"] * 50 + [None], pa.large_string()), ["a"] * 50 + [None]),
        (pa.array([b"a", None]), ["a", None]),
        (pa.array([None, None]), [None, None]),
        (pa.array([[1], None], pa.large_list(pa.int32())), [[1], None]),
        (pa.chunked_array([["a"], ["b", None]]), ["a", "b", None]),
    ],
)
def test_other_types_are_read_as_the_one_they_stand_for(column, expected):
    kind = type_of(column.type)
    assert write_cells(read_cells(column, kind, "x"), kind, len(column)).to_pylist() == expected


def test_dates_and_times_are_microseconds():
    day = datetime.date(1970, 1, 2)
    for column in (pa.array([day]), pa.array([day]).cast(pa.timestamp("ns"))):
        cells = read_cells(column, ColumnType("timestamp"), "x")
        assert cells.values.tolist() == [86_400_000_000]


@pytest.mark.parametrize(
    ("column", "wanted", "message"),
    [
        (pa.array(["a"]), ColumnType("float"), "text where numbers were expected"),
        (pa.array([1.5]), ColumnType("int"), "cannot be read as int"),
        (pa.array([1]), ColumnType("string"), "cannot be read as string"),
        (pa.array([b"\xff"]), ColumnType("string"), "cannot be read as string"),
        (pa.array([[1, 2]]), ColumnType("int", 3), "lists of other lengths than 3"),
        (pa.array([[1]]), ColumnType("int"), "is list of int; expected int"),
        (pa.array([1]), ColumnType("int", RAGGED), "is int; expected list of int"),
        (pa.array([{"a": 1}]), ColumnType("int"), "expected int"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_column(column, wanted, message):
    with pytest.raises(ColumnError, match=message) as caught:
        read_cells(column, wanted, "fare")
    assert "'fare'" in str(caught.value)


@pytest.mark.parametrize(
    "column", [ColumnType("float"), ColumnType("int", 3), ColumnType("string", RAGGED)]
)
def test_types_are_written_and_read_as_text(column):
    assert ColumnType.from_json(column.to_json()) == column


def test_kinds_go_by_many_names():
    assert [kind_named(each) for each in (int, "float32", "int64", bytes, bool, "str")] == [
        "int",
        "float",
        "int",
        "string",
        "bool",
        "string",
    ]


def test_neither_fitting_nor_applying_loads_pandas_or_scikit_learn():
    code = (
        "import sys, pyarrow as pa, minitfx.transform as tft\n"
        "import numpy as np\n"
        "data = pa.table([pa.nulls(3, pa.float64()), pa.nulls(3, pa.string())], ['x', 'c'])\n"
        "def f(i):\n"
        "    return {'z': tft.scale_to_z_score(i['x']), 'b': tft.bucketize(i['x'], 2),\n"
        "            'v': tft.compute_and_apply_vocabulary(i['c'], top_k=1, num_oov_buckets=1),\n"
        "            's': tft.stack([i['x'], 1.0]), 'w': tft.split(i['c'].fill_missing('a b'))}\n"
        "graph = tft.analyze(data, f)\n"
        "graph.transform(data)\n"
        "print(sorted({'pandas', 'sklearn', 'scipy', 'duckdb'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("rows", [4, 400])
def test_a_null_among_the_values_of_a_dictionary_is_a_missing_cell(rows):
    indices = pa.array([0, 1, 0, None] * (rows // 4), pa.int8())
    encoded = pa.DictionaryArray.from_arrays(indices, pa.array(["a", None]))
    cells = read_cells(encoded, ColumnType("string"), "c")
    written = write_cells(cells, ColumnType("string"), rows).to_pylist()
    assert written == ["a", None, "a", None] * (rows // 4)
    assert cells.valid.sum() == rows // 2
