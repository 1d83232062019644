"""Metrics agree with scikit-learn and with arithmetic, with weights, ties and missing values."""

import math

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics as sk
from evaluations import evaluate, plain

from minitfx import model_analysis as tfma
from minitfx.errors import EvaluationError
from minitfx.model_analysis import metrics as m

NAN = math.nan


def scored(rows=3000, seed=0, groups=5):
    """Return rows whose scores stand in the middle of the curve's buckets, with many ties."""
    rng = np.random.default_rng(seed)
    score = (rng.integers(0, 40, rows) * 250 + 50.5) / 10_000
    label = (rng.random(rows) < score).astype(int)
    return pa.table(
        {
            "label": label.tolist(),
            "prediction": score.tolist(),
            "weight": rng.exponential(1.0, rows).tolist(),
            "group": [f"g{g}" for g in rng.integers(0, groups, rows)],
        }
    )


def arrays(table, name=None):
    frame = {c: np.array(table.column(c).to_pylist()) for c in table.column_names}
    if name is None:
        return frame
    kept = frame["group"] == name
    return {column: values[kept] for column, values in frame.items()}


def decide(function, **options):
    return lambda y, p, w: function(y, p > 0.5, sample_weight=w, **options)


def score(function, **options):
    return lambda y, p, w: function(y, p, sample_weight=w, **options)


ORACLES = [
    (m.AUC(), score(sk.roc_auc_score)),
    (m.BinaryAccuracy(), decide(sk.accuracy_score)),
    (m.Precision(), decide(sk.precision_score)),
    (m.Recall(), decide(sk.recall_score)),
    (m.Specificity(), decide(sk.recall_score, pos_label=0)),
    (m.NPV(), decide(sk.precision_score, pos_label=0)),
    (m.F1Score(), decide(sk.f1_score)),
    (m.F2Score(), decide(sk.fbeta_score, beta=2)),
    (m.FHalfScore(), decide(sk.fbeta_score, beta=0.5)),
    (m.BalancedAccuracy(), decide(sk.balanced_accuracy_score)),
    (m.MatthewsCorrelationCoefficient(), decide(sk.matthews_corrcoef)),
    (m.ThreatScore(), decide(sk.jaccard_score)),
    (m.BinaryCrossEntropy(), score(sk.log_loss)),
    (m.BrierScore(), score(sk.brier_score_loss)),
    (m.MeanSquaredError(), score(sk.mean_squared_error)),
    (m.MeanAbsoluteError(), score(sk.mean_absolute_error)),
    (m.RootMeanSquaredError(), score(sk.root_mean_squared_error)),
    (m.R2Score(), score(sk.r2_score)),
    (m.MeanPrediction(), lambda y, p, w: np.average(p, weights=w)),
    (m.MeanLabel(), lambda y, p, w: np.average(y, weights=w)),
    (m.Calibration(), lambda y, p, w: np.average(p, weights=w) / np.average(y, weights=w)),
]


@pytest.mark.parametrize("weight", ["", "weight"])
def test_binary_and_regression_metrics_equal_scikit_learn_on_every_slice(weight):
    table = scored()
    found = evaluate(table, [each for each, _ in ORACLES], ((), ("group",)), weight)
    assert len(found) == 6
    for name, values in found.items():
        rows = arrays(table, None if name == "Overall" else name.split(":")[1])
        weights = rows["weight"] if weight else None
        for metric, oracle in ORACLES:
            expected = oracle(rows["label"], rows["prediction"], weights)
            assert values[metric.name] == pytest.approx(expected, rel=1e-11), (name, metric)


def test_regression_metrics_equal_scikit_learn_far_from_zero():
    rng = np.random.default_rng(1)
    label = rng.normal(1e9, 3.0, 2000)
    prediction = label + rng.normal(0.5, 1.0, 2000)
    table = pa.table({"label": label.tolist(), "prediction": prediction.tolist()})
    wanted = [m.R2Score(), m.SquaredPearsonCorrelation(), m.MeanSquaredError()]
    found = evaluate(table, wanted)["Overall"]
    assert found["r2_score"] == pytest.approx(sk.r2_score(label, prediction), rel=1e-9)
    expected = np.corrcoef(label - 1e9, prediction - 1e9)[0, 1] ** 2
    assert found["squared_pearson_correlation"] == pytest.approx(expected, rel=1e-9)


