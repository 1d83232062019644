"""Metrics that users bring: scikit-learn's functions, accumulators and metric classes."""

import sys
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics as sk
from evaluations import config_of, plain, values_of

from minitfx import model_analysis as tfma
from minitfx.errors import CodeError, EvaluationError
from minitfx.model_analysis.statistics import Sum
from minitfx.model_analysis.values import Value


def sample(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 2, rows)
    return pa.table(
        {
            "label": (rng.random(rows) < score).astype(int).tolist(),
            "prediction": score.tolist(),
            "weight": rng.exponential(1.0, rows).tolist(),
            "group": rng.integers(0, 3, rows).tolist(),
        }
    )


def found(table, name, module, config="", slices=((), ("group",)), weight="", **options):
    spec = tfma.MetricsSpec(metrics=[{"class_name": name, "module": module, "config": config}])
    return values_of(tfma.analyze(table, config_of([spec], slices, weight, **options)))


def groups(table):
    frame = {name: np.array(table.column(name).to_pylist()) for name in table.column_names}
    yield "Overall", frame
    for number in range(3):
        kept = frame["group"] == number
        yield f"group:{number}", {name: values[kept] for name, values in frame.items()}


@pytest.mark.parametrize("weight", ["", "weight"])
@pytest.mark.parametrize(
    ("name", "config", "takes_scores"),
    [
        ("roc_auc_score", "", True),
        ("average_precision_score", "", True),
        ("f1_score", "", False),
        ("fbeta_score", '"beta": 3', False),
        ("cohen_kappa_score", "", False),
        ("log_loss", "", True),
        ("brier_score_loss", "", True),
        ("mean_absolute_error", '"response": "scores"', True),
    ],
)
def test_functions_of_scikit_learn_on_every_slice(name, config, takes_scores, weight):
    table = sample()
    values = found(table, name, "sklearn.metrics", config, weight=weight)
    options = {"beta": 3} if "beta" in config else {}
    for key, rows in groups(table):
        given = rows["prediction"] if takes_scores else rows["prediction"] > 0.5
        weights = rows["weight"] if weight else None
        expected = getattr(sk, name)(rows["label"], given, sample_weight=weights, **options)
        assert values[key][name] == pytest.approx(expected, rel=1e-12)


def test_a_function_may_be_named_in_one_word_or_given_itself():
    dotted = tfma.MetricsSpec(metrics=[{"class_name": "sklearn.metrics.f1_score"}])
    given = plain([sk.f1_score])
    for spec in (dotted, given[0]):
        values = values_of(tfma.analyze(sample(), config_of([spec])))["Overall"]
        rows = dict(groups(sample()))["Overall"]
        assert values["f1_score"] == sk.f1_score(rows["label"], rows["prediction"] > 0.5)


def test_a_function_that_gives_several_numbers_gives_an_array():
    values = found(sample(), "recall_score", "sklearn.metrics", '"average": null, "name": "each"')
    assert values["Overall"]["each"].shape == (2,)


def test_a_function_on_several_classes_gets_decisions_or_all_scores():
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.ones(3), 200)
    label = rng.integers(0, 3, 200)
    table = pa.table({"label": label.tolist(), "prediction": scores.tolist()})
    values = found(table, "f1_score", "sklearn.metrics", '"average": "macro"', ((),))
    expected = sk.f1_score(label, scores.argmax(axis=1), average="macro")
    assert values["Overall"]["f1_score"] == pytest.approx(expected)
    values = found(table, "roc_auc_score", "sklearn.metrics", '"multi_class": "ovr"', ((),))
    expected = sk.roc_auc_score(label, scores, multi_class="ovr")
    assert values["Overall"]["roc_auc_score"] == pytest.approx(expected)


def test_a_slice_that_a_function_refuses_because_of_one_class_is_not_a_number():
    table = pa.table({"label": [1, 1, 0], "prediction": [0.5, 0.6, 0.1], "group": [0, 0, 1]})
    values = found(table, "roc_auc_score", "sklearn.metrics")
    assert values["Overall"]["roc_auc_score"] == 1.0
    assert np.isnan(values["group:0"]["roc_auc_score"])


def test_a_function_has_jackknife_intervals():
    table = sample()
    options = tfma.Options(compute_confidence_intervals={"value": True})
    spec = tfma.MetricsSpec(metrics=[{"class_name": "f1_score", "module": "sklearn.metrics"}])
    config = config_of([spec, *tfma.metrics.specs_from_metrics([tfma.metrics.F1Score(name="f")])])
    config.options.CopyFrom(options)
    result = tfma.analyze(table, config).result().get_metrics_for_slice()
    expected = result["f"]["boundedValue"]
    assert result["f1_score"]["boundedValue"] == pytest.approx(expected, rel=1e-9)


