"""Functions as TFT's users write them, with what TensorFlow does there said in columns."""

import inspect
import math

import numpy as np
import pyarrow as pa
import pytest

import minitfx.transform as tft
from minitfx.errors import TransformError

CENSUS = pa.table(
    {
        "age": [20, 30, 60],
        "education-num": [None, 5.0, 10.0],
        "workclass": [" Private", "State ", "Private"],
        "label": [">50K", "<=50K.", "unknown"],
    }
)


def census(inputs):
    outputs = inputs.copy()
    outputs["age"] = tft.scale_to_0_1(inputs["age"])
    dense = inputs["education-num"].fill_missing(0.0)
    outputs["education-num"] = tft.scale_to_0_1(dense)
    outputs["workclass"] = tft.compute_and_apply_vocabulary(
        inputs["workclass"].strip(), num_oov_buckets=1, vocab_filename="workclass"
    )
    label = inputs["label"].replace(r"\.$", "")
    places = tft.lookup(label, {">50K": 0, "<=50K": 1}, default_value=-1)
    outputs["label"] = tft.one_hot(places, depth=2)
    return outputs


def test_census_reads_like_tfts():
    assert tft.analyze(CENSUS, census).transform(CENSUS).to_pydict() == {
        "age": [0.0, 0.25, 1.0],
        "education-num": [0.0, 0.5, 1.0],
        "workclass": [0, 1, 0],
        "label": [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
    }


REVIEWS = pa.table({"review": ["good,good (movie)", "bad! movie", ""], "label": [1, 0, 0]})


def sentiment(inputs):
    tokens = tft.split(inputs["review"], list(".,!?() "))
    indices = tft.compute_and_apply_vocabulary(tokens, top_k=2, default_value=2)
    bow, weights = tft.tfidf(indices, 2 + 1)
    return {"review": bow, "weight": weights, "label": inputs["label"]}


def test_sentiment_reads_like_tfts():
    """Counts: movie 2, good 2, bad 1; the later text of equal counts comes first."""
    graph = tft.analyze(REVIEWS, sentiment)
    assert graph.vocabulary("review") == ["movie", "good"]
    found = graph.transform(REVIEWS).to_pydict()
    assert found["review"] == [[0, 1], [0, 2], []]
    movie, one = 1 + math.log(4 / 3), 1 + math.log(4 / 2)
    expected = [[movie / 3, one * 2 / 3], [movie / 2, one / 2], []]
    assert found["weight"] == [pytest.approx(row) for row in expected]


TAXI = pa.table(
    {
        "trip_miles": [1.0, 3.0, None],
        "company": ["a", None, "a"],
        "fare": [10.0, None, float("nan")],
        "tips": [3.0, 1.0, 1.0],
    }
)


def fill_in_missing(x):
    return x.fill_missing("" if x.type.kind == "string" else 0)


def taxi(inputs):
    outputs = {"trip_miles_xf": tft.scale_to_z_score(fill_in_missing(inputs["trip_miles"]))}
    outputs["company_xf"] = tft.compute_and_apply_vocabulary(
        fill_in_missing(inputs["company"]), top_k=10, num_oov_buckets=1
    )
    outputs["miles_xf"] = tft.bucketize(fill_in_missing(inputs["trip_miles"]), 3)
    fare, tips = fill_in_missing(inputs["fare"]), fill_in_missing(inputs["tips"])
    big = tft.cast(tips > fare * 0.2, int)
    outputs["tips_xf"] = tft.where(tft.is_nan(fare), 0, big)
    return outputs


def test_taxi_reads_like_tfts():
    """Miles 1, 3, 0: mean 4/3, variance 10/3 - 16/9 = 14/9."""
    found = tft.analyze(TAXI, taxi).transform(TAXI).to_pydict()
    deviation = math.sqrt(14 / 9)
    expected = [(x - 4 / 3) / deviation for x in (1, 3, 0)]
    assert found.pop("trip_miles_xf") == pytest.approx(expected)
    assert found == {"company_xf": [0, 1, 0], "miles_xf": [1, 2, 0], "tips_xf": [1, 1, 0]}


LOOKED_UP = pa.table({"s": ["a", None, "z"], "i": [7, None, -1], "l": [["a", "b"], None, ["z"]]})
LOOKUPS = {
    "text to numbers": (lambda i: tft.lookup(i["s"], {"a": 1, "b": 2}, 0), [1, None, 0]),
    "without a default": (lambda i: tft.lookup(i["s"], {"a": 1.5}), [1.5, None, None]),
    "text to text": (lambda i: tft.lookup(i["s"], {"a": "A"}, "?"), ["A", None, "?"]),
    "integers to text": (lambda i: tft.lookup(i["i"], {7: "seven", 8: "x"}), ["seven", None, None]),
    "integers to floats": (lambda i: tft.lookup(i["i"], {-1: 0.5}, 1), [1.0, None, 0.5]),
    "of lists": (lambda i: tft.lookup(i["l"], {"a": 1, "b": 2}, 0), [[1, 2], None, [0]]),
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_table_is_looked_up_value_by_value_also_in_a_saved_graph(name, tmp_path):
    function, expected = LOOKUPS[name]
    graph = tft.analyze(LOOKED_UP, lambda inputs: {"y": function(inputs)})
    graph.save(tmp_path)
    for each in (graph, tft.load(tmp_path)):
        assert each.transform(LOOKED_UP)["y"].to_pylist() == expected


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda i: tft.lookup(i["s"], {1: 2}), "lookup with such a table takes int; found string"),
        (lambda i: tft.lookup(i["s"], {}), "table is {}; expected a dict"),
        (lambda i: tft.lookup(i["s"], {"a": 1, 2: 1}), "expected a dict from texts, or from"),
        (lambda i: tft.lookup(i["s"], {"a": 1, "b": "c"}), "cannot compute with"),
        (lambda i: tft.lookup(i["s"], {"a": 1}, "none"), "cannot compute with"),
        (lambda i: tft.split(i["s"], ""), "delimiter is ''"),
        (lambda i: tft.split(i["s"], []), r"delimiter is \[\]"),
        (lambda i: tft.sparse_tensor_left_align(i["s"]), "takes lists; found string"),
    ],
)
def test_what_no_table_can_do_is_refused_with_the_line(function, message):
    with pytest.raises(TransformError, match=message) as caught:
        tft.analyze(LOOKED_UP, lambda inputs: {"y": function(inputs)})
    assert "in test_ports.py, line" in str(caught.value)


