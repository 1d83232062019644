"""The protocol: tables come back as they went, and every malformed request names its column."""

from __future__ import annotations

import contextlib
import json
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.errors import SignatureError
from minitfx.models import oip
from minitfx.models.oip import from_stream, from_tensors, to_stream, to_tensors
from minitfx.models.signature import Field, Signature

doubles = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
integers = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
texts = st.one_of(st.none(), st.text())
rows = st.lists(
    st.tuples(doubles, integers, texts, st.one_of(st.none(), st.booleans())), min_size=1
)


def table_of(rows):
    types = [pa.float64(), pa.int64(), pa.string(), pa.bool_()]
    columns = [pa.array([row[at] for row in rows], type_) for at, type_ in enumerate(types)]
    return pa.table(columns, names=["x", "n", "text", "flag"])


@given(rows)
def test_json_gives_the_same_table_back_to_the_last_bit(rows):
    table = table_of(rows)
    text = json.dumps(to_tensors(table), allow_nan=False)
    assert from_tensors(json.loads(text)).equals(table)


@given(rows)
@pytest.mark.parametrize("parser", [oip.orjson, None], ids=["orjson", "json"])
def test_an_answer_is_the_same_json_whoever_writes_it(parser, rows):
    table = table_of(rows).append_column("pair", pa.array([[r[0] or 0.5, 1.0] for r in rows]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oip, "orjson", parser)
        answer = json.loads(oip.dumps_answer({"id": "é"}, table))
    assert answer == {"id": "é", "outputs": to_tensors(table)}


@given(st.lists(st.sampled_from([0, 1, 0.0, 1.0, 2, 2.5, -0.0, None, True, False, "1", 2**60 + 1])))
def test_true_is_no_number_and_whole_numbers_are(values):
    tensor = {"name": "x", "shape": [len(values)], "datatype": "FP64", "data": values}
    if any(type(value) in (bool, str) for value in values):
        with pytest.raises(SignatureError, match="which is no FP64"):
            from_tensors([tensor])
    elif 2**60 + 1 in values:
        with pytest.raises(SignatureError, match="does not fit FP64"):
            from_tensors([tensor])
    else:
        assert from_tensors([tensor]).column("x").to_pylist() == values


@given(rows)
def test_an_arrow_stream_gives_the_same_table_back(rows):
    table = table_of(rows)
    assert from_stream(to_stream(table)).equals(table)


def test_lists_of_one_length_are_tensors_of_two_dimensions():
    table = pa.table({"p": pa.array([[0.25, 0.75], [1.0, 0.0]], pa.list_(pa.float64(), 2))})
    (tensor,) = to_tensors(table)
    assert tensor["shape"] == [2, 2]
    assert tensor["data"] == [0.25, 0.75, 1.0, 0.0]
    assert from_tensors([tensor]).equals(table)


def test_nested_data_are_read_like_flat_ones():
    tensor = {"name": "p", "shape": [2, 2], "datatype": "FP64", "data": [[1, 2], [3, 4]]}
    assert from_tensors([tensor]).column("p").to_pylist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_column_of_rows_by_one_is_a_plain_column_where_the_signature_says_so():
    tensor = {"name": "x", "shape": [2, 1], "datatype": "FP64", "data": [[1.0], [2.0]]}
    signature = Signature((Field("x", "double"),))
    assert from_tensors([tensor], signature).column("x").to_pylist() == [1.0, 2.0]


def test_nan_and_infinity_become_null_in_json():
    written = oip.dumps_answer({}, pa.table({"x": [1.0, math.nan, -math.inf]}))
    assert json.loads(written)["outputs"][0]["data"] == [1.0, None, None]
    (tensor,) = to_tensors(pa.table({"x": [1.0, math.nan, math.inf]}))
    assert tensor["data"] == [1.0, None, None]


SIGNATURE = Signature((Field("fare", "double"), Field("hour", "int64"), Field("text", "string")))
GOOD = {"name": "fare", "shape": [1], "datatype": "FP64", "data": [1.5]}


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (None, "'inputs' is None"),
        ([], r"'inputs' is \[\]"),
        ("fare", "expected a list of tensors"),
        ([1], r"inputs\[0\] is 1"),
        ([{}], "no 'name'"),
        ([GOOD | {"name": "fair"}], "no column 'fair'. Did you mean 'fare'"),
        ([GOOD | {"shape": None}], "shape None"),
        ([GOOD | {"shape": [-1]}], r"shape \[-1\]"),
        ([GOOD | {"shape": [True]}], "shape"),
        ([GOOD | {"shape": [2]}], "1 values; its shape"),
        ([GOOD | {"shape": [1, 1, 1]}], "fits no column"),
        ([GOOD | {"datatype": "FP128"}], "datatype 'FP128'"),
        ([GOOD | {"datatype": ["FP64"]}], "datatype"),
        ([GOOD | {"data": 1.5}], "data 1.5; expected a list"),
        ([GOOD | {"data": ["x"]}], "'fare' holds 'x', which is no FP64"),
        ([GOOD | {"data": [True]}], "holds True, which is no FP64"),
        ([GOOD | {"data": [{}]}], "holds {}"),
        ([GOOD | {"name": "hour", "datatype": "INT64"}], "holds 1.5, which is no INT64"),
        ([GOOD | {"name": "hour", "datatype": "INT64", "data": [2**70]}], "'hour' does not fit"),
        ([GOOD | {"name": "text", "datatype": "BYTES", "data": ["\ud800"]}], "'text' does not fit"),
        ([GOOD, GOOD], "names the column 'fare' twice"),
        (
            [GOOD, {"name": "hour", "shape": [2], "datatype": "INT64", "data": [1, 2]}],
            "different numbers of rows",
        ),
    ],
)
def test_a_malformed_request_is_one_clear_error(tensors, message):
    with pytest.raises(SignatureError, match=message):
        from_tensors(tensors, SIGNATURE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
tensor_like = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["fare", "hour", "text"]) | json_values,
        "shape": st.lists(st.integers(-1, 3), max_size=3) | json_values,
        "datatype": st.sampled_from(["FP64", "INT64", "BYTES", "BOOL"]) | json_values,
        "data": st.lists(json_values, max_size=3) | json_values,
    },
)


@given(st.lists(tensor_like | json_values, max_size=3) | json_values)
def test_no_json_value_causes_another_error(tensors):
    with contextlib.suppress(SignatureError):
        from_tensors(tensors, SIGNATURE)


@given(st.binary(max_size=200))
def test_no_bytes_cause_another_error(data):
    with pytest.raises(SignatureError):
        from_stream(data)


def test_a_stream_that_is_cut_short_is_an_error():
    stream = to_stream(pa.table({"x": list(range(1000))}))
    with pytest.raises(SignatureError, match="not an Arrow IPC stream"):
        from_stream(stream[: len(stream) // 2])
