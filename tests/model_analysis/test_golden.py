"""Evaluations agree with the golden answers of TFMA 0.47.1."""

import base64
import copy
import math
from dataclasses import replace

import numpy as np
import pytest
from evaluations import config_of, golden_answers, golden_table, plain, values_of
from google.protobuf import json_format

from minitfx import model_analysis as tfma
from minitfx.model_analysis import metrics as m

SLICES = ((), ("hour",), ("segment",), ("hour", "segment"))
FLOAT32 = {
    "sparse_categorical_accuracy", "sparse_categorical_crossentropy", "top2_accuracy",
    "root_mean_squared_error", "logcosh",
}  # fmt: skip
"""Metrics that the original computed in single precision."""

BINARY = {
    "example_count": m.ExampleCount(),
    "weighted_example_count": m.WeightedExampleCount(),
    "binary_crossentropy": m.BinaryCrossEntropy(),
    "squared_pearson_correlation": m.SquaredPearsonCorrelation(),
    "mse": m.MeanSquaredError(),
    "mae": m.MeanAbsoluteError(),
    "auc": m.AUC(),
    "auc_1000": m.AUC(num_thresholds=1000),
    "auc_precision_recall": m.AUCPrecisionRecall(),
    "auc_pr_200": m.AUCPrecisionRecall(num_thresholds=200),
    "binary_accuracy": m.BinaryAccuracy(),
    "precision": m.Precision(),
    "recall": m.Recall(),
    "precision_at_03": m.Precision(0.3),
    "recall_at_03": m.Recall([0.3]),
    "calibration": m.Calibration(),
    "mean_label": m.MeanLabel(),
    "mean_prediction": m.MeanPrediction(),
    "specificity": m.Specificity(),
    "fall_out": m.FallOut(),
    "miss_rate": m.MissRate(),
    "balanced_accuracy": m.BalancedAccuracy(),
    "mcc": m.MatthewsCorrelationCoefficient(),
    "npv": m.NPV(),
    "fdr": m.FalseDiscoveryRate(),
    "for": m.FalseOmissionRate(),
    "prevalence": m.Prevalence(),
    "threat_score": m.ThreatScore(),
    "fm_index": m.FowlkesMallowsIndex(),
    "informedness": m.Informedness(),
    "markedness": m.Markedness(),
    "lr_plus": m.PositiveLikelihoodRatio(),
    "lr_minus": m.NegativeLikelihoodRatio(),
    "dor": m.DiagnosticOddsRatio(),
    "prevalence_threshold": m.PrevalenceThreshold(),
    "tp": m.TP(),
    "fp": m.FP(),
    "tn": m.TN(),
    "fn": m.FN(),
    "sens_at_spec_80": m.SensitivityAtSpecificity(0.8),
    "spec_at_sens_80": m.SpecificityAtSensitivity(0.8),
    "prec_at_recall_80": m.PrecisionAtRecall(0.8),
    "recall_at_prec_80": m.RecallAtPrecision(0.8),
    "tjur": m.CoefficientOfDiscrimination(),
    "relative_tjur": m.RelativeCoefficientOfDiscrimination(),
}
REGRESSION = {
    "root_mean_squared_error": m.RootMeanSquaredError(),
    "logcosh": m.LogCoshError(),
    "example_count": m.ExampleCount(),
    "weighted_example_count": m.WeightedExampleCount(),
    "mean_squared_error": m.MeanSquaredError(),
    "mean_absolute_error": m.MeanAbsoluteError(),
    "mape": m.MeanAbsolutePercentageError(),
    "msle": m.MeanSquaredLogarithmicError(),
    "squared_pearson_correlation": m.SquaredPearsonCorrelation(),
    "mean_label": m.MeanLabel(),
    "mean_prediction": m.MeanPrediction(),
    "calibration": m.Calibration(),
}
TASKS = {"binary": BINARY, "regression": REGRESSION}


def close(found, expected, relative=1e-12):
    expected = float(expected)
    if math.isnan(expected) or math.isinf(expected):
        return math.isnan(found) == math.isnan(expected) and (
            math.isnan(found) or found == expected
        )
    return math.isclose(found, expected, rel_tol=relative, abs_tol=1e-15)


def tolerance(name, key):
    # Weights were single precision there, and here; sums of them round differently.
    if name in FLOAT32:
        return 1e-6
    return 1e-12 if key == "metrics" else 1e-10