def test_the_longest_of_several_delimiters_wins():
    data = pa.table({"s": ["a<br>b<c", "<br>"]})
    graph = tft.analyze(data, lambda i: {"t": tft.split(i["s"], ["<", "<br>"])})
    assert graph.transform(data)["t"].to_pylist() == [["a", "b", "c"], []]


SPECS = {
    "age": tft.FixedLenFeature((), "int64"),
    "pair": tft.FixedLenFeature((2,), "float64"),
    "words": tft.VarLenFeature("string"),
    "unused": tft.VarLenFeature("int64"),
}


def of_specs(inputs, custom_config):
    ids = tft.compute_and_apply_vocabulary(inputs["words"])
    pair = inputs["pair"] * custom_config["factor"]
    return {"pair": pair, "mean": tft.mean(inputs["age"]), "ids": ids}


def test_the_columns_that_are_read_are_known_without_data():
    config = {"factor": 2}
    analyzed = tft.get_analyze_input_columns(of_specs, SPECS, custom_config=config)
    assert analyzed == ["age", "words"]
    transformed = tft.get_transform_input_columns(of_specs, SPECS, custom_config=config)
    assert transformed == ["pair", "words"]
    with pytest.raises(TransformError, match="the specification of 'x' is 3; expected"):
        tft.get_analyze_input_columns(of_specs, {"x": 3})


def test_names_under_experimental_do_the_same():
    data = pa.table({"c": ["a", "b", "b", "c", "c", "c"]})

    def preprocessing_fn(inputs):
        name = tft.experimental.compute_and_apply_approximate_vocabulary
        tokens = tft.experimental.approximate_vocabulary(inputs["c"], 1, vocab_filename="best")
        return {
            "one": name(inputs["c"], top_k=2),
            "two": tft.apply_vocabulary(inputs["c"], tokens, file_format="text"),
        }

    graph = tft.analyze(data, preprocessing_fn)
    assert graph.vocabulary("best") == ["c"]
    assert graph.transform(data).to_pydict() == {
        "one": [-1, 1, 1, 0, 0, 0],
        "two": [-1, -1, -1, 0, 0, 0],
    }


