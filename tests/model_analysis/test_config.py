"""Configurations are TFMA's, in Python, text and JSON, and their mistakes are told."""

import pytest
from evaluations import plain
from google.protobuf import json_format, text_format

from minitfx import model_analysis as tfma
from minitfx.errors import EvaluationError
from minitfx.model_analysis import metrics as m
from minitfx.model_analysis.config import completed, has_change_threshold, read_config
from minitfx.model_analysis.metrics.registry import known_metrics, metric_of

TEXT = """
model_specs { label_key: "tips" prediction_key: "p" example_weight_key: "w" }
slicing_specs { feature_keys: ["hour"] feature_values { key: "day" value: "3" } }
cross_slicing_specs { baseline_spec {} slicing_specs { feature_keys: "hour" } }
metrics_specs {
  metrics {
    class_name: "AUC"
    config: '"num_thresholds": 100'
    threshold {
      value_threshold { lower_bound { value: 0.5 } upper_bound { value: 1 } }
      change_threshold { absolute { value: -1e-10 } direction: HIGHER_IS_BETTER }
    }
    per_slice_thresholds { slicing_specs {} threshold { value_threshold {} } }
  }
  binarize { class_ids { values: [0, 1] } }
  aggregate { macro_average: true class_weights { key: 0 value: 1 } top_k_list { values: 2 } }
  query_key: "q"
}
options {
  compute_confidence_intervals { value: true }
  confidence_intervals { method: JACKKNIFE }
  min_slice_size { value: 5 }
  disabled_outputs { values: "plots" }
}
"""


def test_text_json_and_python_describe_the_same(tmp_path):
    config = tfma.parse_config(TEXT)
    written = json_format.MessageToJson(config)
    assert tfma.parse_config(written) == config
    (tmp_path / "config.json").write_text(written)
    (tmp_path / "config.pbtxt").write_text(TEXT)
    assert read_config(tmp_path / "config.json") == config == read_config(tmp_path / "config.pbtxt")
    run = f'{{"evalConfig": {written}, "version": "0.47.1", "fileFormat": "tfrecords"}}'
    (tmp_path / "eval_config.json").write_text(run)
    assert read_config(tmp_path / "eval_config.json") == config
    assert config.metrics_specs[0].metrics[0] == tfma.MetricConfig(
        class_name="AUC",
        config='"num_thresholds": 100',
        threshold=tfma.MetricThreshold(
            value_threshold=tfma.GenericValueThreshold(
                lower_bound={"value": 0.5}, upper_bound={"value": 1}
            ),
            change_threshold=tfma.GenericChangeThreshold(
                absolute={"value": -1e-10}, direction=tfma.MetricDirection.HIGHER_IS_BETTER
            ),
        ),
        per_slice_thresholds=[{"slicing_specs": [{}], "threshold": {"value_threshold": {}}}],
    )


def test_what_is_no_configuration_is_one_clear_error():
    for text in ('model_specs { label: "x" }', '{"modelSpec": []}'):
        with pytest.raises(EvaluationError, match="not an EvalConfig"):
            tfma.parse_config(text)


def test_every_metric_survives_the_way_through_a_configuration():
    given = {
        "NDCG": {"gain_key": "g"}, "Mean": {"feature_key_path": ("x",)},
        "SensitivityAtSpecificity": {"specificity": 0.5}, "RecallAtPrecision": {"precision": 0.5},
        "SpecificityAtSensitivity": {"sensitivity": 0.5}, "PrecisionAtRecall": {"recall": 0.5},
        "RecallAtFalsePositiveRate": {"false_positive_rate": 0.1},
        "ThresholdAtRecall": {"recall": (0.5, 0.7)},
        "Rouge": {"rouge_type": "rougeL"},
        "BinaryAccuracy": {"threshold": 0.3}, "AUC": {"curve": "PR", "thresholds": (0.1, 0.5)},
    }  # fmt: skip
    for name, kind in known_metrics().items():
        if name in ("AccumulatorMetric", "FunctionMetric"):
            continue
        metric = kind(**given.get(name, {}), name=f"my_{name}")
        written = metric.to_proto()
        assert written.class_name == name
        assert metric_of(written) == metric
        assert metric_of(text_format.Parse(str(written), tfma.MetricConfig())) == metric


