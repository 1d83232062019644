"""The analyzer cache: the same answers, and nothing read twice."""

import importlib
import sys
from threading import Lock

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft
from minitfx.errors import StorageError, TransformError
from minitfx.transform.cache import read_state, write_state


def span(seed, rows=400):
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "x": pa.array(random.normal(seed, 3, rows), mask=random.random(rows) < 0.1),
            "i": random.integers(-4, 40, rows),
            "c": pa.array([f"c{n}" for n in random.zipf(1.6, rows) % 23]),
            "k": pa.array([f"k{n}" for n in random.integers(0, 3, rows)]),
            "y": random.integers(0, 2, rows),
        }
    )


class Unreadable:
    """A data set of which only the schema can be had."""

    def __init__(self, table):
        self.schema, self.rows = table.schema, table.num_rows

    def chunks(self, columns=None):
        raise AssertionError("this data set was read")


def preprocessing_fn(inputs):
    x, i, c, k, y = (inputs[name] for name in "xicky")
    tft.vocabulary(c, labels=y, vocab_filename="informed")
    tft.vocabulary(c, weights=x.fill_missing(0.0), vocab_filename="weighted")
    pair = tft.stack([x, i])
    return {
        "z": tft.scale_to_z_score(x),
        "zp": tft.scale_to_z_score(pair, elementwise=True),
        "s": tft.scale_to_0_1(i),
        "n": tft.sum(i) + tft.size(x),
        "b": tft.bucketize(x, 6),
        "v": tft.compute_and_apply_vocabulary(c, top_k=9),
        "zk": tft.scale_to_z_score_per_key(x, k),
        "sk": tft.scale_to_0_1_per_key(x, k),
        "bk": tft.bucketize_per_key(x, k, 4),
        "t": tft.target_encode(c, y),
        "cov": tft.covariance(pair),
        "h": tft.histogram(x, [-9.0, 0.0, 9.0])[0],
        "idf": tft.idf(tft.stack([i % 5, i % 3]), 5),
    }


def same_graph(one, two, tmp_path):
    one.save(tmp_path / "one")
    two.save(tmp_path / "two")
    name = "transform_fn/graph.json"
    return (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_adding_a_span_reads_only_that_and_gives_the_whole_answer(tmp_path):
    first, second = span(1), span(2)
    tft.analyze({"1": first}, preprocessing_fn, cache=tft.AnalyzerCache(new=tmp_path / "cache"))
    again = tft.AnalyzerCache(old=tmp_path / "cache", new=tmp_path / "next")
    cached = tft.analyze({"1": Unreadable(first), "2": second}, preprocessing_fn, cache=again)
    whole = tft.analyze({"1": first, "2": second}, preprocessing_fn)
    assert same_graph(cached, whole, tmp_path)
    assert again.hits == sum(len(each.analyzers) for each in whole.plan)
    last = tft.AnalyzerCache(old=tmp_path / "next")
    both = {"1": Unreadable(first), "2": Unreadable(second)}
    assert same_graph(tft.analyze(both, preprocessing_fn, cache=last), whole, tmp_path)


def test_nested_analyzers_are_found_only_while_the_earlier_ones_agree(tmp_path):
    def nested(inputs):
        return {"m": tft.mean(tft.scale_to_0_1(inputs["i"]))}

    first, second = span(1), span(2)
    tft.analyze({"1": first}, nested, cache=tft.AnalyzerCache(new=tmp_path))
    same = tft.AnalyzerCache(old=tmp_path)
    tft.analyze({"1": Unreadable(first)}, nested, cache=same)
    assert same.hits == 2
    more = tft.AnalyzerCache(old=tmp_path)
    wider = second.set_column(1, "i", pa.array(range(400)))
    graph = tft.analyze({"1": first, "2": wider}, nested, cache=more)
    assert more.hits == 1
    assert graph.constants == tft.analyze({"1": first, "2": wider}, nested).constants


def of_vocabulary(inputs):
    ids = tft.compute_and_apply_vocabulary(inputs["c"], top_k=2, num_oov_buckets=1)
    return {"idf": tft.idf(tft.stack([ids]), 3)}


def of_keys(inputs):
    return {"m": tft.max(tft.scale_to_z_score_per_key(inputs["x"], inputs["k"]))}


def of_a_transformer(inputs):
    from sklearn.preprocessing import MinMaxScaler

    return {"m": tft.mean(tft.sklearn(MinMaxScaler(), [inputs["x"]]))}


@pytest.mark.parametrize("nested", [of_vocabulary, of_keys, of_a_transformer])
def test_what_an_earlier_pass_found_goes_by_its_value_whatever_it_is(tmp_path, nested):
    first = span(1)
    second = span(2).set_column(2, "c", pa.array(["c22"] * 400))
    tft.analyze({"1": first}, nested, cache=tft.AnalyzerCache(new=tmp_path / "cache"))
    cache = tft.AnalyzerCache(old=tmp_path / "cache")
    found = tft.analyze({"1": first, "2": second}, nested, cache=cache)
    assert same_graph(found, tft.analyze({"1": first, "2": second}, nested), tmp_path)


def analyze_with(function, old, new=None):
    """Return how many entries were found for an analyzer behind a Python function."""
    cache = tft.AnalyzerCache(old=old, new=new)

    def nested(inputs):
        return {"m": tft.mean(tft.apply_pyfunc(function, float, False, None, inputs["i"]))}

    tft.analyze({"1": span(1)}, nested, cache=cache)
    return cache.hits


def multiplied_by(factor):
    return lambda values: values * factor


def calls(other):
    def called(values):
        return other(values)

    return called


class Multiplied:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, values):
        return values * self.factor


