"""One pass over any number of chunks and workers gives one answer."""

import pickle
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluations import config_of, evaluate, plain, values_of

from minitfx import model_analysis as tfma
from minitfx.ambient import surround
from minitfx.dataset.source import MemoryChunk, MemorySource
from minitfx.errors import ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m

WANTED = [
    m.ExampleCount(), m.AUC(), m.AUCPrecisionRecall(), m.Precision((0.2, 0.5)), m.Calibration(),
    m.BinaryCrossEntropy(), m.R2Score(), m.ResidualQuantiles(), m.CategoricalAccuracy(),
    m.MultiClassConfusionMatrixAtThresholds(), m.FairnessIndicators((0.5,)),
]  # fmt: skip
SLICES = ((), ("group",), ("group", "hour"))


def rows_of(count, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 2, count)
    return pa.table(
        {
            "label": (rng.random(count) < score).astype(int).tolist(),
            "prediction": score.tolist(),
            "weight": rng.exponential(1.0, count).tolist(),
            "group": [f"g{i}" for i in np.minimum(rng.zipf(1.5, count), 40)],
            "hour": rng.integers(0, 24, count).tolist(),
        }
    )


@dataclass(frozen=True)
class Cut(MemorySource):
    """A table in slices of some other size."""

    size: int = 1000

    def chunks(self, columns=None):
        starts = range(0, self.table.num_rows, self.size)
        return tuple(MemoryChunk(self.table.slice(s, self.size), i) for i, s in enumerate(starts))


def configured(method=None, weight="weight"):
    config = config_of(plain(WANTED), SLICES, weight)
    if method is not None:
        config.options.compute_confidence_intervals.value = True
        config.options.confidence_intervals.method = method
    return config


def everything(analysis):
    """Return all numbers as bytes, in a form that compares to the bit."""
    found = {}
    for group in analysis.findings.groups:
        for key, each in group.metrics.items():
            parts = [each.value, each.lower, each.upper]
            found[tuple(group.keys), key] = [
                part.tobytes() if isinstance(part, np.ndarray) else [str(p) for p in part or ()]
                for part in parts
            ]
    return found


@pytest.mark.parametrize("method", [None, 1, 2, 100])
def test_the_same_bits_for_any_number_of_workers(method):
    source = Cut(rows_of(9_000), 1000)
    found = []
    for workers in (1, 2, 5):
        with surround(workers=workers):
            found.append(everything(tfma.analyze(source, configured(method))))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("method", [None, 1, 2, 100])
def test_the_same_numbers_for_any_way_to_cut_the_rows(method):
    table = rows_of(5_000)
    whole, cut = (
        tfma.analyze(Cut(table, size), configured(method)).findings.groups for size in (5000, 700)
    )
    for one, two in zip(whole, cut, strict=True):
        assert one.keys == two.keys
        for key, each in one.metrics.items():
            other = two.metrics[key]
            for mine, its in ((each.value, other.value), (each.lower, other.lower)):
                if isinstance(mine, np.ndarray):
                    np.testing.assert_allclose(mine, its, rtol=1e-9, atol=1e-12)


def test_counts_do_not_depend_on_chunks_at_all():
    table = rows_of(5_000)
    wanted = [m.TP(), m.AUC(), m.AUCPrecisionRecall(), m.ResidualQuantiles()]
    one, two = (
        everything(tfma.analyze(Cut(table, size), config_of(plain(wanted), SLICES)))
        for size in (5000, 333)
    )
    assert one == two


def test_parquet_files_are_read_one_after_the_other(tmp_path):
    table = rows_of(3_000)
    pq.write_table(table.slice(0, 1000), tmp_path / "a.parquet", row_group_size=300)
    pq.write_table(table.slice(1000), tmp_path / "b.parquet", row_group_size=900)
    config = configured(2)
    one = tfma.analyze(tmp_path, config).findings.groups[0].metrics
    two = tfma.analyze(table, config).findings.groups[0].metrics
    for key, each in one.items():
        if isinstance(each.value, np.ndarray) and each.lower is not None:
            np.testing.assert_allclose(each.lower, two[key].lower, rtol=1e-9)


def test_no_rows_give_no_slices_and_every_threshold_fails():
    config = configured()
    config.metrics_specs[0].metrics[1].threshold.value_threshold.lower_bound.value = 0.5
    analysis = tfma.analyze(rows_of(5).slice(0, 0), config)
    assert analysis.findings.groups == [] and analysis.findings.rows == 0
    assert not analysis.verdict.ok
    assert analysis.verdict.reasons == ["there is no slice Overall, for which auc must be >= 0.5"]


