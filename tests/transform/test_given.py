"""Which columns a function is given, and of which types, when data sets differ."""

import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

import minitfx.transform as tft
from minitfx.errors import ColumnError, TransformError

WHOLE = pa.table({"x": [1, 3], "c": pa.nulls(2)})
BROKEN = pa.table({"x": [2.5, 5.5], "c": ["a", "a"]})


def scaled(inputs):
    return {"x": inputs["x"] * 2, "m": tft.mean(inputs["x"])}


def declared(kind, name="x"):
    schema = schema_pb2.Schema()
    schema.feature.add(name=name, type=kind)
    return schema


@pytest.mark.parametrize("data", [{"1": WHOLE, "2": BROKEN}, {"1": BROKEN, "2": WHOLE}])
def test_integers_here_and_floats_there_are_floats(data):
    graph = tft.analyze(data, scaled)
    assert graph.constants == {"mean(x)": 3.0}
    assert graph.transform(WHOLE)["x"].to_pylist() == [2.0, 6.0]
    assert graph.transform(BROKEN)["x"].to_pylist() == [5.0, 11.0]


def test_a_schema_says_that_integers_are_floats():
    graph = tft.analyze(WHOLE, scaled, declared(schema_pb2.FLOAT))
    assert graph.transform(BROKEN)["x"].to_pylist() == [5.0, 11.0]
    strict = tft.analyze(WHOLE, scaled, declared(schema_pb2.INT))
    with pytest.raises(ColumnError, match=r"'x' is double and cannot.* let the schema say FLOAT"):
        strict.transform(BROKEN)


def test_a_column_without_values_is_what_it_is_elsewhere():
    def preprocessing_fn(inputs):
        return {"c": tft.compute_and_apply_vocabulary(inputs["c"])}

    graph = tft.analyze({"1": WHOLE, "2": BROKEN}, preprocessing_fn)
    assert graph.vocabulary("c") == ["a"]
    empty = pa.table({"x": pa.nulls(3)})
    assert tft.analyze({"1": empty, "2": BROKEN}, scaled).constants == {"mean(x)": 4.0}
    assert tft.analyze(empty, scaled, declared(schema_pb2.FLOAT)).constants == {"mean(x)": 0.0}


def test_a_schema_of_other_columns_is_refused():
    with pytest.raises(ColumnError, match="of the data, which have x, c"):
        tft.analyze(WHOLE, scaled, declared(schema_pb2.INT, "y"))


@pytest.mark.parametrize("data", [[{"x": 1.0}], "rows.parquet", None])
def test_what_is_no_table_is_refused(data):
    graph = tft.analyze(BROKEN, scaled)
    with pytest.raises(TransformError, match=f"cannot transform {type(data).__name__}; expected"):
        graph.transform(data)


def test_a_batch_a_frame_and_a_dict_are_tables_too():
    graph = tft.analyze(BROKEN, scaled)
    for data in (BROKEN.to_batches()[0], BROKEN.to_pandas(), BROKEN.to_pydict()):
        assert graph.transform(data)["x"].to_pylist() == [5.0, 11.0]
