"""One number for each row's list."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minitfx.transform as tft
from minitfx.errors import TransformError

NAMES = ["reduce_sum", "reduce_mean", "reduce_min", "reduce_max"]
EXACT = {
    "reduce_sum": math.fsum,
    "reduce_mean": lambda items: math.fsum(items) / len(items) if items else None,
    "reduce_min": lambda items: min(items, default=None),
    "reduce_max": lambda items: max(items, default=None),
}
ITEMS = st.none() | st.floats(-1e6, 1e6)
ROWS = st.lists(st.none() | st.lists(ITEMS, max_size=12), min_size=1, max_size=30)


def all_of(inputs):
    return {name: getattr(tft, name)(inputs["x"]) for name in NAMES}


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_each_list_is_reduced_by_itself_without_its_missing_items(rows):
    data = pa.table({"x": pa.array(rows, pa.list_(pa.float64()))})
    graph = tft.analyze(data, all_of)
    found = graph.transform(data)
    for name in NAMES:
        for row, value in zip(rows, found[name].to_pylist(), strict=True):
            items = [item for item in row or () if item is not None]
            expected = None if row is None else EXACT[name](items)
            near = None if expected is None else pytest.approx(expected, rel=1e-12, abs=1e-9)
            assert value == near
    alone = pa.concat_tables(graph.transform(data.slice(at, 1)) for at in range(len(rows)))
    assert alone.combine_chunks().equals(found.combine_chunks())


def test_lists_of_one_length_are_reduced_alike():
    columns = {"a": [1, 2, None], "b": [5, None, None]}
    data = pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})

    def preprocessing_fn(inputs):
        return all_of({"x": tft.stack([inputs["a"], inputs["b"], 3])})

    assert tft.analyze(data, preprocessing_fn).transform(data).to_pydict() == {
        "reduce_sum": [9, 5, 3],
        "reduce_mean": [3.0, 2.5, 3.0],
        "reduce_min": [1, 2, 3],
        "reduce_max": [5, 3, 3],
    }


def test_nan_is_a_value_and_integers_stay_exact():
    data = pa.table({"x": [[1.0, float("nan")]], "i": [[2**62, 1]]})

    def preprocessing_fn(inputs):
        return {"x": tft.reduce_max(inputs["x"]), "i": tft.reduce_sum(inputs["i"])}

    found = tft.analyze(data, preprocessing_fn).transform(data)
    assert np.isnan(found["x"][0].as_py())
    assert found["i"].to_pylist() == [2**62 + 1]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_list_is_refused_with_the_line(name):
    data = pa.table({"x": [1.0]})
    with pytest.raises(TransformError, match=f"{name} takes one list a row.*found float"):
        tft.analyze(data, lambda i: {"y": getattr(tft, name)(i["x"])})
