"""Code as TFMA's guides have it runs after its import changes."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluations import config_of, plain
from google.protobuf import text_format
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import minitfx.model_analysis as tfma
from minitfx.errors import EvaluationError, ModelRefusedError
from minitfx.models import save_model

GUIDE = """
  ## Model information
  model_specs {
    # The model's own signature is asked.
    label_key: "label"
    example_weight_key: "weight"
  }
  ## Post export metric information
  metrics_specs {
    metrics { class_name: "ExampleCount" }
    metrics {
      class_name: "AUC"
      threshold {
        value_threshold { lower_bound { value: 0.6 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: -1e-10 } }
      }
    }
    metrics { class_name: "ConfusionMatrixAtThresholds" config: '"thresholds": [0.3, 0.5]' }
    metrics { class_name: "Precision" config: '"thresholds": [0.3, 0.5, 0.8]' }
    metrics { class_name: "ConfusionMatrixPlot" config: '"num_thresholds": 4' }
    metrics { class_name: "CalibrationPlot" config: '"num_buckets": 2' }
  }
  ## Slicing information
  slicing_specs {}  # overall slice
  slicing_specs { feature_keys: ["age"] }
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("port")
    random = np.random.default_rng(5)
    x = random.normal(size=300)
    table = pa.table(
        {
            "x": x, "label": (x + random.normal(size=300) > 0).astype(int),
            "weight": random.integers(1, 4, 300).astype(float), "age": random.integers(0, 3, 300),
        }
    )  # fmt: skip
    pq.write_table(table, folder / "examples.parquet")
    for name, estimator in (("good", LogisticRegression()), ("poor", DummyClassifier())):
        estimator.fit(x[:, None], table["label"].to_numpy())
        save_model(estimator, folder / name, features=["x"], label="label")
    return folder, table


def shared(folder, candidate, baseline=None, config=None):
    places = {tfma.CANDIDATE_KEY: candidate, tfma.BASELINE_KEY: baseline}
    return [
        tfma.default_eval_shared_model(
            model_name=name, eval_saved_model_path=str(folder / place), eval_config=config,
            trust=True,
        )
        for name, place in places.items()
        if place
    ]  # fmt: skip


def test_a_single_model(project, tmp_path):
    folder, table = project
    config = text_format.Parse(GUIDE, tfma.EvalConfig())
    (model,) = shared(folder, "good", config=config)
    result = tfma.run_model_analysis(
        eval_shared_model=model,
        eval_config=config,
        data_location=str(folder / "examples.parquet"),
        output_path=str(tmp_path),
    )
    score = LogisticRegression().fit(
        table["x"].to_numpy()[:, None], table["label"].to_numpy()
    ).predict_proba(table["x"].to_numpy()[:, None])[:, 1]  # fmt: skip
    expected = roc_auc_score(table["label"], score, sample_weight=table["weight"])
    again = tfma.load_eval_result(str(tmp_path))
    for each in (result, again):
        # Scores that fall into one of the 10,000 buckets count as equal.
        area = each.get_metrics_for_slice()["auc"]["doubleValue"]
        assert area == pytest.approx(expected, abs=2e-4)
        assert each.model_location == str(folder / "good")
        assert len(each.get_slice_names()) == 4 and len(each.plots) == 4
        assert sorted(each.get_metric_names()) == [
            "auc", "confusion_matrix_at_thresholds", "example_count", "precision",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("candidate", "baseline", "ok"), [("good", "poor", True), ("poor", "good", False)]
)
def test_a_candidate_against_a_baseline(project, tmp_path, candidate, baseline, ok):
    folder, _ = project
    config = text_format.Parse(GUIDE, tfma.EvalConfig())
    models = shared(folder, candidate, baseline, config)
    results = tfma.run_model_analysis(
        models,
        eval_config=config,
        data_location=str(folder / "examples.parquet"),
        output_path=str(tmp_path),
    )
    assert [each.model_location for each in results.get_results()] == [
        str(folder / candidate), str(folder / baseline),
    ]  # fmt: skip
    verdict = tfma.load_validation_result(str(tmp_path))
    assert verdict.validation_ok == ok
    failures = [f for place in verdict.metric_validations_per_slice for f in place.failures]
    assert {failure.metric_key.model_name for failure in failures} == (
        set() if ok else {"candidate"}
    )


