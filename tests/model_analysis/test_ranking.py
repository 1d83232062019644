"""Rankings by query, whatever the chunks, and comparisons of two models."""

import math

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics as sk
from evaluations import config_of, evaluate, plain, values_of

from minitfx import model_analysis as tfma
from minitfx.dataset.source import MemoryChunk
from minitfx.errors import ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m


def documents(queries=40, seed=0, text=False):
    """Return shuffled rows of queries of different lengths, with distinct scores."""
    rng = np.random.default_rng(seed)
    rows = []
    for query in range(queries):
        for _ in range(rng.integers(1, 12)):
            gain = float(rng.integers(0, 4)) if query % 5 else 0.0
            name = f"q{query}" if text else int(query) - 10
            rows.append((name, rng.random(), gain, int(gain > 1), 1.0 + query % 3, query % 2))
    order = rng.permutation(len(rows))
    columns = zip(*(rows[i] for i in order), strict=True)
    names = ("query", "prediction", "gain", "label", "weight", "half")
    return pa.table({name: list(values) for name, values in zip(names, columns, strict=True)})


def by_query(table):
    found = {}
    for row in table.to_pylist():
        found.setdefault(row["query"], []).append(row)
    return [sorted(rows, key=lambda row: -row["prediction"]) for rows in found.values()]


def averaged(table, value, weighted=False):
    pairs = [(value(rows), rows[0]["weight"] if weighted else 1.0) for rows in by_query(table)]
    kept = [(v, w) for v, w in pairs if v is not None]
    return sum(v * w for v, w in kept) / sum(w for _, w in kept)


def ndcg(k):
    def value(rows):
        gains = [row["gain"] for row in rows]
        if max(gains) <= 0:
            return None
        if len(rows) == 1:
            return 1.0
        return sk.ndcg_score([gains], [[row["prediction"] for row in rows]], k=k)

    return value


def first(rows):
    return next((i for i, row in enumerate(rows, 1) if row["label"]), None)


@pytest.mark.parametrize("weight", ["", "weight"])
@pytest.mark.parametrize("text", [False, True])
def test_ranking_metrics_by_their_definitions(text, weight):
    table = documents(text=text)
    wanted = [
        m.NDCG("gain", (1, 3, 10)),
        m.NDCG("gain", name="whole"),
        m.MinLabelPosition(),
        m.MeanReciprocalRank(),
    ]
    found = evaluate(table, plain(wanted, query_key="query"), weight=weight)["Overall"]
    by = bool(weight)
    for k in (1, 3, 10):
        assert found[f"ndcg/topK:{k}"] == pytest.approx(averaged(table, ndcg(k), by), rel=1e-12)
    assert found["whole"] == pytest.approx(averaged(table, ndcg(None), by), rel=1e-12)
    assert found["min_label_position"] == pytest.approx(averaged(table, first, by))
    reciprocal = averaged(table, lambda rows: 1 / first(rows) if first(rows) else 0.0, by)
    assert found["mean_reciprocal_rank"] == pytest.approx(reciprocal)


def test_precision_and_recall_at_k_over_all_queries():
    table = documents()
    found = evaluate(table, plain([m.Precision(top_k=3), m.Recall(top_k=3)], query_key="query"))[
        "Overall"
    ]
    queries = by_query(table)
    hits = sum(row["label"] for rows in queries for row in rows[:3])
    shown = sum(len(rows[:3]) for rows in queries)
    relevant = sum(row["label"] for rows in queries for row in rows)
    assert found["precision/topK:3"] == pytest.approx(hits / shown)
    assert found["recall/topK:3"] == pytest.approx(hits / relevant)


def test_query_statistics():
    table = documents()
    found = evaluate(table, plain([m.QueryStatistics()], query_key="query"))["Overall"]
    sizes = [len(rows) for rows in by_query(table)]
    assert found == {
        "total_queries": len(sizes), "total_documents": sum(sizes),
        "min_documents": min(sizes), "max_documents": max(sizes),
    }  # fmt: skip


