"""Metrics of several classes, binarized, averaged and as matrices."""

import math

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics as sk
from evaluations import config_of, evaluate, plain
from scipy.special import rel_entr
from sklearn.metrics.pairwise import paired_cosine_distances

from minitfx import model_analysis as tfma
from minitfx.errors import ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m

CLASSES = 4


def predictions(rows=600, seed=0, missing=False):
    rng = np.random.default_rng(seed)
    raw = rng.exponential(1.0, (rows, CLASSES))
    scores = raw / raw.sum(axis=1, keepdims=True)
    label = np.array([rng.choice(CLASSES, p=p) for p in scores])
    table = pa.table(
        {
            "label": label.tolist(),
            "prediction": pa.array(scores.tolist(), pa.list_(pa.float64(), CLASSES)),
            "weight": rng.exponential(1.0, rows).tolist(),
        }
    )
    return table, label, scores, np.array(table.column("weight").to_pylist())


@pytest.mark.parametrize("weight", ["", "weight"])
def test_whole_matrix_metrics_equal_scikit_learn(weight):
    table, label, scores, weights = predictions()
    by = weights if weight else None
    wanted = [
        m.SparseCategoricalAccuracy(), m.TopKCategoricalAccuracy(2),
        m.CategoricalCrossEntropy(), m.SparseCategoricalCrossentropy(),
    ]  # fmt: skip
    found = evaluate(table, wanted, weight=weight)["Overall"]
    guess = scores.argmax(axis=1)
    accuracy = sk.accuracy_score(label, guess, sample_weight=by)
    top = sk.top_k_accuracy_score(label, scores, k=2, sample_weight=by)
    loss = sk.log_loss(label, scores, sample_weight=by)
    assert found["sparse_categorical_accuracy"] == pytest.approx(accuracy, rel=1e-12)
    assert found["top_k_categorical_accuracy"] == pytest.approx(top, rel=1e-12)
    assert found["categorical_crossentropy"] == pytest.approx(loss, rel=1e-9)
    assert found["sparse_categorical_crossentropy"] == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("weight", ["", "weight"])
def test_distances_of_labels_and_scores_equal_scikit_learn_and_scipy(weight):
    table, label, scores, weights = predictions()
    by = weights if weight else None
    wanted = [m.CosineSimilarity(), m.KLDivergence(), m.CategoricalHinge()]
    found = evaluate(table, wanted, weight=weight)["Overall"]
    hot = np.eye(CLASSES)[label]
    cosines = 1.0 - paired_cosine_distances(hot, scores)
    divergences = rel_entr(np.clip(hot, 1e-7, 1.0), np.clip(scores, 1e-7, 1.0)).sum(axis=1)
    assert found == {
        "cosine_similarity": pytest.approx(np.average(cosines, weights=by), rel=1e-12),
        "kullback_leibler_divergence": pytest.approx(np.average(divergences, weights=by)),
        "categorical_hinge": pytest.approx(sk.hinge_loss(label, scores, sample_weight=by)),
    }


def test_a_missing_score_of_one_class_makes_a_distance_not_a_number():
    table = pa.table({"label": [0, 1], "prediction": [[0.5, 0.5], [float("nan"), 1.0]]})
    wanted = [m.CosineSimilarity(), m.KLDivergence(), m.CategoricalHinge()]
    assert all(np.isnan(value) for value in evaluate(table, wanted)["Overall"].values())


def test_one_class_against_the_rest():
    table, label, scores, _ = predictions()
    classes = tfma.BinarizationOptions(class_ids={"values": [0, 2]})
    found = evaluate(table, plain([m.Precision(0.3), m.Recall(0.3)], binarize=classes))["Overall"]
    for number in (0, 2):
        for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score)):
            expected = function(label == number, scores[:, number] > 0.3)
            assert found[f"{name}/classId:{number}"] == pytest.approx(expected)


