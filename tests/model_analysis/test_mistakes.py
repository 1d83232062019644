"""What a user may get wrong is one clear error, which says what to do."""

import numpy as np
import pyarrow as pa
import pytest
from evaluations import config_of, evaluate, plain
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from minitfx import model_analysis as tfma
from minitfx.errors import ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m
from minitfx.proto import eval_config_pb2

TABLE = pa.table(
    {
        "label": [1, 0, 1, 0],
        "prediction": [0.9, 0.2, 0.4, 0.6],
        "group": ["a", "a", "b", "b"],
        "flag": [True, False, True, True],
    }
)


@pytest.mark.parametrize(
    ("specs", "match"),
    [
        (plain([m.NDCG(gain_key="gian")], query_key="group"), "'ndcg' reads the column 'gian'"),
        (plain([m.MinLabelPosition()], query_key="grup"), "query_key 'grup'.*mean 'group'"),
        (plain([m.Mean(["features", "flga"])]), "reads the column 'flga'.*Did you mean 'flag'"),
        (plain([m.Mean(["flag"], ["wieght"])]), "reads the column 'wieght'"),
    ],
)
def test_a_column_that_a_metric_reads_and_that_is_not_there(specs, match):
    with pytest.raises(ColumnError, match=match):
        evaluate(TABLE, specs)


def test_a_mean_of_no_column():
    with pytest.raises(EvaluationError, match="needs feature_key_path"):
        m.Mean()


@pytest.mark.parametrize("kind", [m.Precision, m.AUC, m.FairnessIndicators])
@pytest.mark.parametrize("thresholds", [[], "x", ["x"], [None], [float("nan")]])
def test_thresholds_that_are_no_numbers(kind, thresholds):
    with pytest.raises(EvaluationError, match="one number or several"):
        kind(thresholds=thresholds)


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"metrics_specs": []}, "is a dict; expected EvalConfig"),
        ("metrics_specs {}", "is a str; expected EvalConfig; parse_config"),
        (eval_config_pb2.ModelSpec(), "is a ModelSpec; expected EvalConfig"),
    ],
)
def test_a_configuration_of_the_wrong_type(config, match):
    for analyse in (tfma.analyze, tfma.analyze_raw_data):
        with pytest.raises(EvaluationError, match=match):
            analyse(TABLE, config)


def test_a_configuration_of_another_library_of_the_same_fields_is_taken():
    file = descriptor_pb2.FileDescriptorProto()
    eval_config_pb2.DESCRIPTOR.CopyToProto(file)
    text = file.SerializeToString().replace(b"minitfx", b"another")
    pool = descriptor_pool.DescriptorPool()
    for name in file.dependency:
        pool.AddSerializedFile(eval_config_pb2.DESCRIPTOR.pool.FindFileByName(name).serialized_pb)
    pool.AddSerializedFile(text)
    theirs = message_factory.GetMessageClass(pool.FindMessageTypeByName("another.EvalConfig"))
    config = theirs.FromString(config_of(plain([m.AUC()])).SerializeToString())
    assert not isinstance(config, tfma.EvalConfig)
    found = tfma.analyze_raw_data(TABLE, config).get_metrics_for_slice()
    assert found["auc"] == {"doubleValue": 0.75}


@pytest.mark.parametrize("metric", [m.AUC(), m.Precision(), m.PrecisionAtRecall(recall=0.5)])
@pytest.mark.parametrize("label", [2.0, -1.0])
def test_a_label_that_is_no_class_for_a_metric_of_two_classes(metric, label):
    table = TABLE.set_column(0, "label", pa.array([1.0, 0.0, label, label]))
    with pytest.raises(EvaluationError, match=f"2 labels are .* the first is {label:g}"):
        evaluate(table, [metric])


def test_any_label_does_for_metrics_of_regressions_and_for_scores_alone():
    table = TABLE.set_column(0, "label", pa.array([7.0, -3.0, 2.5, 1e9]))
    evaluate(table, [m.MeanSquaredError(), m.CalibrationPlot(), m.ScoreDistributionPlot()])


def test_two_metrics_of_one_name():
    with pytest.raises(EvaluationError, match=r"two metrics are called 'auc'.*\"curve\": \"PR\""):
        evaluate(TABLE, [m.AUC(), m.AUC(curve="PR")])
    with pytest.raises(EvaluationError, match="two metrics are called 'precision/topK:1'"):
        evaluate(
            TABLE.append_column("p", pa.array([[0.1, 0.9]] * 4)),
            [m.Precision(top_k=1), m.Precision(top_k=1, thresholds=0.5)],
        )


