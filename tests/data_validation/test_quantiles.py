"""Quantiles: TFDV's rule while values can be told apart, within epsilon always."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.data_validation import FeatureStatsOptions, StatsOptions, generate_statistics
from minitfx.data_validation.distribution import CELLS, Distribution
from minitfx.data_validation.histograms import quantile_boundaries


def numbers_of(values, **options):
    statistics = generate_statistics(pa.table({"x": values}), StatsOptions(**options))
    return statistics.datasets[0].features[0].num_stats


def shown(values, kind, **options):
    (histogram,) = (h for h in numbers_of(values, **options).histograms if h.type == kind)
    return histogram.buckets


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=200))
@settings(deadline=None)
def test_the_median_is_the_upper_of_the_two_middles(values):
    assert numbers_of(values).median == sorted(values)[len(values) // 2]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 12))
@settings(deadline=None)
def test_boundaries_are_the_values_at_their_ranks(values, quantiles):
    frequencies = Distribution().add(np.array(values)).result()
    boundaries, cumulative = quantile_boundaries(frequencies, quantiles)
    ascending, n = sorted(values), len(values)
    ranks = [min(r * n // quantiles, n - 1) for r in range(quantiles + 1)]
    assert boundaries.tolist() == [ascending[rank] + 0.0 for rank in ranks]
    assert cumulative.tolist() == [sum(v <= b for v in values) for b in boundaries]


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=100), st.integers(1, 20))
@settings(deadline=None)
def test_both_histograms_hold_every_value(values, buckets):
    options = {"num_histogram_buckets": buckets, "num_quantiles_histogram_buckets": buckets}
    for histogram in numbers_of(values, **options).histograms:
        total = sum(bucket.sample_count for bucket in histogram.buckets)
        assert total == pytest.approx(len(values))


def test_equal_width_buckets_have_equal_width_and_nearly_true_counts():
    rng = np.random.default_rng(1)
    values = rng.gamma(2.0, size=20_000)
    buckets = shown(values.tolist(), 0)
    counts, edges = np.histogram(values, bins=10)
    assert [b.low_value for b in buckets] == pytest.approx(edges[:-1])
    assert [b.high_value for b in buckets] == pytest.approx(edges[1:])
    # The rule spreads a thousandth of the values evenly at each edge.
    apart = np.abs(np.array([b.sample_count for b in buckets]) - counts)
    assert apart.max() <= 2 * len(values) / 1000


@pytest.mark.parametrize("rows", [CELLS, 4 * CELLS])
def test_many_distinct_values_keep_their_ranks(rows):
    rng = np.random.default_rng(rows)
    values = np.exp(rng.normal(size=rows) * 3)
    buckets = shown(values.tolist(), 1)
    ascending = np.sort(values)
    for number, bucket in enumerate(buckets, start=1):
        rank = np.searchsorted(ascending, bucket.high_value, side="right")
        assert abs(rank - number * rows / 10) <= 0.001 * rows + 1


def test_a_crowd_beside_a_wide_range_is_counted_again():
    rng = np.random.default_rng(2)
    crowd = 1.0 + rng.integers(0, 1000, 60_000) * 1e-12
    spread = 10.0 ** rng.uniform(-300, 300, 60_000)
    values = np.concatenate([crowd, spread])
    assert numbers_of(values.tolist()).median == np.sort(values)[60_000]
    coarse = numbers_of(values.tolist(), epsilon=1.0)
    assert coarse.median != np.sort(values)[60_000]


def test_a_crowd_is_counted_again_by_weight_too():
    rng = np.random.default_rng(3)
    crowd = 1.0 + rng.integers(0, 1000, 40_000) * 1e-12
    values = np.concatenate([crowd, 10.0 ** rng.uniform(-300, 300, 40_000)])
    table = pa.table({"x": values, "w": np.full(len(values), 2.0)})
    statistics = generate_statistics(table, StatsOptions(weight_feature="w"))
    weighted = statistics.datasets[0].features[0].num_stats.weighted_numeric_stats
    assert weighted.median == np.sort(values)[40_000]


def test_infinities_have_buckets_of_their_own():
    values = [float("-inf"), 1.0, 2.0, 3.0, float("inf"), float("inf")]
    buckets = shown(values, 0)
    assert (buckets[0].low_value, buckets[-1].high_value) == (float("-inf"), float("inf"))
    assert [buckets[0].sample_count, buckets[-1].sample_count] == pytest.approx([1.0, 2.0])
    numbers = numbers_of(values)
    assert np.isnan(numbers.mean) and numbers.std_dev == 0.0


def test_histograms_can_be_left_out():
    numbers = numbers_of(
        [1.0, 2.0], per_feature_stats_config={"x": FeatureStatsOptions(histograms=False)}
    )
    assert not numbers.histograms and np.isnan(numbers.median) and numbers.mean == 1.5
