"""The laws of accumulators, for those of the model analysis library."""

import copy
import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.kernels import fold
from minitfx.model_analysis import metrics as m
from minitfx.model_analysis.collection import Collection
from minitfx.model_analysis.config import completed
from minitfx.model_analysis.planning import plan_evaluation
from minitfx.model_analysis.predictions import Batch
from minitfx.proto import eval_config_pb2 as pb

SCHEMA = pa.schema(
    [
        ("label", pa.int64()),
        ("prediction", pa.float64()),
        ("weight", pa.float64()),
        ("group", pa.string()),
        ("tags", pa.list_(pa.int64())),
        ("query", pa.int64()),
    ]
)
METRICS = {
    "sums": [m.MeanSquaredError(), m.Calibration(), m.ExampleCount(), m.Mean(("weight",))],
    "counts": [m.Precision((0.2, 0.5))],
    "histogram": [m.AUC(), m.CalibrationPlot(4)],
    "moments": [m.R2Score()],
    "classes": [m.CategoricalAccuracy(), m.MultiClassConfusionMatrixAtThresholds(),
                m.MultiLabelConfusionMatrixPlot()],
    "residuals": [m.ResidualQuantiles()],
    "queries": [m.MeanReciprocalRank(), m.QueryStatistics()],
}  # fmt: skip
METHODS = [
    None,
    pb.ConfidenceIntervalOptions.JACKKNIFE,
    pb.ConfidenceIntervalOptions.POISSON_BOOTSTRAP,
]

row = st.fixed_dictionaries(
    {
        "label": st.sampled_from([0, 1, None]),
        "prediction": st.sampled_from([0.0, 0.25, 0.5, 1.0, None, 1e9, -3.0]),
        "weight": st.sampled_from([0.0, 1.0, 2.5, 1e6]),
        "group": st.sampled_from(["a", "b", "", None]),
        "tags": st.none() | st.lists(st.integers(0, 2), max_size=2),
        "query": st.integers(-1, 2),
    }
)
chunks = st.lists(st.lists(row, max_size=6), min_size=3, max_size=3)


def plan_of(name, method):
    config = pb.EvalConfig(
        model_specs=[
            {"label_key": "label", "prediction_key": "prediction", "example_weight_key": "weight"}
        ],
        slicing_specs=[{}, {"feature_keys": ["group"]}, {"feature_keys": ["tags"]}],
        metrics_specs=m.specs_from_metrics(METRICS[name], query_key="query"),
    )
    if method is not None:
        config.options.compute_confidence_intervals.value = True
        config.options.confidence_intervals.method = method
    return plan_evaluation(completed(config), SCHEMA, {})


def batches(parts):
    starts = np.cumsum([0, *(len(part) for part in parts)])
    return [
        Batch(pa.Table.from_pylist(part, SCHEMA), int(start))
        for part, start in zip(parts, starts, strict=False)
    ]


def seen(collection, evaluation):
    """Return the metrics and intervals' replicates of all slices, to compare closely."""
    found = {}
    for slicing, base in evaluation.bases.items():
        sliced = collection.sliced(slicing, base)
        if not sliced.size:
            continue
        readers = [sliced.whole()]
        if evaluation.plan.resampling.copies > 1:
            readers += [sliced.replicate(0), sliced.replicate(7)]
        for place, reader in enumerate(readers):
            for request in evaluation.requests:
                for key, value in request.metric.compute(request.view, reader).items():
                    found[tuple(sliced.keys), place, key] = value
    return found


def assert_alike(one, two):
    assert one.keys() == two.keys()
    for key, value in one.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_allclose(value, two[key], rtol=1e-9, atol=1e-12, err_msg=str(key))
        else:
            assert [str(each) for each in value] == [str(each) for each in two[key]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", METRICS)
@given(parts=chunks)
@settings(max_examples=5, deadline=None)
def test_the_laws_of_a_collection(name, method, parts):
    evaluation = plan_of(name, method)
    zero = Collection.empty(evaluation.plan)
    a, b, c = (zero.add(batch) for batch in batches(parts))
    (whole,) = batches([[row for part in parts for row in part]])
    expected = seen(zero.add(whole), evaluation)
    # Associative, and any split of the rows is one pass.
    assert_alike(seen(a.merge(b).merge(c), evaluation), expected)
    assert_alike(seen(a.merge(b.merge(c)), evaluation), expected)
    # Adding chunk after chunk is merging.
    grown = zero
    for batch in batches(parts):
        grown = grown.add(batch)
    assert_alike(seen(grown, evaluation), expected)
    # Zero is the identity, to the bit.
    for other in (zero.merge(a), a.merge(zero), a.zero().merge(a)):
        assert_same(seen(other, evaluation), seen(a, evaluation))


def assert_same(one, two):
    assert one.keys() == two.keys()
    for key, value in one.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, two[key])
        else:
            assert [str(each) for each in value] == [str(each) for each in two[key]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", METRICS)
@given(parts=chunks)
@settings(max_examples=3, deadline=None)
def test_merging_and_reading_leave_their_arguments_alone_and_pickle(name, method, parts):
    evaluation = plan_of(name, method)
    a, b, _ = (Collection.empty(evaluation.plan).add(batch) for batch in batches(parts))
    before = seen(copy.deepcopy(b), evaluation)
    merged = a.merge(b)
    assert_same(seen(b, evaluation), before)
    once = seen(merged, evaluation)
    assert_same(seen(merged, evaluation), once)
    assert_same(seen(pickle.loads(pickle.dumps(merged)), evaluation), once)


def rows_of(count, seed=0):
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "label": rng.integers(0, 2, count).tolist(),
            "prediction": (rng.integers(0, 20, count) / 20).tolist(),
            "weight": rng.integers(1, 4, count).astype(float).tolist(),
            "group": [f"g{i}" for i in rng.integers(0, 5, count)],
            "tags": pa.array([[int(i)] for i in rng.integers(0, 3, count)]),
            "query": rng.integers(0, 50, count).tolist(),
        },
        SCHEMA,
    )


@pytest.mark.parametrize("name", [name for name in METRICS if name != "queries"])
def test_the_size_is_bounded_as_rows_grow(name, monkeypatch):
    monkeypatch.setattr("minitfx.model_analysis.statistics.cells._PATIENCE", 5_000)
    evaluation = plan_of(name, METHODS[1])
    sizes = []
    for count in (30_000, 90_000):
        table, collection = rows_of(count), Collection.empty(evaluation.plan)
        for start in range(0, count, 10_000):
            collection = collection.add(Batch(table.slice(start, 10_000), start))
        sizes.append(len(pickle.dumps(collection.parts)))
    # What has been seen is all there is to see; only a few cells wait to be added up.
    assert sizes[1] < 1.6 * sizes[0]


@pytest.mark.parametrize("name", METRICS)
def test_no_chunk_at_all_gives_no_slice(name):
    evaluation = plan_of(name, None)
    assert seen(fold(Collection.empty(evaluation.plan), []), evaluation) == {}