def test_names_of_models_that_do_not_fit(project):
    folder, table = project
    config = text_format.Parse(GUIDE, tfma.EvalConfig())
    with pytest.raises(EvaluationError, match=r"'newer'.*Known: baseline, candidate"):
        tfma.default_eval_shared_model(folder / "good", model_name="newer", eval_config=config)
    twice = [tfma.default_eval_shared_model(folder / "good", trust=True)] * 2
    with pytest.raises(EvaluationError, match="give each its model_name"):
        tfma.run_model_analysis(twice, config, table)


def test_a_model_is_not_loaded_before_somebody_vouches_for_it(project):
    folder, table = project
    config = text_format.Parse(GUIDE, tfma.EvalConfig())
    model = tfma.default_eval_shared_model(folder / "good")
    with pytest.raises(ModelRefusedError):
        tfma.run_model_analysis(model, config, table)


def test_several_models_and_several_data_sets(project):
    folder, table = project
    config = text_format.Parse(GUIDE, tfma.EvalConfig())
    options = {"eval_config": config, "trust": True}
    models = tfma.multiple_model_analysis([folder / "good", folder / "poor"], table, **options)
    parts = [table.slice(0, 150), table.slice(150)]
    data = tfma.multiple_data_analysis(folder / "good", parts, **options)
    areas = [
        [each.get_metrics_for_slice()["auc"]["doubleValue"] for each in results.get_results()]
        for results in (models, data)
    ]
    assert areas[0][0] > areas[0][1] == 0.5 and areas[1][0] != areas[1][1]
    assert (models.get_mode(), data.get_mode()) == (
        tfma.MODEL_CENTRIC_MODE, tfma.DATA_CENTRIC_MODE,
    )  # fmt: skip
    with pytest.raises(EvaluationError, match="mode is 'data'"):
        tfma.make_eval_results(data.get_results(), "data")


def test_defaults_and_contradictions_by_their_functions():
    config = text_format.Parse(GUIDE, tfma.EvalConfig())
    done = tfma.update_eval_config_with_defaults(config, has_baseline=True)
    assert [spec.name for spec in done.model_specs] == ["candidate", "baseline"]
    tfma.verify_eval_config(done, baseline_required=True)
    with pytest.raises(EvaluationError, match="no model_spec has is_baseline"):
        tfma.verify_eval_config(config, baseline_required=True)


def test_questions_to_a_configuration():
    config = tfma.utils.update_eval_config_with_defaults(
        text_format.Parse(GUIDE, tfma.EvalConfig()), has_baseline=True
    )
    assert tfma.utils.get_baseline_model_spec(config).name == "baseline"
    assert [each.name for each in tfma.utils.get_non_baseline_model_specs(config)] == ["candidate"]
    assert tfma.utils.get_model_spec(config, "candidate").label_key == "label"
    assert tfma.utils.has_change_threshold(config)
    with pytest.raises(EvaluationError, match=r"called 'candidat'. Did you mean 'candidate'"):
        tfma.utils.get_model_spec(config, "candidat")
    assert tfma.utils.get_model_spec(tfma.EvalConfig(), "") is None
    assert tfma.get_model_type(tfma.ModelSpec(model_type=tfma.TF_KERAS)) == "tf_keras"
    assert tfma.get_model_type(None) == tfma.TF_GENERIC


class Threshold:
    def predict(self, table):
        return pa.table({"prediction": table.column("x")})


