"""Intervals hold what they promise, and the short cuts agree with the long way."""

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics as sk
from evaluations import config_of, plain

from minitfx import model_analysis as tfma
from minitfx.model_analysis import metrics as m
from minitfx.model_analysis.intervals import uncertainties
from minitfx.model_analysis.resampling import FOLDS, Method, Resampling, mix, row_ids

METHODS = {
    name: getattr(tfma.ConfidenceIntervalOptions, name)
    for name in ("JACKKNIFE", "POISSON_BOOTSTRAP", "ANALYTIC")
}
WANTED = [
    m.AUC(),
    m.BinaryAccuracy(),
    m.Precision(),
    m.MatthewsCorrelationCoefficient(),
    m.BinaryCrossEntropy(),
    m.Calibration(),
    m.RootMeanSquaredError(),
]


def sample(rows, seed, groups=1):
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 2, rows)
    weight = rng.exponential(1.0, rows)
    return pa.table(
        {
            "label": (rng.random(rows) < score).astype(int).tolist(),
            "prediction": score.tolist(),
            "weight": weight.tolist(),
            "group": rng.integers(0, groups, rows).tolist(),
        }
    )


def with_intervals(table, wanted, method, slices=((),), weight="", seed=0, **changes):
    config = config_of(plain(wanted), slices, weight)
    config.options.compute_confidence_intervals.value = True
    config.options.confidence_intervals.method = METHODS[method]
    config.MergeFrom(tfma.EvalConfig(**changes))
    return tfma.analyze(table, config, seed=seed)


def ends(analysis, place=0):
    (group, *_) = analysis.findings.groups
    return {
        key.name: (each.lower[place], each.value[place], each.upper[place])
        for key, each in group.metrics.items()
        if each.lower is not None
    }


@pytest.fixture(scope="module")
def truth():
    """The metrics of a table so large that they are as good as exact."""
    table = sample(400_000, 999)
    config = config_of(plain(WANTED))
    (group,) = tfma.analyze(table, config).findings.groups
    return {key.name: each.value[0] for key, each in group.metrics.items()}


@pytest.mark.parametrize("weight", ["", "weight"])
@pytest.mark.parametrize("method", METHODS)
def test_intervals_cover_the_truth_about_95_times_in_100(method, weight, truth):
    hits = dict.fromkeys(truth, 0)
    rounds = 60 if method == "POISSON_BOOTSTRAP" else 120
    for seed in range(rounds):
        found = ends(with_intervals(sample(500, seed), WANTED, method, weight=weight))
        for name, (lower, _, upper) in found.items():
            hits[name] += lower <= truth[name] <= upper
    # Where 95 % is right, fewer than these happen less than once in ten thousand rounds.
    enough = {60: 48, 120: 103}[rounds]
    assert all(count >= enough for count in hits.values()), hits


@pytest.mark.parametrize("method", METHODS)
def test_intervals_are_as_wide_as_the_spread_of_the_metric(method):
    found = [ends(with_intervals(sample(800, seed), WANTED, method)) for seed in range(40)]
    for name in found[0]:
        spread = np.std([each[name][1] for each in found], ddof=1)
        reach = np.mean([(each[name][2] - each[name][0]) / 2 for each in found])
        factor = 1.96 if method == "ANALYTIC" else 2.093
        assert reach / factor == pytest.approx(spread, rel=0.35), name


def test_the_analytic_error_of_an_area_is_that_of_delong_by_its_definition():
    rows = sample(300, 4)
    label = np.array(rows.column("label").to_pylist())
    score = np.floor(np.array(rows.column("prediction").to_pylist()) * 100) / 100 + 0.00005
    table = pa.table({"label": label.tolist(), "prediction": score.tolist()})
    lower, value, upper = ends(with_intervals(table, [m.AUC()], "ANALYTIC"))["auc"]
    above, below = score[label == 1], score[label == 0]
    wins = (above[:, None] > below) + 0.5 * (above[:, None] == below)
    variance = wins.mean(1).var(ddof=1) / len(above) + wins.mean(0).var(ddof=1) / len(below)
    assert value == pytest.approx(sk.roc_auc_score(label, score), rel=1e-12)
    assert (upper - lower) / 2 == pytest.approx(1.959963984540054 * np.sqrt(variance), rel=1e-9)


