"""Fitting: passes, chunks, workers, and answers beside independent ones."""

from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

import minitfx.transform as tft
from minitfx import ambient
from minitfx.dataset.source import MemoryChunk, open_source
from minitfx.errors import ColumnError, TransformError
from minitfx.kernels import ProcessEngine


@dataclass
class CountingSource:
    """A table in chunks of so many rows that remembers what was read of it."""

    table: pa.Table
    rows_per_chunk: int
    reads: list = field(default_factory=list)

    @property
    def schema(self):
        return self.table.schema

    @property
    def rows(self):
        return self.table.num_rows

    def chunks(self, columns=None):
        self.reads.append(tuple(columns or self.table.schema.names))
        table = self.table.select(self.reads[-1])
        starts = range(0, self.rows, self.rows_per_chunk)
        return [
            MemoryChunk(table.slice(start, self.rows_per_chunk), index)
            for index, start in enumerate(starts)
        ]


def make_table(rows=5_000, seed=7):
    random = np.random.default_rng(seed)
    x = random.normal(50, 20, rows)
    return pa.table(
        {
            "x": pa.array(x, mask=random.random(rows) < 0.1),
            "i": random.integers(-5, 30, rows),
            "c": pa.array([f"c{n}" for n in random.zipf(1.5, rows) % 97]),
            "k": pa.array([f"k{n}" for n in random.integers(0, 6, rows)]),
            "y": (random.random(rows) < 0.3).astype(int),
        }
    )


def preprocessing_fn(inputs):
    x, i, c, k = inputs["x"], inputs["i"], inputs["c"], inputs["k"]
    return {
        "z": tft.scale_to_z_score(x),
        "s": tft.scale_to_0_1(i),
        "b": tft.bucketize(x, 8),
        "v": tft.compute_and_apply_vocabulary(c, top_k=40, num_oov_buckets=3),
        "zk": tft.scale_to_z_score_per_key(x, k),
        "bk": tft.bucketize_per_key(x, k, 4),
        "t": tft.target_encode(c, inputs["y"]),
        "g": tft.scale_to_gaussian(x),
        "cov": tft.covariance(tft.stack([x.fill_missing(0.0), i])),
    }


def saved(graph, folder):
    graph.save(folder)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_analyzers_agree_with_sql():
    table = make_table()
    sql = duckdb.from_arrow(table).query
    graph = tft.analyze(CountingSource(table, 333), preprocessing_fn)
    mean, var, low, high = sql(
        "rows", "SELECT avg(x), var_pop(x), min(i), max(i) FROM rows"
    ).fetchone()
    assert graph.constants["mean(x)"] == pytest.approx(mean, rel=1e-12)
    assert graph.constants["variance(x)"] == pytest.approx(var, rel=1e-12)
    assert (graph.constants["lowest(i)"], graph.constants["highest(i)"]) == (low, high)
    tokens = sql(
        "rows", "SELECT c FROM rows GROUP BY c ORDER BY count(*) DESC, c DESC LIMIT 40"
    ).fetchall()
    assert graph.vocabulary("v") == [token for (token,) in tokens]
    keyed = sql("rows", "SELECT k, avg(x), stddev_pop(x) FROM rows GROUP BY k").fetchall()
    found = graph.transform(table)["zk"].to_pylist()
    scales = {key: (m, d) for key, m, d in keyed}
    for value, key, z in zip(table["x"].to_pylist(), table["k"].to_pylist(), found, strict=True):
        m, d = scales[key]
        assert z is None if value is None else z == pytest.approx((value - m) / d, abs=1e-9)


