"""What a function says and asks of its own graph: names of assets, objects, sizes, look-ups."""

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft
from minitfx.errors import TransformError

LETTERS = pa.table({"c": ["a", "b", "b", None]})


def analyzed(function, data=LETTERS):
    return tft.analyze(data, lambda inputs: {"y": function(inputs)})


def test_an_asset_has_a_second_name_also_when_saved(tmp_path):
    def function(inputs):
        tft.annotate_asset("labels", "nothing of the kind")
        tft.annotate_asset("labels", "letters")
        return tft.compute_and_apply_vocabulary(inputs["c"], vocab_filename="letters")

    graph = analyzed(function)
    graph.save(tmp_path)
    for each in (graph, tft.load(tmp_path)):
        assert each.vocabulary("labels") == each.vocabulary("letters") == ["b", "a"]
    output = tft.TFTransformOutput(tmp_path)
    assert output.vocabulary_file_by_name("labels") == output.vocabulary_file_by_name("letters")
    assert output.vocabulary_size_by_name("labels") == 2
    assert output.vocabulary_by_name("labels") == [b"b", b"a"]


def test_an_annotated_asset_that_is_not_there_is_an_error_with_the_line():
    def function(inputs):
        tft.annotate_asset("labels", "leters")
        return tft.compute_and_apply_vocabulary(inputs["c"], vocab_filename="letters")

    with pytest.raises(TransformError, match=r"no asset 'leters'. Did you mean 'letters'") as found:
        analyzed(function)
    assert "in test_annotators.py, line" in str(found.value)
    with pytest.raises(TransformError, match="asset_filename is 3; expected a text"):
        analyzed(lambda i: tft.annotate_asset("labels", 3))


def test_an_object_of_a_name_is_made_once():
    made = []

    def table():
        made.append({"a": 1.0, "b": 2.0})
        return made[-1]

    def function(inputs):
        once, again = (tft.make_and_track_object(table, name="table") for _ in "ab")
        assert once is again
        tft.make_and_track_object(table)
        return tft.lookup(inputs["c"], once)

    assert analyzed(function).transform(LETTERS)["y"].to_pylist() == [1.0, 2.0, 2.0, None]
    assert len(made) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: tft.annotate_asset("a", "b"),
        lambda: tft.make_and_track_object(list),
        lambda: tft.experimental.get_vocabulary_size_by_name("a"),
    ],
)
def test_outside_a_preprocessing_fn_there_is_nothing_to_annotate(call):
    with pytest.raises(TransformError, match="called outside a preprocessing_fn"):
        call()


def test_the_size_of_a_vocabulary_is_without_its_other_buckets(tmp_path):
    def function(inputs):
        tft.annotate_asset("labels", "letters")
        ids = tft.compute_and_apply_vocabulary(
            inputs["c"], vocab_filename="letters", num_oov_buckets=1
        )
        size = tft.experimental.get_vocabulary_size_by_name("letters")
        same = tft.experimental.get_vocabulary_size_by_name("labels")
        return tft.one_hot(ids, depth=tft.cast(same - size, int) + size + 1, dtype=np.int64)

    graph = analyzed(function)
    graph.save(tmp_path)
    data = pa.table({"c": ["a", "b", "?", None]})
    for each in (graph, tft.load(tmp_path)):
        expected = [[0, 1, 0], [1, 0, 0], [0, 0, 1], None]
        assert each.transform(data)["y"].to_pylist() == expected
        assert each.transform(data.slice(0, 0))["y"].to_pylist() == []


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda i: tft.experimental.get_vocabulary_size_by_name("letters"),
            "no vocabulary 'letters' has been made before this line",
        ),
        (lambda i: tft.one_hot(tft.mean(i["c"].length()), i["c"].length()), "one_hot"),
        (
            lambda i: tft.one_hot(i["c"].length(), i["c"].length()),
            "one_hot's depth is a column; expected one integer for all",
        ),
        (lambda i: tft.make_and_track_object(3), "takes a function that makes the object; found 3"),
        (
            lambda i: tft.experimental.annotate_sparse_output_shape(i["c"], [3]),
            "sparse_tensor_to_dense_with_shape",
        ),
        (lambda i: tft.experimental.annotate_true_sparse_output(i["c"]), "leave the call out"),
    ],
)
def test_what_cannot_be_said_or_asked_is_refused_with_the_line(function, message):
    with pytest.raises(TransformError, match=message) as found:
        analyzed(function)
    assert "in test_annotators.py, line" in str(found.value)


def in_pairs(x, vocabulary):
    """Two tokens share an integer, and all others one more."""
    places = tft.apply_vocabulary(x, vocabulary, num_oov_buckets=1)
    size = tft.get_num_buckets_for_transformed_feature(places)
    return places // 2, (size + 1) // 2


def test_a_look_up_of_ones_own_says_how_many_integers_there_are(tmp_path):
    data = pa.table({"c": ["a", "b", "b", "c", "c", "c"]})

    def function(inputs):
        vocabulary = tft.vocabulary(inputs["c"])
        found = tft.apply_vocabulary(inputs["c"], vocabulary, num_oov_buckets=1, lookup_fn=in_pairs)
        return {"y": found, "n": tft.get_num_buckets_for_transformed_feature(found)}

    graph = tft.analyze(data, function)
    graph.save(tmp_path)
    rows = pa.table({"c": ["c", "b", "a", "?", None]})
    for each in (graph, tft.load(tmp_path)):
        assert each.transform(rows).to_pydict() == {"y": [0, 0, 1, 1, None], "n": [2] * 5}
    output = tft.TFTransformOutput(tmp_path)
    assert output.num_buckets_for_transformed_feature("y") == 2
    assert output.transformed_domains()["y"].is_categorical


@pytest.mark.parametrize(
    ("lookup_fn", "message"),
    [
        (lambda x, v: x, "lookup_fn returned <Column c: string>; expected a column of integers"),
        (lambda x, v: (x, 3), "lookup_fn's result takes int; found string"),
        (lambda x, v: (x.length(), x.length()), "lookup_fn's size is a column; expected one"),
    ],
)
def test_what_is_no_look_up_is_refused_with_the_line(lookup_fn, message):
    def function(inputs):
        return tft.apply_vocabulary(inputs["c"], tft.vocabulary(inputs["c"]), lookup_fn=lookup_fn)

    with pytest.raises(TransformError, match=message) as found:
        analyzed(function)
    assert "in test_annotators.py, line" in str(found.value)
