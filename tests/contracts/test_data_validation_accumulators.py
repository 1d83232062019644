"""The laws of accumulators, for those of the data validation library."""

import math
import pickle
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.data_validation import StatsOptions, features_of
from minitfx.data_validation.blocks import Part
from minitfx.data_validation.distribution import CELLS, Distribution
from minitfx.data_validation.feature_proto import feature_proto
from minitfx.data_validation.moments import Moments, moments_of
from minitfx.data_validation.numeric_values import NumericValues
from minitfx.data_validation.presence import LevelRows, Presence
from minitfx.data_validation.sorted_runs import FAN_IN
from minitfx.data_validation.table_values import TableValues
from minitfx.data_validation.value_counts import CountSettings, ValueCounts

numbers = st.floats(allow_nan=False, width=64)
extremes = st.sampled_from([0.0, -0.0, math.inf, -math.inf, 1e9 + 1, 5e-324, -(2.0**63), 1e308])
chunk_of_numbers = st.lists(numbers | extremes, max_size=20).map(lambda v: np.array(v, float))
chunk_of_strings = st.lists(st.text(max_size=4) | st.binary(max_size=2), max_size=20)


def add_strings(counts, chunk):
    values = [value.encode() if isinstance(value, str) else value for value in chunk]
    return counts.add(pa.array(values, pa.binary()))


def add_lengths(presence, chunk):
    lengths = np.array([len(value) for value in chunk], np.int64)
    return presence.add(LevelRows(len(chunk) + 1, len(chunk), lengths))


def seen_distribution(distribution):
    found = distribution.result()
    return [each.tobytes() for each in (found.values, found.counts, found.lows)]


def seen_numbers(numbers):
    exact = (numbers.nan, numbers.zeros, numbers.infinite)
    return exact, seen_distribution(numbers.distribution)


def seen_presence(presence):
    return presence.parents, presence.present, presence.values, seen_distribution(presence.lengths)


CASES = {
    "Distribution": (Distribution, lambda d, c: d.add(c), seen_distribution, chunk_of_numbers),
    "NumericValues": (NumericValues, lambda n, c: n.add(c), seen_numbers, chunk_of_numbers),
    "Presence": (Presence, add_lengths, seen_presence, chunk_of_strings),
    "ValueCounts": (
        lambda: ValueCounts(CountSettings(top=5)),
        add_strings,
        lambda counts: counts.result(),
        chunk_of_strings,
    ),
}


every_case = pytest.mark.parametrize("name", sorted(CASES))


def case(name):
    make, add, seen, chunks = CASES[name]

    def of(*parts):
        accumulator = make()
        for part in parts:
            accumulator = accumulator.merge(add(accumulator.zero(), part))
        return accumulator

    return of, seen, chunks


@every_case
@given(data=st.data())
@settings(max_examples=40)
def test_zero_is_the_identity(name, data):
    of, seen, chunks = case(name)
    chunk = data.draw(chunks)
    assert seen(of().merge(of(chunk))) == seen(of(chunk)) == seen(of(chunk).merge(of()))


@every_case
@given(data=st.data())
@settings(max_examples=40)
def test_merge_is_associative_and_commutative_to_the_bit(name, data):
    of, seen, chunks = case(name)
    a, b, c = (data.draw(chunks) for _ in range(3))
    left = seen(of(a).merge(of(b)).merge(of(c)))
    assert left == seen(of(a).merge(of(b).merge(of(c))))
    assert left == seen(of(c).merge(of(b)).merge(of(a)))


@every_case
@given(data=st.data())
@settings(max_examples=40)
def test_merging_leaves_its_argument_alone_and_pickles(name, data):
    of, seen, chunks = case(name)
    one, two = of(data.draw(chunks)), of(data.draw(chunks))
    before = seen(pickle.loads(pickle.dumps(two)))
    merged = one.merge(two)
    assert seen(two) == before
    assert seen(pickle.loads(pickle.dumps(merged))) == seen(merged)


@given(st.lists(chunk_of_numbers, max_size=5))
def test_a_distribution_counts_like_a_counter(chunks):
    distribution = Distribution()
    for chunk in chunks:
        distribution = distribution.add(chunk)
    found = distribution.result()
    expected = Counter(value + 0.0 for chunk in chunks for value in chunk.tolist())
    assert dict(zip(found.values.tolist(), found.counts.tolist(), strict=True)) == expected


