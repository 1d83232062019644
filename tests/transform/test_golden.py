"""What the real TFT answered, on a small table, for every mapper and analyzer."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft

GOLDEN = Path(__file__).parents[1] / "golden"
EXPECTED = json.loads((GOLDEN / "expected" / "tft_small.json").read_text())
TYPES = {"x": float, "i": int, "skew": float, "const": float, "x_miss": float, "label": int}


def read_table() -> pa.Table:
    with (GOLDEN / "data" / "tft_small.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return as_table([{name: value or None for name, value in row.items()} for row in rows])


def as_table(rows: list[dict]) -> pa.Table:
    columns = {}
    for name in rows[0]:
        read = TYPES.get(name, str)
        columns[name] = [None if row[name] is None else read(row[name]) for row in rows]
    kinds = {float: pa.float64(), int: pa.int64(), str: pa.string()}
    return pa.table(
        {n: pa.array(values, kinds[TYPES.get(n, str)]) for n, values in columns.items()}
    )


def preprocessing_fn(inputs):
    x, i, skew, const = inputs["x"], inputs["i"], inputs["skew"], inputs["const"]
    color, key = inputs["color"], inputs["key"]
    return {
        "z_x": tft.scale_to_z_score(x),
        "z_i": tft.scale_to_z_score(i),
        "z_const": tft.scale_to_z_score(const),
        "z_miss": tft.scale_to_z_score(inputs["x_miss"]),
        "s01_x": tft.scale_to_0_1(x),
        "s01_const": tft.scale_to_0_1(const),
        "minmax_x": tft.scale_by_min_max(x, -2.0, 3.0),
        "minmax_const": tft.scale_by_min_max(const, -2.0, 3.0),
        "fill_mean": inputs["x_miss"].fill_missing(0.0),
        "bucket_x4": tft.bucketize(x, 4),
        "bucket_i5": tft.bucketize(i, 5),
        "bucket_skew10": tft.bucketize(skew, 10),
        "bucket_const": tft.bucketize(const, 3),
        "bucket_elem": tft.bucketize(tft.stack([x, skew]), 3, elementwise=True),
        "v_color": tft.compute_and_apply_vocabulary(color, vocab_filename="v_color"),
        "v_color_top2": tft.compute_and_apply_vocabulary(
            color, top_k=2, vocab_filename="v_color_top2"
        ),
        "v_color_oov3": tft.compute_and_apply_vocabulary(
            color, top_k=2, num_oov_buckets=3, vocab_filename="v_color_oov3"
        ),
        "v_color_default9": tft.compute_and_apply_vocabulary(
            color, top_k=3, default_value=9, vocab_filename="v_color_default9"
        ),
        "v_ties": tft.compute_and_apply_vocabulary(inputs["ties"], vocab_filename="v_ties"),
        "v_ties_top2": tft.compute_and_apply_vocabulary(
            inputs["ties"], top_k=2, vocab_filename="v_ties_top2"
        ),
        "v_int": tft.compute_and_apply_vocabulary(
            i, top_k=5, num_oov_buckets=1, vocab_filename="v_int"
        ),
        "v_miss": tft.compute_and_apply_vocabulary(
            inputs["c_miss"].fill_missing(""), num_oov_buckets=1, vocab_filename="v_miss"
        ),
        "v_lex": tft.compute_and_apply_vocabulary(
            color, reserved_tokens=["[PAD]", "[UNK]"], vocab_filename="v_lex"
        ),
        "tok_ids": tft.compute_and_apply_vocabulary(
            tft.split(inputs["text"]), top_k=6, num_oov_buckets=1, vocab_filename="v_text"
        ),
        "word_count": tft.word_count(tft.split(inputs["text"])),
        "dedup": tft.deduplicate_tensor_per_row(tft.split(inputs["text"])),
        "hash10_color": tft.hash_strings(color, 10),
        "hash1000_key": tft.hash_strings(key, 1000),
        "hash_keyed": tft.hash_strings(color, 100, key=[123, 456]),
    }


@pytest.fixture(scope="module")
def graph():
    return tft.analyze(read_table(), preprocessing_fn)


def agrees(found: list, expected: list) -> bool:
    """Whether values are equal, floats up to what TFT's 32 bits leave."""
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(agrees, found, expected))
    if isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-5, abs=1e-6)
    return found == expected


def tft_shape(values: list) -> list:
    """A missing cell as TFT shows a sparse column: an empty list, and [value] elsewhere."""
    return [[] if value is None else [value] for value in values]


@pytest.mark.parametrize("name", sorted(EXPECTED["outputs"]))
@pytest.mark.parametrize("rows", ["outputs", "serving"])
def test_every_row_is_transformed_as_by_tft(graph, name, rows):
    if name not in graph.outputs:
        pytest.skip("not yet")
    table = read_table() if rows == "outputs" else as_table(EXPECTED["serving_rows"])
    found = graph.transform(table, [name])[name].to_pylist()
    found = tft_shape(found) if name == "z_miss" else found
    assert agrees(found, EXPECTED[rows][name])


@pytest.mark.parametrize("name", sorted(EXPECTED["vocabularies"]))
def test_vocabularies_have_tfts_tokens_in_tfts_order(graph, name):
    if name not in graph.vocabularies:
        pytest.skip("not yet")
    found = graph.find_vocabulary(name)
    expected = EXPECTED["vocabularies"][name]
    if isinstance(expected[0], list):
        assert list(found.tokens) == [token for _, token in expected]
        assert found.weights == pytest.approx([float(w) for w, _ in expected], rel=1e-5)
    else:
        assert list(found.tokens) == expected


def constants_fn(inputs):
    x, i, skew = inputs["x"], inputs["i"], inputs["skew"]
    both = tft.stack([x, skew])
    return {
        "mean_x": tft.mean(x),
        "mean_i": tft.mean(i),
        "mean_miss": tft.mean(inputs["x_miss"]),
        "mean_elem": tft.mean(both, reduce_instance_dims=False),
        "var_x": tft.var(x),
        "var_elem": tft.var(both, reduce_instance_dims=False),
        "min_x": tft.min(x),
        "max_x": tft.max(x),
        "sum_x": tft.sum(x),
        "sum_i": tft.sum(i),
        "size_x": tft.size(x),
        "size_miss": tft.size(inputs["x_miss"]),
        "quantiles4": tft.quantiles(x, 4),
        "quantiles3_i": tft.quantiles(i, 3),
        "quantiles10_skew": tft.quantiles(skew, 10),
    }


@pytest.mark.parametrize("name", sorted(EXPECTED["constants"]))
def test_analyzers_find_what_tft_finds(name):
    table = read_table()
    graph = tft.analyze(table, constants_fn)
    if name not in graph.outputs:
        pytest.skip("not yet")
    found = graph.transform(table.slice(0, 1))[name].to_pylist()[0]
    found = np.ravel(found)
    assert found == pytest.approx(np.array(EXPECTED["constants"][name], float), rel=1e-5)
