"""Parameters survive being written down."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from minitfx import RuntimeParameter
from minitfx.errors import ParameterError
from minitfx.parameter import decode, encode, runtime_parameters, substitute
from minitfx.proto.pusher_pb2 import PushDestination

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(plain)
def test_any_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_numbers_that_json_cannot_write_come_back() -> None:
    back = decode(json.loads(json.dumps(encode([math.inf, -math.inf, math.nan]))))
    assert back[:2] == [math.inf, -math.inf]
    assert math.isnan(back[2])


def test_a_dict_that_looks_like_a_tag_comes_back() -> None:
    assert decode(encode({"$float": "1"})) == {"$float": "1"}


def test_a_message_comes_back() -> None:
    message = PushDestination(filesystem=PushDestination.Filesystem(base_directory="/x"))
    assert decode(encode(message)) == message


def test_an_estimator_comes_back_with_all_it_was_given() -> None:
    estimator = make_pipeline(
        StandardScaler(with_mean=False),
        FunctionTransformer(np.log1p),
        FunctionTransformer(math.floor),
        TransformedTargetRegressor(Ridge(alpha=0.3)),
    )
    back = decode(json.loads(json.dumps(encode(estimator))))
    assert repr(back) == repr(estimator)
    assert clone(back).named_steps["transformedtargetregressor"].regressor.alpha == 0.3


def test_arrays_come_back_bit_for_bit() -> None:
    array = np.array([[0.1, np.nan], [np.inf, -0.0]])
    back = decode(json.loads(json.dumps(encode({"priors": array}))))["priors"]
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()
    with pytest.raises(ParameterError, match="array of Python objects"):
        encode(np.array([object()]))


@dataclass(frozen=True)
class Options:
    depth: int

    def to_json(self) -> dict[str, Any]:
        return {"depth": self.depth}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> Options:
        return cls(**written)


def test_a_dataclass_with_to_json_comes_back() -> None:
    assert decode(json.loads(json.dumps(encode(Options(3))))) == Options(3)


def test_types_sets_paths_and_numpy_scalars_are_written() -> None:
    assert decode(encode({1, 2})) == {1, 2}
    assert decode(encode(LogisticRegression)) is LogisticRegression
    assert encode(Path("a") / "b") == str(Path("a") / "b")
    assert encode(np.int64(3)) == 3


def test_what_cannot_be_written_is_named_with_its_place() -> None:
    with pytest.raises(ParameterError, match=r"x\['a'\]\[1\] is a builtins.object"):
        encode({"a": [1, object()]}, "x")


def test_runtime_parameters_are_found_and_replaced_anywhere() -> None:
    value = {"a": [RuntimeParameter("x", int, 1)], "b": (RuntimeParameter("y", str, "s"),)}
    assert [each.name for each in runtime_parameters(value)] == ["x", "y"]
    assert substitute(value, {"x": 5, "y": "t"}) == {"a": [5], "b": ("t",)}
