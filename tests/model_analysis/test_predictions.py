"""Predictions of saved models: classes, transforms, labels, and columns that are read."""

import numpy as np
import pyarrow as pa
import pytest
from evaluations import config_of, plain, values_of
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

import minitfx.transform as tft
from minitfx import model_analysis as tfma
from minitfx.dataset.source import MemorySource
from minitfx.errors import ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m
from minitfx.models import load_model, save_model


def rows_of(rows=300, labels=("no", "yes"), seed=0):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(0, 1, rows), rng.normal(0, 1, rows)
    cut = np.linspace(-0.7, 0.7, len(labels) - 1) if len(labels) > 2 else [0.0]
    number = np.searchsorted(cut, x + 0.5 * rng.normal(0, 1, rows))
    return pa.table(
        {
            "x": x.tolist(),
            "z": z.tolist(),
            "label": [labels[i] for i in number],
            "side": ["left" if value < 0 else "right" for value in z],
        }
    )


def arrays(table, *names):
    return np.stack([np.array(table.column(name).to_pylist()) for name in names], axis=1)


def saved(path, estimator, table, **options):
    label = table.column(options.pop("fit", "label")).to_pylist()
    estimator.fit(arrays(table, "x", "z"), label)
    save_model(estimator, path, features=["x", "z"], label="label", **options)
    return estimator, load_model(path, trust=True)


def evaluated(table, wanted, model, slices=((),), **spec):
    config = config_of(plain(wanted), slices)
    config.model_specs[0].prediction_key = ""
    config.model_specs[0].MergeFrom(tfma.ModelSpec(**spec))
    return values_of(tfma.analyze(table, config, {"": model}))


def test_a_binary_model_is_judged_by_the_probability_of_its_second_class(tmp_path):
    table = rows_of()
    estimator, model = saved(tmp_path, LogisticRegression(), table)
    score = estimator.predict_proba(arrays(table, "x", "z"))[:, 1]
    label = np.array([each == "yes" for each in table.column("label").to_pylist()])
    found = evaluated(table, [m.MeanPrediction(), m.BrierScore(), m.MeanLabel()], model)["Overall"]
    assert found["mean_prediction"] == pytest.approx(score.mean(), rel=1e-12)
    assert found["brier_score"] == pytest.approx(((score - label) ** 2).mean(), rel=1e-12)
    assert found["mean_label"] == label.mean()


def test_a_model_of_several_classes_knows_their_names(tmp_path):
    table = rows_of(labels=("a", "b", "c"))
    estimator, model = saved(tmp_path, LogisticRegression(), table)
    guess = estimator.predict(arrays(table, "x", "z"))
    expected = (guess == np.array(table.column("label").to_pylist())).mean()
    found = evaluated(table, [m.CategoricalAccuracy()], model)["Overall"]
    assert found["categorical_accuracy"] == pytest.approx(expected)


def test_a_class_that_a_model_never_saw_is_never_right(tmp_path):
    _, model = saved(tmp_path, LogisticRegression(), rows_of(labels=("a", "b", "c")))
    table = rows_of(4).set_column(2, "label", pa.array(["a", "b", "c", "new"]))
    found = evaluated(table, [m.CategoricalAccuracy(), m.ExampleCount()], model)["Overall"]
    assert found["categorical_accuracy"] <= 0.75 and found["example_count"] == 4


def test_numbers_that_stand_in_the_examples_are_scores_beside_a_model_too(tmp_path):
    _, model = saved(tmp_path, LogisticRegression(), rows_of())
    table = rows_of(4).append_column("guess", pa.array([0.125, 0.25, 0.5, 0.125]))
    found = evaluated(table, [m.MeanPrediction()], model, prediction_key="guess")["Overall"]
    assert found["mean_prediction"] == 0.25