def test_the_analytic_error_of_a_share_is_the_binomial_one():
    table = sample(400, 5)
    lower, value, upper = ends(with_intervals(table, [m.BinaryAccuracy()], "ANALYTIC"))[
        "binary_accuracy"
    ]
    expected = 1.959963984540054 * np.sqrt(value * (1 - value) / 400)
    assert (upper - lower) / 2 == pytest.approx(expected, rel=1e-6)


def test_the_jackknife_error_is_that_of_leaving_out_each_group():
    table = sample(2000, 6)
    lower, value, upper = ends(with_intervals(table, [m.MeanSquaredError()], "JACKKNIFE"))[
        "mean_squared_error"
    ]
    group = Resampling(Method.JACKKNIFE).groups(row_ids(0, 2000))
    label, score = (np.array(table.column(c).to_pylist()) for c in ("label", "prediction"))
    left_out = [np.mean((label - score)[group != g] ** 2) for g in range(FOLDS)]
    pseudo = FOLDS * value - (FOLDS - 1) * np.array(left_out)
    error = pseudo.std(ddof=1) / np.sqrt(FOLDS)
    assert (upper - lower) / 2 == pytest.approx(2.093024054408263 * error, rel=1e-9)


def test_the_bootstrap_error_is_that_of_poisson_weights():
    table = sample(2000, 7)
    lower, _, upper = ends(with_intervals(table, [m.AUC()], "POISSON_BOOTSTRAP"))["auc"]
    how = Resampling(Method.BOOTSTRAP)
    label, score = (np.array(table.column(c).to_pylist()) for c in ("label", "prediction"))
    bucketed = np.maximum(np.floor(score * 10_000), 1)
    areas = [
        sk.roc_auc_score(label, bucketed, sample_weight=how.draws(row_ids(0, 2000), resample))
        for resample in range(1, FOLDS + 1)
    ]
    expected = 2.093024054408263 * np.std(areas, ddof=1)
    assert (upper - lower) / 2 == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("method", ["JACKKNIFE", "POISSON_BOOTSTRAP"])
def test_all_replicates_at_once_are_those_computed_one_by_one(method):
    table = sample(3000, 8, groups=4)
    config = config_of(
        plain([*WANTED, m.R2Score(), m.CategoricalAccuracy()]), (("group",),), "weight"
    )
    config.options.compute_confidence_intervals.value = True
    config.options.confidence_intervals.method = METHODS[method]
    evaluation, collection = collected(table, config)
    ((slicing, base),) = evaluation.bases.items()
    sliced = collection.sliced(slicing, base)
    known = uncertainties(evaluation.requests, sliced, sliced.whole())
    for number in range(FOLDS):
        reader = sliced.replicate(number)
        for request in evaluation.requests:
            for key, value in request.metric.compute(request.view, reader).items():
                assert known[key].replicates[number] == pytest.approx(value, rel=1e-9), key


def collected(table, config):
    from minitfx.dataset.source import open_source
    from minitfx.kernels import fold
    from minitfx.model_analysis.collection import Collection
    from minitfx.model_analysis.config import completed
    from minitfx.model_analysis.planning import plan_evaluation
    from minitfx.model_analysis.predictions import numbered

    evaluation = plan_evaluation(completed(config), table.schema, {})
    chunks = numbered(open_source(table).chunks())
    return evaluation, fold(Collection.empty(evaluation.plan), chunks)


def test_intervals_surround_the_metric_of_all_rows_and_another_seed_moves_them_little():
    table = sample(1000, 9)
    one, two = (ends(with_intervals(table, WANTED, "JACKKNIFE", seed=seed)) for seed in (0, 1))
    for name, (lower, value, upper) in one.items():
        assert value - lower == pytest.approx(upper - value)
        assert two[name][1] == pytest.approx(value, rel=1e-12)
        assert two[name][0] != lower
        assert (two[name][2] - two[name][0]) == pytest.approx(upper - lower, rel=0.8)


