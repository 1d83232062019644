"""The laws of accumulators, for those of the transform library."""

import math
import pickle
from dataclasses import fields, is_dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.accumulators.covariance import Covariance
from minitfx.transform.accumulators.distribution import Distribution
from minitfx.transform.accumulators.documents import Documents
from minitfx.transform.accumulators.extent import Extent
from minitfx.transform.accumulators.histogram import Histogram
from minitfx.transform.accumulators.keyed import KeyedDistribution, KeyedExtent, KeyedMoments
from minitfx.transform.accumulators.label_counts import LabelCounts
from minitfx.transform.accumulators.moments import Moments, Sum
from minitfx.transform.accumulators.refinement import Refinement
from minitfx.transform.accumulators.sample import Sample
from minitfx.transform.accumulators.target import FoldedTarget
from minitfx.transform.arrow import read_cells
from minitfx.transform.cells import Numbers
from minitfx.transform.columntype import type_of
from minitfx.transform.keytable import KeyTable

reals = st.none() | st.floats(-1e6, 1e6, width=32) | st.sampled_from([math.nan, -0.0, 1e9, 1e9 + 1])
endless = reals | st.sampled_from([math.inf, -math.inf])
wild = endless | st.sampled_from([5e-324, 1e300, -1e300])
integers = st.none() | st.integers(-(2**63), 2**63 - 1)
keys = st.none() | st.sampled_from(["", "a", "b", "ccc", "é"])
labels = st.none() | st.integers(0, 3)
weights = st.none() | st.sampled_from([0.0, -1.0, math.nan, 0.5, 1.0, 3.0])
indices = st.integers(-1, 4)


def cells(values, arrow):
    array = pa.array(values, arrow)
    return read_cells(array, type_of(array.type), "x")


def columns(**kinds):
    """A strategy of chunks with these columns, all of one length."""
    names = {"real": pa.float64(), "text": pa.string(), "int": pa.int64()}

    def build(rows):
        parts = zip(*rows, strict=True) if rows else [[] for _ in kinds]
        arrows = [names[name.rstrip("0123456789")] for name in kinds]
        return tuple(cells(list(part), arrow) for part, arrow in zip(parts, arrows, strict=True))

    return st.lists(st.tuples(*kinds.values()), max_size=12).map(build)


def lists_of(item, arrow):
    rows = st.lists(st.none() | st.lists(item, max_size=4), max_size=6)
    return rows.map(lambda values: (cells(values, pa.list_(arrow)),))


def pairs(item):
    rows = st.lists(st.tuples(item, item), max_size=8)
    return rows.map(lambda values: (cells(list(values), pa.list_(pa.float64(), 2)),))


def numbered(chunk):
    """The chunk with row numbers that differ between chunks, as those of a data set do."""
    rows = len(chunk[0].values if isinstance(chunk[0], Numbers) else chunk[0].codes)
    return (*chunk, Numbers(np.arange(rows) + 1000 * rows))


COARSE = Distribution.empty(limit=4).add((Numbers(np.array([-1e9, 0.5, 1.0, 1.5, 1e9, 2e9])),))
BOUNDS = Numbers(np.array([-10.0, 0.0, 0.5, 1e6]))
CASES = {
    "Moments": (lambda: Moments.empty(), columns(real=endless)),
    "Moments of places": (lambda: Moments.empty(2), pairs(endless)),
    "Sum": (lambda: Sum(False), columns(real=reals)),
    "Sum of integers": (lambda: Sum(True), columns(int=integers)),
    "Extent": (lambda: Extent.empty(False), columns(real=wild)),
    "Extent of integers": (lambda: Extent.empty(True), columns(int=integers)),
    "Extent of places": (lambda: Extent.empty(False, 2), pairs(wild)),
    "Distribution": (lambda: Distribution.empty(), columns(real=wild)),
    "Distribution in cells": (lambda: Distribution.empty(limit=4), columns(real=wild)),
    "Distribution of weights": (
        lambda: Distribution.empty(weighted=True),
        columns(real0=wild, real1=weights),
    ),
    "Counts": (lambda: Counts(), columns(text=keys)),
    "Counts of lists": (lambda: Counts(), lists_of(keys, pa.string())),
    "Counts of weights": (lambda: Counts(weighted=True), columns(text=keys, real=weights)),
    "LabelCounts": (lambda: LabelCounts(), columns(text=keys, int=labels)),
    "KeyedMoments": (lambda: KeyedMoments(), columns(real=reals, text=keys)),
    "KeyedExtent": (lambda: KeyedExtent(), columns(real=wild, text=keys)),
    "KeyedDistribution": (lambda: KeyedDistribution(), columns(real=wild, text=keys)),
    "Covariance": (lambda: Covariance.empty(2), pairs(st.none() | st.floats(-1e3, 1e3))),
    "Documents": (lambda: Documents.empty(4), lists_of(indices, pa.int64())),
    "Histogram": (
        lambda: Histogram.empty(3),
        columns(real=wild).map(lambda chunk: (*chunk, BOUNDS)),
    ),
    "FoldedTarget": (
        lambda: FoldedTarget(3).zero(),
        columns(real=labels.map(lambda x: x and float(x)), text=keys).map(numbered),
    ),
    "Refinement": (lambda: Refinement(COARSE, (0, 2), (COARSE.zero(),) * 2), columns(real=wild)),
    "Sample": (lambda: Sample(5), columns(real=reals, text=keys).map(numbered)),
}
ORDERED = {"Sample"}
"""Whose result keeps the order of the rows, so that merging does not commute."""