def test_a_metric_may_name_its_class_itself():
    table, label, scores, _ = predictions()
    found = evaluate(table, [m.Precision(0.3, class_id=1)])["Overall"]
    expected = sk.precision_score(label == 1, scores[:, 1] > 0.3)
    assert found == {"precision/classId:1": pytest.approx(expected)}
    both = plain([m.Precision(class_id=1)], binarize={"class_ids": {"values": [1]}})
    with pytest.raises(EvaluationError, match="keep one of them"):
        evaluate(table, both)


def test_the_kth_guess_and_the_first_k_guesses():
    table, label, scores, _ = predictions()
    ranked = np.argsort(-scores, axis=1, kind="stable")
    options = tfma.BinarizationOptions(k_list={"values": [2]}, top_k_list={"values": [2]})
    found = evaluate(table, plain([m.Precision()], binarize=options))["Overall"]
    second = np.take_along_axis(scores, ranked[:, 1:2], 1)[:, 0] > 0.5
    hit = ranked[:, 1] == label
    expected = hit[second].mean() if second.any() else math.nan
    assert found["precision/k:2"] == pytest.approx(expected, nan_ok=True)
    in_top = (ranked[:, :2] == label[:, None]).any(axis=1)
    assert found["precision/topK:2"] == pytest.approx(in_top.mean() / 2)


@pytest.mark.parametrize("kind", ["micro_average", "macro_average", "weighted_macro_average"])
def test_averages_over_classes(kind):
    table, label, scores, _ = predictions()
    aggregate = tfma.AggregationOptions(**{kind: True})
    if kind != "micro_average":
        aggregate.class_weights.update(dict.fromkeys(range(CLASSES), 1.0))
    found = evaluate(table, plain([m.F1Score(0.3), m.AUC()], aggregate=aggregate))["Overall"]
    hot = label[:, None] == np.arange(CLASSES)
    average = {"micro_average": "micro", "macro_average": "macro"}.get(kind, "weighted")
    expected = sk.f1_score(hot, scores > 0.3, average=average)
    assert found[f"f1_score/{kind}"] == pytest.approx(expected, rel=1e-12)
    area = sk.roc_auc_score(hot, np.maximum(np.floor(scores * 10_000), 1), average=average)
    assert found[f"auc/{kind}"] == pytest.approx(area, rel=1e-12)


def test_class_weights_choose_and_weigh_classes():
    table, label, scores, _ = predictions()
    chosen = {0: 1.0, 2: 3.0}
    macro = tfma.AggregationOptions(macro_average=True, class_weights=chosen)
    found = evaluate(table, plain([m.Recall(0.3)], aggregate=macro))["Overall"]
    recalls = [sk.recall_score(label == k, scores[:, k] > 0.3) for k in chosen]
    assert found["recall/macro_average"] == pytest.approx((recalls[0] + 3 * recalls[1]) / 4)
    micro = tfma.AggregationOptions(micro_average=True, class_weights=chosen)
    found = evaluate(table, plain([m.TP(0.3)], aggregate=micro))["Overall"]
    hits = [((label == k) & (scores[:, k] > 0.3)).sum() for k in chosen]
    assert found["tp/micro_average"] == pytest.approx(hits[0] + 3 * hits[1])


def test_a_macro_average_over_the_first_guesses():
    table, label, scores, _ = predictions()
    aggregate = tfma.AggregationOptions(macro_average=True, top_k_list={"values": [2]})
    found = evaluate(table, plain([m.MeanLabel()], aggregate=aggregate))["Overall"]
    ranked = np.argsort(-scores, axis=1, kind="stable")
    expected = np.mean([(ranked[:, k] == label).mean() for k in range(2)])
    assert found["mean_label/topK:2/macro_average"] == pytest.approx(expected)


def test_a_macro_average_without_classes_says_what_is_missing():
    aggregate = tfma.AggregationOptions(macro_average=True)
    with pytest.raises(EvaluationError, match="needs class_weights"):
        evaluate(predictions()[0], plain([m.AUC()], aggregate=aggregate))


