"""Vocabularies: which texts become tokens, in which order, and what becomes of the others."""

import hashlib
import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitfx.transform as tft
from minitfx.errors import TransformError
from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.arrow import read_cells
from minitfx.transform.columntype import ColumnType
from minitfx.transform.fingerprint import fingerprint64
from minitfx.transform.selection import recommended_min_diff_from_avg, select

TEXTS = ["b", "a", "c", "b", "c", "a", "a", "d", None, "", "two\nlines", "e\r", "é"]


def fit(texts=TEXTS, others=None, **settings):
    """The vocabulary of texts, and the column looked up in it."""
    data = pa.table({"c": pa.array(texts, pa.string()), **(others or {})})

    def preprocessing_fn(inputs):
        given = {
            name: inputs[value] if name in ("weights", "labels") else value
            for name, value in settings.items()
        }
        column = tft.compute_and_apply_vocabulary(inputs["c"], vocab_filename="v", **given)
        return {"c": column}

    graph = tft.analyze(data, preprocessing_fn)
    return graph, graph.transform(data, ["c"])["c"].to_pylist()


def test_tokens_are_ordered_by_count_then_by_text_descending():
    graph, found = fit()
    assert graph.vocabulary("v") == ["a", "c", "b", "é", "d"]
    assert found == [2, 0, 1, 2, 1, 0, 0, 4, None, -1, -1, -1, 3]


def test_empty_texts_and_line_breaks_never_enter_and_go_to_a_bucket():
    _, found = fit(num_oov_buckets=2)
    odd = ["", "two\nlines", "e\r"]
    buckets = [5 + int(each) for each in fingerprint64(odd) % np.uint64(2)]
    assert found[9:12] == buckets


@given(st.lists(st.text(max_size=3) | st.none(), max_size=40), st.integers(1, 6))
def test_top_k_is_the_head_of_the_whole_vocabulary(texts, top_k):
    whole, _ = fit(texts)
    head, _ = fit(texts, top_k=top_k)
    counts = Counter(t for t in texts if t and "\n" not in t and "\r" not in t)
    expected = sorted(counts, key=lambda text: (counts[text], text.encode()), reverse=True)
    if expected:
        assert whole.vocabulary("v") == expected
        assert head.vocabulary("v") == expected[:top_k]
    else:
        assert whole.vocabulary("v") == ["49d0cd50-04bb-48c0-bc6f-5b575dce351a"]


def test_frequency_threshold_keeps_what_occurs_so_often():
    assert fit(frequency_threshold=2)[0].vocabulary("v") == ["a", "c", "b"]
    assert fit(frequency_threshold=9)[0].find_vocabulary("v").tokens != ()


def test_reserved_tokens_come_first_and_once():
    graph, found = fit(reserved_tokens=["[PAD]", "b", "[PAD]"])
    assert graph.vocabulary("v") == ["[PAD]", "b", "a", "c", "é", "d"]
    assert found[:3] == [1, 2, 3]


def test_weights_rank_instead_of_counts_and_are_stored():
    others = {"w": [0.5] * 3 + [5.0, float("nan"), None] + [1.0] * 7}
    graph, _ = fit(others=others, weights="w", store_frequency=True)
    vocabulary = graph.find_vocabulary("v")
    assert vocabulary.tokens[:2] == ("b", "a")
    assert vocabulary.weights[:2] == (5.5, 1.0 + 0.5)


def test_stored_counts_are_written_before_the_tokens(tmp_path):
    graph, _ = fit(store_frequency=True)
    graph.save(tmp_path)
    text = (tmp_path / "transform_fn" / "assets" / "v").read_text()
    assert text == "3 a\n2 c\n2 b\n1 é\n1 d\n"
    assert tft.load(tmp_path).find_vocabulary("v") == graph.find_vocabulary("v")


