"""What was found is written once, and read back as it was."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluations import config_of, plain

from minitfx import model_analysis as tfma
from minitfx.errors import EvaluationError, StorageError
from minitfx.model_analysis import metrics as m

WANTED = [
    m.ExampleCount(), m.AUC(), m.Recall((0.2, 0.7)), m.Specificity(),
    m.ConfusionMatrixAtThresholds((0.5,)), m.MultiClassConfusionMatrixAtThresholds(),
    m.CalibrationPlot(4), m.ConfusionMatrixPlot(4),
]  # fmt: skip


def table_of(rows=300):
    rng = np.random.default_rng(0)
    score = rng.beta(2, 2, rows)
    return pa.table(
        {
            "label": (rng.random(rows) < score).astype(int).tolist(),
            "prediction": score.tolist(),
            "old": rng.random(rows).tolist(),
            "group": pa.array(["a", "b,c:d", None] * (rows // 3)),
            "hour": (rng.integers(0, 2, rows)).tolist(),
            "real": (rng.integers(0, 2, rows) / 2).tolist(),
        }
    )


def analysed(method=2, **options):
    cross = {"baseline_spec": {}, "slicing_specs": [{"feature_keys": ["hour"]}]}
    slices = ((), ("group",), ("hour", "real"))
    config = config_of(plain(WANTED), slices, cross_slicing_specs=[cross], **options)
    config.metrics_specs.extend(
        plain([m.Precision()], binarize={"class_ids": {"values": [1]}, "k_list": {"values": [1]}})
    )
    config.metrics_specs.extend(plain([m.F1Score()], aggregate={"micro_average": True}))
    config.options.compute_confidence_intervals.value = True
    config.options.confidence_intervals.method = method
    config.model_specs[0].name = "candidate"
    config.model_specs.add(name="old", label_key="label", prediction_key="old", is_baseline=True)
    return tfma.analyze(table_of(), config)


def outline(result):
    return [(each.slice, repr(each.metrics)) for each in sorted(result.slicing_metrics, key=repr)]


@pytest.mark.parametrize("model", ["candidate", "old", None])
def test_metrics_intervals_matrices_and_plots_come_back(tmp_path, model):
    analysis = analysed()
    analysis.write(tmp_path)
    written, again = analysis.result(model), tfma.load_eval_result(tmp_path, model)
    assert outline(written) == outline(again)
    assert sorted(map(repr, written.plots)) == sorted(map(repr, again.plots))
    assert again.config == analysis.findings.config
    assert (("group", "b,c:d"),) in again.get_slice_names()
    assert (("hour", 1), ("real", 0.5)) in again.get_slice_names()


def test_changes_against_the_baseline_stand_apart_from_the_metrics_of_the_models(tmp_path):
    config = config_of(plain([m.AUC()]), [()])
    config.model_specs[0].name = "new"
    config.model_specs.add(name="old", label_key="label", prediction_key="old", is_baseline=True)
    tfma.analyze(table_of(), config).write(tmp_path)
    found = duckdb.sql(f"SELECT model, value FROM '{tmp_path}/metrics.parquet' WHERE metric='auc'")
    values = dict(found.fetchall())
    assert set(values) == {"new", "baseline", "diff"}
    assert values["diff"] == values["new"] - values["baseline"]


def test_values_stand_where_tfma_puts_them():
    result = analysed().result()
    overall = result.get_metrics_for_slice()
    assert set(overall["auc"]["boundedValue"]) == {"value", "lowerBound", "upperBound"}
    assert overall["example_count"] == {"doubleValue": 300.0}
    assert overall["recall"]["arrayValue"]["shape"] == [2]
    assert "confusionMatrixAtThresholds" in overall["confusion_matrix_at_thresholds"]
    assert "micro_average_f1_score" in overall and "auc_diff" in overall
    assert set(result.get_metrics_for_slice(class_id=1)) == {"precision", "precision_diff"}
    assert set(result.get_metrics_for_slice(k=1)) == {"precision", "precision_diff"}
    assert result.get_metrics_for_slice((("hour", 9),)) is None
    assert len(result.get_metrics_for_all_slices()) == len(result.get_slice_names())
    with pytest.raises(EvaluationError, match="no metrics for 'topK:7'"):
        result.get_metrics_for_slice(top_k=7)


def test_the_table_of_metrics_answers_sql(tmp_path):
    analysed().write(tmp_path)
    rows = duckdb.sql(
        f"SELECT model, value, lower, upper FROM '{tmp_path}/metrics.parquet' "
        "WHERE slice = 'Overall' AND metric = 'auc' ORDER BY model"
    ).fetchall()
    assert [row[0] for row in rows] == ["baseline", "candidate", "diff"]
    assert all(lower < value < upper for _, value, lower, upper in rows)
    assert rows[2][1] == rows[1][1] - rows[0][1]
    names = duckdb.sql(
        f"SELECT DISTINCT slice, metric FROM '{tmp_path}/metrics.parquet' WHERE kind = 'double'"
    ).fetchall()
    assert ("Overall vs hour:1", "auc") in names
    assert ("hour:0, real:0.5", "precision/classId:1") in names


def test_a_row_of_metrics_names_one_number(tmp_path):
    analysed().write(tmp_path)
    count, distinct = duckdb.sql(
        f"SELECT count(*), count(DISTINCT (model, slice, metric)) FROM '{tmp_path}/metrics.parquet'"
    ).fetchone()
    assert count == distinct


def test_files_that_are_not_wanted_are_left_out(tmp_path):
    options = tfma.Options(disabled_outputs={"values": ["plots", "eval_config.json"]})
    analysed(options=options).write(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "metrics.parquet",
        "validations.parquet",
    ]


def test_a_folder_without_an_evaluation_is_one_clear_error(tmp_path):
    with pytest.raises(StorageError, match=r"no eval_config\.json"):
        tfma.load_eval_result(tmp_path)
    with pytest.raises(StorageError, match=r"no validations\.parquet"):
        tfma.load_validation_result(tmp_path)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "validations.parquet")
    with pytest.raises(StorageError, match="holds no verdict"):
        tfma.load_validation_result(tmp_path)


def test_several_results_side_by_side(tmp_path):
    for name in ("one", "two"):
        analysed().write(tmp_path / name, data_location=name)
    results = tfma.load_eval_results([tmp_path / "one", tmp_path / "two"], "data_centric_mode")
    assert [each.data_location for each in results.get_results()] == ["one", "two"]
    assert results.get_mode() == "data_centric_mode"
    with pytest.raises(EvaluationError, match="no model is called 'older'"):
        tfma.load_eval_result(tmp_path / "one", "older")


def test_raw_data_have_columns_label_and_prediction_by_default(tmp_path):
    config = tfma.EvalConfig(metrics_specs=plain([m.AUC()]))
    result = tfma.analyze_raw_data(table_of(), config, tmp_path / "out")
    assert outline(result) == outline(tfma.load_eval_result(tmp_path / "out"))
    assert not config.model_specs


def test_raw_data_may_be_a_frame_and_compare_two_columns():
    config = config_of(plain([m.MeanPrediction()]))
    threshold = config.metrics_specs[0].metrics[0].threshold.change_threshold
    threshold.absolute.value, threshold.direction = 1.0, tfma.MetricDirection.HIGHER_IS_BETTER
    frame = table_of().to_pandas()
    with pytest.raises(EvaluationError, match="change thresholds but no baseline"):
        tfma.analyze_raw_data(frame, config)
    config.model_specs[0].name = "new"
    config.model_specs.add(name="old", prediction_key="old", is_baseline=True)
    found = tfma.analyze_raw_data(frame, config).get_metrics_for_slice()
    expected = frame["prediction"].mean() - frame["old"].mean()
    assert found["mean_prediction_diff"]["doubleValue"] == pytest.approx(expected)
