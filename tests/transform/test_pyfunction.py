"""Python functions in a graph: what they get, what they may return, and where they come from."""

import functools
import sys

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft
from minitfx.errors import ModelRefusedError, TransformError

DATA = pa.table(
    {
        "x": [1.0, None, 4.0],
        "i": [1, 2, 3],
        "s": ["a", None, "ccc"],
        "pair": pa.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], pa.list_(pa.float64(), 2)),
        "list": [[1, 2], None, []],
    }
)


def apply(function, kind, *names, data=DATA):
    graph = tft.analyze(
        data,
        lambda inputs: {
            "y": tft.apply_pyfunc(function, kind, False, None, *(inputs[n] for n in names))
        },
    )
    return graph.transform(data)["y"].to_pylist()


def test_functions_get_arrays_and_return_one_value_a_row():
    assert apply(np.sqrt, float, "x")[0::2] == [1.0, 2.0]
    assert np.isnan(apply(np.sqrt, float, "x")[1])
    assert apply(lambda i, pair: i + pair[:, 0], float, "i", "pair") == [2.0, 5.0, 8.0]
    assert apply(lambda pair: pair.sum(axis=1), float, "pair") == [3.0, 7.0, 11.0]
    assert apply(lambda s: [None if t is None else t * 2 for t in s], str, "s") == [
        "aa",
        None,
        "cccccc",
    ]
    assert apply(lambda lists: [-1 if v is None else len(v) for v in lists], int, "list") == [
        2,
        -1,
        0,
    ]
    assert apply(lambda i: i > 1, bool, "i") == [0, 1, 1]
    assert apply(lambda i: [None, 2, 3], int, "i") == [None, 2, 3]


def wrong_length(values):
    return values[:-1]


def wrong_kind(values):
    return ["a"] * len(values)


def halves(values):
    return values / 2


def numbers_as_text(values):
    return values


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (wrong_length, int, r"wrong_length returned an array of shape \(2,\) for 3 rows"),
        (wrong_kind, float, "wrong_kind returned <U1, which is no float64"),
        (halves, int, "halves returned float64, which is no int64"),
        (numbers_as_text, str, "numbers_as_text returned 1; expected text"),
    ],
)
def test_what_a_function_returns_wrong_is_said_with_the_line(function, kind, message):
    with pytest.raises(TransformError, match=message) as caught:
        apply(function, kind, "i")
    assert "tft.apply_pyfunc(function, kind, False, None" in str(caught.value)


def test_missing_integers_must_be_filled_first():
    data = pa.table({"i": [1, None]})
    with pytest.raises(TransformError, match="a cell of kind int is missing"):
        apply(lambda i: i, int, "i", data=data)


def test_a_function_is_not_called_for_no_rows():
    """An empty array has no maximum."""
    data = pa.table({"x": pa.array([], pa.float64())})
    for kind in (int, float, bool, str):
        graph = tft.analyze(
            data,
            lambda i, kind=kind: {"y": tft.apply_pyfunc(np.max, kind, False, None, i["x"])},
        )
        assert graph.transform(data)["y"].to_pylist() == []


@pytest.mark.parametrize(
    ("function", "kind", "expected"),
    [
        (lambda mean: mean * 10, float, 20.0),
        (lambda mean: int(mean), int, 2),
        (lambda mean: f"about {mean}", str, "about 2.0"),
    ],
)
def test_a_function_of_constants_is_called_once_for_all_rows(function, kind, expected):
    data = pa.table({"x": [1.0, 3.0]})
    calls = []

    def counted(mean):
        calls.append(mean)
        return function(mean)

    graph = tft.analyze(
        data, lambda i: {"y": tft.apply_pyfunc(counted, kind, False, None, tft.mean(i["x"]))}
    )
    assert graph.transform(data)["y"].to_pylist() == [expected] * 2
    assert calls == [2.0]