def test_quantiles_are_order_statistics():
    table = make_table()
    graph = tft.analyze(CountingSource(table, 100), lambda i: {"q": tft.quantiles(i["x"], 8)})
    ordered = sorted(value for value in table["x"].to_pylist() if value is not None)
    expected = [ordered[len(ordered) * part // 8] for part in range(1, 8)]
    assert graph.transform(table.slice(0, 1))["q"].to_pylist() == [expected]


def test_quantiles_of_many_values_are_off_by_a_thousandth_in_rank():
    random = np.random.default_rng(5)
    values = np.concatenate([random.normal(0, 1, 60_000), random.lognormal(3, 2, 60_000)])
    graph = tft.analyze(pa.table({"x": values}), lambda i: {"q": tft.quantiles(i["x"], 100)})
    found = np.array(graph.constants["quantiles(x, num_buckets=100)"])
    ranks = np.searchsorted(np.sort(values), found) / len(values)
    assert np.abs(ranks - np.arange(1, 100) / 100).max() < 0.0011


@pytest.mark.parametrize("weighted", [False, True])
def test_values_spread_very_unevenly_are_counted_exactly_after_all(weighted, caplog):
    random = np.random.default_rng(6)
    near = 1.0 + random.random(60_000) * 1e-9
    far = np.sign(random.normal(size=60_000)) * 10.0 ** random.uniform(-300, 300, 60_000)
    values = random.permutation(np.concatenate([near, far]))
    data = pa.table({"x": values, "w": np.ones(len(values))})
    graph = tft.analyze(
        data,
        lambda i: {"q": tft.quantiles(i["x"], 100, weights=i["w"] if weighted else None)},
    )
    found = graph.transform(data.slice(0, 1))["q"].to_pylist()[0]
    ranks = np.searchsorted(np.sort(values), found) / len(values)
    assert np.abs(ranks - np.arange(1, 100) / 100).max() < 0.003
    assert "spread so unevenly" in caplog.text


def test_integer_extremes_and_sums_are_exact():
    big = 2**62 + 1
    data = pa.table({"i": [big, big, big, -3]})
    graph = tft.analyze(data, lambda inputs: {"high": tft.max(inputs["i"])})
    assert graph.transform(data)["high"].to_pylist()[0] == big
    fitting = tft.analyze(data.slice(2), lambda inputs: {"sum": tft.sum(inputs["i"])})
    assert fitting.constants == {"total(i)": big - 3}
    with pytest.raises(
        TransformError, match=f"the sum is {3 * big - 3}, which 64 bits cannot hold"
    ):
        tft.analyze(data, lambda inputs: {"sum": tft.sum(inputs["i"])})


def test_a_mapping_of_columns_is_no_mapping_of_data_sets():
    with pytest.raises(TransformError, match="'x' is a list: a mapping names data sets"):
        tft.analyze({"x": [1, 2]}, lambda inputs: {"y": inputs["x"]})


def test_nan_and_infinity_do_not_spoil_a_column():
    data = pa.table({"x": [1.0, float("nan"), 3.0, float("inf")]})

    def function(inputs):
        return {"z": tft.scale_to_z_score(inputs["x"]), "b": tft.bucketize(inputs["x"], 2)}

    found = tft.analyze(data, function).transform(data).to_pydict()
    assert found["z"][0::2] == [-1.0, 1.0]
    assert np.isnan(found["z"][1]) and found["z"][3] == float("inf")
    assert found["b"] == [0, 1, 1, 1]
    values = np.random.default_rng(1).lognormal(size=200)
    spoiled = pa.table({"x": np.append(values, [float("inf"), -float("inf"), float("nan")])})

    def gaussian(inputs):
        return {"g": tft.scale_to_gaussian(inputs["x"])}

    whole = tft.analyze(pa.table({"x": values}), gaussian).transform(spoiled)
    assert tft.analyze(spoiled, gaussian).transform(spoiled)["g"][:200] == whole["g"][:200]
    lows = tft.analyze(data, lambda i: {"s": tft.scale_to_0_1(i["x"].clip(None, 5.0))})
    assert lows.transform(data)["s"].to_pylist()[0] == 0.0


def test_the_graph_is_the_same_bytes_for_any_workers_and_engine(tmp_path):
    table = make_table(20_000)
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path, row_group_size=1_500)
    serial = saved(tft.analyze(path, preprocessing_fn), tmp_path / "serial")
    with ambient.surround(workers=2):
        threads = saved(tft.analyze(path, preprocessing_fn), tmp_path / "threads")
    with ambient.surround(engine=ProcessEngine(2)):
        processes = saved(tft.analyze(path, preprocessing_fn), tmp_path / "processes")
    assert serial == threads == processes


def test_another_chunking_changes_only_the_last_bits_of_sums(tmp_path):
    table = make_table()
    fine = tft.analyze(CountingSource(table, 97), preprocessing_fn)
    coarse = tft.analyze(table, preprocessing_fn)
    assert fine.vocabularies == coarse.vocabularies
    for name, value in coarse.constants.items():
        assert np.ravel(fine.constants[name]) == pytest.approx(np.ravel(value), rel=1e-12), name


def test_text_read_as_dictionaries_gives_the_same_graph(tmp_path):
    table = make_table()
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path)
    plain = saved(tft.analyze(CountingSource(table, 10**6), preprocessing_fn), tmp_path / "plain")
    assert saved(tft.analyze(path, preprocessing_fn), tmp_path / "file") == plain


