"""The laws of accumulators, for those of the dataset library."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.dataset.cell import CellType
from minitfx.dataset.csv_source import ColumnTypes

types = st.dictionaries(st.sampled_from("abc"), st.sampled_from(list(CellType)), max_size=3)


def of(*chunks):
    total = ColumnTypes()
    for chunk in chunks:
        total = total.add(chunk)
    return total


@given(types)
def test_zero_is_the_identity(chunk):
    assert of().merge(of(chunk)).result() == of(chunk).merge(of()).result() == of(chunk).result()


@given(types, types, types)
def test_merge_is_associative_and_commutative(a, b, c):
    left = of(a).merge(of(b)).merge(of(c)).result()
    assert left == of(a).merge(of(b).merge(of(c))).result()
    assert left == of(c).merge(of(b)).merge(of(a)).result()


@given(st.lists(types, max_size=6), st.integers(0, 6))
def test_any_split_of_the_chunks_gives_what_one_pass_gives(chunks, place):
    split = of(*chunks[:place]).merge(of(*chunks[place:])).result()
    expected = {name: max(c[name] for c in chunks if name in c) for c in chunks for name in c}
    assert split == of(*chunks).result() == expected


@given(types)
def test_it_pickles_and_leaves_its_arguments_alone(chunk):
    before = dict(chunk)
    seen = of(chunk)
    assert pickle.loads(pickle.dumps(seen)).result() == seen.result()
    assert chunk == before


def test_its_size_is_that_of_the_columns_not_of_the_rows():
    small, large = of({"a": CellType.INT}), of(*[{"a": CellType.INT}] * 1000)
    assert len(pickle.dumps(large)) == pytest.approx(len(pickle.dumps(small)))