def test_a_loader_of_ones_own(project):
    folder, table = project
    loader = tfma.ModelLoader(construct_fn=Threshold)
    model = tfma.default_eval_shared_model(str(folder / "nowhere"), custom_model_loader=loader)
    config = config_of(plain([tfma.metrics.MeanPrediction()]))
    config.model_specs[0].prediction_key = ""
    found = tfma.run_model_analysis(model, config, table).get_metrics_for_slice()
    expected = table["x"].to_numpy().mean()
    assert found["mean_prediction"]["doubleValue"] == pytest.approx(expected, rel=1e-12)


class Answers:
    def __init__(self, answer):
        self.answer = answer

    def predict(self, table):
        return self.answer


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (object(), "object has no predict; expected a model whose predict takes a pyarrow.Table"),
        (Answers(np.zeros(300)), "predict of Answers returned ndarray for 300 rows"),
        (Answers(pa.table({"prediction": [1.0]})), "returned 1 rows for 300 rows"),
        (Answers(None), "returned NoneType"),
    ],
)
def test_a_model_that_answers_otherwise_is_one_clear_error(project, model, match):
    config = config_of(plain([tfma.metrics.MeanPrediction()]))
    config.model_specs[0].prediction_key = ""
    with pytest.raises(EvaluationError, match=match):
        tfma.run_model_analysis(model, config, project[1])


@pytest.mark.parametrize(
    ("module", "name", "instead"),
    [
        (tfma, "ExtractEvaluateAndWriteResults", "run_model_analysis or analyze does all steps"),
        (tfma, "default_writers", "without Beam"),
        (tfma, "LABELS_KEY", "an extractor is a function from a table"),
        (tfma, "run_model_analysys", "Did you mean 'run_model_analysis'"),
        (tfma.metrics, "MetricComputation", "a metric of your own is a function"),
        (tfma.metrics, "ObjectDetectionMaxRecall", "metrics.Mean of it"),
        (tfma.metrics, "Recal", "Did you mean 'Recall'"),
    ],
)
def test_a_name_that_is_not_here_says_what_is(module, name, instead):
    with pytest.raises(AttributeError, match=instead):
        getattr(module, name)
    assert name not in module.__all__


def test_frames_stand_under_the_names_of_the_guides():
    assert tfma.experimental.dataframe.metrics_as_dataframes is tfma.metrics_as_dataframes


FRAME = pd.DataFrame(
    {
        "label": [1, 0, 1, 0, 1, 0] * 10,
        "prediction": [0.9, 0.1, 0.7, 0.3, 0.4, 0.6] * 10,
        "sex": ["f", "m", "f", "m", "m", "f"] * 10,
    }
)


def written(folder, wanted, **options):
    config = config_of(plain(wanted), ((), ("sex",)), **options)
    config.slicing_specs.add(feature_keys=["sex"], feature_values={"label": "1"})
    tfma.analyze_raw_data(FRAME, config, folder)
    return folder


def test_messages_of_slices_say_what_the_result_says(tmp_path):
    options = tfma.Options(compute_confidence_intervals={"value": True})
    wanted = [tfma.metrics.MeanLabel(), tfma.metrics.Recall(thresholds=[0.5, 0.65])]
    folder = written(tmp_path, wanted, options=options)
    result = tfma.load_eval_result(folder).get_metrics_for_all_slices()
    messages = list(tfma.load_metrics(folder))
    assert len(messages) == len(result) == 5
    (overall,) = (each for each in messages if not each.slice_key.single_slice_keys)
    mean, recall = overall.metric_keys_and_values
    ends = [getattr(mean.confidence_interval, name).double_value.value
            for name in ("lower_bound", "upper_bound")]  # fmt: skip
    bounded = result[()]["mean_label"]["boundedValue"]
    assert [mean.value.double_value.value, *ends] == [
        0.5, bounded["lowerBound"], bounded["upperBound"],
    ]  # fmt: skip
    assert list(recall.value.array_value.float64_values) == pytest.approx([2 / 3, 2 / 3])
    assert mean.key.name == "mean_label" and not mean.key.example_weighted.value