def test_fingerprint_shuffle_orders_by_sha1():
    graph, _ = fit(fingerprint_shuffle=True, top_k=3)
    assert graph.vocabulary("v") == sorted(
        ["a", "b", "c"], key=lambda text: hashlib.sha1(text.encode()).digest()
    )


def test_coverage_adds_the_best_tokens_of_every_key():
    texts = ["x1", "x1", "x1", "x2", "x2", "y1", "z1", "z1"]
    graph, _ = fit(texts, top_k=1, key_fn=lambda text: text[0], coverage_top_k=1)
    assert graph.vocabulary("v") == ["x1", "z1", "y1"]
    graph, _ = fit(
        texts,
        top_k=1,
        key_fn=lambda text: text[0],
        coverage_top_k=1,
        coverage_frequency_threshold=2,
    )
    assert graph.vocabulary("v") == ["x1", "z1"]


def information(texts, labels, token):
    """Mutual information by its definition, as sums of weights."""
    total, x = len(texts), texts.count(token)
    found = 0.0
    for label in set(labels):
        y = labels.count(label)
        both = sum(t == token and each == label for t, each in zip(texts, labels, strict=True))
        share = min(max(both / x, 1e-6), 1 - 1e-6)
        found += share * x * math.log2(share * x * total / (x * y))
    return found


def test_labels_rank_by_mutual_information():
    texts = ["a"] * 6 + ["b"] * 5 + ["c"] * 4
    labels = [int(digit) for digit in "111000111110001"]
    graph, _ = fit(
        texts,
        {"y": labels},
        labels="y",
        min_diff_from_avg=0.0,
        store_frequency=True,
    )
    expected = {token: information(texts, labels, token) for token in "abc"}
    vocabulary = graph.find_vocabulary("v")
    assert list(vocabulary.tokens) == sorted(expected, key=expected.get, reverse=True)
    assert vocabulary.weights == pytest.approx(sorted(expected.values(), reverse=True))


def test_small_differences_from_chance_count_as_none():
    texts = ["a"] * 6 + ["b"] * 6
    labels = [int(digit) for digit in "111100110000"]
    graph, _ = fit(texts, {"y": labels}, labels="y", min_diff_from_avg=2.0, store_frequency=True)
    assert graph.find_vocabulary("v").weights == (0.0, 0.0)


def test_labels_must_be_small_integers():
    with pytest.raises(TransformError, match="the label -1 was found; expected 0, 1, 2"):
        fit(["a", "b"], {"y": [0, -1]}, labels="y")