def test_percentage_and_logarithmic_errors_by_hand():
    table = pa.table({"label": [2.0, 4.0, 0.0], "prediction": [1.0, 5.0, 0.0]})
    found = evaluate(table, [m.MeanAbsolutePercentageError(), m.MeanSquaredLogarithmicError()])
    # 50 % and 25 %; 0/0 is left out.
    assert found["Overall"]["mean_absolute_percentage_error"] == pytest.approx(37.5)
    logs = [math.log(3 / 2), math.log(5 / 6), 0.0]
    expected = sum(each**2 for each in logs) / 3
    assert found["Overall"]["mean_squared_logarithmic_error"] == pytest.approx(expected)


def test_losses_of_margins_by_hand():
    table = pa.table({"label": [1, 0], "prediction": [0.4, 0.3]})
    found = evaluate(table, [m.Hinge(), m.SquaredHinge(), m.Poisson(), m.Accuracy()])["Overall"]
    assert found["hinge"] == pytest.approx((0.6 + 1.3) / 2)
    assert found["squared_hinge"] == pytest.approx((0.36 + 1.69) / 2)
    assert found["poisson"] == pytest.approx((0.4 - math.log(0.4 + 1e-7) + 0.3) / 2)
    assert found["accuracy"] == 0.0


def test_cross_entropy_is_unclipped_and_keras_own_is_not():
    table = pa.table({"label": [1, 1], "prediction": [0.5, 0.0]})
    found = evaluate(table, [m.BinaryCrossEntropy(), m.BinaryCrossentropy(name="clipped")])
    assert found["Overall"]["binary_crossentropy"] == math.inf
    expected = (-math.log(0.5 + 1e-7) - math.log(2e-7)) / 2
    assert found["Overall"]["clipped"] == pytest.approx(expected, rel=1e-9)


def test_cross_entropy_of_logits_and_smoothed_labels():
    logits, labels = np.array([2.0, -1.0]), np.array([1.0, 0.0])
    table = pa.table({"label": labels.tolist(), "prediction": logits.tolist()})
    found = evaluate(table, [m.BinaryCrossEntropy(from_logits=True, label_smoothing=0.2)])
    smooth, p = labels * 0.8 + 0.1, 1 / (1 + np.exp(-logits))
    expected = -np.mean(smooth * np.log(p) + (1 - smooth) * np.log(1 - p))
    assert found["Overall"]["binary_crossentropy"] == pytest.approx(expected, rel=1e-12)


def test_a_label_between_0_and_1_counts_as_part_of_a_positive():
    table = pa.table({"label": [0.75, 0.25], "prediction": [0.9, 0.8]})
    found = evaluate(table, [m.TP(), m.FP(), m.Precision(), m.AUC()])["Overall"]
    assert (found["tp"], found["fp"], found["precision"]) == (1.0, 1.0, 0.5)
    # Positives 0.75 at 0.9 and 0.25 at 0.8, negatives the reverse; ties count half.
    expected = 0.75 * (0.75 + 0.25 / 2) + 0.25 * (0.75 / 2)
    assert found["auc"] == pytest.approx(expected)


def test_a_score_that_equals_the_threshold_is_negative():
    table = pa.table({"label": [1, 1], "prediction": [0.5, 0.5000001]})
    assert evaluate(table, [m.TP()])["Overall"]["tp"] == 1.0


def test_several_thresholds_give_an_array_in_their_order():
    table = pa.table({"label": [1, 0, 1], "prediction": [0.2, 0.5, 0.8]})
    found = evaluate(table, [m.Recall((0.9, 0.1, 0.5))])["Overall"]["recall"]
    assert found.tolist() == [0.0, 1.0, 0.5]


def test_a_missing_prediction_makes_metrics_of_its_slices_not_a_number():
    table = pa.table(
        {
            "label": [1, 0, 1, 0],
            "prediction": [None, 0.2, 0.8, 0.4],
            "group": ["a", "a", "b", "b"],
        }
    )
    wanted = [m.AUC(), m.Precision(), m.MeanSquaredError(), m.AUCPrecisionRecall(), m.Accuracy(),
              m.PrecisionAtRecall(0.5), m.R2Score(), m.ResidualQuantiles((0.5,)), m.ExampleCount(),
              m.MeanSquaredLogarithmicError(), m.CoefficientOfDiscrimination()]  # fmt: skip
    found = evaluate(table, wanted, ((), ("group",)))
    for name in ("Overall", "group:a"):
        assert found[name].pop("example_count") in (2.0, 4.0)
        assert all(np.isnan(value).all() for value in found[name].values()), name
    assert not any(np.isnan(value).any() for value in found["group:b"].values())