SIGNATURES = {
    "apply_buckets": "x bucket_boundaries name",
    "apply_buckets_with_interpolation": "x bucket_boundaries name",
    "apply_pyfunc": "func Tout stateful name args",
    "bag_of_words": "tokens ngram_range separator name",
    "bucketize": "x num_buckets epsilon weights elementwise name",
    "bucketize_per_key": "x key num_buckets epsilon weights name",
    "count_per_key": "key key_vocabulary_filename name",
    "covariance": "x dtype name",
    "deduplicate_tensor_per_row": "input_tensor name",
    "estimated_probability_density": "x boundaries categorical name",
    "get_analyze_input_columns": "preprocessing_fn specs force_tf_compat_v1",
    "get_transform_input_columns": "preprocessing_fn specs force_tf_compat_v1",
    "hash_strings": "strings hash_buckets key name",
    "histogram": "x boundaries categorical name",
    "make_and_track_object": "trackable_factory_callable name",
    "max": "x reduce_instance_dims name",
    "mean": "x reduce_instance_dims name output_dtype",
    "min": "x reduce_instance_dims name",
    "ngrams": "tokens ngram_range separator name",
    "pca": "x output_dim dtype name",
    "quantiles": "x num_buckets epsilon weights reduce_instance_dims name",
    "scale_by_min_max": "x output_min output_max elementwise name",
    "scale_by_min_max_per_key": "x key output_min output_max elementwise key_vocabulary_filename",
    "scale_to_0_1": "x elementwise name",
    "scale_to_0_1_per_key": "x key elementwise key_vocabulary_filename name",
    "scale_to_gaussian": "x elementwise name output_dtype",
    "scale_to_z_score": "x elementwise name output_dtype",
    "scale_to_z_score_per_key": "x key elementwise key_vocabulary_filename name output_dtype",
    "segment_indices": "segment_ids name",
    "size": "x reduce_instance_dims name",
    "sparse_tensor_to_dense_with_shape": "x shape default_value",
    "sum": "x reduce_instance_dims name",
    "tfidf": "x vocab_size smooth name",
    "tukey_h_params": "x reduce_instance_dims output_dtype name",
    "tukey_location": "x reduce_instance_dims output_dtype name",
    "tukey_scale": "x reduce_instance_dims output_dtype name",
    "var": "x reduce_instance_dims name output_dtype",
    "word_count": "tokens name",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_stand_where_they_stand_in_tft(name):
    expected = SIGNATURES[name].split()
    assert list(inspect.signature(getattr(tft, name)).parameters)[: len(expected)] == expected


def test_place_by_place_is_what_numpy_says_of_each_place():
    rows = [[1.0, 10.0], [2.0, 30.0], [4.0, 20.0], [4.0, None]]
    data = pa.table({"p": pa.array(rows, pa.list_(pa.float64(), 2)), "x": [1, 2, 3, 4]})

    def function(inputs):
        pair = inputs["p"]
        return {
            "sum": tft.sum(pair, False),
            "size": tft.size(pair, False),
            "quantiles": tft.quantiles(pair, 2, 0.01, None, False),
            "location": tft.tukey_location(pair, False),
            "alone": tft.tukey_location(pair.element(0)),
            "single": tft.sum(inputs["x"], False),
        }

    found = tft.analyze(data, function).transform(data.slice(0, 1)).to_pydict()
    assert found["sum"] == [[11.0, 60.0]] and found["size"] == [[4, 3]]
    assert found["quantiles"] == [[4.0, 20.0]]
    assert found["location"][0][0] == found["alone"][0] and found["single"] == [10]
    with pytest.raises(TransformError, match="reduce_instance_dims=False needs one value a row"):
        tft.analyze(LOOKED_UP, lambda i: {"y": tft.size(i["l"], False)})


def test_a_label_decides_from_the_first_difference_as_in_tft():
    """Of 8 rows, 4 with label 1, a has 1 label of 3: 1.5 are to be expected, so 0.5 less."""
    data = pa.table({"c": list("aaabbbbb"), "y": [1, 0, 0, 1, 1, 1, 0, 0]})

    def weights(function, **settings):
        def preprocessing_fn(inputs):
            settings.update(labels=inputs["y"], vocab_filename="v", store_frequency=True)
            function(inputs["c"], **settings)
            return {"x": inputs["y"]}

        return tft.analyze(data, preprocessing_fn).vocabularies["v"].weights

    assert all(weights(tft.compute_and_apply_vocabulary))
    assert weights(tft.vocabulary, min_diff_from_avg=0.0) == weights(
        tft.compute_and_apply_vocabulary
    )
    assert weights(tft.vocabulary) == (0.0, 0.0)
    assert weights(tft.compute_and_apply_vocabulary, min_diff_from_avg=None) == (0.0, 0.0)


def with_settings(integer, number):
    """The same function with Python's or with numpy's numbers as settings."""

    def preprocessing_fn(inputs):
        ids = tft.compute_and_apply_vocabulary(
            inputs["s"],
            top_k=integer(1),
            default_value=integer(-1),
            num_oov_buckets=integer(1),
            frequency_threshold=number(1.0),
        )
        pair = tft.stack([inputs["i"], inputs["i"]])
        return {
            "ids": ids,
            "hash": tft.hash_strings(inputs["s"], integer(10), key=[integer(1), integer(2)]),
            "buckets": tft.bucketize(inputs["i"], integer(2)),
            "clipped": inputs["i"].clip(integer(0), integer(5)),
            "among": inputs["i"].isin([integer(7)]),
            "second": pair.element(integer(1)),
            "hot": tft.one_hot(ids, integer(3)),
            "table": tft.lookup(inputs["i"], {integer(7): number(2.0)}, number(0.0)),
            "scaled": tft.scale_by_min_max(inputs["i"], number(0.0), number(2.0)),
            "words": tft.idf(tft.stack([ids]), integer(3)),
        }

    return preprocessing_fn


def test_settings_may_be_numbers_of_numpy(tmp_path):
    plain = tft.analyze(LOOKED_UP, with_settings(int, float))
    numpys = tft.analyze(LOOKED_UP, with_settings(np.int64, np.float32))
    plain.save(tmp_path / "plain")
    numpys.save(tmp_path / "numpys")
    name = "transform_fn/graph.json"
    assert (tmp_path / "plain" / name).read_text() == (tmp_path / "numpys" / name).read_text()
