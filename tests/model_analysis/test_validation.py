"""Thresholds: inclusive bounds, directions, slices, and reasons that a person can read."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluations import config_of

from minitfx import model_analysis as tfma
from minitfx.errors import EvaluationError
from minitfx.model_analysis.validation import relative_change, threshold_text


def table_of(**columns):
    return pa.table(
        {
            "label": [1, 1, 0, 0],
            "prediction": [0.75, 0.75, 0.25, 0.25],
            "old": [0.5, 0.5, 0.5, 0.5],
            "group": ["a", "a", "b", "b"],
            **columns,
        }
    )


def analysed(threshold="", slices=((), ("group",)), extra="", metric="MeanPrediction", **options):
    """Analyse with one metric, whose mean prediction is 0.5 overall, 0.75 on a and 0.25 on b."""
    text = f'metrics_specs {{ metrics {{ class_name: "{metric}" {threshold} }} {extra} }}'
    config = config_of([], slices, **options)
    config.MergeFrom(tfma.parse_config(text))
    baseline = config.model_specs.add()
    baseline.CopyFrom(config.model_specs[0])
    baseline.name, baseline.prediction_key, baseline.is_baseline = "baseline", "old", True
    config.model_specs[0].name = "candidate"
    return tfma.analyze(table_of(), config)


def value_threshold(low=None, high=None):
    bounds = [f"{n}_bound {{ value: {v} }}" for n, v in (("lower", low), ("upper", high))
              if v is not None]  # fmt: skip
    return f"threshold {{ value_threshold {{ {' '.join(bounds)} }} }}"


def change(direction, absolute=None, relative=None):
    bounds = [f"{n} {{ value: {v} }}" for n, v in (("absolute", absolute), ("relative", relative))
              if v is not None]  # fmt: skip
    return f"threshold {{ change_threshold {{ direction: {direction} {' '.join(bounds)} }} }}"


@pytest.mark.parametrize(
    ("low", "high", "passed"),
    [(0.5, 0.5, True), (0.5, None, True), (None, 0.5, True), (0.5000001, None, False),
     (None, 0.4999999, False), (None, None, True)],
)  # fmt: skip
def test_bounds_are_inclusive(low, high, passed):
    verdict = analysed(value_threshold(low, high), ((),)).verdict
    assert verdict.ok == passed and [check.passed for check in verdict.checks] == [passed]


@pytest.mark.parametrize(
    ("direction", "absolute", "relative", "passed"),
    [
        ("HIGHER_IS_BETTER", 0.25, None, True), ("HIGHER_IS_BETTER", 0.2500001, None, False),
        ("LOWER_IS_BETTER", 0.25, None, True), ("LOWER_IS_BETTER", 0.2499999, None, False),
        ("HIGHER_IS_BETTER", None, 0.5, True), ("HIGHER_IS_BETTER", None, 0.5000001, False),
        ("LOWER_IS_BETTER", None, 0.5, True), ("LOWER_IS_BETTER", None, 0.4999999, False),
        ("HIGHER_IS_BETTER", 0.2, 0.6, False), ("HIGHER_IS_BETTER", None, None, True),
        ("UNKNOWN", 0.0, None, False),
    ],
)  # fmt: skip
def test_changes_are_held_against_the_baseline(direction, absolute, relative, passed):
    # On group a the change is 0.75 - 0.5, half of the baseline.
    config = change(direction, absolute, relative)
    verdict = analysed(config, (("group",),)).verdict
    (check,) = (check for check in verdict.checks if check.slice == (("group", "a"),))
    assert check.passed == passed
    assert (check.value, check.baseline) == (0.25, 0.5)


def test_a_relative_change_on_zero_satisfies_nothing():
    assert np.isnan(relative_change(0.5, 0.0)) and np.isnan(relative_change(0.5, None))
    assert relative_change(0.5, -2.0) == -0.25


def test_not_a_number_satisfies_no_bound():
    assert not analysed(
        value_threshold(-1e300, 1e300), (("group",),), metric="Specificity"
    ).verdict.ok


def test_thresholds_of_the_spec_are_those_of_its_metrics():
    extra = """thresholds { key: "mean_prediction" value { value_threshold { lower_bound {
        value: 0.6 } } } }
        per_slice_thresholds { key: "mean_prediction" value { thresholds {
        slicing_specs { feature_values { key: "group" value: "b" } }
        threshold { value_threshold { upper_bound { value: 0.1 } } } } } }"""
    found = [
        (tfma.slice_name(check.slice), threshold_text(check.bound), check.passed)
        for check in analysed(extra=extra).verdict.checks
    ]
    assert found == [
        ("Overall", ">= 0.6", False), ("group:a", ">= 0.6", True), ("group:b", ">= 0.6", False),
        ("group:b", "<= 0.1", False),
    ]  # fmt: skip


def test_a_threshold_on_a_metric_that_there_is_not_fails():
    extra = """thresholds { key: "mean_predicton" value { value_threshold { lower_bound {
        value: 0.1 } } change_threshold { direction: HIGHER_IS_BETTER absolute { value: 0 } } } }
        per_slice_thresholds { key: "auc" value { thresholds {
        slicing_specs { feature_keys: "group" }
        threshold { value_threshold { upper_bound { value: 2 } } } } } }"""
    verdict = analysed(extra=extra).verdict
    assert not verdict.ok and verdict.reasons == [
        "no metric is called 'auc', which must be <= 2. Known: mean_prediction.",
        "no metric is called 'mean_predicton', which must be >= 0.1. "
        "Did you mean 'mean_prediction'?",
        "no metric is called 'mean_predicton', which must be change >= 0. "
        "Did you mean 'mean_prediction'?",
    ]
    (place,) = verdict.to_proto().metric_validations_per_slice
    assert {(f.metric_key.name, f.message) for f in place.failures} == {
        ("auc", "Metric not found."), ("mean_predicton", "Metric not found."),
    }  # fmt: skip


def alone(metric, threshold, **options):
    config = config_of([])
    text = f'metrics_specs {{ metrics {{ class_name: "{metric}" {threshold} }} }}'
    config.MergeFrom(tfma.parse_config(text))
    return tfma.analyze(table_of(), config, **options).verdict


FIRST_RUNS = [
    ("AUC", change("HIGHER_IS_BETTER", 0.0)),
    ("SymmetricFlipRate", value_threshold(None, 0.1)),
]


@pytest.mark.parametrize(("metric", "threshold"), FIRST_RUNS)
def test_a_first_run_with_thresholds_on_changes_alone_makes_a_baseline(metric, threshold):
    verdict = alone(metric, threshold)
    assert verdict.ok and verdict.checks == [] and verdict.rubber_stamp
    assert verdict.message == "change thresholds were left out, as there is no baseline"
    result = verdict.to_proto()
    assert (result.validation_ok, result.missing_thresholds, result.rubber_stamp) == (
        True, False, True,
    )  # fmt: skip


@pytest.mark.parametrize(("metric", "threshold"), FIRST_RUNS)
def test_thresholds_on_changes_want_a_baseline_where_none_may_be_missing(metric, threshold):
    with pytest.raises(EvaluationError, match="no baseline model to compare with"):
        alone(metric, threshold, rubber_stamp=False)


CROSS = """cross_slice_thresholds {
  cross_slicing_specs { baseline_spec {} slicing_specs { feature_keys: "%s" } }
  threshold { value_threshold { lower_bound { value: -0.1 } } }
}"""


def crossing(column):
    spec = {"baseline_spec": {}, "slicing_specs": [{"feature_keys": ["group"]}]}
    return analysed(CROSS % column, cross_slicing_specs=[spec])


def test_comparisons_of_slices_have_thresholds_of_their_own():
    analysis = crossing("group")
    found = {tfma.slice_name(c.slice): (c.value, c.passed) for c in analysis.verdict.checks}
    # 0.5 - 0.75 and 0.5 - 0.25.
    assert found == {"Overall vs group:a": (-0.25, False), "Overall vs group:b": (0.25, True)}
    (place,) = analysis.verdict.to_proto().metric_validations_per_slice
    assert place.cross_slice_key.comparison_slice_key.single_slice_keys[0].bytes_value == b"a"


def test_a_comparison_that_does_not_occur_is_a_missing_one():
    result = crossing("other").verdict
    assert not result.ok and len(result.to_proto().missing_cross_slices) == 1
    assert "there is no comparison of Overall" in result.reasons[0]


def test_thresholds_for_all_slices_leave_comparisons_and_small_slices_alone():
    spec = {"baseline_spec": {}, "slicing_specs": [{"feature_keys": ["group"]}]}
    options = tfma.Options(min_slice_size={"value": 3})
    analysis = analysed(value_threshold(0.5), cross_slicing_specs=[spec], options=options)
    assert [tfma.slice_name(check.slice) for check in analysis.verdict.checks] == ["Overall"]


def test_a_small_slice_that_a_threshold_names_fails():
    named = """per_slice_thresholds { slicing_specs { feature_keys: "group" }
        threshold { value_threshold { lower_bound { value: 0 } } } }"""
    options = tfma.Options(min_slice_size={"value": 3})
    verdict = analysed(named, options=options).verdict
    assert [check.passed for check in verdict.checks] == [False, False]
    assert "fewer rows than min_slice_size" in verdict.reasons[0]
    (failure, *_) = verdict.to_proto().metric_validations_per_slice[0].failures
    assert failure.message == "Metric not found."


def test_a_metric_that_is_no_single_number_fails_and_says_why():
    threshold = f"config: '\"thresholds\": [0.1, 0.2]' {value_threshold(0.0)}"
    verdict = analysed(threshold, ((),), metric="Precision").verdict
    assert "is no single number" in verdict.reasons[0]


def test_the_baseline_itself_is_not_checked():
    checked = {check.key.model_name for check in analysed(value_threshold(0.0)).verdict.checks}
    assert checked == {"candidate"}


def test_every_reason_is_one_line_with_metric_slice_value_bound_and_baseline():
    reasons = analysed(value_threshold(0.6)).verdict.reasons
    assert reasons == [
        "mean_prediction of candidate on Overall is 0.5, which fails >= 0.6",
        "mean_prediction of candidate on group:b is 0.25, which fails >= 0.6",
    ]
    reasons = analysed(change("HIGHER_IS_BETTER", 0.1), (("group",),)).verdict.reasons
    assert reasons == [
        "mean_prediction of candidate on group:b is 0.25 against the baseline's 0.5; the change "
        "of -0.25 fails change >= 0.1"
    ]


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (tfma.GenericValueThreshold(), "any value"),
        (
            tfma.GenericValueThreshold(lower_bound={"value": 0.25}, upper_bound={"value": 1}),
            ">= 0.25 and <= 1",
        ),
        (
            tfma.GenericChangeThreshold(
                absolute={"value": 0}, relative={"value": 0.1}, direction="LOWER_IS_BETTER"
            ),
            "change <= 0 and relative change <= 0.1",
        ),
        (tfma.GenericChangeThreshold(direction="HIGHER_IS_BETTER"), "any change"),
    ],
)
def test_bounds_in_words(bound, text):
    assert threshold_text(bound) == text


def test_the_verdict_on_disk_is_the_one_in_memory(tmp_path):
    analysis = analysed(value_threshold(0.6))
    analysis.write(tmp_path)
    assert tfma.load_validation_result(tmp_path) == analysis.verdict.to_proto()
    rows = pq.read_table(tmp_path / "validations.parquet").to_pylist()
    assert [(row["slice"], row["value"], row["passed"]) for row in rows] == [
        ("Overall", 0.5, False), ("group:a", 0.75, True), ("group:b", 0.25, False),
    ]  # fmt: skip
    assert {row["threshold"] for row in rows} == {">= 0.6"}
    assert all(row["message"] for row in rows)


def test_a_reason_says_what_makes_its_number_strange():
    table = pa.table(
        {
            "label": [1, 1, 1, 0, 0, 1, 0],
            "prediction": [0.9, 0.8, 0.7, 0.2, 0.1, None, 0.5],
            "group": ["one", "one", "one", "none", "none", "lost", "lost"],
        }
    )
    text = (
        """metrics_specs { metrics { class_name: "AUC" %s } metrics { class_name: "Recall" %s } }"""
    )
    bound = value_threshold(0.5)
    config = config_of([], (("group",),))
    config.MergeFrom(tfma.parse_config(text % (bound, bound)))
    reasons = {
        (check.key.name, tfma.slice_name(check.slice)): check.message.rpartition(" (")[2][:-1]
        for check in tfma.analyze(table, config).verdict.checks
        if not check.passed
    }
    undefined = "a prediction is missing there, or there is nothing to divide by"
    assert reasons == {
        ("auc", "group:one"): "no label there is negative",
        ("auc", "group:none"): "no label there is positive",
        ("auc", "group:lost"): "a prediction is missing there",
        ("recall", "group:none"): undefined,
        ("recall", "group:lost"): undefined,
    }


def test_a_relative_change_from_zero_says_so():
    bound = change("LOWER_IS_BETTER", relative=0.1)
    reasons = analysed(f"config: '\"thresholds\": 2' {bound}", ((),), metric="FalsePositives")
    assert reasons.verdict.reasons[0].endswith("(a change from 0 is relative to nothing)")


def test_a_plot_has_no_value_to_check():
    reasons = analysed(value_threshold(0.5), ((),), metric="CalibrationPlot").verdict.reasons
    assert "has no value (it is a plot)" in reasons[0]


def test_a_slice_that_nothing_asks_for_is_named_with_the_remedy():
    named = """per_slice_thresholds { slicing_specs { %s }
        threshold { value_threshold { lower_bound { value: 0 } } } }"""
    missing = analysed(named % "", (("group",),)).verdict.reasons
    assert missing == [
        "there is no slice Overall, for which mean_prediction must be >= 0; add it to slicing_specs"
    ]
    absent = analysed(named % 'feature_values { key: "group" value: "z" }').verdict.reasons
    assert absent == ["there is no slice group:z, for which mean_prediction must be >= 0"]


def test_slices_of_a_query_are_named_by_their_columns():
    query = "SELECT STRUCT(group AS part) FROM example.group"
    named = """per_slice_thresholds { slicing_specs { %s }
        threshold { value_threshold { lower_bound { value: 0.5 } } } }"""
    with pytest.raises(EvaluationError, match="name the columns that it gives by feature_keys"):
        analysed(named % f'slice_keys_sql: "{query}"')
    config = config_of([], ())
    config.slicing_specs.add(slice_keys_sql=query.replace("group", '"group"'))
    text = named % 'feature_keys: "part"'
    config.MergeFrom(
        tfma.parse_config(f'metrics_specs {{ metrics {{ class_name: "MeanPrediction" {text} }} }}')
    )
    verdict = tfma.analyze(table_of(), config).verdict
    assert [(tfma.slice_name(c.slice), c.passed) for c in verdict.checks] == [
        ("part:a", True), ("part:b", False),
    ]  # fmt: skip