@pytest.mark.parametrize(
    ("rows", "expected"), [(1, 2), (10_000, 2), (100_000, 4), (500_000, 13), (10**9, 25)]
)
def test_the_recommended_difference_is_tfts(rows, expected):
    assert recommended_min_diff_from_avg(rows) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"top_k": 0}, "top_k is 0; expected an integer of 1 or more"),
        ({"top_k": 1.5}, "top_k is 1.5; expected an integer of 1 or more"),
        ({"top_k": True}, "top_k is True; expected an integer of 1 or more"),
        ({"default_value": 0.5}, "default_value is 0.5; expected an integer"),
        ({"default_value": "x"}, "default_value is 'x'; expected an integer"),
        ({"num_oov_buckets": 1.5}, "num_oov_buckets is 1.5; expected an integer of 0 or more"),
        ({"frequency_threshold": "1"}, "frequency_threshold is '1'; expected 0 or more"),
        ({"coverage_top_k": 2}, "need key_fn, which gives the key of a token"),
        ({"reserved_tokens": ["a\nb"]}, "expected a list of texts without line breaks"),
        ({"reserved_tokens": "ab"}, "reserved_tokens are 'ab'; expected a list of texts"),
        ({"frequency_threshold": -1}, "frequency_threshold is -1"),
        ({"num_oov_buckets": -2}, "num_oov_buckets is -2"),
        ({"file_format": "tfrecord_gzip"}, "expected 'text'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, message):
    with pytest.raises(TransformError, match=message):
        fit(**settings)


def test_integers_are_looked_up_as_text():
    data = pa.table({"i": [10, 9, 10, None]})
    graph = tft.analyze(data, lambda i: {"v": tft.compute_and_apply_vocabulary(i["i"])})
    assert graph.vocabulary("v") == ["10", "9"]
    assert graph.transform(data)["v"].to_pylist() == [0, 1, 0, None]


def test_a_vocabulary_without_output_is_kept_too(tmp_path):
    def preprocessing_fn(inputs):
        tft.vocabulary(inputs["c"], vocab_filename="aside")
        return {"n": inputs["c"].length()}

    tft.analyze(pa.table({"c": ["x"]}), preprocessing_fn).save(tmp_path)
    assert tft.load(tmp_path).vocabulary("aside") == ["x"]


def test_names_made_from_hostile_columns_are_plain_file_names(tmp_path):
    data = pa.table({"../c d": ["x"], "é": ["y"]})

    def preprocessing_fn(inputs):
        return {
            "a": tft.compute_and_apply_vocabulary(inputs["../c d"]),
            "b": tft.compute_and_apply_vocabulary(inputs["../c d"], top_k=1),
            "c": tft.compute_and_apply_vocabulary(inputs["é"]),
        }

    graph = tft.analyze(data, preprocessing_fn)
    assert sorted(graph.vocabularies) == ["vocab_.._c_d", "vocab_.._c_d_1", "vocab__"]
    graph.save(tmp_path)
    assert tft.load(tmp_path).vocabulary("c") == ["y"]


@given(st.lists(st.lists(st.text("ab\n", max_size=3), max_size=30), max_size=6))
def test_counts_that_spill_to_disk_are_the_same(tmp_path_factory, chunks):
    folder = str(tmp_path_factory.mktemp("spill"))
    kept, spilled = Counts(), Counts(spill=folder, budget=16)
    for chunk in chunks:
        cells = read_cells(pa.array(chunk, pa.string()), ColumnType("string"), "c")
        kept, spilled = kept.add((cells,)), spilled.add((cells,))
    settings = {
        "name": "v",
        "top_k": None,
        "frequency_threshold": None,
        "order": "frequency",
        "fingerprint_shuffle": False,
        "reserved_tokens": [],
        "of_numbers": False,
        "store_frequency": True,
    }
    assert not any(chunks) or spilled.runs
    assert select(spilled, settings, None) == select(kept, settings, None)


def test_unseen_texts_keep_their_bucket_in_any_batch():
    graph, _ = fit(num_oov_buckets=7)
    texts = [f"unseen {n}" for n in range(500)]
    data = pa.table({"c": texts})
    together = graph.transform(data)["c"].to_pylist()
    alone = [graph.transform(data.slice(n, 1))["c"][0].as_py() for n in range(0, 500, 50)]
    assert alone == together[::50]
    assert {5, 6, 7, 8, 9, 10, 11} == set(together)


def test_the_number_of_buckets_is_a_constant_of_the_graph():
    data = pa.table({"c": ["a", "b", "a"], "x": [1.0, 2.0, 3.0]})

    def function(inputs):
        count = tft.get_num_buckets_for_transformed_feature
        return {
            "v": count(tft.compute_and_apply_vocabulary(inputs["c"])),
            "oov": count(tft.compute_and_apply_vocabulary(inputs["c"], num_oov_buckets=4)),
            "default": count(tft.compute_and_apply_vocabulary(inputs["c"], default_value=9)),
            "b": count(tft.bucketize(inputs["x"], 5)),
        }

    found = tft.analyze(data, function).transform(data.slice(0, 1)).to_pydict()
    assert found == {"v": [2], "oov": [6], "default": [10], "b": [5]}
    with pytest.raises(TransformError, match="neither bucketized nor looked up"):
        tft.analyze(data, lambda i: {"n": tft.get_num_buckets_for_transformed_feature(i["x"])})
