"""The laws of accumulators, for the one that writes predictions."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor

from minitfx.models import save_model
from minitfx.models.bulk import ModelReference, NumberedTable, PredictionWriter

FACTOR = 3.0
quick = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
lengths = st.lists(st.integers(0, 5), max_size=6)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    values = np.arange(40.0).reshape(-1, 1)
    fitted = DecisionTreeRegressor().fit(values, values[:, 0] * FACTOR)
    save_model(fitted, folder, features=["x"])
    return ModelReference(str(folder), trust=True)


def chunks(lengths):
    ends = np.cumsum([0, *lengths])
    return [
        NumberedTable(pa.table({"x": np.arange(start, end, dtype=float)}), index)
        for index, (start, end) in enumerate(pairwise(ends))
    ]


def over(writer, parts):
    total = writer.zero()
    for part in parts:
        total = total.add(part)
    return total


@quick
@given(lengths)
def test_zero_is_the_identity(model, tmp_path, lengths):
    writer = PredictionWriter(model, str(tmp_path), len(lengths))
    seen = over(writer, chunks(lengths))
    assert writer.zero().merge(seen).result() == seen.merge(writer.zero()).result()
    assert seen.result() == writer.zero().merge(seen).result()


@quick
@given(lengths, st.integers(0, 6), st.integers(0, 6))
def test_any_split_gives_what_one_pass_gives(model, tmp_path, lengths, one, other):
    writer = PredictionWriter(model, str(tmp_path), len(lengths))
    parts = chunks(lengths)
    first, second = sorted((one, other))
    a, b, c = parts[:first], parts[first:second], parts[second:]
    left = over(writer, a).merge(over(writer, b)).merge(over(writer, c))
    right = over(writer, a).merge(over(writer, b).merge(over(writer, c)))
    assert left.result() == right.result() == over(writer, parts).result()


@quick
@given(lengths)
def test_what_is_written_is_what_arithmetic_says(model, tmp_path, lengths):
    writer = PredictionWriter(model, str(tmp_path), len(lengths))
    written = over(writer, chunks(lengths)).result()
    tables = [pq.read_table(tmp_path / part.name) for part in written]
    found = [value for table in tables for value in table.column("prediction").to_pylist()]
    assert found == [FACTOR * value for value in range(sum(lengths))]
    assert [part.rows for part in written] == lengths


def test_it_pickles_without_its_model_and_leaves_its_arguments_alone(model, tmp_path):
    writer = PredictionWriter(model, str(tmp_path), 1)
    (part,) = chunks([5])
    before = part.table.to_pydict()
    writer.add(part)
    assert part.table.to_pydict() == before
    assert writer.result() == ()
    assert len(pickle.dumps(writer)) < 2_000
    again = pickle.loads(pickle.dumps(writer)).add(part)
    assert again.result() == writer.add(part).result()


def test_its_size_grows_with_chunks_not_with_rows(model, tmp_path):
    small = PredictionWriter(model, str(tmp_path), 1).add(chunks([1])[0])
    large = PredictionWriter(model, str(tmp_path), 1).add(chunks([5_000])[0])
    assert len(pickle.dumps(large)) == pytest.approx(len(pickle.dumps(small)), abs=8)