@dataclass(frozen=True)
class LargestError:
    """The largest absolute error, times a factor."""

    factor: float = 1.0
    seen: float = -np.inf

    def zero(self):
        return LargestError(self.factor)

    def add(self, sample):
        errors = np.abs(sample.labels - sample.predictions)
        return LargestError(self.factor, max(self.seen, errors.max()))

    def merge(self, other):
        return LargestError(self.factor, max(self.seen, other.seen))

    def result(self):
        return self.factor * self.seen


class Greedy:
    """An accumulator that consumes its receivers."""

    def __init__(self):
        self.rows = []

    def zero(self):
        return Greedy()

    def add(self, sample):
        self.rows += sample.labels.tolist()
        return self

    def merge(self, other):
        self.rows += other.rows
        return self

    def result(self):
        return [len(self.rows), sum(self.rows)]


class MeanCube(tfma.metrics.Metric):
    """A metric made of minitfx's own parts."""

    NAME = "mean_cube"

    def statistics(self, view):
        square = Value("squared_error")
        return (Sum(view, square), Sum(view))

    def compute(self, view, state):
        above, below = (state(each) for each in self.statistics(view))
        return {view.key(self.name): (above / below) ** 1.5}


@pytest.fixture(autouse=True)
def their_metrics(monkeypatch):
    made = ModuleType("their_metrics")
    made.LargestError, made.Greedy, made.MeanCube, made.seven = LargestError, Greedy, MeanCube, 7
    monkeypatch.setitem(sys.modules, "their_metrics", made)


def test_an_accumulator_of_the_user_sees_every_slice():
    table = sample(70_000)
    values = found(table, "LargestError", "their_metrics", '"factor": 2.0, "name": "worst"')
    for key, rows in groups(table):
        assert values[key]["worst"] == 2 * np.abs(rows["label"] - rows["prediction"]).max()


def test_an_accumulator_may_consume_its_receiver_and_give_several_numbers():
    table = sample(70_000)
    values = found(table, "Greedy", "their_metrics")
    for key, rows in groups(table):
        assert values[key]["Greedy"].tolist() == [len(rows["label"]), rows["label"].sum()]


def test_a_metric_class_of_the_user_is_one_of_ours():
    table = sample()
    values = found(table, "MeanCube", "their_metrics", weight="weight")
    for key, rows in groups(table):
        errors = (rows["label"] - rows["prediction"]) ** 2
        expected = np.average(errors, weights=rows["weight"]) ** 1.5
        assert values[key]["mean_cube"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "module", "config", "error", "match"),
    [
        ("AUCC", "", "", EvaluationError, "no metric 'AUCC'. Did you mean 'AUC'"),
        ("AUC", "", '"num_threshold": 3', EvaluationError, "Did you mean 'num_thresholds'"),
        ("AUC", "", "{oops", EvaluationError, "which is not JSON"),
        ("AUC", "", '"num_thresholds": 1', EvaluationError, "expected 2 or more"),
        ("AUC", "", '"curve": "RAC"', EvaluationError, "Did you mean 'ROC'"),
        ("PrecisionAtRecall", "", "", EvaluationError, "needs recall"),
        ("PrecisionAtRecall", "", '"recall": 2', EvaluationError, "expected 0 to 1"),
        ("f1_scor", "sklearn.metrics", "", CodeError, "Did you mean 'f1_score'"),
        ("f", "no_such_module", "", CodeError, "importing 'no_such_module' fails"),
        ("seven", "their_metrics", "", EvaluationError, "is no metric"),
        ("f1_score", "sklearn.metrics", '"response": "odds"', EvaluationError, "response of"),
        ("f1_score", "sklearn.metrics", '"zoom": 1', EvaluationError, "zoom"),
        ("LargestError", "their_metrics", '"zoom": 1', EvaluationError, "cannot be made"),
    ],
)
def test_a_metric_that_cannot_be_made_is_one_clear_error(name, module, config, error, match):
    with pytest.raises(error, match=match):
        found(sample(50), name, module, config)


@pytest.mark.parametrize("module", ["tensorflow_model_analysis.metrics", "tf_keras.metrics"])
def test_modules_of_tfma_and_keras_stand_for_ours(module):
    config = '"name": "m", "dtype": "float32"'
    values = found(sample(), "MeanSquaredError", module, config, ((),))
    assert set(values["Overall"]) == {"m"}