@pytest.mark.parametrize("key", ["metrics", "metrics_weighted"])
@pytest.mark.parametrize("task", TASKS)
def test_every_metric_of_every_slice(task, key):
    named = [replace(metric, name=name) for name, metric in TASKS[task].items()]
    config = config_of(plain(named), SLICES, "weight" if key == "metrics_weighted" else "")
    found = values_of(tfma.analyze(golden_table(task), config))
    for slice_name, answers in golden_answers(task)[key].items():
        name = slice_name.replace(",", ", ").replace("overall", "Overall")
        for metric, expected in answers.items():
            if metric != "confusion":
                assert close(found[name][metric], expected, tolerance(metric, key)), (name, metric)


MULTICLASS = [
    m.SparseCategoricalAccuracy(),
    m.SparseCategoricalCrossentropy(),
    m.TopKCategoricalAccuracy(2, name="top2_accuracy"),
    m.ExampleCount(),
    m.WeightedExampleCount(),
    m.MultiClassConfusionMatrixAtThresholds(name="mc_confusion"),
]
BY_CLASS = [
    m.AUC(), m.Precision(), m.Recall(), m.BinaryAccuracy(), m.TP(), m.FP(), m.FN(), m.TN(),
]  # fmt: skip
ALL = dict.fromkeys(range(4), 1.0)


def multiclass_specs():
    macro = tfma.AggregationOptions(macro_average=True, class_weights=ALL)
    micro = tfma.AggregationOptions(micro_average=True)
    classes = tfma.BinarizationOptions(class_ids={"values": list(ALL)})
    tops = tfma.BinarizationOptions(top_k_list={"values": [1, 2]})
    return [
        *plain(MULTICLASS),
        *plain(BY_CLASS, aggregate=micro),
        *plain(BY_CLASS, aggregate=macro, binarize=classes),
        *plain([m.Precision(), m.Recall()], binarize=tops),
    ]


def golden_name(key):
    """Return how the golden file calls a metric."""
    if key.aggregation_type is not None:
        return f"{str(key.aggregation_type).removeprefix('weighted_')}: true\n_{key.name}"
    return f"{key.sub_key}/{key.name}" if key.sub_key else key.name


def entries(value):
    (matrix,) = value["multiClassConfusionMatrixAtThresholds"]["matrices"]
    return {
        (each.get("actualClassId", 0), each.get("predictedClassId", 0)): each["numWeightedExamples"]
        for each in matrix["entries"]
    }


@pytest.mark.parametrize("key", ["metrics", "metrics_weighted", "metrics_weighted_macro"])
def test_every_metric_of_several_classes(key):
    specs = multiclass_specs()
    if key == "metrics_weighted_macro":
        options = tfma.AggregationOptions(weighted_macro_average=True, class_weights=ALL)
        specs = plain(BY_CLASS, aggregate=options)
    weight = "weight" if key == "metrics_weighted" else ""
    config = config_of(specs, ((), ("segment",)), weight)
    answers = golden_answers("multiclass")[key]
    for group in tfma.analyze(golden_table("multiclass"), config).findings.groups:
        for place, slice_key in enumerate(group.keys):
            expected = dict(answers[tfma.slice_name(slice_key).replace("Overall", "overall")])
            for metric, measured in group.metrics.items():
                answer, found = expected.pop(golden_name(metric)), measured.value[place]
                if isinstance(answer, dict):
                    assert entries(json_format.MessageToDict(found)) == pytest.approx(
                        entries(answer), rel=1e-12
                    )
                else:
                    assert close(found, answer, tolerance(metric.name, key)), (slice_key, metric)
            assert not expected


def numbers(messages):
    return [{name: float(value) for name, value in each.items()} for each in messages]


def same_rows(found, expected):
    assert len(found) == len(expected)
    for one, two in zip(numbers(found), numbers(expected), strict=True):
        for name in one.keys() | two.keys():
            assert close(one.get(name, 0.0), two.get(name, 0.0), 1e-9), (name, one, two)


def test_confusion_matrices_at_thresholds_and_their_plot():
    wanted = [
        m.ConfusionMatrixPlot(20),
        m.ConfusionMatrixAtThresholds((0.0, 0.25, 0.5, 0.75, 1.0), name="confusion"),
    ]
    analysis = tfma.analyze(golden_table("binary"), config_of(plain(wanted)))
    golden = golden_answers("binary")
    (plot,) = analysis.result().plots
    place = "confusionMatrixAtThresholds"
    found = plot.plot[""][""]["confusion_matrix_plot"]
    same_rows(found[place]["matrices"], golden["plots_overall"][place]["matrices"])
    found = analysis.result().get_metrics_for_slice()["confusion"]
    same_rows(
        found[place]["matrices"], golden["metrics"]["overall"]["confusion"][place]["matrices"]
    )


