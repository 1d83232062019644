"""Extractors: what they add can be labels, predictions or slices, however the rows are cut."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluations import config_of, plain
from sklearn.metrics import roc_auc_score

from minitfx import model_analysis as tfma
from minitfx.errors import CodeError, ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m
from minitfx.model_analysis.extractors import Extractor


def raw(rows=300):
    rng = np.random.default_rng(3)
    x = rng.normal(size=rows)
    return pa.table(
        {
            "x": x,
            "answer": np.where(x + rng.normal(size=rows) > 0, "yes", "no"),
            "year": range(rows),
        }
    )


def labels(table):
    return {"label": [float(each == "yes") for each in table["answer"].to_pylist()]}


def predictions(table):
    return pa.table({"prediction": 1 / (1 + np.exp(-table["x"].to_numpy()))})


def decades(table):
    return pd.DataFrame({"decade": table["year"].to_numpy() // 100})


ALL = [labels, Extractor("Predict", predictions), decades]


def test_what_they_add_is_labels_predictions_and_slices():
    config = config_of(plain([m.AUC(), m.ExampleCount()]), ((), ("decade",)))
    result = tfma.analyze_raw_data(raw(), config, extractors=ALL)
    table = raw().to_pandas()
    expected = roc_auc_score(table["answer"] == "yes", table["x"])
    assert result.get_metrics_for_slice()["auc"]["doubleValue"] == pytest.approx(expected, rel=1e-3)
    slices = result.get_metrics_for_all_slices()
    assert {key: each["example_count"]["doubleValue"] for key, each in slices.items()} == {
        (): 300, (("decade", 0),): 100, (("decade", 1),): 100, (("decade", 2),): 100,
    }  # fmt: skip


def test_any_cut_of_the_rows_gives_the_same(tmp_path):
    pq.write_table(raw(), tmp_path / "rows.parquet", row_group_size=37)
    config = config_of(plain([m.AUC()]), ((), ("decade",)))
    config.options.compute_confidence_intervals.value = True
    one = tfma.analyze_raw_data(raw(), config, extractors=ALL)
    other = tfma.run_model_analysis(
        eval_config=config, data_location=str(tmp_path / "rows.parquet"), extractors=ALL
    )
    assert one.get_slice_names() == other.get_slice_names()
    for key in one.get_slice_names():
        first, second = (each.get_metrics_for_slice(key)["auc"] for each in (one, other))
        assert first["boundedValue"] == pytest.approx(second["boundedValue"], rel=1e-9)


def test_each_sees_what_those_before_it_added_and_may_replace_it():
    steps = [
        lambda table: {"prediction": [0.25] * table.num_rows},
        lambda table: {"prediction": [2 * each for each in table["prediction"].to_pylist()]},
    ]
    config = config_of(plain([m.MeanPrediction()]))
    found = tfma.analyze_raw_data(raw(), config, extractors=[labels, *steps])
    assert found.get_metrics_for_slice()["mean_prediction"] == {"doubleValue": 0.5}


def test_a_matrix_is_a_column_of_lists():
    scores = np.tile([0.1, 0.7, 0.2], (300, 1))
    step = Extractor("Scores", lambda table: {"prediction": scores, "label": [1.0] * 300})
    config = config_of(plain([m.SparseCategoricalAccuracy()]))
    found = tfma.analyze_raw_data(raw(), config, extractors=[step])
    assert found.get_metrics_for_slice()["sparse_categorical_accuracy"] == {"doubleValue": 1.0}


def test_a_model_sees_what_they_add():
    class Model:
        classes = (0, 1)

        def predict(self, table):
            return pa.table({"prediction": table["label"]})

    config = config_of(plain([m.AUC()]))
    config.model_specs[0].prediction_key = ""
    found = tfma.run_model_analysis(Model(), config, raw(), extractors=[labels])
    assert found.get_metrics_for_slice()["auc"] == {"doubleValue": 1.0}


def test_the_default_is_the_users_own():
    assert tfma.default_extractors(eval_shared_model="model", eval_config=None) == []
    (found,) = tfma.default_extractors(custom_predict_extractor=predictions)
    assert found == Extractor("predictions", predictions)


def test_no_rows_have_no_slices():
    config = config_of(plain([m.AUC()]))
    assert tfma.analyze_raw_data(raw(0), config, extractors=ALL).slicing_metrics == []


def fails(table):
    return {"label": [1 / 0]}


@pytest.mark.parametrize(
    ("step", "error", "match"),
    [
        (fails, CodeError, "'fails' fails on 300 rows with ZeroDivisionError: division by zero"),
        (Extractor("A", lambda t: {"label": [1]}), EvaluationError, "'A' returned 1 rows for 300"),
        (Extractor("B", lambda t: None), EvaluationError, "'B' returned NoneType.*Expected a pya"),
        (Extractor("C", lambda t: {"label": 3}), EvaluationError, "'C' returned dict"),
        ("label", EvaluationError, "'label' is no extractor; expected Extractor"),
        (predictions, ColumnError, "the label_key 'label' is not a column"),
    ],
)
def test_one_that_does_not_fit_is_one_clear_error(step, error, match):
    with pytest.raises(error, match=match):
        tfma.analyze_raw_data(raw(), config_of(plain([m.AUC()])), extractors=[step])