def test_the_same_metric_twice_is_no_mistake_nor_is_a_plot_of_the_same_name():
    wanted = [m.AUC(), m.AUC(), m.Calibration(), m.CalibrationPlot(name="calibration")]
    found = evaluate(TABLE, [*wanted, m.Precision(), m.FairnessIndicators([0.5])])
    assert found["Overall"]["auc"] == 0.75 and np.isfinite(found["Overall"]["calibration"])


def test_a_configuration_without_a_metric():
    with pytest.raises(EvaluationError, match="names no metric; add metrics_specs"):
        tfma.analyze(TABLE, config_of([]))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("model_specs { padding_options { label_int_padding: 0 } }", "sets padding_options"),
        ('options { disabled_outputs { values: "plot" } }', "'plot'. Did you mean 'plots'"),
        (
            'model_specs { preprocessing_function_names: "tft_layer" }',
            "'tft_layer'.*the model's transform graph, which it has not",
        ),
    ],
)
def test_what_would_have_no_effect_is_refused(text, match):
    config = tfma.parse_config('metrics_specs { metrics { class_name: "AUC" } } ' + text)
    with pytest.raises(EvaluationError, match=match):
        tfma.analyze_raw_data(TABLE, config)


def test_what_has_no_meaning_here_is_taken_without_effect():
    config = config_of(plain([m.AUC()]))
    config.MergeFrom(tfma.parse_config("options { include_default_metrics { value: true } }"))
    spec = config.model_specs[0]
    spec.signature_name, spec.model_type, spec.inference_batch_size = "serving", "tf_keras", 7
    found = tfma.analyze_raw_data(TABLE, config).get_metrics_for_slice()
    assert found == {"auc": {"doubleValue": 0.75}}


def test_asking_a_result_for_what_it_has_not():
    result = tfma.analyze_raw_data(TABLE, config_of(plain([m.AUC()])))
    with pytest.raises(EvaluationError, match="stand under no output_name, but 'x' was asked"):
        result.get_metrics_for_slice(output_name="x")
    with pytest.raises(EvaluationError, match="no class_id, k or top_k, but 'classId:1'"):
        result.get_metrics_for_slice(class_id=1)
    assert result.get_metrics_for_slice((("group", "z"),)) is None
    binarize = tfma.BinarizationOptions(class_ids={"values": [0, 1]})
    result = tfma.analyze_raw_data(TABLE, config_of(plain([m.AUC()], binarize=binarize)))
    with pytest.raises(EvaluationError, match=r"'classId:3'\. Did you mean"):
        result.get_metrics_for_slice(class_id=3)
    with pytest.raises(EvaluationError, match=r"metrics have a class_id.*Known: classId:0, "):
        result.get_metrics_for_slice()


def test_a_truth_value_picks_its_slice_by_name_or_number():
    config = config_of(plain([m.ExampleCount()]), ())
    for text in ("true", "False", "1"):
        config.slicing_specs.add(feature_values={"flag": text})
    result = tfma.analyze_raw_data(TABLE, config).get_metrics_for_all_slices()
    assert {key: v["example_count"]["doubleValue"] for key, v in result.items()} == {
        (("flag", 1),): 3, (("flag", 0),): 1,
    }  # fmt: skip


def test_an_output_that_there_is_not():
    keys = {"label_keys": {"a": "label", "b": "flag"}, "prediction_keys": {"a": "prediction"}}
    config = tfma.EvalConfig(model_specs=[keys], metrics_specs=plain([m.AUC()], output_names=["c"]))
    with pytest.raises(EvaluationError, match=r"names the output 'c'\. Known: a, b"):
        tfma.analyze(TABLE, config)


@pytest.mark.parametrize("label", [3.0, 1.5, -2.0])
@pytest.mark.parametrize("metric", [m.SparseCategoricalCrossentropy(), m.CategoricalAccuracy()])
def test_a_label_that_is_no_class_number(metric, label):
    table = pa.table({"label": [0.0, label], "prediction": [[0.2, 0.3, 0.5]] * 2})
    with pytest.raises(EvaluationError, match=f"a label is class {label:g}, but .* 3 classes"):
        evaluate(table, [metric])


def test_a_metric_that_is_none():
    for wrong in (lambda y, p: 0.0, "AUC", None):
        with pytest.raises(EvaluationError, match="is no metric; expected a Metric such as AUC"):
            plain([wrong])
