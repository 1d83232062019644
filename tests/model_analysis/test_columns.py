"""Arrow columns become numpy arrays, whatever their type, and without pandas."""

import subprocess
import sys
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.errors import ColumnError
from minitfx.model_analysis.columns import add_up, encode, matrix, numbers

NAN = np.nan


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([1, None, 3], pa.int32()), [1, NAN, 3]),
        (pa.array([True, False, None]), [1, 0, NAN]),
        (pa.array([0.5, NAN, None], pa.float32()), [0.5, NAN, NAN]),
        (pa.array([None, None], pa.null()), [NAN, NAN]),
        (pa.array([5, 6, None, 5]).dictionary_encode(), [5, 6, NAN, 5]),
        (pa.array([[1.0], [2.0]]), [1, 2]),
        (pa.array([Decimal("1.25"), None, Decimal("-3")]), [1.25, NAN, -3]),
        (pa.array([1, 2, 3, None, 5]).slice(2, 2), [3, NAN]),
        (pa.chunked_array([[1, 2], [3]]), [1, 2, 3]),
        (pa.chunked_array([], pa.int64()), []),
    ],
)
def test_numbers_of_any_type(array, expected):
    np.testing.assert_array_equal(numbers(array, "x"), expected)


@pytest.mark.parametrize("kind", [pa.list_(pa.float64()), pa.list_(pa.float64(), 2),
                                  pa.large_list(pa.float32())])  # fmt: skip
def test_lists_of_one_length_become_a_matrix(kind):
    array = pa.array([[1, 2], None, [3, None], [5, 6]], kind)
    expected = [[1, 2], [NAN, NAN], [3, NAN], [5, 6]]
    np.testing.assert_array_equal(matrix(array, "x"), expected)
    np.testing.assert_array_equal(matrix(array.slice(2), "x"), expected[2:])


def test_what_does_not_fit_is_one_clear_error():
    with pytest.raises(ColumnError, match="'x' holds string; expected numbers"):
        numbers(pa.array(["a"]), "x")
    with pytest.raises(ColumnError, match=r"'x' holds lists of \[1, 2\] values"):
        matrix(pa.array([[1], [2, 3]]), "x")
    with pytest.raises(ColumnError, match=r"lists of \[2\] values; expected 3"):
        matrix(pa.array([[1, 2]]), "x", 3)
    with pytest.raises(ColumnError, match="'x' holds struct"):
        encode(pa.array([{"a": 1}]), "x")


@given(st.lists(st.none() | st.text(max_size=3)))
def test_codes_stand_for_the_values(values):
    coded = encode(pa.array(values, pa.string()), "x")
    assert list(coded.values) == sorted({value for value in values if value is not None})
    again = [None if code == 0 else coded.values[code - 1] for code in coded.codes]
    assert again == values


@given(st.lists(st.none() | st.lists(st.none() | st.integers(0, 4), max_size=4)))
def test_a_list_has_a_code_for_each_of_its_values_once(values):
    coded = encode(pa.array(values, pa.list_(pa.int64())), "x")
    pairs = set(zip(coded.rows.tolist(), (coded.values[c - 1] for c in coded.codes), strict=True))
    expected = {
        (row, value) for row, each in enumerate(values) for value in each or [] if value is not None
    }
    assert pairs == expected and len(pairs) == len(coded.codes)


def test_codes_of_other_types():
    assert encode(pa.array([b"b", b"a"]), "x").values == ("a", "b")
    assert encode(pa.array([True, False]), "x").values == (0, 1)
    days = pa.array([0, -1, None], pa.date32())
    assert encode(days, "x").values == ("1969-12-31", "1970-01-01")
    assert encode(days.cast(pa.timestamp("us", "UTC")), "x").values == (
        "1969-12-31 00:00:00+00:00",
        "1970-01-01 00:00:00+00:00",
    )
    assert encode(pa.array([1.5, NAN, -0.0, 0.0]), "x").values == (0.0, 1.5)
    assert encode(pa.array([2, 1, 2]).dictionary_encode(), "x").codes.tolist() == [2, 1, 2]
    assert encode(pa.array(["b", "a", "b"]).slice(1), "x").codes.tolist() == [1, 2]


def test_sums_by_code_stand_in_order_of_the_codes():
    assert add_up(np.array([2, 0, 2]), np.array([1.0, 2.0, 4.0]), 4).tolist() == [2, 0, 5, 0]
    assert add_up(np.array([2, 0, 2]), None, 3).tolist() == [1, 0, 2]


def test_an_evaluation_of_parquet_loads_no_pandas(tmp_path):
    table = pa.table({"label": [1, 0], "prediction": [0.5, 0.4], "group": ["a", "b"]})
    pq.write_table(table, tmp_path / "rows.parquet")
    code = f"""
import sys
from minitfx import model_analysis as tfma
config = tfma.parse_config('model_specs {{ label_key: "label" prediction_key: "prediction" }}'
    'slicing_specs {{ feature_keys: "group" }} metrics_specs {{ metrics {{ class_name: "AUC" }} }}')
tfma.analyze({str(tmp_path / "rows.parquet")!r}, config).result()
print(sorted({{"pandas", "sklearn"}} & set(sys.modules)))
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert answer.stdout.decode().strip() == "[]"