every_case = pytest.mark.parametrize("name", sorted(CASES))


def plain(value):
    """What an accumulator or a result holds, as numbers and texts that compare."""
    if isinstance(value, KeyedDistribution):
        return {key: plain(each) for key, each in sorted(value.by_key.items())}
    if isinstance(value, Counts):
        return sorted(
            (text, count, None if block.weights is None else block.weights[place])
            for block in value.blocks()
            for place, (text, count) in enumerate(
                zip(block.values.to_pylist(), block.counts.tolist(), strict=True)
            )
        )
    if isinstance(value, LabelCounts):
        rows = {text: np.trim_zeros(row, "b").tolist() for text, row in value.by_text.items()}
        return dict(sorted(rows.items())), np.trim_zeros(value.labels, "b").tolist()
    if isinstance(value, KeyTable):
        return value.keys, value.numbers.tolist()
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    return value.tolist() if isinstance(value, np.ndarray) else value


def close(one, two):
    """Whether two plain values agree, floats to 1e-9 of the size of what was summed."""
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(close(one[key], two[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(close, one, two))
    if isinstance(one, float):
        return one == two or math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-6) or one != one
    return one == two


def of(name, *chunks):
    accumulator = CASES[name][0]()
    for chunk in chunks:
        accumulator = accumulator.merge(accumulator.zero().add(chunk))
    return accumulator


def seen(accumulator):
    return plain(accumulator.result())


@every_case
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_zero_is_the_identity(name, data):
    chunk = data.draw(CASES[name][1])
    empty, one = CASES[name][0](), of(name, chunk)
    assert close(seen(of(name, chunk)), seen(CASES[name][0]().merge(of(name, chunk))))
    assert close(seen(one), seen(of(name, chunk).merge(empty.zero())))


@every_case
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_merge_is_associative_and_commutative(name, data):
    a, b, c = (data.draw(CASES[name][1]) for _ in range(3))
    left = of(name, a).merge(of(name, b)).merge(of(name, c))
    right = of(name, a).merge(of(name, b).merge(of(name, c)))
    assert close(seen(left), seen(right))
    if name not in ORDERED:
        turned = of(name, c).merge(of(name, b)).merge(of(name, a))
        assert close(seen(turned), seen(right))


@every_case
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_adding_chunks_one_after_the_other_is_merging_them(name, data):
    chunks = data.draw(st.lists(CASES[name][1], max_size=4))
    added = CASES[name][0]()
    for chunk in chunks:
        added = added.add(chunk)
    assert close(seen(added), seen(of(name, *chunks)))


@every_case
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_merging_leaves_its_argument_alone_and_pickles(name, data):
    one, two = of(name, data.draw(CASES[name][1])), of(name, data.draw(CASES[name][1]))
    before = seen(pickle.loads(pickle.dumps(two)))
    merged = one.merge(two)
    assert close(seen(two), before)
    assert close(seen(pickle.loads(pickle.dumps(merged))), seen(merged))


@every_case
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_adding_leaves_the_chunk_alone(name, data):
    chunk = data.draw(CASES[name][1])
    before = pickle.dumps(chunk)
    CASES[name][0]().add(chunk)
    assert pickle.dumps(chunk) == before


def test_a_distribution_stays_in_its_limit_however_many_values_there_are():
    found = Distribution.empty(limit=64)
    random = np.random.default_rng(3)
    for _ in range(20):
        found = found.add((Numbers(random.normal(0, 1, 1_000)),))
    assert 32 <= len(found.keys) <= 64
    assert len(pickle.dumps(found)) < 3_000


def test_a_sample_stays_in_its_limit():
    found = Sample(10)
    for start in range(0, 1_000, 100):
        values = Numbers(np.arange(start, start + 100, dtype=float))
        found = found.add((values, Numbers(np.arange(start, start + 100))))
    assert found.result().shape == (10, 1)