def test_a_slice_that_is_too_small_says_so_in_its_message(tmp_path):
    options = tfma.Options(min_slice_size={"value": 25})
    folder = written(tmp_path, [tfma.metrics.MeanLabel()], options=options)
    names = {
        tuple(k.bytes_value for k in each.slice_key.single_slice_keys): each.metric_keys_and_values[
            0
        ]
        for each in tfma.load_metrics(folder)
    }
    (entry,) = (names[key] for key in names if key == (b"", b"m"))
    assert entry.key.name == "__ERROR__" and "10 rows" in entry.value.debug_message


def test_numbers_as_a_frame_and_as_a_table_of_slices(tmp_path):
    wanted = [tfma.metrics.MeanLabel(), tfma.metrics.MeanPrediction()]
    frames = tfma.metrics_as_dataframes(tfma.load_metrics(written(tmp_path, wanted)))
    assert frames.array_value is None
    assert {first for first, _ in frames.double_value.columns} == {
        "slices", "metric_keys", "metric_values",
    }  # fmt: skip
    table = tfma.auto_pivot(frames.double_value)
    expected = FRAME.groupby("sex")[["label", "prediction"]].mean()
    assert list(table.columns) == ["mean_label", "mean_prediction"]
    assert table.index.name == "slices"
    assert set(table.index) == {
        "Overall", "sex:f", "sex:m", "label:1; sex:f", "label:1; sex:m",
    }  # fmt: skip
    for sex in ("f", "m"):
        assert table.loc[f"sex:{sex}"].tolist() == pytest.approx(expected.loc[sex].tolist())
    both = tfma.auto_pivot(frames.double_value, False, False)
    assert both.columns.nlevels == 3 and both.index.names[0] == ("slices", "Overall")


def test_matrices_and_plots_as_frames_have_a_row_for_each_point(tmp_path):
    wanted = [
        tfma.metrics.ConfusionMatrixAtThresholds([0.35, 0.65]),
        tfma.metrics.MultiClassConfusionMatrixAtThresholds([0.5]),
        tfma.metrics.Recall(thresholds=[0.5, 0.65]),
        tfma.metrics.CalibrationPlot(num_buckets=2),
    ]
    folder = written(tmp_path, wanted)
    frames = tfma.metrics_as_dataframes(folder, include_empty_columns=True)
    matrices = frames.confusion_matrix_at_thresholds
    overall = matrices[matrices["slices", "Overall"] == ""]["metric_values"]
    assert overall[["threshold", "true_positives", "false_positives"]].values.tolist() == [
        [0.35, 30.0, 10.0], [0.65, 20.0, 0.0],
    ]  # fmt: skip
    classes = frames.multi_class_confusion_matrix_at_thresholds
    assert len(classes[classes["slices", "Overall"] == ""]) == 4
    assert len(frames.array_value) == 10 and matrices["metric_keys", "k"].isna().all()
    buckets = tfma.plots_as_dataframes(folder).calibration_histogram_buckets["plot_data"]
    assert buckets["num_weighted_examples"].sum() == 60 + 60 + 30
    with pytest.raises(EvaluationError, match="no table can hold them"):
        tfma.auto_pivot(tfma.plots_as_dataframes(folder).calibration_histogram_buckets)
    with pytest.raises(EvaluationError, match="cannot be pivoted"):
        tfma.auto_pivot(FRAME)


def test_one_metric_of_one_slice_is_a_table_too(tmp_path):
    config = config_of(plain([tfma.metrics.MeanLabel()]))
    tfma.analyze_raw_data(FRAME, config, tmp_path)
    table = tfma.auto_pivot(tfma.metrics_as_dataframes(tmp_path).double_value)
    assert table.to_dict() == {"double_value": {"Overall": 0.5}}