def guarded(other, lock):
    def called(values):
        with lock:
            return other(values)

    return called


@pytest.mark.parametrize(
    ("function", "same", "other"),
    [
        (multiplied_by(2), multiplied_by(2), multiplied_by(3)),
        (multiplied_by(np.array([2.0])), multiplied_by(np.array([2.0])), multiplied_by(2)),
        (calls(multiplied_by(2)), calls(multiplied_by(2)), calls(multiplied_by(3))),
        (lambda v, by=1: v + by, None, lambda v, by=2: v + by),
        (np.sqrt, np.sqrt, np.square),
        (lambda v: np.sqrt(v), lambda v: np.sqrt(v), lambda v: np.square(v)),
        (Multiplied(2), Multiplied(2), Multiplied(3)),
        (calls(Multiplied(2)), calls(Multiplied(2)), calls(Multiplied(3))),
        (guarded(np.sqrt, Lock()), None, guarded(np.sqrt, Lock())),
    ],
)
def test_a_python_function_goes_by_its_code_and_the_values_that_it_uses(
    tmp_path, function, same, other
):
    analyze_with(function, None, tmp_path)
    assert analyze_with(other, tmp_path) == 0
    if same is not None:
        assert analyze_with(same, tmp_path) == 1


def test_a_function_that_uses_the_projects_modules_is_found_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "own_limits.py").write_text("class Limit:\n    top = 9\n")
    source = "import own_limits\nfrom own_limits import Limit\n\n\ndef cut(values):\n"
    source += "    return values.clip(-Limit.top, own_limits.Limit.top)\n"
    (tmp_path / "own_features.py").write_text(source)
    own_features = importlib.import_module("own_features")
    analyze_with(own_features.cut, None, tmp_path / "cache")
    assert analyze_with(own_features.cut, tmp_path / "cache") == 1
    (tmp_path / "own_limits.py").write_text("class Limit:\n    top = 19\n")
    importlib.reload(sys.modules["own_limits"])
    changed = importlib.reload(own_features)
    assert analyze_with(changed.cut, tmp_path / "cache") == 0


def test_a_long_way_to_an_analyzer_has_a_name_of_its_own(tmp_path):
    def far(steps):
        def preprocessing_fn(inputs):
            x = inputs["x"]
            for _ in range(steps):
                x = x + x
            return {"m": tft.mean(x)}

        return preprocessing_fn

    data = {"1": span(1)}
    tft.analyze(data, far(2_000), cache=tft.AnalyzerCache(new=tmp_path))
    for steps, hits in ((2_000, 1), (1_999, 0)):
        cache = tft.AnalyzerCache(old=tmp_path)
        tft.analyze(data, far(steps), cache=cache)
        assert cache.hits == hits