def test_the_default_specs_name_what_tfma_names():
    names = {
        "binary": m.default_binary_classification_specs(),
        "classes": m.default_multi_class_classification_specs(
            binarize=tfma.BinarizationOptions(top_k_list={"values": [2]})
        ),
        "dense": m.default_multi_class_classification_specs(sparse=False),
        "regression": m.default_regression_specs(min_value=0.0, max_value=5.0),
    }
    found = {
        key: [metric_of(each).name for spec in specs for each in spec.metrics]
        for key, specs in names.items()
    }
    counts = ["example_count", "weighted_example_count"]
    binary = [
        "binary_accuracy", "auc", "auc_precison_recall", "precision", "recall", "mean_label",
        "mean_prediction", "calibration", "confusion_matrix_plot", "calibration_plot", "loss",
    ]  # fmt: skip
    classes = ["loss", "accuracy", "multi_class_confusion_matrix_plot"]
    assert found["binary"] == counts + binary
    assert found["classes"] == [*counts, *classes, "precision", "recall", *counts, *binary]
    assert found["dense"][2:5] == classes
    assert found["regression"] == [
        *counts, "accuracy", "mean_label", "mean_prediction", "calibration", "mse",
        "calibration_plot",
    ]  # fmt: skip


def test_specs_by_output_and_without_weights():
    specs = m.specs_from_metrics(
        {"a": [m.AUC()], "b": [m.MeanLabel()]}, unweighted_metrics={"a": [m.Precision()]}
    )
    outline = [
        (list(spec.output_names), [each.class_name for each in spec.metrics]) for spec in specs
    ]
    assert outline == [
        ([], ["ExampleCount"]),
        (["a"], ["WeightedExampleCount"]),
        (["a"], ["AUC"]),
        (["a"], ["Precision"]),
        (["b"], ["WeightedExampleCount"]),
        (["b"], ["MeanLabel"]),
    ]
    assert specs[3].example_weights.unweighted
    with pytest.raises(EvaluationError, match="drop output_names"):
        m.specs_from_metrics({"a": [m.AUC()]}, output_names=["a"])
    with pytest.raises(EvaluationError, match="both be lists or both mappings"):
        m.specs_from_metrics({"a": [m.AUC()]}, unweighted_metrics=[m.AUC()])


def test_completion_adds_names_slices_and_a_method():
    config = tfma.EvalConfig(model_specs=[{"label_key": "l"}], metrics_specs=plain([m.AUC()]))
    config.options.compute_confidence_intervals.value = True
    done = completed(config)
    assert [spec.name for spec in done.model_specs] == [""]
    assert list(done.metrics_specs[0].model_names) == [""]
    assert done.slicing_specs == [tfma.SlicingSpec()]
    assert done.options.confidence_intervals.method == tfma.ConfidenceIntervalOptions.JACKKNIFE
    both = completed(config, has_baseline=True)
    assert [(spec.name, spec.is_baseline) for spec in both.model_specs] == [
        ("candidate", False),
        ("baseline", True),
    ]
    assert list(both.metrics_specs[0].model_names) == ["candidate", "baseline"]
    assert config.model_specs[0].name == "" and len(config.model_specs) == 1


def test_without_a_baseline_change_thresholds_go_only_when_that_is_allowed():
    config = tfma.parse_config(TEXT)
    with pytest.raises(EvaluationError, match="change thresholds but no baseline"):
        completed(config)
    done = completed(config, rubber_stamp=True)
    assert has_change_threshold(config) and not has_change_threshold(done)
    assert done.metrics_specs[0].metrics[0].threshold.HasField("value_threshold")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('model_specs { name: "a" } model_specs { name: "a" }', "a different name for each"),
        ('model_specs { name: "a" } model_specs { }', "a different name for each"),
        (
            'model_specs { name: "a" is_baseline: true } model_specs { name: "b" is_baseline: true '
            "} ",
            "at most one",
        ),
        (
            'model_specs { label_key: "a" label_keys { key: "o" value: "a" } }',
            "sets label_key and label_keys",
        ),
        (
            'model_specs { name: "one" } model_specs { name: "two" } '
            'metrics_specs { model_names: "tow" }',
            "Did you mean 'two'",
        ),
        (
            'metrics_specs { metrics { class_name: "AUC" per_slice_thresholds { threshold {} } } }',
            "hold for no slice",
        ),
        (
            'metrics_specs { cross_slice_thresholds { key: "auc" value { thresholds {} } } }',
            "hold for no comparison",
        ),
        (
            'metrics_specs { thresholds { key: "auc" value { value_threshold { '
            "lower_bound { value: 0.9 } upper_bound { value: 0.1 } } } } }",
            "the lower_bound 0.9 above its upper_bound 0.1",
        ),
        (
            'metrics_specs { metrics { class_name: "AUC" threshold { change_threshold { '
            "relative { value: nan } } } } }",
            "relative is NaN",
        ),
    ],
)
def test_contradictions_are_told(text, match):
    with pytest.raises(EvaluationError, match=match):
        completed(tfma.parse_config(text), has_baseline=True)