MODULE = """
import numpy as np

FACTOR = 3

def tripled(values):
    return values * FACTOR

class Scaler:
    @staticmethod
    def halved(values):
        return values / 2
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project module on the path, that another process would not have."""
    (tmp_path / "my_features.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    forget()


def forget():
    for name in [name for name in sys.modules if "my_features" in name]:
        del sys.modules[name]


def save_with(project, folder):
    import my_features

    def preprocessing_fn(inputs):
        return {
            "t": tft.apply_pyfunc(my_features.tripled, float, False, None, inputs["x"]),
            "h": tft.apply_pyfunc(my_features.Scaler.halved, float, False, None, inputs["x"]),
            "m": tft.mean(tft.apply_pyfunc(my_features.tripled, float, False, None, inputs["x"])),
        }

    tft.analyze(pa.table({"x": [1.0, 3.0]}), preprocessing_fn).save(folder)


def test_the_projects_own_module_needs_nobody_to_vouch_for_it(project, tmp_path):
    save_with(project, tmp_path / "graph")
    found = tft.load(tmp_path / "graph").transform(pa.table({"x": [2.0]})).to_pydict()
    assert found == {"t": [6.0], "h": [1.0], "m": [6.0]}


def test_elsewhere_the_source_runs_only_if_somebody_vouches_for_it(project, tmp_path, monkeypatch):
    save_with(project, tmp_path / "graph")
    (project / "my_features.py").unlink()
    forget()
    monkeypatch.undo()
    with pytest.raises(ModelRefusedError, match="calls the Python function tripled of my_features"):
        tft.load(tmp_path / "graph")
    found = tft.load(tmp_path / "graph", trust=True).transform(pa.table({"x": [2.0]}))
    assert found.to_pydict() == {"t": [6.0], "h": [1.0], "m": [6.0]}


def test_a_module_that_has_changed_is_not_the_same(project, tmp_path):
    save_with(project, tmp_path / "graph")
    (project / "my_features.py").write_text(MODULE.replace("FACTOR = 3", "FACTOR = 5"))
    forget()
    with pytest.raises(ModelRefusedError, match="no such module with the same source"):
        tft.load(tmp_path / "graph")
    trusted = tft.load(tmp_path / "graph", trust=True)
    assert trusted.transform(pa.table({"x": [2.0]}))["t"].to_pylist() == [6.0]


def test_another_module_that_it_uses_must_be_the_same(project, tmp_path, monkeypatch, caplog):
    (project / "my_features.py").write_text(
        MODULE.replace("FACTOR = 3", "from my_features_of import FACTOR")
    )
    (project / "my_features_of.py").write_text("FACTOR = 3\n")
    save_with(project, tmp_path / "graph")
    rows = pa.table({"x": [2.0]})
    assert tft.load(tmp_path / "graph").transform(rows)["t"].to_pylist() == [6.0]
    (project / "my_features_of.py").write_text("FACTOR = 5.0\n")
    forget()
    with pytest.raises(ModelRefusedError, match="uses my_features_of, and that has changed"):
        tft.load(tmp_path / "graph")
    assert tft.load(tmp_path / "graph", trust=True).transform(rows)["t"].to_pylist() == [10.0]
    assert "uses my_features_of, and that has changed" in caplog.text
    forget()
    monkeypatch.undo()
    with pytest.raises(
        TransformError, match="other modules of the project must be on Python's path"
    ):
        tft.load(tmp_path / "graph", trust=True)


def test_a_function_of_a_library_is_found_again_by_name(tmp_path):
    graph = tft.analyze(
        DATA, lambda i: {"y": tft.apply_pyfunc(np.square, float, False, None, i["x"])}
    )
    graph.save(tmp_path)
    assert not (tmp_path / "transform_fn" / "assets" / "code").exists()
    assert tft.load(tmp_path).transform(DATA)["y"].to_pylist()[0] == 1.0


class Shifted:
    def __call__(self, values):
        return values + 1


SHIFTED = Shifted()


@pytest.mark.parametrize(
    "function",
    [
        lambda values: values,
        SHIFTED,
        SHIFTED.__call__,
        functools.partial(np.add, 1),
        np.vectorize(lambda v: v),
    ],
)
def test_a_function_that_only_this_process_has_cannot_be_saved(tmp_path, function):
    graph = tft.analyze(
        DATA, lambda i: {"y": tft.apply_pyfunc(function, float, False, None, i["x"])}
    )
    with pytest.raises(TransformError, match="which only this process has"):
        graph.save(tmp_path)
    assert not (tmp_path / "transform_fn" / "graph.json").exists()