def test_several_models_stand_side_by_side():
    table = rows_of(500).append_column("other", pa.array([0.5] * 500))
    config = tfma.EvalConfig(
        model_specs=[
            {"name": "one", "label_key": "label", "prediction_key": "prediction"},
            {"name": "two", "label_key": "label", "prediction_key": "other"},
            {"name": "three", "label_key": "label", "prediction_key": "other", "is_baseline": True},
        ],
        metrics_specs=[*plain([m.AUC()]), *plain([m.Precision()], model_names=["two"])],
    )
    analysis = tfma.analyze(table, config)
    (group,) = analysis.findings.groups
    values = {(k.model_name, k.name, k.is_diff): v.value[0] for k, v in group.metrics.items()}
    assert set(values) == {
        ("one", "auc", False), ("two", "auc", False), ("three", "auc", False),
        ("one", "auc", True), ("two", "auc", True), ("two", "precision", False),
    }  # fmt: skip
    assert values["one", "auc", True] == values["one", "auc", False] - values["three", "auc", False]
    assert analysis.result("two").get_metric_names() == ["auc", "auc_diff", "precision"]


def several_outputs(**spec):
    table = pa.table(
        {
            "l1": [1, 0, 1], "l2": [3.0, 1.0, 2.0], "p1": [0.9, 0.2, 0.4], "p2": [2.5, 1.5, 2.0],
            "w1": [1.0, 1.0, 2.0],
        }
    )  # fmt: skip
    config = tfma.EvalConfig(
        model_specs=[
            {
                "label_keys": {"click": "l1", "stars": "l2"},
                "prediction_keys": {"click": "p1", "stars": "p2"},
                "example_weight_keys": {"click": "w1"},
            }
        ],
        metrics_specs=plain([m.MeanLabel()], **spec),
    )
    return values_of(tfma.analyze(table, config))["Overall"]


def test_each_output_has_its_own_labels_predictions_and_weights():
    assert several_outputs(output_names=["click", "stars"]) == {
        "click/mean_label": 0.75,
        "stars/mean_label": 2.0,
    }
    assert several_outputs() == several_outputs(output_names=["click", "stars"])


def test_output_weights_add_a_mean_over_outputs():
    found = several_outputs(
        output_names=["click", "stars"], output_weights={"click": 1.0, "stars": 3.0}
    )
    assert found["mean_label"] == (0.75 * 1 + 2.0 * 3) / 4
    with pytest.raises(EvaluationError, match="output_weights names the output 'clock'"):
        several_outputs(output_names=["click", "stars"], output_weights={"clock": 1.0})


def test_weighted_and_unweighted_metrics_side_by_side():
    table = pa.table({"label": [1, 0], "prediction": [0.5, 0.5], "weight": [3.0, 1.0]})
    both = plain([m.MeanLabel()], model_names=None)
    both[0].example_weights.weighted = both[0].example_weights.unweighted = True
    (group,) = tfma.analyze(table, config_of(both, weight="weight")).findings.groups
    assert {key.example_weighted: each.value[0] for key, each in group.metrics.items()} == {
        True: 0.75,
        False: 0.5,
    }
    found = evaluate(table, tfma.metrics.specs_from_metrics([m.MeanLabel()]), weight="weight")
    assert found["Overall"] == {
        "example_count": 2.0, "weighted_example_count": 4.0, "mean_label": 0.75,
    }  # fmt: skip


def test_a_collection_pickles():
    from minitfx.dataset.source import open_source
    from minitfx.model_analysis.collection import Collection
    from minitfx.model_analysis.config import completed
    from minitfx.model_analysis.planning import plan_evaluation
    from minitfx.model_analysis.predictions import numbered

    table = rows_of(200)
    evaluation = plan_evaluation(completed(configured(2)), table.schema, {})
    (chunk,) = numbered(open_source(table).chunks())
    collection = Collection.empty(evaluation.plan).add(chunk.read())
    again = pickle.loads(pickle.dumps(collection))
    for slicing, base in evaluation.bases.items():
        one, two = collection.sliced(slicing, base), again.sliced(slicing, base)
        assert one.keys == two.keys
        for statistic, _ in evaluation.plan.statistics:
            assert pickle.dumps(one.whole()(statistic)) == pickle.dumps(two.whole()(statistic))


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"label_key": "labl"}, ColumnError, "label_key 'labl'.*Did you mean 'label'"),
        ({"prediction_key": "p"}, ColumnError, "prediction_key 'p' is not a column"),
        ({"prediction_key": ""}, EvaluationError, "no model and no prediction_key"),
        ({"example_weight_key": "w"}, ColumnError, "example_weight_key 'w'"),
        ({"label_key": ""}, EvaluationError, "'auc' needs labels"),
        ({"label_key": "group"}, EvaluationError, "'group' holds text"),
        ({"prediction_key": "group"}, ColumnError, "'group' holds string; expected numbers"),
    ],
)
def test_a_wrong_column_is_one_clear_error(change, error, match):
    config = config_of(plain([m.AUC()]))
    for name, value in change.items():
        setattr(config.model_specs[0], name, value)
    with pytest.raises(error, match=match):
        tfma.analyze(rows_of(50), config)


def test_metrics_of_predictions_alone_need_no_label():
    config = config_of(plain([m.MeanPrediction(), m.ExampleCount(), m.ScoreDistributionPlot(2)]))
    config.model_specs[0].label_key = ""
    found = values_of(tfma.analyze(rows_of(10), config))["Overall"]
    assert found["example_count"] == 10.0 and 0 < found["mean_prediction"] < 1