def test_rows_without_a_label_count_as_examples_and_nowhere_else():
    table = pa.table({"label": [1, None, 0], "prediction": [0.9, 0.9, 0.1]})
    found = evaluate(table, [m.ExampleCount(), m.BinaryAccuracy(), m.MeanPrediction()])["Overall"]
    assert found == {"example_count": 3.0, "binary_accuracy": 1.0, "mean_prediction": 0.5}


def test_a_slice_of_one_class_has_documented_values():
    table = pa.table({"label": [1, 1], "prediction": [0.9, 0.4]})
    found = evaluate(table, [m.AUC(), m.AUCPrecisionRecall(), m.Specificity(), m.Recall()])
    assert found["Overall"]["auc"] == 0.0
    assert found["Overall"]["auc_precision_recall"] == 1.0
    assert math.isnan(found["Overall"]["specificity"])
    assert found["Overall"]["recall"] == 0.5


def test_rows_of_weight_zero_do_not_count():
    table = scored(400)
    muted = table.append_column("mute", pa.array([1.0, 0.0] * 200))
    half = table.take(pa.array(range(0, 400, 2)))
    wanted = [m.AUC(), m.Precision(), m.BinaryCrossEntropy(), m.R2Score()]
    found, expected = evaluate(muted, wanted, weight="mute"), evaluate(half, wanted)
    for name, value in expected["Overall"].items():
        assert found["Overall"][name] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("weight", [-1.0, NAN, None, np.inf])
def test_a_negative_missing_or_infinite_weight_is_an_error(weight):
    table = pa.table({"label": [1, 0], "prediction": [0.5, 0.5], "weight": [1.0, weight]})
    with pytest.raises(EvaluationError, match="1 missing, negative or infinite weights"):
        evaluate(table, [m.AUC()], weight="weight")


def test_a_heavy_slice_costs_a_light_one_no_digits():
    light = scored(300, groups=1)
    heavy = scored(300, seed=1, groups=1)
    columns = {
        name: light.column(name).to_pylist() + heavy.column(name).to_pylist()
        for name in ("label", "prediction")
    }
    weights = [w * 1e-9 for w in light.column("weight").to_pylist()]
    weights += [w * 1e9 for w in heavy.column("weight").to_pylist()]
    groups = ["light"] * 300 + ["heavy"] * 300
    table = pa.table({**columns, "weight": weights, "group": groups})
    found = evaluate(table, [m.AUC(), m.AUCPrecisionRecall()], (("group",),), "weight")
    alone = evaluate(light, [m.AUC(), m.AUCPrecisionRecall()], weight="weight")
    for name, value in alone["Overall"].items():
        assert found["group:light"][name] == pytest.approx(value, rel=1e-12)


def trapezoids(label, score, thresholds):
    above = [score > t for t in thresholds]
    tpr = [(label[a] == 1).sum() / (label == 1).sum() for a in above]
    fpr = [(label[a] == 0).sum() / (label == 0).sum() for a in above]
    return np.array(fpr), np.array(tpr)


def test_areas_at_given_thresholds_by_the_definition():
    rows = arrays(scored(500))
    label, prediction = rows["label"], rows["prediction"]
    limits = [-1e-7, 0.2, 0.5, 0.9, 1 + 1e-7]
    fpr, tpr = trapezoids(label, prediction, limits)
    steps, low, high = fpr[:-1] - fpr[1:], tpr[1:], tpr[:-1]
    table = pa.table({"label": label.tolist(), "prediction": prediction.tolist()})
    wanted = [
        m.AUC(thresholds=(0.9, 0.2, 0.5), summation_method=method, name=method)
        for method in ("interpolation", "majoring", "minoring")
    ]
    found = evaluate(table, wanted)["Overall"]
    assert found["interpolation"] == pytest.approx((steps * (low + high) / 2).sum(), rel=1e-12)
    assert found["majoring"] == pytest.approx((steps * high).sum(), rel=1e-12)
    assert found["minoring"] == pytest.approx((steps * low).sum(), rel=1e-12)


def test_precision_recall_areas_bracket_average_precision():
    rows = arrays(scored(5000))
    table = pa.table({k: rows[k].tolist() for k in ("label", "prediction")})
    wanted = [
        m.AUC(curve="PR", summation_method=method, name=method)
        for method in ("interpolation", "majoring", "minoring")
    ]
    found = evaluate(table, wanted)["Overall"]
    average = sk.average_precision_score(rows["label"], rows["prediction"])
    assert found["minoring"] <= found["interpolation"] <= found["majoring"]
    assert found["minoring"] <= average <= found["majoring"]


