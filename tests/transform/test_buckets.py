"""Buckets, scales and histograms beside numpy."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minitfx.transform as tft
from minitfx.errors import TransformError
from minitfx.transform.operations.bucketing import buckets, interpolated

finite = st.floats(-100, 100, width=16)
edges = st.lists(finite, min_size=1, max_size=40).map(lambda v: np.array(sorted(v)))


@given(st.lists(finite | st.just(float("nan")), max_size=30), edges)
def test_comparing_with_few_boundaries_is_searching(values, boundaries):
    few = np.array(values, float)
    many = np.resize(few, 600) if values else few
    expected = np.searchsorted(boundaries, few, side="right")
    assert buckets(few, boundaries).tolist() == expected.tolist()
    assert buckets(many, boundaries).tolist() == np.resize(expected, len(many)).tolist()


@given(
    st.lists(finite, min_size=1, max_size=30), st.lists(finite, min_size=2, max_size=9, unique=True)
)
def test_interpolation_is_linear_between_boundaries(values, boundaries):
    ordered = np.array(sorted(boundaries))
    expected = np.interp(values, ordered, np.linspace(0, 1, len(ordered)))
    assert interpolated(np.array(values), ordered) == pytest.approx(expected, abs=1e-9)


def test_interpolation_at_its_edges():
    values = np.array([-1.0, 0.0, 1.0, float("nan"), float("inf")])
    assert interpolated(values, np.array([0.0])).tolist()[:3] == [0.0, 1.0, 1.0]
    assert interpolated(values, np.array([0.0, float("inf"), 2.0])).tolist() == [0, 0, 0.5, 0.5, 1]
    assert interpolated(values, np.array([float("nan")])).tolist() == [0.5] * 5


def run(data, function):
    return tft.analyze(data, lambda i: {"y": function(i)}).transform(data)["y"].to_pylist()


def test_bucketize_with_weights_cuts_the_weight():
    data = pa.table({"x": [1.0, 2.0, 3.0, 4.0], "w": [1.0, 1.0, 1.0, 97.0]})
    assert run(data, lambda i: tft.bucketize(i["x"], 2)) == [0, 0, 1, 1]
    assert run(data, lambda i: tft.bucketize(i["x"], 2, weights=i["w"])) == [0, 0, 0, 1]


def test_lists_are_bucketized_item_by_item():
    data = pa.table({"x": [[1, 9], [], None, [5]]})
    assert run(data, lambda i: tft.apply_buckets(i["x"], [2, 6])) == [[0, 2], [], None, [1]]
    assert run(data, lambda i: tft.bucketize(i["x"], 2)) == [[0, 1], [], None, [1]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50))
def test_scales_by_their_formulas(values):
    data = pa.table({"x": values})
    x = np.array(values)
    z = run(data, lambda i: tft.scale_to_z_score(i["x"]))
    if x.std() > 1e-9:
        assert z == pytest.approx(((x - x.mean()) / x.std()).tolist(), rel=1e-6, abs=1e-9)
    scaled = run(data, lambda i: tft.scale_by_min_max(i["x"], -1, 2))
    if x.max() > x.min():
        expected = (x - x.min()) / (x.max() - x.min()) * 3 - 1
    else:
        expected = 3 / (1 + np.exp(-x)) - 1
    assert scaled == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-9)


def test_places_of_a_list_are_scaled_each_by_itself_or_all_together():
    data = pa.table({"p": pa.array([[0.0, 10.0], [1.0, 30.0]], pa.list_(pa.float64(), 2))})
    apart = run(data, lambda i: tft.scale_to_0_1(i["p"], elementwise=True))
    together = run(data, lambda i: tft.scale_to_0_1(i["p"]))
    assert apart == [[0.0, 0.0], [1.0, 1.0]]
    assert together[1] == pytest.approx([1 / 30, 1.0])
    z = run(data, lambda i: tft.scale_to_z_score(i["p"], elementwise=True))
    assert z == [[-1.0, -1.0], [1.0, 1.0]]


def test_per_key_results_for_missing_unseen_and_odd_keys():
    data = pa.table({"x": [1.0, 3.0, None, 5.0, 5.0, 7.0], "k": ["a", "a", "a", None, "b", ""]})

    def function(inputs):
        x, k = inputs["x"], inputs["k"]
        return {
            "z": tft.scale_to_z_score_per_key(x, k),
            "s": tft.scale_to_0_1_per_key(x, k),
            "b": tft.bucketize_per_key(x, k, 2),
        }

    graph = tft.analyze(data, function)
    found = graph.transform(data).to_pydict()
    assert found["z"] == [-1.0, 1.0, None, None, 0.0, 0.0]
    assert found["s"][:4] == [0.0, 1.0, None, None]
    assert found["s"][4] == pytest.approx(1 / (1 + np.exp(-5)))
    assert found["b"] == [0, 1, None, None, 1, 1]
    unseen = graph.transform(pa.table({"x": [2.0], "k": ["new"]})).to_pydict()
    assert unseen == {"z": [2.0], "s": [pytest.approx(1 / (1 + np.exp(-2)))], "b": [-1]}


def test_lists_are_scaled_by_the_key_of_their_row():
    data = pa.table({"x": [[1.0, 3.0], [10.0, 30.0]], "k": [7, 8]})
    found = run(data, lambda i: tft.scale_to_z_score_per_key(i["x"], i["k"]))
    assert found == [[-1.0, 1.0], [-1.0, 1.0]]


@settings(max_examples=40, deadline=None)
@given(st.lists(finite, min_size=1, max_size=60), st.integers(2, 6))
def test_a_histogram_joins_what_is_outside_to_its_ends(values, number):
    data = pa.table({"x": values})
    bounds = np.linspace(-50, 50, number)
    expected, _ = np.histogram(np.clip(values, -50, 50), bounds)
    inner = np.isin(np.array(values), bounds)
    if not inner.any():  # numpy counts the last boundary below itself
        counts = run(data, lambda i: tft.histogram(i["x"], bounds.tolist())[0])[0]
        assert counts == expected.tolist()


def test_density_is_the_share_of_a_bin_by_its_width():
    data = pa.table({"x": [0.5, 1.5, 1.6, 1.7]})
    found = run(data, lambda i: tft.estimated_probability_density(i["x"], [0, 1, 2, 4]))
    assert found == pytest.approx([0.25 / (4 / 3)] + [0.75 / (4 / 3)] * 3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(finite, finite, finite), min_size=2, max_size=40))
def test_covariance_and_principal_axes_are_numpys(rows):
    data = pa.table({"p": pa.array([list(row) for row in rows], pa.list_(pa.float64(), 3))})
    matrix = np.cov(np.array(rows).T, bias=True)
    found = run(data, lambda i: tft.covariance(i["p"]))[0]
    assert found == pytest.approx(matrix.ravel().tolist(), rel=1e-6, abs=1e-6)
    axes = np.array(run(data, lambda i: tft.pca(i["p"], 2))[0]).reshape(3, 2)
    assert axes.T @ axes == pytest.approx(np.eye(2), abs=1e-8)
    variances = np.sort(np.linalg.eigvalsh(matrix))[::-1][:2]
    assert np.diag(axes.T @ matrix @ axes) == pytest.approx(variances, rel=1e-6, abs=1e-6)


def test_matmul_is_numpys_and_misses_a_row_with_a_gap():
    data = pa.table({"p": pa.array([[1.0, 2.0], [None, 3.0]], pa.list_(pa.float64(), 2))})
    assert run(data, lambda i: tft.matmul(i["p"], [1, 2, 3, 4])) == [[7.0, 10.0], None]
    with pytest.raises(TransformError, match="as many rows; found list of 2 float"):
        run(data, lambda i: tft.matmul(i["p"], [1, 2, 3]))


def test_one_hot_of_what_is_out_of_range_and_of_missing():
    data = pa.table({"i": [0, 2, 3, -1, None]})
    found = run(data, lambda i: tft.one_hot(i["i"], 3, int))
    assert found == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], None]


def test_counts_per_key_keep_empty_texts_and_line_breaks():
    data = pa.table({"k": ["b", "", "a\n", "b", None]})

    def function(inputs):
        keys, counts = tft.count_per_key(inputs["k"])
        return {"keys": keys, "counts": counts}

    found = tft.analyze(data, function).transform(data.slice(0, 1)).to_pydict()
    assert found == {"keys": [["", "a\n", "b"]], "counts": [[1, 1, 2]]}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda i: tft.apply_buckets(i["x"], [2, 1]), "expected a list of ascending numbers"),
        (lambda i: tft.apply_buckets(i["x"], 3.0), "are 3.0; expected a list"),
        (lambda i: tft.apply_buckets(i["x"], ["a"]), "expected a list of ascending numbers"),
        (lambda i: tft.bucketize(i["x"], 2, elementwise=True), "takes lists of one length"),
        (lambda i: tft.mean(i["x"], reduce_instance_dims=False), "needs lists of one length"),
        (lambda i: tft.histogram(i["x"], 1)[0], "boundaries is 1"),
        (lambda i: tft.pca(i["x"], 1), "expected 1 to 0"),
        (lambda i: tft.one_hot(i["x"], 3), "takes bool or int|found float"),
        (lambda i: tft.mean(tft.mean(i["x"])), "reads columns; found a constant"),
        (lambda i: tft.count_per_key(i["s"])[1] + i["x"], "whose length depends on the data"),
    ],
)
def test_what_does_not_fit_is_refused(function, message):
    data = pa.table({"x": [1.0, 2.0], "s": ["a", "b"]})
    with pytest.raises(TransformError, match=message):
        run(data, function)


def test_buckets_per_key_are_a_domain_of_integers_from_0(tmp_path):
    data = pa.table({"x": [1, 2, 10, 20], "k": ["a", "a", "b", "b"]})

    def function(inputs):
        places = tft.bucketize_per_key(inputs["x"], inputs["k"], 3)
        return {"b": places, "n": tft.get_num_buckets_for_transformed_feature(places)}

    graph = tft.analyze(data, function)
    graph.save(tmp_path)
    assert tft.load(tmp_path).transform(data)["n"].to_pylist() == [3] * 4
    assert tft.TFTransformOutput(tmp_path).num_buckets_for_transformed_feature("b") == 3