def test_without_options_every_class_of_every_row_is_a_pair():
    table, label, scores, _ = predictions()
    found = evaluate(table, [m.BinaryAccuracy(0.3), m.MeanLabel()])["Overall"]
    hot = label[:, None] == np.arange(CLASSES)
    assert found["binary_accuracy"] == pytest.approx((hot == (scores > 0.3)).mean())
    assert found["mean_label"] == 1 / CLASSES


def matrix_of(value):
    (matrix,) = value.multi_class_confusion_matrix_at_thresholds.matrices
    return {
        (each.actual_class_id, each.predicted_class_id): each.num_weighted_examples
        for each in matrix.entries
    }


def test_the_confusion_matrix_of_classes():
    table, label, scores, _ = predictions()
    wanted = [m.MultiClassConfusionMatrixAtThresholds((0.4,))]
    found = matrix_of(
        evaluate(table, wanted)["Overall"]["multi_class_confusion_matrix_at_thresholds"]
    )
    guess = np.where(scores.max(axis=1) > 0.4, scores.argmax(axis=1), -1)
    pairs, counts = np.unique(np.stack([label, guess]), axis=1, return_counts=True)
    assert found == dict(zip(zip(*pairs.tolist(), strict=True), counts.tolist(), strict=True))


def test_rows_of_several_labels():
    labels = pa.array([[1, 0, 1], [0, 1, 0]], pa.list_(pa.int64()))
    scores = pa.array([[0.9, 0.8, 0.1], [0.2, 0.7, 0.6]], pa.list_(pa.float64()))
    table = pa.table({"label": labels, "prediction": scores})
    micro = plain([m.TP(), m.FP(), m.FN()], aggregate={"micro_average": True})
    found = evaluate(table, micro)["Overall"]
    assert {key.split("/")[0]: value for key, value in found.items()} == {
        "tp": 2.0, "fp": 2.0, "fn": 1.0,
    }  # fmt: skip
    config = config_of(plain([m.MultiLabelConfusionMatrixPlot()]))
    (plot,) = tfma.analyze(table, config).result().plots
    ((matrix,),) = (
        each["multiLabelConfusionMatrixAtThresholds"]["matrices"]
        for each in plot.plot[""][""].values()
    )
    # Of rows with class 0 there is one, where class 1 is a false positive.
    entry = next(e for e in matrix["entries"] if e.get("predictedClassId", 0) == 1)
    assert entry.get("actualClassId", 0) == 0 and entry["falsePositives"] == 1.0


def test_a_binary_model_is_one_of_two_classes():
    table = pa.table({"label": [1, 0, 1], "prediction": [0.8, 0.3, 0.4]})
    found = evaluate(
        table,
        [
            *plain([m.CategoricalAccuracy(), m.CategoricalCrossEntropy(), m.BinaryCrossEntropy()]),
            *plain([m.Recall()], binarize={"class_ids": {"values": [0, 1]}}),
        ],
    )["Overall"]
    assert found["categorical_accuracy"] == pytest.approx(2 / 3)
    assert found["categorical_crossentropy"] == pytest.approx(found["binary_crossentropy"])
    assert (found["recall/classId:0"], found["recall/classId:1"]) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("labels", "scores", "error", "match"),
    [
        ([0, 5], [[0.5, 0.5], [0.5, 0.5]], EvaluationError, "a label is class 5"),
        ([0, 1], [[0.5, 0.5], [1.0]], ColumnError, r"lists of \[1, 2\] values"),
    ],
)
def test_labels_and_scores_that_do_not_fit_are_one_clear_error(labels, scores, error, match):
    table = pa.table({"label": labels, "prediction": scores})
    with pytest.raises(error, match=match):
        evaluate(table, [m.MultiClassConfusionMatrixAtThresholds()])


def test_a_class_that_there_is_not_is_one_clear_error():
    binarize = tfma.BinarizationOptions(class_ids={"values": [7]})
    with pytest.raises(EvaluationError, match="class id 7 is not among the 4 classes"):
        evaluate(predictions()[0], plain([m.AUC()], binarize=binarize))