def test_the_best_rate_under_a_constraint_by_the_definition():
    rows = arrays(scored(800))
    label, prediction = rows["label"], rows["prediction"]
    limits = np.array([-1e-7, *(np.arange(1, 9999) / 9999), 1 + 1e-7])
    fpr, tpr = trapezoids(label, prediction, limits)
    with np.errstate(invalid="ignore"):
        precision = tpr * label.sum() / (tpr * label.sum() + fpr * (1 - label).sum())
    table = pa.table({"label": label.tolist(), "prediction": prediction.tolist()})
    wanted = [m.RecallAtFalsePositiveRate(0.2), m.ThresholdAtRecall(0.6), m.RecallAtPrecision(0.7),
              m.SensitivityAtSpecificity((0.5, 0.9))]  # fmt: skip
    found = evaluate(table, wanted)["Overall"]
    assert found["recall_at_false_positive_rate"] == tpr[fpr <= 0.2].max()
    assert found["threshold_at_recall"] == pytest.approx(limits[tpr >= 0.6].max(), abs=2e-4)
    assert found["recall_at_precision"] == tpr[precision >= 0.7].max()
    expected = [tpr[1 - fpr >= bound].max() for bound in (0.5, 0.9)]
    assert found["sensitivity_at_specificity"].tolist() == expected


def test_residual_quantiles_are_those_of_numpy_to_a_bucket():
    rng = np.random.default_rng(3)
    label, error = rng.normal(0, 5, 4001), rng.standard_cauchy(4001)
    table = pa.table({"label": label.tolist(), "prediction": (label + error).tolist()})
    shares = (0.05, 0.25, 0.5, 0.75, 0.95)
    found = evaluate(table, [m.ResidualQuantiles(shares)])["Overall"]["residual_quantiles"]
    expected = np.quantile(label + error - label, shares, method="inverted_cdf")
    assert found == pytest.approx(expected, rel=1e-4)


def test_means_of_a_column_leave_out_missing_values():
    table = pa.table({"label": [1, 0, 1], "prediction": [0.5] * 3, "fare": [1.0, None, 4.0],
                      "weight": [1.0, 5.0, 3.0]})  # fmt: skip
    wanted = [
        m.Mean(("features", "fare")),
        m.Mean(("fare",), ("weight",), name="weighted"),
    ]
    found = evaluate(table, wanted)["Overall"]
    assert found == {"mean_features.fare": 2.5, "weighted": 3.25}


def test_fairness_indicators_are_rates_at_each_threshold():
    table = scored(500)
    found = evaluate(table, [m.FairnessIndicators((0.3, 0.6))], (("group",),))
    for name, values in found.items():
        rows = arrays(table, name.split(":")[1])
        for limit in (0.3, 0.6):
            positive = rows["prediction"] > limit
            fp = (positive & (rows["label"] == 0)).sum()
            fn = (~positive & (rows["label"] == 1)).sum()
            expected = {
                "false_positive_rate": fp / (rows["label"] == 0).sum(),
                "false_negative_rate": fn / (rows["label"] == 1).sum(),
                "positive_rate": positive.mean(),
                "negative_rate": 1 - positive.mean(),
                "false_discovery_rate": fp / positive.sum(),
                "false_omission_rate": fn / (~positive).sum(),
            }
            for rate, value in expected.items():
                place = f"fairness_indicators_metrics/{rate}@{limit}"
                assert values[place] == pytest.approx(value), place


def test_text_predictions_are_compared_with_text_labels():
    table = pa.table({"label": ["cat", "dog", "cat"], "prediction": ["cat", "cat", "cat"]})
    found = evaluate(table, [m.ExactMatch(), m.Accuracy()])["Overall"]
    assert found == {"exact_match": pytest.approx(2 / 3), "accuracy": pytest.approx(2 / 3)}


def test_score_distributions_count_scores_whatever_their_label():
    table = pa.table({"label": [1, 0, 1], "prediction": [0.15, 0.15, 0.85]})
    config_plots = plain([m.ScoreDistributionPlot(2)])
    config = tfma.EvalConfig(
        model_specs=[{"label_key": "label", "prediction_key": "prediction"}],
        metrics_specs=config_plots,
    )
    (plot,) = tfma.analyze(table, config).result().plots
    matrices = plot.plot[""][""]["score_distribution_plot"]["confusionMatrixAtThresholds"]
    at_half = matrices["matrices"][2]
    assert (at_half["truePositives"], at_half["trueNegatives"]) == (1.0, 2.0)
