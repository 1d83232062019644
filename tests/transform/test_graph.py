"""The fitted graph: saved and read back, and the same for a row alone and in a million."""

import io
import json
import math
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

import minitfx.transform as tft
from minitfx.errors import ColumnError, StorageError, TransformError


def make_table(rows, seed=11):
    random = np.random.default_rng(seed)
    words = np.array(["red", "green", "blue", "", "tea cup", "fox cat dog", "a b a"])
    return pa.table(
        {
            "x": pa.array(random.normal(3, 50, rows), mask=random.random(rows) < 0.2),
            "p": random.lognormal(0, 2, rows),
            "i": pa.array(random.integers(-9, 9, rows), mask=random.random(rows) < 0.1),
            "c": pa.array(words[random.integers(0, 7, rows)], mask=random.random(rows) < 0.1),
            "k": pa.array([f"k{n}" for n in random.integers(0, 4, rows)]),
            "t": random.integers(0, 2_000_000_000, rows),
            "tips": random.integers(0, 2, rows),
        }
    )


def preprocessing_fn(inputs):
    """Every kind of operation whose bits could depend on the rows around a row."""
    x, p, i, c, k = (inputs[name] for name in ("x", "p", "i", "c", "k"))
    tokens = tft.split(c)
    ids = tft.compute_and_apply_vocabulary(tokens, top_k=3, num_oov_buckets=2)
    indices, weights = tft.tfidf(ids, 5)
    both = tft.stack([x.fill_missing(tft.mean(x)), p, i.fill_missing(0)])
    time = inputs["t"].cast("timestamp")
    return {
        "z": tft.scale_to_z_score(x),
        "s": tft.scale_to_0_1(p),
        "g": tft.scale_to_gaussian(p),
        "zk": tft.scale_to_z_score_per_key(x, k),
        "sk": tft.scale_to_0_1_per_key(p, k),
        "bk": tft.bucketize_per_key(p, k, 3),
        "b": tft.bucketize(x, 5),
        "q": tft.apply_buckets_with_interpolation(p, tft.quantiles(p, 6)),
        "v": tft.compute_and_apply_vocabulary(c, num_oov_buckets=4, top_k=2),
        "h": tft.hash_strings(c, 50, key=[1, 2]),
        "oh": tft.one_hot(tft.bucketize(i, 3), 3),
        "log": tft.log1p(p) * np.sin(x) / np.exp(-p / 50) + tft.sigmoid(x) ** 1.3,
        "pca": tft.matmul(both, tft.pca(both, 2)),
        "ngrams": tft.ngrams(tokens, (1, 2), " "),
        "indices": indices,
        "weights": weights,
        "cross": tft.join([c.lower(), k], "_x_"),
        "hour": time.date_part("hour") + time.date_part("day_of_week"),
        "where": tft.where(x > 0, x, i),
        "te": tft.target_encode(c, inputs["tips"]),
        "d": tft.estimated_probability_density(p, boundaries=9),
        "label": inputs["tips"] * 2,
    }


@pytest.fixture(scope="module")
def table():
    return make_table(70_000)


@pytest.fixture(scope="module")
def graph(table):
    return tft.analyze(table, preprocessing_fn)


@pytest.fixture(scope="module")
def loaded(graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    graph.save(folder)
    return tft.load(folder)


def same_bits(one, two):
    """Whether two tables are equal, NaN included, and -0.0 apart from 0.0."""
    return ipc_bytes(one) == ipc_bytes(two)


def ipc_bytes(table):
    sink = io.BytesIO()
    rows = table.combine_chunks()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.take(pa.array(range(rows.num_rows))))
    return sink.getvalue()


def test_a_saved_graph_gives_the_same_bits(graph, loaded, table):
    assert same_bits(loaded.transform(table), graph.transform(table))
    assert loaded.describe() == graph.describe()
    assert loaded.constants.keys() == graph.constants.keys()
    assert loaded.input_columns == graph.input_columns
    assert loaded.output_schema == graph.output_schema


def test_saving_what_was_loaded_writes_the_same_bytes(loaded, tmp_path):
    loaded.save(tmp_path / "again")
    tft.load(tmp_path / "again").save(tmp_path / "twice")
    files = sorted(path for path in (tmp_path / "again").rglob("*") if path.is_file())
    assert len(files) == 5
    for path in files:
        other = tmp_path / "twice" / path.relative_to(tmp_path / "again")
        assert other.read_bytes() == path.read_bytes()


def test_a_row_alone_gives_the_bits_that_it_gives_in_a_large_batch(loaded, table):
    together = loaded.transform(table)
    for place in [*range(40), 65_535, 65_536, 69_999]:
        alone = loaded.transform(table.slice(place, 1))
        assert same_bits(alone, together.slice(place, 1)), place


def test_any_cut_of_the_rows_gives_the_same_bits(loaded, table):
    rows = table.slice(1_000, 700)
    whole = loaded.transform(rows)
    for size in (1, 3, 31, 32, 33, 500, 699):
        parts = [loaded.transform(rows.slice(at, size)) for at in range(0, 700, size)]
        assert same_bits(pa.concat_tables(parts), whole), size