@given(st.lists(chunk_of_strings, max_size=5))
def test_value_counts_count_like_a_counter(chunks):
    counts = ValueCounts(CountSettings(top=10**6))
    for chunk in chunks:
        counts = add_strings(counts, chunk)
    values = [v.encode() if isinstance(v, str) else v for chunk in chunks for v in chunk]
    expected = Counter(values)
    found = counts.result()
    assert dict(found.top) == expected
    assert [value for value, _ in found.top] == sorted(
        expected, key=lambda value: (expected[value], value), reverse=True
    )
    assert found.total_bytes == sum(map(len, values))
    assert found.unique == len(expected)


@given(st.lists(chunk_of_strings, min_size=1, max_size=8))
@settings(max_examples=25)
def test_spilled_counts_equal_those_in_memory(tmp_path_factory, chunks):
    folder = str(tmp_path_factory.mktemp("spill"))
    kept, spilled = (
        ValueCounts(CountSettings(top=7)),
        ValueCounts(CountSettings(top=7, spill=folder, budget=64)),
    )
    for chunk in chunks:
        kept = kept.merge(add_strings(kept.zero(), chunk))
        spilled = spilled.merge(add_strings(spilled.zero(), chunk))
    assert spilled.result() == kept.result()


def test_more_runs_than_can_be_open_are_merged_in_turns(tmp_path):
    kept = ValueCounts(CountSettings(top=9))
    spilled = ValueCounts(CountSettings(top=9, spill=str(tmp_path), budget=1))
    for number in range(3 * FAN_IN):
        chunk = [f"{value}" for value in range(number % 7, number)]
        kept = kept.merge(add_strings(kept.zero(), chunk))
        spilled = spilled.merge(add_strings(spilled.zero(), chunk))
    assert len(list(tmp_path.iterdir())) > 2 * FAN_IN
    for _ in range(2):
        assert spilled.result() == kept.result()


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1), st.integers(0, 50))
def test_moments_of_a_split_are_those_of_the_whole(values, place):
    offset = np.array(values, float) + 1e9
    split = moments_of(offset[:place]).merge(moments_of(offset[place:]))
    assert split.mean == pytest.approx(np.mean(offset), rel=1e-15)
    assert split.deviation == pytest.approx(np.std(offset), rel=1e-9, abs=1e-6)
    assert Moments().merge(split) == split == split.merge(Moments())


@pytest.mark.parametrize("rows", [CELLS - 1, CELLS, CELLS + 1, 4 * CELLS])
def test_a_distribution_is_bounded_and_does_not_depend_on_the_order(rows):
    rng = np.random.default_rng(rows)
    values = rng.normal(size=rows) * np.exp(rng.normal(size=rows))
    whole, split = Distribution().add(values), Distribution()
    for part in np.array_split(rng.permutation(values), 7):
        split = split.merge(Distribution().add(part))
    assert seen_distribution(whole) == seen_distribution(split)
    assert len(whole.result().values) <= CELLS
    found = whole.result()
    assert found.counts.sum() == rows
    ranks = np.searchsorted(np.sort(values), found.values, side="right")
    assert (ranks == np.cumsum(found.counts)).all()


def test_weights_are_summed_and_zeros_left_out():
    weighted = Distribution(weighted=True)
    weighted = weighted.add(np.array([2.0, 1.0, 2.0, 3.0]), np.array([0.5, 1.0, 1.5, 0.0]))
    found = weighted.result()
    assert found.values.tolist() == [1.0, 2.0] and found.counts.tolist() == [1.0, 2.0]


rows = st.fixed_dictionaries(
    {
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
        "f": st.none() | st.floats(),
        "s": st.none() | st.text(max_size=3),
        "l": st.none() | st.lists(st.none() | st.integers(-5, 5), max_size=3),
        "w": st.floats(0, 10),
    }
)
SCHEMA = pa.schema(
    {
        "i": pa.int64(),
        "f": pa.float64(),
        "s": pa.string(),
        "l": pa.list_(pa.int64()),
        "w": pa.float64(),
    }
)


@given(st.lists(rows, max_size=30), st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_statistics_of_split_rows_are_those_of_the_whole(rows, place):
    """All but moments, which cancel where values are huge; they have a test of their own."""
    features = features_of(SCHEMA, StatsOptions())

    def of(*parts):
        values = TableValues(CountSettings())
        for number, part in enumerate(parts):
            table = pa.Table.from_pylist(part, schema=SCHEMA)
            values = values.merge(values.zero().add(Part(table, features, number)))
        protos = [feature_proto(each, StatsOptions()) for each in values.result().values()]
        for proto in protos:
            proto.num_stats.ClearField("mean")
            proto.num_stats.ClearField("std_dev")
        return protos

    assert of(rows[:place], rows[place:]) == of(rows)