@pytest.mark.parametrize(
    "other",
    [
        lambda i: {"z": tft.scale_to_z_score(i["x"] + 1)},
        lambda i: {"z": tft.scale_to_z_score(i["i"])},
        lambda i: {"z": tft.scale_to_z_score(tft.stack([i["x"]]), elementwise=True)},
    ],
)
def test_another_operation_before_an_analyzer_is_another_entry(tmp_path, other):
    data = {"1": span(1)}
    tft.analyze(
        data, lambda i: {"z": tft.scale_to_z_score(i["x"])}, cache=tft.AnalyzerCache(new=tmp_path)
    )
    cache = tft.AnalyzerCache(old=tmp_path)
    tft.analyze(data, other, cache=cache)
    assert cache.hits == 0


def test_settings_after_an_analyzer_do_not_matter(tmp_path):
    data = {"1": span(1)}
    tft.analyze(
        data, lambda i: {"b": tft.bucketize(i["x"], 5)}, cache=tft.AnalyzerCache(new=tmp_path)
    )
    cache = tft.AnalyzerCache(old=tmp_path)
    tft.analyze(
        {"1": Unreadable(data["1"])}, lambda i: {"b": tft.bucketize(i["x"], 9)}, cache=cache
    )
    assert cache.hits == 1


def test_a_data_set_of_another_name_is_read(tmp_path):
    tft.analyze({"1": span(1)}, preprocessing_fn, cache=tft.AnalyzerCache(new=tmp_path))
    cache = tft.AnalyzerCache(old=tmp_path)
    tft.analyze({"other": span(1)}, preprocessing_fn, cache=cache)
    assert cache.hits == 0


def test_what_is_no_longer_asked_for_is_left_behind(tmp_path):
    tft.analyze(
        {"1": span(1), "2": span(2)},
        preprocessing_fn,
        cache=tft.AnalyzerCache(new=tmp_path / "old"),
    )
    tft.analyze(
        {"2": span(2)},
        preprocessing_fn,
        cache=tft.AnalyzerCache(old=tmp_path / "old", new=tmp_path / "new"),
    )
    old, new = (sorted(p.name for p in (tmp_path / n).iterdir()) for n in ("old", "new"))
    assert len(old) == 2 and len(new) == 1 and set(new) < set(old)


def test_a_damaged_entry_is_named(tmp_path):
    tft.analyze({"1": span(1)}, preprocessing_fn, cache=tft.AnalyzerCache(new=tmp_path))
    for path in tmp_path.rglob("*.arrow"):
        path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StorageError, match=r"analyzer cache entry .*\.arrow is damaged"):
        tft.analyze({"1": span(1)}, preprocessing_fn, cache=tft.AnalyzerCache(old=tmp_path))


def test_entries_are_not_pickles_and_know_only_their_own_classes(tmp_path):
    from minitfx.transform.accumulators.moments import Sum

    write_state(Sum(True, 2**80, 3), tmp_path / "sum")
    assert read_state(tmp_path / "sum") == Sum(True, 2**80, 3)
    table = pa.ipc.open_file(tmp_path / "sum").read_all()
    hostile = table.replace_schema_metadata({"minitfx": '{"class": "Popen", "fields": {}}'})
    with pa.ipc.new_file(tmp_path / "hostile", hostile.schema) as writer:
        writer.write_table(hostile)
    with pytest.raises(KeyError, match="Popen"):
        read_state(tmp_path / "hostile")


def test_an_analyzer_that_cannot_be_kept_is_computed_again(tmp_path):
    from sklearn.preprocessing import StandardScaler

    def function(inputs):
        return {"s": tft.sklearn(StandardScaler(), [inputs["i"]])}

    tft.analyze({"1": span(1)}, function, cache=tft.AnalyzerCache(new=tmp_path))
    with pytest.raises((AssertionError, TransformError)):
        tft.analyze({"1": Unreadable(span(1))}, function, cache=tft.AnalyzerCache(old=tmp_path))
