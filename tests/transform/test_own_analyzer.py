"""Analyzers of the user's own, beside numpy."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft
from minitfx.ambient import surround
from minitfx.errors import TransformError

RANDOM = np.random.default_rng(3)
DATA = pa.table(
    {
        "s": [f"k{n}" for n in RANDOM.integers(0, 3, 400)],
        "x": pa.array(RANDOM.integers(1, 9, 400).astype(float), mask=RANDOM.random(400) < 0.1),
    }
)
own = tft.experimental.ptransform_analyzer


class MeanPerKey:
    """TFT's example of an analyzer of one's own."""

    def __init__(self, sums=None, counts=None):
        self.sums, self.counts = sums or Counter(), counts or Counter()

    def zero(self):
        return type(self)()

    def add(self, arrays):
        sums, counts = Counter(self.sums), Counter(self.counts)
        for key, value in zip(*arrays, strict=True):
            if not np.isnan(value):
                sums[key] += value
                counts[key] += 1
        return type(self)(sums, counts)

    def merge(self, other):
        return type(self)(self.sums + other.sums, self.counts + other.counts)

    def result(self):
        keys = sorted(self.counts)
        return keys, [self.sums[key] / self.counts[key] for key in keys]


def per_key(inputs):
    keys, means = own([inputs["s"], inputs["x"]], MeanPerKey(), [str, np.float32], [[3], [None]])
    return {"keys": keys, "means": means, "share": inputs["x"] / means.element(0)}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_mean_per_key_is_that_of_plain_numpy(tmp_path, workers):
    with surround(workers=workers):
        parts = {str(at): DATA.slice(at, 100) for at in range(0, 400, 100)}
        graph = tft.analyze(parts, per_key)
    graph.save(tmp_path)
    x, s = DATA["x"].to_numpy(zero_copy_only=False), np.array(DATA["s"].to_pylist())
    expected = [np.nanmean(x[s == key]) for key in ("k0", "k1", "k2")]
    for each in (graph, tft.load(tmp_path)):
        found = each.transform(DATA)
        assert found["keys"][0].as_py() == ["k0", "k1", "k2"]
        assert found["means"][7].as_py() == pytest.approx(expected, rel=1e-12)
        share = found["share"].to_numpy(zero_copy_only=False)
        assert np.allclose(share, x / expected[0], equal_nan=True)


def test_an_output_may_be_a_vocabulary(tmp_path):
    class Rarest(MeanPerKey):
        def result(self):
            return [b"rare", "k1"]

    def function(inputs):
        (tokens,) = own([inputs["s"], inputs["x"]], Rarest(), [str], [[]], [b""], name="rarest")
        return {"y": tft.apply_vocabulary(inputs["s"], tokens)}

    graph = tft.analyze(DATA, function)
    graph.save(tmp_path)
    assert (tmp_path / "transform_fn/assets/rarest").read_text() == "rare\nk1\n"
    rows = pa.table({"s": ["k1", "rare", "k0"]})
    assert tft.load(tmp_path).transform(rows)["y"].to_pylist() == [1, 0, -1]


class Unreadable:
    def __init__(self, table):
        self.schema, self.rows = table.schema, table.num_rows

    def chunks(self, columns=None):
        raise AssertionError("this data set was read")


def made(arrays):
    values = arrays[0][~np.isnan(arrays[0])]
    return np.array([values.sum(), values.size])


def merged(parts):
    return np.sum(np.array(parts).reshape(-1, 2), axis=0)


def cacheable(make=made):
    coder = tft.experimental.SimpleJsonPTransformAnalyzerCacheCoder()
    extract = lambda kept: kept[0] / max(kept[1], 1)  # noqa: E731
    return tft.experimental.CacheablePTransformAnalyzer(make, merged, extract, coder)


def mean_by_hand(make=made):
    def preprocessing_fn(inputs):
        (mean,) = own([inputs["x"]], cacheable(make), [float], [[]])
        return {"x": inputs["x"] - mean}

    return preprocessing_fn


def test_what_can_be_kept_is_not_read_twice(tmp_path):
    first, second = DATA.slice(0, 150), DATA.slice(150)
    cache = tft.AnalyzerCache(new=tmp_path)
    tft.analyze({"1": first}, mean_by_hand(), cache=cache)
    again = tft.AnalyzerCache(old=tmp_path)
    graph = tft.analyze({"1": Unreadable(first), "2": second}, mean_by_hand(), cache=again)
    assert again.hits == 1
    expected = np.nanmean(DATA["x"].to_numpy(zero_copy_only=False))
    assert list(graph.constants.values()) == [pytest.approx(expected, rel=1e-12)]


def test_another_function_and_an_accumulator_are_read_again(tmp_path):
    tft.analyze({"1": DATA}, mean_by_hand(), cache=tft.AnalyzerCache(new=tmp_path / "one"))
    cache = tft.AnalyzerCache(old=tmp_path / "one")
    tft.analyze({"1": DATA}, mean_by_hand(lambda arrays: made(arrays) * 2), cache=cache)
    assert cache.hits == 0
    tft.analyze({"1": DATA}, per_key, cache=tft.AnalyzerCache(new=tmp_path / "two"))
    assert not list((tmp_path / "two").rglob("*.arrow"))


def test_no_rows_give_what_the_analyzer_says_of_nothing():
    nothing = DATA.slice(0, 0)
    assert list(tft.analyze(nothing, mean_by_hand()).constants.values()) == [0.0]


class Raises(MeanPerKey):
    def add(self, arrays):
        raise KeyError("no such key")


def of(ptransform, dtypes=(float,), shapes=((),), columns="sx"):
    return lambda i: {"y": own([i[name] for name in columns], ptransform, dtypes, shapes)[0]}


class BeamTransform:
    def expand(self, collection):
        return collection


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (of(Raises()), r"Raises raised KeyError\('no such key'\)"),
        (of(MeanPerKey()), r"output 0 of MeanPerKey has shape \(2,"),
        (of(MeanPerKey(), [float] * 3, [[]] * 3), "gave 2 outputs; expected 3"),
        (of(MeanPerKey(), [str, float], [[2], [3]]), r"has shape \(3,\); expected \(2,\)"),
        (of(MeanPerKey(), [int, float], [[3], [3]]), "say the right Tout|is no int64"),
        (of(MeanPerKey(), [str], [[3], [3]]), "1 output_dtypes, 2 output_shapes"),
        (of(BeamTransform()), "a Beam transform cannot run here. Expected an object with zero"),
        (of(MeanPerKey), "ptransform is <class"),
        (lambda i: {"y": own(i["x"], MeanPerKey(), [float], [[]])[0]}, "takes a list of columns"),
        (lambda i: {"y": own([tft.mean(i["x"])], MeanPerKey(), [float], [[]])[0]}, "constants"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_line(function, message):
    with pytest.raises(TransformError, match=message) as found:
        tft.analyze(DATA, function)
    assert "in test_own_analyzer.py, line" in str(found.value)
