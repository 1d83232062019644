"""What a function of the transform is given by mistake, and what it says."""

import inspect

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft
from minitfx.errors import TransformError

DATA = pa.table(
    {
        "x": [1.0, 2.0, 3.0],
        "s": ["a", "b", "c"],
        "t": pa.array([0, 1, 2], pa.timestamp("s")),
    }
)
SETTINGS = {
    "num_buckets": 3,
    "vocab_size": 3,
    "depth": 3,
    "hash_buckets": 3,
    "ngram_range": (1, 2),
    "separator": " ",
    "to": "int",
    "output_dim": 1,
    "shape": [None, 2],
    "matrix": [1, 2],
    "bucket_boundaries": [1, 2],
}
FIRST = ("x", "columns", "condition", "strings", "tokens", "key", "input_tensor", "segment_ids")
FIRST += ("transformed_feature", "estimator")


def failure(preprocessing_fn):
    with pytest.raises(TransformError) as caught:
        tft.analyze(DATA, preprocessing_fn).transform(DATA)
    return str(caught.value)


def takes_columns(name):
    function = getattr(tft, name)
    if not inspect.isfunction(function):
        return False
    return next(iter(inspect.signature(function).parameters), None) in FIRST


@pytest.mark.parametrize(
    "given", ["x", None, 3.0, DATA["x"]], ids=["text", "none", "number", "array"]
)
@pytest.mark.parametrize("name", [name for name in tft.__all__ if takes_columns(name)])
def test_what_is_no_column_is_refused_with_the_line_whatever_the_function(name, given):
    function = getattr(tft, name)
    required = [
        each
        for each, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]

    def preprocessing_fn(inputs):
        return {"y": function(*(SETTINGS.get(each, given) for each in required))}

    assert "in test_refusal.py, line" in failure(preprocessing_fn)


def forgets_inputs(inputs):
    return {"y": tft.vocabulary("s")}


def passes_one_column_for_many(inputs):
    return {"y": tft.join(inputs["s"])}


def writes_into_a_text(inputs):
    return {"y": f"{inputs['x']}"}


def averages_with_numpy(inputs):
    return {"y": np.mean(inputs["x"])}


def writes_half_an_expression(inputs):
    return {"y": inputs["s"].replace("(", "")}


def refers_to_no_group(inputs):
    return {"y": inputs["s"].replace("a", r"\1")}


def compares_with_none(inputs):
    return {"y": inputs["x"] == None}  # noqa: E711 - what is refused


def adds_too_much(inputs):
    return {"y": inputs["x"] + 2**64}


def subtracts_times(inputs):
    return {"y": inputs["t"] - inputs["t"]}


def gives_a_class(inputs):
    from sklearn.preprocessing import StandardScaler

    return {"y": tft.sklearn(StandardScaler, [inputs["x"]])}


def hashes_floats(inputs):
    return {"y": tft.hash_strings(inputs["x"], 9)}


def fails_in_python(inputs):
    return {"y": tft.apply_pyfunc(lambda x: x.no_such, float, False, None, inputs["x"])}


REFUSALS = {
    forgets_inputs: "tft.vocabulary takes a deferred column, such as inputs['fare']; found 's', a "
    "str; did you mean inputs['s']?",
    passes_one_column_for_many: "tft.join takes a list of columns; found <Column s: string>",
    writes_into_a_text: "cannot stand in an f-string; use tft.join",
    averages_with_numpy: "np.mean cannot be recorded",
    writes_half_an_expression: "'(' is no regular expression",
    refers_to_no_group: "is no regular expression: invalid group reference",
    compares_with_none: "Missing cells are found by column.is_missing()",
    adds_too_much: "18446744073709551616 does not fit into 64 bits; write it as a float",
    subtracts_times: ".cast('float') gives seconds since 1970",
    gives_a_class: "takes a transformer, such as StandardScaler(); found <class",
    hashes_floats: "tft.hash_strings takes text or integers; found float",
    fails_in_python: "<lambda> raised AttributeError(",
}


@pytest.mark.parametrize("function", REFUSALS, ids=lambda function: function.__name__)
def test_mistakes_are_refused_with_the_line_and_what_to_do(function):
    message = failure(function)
    assert REFUSALS[function] in message
    first = function.__code__.co_firstlineno
    assert any(f"test_refusal.py, line {first + n}" in message for n in range(4)), message


def passed_on(function):
    return function


@passed_on
@passed_on
def gives_a_list(inputs):
    return {"y": [1.0]}


def test_a_wrong_result_is_said_with_the_line_below_the_decorators():
    assert "test_refusal.py, line" in failure(gives_a_list)
    assert failure(gives_a_list).endswith(": def gives_a_list(inputs):")


def takes_nothing():
    return {}


def takes_more(inputs, more):
    return {}


@pytest.mark.parametrize("function", [takes_nothing, takes_more])
def test_a_function_of_other_parameters_is_refused_with_the_line(function):
    message = failure(function)
    assert "expected a function preprocessing_fn(inputs) or (inputs, custom_config)" in message
    assert "in test_refusal.py, line" in message


def test_what_is_no_function_is_refused():
    assert "is 'model.preprocessing_fn'; expected" in failure("model.preprocessing_fn")