def test_rows_that_went_through_json_give_the_same_bits(loaded, table):
    rows = table.slice(0, 200)
    sent = json.loads(json.dumps(rows.to_pylist()))
    received = pa.Table.from_pylist(sent)
    assert same_bits(loaded.transform(received), loaded.transform(rows))


def test_text_as_dictionaries_or_large_text_gives_the_same_bits(loaded, table):
    rows = table.slice(0, 500)
    place = rows.schema.get_field_index("c")
    for column in (rows["c"].dictionary_encode(), rows["c"].cast(pa.large_string())):
        changed = rows.set_column(place, "c", column)
        assert same_bits(loaded.transform(changed), loaded.transform(rows))


def test_narrow_numbers_are_read_as_wide_ones(graph, table):
    rows = table.slice(0, 50)
    narrow = rows.set_column(2, "i", rows["i"].cast(pa.int8())).set_column(
        6, "tips", rows["tips"].cast(pa.bool_())
    )
    assert same_bits(graph.transform(narrow), graph.transform(rows))


def test_a_column_of_nulls_is_missing_whatever_its_type(graph, table):
    rows = table.slice(0, 3).set_column(0, "x", pa.nulls(3))
    assert graph.transform(rows)["z"].to_pylist() == [None] * 3


def test_serving_leaves_the_label_out(graph, table):
    outputs = [name for name in graph.outputs if name != "label"]
    assert "tips" not in graph.inputs_of(outputs)
    found = graph.transform(table.drop_columns(["tips"]).slice(0, 5), outputs)
    assert found.schema.names == outputs
    with pytest.raises(ColumnError) as caught:
        graph.transform(table.drop_columns(["tips"]).slice(0, 5))
    assert "needs the column 'tips'" in str(caught.value)
    assert f"Without tips there are still the outputs {', '.join(outputs)}" in str(caught.value)


def test_the_type_of_a_column_is_checked(graph, table):
    rows = table.slice(0, 1).set_column(0, "x", pa.array(["text"]))
    with pytest.raises(ColumnError, match="column 'x' is string and cannot be read as float"):
        graph.transform(rows)
    halves = table.slice(0, 1).set_column(2, "i", pa.array([0.5]))
    with pytest.raises(ColumnError, match="column 'i' is double and cannot be read as int"):
        graph.transform(halves)


def test_an_unknown_output_is_refused_with_close_matches(graph, table):
    with pytest.raises(TransformError, match=r"no output 'lable'. Did you mean 'label'"):
        graph.transform(table.slice(0, 1), ["lable"])


def test_no_rows_give_no_rows_of_the_right_types(graph, table):
    found = graph.transform(table.slice(0, 0))
    assert (found.num_rows, found.schema) == (0, graph.output_schema)


def test_the_graph_pickles_for_other_processes(graph, table):
    copy = pickle.loads(pickle.dumps(graph))
    assert same_bits(copy.transform(table.slice(0, 9)), graph.transform(table.slice(0, 9)))


def test_constants_keep_every_bit(tmp_path):
    values = [0.1, 1e-300, 1e300, math.pi, 2.0**-1074, -0.0]
    data = pa.table({"x": values})
    graph = tft.analyze(data, lambda i: {"q": tft.quantiles(i["x"], 6), "m": tft.mean(i["x"])})
    graph.save(tmp_path)
    before, after = graph.transform(data), tft.load(tmp_path).transform(data)
    assert same_bits(before, after)


def test_infinite_constants_are_saved_as_json(tmp_path):
    data = pa.table({"x": pa.array([], pa.float64())})
    graph = tft.analyze(data, lambda i: {"low": tft.min(i["x"]), "y": i["x"] * float("nan")})
    graph.save(tmp_path)
    text = (tmp_path / "transform_fn" / "graph.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    rows = tft.load(tmp_path).transform(pa.table({"x": [1.0]})).to_pydict()
    assert rows["low"] == [math.inf] and math.isnan(rows["y"][0])


def test_no_machine_path_and_no_line_of_code_is_in_the_saved_graph(graph, tmp_path):
    graph.save(tmp_path)
    text = (tmp_path / "transform_fn" / "graph.json").read_text()
    assert ".py" not in text and str(tmp_path) not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ('{"format": 99}', "format 99; this version of minitfx reads 1"),
        ("[]", "has format"),
        ('{"format": 1, "nodes": []}', "is damaged: KeyError"),
    ],
)
def test_a_damaged_graph_is_refused(tmp_path, content, message):
    (tmp_path / "transform_fn").mkdir()
    (tmp_path / "transform_fn" / "graph.json").write_text(content)
    with pytest.raises(TransformError, match=message):
        tft.load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"op": "z_score"', '"op": "y_score"', "operation 'y_score', which this version"),
        ('"of": [0,', '"of": [9,', "is damaged: IndexError"),
        ('"float": 2.0', '"float": "two"', "is damaged: ValueError"),
        ('"type": "float"', '"type": "float[x]"', "is damaged: ValueError"),
        ('"type": "float"', '"type": "flood"', "unknown column type 'flood'"),
    ],
)
def test_a_graph_of_another_version_or_a_broken_one_is_said_when_it_is_loaded(
    tmp_path, old, new, message
):
    data = pa.table({"x": [1.0, 3.0]})
    tft.analyze(data, lambda i: {"z": tft.scale_to_z_score(i["x"])}).save(tmp_path)
    path = tmp_path / "transform_fn" / "graph.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(TransformError, match=message):
        tft.load(tmp_path)