def test_the_calibration_plot():
    config = config_of(plain([m.CalibrationPlot(10, 0.0, 20.0)]))
    (plot,) = tfma.analyze(golden_table("regression"), config).result().plots
    place = "calibrationHistogramBuckets"
    found = plot.plot[""][""]["calibration_plot"][place]["buckets"]
    same_rows(found, golden_answers("regression")["plots_overall"][place]["buckets"])


CLASSES = {
    "auc": "AUC",
    "mse": "MeanSquaredError",
    "binary_accuracy": "BinaryAccuracy",
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
}


def threshold_of(written):
    """Return a threshold; the golden files write ``{"value": x}``, and ``{}`` for 0."""
    flat = {
        kind: {
            name: value.get("value", 0.0) if isinstance(value, dict) else value
            for name, value in bounds.items()
        }
        for kind, bounds in written.items()
    }
    return json_format.ParseDict(flat, tfma.MetricThreshold())


def validation_config(thresholds):
    config = tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(name="candidate", label_key="label", prediction_key="prediction"),
            tfma.ModelSpec(
                name="baseline", label_key="label", prediction_key="baseline", is_baseline=True
            ),
        ],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["segment"])],
    )
    spec = config.metrics_specs.add()
    for name, wanted in thresholds.items():
        metric = spec.metrics.add(class_name=CLASSES[name], config=f'"name": "{name}"')
        if wanted["all"]:
            metric.threshold.CopyFrom(threshold_of(wanted["all"]))
        for keys, values, bound in wanted["slices"]:
            metric.per_slice_thresholds.add(
                slicing_specs=[{"feature_keys": keys, "feature_values": values}],
                threshold=threshold_of(bound),
            )
    return config


CASES = [
    (task, name) for task in ("binary", "regression") for name in golden_answers(task)["validation"]
]


def failures(result):
    return sorted(
        (
            tuple((key.column, key.bytes_value) for key in place.slice_key.single_slice_keys),
            (failure.metric_key.name, failure.metric_key.is_diff),
            failure.metric_threshold.SerializeToString(deterministic=True),
            round(failure.metric_value.double_value.value, 12),
        )
        for place in result.metric_validations_per_slice
        for failure in place.failures
    )


def in_bytes(written):
    """Return a golden verdict with its text as the base64 that JSON has for bytes."""
    done = copy.deepcopy(written)
    for place in done.get("metric_validations_per_slice", []):
        for key in place.get("slice_key", {}).get("single_slice_keys", []):
            key["bytes_value"] = base64.b64encode(key["bytes_value"].encode()).decode()
        for failure in place["failures"]:
            failure["metric_key"]["example_weighted"] = False
            value = failure["metric_value"]["double_value"]
            failure["metric_value"]["double_value"] = value.get("value", 0.0)
            bounds = failure["metric_threshold"]
            failure["metric_threshold"] = json_format.MessageToDict(threshold_of(bounds))
    return json_format.ParseDict(done, tfma.ValidationResult())


def details(result):
    return sorted(
        each.SerializeToString(deterministic=True)
        for each in result.validation_details.slicing_details
    )


@pytest.mark.parametrize(("task", "name"), CASES)
def test_every_verdict(task, name):
    case = golden_answers(task)["validation"][name]
    analysis = tfma.analyze(golden_table(task), validation_config(case["thresholds"]))
    found, expected = analysis.verdict.to_proto(), in_bytes(case["result"])
    assert found.validation_ok == expected.validation_ok
    assert failures(found) == failures(expected)
    assert list(found.missing_slices) == list(expected.missing_slices)
    met = [
        {
            each.SerializeToString(deterministic=True)
            for each in result.validation_details.slicing_details
        }
        for result in (found, expected)
    ]
    assert met[0] == met[1]


@pytest.mark.parametrize("task", TASKS)
def test_differences_to_the_baseline(task):
    answers = golden_answers(task)["candidate_and_baseline"]
    nothing = {"all": None, "slices": []}
    config = validation_config(dict.fromkeys(answers["baseline"]["overall"], nothing))
    findings = tfma.analyze(golden_table(task), config).findings
    for group in findings.groups:
        for place, slice_key in enumerate(group.keys):
            name = tfma.slice_name(slice_key).replace("Overall", "overall")
            for key, measured in group.metrics.items():
                answer = answers[key.model_name][name][key.name + "_diff" * key.is_diff]
                assert np.isclose(measured.value[place], answer, rtol=1e-11, atol=1e-15)
