"""Token operations beside the same in plain Python."""

import math
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minitfx.transform as tft
from minitfx.errors import TransformError

token = st.sampled_from(["a", "b", "cc", "a b", ""])
rows_of_tokens = st.lists(st.none() | st.lists(token, max_size=6), min_size=1, max_size=50)
rows_of_ids = st.lists(st.lists(st.integers(-2, 6), max_size=6), min_size=1, max_size=20)


def result(rows, function, kind=None):
    data = pa.table({"t": pa.array(rows, kind or pa.list_(pa.string()))})
    found = tft.analyze(data, lambda i: {"y": function(i["t"])}).transform(data)
    return found["y"].to_pylist()


def plain_ngrams(tokens, low, high, separator):
    return [
        separator.join(tokens[start : start + size])
        for start in range(len(tokens))
        for size in range(low, high + 1)
        if start + size <= len(tokens)
    ]


@settings(max_examples=60, deadline=None)
@given(rows_of_tokens, st.integers(1, 3), st.integers(0, 2))
def test_ngrams_start_at_each_token_the_shortest_first(rows, low, more):
    found = result(rows, lambda t: tft.ngrams(t, (low, low + more), "_"))
    expected = [row and plain_ngrams(row, low, low + more, "_") for row in rows]
    assert found == expected


@settings(max_examples=60, deadline=None)
@given(rows_of_tokens, st.integers(1, 2))
def test_a_bag_of_words_holds_each_ngram_once_in_order(rows, high):
    found = result(rows, lambda t: tft.bag_of_words(t, (1, high), " "))
    expected = [row and list(dict.fromkeys(plain_ngrams(row, 1, high, " "))) for row in rows]
    assert found == expected


@settings(max_examples=60, deadline=None)
@given(rows_of_tokens)
def test_deduplicating_and_counting(rows):
    found = result(rows, tft.deduplicate_tensor_per_row)
    assert found == [row and list(dict.fromkeys(row)) for row in rows]
    assert result(rows, tft.word_count) == [len(row or []) for row in rows]


def test_splitting_drops_empty_tokens():
    data = pa.table({"s": [" a  b ", "", None, "a,b,,c", "\u00a0x"]})
    graph = tft.analyze(data, lambda i: {"w": tft.split(i["s"]), "c": tft.split(i["s"], ",")})
    found = graph.transform(data).to_pydict()
    assert found["w"] == [["a", "b"], [], None, ["a,b,,c"], ["x"]]
    assert found["c"] == [[" a  b "], [], None, ["a", "b", "c"], ["\u00a0x"]]


def plain_tfidf(rows, size, smooth):
    rows = [[each % size for each in row] for row in rows]
    documents = Counter(index for row in rows for index in set(row))
    one = 1 if smooth else 0
    found = []
    for row in rows:
        weights = {
            index: row.count(index)
            / len(row)
            * (1 + math.log((len(rows) + one) / (documents[index] + one)))
            for index in sorted(set(row))
        }
        found.append(weights)
    return found


@settings(max_examples=60, deadline=None)
@given(rows_of_ids, st.integers(3, 6), st.booleans())
def test_tfidf_by_its_definition(rows, size, smooth):
    kind = pa.list_(pa.int64())
    indices = result(rows, lambda t: tft.tfidf(t, size, smooth)[0], kind)
    weights = result(rows, lambda t: tft.tfidf(t, size, smooth)[1], kind)
    expected = plain_tfidf(rows, size, smooth)
    assert indices == [list(row) for row in expected]
    for found, row in zip(weights, expected, strict=True):
        assert found == pytest.approx(list(row.values()), rel=1e-12)


def test_document_frequency_and_its_inverse():
    rows = [[0, 0, 1], [1], [], [1, 2]]
    kind = pa.list_(pa.int64())
    frequencies = result(rows, lambda t: tft.document_frequency(t, 4), kind)
    assert frequencies == [[1, 1, 3], [3], [], [3, 1]]
    for smooth, add_baseline in ((True, True), (False, True), (True, False)):
        found = result(rows, lambda t: tft.idf(t, 4, smooth, add_baseline), kind)  # noqa: B023
        for row, counts in zip(found, frequencies, strict=True):
            expected = [math.log((4 + smooth) / (n + smooth)) + add_baseline for n in counts]
            assert row == pytest.approx(expected)