def test_analyzers_of_one_level_share_a_pass_and_only_needed_columns_are_read():
    source = CountingSource(make_table(), 1_000)

    def function(inputs):
        scaled = tft.scale_to_0_1(inputs["x"])
        return {
            "nested": tft.scale_to_z_score(scaled * scaled),
            "plain": tft.scale_to_z_score(inputs["x"]),
            "again": tft.mean(inputs["x"]) + tft.var(inputs["x"]),
            "i": tft.bucketize(inputs["i"], 3),
        }

    graph = tft.analyze(source, function)
    assert source.reads == [("i", "x"), ("x",)]
    assert [each.columns for each in graph.plan] == [("i", "x"), ("x",)]
    assert graph.plan[0].analyzers.count("moments(x)") == 1
    assert "pass 2 reads x" in graph.describe()


def test_nested_analyzers_see_what_earlier_ones_found():
    table = make_table()
    graph = tft.analyze(table, lambda i: {"m": tft.mean(tft.scale_to_0_1(i["i"]) ** 2)})
    i = np.array(table["i"].to_pylist(), float)
    expected = (((i - i.min()) / (i.max() - i.min())) ** 2).mean()
    assert graph.transform(table)["m"][0].as_py() == pytest.approx(expected, rel=1e-12)


def test_several_data_sets_are_one():
    table = make_table()
    halves = {"a": table.slice(0, 2_000), "b": table.slice(2_000)}
    apart, whole = tft.analyze(halves, preprocessing_fn), tft.analyze(table, preprocessing_fn)
    assert apart.vocabularies == whole.vocabularies
    assert apart.constants["mean(x)"] == pytest.approx(whole.constants["mean(x)"], rel=1e-12)


def test_a_data_frame_will_do():
    frame = make_table().to_pandas()
    graph = tft.analyze(frame, lambda i: {"z": tft.scale_to_z_score(i["x"])})
    assert graph.constants["mean(x)"] == pytest.approx(frame["x"].mean(), rel=1e-12)
    assert graph.transform(frame).num_rows == len(frame)


def test_without_rows_scaling_leaves_values_and_a_vocabulary_has_one_token():
    data = make_table(0)

    def function(inputs):
        return {
            "z": tft.scale_to_z_score(inputs["x"]),
            "s": tft.scale_to_0_1(inputs["x"]),
            "q": tft.quantiles(inputs["x"], 2),
            "v": tft.compute_and_apply_vocabulary(inputs["c"]),
        }

    graph = tft.analyze(data, function)
    row = graph.transform(pa.table({"x": [3.0], "c": ["c1"]})).to_pydict()
    assert row == {"z": [3.0], "s": [pytest.approx(0.95257413)], "q": [[0.0]], "v": [-1]}
    assert len(graph.vocabulary("v")) == 1


def test_a_schema_says_which_columns_there_are_and_which_are_never_missing(tmp_path):
    schema = schema_pb2.Schema()
    fixed = schema.feature.add(name="i", type=schema_pb2.INT)
    fixed.presence.min_fraction = 1.0
    fixed.shape.SetInParent()
    schema.feature.add(name="x", type=schema_pb2.FLOAT)
    schema.feature.add(name="gone", type=schema_pb2.FLOAT)

    def function(inputs):
        assert list(inputs) == ["i", "x"]
        return {"i": inputs["i"] + 1, "x": inputs["x"] + 1, "f": inputs["x"].fill_missing(0.0)}

    graph = tft.analyze(make_table(), function, schema)
    graph.save(tmp_path)
    spec = tft.TFTransformOutput(tmp_path).transformed_feature_spec()
    assert spec == {
        "f": tft.FixedLenFeature((), "float64"),
        "i": tft.FixedLenFeature((), "int64"),
        "x": tft.VarLenFeature("float64"),
    }
    with pytest.raises(ColumnError, match="none of the schema's features"):
        tft.analyze(pa.table({"other": [1]}), function, schema)


def test_a_failing_operation_names_the_line():
    data = pa.table({"s": ["1", "two"]})

    def function(inputs):
        return {"y": tft.mean(inputs["s"].cast("int"))}

    with pytest.raises(TransformError) as caught:
        tft.analyze(data, function)
    assert "cannot cast the text 'two' to int" in str(caught.value)
    assert 'return {"y": tft.mean(inputs["s"].cast("int"))}' in str(caught.value)


def test_nothing_to_analyze_is_said():
    with pytest.raises(TransformError, match="no data set"):
        tft.analyze({}, preprocessing_fn)


def test_progress_is_reported():
    seen = []
    with ambient.surround(observer=seen.append):
        tft.analyze(CountingSource(make_table(), 1_000), lambda i: {"m": tft.mean(i["x"])})
    assert [(each.done, each.total) for each in seen] == [(n, 5) for n in range(1, 6)]


def test_opening_a_source_twice_reads_the_same(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(make_table(), path)
    source = open_source(path)
    assert tft.analyze(source, preprocessing_fn).constants.keys() == (
        tft.analyze(path, preprocessing_fn).constants.keys()
    )