def test_a_folder_without_graph_and_a_lost_vocabulary_are_named(tmp_path):
    with pytest.raises(StorageError, match=r"no transform graph in .*expected transform_fn"):
        tft.load(tmp_path)
    data = pa.table({"c": ["a"]})
    tft.analyze(
        data, lambda i: {"v": tft.compute_and_apply_vocabulary(i["c"], vocab_filename="words")}
    ).save(tmp_path)
    asset = tmp_path / "transform_fn" / "assets" / "words"
    asset.write_text("b\n")
    with pytest.raises(TransformError, match="words has changed since the graph was fitted"):
        tft.load(tmp_path)
    asset.unlink()
    with pytest.raises(StorageError, match="words is not there"):
        tft.load(tmp_path)


def test_an_unused_column_changes_nothing_that_is_saved(table, tmp_path):
    wide = table.slice(0, 900).add_column(0, "aaa", pa.array(range(900)))
    wide = wide.append_column("zzz", pa.array(["?"] * 900))
    for name, data in (("narrow", table.slice(0, 900)), ("wide", wide)):
        tft.analyze(data, preprocessing_fn).save(tmp_path / name)
    for path in sorted((tmp_path / "narrow").rglob("*")):
        if path.is_file():
            other = tmp_path / "wide" / path.relative_to(tmp_path / "narrow")
            assert other.read_bytes() == path.read_bytes()


def test_the_schema_of_unused_columns_is_not_saved():
    data = pa.table({"fare": [1.0], "company": ["a"], "unused": ["b"]})
    schema = schema_pb2.Schema()
    for name, domain in (("fare", ""), ("company", "companies"), ("unused", "anything")):
        schema.feature.add(name=name, domain=domain or None)
        if domain:
            schema.string_domain.add(name=domain, value=["a"])
    schema.sparse_feature.add(name="s").value_feature.name = "unused"
    schema.sparse_feature.add(name="t").value_feature.name = "fare"
    schema.weighted_feature.add(name="w").feature.step.append("unused")
    graph = tft.analyze(data, lambda i: {"f": i["fare"], "c": i["company"]}, schema)
    assert [each.name for each in graph.schema.feature] == ["fare", "company"]
    assert [each.name for each in graph.schema.string_domain] == ["companies"]
    assert [each.name for each in graph.schema.sparse_feature] == ["t"]
    assert not graph.schema.weighted_feature
    assert len(schema.feature) == 3


def test_vocabularies_are_found_by_the_outputs_that_use_them(graph):
    assert graph.vocabulary("v") == graph.vocabulary("vocab_c_1")
    with pytest.raises(TransformError, match="no vocabulary 'x'"):
        graph.vocabulary("x")


floats = st.none() | st.floats(width=64)
texts = st.none() | st.text(max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(floats, floats, texts), min_size=1, max_size=40))
def test_whatever_the_values_a_row_does_not_depend_on_its_batch(rows):
    data = pa.table(
        {
            name: pa.array([row[n] for row in rows], kind)
            for n, (name, kind) in enumerate(
                [("x", pa.float64()), ("y", pa.float64()), ("c", pa.string())]
            )
        }
    )

    def function(inputs):
        x, y, c = inputs["x"], inputs["y"], inputs["c"]
        return {
            "z": tft.scale_to_z_score(x),
            "s": tft.scale_by_min_max(y, -1, 1),
            "b": tft.bucketize(x, 3),
            "e": np.exp(x) + np.tanh(y) - np.log(np.abs(x)) * x**y,
            "v": tft.compute_and_apply_vocabulary(c, num_oov_buckets=2, top_k=2),
            "w": tft.where(x > y, x, y),
            "u": (c + "!").upper(),
        }

    graph = tft.analyze(data, function)
    together = graph.transform(data)
    alone = [graph.transform(data.slice(n, 1)) for n in range(len(rows))]
    assert same_bits(pa.concat_tables(alone), together)


def test_missing_cells_are_neither_zero_nor_empty(graph, table):
    found = graph.transform(table)
    missing = pc.is_null(table["x"]).to_pylist()
    for name in ("z", "zk", "b"):
        assert pc.is_null(found[name]).to_pylist() == missing
    assert pc.is_null(found["ngrams"]).to_pylist() == pc.is_null(table["c"]).to_pylist()
    empty = [c == "" for c in table["c"].to_pylist()]
    assert [tokens == [] for tokens in found["ngrams"].to_pylist()] == empty