def test_the_size_of_a_vocabulary_may_be_found_in_the_data(tmp_path):
    """TFT's example: I and like stand in one of two documents, pie in both."""
    data = pa.table({"x": [["I", "like", "pie", "pie", "pie"], ["yum", "yum", "pie"]]})

    def function(inputs):
        ids = tft.compute_and_apply_vocabulary(inputs["x"])
        size = tft.get_num_buckets_for_transformed_feature(ids)
        indices, weights = tft.tfidf(ids, size)
        known = tft.tfidf(ids, 4)
        return {
            "idf": tft.experimental.idf(ids, size),
            "df": tft.experimental.document_frequency(ids, size),
            "same": tft.stack([tft.max(tft.reduce_sum(weights) - tft.reduce_sum(known[1]))]),
            "indices": indices,
            "known": known[0],
        }

    graph = tft.analyze(data, function)
    graph.save(tmp_path)
    once = 1 + math.log(3 / 2)
    for each in (graph, tft.load(tmp_path)):
        found = each.transform(data).to_pydict()
        assert found["df"] == [[1, 1, 2, 2, 2], [1, 1, 2]]
        expected = [[once, once, 1, 1, 1], [once, once, 1]]
        assert found["idf"] == [pytest.approx(row) for row in expected]
        assert found["indices"] == found["known"] and found["same"] == [[0.0], [0.0]]
    empty = tft.analyze(data.slice(0, 0), function).transform(data).to_pydict()
    assert empty["df"] == [[0] * 5, [0] * 3]


def test_a_size_that_is_no_size_is_refused_with_the_line():
    data = pa.table({"x": [["a"]], "n": [3]})

    def ids(inputs):
        return tft.compute_and_apply_vocabulary(inputs["x"])

    with pytest.raises(TransformError, match="vocab_size is a column") as caught:
        tft.analyze(data, lambda i: {"y": tft.idf(ids(i), i["n"])})
    assert "in test_tokens.py, line" in str(caught.value)
    with pytest.raises(TransformError, match="vocab_size is -1; expected a positive"):
        tft.analyze(data, lambda i: {"y": tft.idf(ids(i), tft.max(i["n"]) - 4)})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2), max_size=6), min_size=1, max_size=9))
def test_segment_indices_count_within_runs(rows):
    expected = []
    for row in rows:
        places = []
        for at, value in enumerate(row):
            places.append(places[-1] + 1 if at and row[at - 1] == value else 0)
        expected.append(places)
    assert result(rows, tft.segment_indices, pa.list_(pa.int64())) == expected


def test_lists_are_filled_up_to_one_length():
    data = pa.table({"s": [["a", None, "c"], [], None], "x": [1.5, None, 2.5]})

    def function(inputs):
        dense = tft.sparse_tensor_to_dense_with_shape
        return {
            "s": dense(inputs["s"], [None, 3], ""),
            "x": dense(inputs["x"], [None, 1], -1.0),
        }

    found = tft.analyze(data, function).transform(data).to_pydict()
    assert found["s"] == [["a", "", "c"], ["", "", ""], ["", "", ""]]
    assert found["x"] == [[1.5], [-1.0], [2.5]]
    nothing = tft.analyze(data, function).transform(data.slice(1, 1)).to_pydict()
    assert nothing == {"s": [["", "", ""]], "x": [[-1.0]]}
    with pytest.raises(TransformError, match="a list of 3 does not fit into 2 places"):
        tft.analyze(
            data,
            lambda i: {"s": tft.sparse_tensor_to_dense_with_shape(i["s"], [None, 2], "")},
        ).transform(data)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda t: tft.ngrams(t, (2, 1), ""), r"ngram_range is \(2, 1\)"),
        (lambda t: tft.ngrams(t.element(0), (1, 1), ""), "takes lists of tokens"),
        (lambda t: tft.tfidf(t, 3), "takes list|found list of string|found string"),
        (lambda t: tft.word_count(t.element(0)), "takes lists, such as tft.split gives"),
        (lambda t: tft.split(t), "split takes one text a row"),
        (lambda t: tft.tfidf(t.element(0).length(), 0), "vocab_size is 0"),
    ],
)
def test_what_is_no_list_of_tokens_is_refused(function, message):
    with pytest.raises(TransformError, match=message):
        result([["a"]], function)


def test_of_a_list_that_was_found_in_the_data_there_are_single_values():
    data = pa.table({"k": ["b", "a", "b"]})

    def function(inputs):
        keys, counts = tft.count_per_key(inputs["k"])
        return {
            "last": keys.element(-1),
            "none": keys.element(2),
            "most": counts.element(1) + 1,
            "nothing": counts.element(-3),
        }

    found = tft.analyze(data, function).transform(data.slice(0, 1)).to_pydict()
    assert found == {"last": ["b"], "none": [None], "most": [3], "nothing": [None]}
    for refused in (tft.word_count, tft.reduce_sum, lambda counts: counts + 1):
        with pytest.raises(TransformError, match="a constant list whose length depends on"):
            tft.analyze(data, lambda i: {"y": refused(tft.count_per_key(i["k"])[1])})  # noqa: B023