@pytest.mark.parametrize(
    ("metric", "loss"),
    [
        (m.CategoricalCrossEntropy(), np.inf),
        (m.CategoricalCrossentropy(), -np.log(1e-7)),
        (m.SparseCategoricalCrossentropy(), -np.log(1e-7)),
        (m.KLDivergence(), -np.log(1e-7)),
    ],
)
def test_a_class_that_a_model_never_saw_has_probability_0(tmp_path, metric, loss):
    _, model = saved(tmp_path, LogisticRegression(), rows_of(labels=("a", "b", "c")))
    table = rows_of(2).set_column(2, "label", pa.array(["new", "newer"]))
    assert evaluated(table, [metric], model)["Overall"][metric.name] == pytest.approx(loss)


def test_a_third_label_for_a_binary_model_is_one_clear_error(tmp_path):
    _, model = saved(tmp_path, LogisticRegression(), rows_of())
    table = rows_of(3).set_column(2, "label", pa.array(["no", "maybe", "yes"]))
    with pytest.raises(EvaluationError, match="'maybe', which is not a class of the model"):
        evaluated(table, [m.AUC()], model)


def test_a_regression_is_judged_by_its_prediction(tmp_path):
    table = rows_of()
    target = pa.array((3 * arrays(table, "x")[:, 0] + 1).tolist())
    table = table.set_column(2, "label", target)
    _, model = saved(tmp_path, LinearRegression(), table)
    found = evaluated(table, [m.R2Score(), m.MeanAbsoluteError()], model)["Overall"]
    assert found["r2_score"] == pytest.approx(1.0)
    assert found["mean_absolute_error"] == pytest.approx(0.0, abs=1e-12)


def test_decisions_without_probabilities_are_scores_of_0_and_1():
    class Decides:
        classes = ("no", "yes")

        def predict(self, table):
            return pa.table({"prediction": ["yes" if x > 0 else "no" for x in
                                            table.column("x").to_pylist()]})  # fmt: skip

    class Names(Decides):
        classes = ("no", "yes", "perhaps")

    table = rows_of()
    right = [
        (x > 0) == (label == "yes")
        for x, label in zip(table["x"].to_pylist(), table["label"].to_pylist(), strict=True)
    ]
    found = evaluated(table, [m.BinaryAccuracy()], Decides())["Overall"]
    assert found["binary_accuracy"] == pytest.approx(np.mean(right))
    found = evaluated(table, [m.CategoricalAccuracy()], Names())["Overall"]
    assert found["categorical_accuracy"] == pytest.approx(np.mean(right))


def preprocessing_fn(inputs):
    return {
        "x": tft.scale_to_z_score(inputs["x"]),
        "z": tft.scale_to_z_score(inputs["z"]),
        "label": tft.compute_and_apply_vocabulary(inputs["label"]),
        "half": tft.bucketize(inputs["z"], 2),
    }


@pytest.fixture
def with_transform(tmp_path):
    table = rows_of()
    graph = tft.analyze(table, preprocessing_fn)
    graph.save(tmp_path / "transform_fn")
    transformed = graph.transform(table)
    estimator = LogisticRegression().fit(
        arrays(transformed, "x", "z"), transformed.column("label").to_pylist()
    )
    save_model(
        estimator, tmp_path / "model", transform_graph=tmp_path / "transform_fn", label="label",
        features=["x", "z"],
    )  # fmt: skip
    return table, transformed, estimator, load_model(tmp_path / "model", trust=True)


def test_raw_rows_go_through_the_models_transform_and_so_does_the_label(with_transform):
    table, transformed, estimator, model = with_transform
    score = estimator.predict_proba(arrays(transformed, "x", "z"))[:, 1]
    label = np.array(transformed.column("label").to_pylist())
    found = evaluated(table, [m.BrierScore(), m.MeanLabel()], model)["Overall"]
    assert found["mean_label"] == label.mean()
    assert found["brier_score"] == pytest.approx(((score - label) ** 2).mean(), rel=1e-9)


