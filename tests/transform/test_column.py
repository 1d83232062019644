"""Deferred columns: what can be done with them, and what is refused, with the user's line."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

import minitfx.transform as tft
from minitfx.errors import ColumnError, TransformError

DATA = pa.table(
    {
        "x": [1.5, None, -2.0, 4.0],
        "i": [3, 0, None, -7],
        "s": ["a", "b", None, ""],
        "b": [True, False, None, True],
        "pair": pa.array([[1.0, 2.0], [3.0, None], None, [5.0, 6.0]], pa.list_(pa.float64(), 2)),
        "list": [[1, 2], [], None, [3]],
        "day": pa.array(["2020-02-29", None, "1969-12-31", "2000-01-01"]),
        "nested": [{"a": 1}, None, None, None],
    }
)


def result(function, data=DATA):
    return (
        tft.analyze(data, lambda inputs: {"y": function(inputs)}).transform(data)["y"].to_pylist()
    )


def failure(preprocessing_fn, error=TransformError):
    with pytest.raises(error) as caught:
        tft.analyze(DATA, preprocessing_fn)
    return str(caught.value)


ARITHMETIC = {
    "add": (lambda i: i["x"] + i["i"], [4.5, None, None, -3.0]),
    "radd": (lambda i: 1 + i["i"], [4, 1, None, -6]),
    "subtract": (lambda i: 1 - i["x"], [-0.5, None, 3.0, -3.0]),
    "divide integers": (lambda i: i["i"] / 2, [1.5, 0.0, None, -3.5]),
    "floor": (lambda i: i["i"] // 2, [1, 0, None, -4]),
    "modulo": (lambda i: i["i"] % 4, [3, 0, None, 1]),
    "power": (lambda i: i["i"] ** 2, [9.0, 0.0, None, 49.0]),
    "negative": (lambda i: -i["x"], [-1.5, None, 2.0, -4.0]),
    "absolute": (lambda i: abs(i["i"]), [3, 0, None, 7]),
    "booleans add up": (lambda i: i["b"] + i["b"], [2, 0, None, 2]),
    "greater": (lambda i: i["x"] > 0, [1, None, 0, 1]),
    "and": (lambda i: (i["x"] > 0) & (i["i"] > 0), [1, None, None, 0]),
    "or not": (lambda i: ~(i["x"] > 0) | i["b"], [1, None, None, 1]),
    "xor": (lambda i: i["b"] ^ True, [0, 1, None, 0]),
    "equal text": (lambda i: i["s"] == "a", [1, 0, None, 0]),
    "unequal columns": (lambda i: i["s"] != i["s"].upper(), [1, 1, None, 0]),
    "round": (lambda i: round(i["x"]), [2.0, None, -2.0, 4.0]),
    "a pair and a number": (lambda i: i["pair"] * 10, [[10, 20], [30, None], None, [50, 60]]),
    "a pair and a column": (lambda i: i["pair"] + i["x"], [[2.5, 3.5], None, None, [9.0, 10.0]]),
    "a list and a column": (lambda i: i["list"] + i["i"], [[4, 5], [], None, [-4]]),
    "numpy's function": (lambda i: np.log1p(np.abs(i["i"])), [np.log1p(3), 0, None, np.log1p(7)]),
    "numpy's operator": (lambda i: np.maximum(i["x"], 2.0), [2.0, None, 2.0, 4.0]),
    "numpy's choice": (lambda i: np.where(i["x"] > 0, i["i"], 9), [3, None, 9, -7]),
    "numpy's clip": (lambda i: np.clip(i["i"], -1, 2), [2, 0, None, -1]),
    "numpy's round": (lambda i: np.round(i["x"] / 8, 1), [0.2, None, -0.2, 0.5]),
    "numpy's membership": (lambda i: np.isin(i["s"], ["a", ""]), [1, 0, None, 1]),
    "clip": (lambda i: i["i"].clip(-1, 2), [2, 0, None, -1]),
    "element": (lambda i: i["pair"][:, 1], [2.0, None, None, 6.0]),
    "element of a list": (lambda i: i["list"].element(-1), [2, None, None, 3]),
    "isin": (lambda i: i["s"].isin(["b", ""]), [0, 1, None, 1]),
    "isin numbers": (lambda i: i["i"].isin([0, 3]), [1, 1, None, 0]),
    "is_missing": (lambda i: i["s"].is_missing(), [0, 0, 1, 0]),
    "is_missing of lists": (lambda i: i["list"].is_missing(), [0, 0, 1, 0]),
    "fill": (lambda i: i["s"].fill_missing("?"), ["a", "b", "?", ""]),
    "fill with a column": (lambda i: i["x"].fill_missing(i["i"]), [1.5, 0.0, -2.0, 4.0]),
    "fill integers with a float": (lambda i: i["i"].fill_missing(0.5), [3.0, 0.0, 0.5, -7.0]),
    "fill with an analyzer": (lambda i: i["i"].fill_missing(tft.max(i["i"])), [3, 0, 3, -7]),
    "where": (lambda i: tft.where(i["i"] > 0, i["s"], "no"), ["a", "no", None, "no"]),
    "where with missing": (lambda i: tft.where(i["b"], i["x"], 0), [1.5, 0.0, None, 4.0]),
    "stack": (
        lambda i: tft.stack([i["x"], i["i"], 1]),
        [[1.5, 3, 1], [None, 0, 1], [-2, None, 1], [4, -7, 1]],
    ),
    "stack texts": (
        lambda i: tft.stack([i["s"], "z"]),
        [["a", "z"], ["b", "z"], [None, "z"], ["", "z"]],
    ),
    "cast to text": (lambda i: i["x"].cast("string"), ["1.5", None, "-2.0", "4.0"]),
    "cast bool to text": (lambda i: i["b"].cast(str), ["true", "false", None, "true"]),
    "cast cuts": (lambda i: (i["x"] / 1.0).cast(int), [1, None, -2, 4]),
    "cast of NaN is missing": (
        lambda i: (i["x"] - i["x"]).cast(float).cast("int"),
        [0, None, 0, 0],
    ),
    "lower": (lambda i: i["s"].upper().lower(), ["a", "b", None, ""]),
    "length": (lambda i: i["s"].length(), [1, 1, None, 0]),
    "plus joins texts": (lambda i: i["s"] + "-" + i["s"], ["a-a", "b-b", None, "-"]),
    "join": (lambda i: tft.join([i["s"], i["s"]], "_"), ["a_a", "b_b", None, "_"]),
    "matches": (lambda i: i["s"].matches("^[ab]$"), [1, 1, None, 0]),
    "replace": (lambda i: i["s"].replace("[ab]", "<\\g<0>>"), ["<a>", "<b>", None, ""]),
    "substring": (lambda i: i["day"].substring(0, 4), ["2020", None, "1969", "2000"]),
    "broadcast of a constant": (lambda i: tft.mean(i["x"]), [3.5 / 3] * 4),
    "broadcast of a list": (lambda i: tft.quantiles(i["i"], 2), [[0.0]] * 4),
    "broadcast of a plain value": (lambda i: "v", ["v"] * 4),
    "a constant minus a constant": (lambda i: tft.max(i["i"]) - tft.min(i["i"]), [10] * 4),
}


@pytest.mark.parametrize("name", sorted(ARITHMETIC))
def test_operations_work_value_by_value_and_keep_missing_cells(name):
    function, expected = ARITHMETIC[name]
    found = result(function)
    assert len(found) == len(expected)
    for one, two in zip(found, expected, strict=True):
        assert one == (pytest.approx(two) if isinstance(two, float) else two)


@pytest.mark.parametrize(
    ("part", "expected"),
    {
        "year": [2020, None, 1969, 2000],
        "month": [2, None, 12, 1],
        "day": [29, None, 31, 1],
        "day_of_year": [60, None, 365, 1],
        "day_of_week": [5, None, 2, 5],
        "hour": [0, None, 0, 0],
    }.items(),
)
def test_parts_of_dates(part, expected):
    assert result(lambda i: i["day"].cast("timestamp").date_part(part)) == expected


def test_times_are_seconds_since_1970_and_parse():
    data = pa.table({"t": [0, 90_061], "s": ["01/02/2003 04:05:06", None]})
    assert result(lambda i: i["t"].cast("timestamp").date_part("minute"), data) == [0, 1]
    parsed = result(lambda i: i["s"].parse_timestamp("%d/%m/%Y %H:%M:%S").cast("int"), data)
    assert parsed == [1044072306, None]  # date -u -d '2003-02-01 04:05:06' +%s


def test_an_unknown_column_is_named_with_the_line_and_close_matches():
    def preprocessing_fn(inputs):
        return {"y": inputs["ii"]}

    message = failure(preprocessing_fn, ColumnError)
    assert "no column 'ii'. Did you mean 'i'" in message
    assert "test_column.py, line" in message
    assert 'return {"y": inputs["ii"]}' in message


def test_a_column_that_no_graph_can_hold_is_not_offered():
    message = failure(lambda inputs: {"y": inputs["nested"]}, ColumnError)
    assert "'nested' is struct<a: int64>, which a transform cannot hold" in message


def test_a_column_that_the_schema_leaves_out_is_not_offered():
    schema = schema_pb2.Schema()
    schema.feature.add(name="x")
    with pytest.raises(ColumnError, match="'i' is in the data, but not in the schema"):
        tft.analyze(DATA, lambda inputs: {"y": inputs.copy()["i"]}, schema)


def test_inputs_are_a_dict():
    def preprocessing_fn(inputs):
        assert "x" in inputs and inputs.get("z") is None
        assert list(inputs) == [name for name in DATA.schema.names if name != "nested"]
        return {f"{name}_copy": column for name, column in inputs.copy().items()}

    assert tft.analyze(DATA, preprocessing_fn).output_types["s_copy"].kind == "string"


def asks(inputs):
    return {"y": 1 if inputs["x"] > 0 else 0}


def loops(inputs):
    return {"y": sum(value for value in inputs["x"])}


def takes_the_length(inputs):
    return {"y": inputs["x"] / len(inputs["x"])}


def makes_a_float(inputs):
    return {"y": float(inputs["x"])}


def makes_an_array(inputs):
    return {"y": np.asarray(inputs["x"])}


def picks_a_row(inputs):
    return {"y": inputs["x"]["first"]}


def uses_pandas(inputs):
    return {"y": inputs["x"].fillna(0)}


def uses_an_unknown_ufunc(inputs):
    return {"y": np.nextafter(inputs["x"], 1.0)}


def adds_text(inputs):
    return {"y": inputs["x"] + inputs["s"]}


def compares_text_with_numbers(inputs):
    return {"y": inputs["s"] == 1}


def scales_text(inputs):
    return {"y": tft.scale_to_z_score(inputs["s"])}


def counts_floats(inputs):
    return {"y": tft.compute_and_apply_vocabulary(inputs["x"])}


def computes_with_a_dict(inputs):
    return {"y": inputs["x"] + {}}


def mixes_lengths(inputs):
    return {"y": inputs["pair"] + inputs["list"]}


def takes_a_missing_element(inputs):
    return {"y": inputs["pair"].element(2)}


def gives_a_list(inputs):
    return {"y": [1.0, 2.0]}


def gives_a_vocabulary(inputs):
    return {"y": tft.vocabulary(inputs["s"])}


def gives_nothing(inputs):
    inputs["x"] + 1


def gives_no_columns(inputs):
    return {}


def names_a_result_by_number(inputs):
    return {1: inputs["x"]}


def cuts_into_one_bucket(inputs):
    return {"y": tft.bucketize(inputs["x"], 1)}


def turns_the_bounds(inputs):
    return {"y": tft.scale_by_min_max(inputs["x"], 1, 0)}


def names_two_files_alike(inputs):
    a = tft.compute_and_apply_vocabulary(inputs["s"], vocab_filename="v")
    b = tft.compute_and_apply_vocabulary(inputs["i"], vocab_filename="v")
    return {"a": a, "b": b}


def writes_outside(inputs):
    return {"y": tft.compute_and_apply_vocabulary(inputs["s"], vocab_filename="../v")}


def misspells_a_setting(inputs):
    return {"y": tft.compute_and_apply_vocabulary(inputs["s"], topk=3)}


def encodes_without_depth(inputs):
    return {"y": tft.one_hot(inputs["i"], 0)}


def adds_a_number_to_text(inputs):
    return {"y": inputs["s"] + inputs["i"]}


def writes_as_text(inputs):
    return {"y": inputs["s"] + str(inputs["i"])}


def asks_pandas(inputs):
    return {"y": pd.isna(inputs["i"])}


def looks_among_letters(inputs):
    return {"y": inputs["s"].isin("ab")}


def hashes_into_nothing(inputs):
    return {"y": tft.hash_strings(inputs["s"], 0)}


def hashes_with_half_a_key(inputs):
    return {"y": tft.hash_strings(inputs["s"], 9, key=[1])}


REFUSALS = {
    hashes_into_nothing: "hash_buckets is 0",
    hashes_with_half_a_key: "key is [1]; expected two integers",
    asks: "use tft.where",
    loops: "cannot be looped over",
    takes_the_length: "tft.size",
    makes_a_float: ".cast('float')",
    makes_an_array: "cannot become a numpy array",
    picks_a_row: "rows of a deferred column cannot be picked",
    uses_pandas: "has no 'fillna'",
    uses_an_unknown_ufunc: "np.nextafter cannot be recorded",
    adds_text: "add takes bool, float or int; found string",
    compares_text_with_numbers: "== needs values of one kind; found int and string",
    scales_text: "found string",
    counts_floats: "tft.compute_and_apply_vocabulary takes text or integers; found float",
    computes_with_a_dict: "cannot compute with {}, a dict",
    mixes_lengths: "found list of 2 float and list of int",
    takes_a_missing_element: "there is no element 2 in a list of 2 float",
    gives_a_list: "[1.0, 2.0], a list, which has not one value for each row",
    gives_a_vocabulary: "is a vocabulary, which a row cannot hold",
    gives_nothing: "returned nothing; expected a dict",
    gives_no_columns: "returned no columns",
    names_a_result_by_number: "the name of a result is 1",
    cuts_into_one_bucket: "num_buckets is 1",
    turns_the_bounds: "output_min is 1 and output_max is 0",
    names_two_files_alike: "two different vocabularies are named 'v'",
    writes_outside: "vocab_filename is '../v'; expected a plain file name",
    misspells_a_setting: "takes no 'topk'. Did you mean 'top_k'",
    encodes_without_depth: "one_hot's depth is 0; expected an integer of 1 or more",
    adds_a_number_to_text: "join takes string; found int; .cast('string') writes numbers as text",
    writes_as_text: "what str() says of a deferred column, not its text; .cast('string')",
    asks_pandas: "cannot become a numpy array",
    looks_among_letters: "isin takes a list of values; found 'ab', a str",
}


@pytest.mark.parametrize("function", REFUSALS, ids=lambda function: function.__name__)
def test_what_cannot_be_deferred_is_refused_with_the_line(function):
    message = failure(function)
    assert REFUSALS[function] in message
    first = function.__code__.co_firstlineno
    assert any(f"test_column.py, line {first + n}" in message for n in range(4)), message


def label_schema():
    schema = schema_pb2.Schema(default_environment=["TRAINING", "SERVING"])
    for name in ("x", "i", "s"):
        schema.feature.add(name=name)
    schema.feature[1].not_in_environment.append("SERVING")
    return schema


def uses_the_label(inputs):
    scaled = inputs["x"] * 2
    return {
        "label": inputs["i"],
        "scaled": scaled,
        "encoded": tft.target_encode(inputs["s"], inputs["i"]),
        "leaking": scaled / inputs["i"],
    }


def test_a_served_result_that_needs_the_label_is_refused_with_the_line():
    schema = label_schema()
    tft.analyze(DATA, uses_the_label, schema)
    graph = tft.analyze(DATA, uses_the_label, schema, serving_outputs=["scaled", "encoded"])
    assert graph.inputs_of(["scaled", "encoded"]) == ["s", "x"]
    with pytest.raises(TransformError) as caught:
        tft.analyze(DATA, uses_the_label, schema, serving_outputs=["scaled", "leaking"])
    message = str(caught.value)
    assert "'leaking' is computed from 'i', which serving does not have" in message
    assert '"leaking": scaled / inputs["i"],' in message
    with pytest.raises(TransformError, match="no result 'scald' to serve"):
        tft.analyze(DATA, uses_the_label, schema, serving_outputs=["scald"])


def test_hasattr_and_copy_work_on_a_column():
    def preprocessing_fn(inputs):
        assert not hasattr(inputs["x"], "shape")
        assert "Column x: float" in repr(inputs["x"])
        return {"y": +inputs["x"]}

    tft.analyze(DATA, preprocessing_fn)


def test_columns_of_two_functions_do_not_mix():
    kept = []

    def first(inputs):
        kept.append(inputs["x"])
        return {"y": inputs["x"]}

    tft.analyze(DATA, first)
    assert "two different preprocessing functions" in failure(lambda i: {"y": i["x"] + kept[0]})
    assert "a column of another function" in failure(lambda i: {"y": kept[0]})


def test_custom_config_is_given_only_to_a_function_that_takes_it():
    def takes(inputs, custom_config):
        return {"y": inputs["x"] * custom_config.get("factor", 2)}

    data = pa.table({"x": [1.0]})
    assert tft.analyze(data, takes).transform(data)["y"].to_pylist() == [2.0]
    graph = tft.analyze(data, takes, custom_config={"factor": 3})
    assert graph.transform(data)["y"].to_pylist() == [3.0]
    tft.analyze(data, lambda inputs: {"y": inputs["x"]}, custom_config={"factor": 3})


def test_what_the_function_raises_itself_is_passed_on():
    def preprocessing_fn(inputs):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        tft.analyze(DATA, preprocessing_fn)


def test_the_line_of_an_installed_function_is_named(tmp_path):
    file = tmp_path / "site-packages" / "installed.py"
    file.parent.mkdir()
    source = "import numpy as np\n\n\ndef preprocessing_fn(inputs):\n    return inputs['nothing']\n"
    file.write_text(source)
    namespace = {}
    exec(compile(source, str(file), "exec"), namespace)
    with pytest.raises(ColumnError, match=r"in installed\.py, line 5: return inputs"):
        tft.analyze(pa.table({"x": [1]}), namespace["preprocessing_fn"])