def test_counts_have_no_interval():
    found = ends(with_intervals(sample(300, 1), [m.ExampleCount(), m.TP(), m.AUC()], "JACKKNIFE"))
    assert set(found) == {"auc"}


def test_a_metric_that_needs_what_a_group_alone_has_gets_no_interval():
    # One positive: without its group there is none, and recall is not a number.
    table = pa.table({"label": [1] + [0] * 99, "prediction": [0.9] * 100})
    lower, value, upper = ends(with_intervals(table, [m.Recall()], "JACKKNIFE"))["recall"]
    assert value == 1.0 and np.isnan(lower) and np.isnan(upper)
    result = with_intervals(table, [m.Recall()], "JACKKNIFE").result()
    assert result.get_metrics_for_slice()["recall"] == {"doubleValue": 1.0}


@pytest.mark.parametrize("method", ["JACKKNIFE", "POISSON_BOOTSTRAP"])
def test_a_slice_of_fewer_than_20_rows_gets_no_interval(method):
    table = pa.concat_tables([sample(19, 1), sample(200, 2)])
    table = table.set_column(3, "group", pa.array(["few"] * 19 + ["many"] * 200))
    analysis = with_intervals(table, [m.BinaryAccuracy()], method, (("group",),))
    few, many = (ends(analysis, place)["binary_accuracy"] for place in (0, 1))
    assert np.isnan(few[0]) and not np.isnan(many[0])


@pytest.mark.parametrize("method", ["JACKKNIFE", "POISSON_BOOTSTRAP"])
def test_differences_of_models_use_the_same_resamples_of_both(method):
    table = sample(1000, 3)
    worse = [score * 0.999 for score in table.column("prediction").to_pylist()]
    table = table.append_column("other", pa.array(worse))
    config = tfma.EvalConfig(
        model_specs=[
            {"name": "candidate", "label_key": "label", "prediction_key": "prediction"},
            {"name": "b", "label_key": "label", "prediction_key": "other", "is_baseline": True},
        ],
        metrics_specs=plain([m.MeanPrediction()]),
    )
    config.options.compute_confidence_intervals.value = True
    config.options.confidence_intervals.method = METHODS[method]
    (group,) = tfma.analyze(table, config).findings.groups
    reach = {
        (key.model_name, key.is_diff): (each.upper[0] - each.lower[0]) / 2
        for key, each in group.metrics.items()
    }
    # The difference is a thousandth of the prediction, and as certain.
    assert reach["candidate", True] == pytest.approx(reach["candidate", False] / 1000, rel=1e-6)


def test_comparisons_of_slices_have_intervals():
    table = sample(2000, 3, groups=2)
    spec = {"baseline_spec": {}, "slicing_specs": [{"feature_keys": ["group"]}]}
    analysis = with_intervals(
        table, [m.AUC()], "JACKKNIFE", ((), ("group",)), cross_slicing_specs=[spec]
    )
    cross = analysis.findings.groups[-1]
    (measured,) = cross.metrics.values()
    assert (measured.lower < measured.value).all() and (measured.value < measured.upper).all()


def test_the_hash_of_rows_is_splitmix64_and_groups_are_even():
    # The first outputs of Vigna's reference implementation for seed 0.
    assert [hex(int(each)) for each in mix(row_ids(0, 3), 0)] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]
    counts = np.bincount(Resampling(Method.JACKKNIFE, 5).groups(row_ids(0, 100_000)))
    assert len(counts) == FOLDS and abs(counts - 5000).max() < 4 * np.sqrt(5000)


def test_draws_are_poisson_with_mean_one():
    draws = Resampling(Method.BOOTSTRAP).draws(row_ids(0, 200_000), 3)
    shares = np.bincount(draws.astype(int))[:4] / 200_000
    expected = np.exp(-1) / np.array([1, 1, 2, 6])
    assert shares == pytest.approx(expected, abs=0.005)
