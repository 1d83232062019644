"""Attributions: sums and means of each feature by slice, model, output and class."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evaluations import config_of, plain

from minitfx import model_analysis as tfma
from minitfx.errors import ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m

ALL = [
    m.TotalAttributions(), m.TotalAbsoluteAttributions(),
    m.MeanAttributions(), m.MeanAbsoluteAttributions(),
]  # fmt: skip


def table_of(rows=200, column=None):
    rng = np.random.default_rng(5)
    values = {"age": rng.normal(size=rows), "sex ø": rng.normal(size=rows)}
    struct = pa.StructArray.from_arrays(list(map(pa.array, values.values())), list(values))
    return pa.table(
        {
            "label": rng.integers(0, 2, rows),
            "prediction": rng.random(rows),
            "weight": rng.exponential(size=rows),
            "group": rng.choice(["a", "b"], rows),
            "attributions": struct if column is None else pa.array(column),
        }
    )


def arrays(table):
    rows = table.to_pandas()
    return rows, np.array([list(each.values()) for each in rows["attributions"]])


@pytest.mark.parametrize("weight", ["", "weight"])
def test_sums_and_means_are_those_of_numpy_in_every_slice(weight):
    table = table_of()
    config = config_of(plain(ALL), ((), ("group",)), weight)
    result = tfma.analyze_raw_data(table, config)
    rows, values = arrays(table)
    for key in [(), (("group", "a"),), (("group", "b"),)]:
        kept = np.ones(len(rows), bool) if not key else (rows["group"] == key[0][1]).to_numpy()
        mass = rows["weight"].to_numpy()[kept] if weight else np.ones(kept.sum())
        total, absolute = (mass @ each[kept] for each in (values, np.abs(values)))
        expected = {
            "total_attributions": total,
            "total_absolute_attributions": absolute,
            "mean_attributions": total / mass.sum(),
            "mean_absolute_attributions": absolute / mass.sum(),
        }
        for name, numbers in expected.items():
            found = result.get_attributions_for_slice(key, name)
            assert list(found) == ["age", "sex ø"]
            assert [each["doubleValue"] for each in found.values()] == pytest.approx(
                numbers.tolist(), rel=1e-12
            )
    assert set(result.get_attributions_for_all_slices("mean_attributions")) == {
        (), (("group", "a"),), (("group", "b"),),
    }  # fmt: skip


def test_they_come_back_from_disk(tmp_path):
    config = config_of(plain([*ALL, m.AUC()]), ((), ("group",)))
    result = tfma.analyze_raw_data(table_of(), config, tmp_path)
    again = tfma.load_eval_result(tmp_path)
    assert again.attributions == result.attributions
    assert again.slicing_metrics == result.slicing_metrics
    rows = pq.read_table(tmp_path / "attributions.parquet").to_pylist()
    assert len(rows) == 3 * 4 * 2
    (overall, *_) = [
        each for each in tfma.load_attributions(tmp_path) if not each.slice_key.ByteSize()
    ]
    (entry,) = [
        each
        for each in overall.attributions_keys_and_values
        if each.key.name == "mean_attributions"
    ]
    expected = result.get_attributions_for_slice((), "mean_attributions")["age"]["doubleValue"]
    assert entry.values["age"].double_value.value == expected


def test_they_alone_are_an_evaluation_too(tmp_path):
    config = config_of(plain([m.MeanAttributions()]))
    config.options.disabled_outputs.values.append("plots")
    result = tfma.analyze_raw_data(table_of(), config, tmp_path)
    assert tfma.load_eval_result(tmp_path).attributions == result.attributions
    assert list(result.get_attributions_for_slice()) == ["age", "sex ø"]


def test_without_them_there_is_no_file_and_it_may_be_unwanted(tmp_path):
    tfma.analyze_raw_data(table_of(), config_of(plain([m.AUC()])), tmp_path / "none")
    config = config_of(plain([m.AUC(), m.MeanAttributions()]))
    config.options.disabled_outputs.values.append("attributions")
    tfma.analyze_raw_data(table_of(), config, tmp_path / "unwanted")
    for name in ("none", "unwanted"):
        assert not (tmp_path / name / "attributions.parquet").exists()
        assert tfma.load_eval_result(tmp_path / name).attributions == []


def test_any_cut_of_the_rows_gives_the_same(tmp_path):
    table = table_of()
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=17)
    config = config_of(plain([m.TotalAttributions()]), ((), ("group",)))
    one = tfma.analyze_raw_data(table, config)
    other = tfma.analyze_raw_data(tmp_path / "rows.parquet", config)
    for key, found in one.get_attributions_for_all_slices().items():
        for feature, each in other.get_attributions_for_slice(key).items():
            assert each["doubleValue"] == pytest.approx(found[feature]["doubleValue"], rel=1e-12)


def test_a_missing_attribution_makes_its_feature_not_a_number():
    table = table_of(3, [{"x": 1.0, "y": 2.0}, {"x": None, "y": 1.0}, None])
    found = tfma.analyze_raw_data(
        table.slice(0, 2), config_of(plain([m.TotalAttributions()]))
    ).get_attributions_for_slice()
    assert np.isnan(found["x"]["doubleValue"]) and found["y"] == {"doubleValue": 3.0}
    found = tfma.analyze_raw_data(table, config_of(plain([m.TotalAttributions()])))
    assert np.isnan(found.get_attributions_for_slice()["y"]["doubleValue"])


CLASSES = [{"x": [1.0, -5.0, 3.0]}, {"x": [0.0, 1.0, 2.0]}]


@pytest.mark.parametrize(
    ("binarize", "sub_key", "values"),
    [
        (None, {}, [1.0, -4.0, 5.0]),
        ({"class_ids": {"values": [1]}}, {"class_id": 1}, [-4.0]),
        ({"k_list": {"values": [2]}}, {"k": 2}, [2.0]),
        ({"top_k_list": {"values": [2]}}, {"top_k": 2}, [5.0, 2.0]),
    ],
)
def test_classes_have_attributions_of_their_own(binarize, sub_key, values):
    table = table_of(2, CLASSES)
    config = config_of(plain([m.TotalAttributions()], binarize=binarize))
    found = tfma.analyze_raw_data(table, config).get_attributions_for_slice((), **sub_key)["x"]
    array = {"dataType": "FLOAT64", "shape": [len(values)], "values": values}
    assert found == ({"doubleValue": values[0]} if len(values) == 1 else {"arrayValue": array})


def test_models_and_outputs_have_attributions_of_their_own():
    column = [{"new": {"one": {"x": 1.0}, "two": {"x": 2.0}}, "old": {"one": {"x": 3.0}}}] * 2
    table = table_of(2, column)
    keys = {"label_keys": {"one": "label", "two": "label"},
            "prediction_keys": {"one": "prediction", "two": "prediction"}}  # fmt: skip
    config = tfma.EvalConfig(
        model_specs=[{"name": "new", **keys}, {"name": "old", "is_baseline": True, **keys}],
        metrics_specs=plain([m.MeanAttributions()], output_names=["one"]),
    )
    analysis = tfma.analyze(table, config)
    for name, expected in (("new", 1.0), ("old", 3.0)):
        found = analysis.result(name).get_attributions_for_slice(output_name="one")
        assert found == {"x": {"doubleValue": expected}}


def test_an_extractor_makes_them_of_columns_of_their_own():
    table = table_of().drop_columns("attributions").append_column("shap_x", pa.array([0.5] * 200))
    step = lambda rows: {"attributions": [{"x": x} for x in rows["shap_x"].to_pylist()]}  # noqa: E731
    config = config_of(plain([m.MeanAttributions()]))
    found = tfma.analyze_raw_data(table, config, extractors=[step]).get_attributions_for_slice()
    assert found == {"x": {"doubleValue": 0.5}}


def test_a_threshold_does_not_hold_for_them_and_the_reason_says_why():
    config = config_of(plain([m.MeanAttributions()]))
    config.metrics_specs[0].metrics[0].threshold.value_threshold.lower_bound.value = 0
    (reason,) = tfma.analyze(table_of(), config).verdict.reasons
    assert "it has one for each feature" in reason


def test_which_specs_ask_for_them():
    assert m.has_attributions_metrics(plain([m.AUC(), m.MeanAttributions()]))
    assert not m.has_attributions_metrics(plain([m.AUC()]))


@pytest.mark.parametrize(
    ("column", "options", "error", "match"),
    [
        (
            [1.0, 2.0],
            {},
            ColumnError,
            "attributions 'attributions' holds double; expected a struct",
        ),
        ([{"x": "a"}] * 2, {}, ColumnError, "'attributions.x' holds .*string; expected numbers"),
        ([{"x": 1.0}] * 2, {"binarize": {"class_ids": {"values": [1]}}}, ColumnError, "one attrib"),
        (CLASSES, {"binarize": {"class_ids": {"values": [3]}}}, ColumnError, "classId:3 is asked"),
        (CLASSES, {"binarize": {"top_k_list": {"values": [4]}}}, ColumnError, "topK:4 is asked"),
        (
            CLASSES,
            {"aggregate": {"micro_average": True}},
            EvaluationError,
            "no average over classes",
        ),
        (
            CLASSES,
            {"aggregate": {"macro_average": True}},
            EvaluationError,
            "no average over classes",
        ),
    ],
)
def test_what_they_are_not_is_one_clear_error(column, options, error, match):
    with pytest.raises(error, match=match):
        tfma.analyze_raw_data(
            table_of(2, column), config_of(plain([m.TotalAttributions()], **options))
        )


def test_a_column_that_is_not_there_and_a_metric_that_is_not_asked_for():
    config = config_of(plain([m.MeanAttributions(column="attribution")]))
    with pytest.raises(ColumnError, match=r"'attribution'.*Did you mean 'attributions'"):
        tfma.analyze_raw_data(table_of(), config)
    result = tfma.analyze_raw_data(table_of(), config_of(plain(ALL)))
    with pytest.raises(EvaluationError, match=r"metric_name is needed\. Known: mean_absolute"):
        result.get_attributions_for_slice()
    assert result.get_attributions_for_slice((("group", "z"),)) is None
