"""Tukey's HH distribution, beside sample L-moments by their definition and known tails."""

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import minitfx.transform as tft
from minitfx.transform import gaussian
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.cells import Numbers


def distribution(values):
    return Distribution.empty().add((Numbers(np.array(values, float)),))


def l_moment(values, order):
    """The sample L-moment by its definition: an average over all subsets of ``order``."""
    subsets = list(itertools.combinations(sorted(values), order))
    total = 0.0
    for subset in subsets:
        for k in range(order):
            total += (-1) ** k * math.comb(order - 1, k) * subset[order - 1 - k]
    return total / order / len(subsets)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-20, 20).map(float), min_size=4, max_size=10))
def test_l_moments_are_averages_over_subsets(values):
    expected = [l_moment(values, order) for order in (1, 2, 3, 4)]
    assert gaussian.l_moments(distribution(values)) == pytest.approx(expected, abs=1e-9)


def test_l_moments_of_a_normal_distribution():
    """1/sqrt(pi) for the scale, 0 for the skewness, 30/pi*atan(sqrt(2)) - 9 for the kurtosis."""
    below, above = gaussian._half(0.0), gaussian._half(0.0)
    scale = below[1] + above[1]
    assert above[0] - below[0] == 0.0
    assert scale == pytest.approx(1 / math.sqrt(math.pi), rel=1e-10)
    kurtosis = (below[3] + above[3]) / scale
    assert kurtosis == pytest.approx(30 / math.pi * math.atan(math.sqrt(2)) - 9, rel=1e-8)


@pytest.mark.parametrize("tail", [0.0, 0.1, 0.5, 0.9])
def test_the_mean_of_a_half_has_a_closed_form(tail):
    expected = 1 / math.sqrt(2 * math.pi) / (1 - tail)
    assert gaussian._half(tail)[0] == pytest.approx(expected, rel=1e-10)


def sample(left, right, location, scale, rows=4_001):
    """Values at equal ranks of the distribution with these parameters."""
    ranks = (np.arange(rows) + 0.5) / rows
    normal = np.array([_quantile(rank) for rank in ranks])
    tails = np.where(normal < 0, left, right)
    return location + scale * normal * np.exp(tails * normal**2 / 2), normal


def _quantile(rank):
    low, high = -9.0, 9.0
    for _ in range(70):
        middle = (low + high) / 2
        if 0.5 * (1 + math.erf(middle / math.sqrt(2))) < rank:
            low = middle
        else:
            high = middle
    return low


@pytest.mark.parametrize(
    ("left", "right"), [(0.0, 0.3), (0.3, 0.0), (0.1, 0.25), (0.2, 0.2), (0.25, 0.1)]
)
def test_known_tails_are_found_again_and_drawn_in(left, right):
    values, normal = sample(left, right, location=5.0, scale=2.0)
    found = gaussian.tukey_parameters(distribution(values))
    assert found == pytest.approx([5.0, 2.0, left, right], abs=0.03)
    drawn = tft.analyze(pa.table({"x": values}), lambda i: {"g": tft.scale_to_gaussian(i["x"])})
    gaussian_values = np.array(drawn.transform(pa.table({"x": values}))["g"].to_pylist())
    assert np.abs(gaussian_values - normal)[200:-200].max() < 0.05


def test_short_tails_give_the_z_score():
    data = pa.table({"x": np.linspace(0, 1, 1_001)})

    def function(inputs):
        return {
            "g": tft.scale_to_gaussian(inputs["x"]),
            "z": tft.scale_to_z_score(inputs["x"]),
            "h": tft.tukey_h_params(inputs["x"])[1],
        }

    found = tft.analyze(data, function).transform(data).to_pydict()
    assert found["h"][0] == 0.0
    assert found["g"] == pytest.approx(found["z"], abs=1e-12)


@example(z=0.00390625, tail=0.00390625)
@example(z=31.0, tail=0.75)
@given(z=st.floats(-50, 50), tail=st.floats(0.001, 0.99))
def test_drawing_in_is_the_inverse_of_drawing_out(z, tail):
    value = z * math.exp(min(tail * z * z / 2, 600.0))
    if abs(tail * z * z / 2) < 600:
        (found,) = gaussian.normal_of(np.array([value]), np.float64(tail), np.float64(tail))
        assert found == pytest.approx(z, rel=1e-9, abs=1e-12)


def test_a_constant_and_too_few_values_have_no_tails():
    assert gaussian.tukey_parameters(distribution([3.0] * 9)).tolist() == [3.0, 1.0, 0.0, 0.0]
    location, _, left, right = gaussian.tukey_parameters(distribution([1.0, 2.0, 9.0]))
    assert (location, left, right) == (4.0, 0.0, 0.0)
    assert gaussian.tukey_parameters(Distribution.empty()).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_each_place_of_a_list_has_its_own_tails():
    left, _ = sample(0.0, 0.3, 0.0, 1.0, 501)
    data = pa.table({"a": left, "b": -left})

    def function(inputs):
        pair = tft.stack([inputs["a"], inputs["b"]])
        return {
            "pair": tft.scale_to_gaussian(pair, elementwise=True),
            "a": tft.scale_to_gaussian(inputs["a"]),
            "b": tft.scale_to_gaussian(inputs["b"]),
        }

    found = tft.analyze(data, function).transform(data).to_pydict()
    assert found["pair"] == [list(each) for each in zip(found["a"], found["b"], strict=True)]