def test_a_query_is_in_a_slice_with_all_its_rows_when_one_of_them_is():
    table = pa.table(
        {
            "query": [1, 1, 2], "prediction": [0.9, 0.1, 0.5], "label": [0, 1, 1],
            "shop": ["x", "y", "y"],
        }
    )  # fmt: skip
    found = evaluate(table, plain([m.MinLabelPosition()], query_key="query"), (("shop",),))
    assert found["shop:x"]["min_label_position"] == 2.0
    assert found["shop:y"]["min_label_position"] == 1.5


def test_queries_may_be_spread_over_chunks():
    table = documents(60)
    config = config_of(
        plain([m.NDCG("gain", (3,)), m.MeanReciprocalRank()], query_key="query"), ((), ("half",))
    )

    class Cut:
        schema, rows = table.schema, table.num_rows

        def chunks(self, columns=None):
            starts = range(0, table.num_rows, 17)
            return [MemoryChunk(table.slice(s, 17), i) for i, s in enumerate(starts)]

    one, two = (values_of(tfma.analyze(each, config)) for each in (table, Cut()))
    assert one.keys() == two.keys()
    for name, values in one.items():
        assert two[name] == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize("method", [1, 2])
def test_whole_queries_are_resampled(method):
    table = documents(400)
    config = config_of(plain([m.MeanReciprocalRank()], query_key="query"))
    config.options.compute_confidence_intervals.value = True
    config.options.confidence_intervals.method = method
    (group,) = tfma.analyze(table, config).findings.groups
    (each,) = group.metrics.values()
    values = [1 / first(rows) if first(rows) else 0.0 for rows in by_query(table)]
    error = np.std(values, ddof=1) / math.sqrt(len(values))
    assert (each.upper[0] - each.lower[0]) / 2 == pytest.approx(2.09 * error, rel=0.5)


def test_ranking_without_queries_is_one_clear_error():
    table = documents()
    with pytest.raises(EvaluationError, match="set query_key"):
        evaluate(table, [m.NDCG("gain")])
    table = table.set_column(0, "query", pa.array([None] * table.num_rows, pa.int64()))
    with pytest.raises(ColumnError, match="query_key 'query' has no value"):
        evaluate(table, plain([m.MeanReciprocalRank()], query_key="query"))


def compared(wanted, baseline=(0.2, 0.8, 0.6, 0.4), weight=""):
    table = pa.table(
        {
            "label": [1, 0, 1, 0], "prediction": [0.9, 0.7, 0.3, 0.1], "other": list(baseline),
            "weight": [1.0, 2.0, 3.0, 4.0],
        }
    )  # fmt: skip
    config = tfma.EvalConfig(
        model_specs=[
            {
                "name": name, "label_key": "label", "prediction_key": column,
                "is_baseline": name == "old", "example_weight_key": weight,
            }
            for name, column in (("new", "prediction"), ("old", "other"))
        ],
        metrics_specs=plain(wanted),
    )  # fmt: skip
    (group,) = tfma.analyze(table, config).findings.groups
    assert all(key.is_diff and key.model_name == "new" for key in group.metrics)
    return {key.name: each.value[0] for key, each in group.metrics.items()}


def test_flip_rates_by_hand():
    assert compared([m.BooleanFlipRates()]) == {
        "symmetric_flip_rate": 0.5, "neg_to_neg_flip_rate": 0.25, "neg_to_pos_flip_rate": 0.25,
        "pos_to_neg_flip_rate": 0.25, "pos_to_pos_flip_rate": 0.25,
    }  # fmt: skip
    assert compared([m.NegToPosFlipRate(), m.PosToNegFlipRate()], weight="weight") == {
        "neg_to_pos_flip_rate": 0.1, "pos_to_neg_flip_rate": 0.3,
    }  # fmt: skip


def test_differences_of_predictions_by_hand():
    found = compared([m.SymmetricPredictionDifference(), m.ModelCosineSimilarity()])
    expected = [2 * 0.7 / 1.1, 2 * 0.1 / 1.5, 2 * 0.3 / 0.9, 2 * 0.3 / 0.5]
    assert found["symmetric_prediction_difference"] == pytest.approx(np.mean(expected))
    assert found["model_cosine_similarity"] == pytest.approx(1.0)


def test_without_a_baseline_nothing_is_compared():
    table = pa.table({"label": [1], "prediction": [0.5]})
    assert evaluate(table, [m.BooleanFlipRates(), m.ExampleCount()])["Overall"] == {
        "example_count": 1.0
    }