def test_weights_may_be_what_the_transform_makes(with_transform):
    table, transformed, _, model = with_transform
    config = config_of(plain([m.WeightedExampleCount(), m.MeanLabel()]), weight="half")
    config.model_specs[0].prediction_key = ""
    config.model_specs[0].preprocessing_function_names.append("transform_features")
    found = values_of(tfma.analyze(table, config, {"": model}))["Overall"]
    half = np.array(transformed.column("half").to_pylist())
    assert found["weighted_example_count"] == half.sum() < table.num_rows
    expected = np.average(np.array(transformed.column("label").to_pylist()), weights=half)
    assert found["mean_label"] == pytest.approx(expected, rel=1e-12)
    config.model_specs[0].example_weight_key = "hlaf"
    with pytest.raises(ColumnError, match=r"example_weight_key 'hlaf'.*Did you mean 'half'"):
        tfma.analyze(table, config, {"": model})


def test_slices_may_be_by_what_the_transform_makes(with_transform):
    table, transformed, _, model = with_transform
    found = evaluated(table, [m.ExampleCount()], model, (("half",), ("side",)))
    counts = np.bincount(transformed.column("half").to_pylist())
    assert found["half:0"]["example_count"] == counts[0]
    assert set(found) == {"half:0", "half:1", "side:left", "side:right"}
    with pytest.raises(ColumnError, match="Did you mean 'half'"):
        evaluated(table, [m.ExampleCount()], model, (("hals",),))


class Watched(MemorySource):
    """A table that tells which columns were asked for."""

    def chunks(self, columns=None):
        asked.append(columns)
        return super().chunks(columns)


asked = []


def test_only_columns_that_are_needed_are_read(with_transform, tmp_path):
    table, _, _, model = with_transform
    wide = table.append_column("unused", pa.array(["?"] * table.num_rows))
    asked.clear()
    evaluated(Watched(wide), [m.AUC()], model, (("side",),))
    assert asked == [["x", "z", "label", "side"]]
    raw = pa.table(
        {"label": [1, 0], "prediction": [0.5, 0.4], "q": [1, 1], "g": [1, 0], "no": [1, 2]}
    )
    specs = plain([m.NDCG("g")], query_key="q")
    tfma.analyze(Watched(raw), config_of(specs))
    assert asked[1] == ["label", "prediction", "q", "g"]


def test_saved_models_are_evaluated_by_their_folders(tmp_path):
    table = rows_of()
    saved(tmp_path / "good", LogisticRegression(), table)
    saved(tmp_path / "poor", DummyClassifier(), table)
    config = config_of(plain([m.AUC()]))
    config.model_specs[0].prediction_key = ""
    result = tfma.run_model_analysis(tmp_path / "good", config, table, tmp_path / "out", trust=True)
    assert result.get_metrics_for_slice()["auc"]["doubleValue"] > 0.7
    assert result.model_location == str(tmp_path / "good")
    assert tfma.load_eval_result(tmp_path / "out").model_location == str(tmp_path / "good")
    both = tfma.EvalConfig(
        model_specs=[
            {"name": "new", "label_key": "label"},
            {"name": "old", "label_key": "label", "is_baseline": True},
        ],
        metrics_specs=plain([m.AUC()]),
    )
    for models in (
        {"new": tmp_path / "poor", "old": tmp_path / "good"},
        [tmp_path / "poor", tmp_path / "good"],
    ):
        results = tfma.run_model_analysis(models, both, table, trust=True)
        new, old = (each.get_metrics_for_slice() for each in results.get_results())
        assert new["auc_diff"]["doubleValue"] == 0.5 - old["auc"]["doubleValue"]
    with pytest.raises(EvaluationError, match="no model_spec is called 'newer'"):
        tfma.run_model_analysis({"newer": tmp_path / "good"}, both, table, trust=True)
    with pytest.raises(EvaluationError, match="1 models and 2 model_specs"):
        tfma.run_model_analysis([tmp_path / "good"], both, table, trust=True)
