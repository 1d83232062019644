"""Evaluator: TFX's declaration, layout and blessing rules, on real saved models."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from minitfx import model_analysis as tfma
from minitfx.channel import Channel
from minitfx.code import CodeReference
from minitfx.components.evaluator import Evaluator
from minitfx.digest import digest_tree
from minitfx.errors import (
    ColumnError,
    MinitfxError,
    ModelRefusedError,
    ParameterError,
    StorageError,
)
from minitfx.fingerprint import ingredients_of
from minitfx.models import save_model
from minitfx.proto.eval_config_pb2 import FeatureSlicingSpec
from minitfx.types import Examples, Model, ModelBlessing, ModelEvaluation

CONFIG = """
model_specs { label_key: "big_tip" }
slicing_specs {}
slicing_specs { feature_keys: "payment" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics {
    class_name: "AUC"
    threshold {
      value_threshold { lower_bound { value: %s } }
      change_threshold { direction: HIGHER_IS_BETTER absolute { value: -1e-10 } }
    }
  }
}
"""


@pytest.fixture
def rows():
    rng = np.random.default_rng(7)
    fare, noise = rng.normal(10, 3, 600), rng.normal(0, 1, 600)
    tips = (fare + 2 * noise + rng.normal(0, 2, 600) > 10).astype(int)
    payment = np.where(rng.random(600) < 0.3, "Cash", "Card")
    return pa.table(
        {
            "fare": fare.tolist(),
            "noise": noise.tolist(),
            "payment": payment.tolist(),
            "big_tip": tips.tolist(),
        }
    )


@pytest.fixture
def examples(tmp_path, rows):
    artifact = Examples(tmp_path / "examples")
    artifact.splits = ["train", "eval"]
    for split, part in (("train", rows.slice(0, 400)), ("eval", rows.slice(400))):
        artifact.split_path(split).mkdir(parents=True)
        pq.write_table(part, artifact.split_path(split) / "data-00000-of-00001.parquet")
    return artifact


def trained(tmp_path, rows, name, features):
    part = rows.slice(0, 400)
    X = np.stack([np.array(part.column(each).to_pylist()) for each in features], axis=1)
    estimator = LogisticRegression().fit(X, part.column("big_tip").to_pylist())
    model = Model(tmp_path / name)
    model.id = {"good": 11, "poor": 12}[name]
    save_model(estimator, model.path / "Format-Serving", features=features, label="big_tip")
    return model


@pytest.fixture
def good(tmp_path, rows):
    return trained(tmp_path, rows, "good", ["fare", "noise"])


@pytest.fixture
def poor(tmp_path, rows):
    return trained(tmp_path, rows, "poor", ["noise"])


def run(tmp_path, examples, model=None, baseline=None, config=None, **settings):
    outputs = ModelEvaluation(tmp_path / "evaluation"), ModelBlessing(tmp_path / "blessing")
    for each in outputs:
        each.path.mkdir(parents=True, exist_ok=True)
    parameters = dict.fromkeys(
        [
            "feature_slicing_spec",
            "fairness_indicator_thresholds",
            "example_splits",
            "schema",
            "module_file",
            "module_path",
        ]
    )
    parsed = None if config is None else tfma.parse_config(config)
    Evaluator.execute(
        [examples], model, baseline, eval_config=parsed, evaluation=outputs[0],
        blessing=outputs[1], **(parameters | settings),
    )  # fmt: skip
    return outputs


def test_keywords_and_outputs_are_those_of_tfx():
    node = Evaluator(examples=Channel(Examples), model=Channel(Model))
    assert list(node.outputs) == ["evaluation", "blessing"]
    assert set(node.exec_properties) == {
        "feature_slicing_spec", "fairness_indicator_thresholds", "example_splits",
        "eval_config", "module_file", "module_path",
    }  # fmt: skip
    assert set(Evaluator.declaration.inputs) == {"examples", "model", "baseline_model", "schema"}


def test_a_model_within_bounds_is_blessed(tmp_path, examples, good):
    evaluation, blessing = run(tmp_path, examples, good, config=CONFIG % 0.6)
    assert [each.name for each in blessing.path.iterdir()] == ["BLESSED"]
    assert blessing.custom_properties == {
        "blessed": 1,
        "current_model": str(good.uri),
        "current_model_id": 11,
        "blessing_message": "3 checks hold; change thresholds were left out, as there is no "
        "baseline",
    }
    assert sorted(each.name for each in evaluation.path.iterdir()) == [
        "eval_config.json", "metrics.parquet", "plots.parquet", "validations.parquet",
    ]  # fmt: skip
    assert tfma.load_validation_result(evaluation.path).rubber_stamp


def test_a_model_out_of_bounds_is_refused_with_a_line_for_each_reason(tmp_path, examples, good):
    evaluation, blessing = run(tmp_path, examples, good, config=CONFIG % 0.999)
    assert (blessing.path / "NOT_BLESSED").exists()
    assert blessing.custom_properties["blessed"] == 0
    lines = blessing.custom_properties["blessing_message"].splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("auc on Overall is 0.") and lines[0].endswith("fails >= 0.999")
    rows = pq.read_table(evaluation.path / "validations.parquet").to_pylist()
    assert [row["passed"] for row in rows] == [False] * 3
    assert {row["slice"] for row in rows} == {"Overall", "payment:Card", "payment:Cash"}


def test_a_worse_model_is_refused_against_the_baseline(tmp_path, examples, good, poor):
    evaluation, blessing = run(tmp_path, examples, poor, good, config=CONFIG % 0.5)
    assert (blessing.path / "NOT_BLESSED").exists()
    assert blessing.custom_properties["baseline_model_id"] == 11
    message = blessing.custom_properties["blessing_message"].splitlines()[0]
    assert message.startswith("auc of candidate on Overall is 0.")
    assert "against the baseline's 0." in message
    table = pq.read_table(evaluation.path / "metrics.parquet").to_pylist()
    auc = {row["model"]: row["value"] for row in table if row["metric"] == "auc"
           and row["slice"] == "Overall"}  # fmt: skip
    assert auc["diff"] == auc["candidate"] - auc["baseline"] < 0


def test_a_better_model_is_blessed_against_the_baseline(tmp_path, examples, good, poor):
    _, blessing = run(tmp_path, examples, good, poor, config=CONFIG % 0.5)
    assert blessing.custom_properties["blessed"] == 1


def test_without_thresholds_it_says_so_and_writes_neither_blessing(tmp_path, examples, good):
    evaluation, blessing = run(tmp_path, examples, good)
    assert list(blessing.path.iterdir()) == []
    assert "blessed" not in blessing.custom_properties
    assert "no threshold is configured" in blessing.custom_properties["blessing_message"]
    assert tfma.load_validation_result(evaluation.path).missing_thresholds


def test_without_a_config_the_usual_metrics_of_the_task_are_computed(tmp_path, examples, good):
    spec = FeatureSlicingSpec(specs=[{"column_for_slicing": ["payment"]}])
    evaluation, _ = run(tmp_path, examples, good, feature_slicing_spec=spec)
    result = tfma.load_eval_result(evaluation.path)
    assert {"auc", "binary_accuracy", "loss"} <= set(result.get_metric_names())
    assert (("payment", "Cash"),) in result.get_slice_names()


def test_evaluates_the_splits_that_are_asked_for_together(tmp_path, examples, good):
    config = CONFIG % 0.5
    evaluation, _ = run(
        tmp_path, examples, good, config=config, example_splits=["train", "eval"]
    )  # fmt: skip
    counted = tfma.load_eval_result(evaluation.path).get_metrics_for_slice()
    assert counted["example_count"] == {"doubleValue": 600.0}


def test_fairness_thresholds_add_indicators(tmp_path, examples, good):
    evaluation, _ = run(
        tmp_path, examples, good, config=CONFIG % 0.5, fairness_indicator_thresholds=[0.5]
    )
    metrics = tfma.load_eval_result(evaluation.path).get_metrics_for_slice()
    assert "fairness_indicators_metrics/false_positive_rate@0.5" in metrics


def test_predictions_that_stand_in_the_data_need_no_model(tmp_path, examples):
    config = (CONFIG % 0.5).replace('"big_tip"', '"big_tip" prediction_key: "fare"')
    evaluation, blessing = run(tmp_path, examples, config=config)
    assert tfma.load_eval_result(evaluation.path).get_metrics_for_slice()["example_count"]
    assert "current_model" not in blessing.custom_properties


def test_a_module_of_the_user_makes_what_is_evaluated(tmp_path, examples, good):
    class Reference:
        file = "hooks.py"

        def load(self, name):
            return {"custom_eval_shared_model": make}.get(name)

    def make(eval_saved_model_path, model_name, eval_config):
        assert (
            eval_saved_model_path == str(good.path / "Format-Serving") and model_name == "candidate"
        )
        return Perfect()

    class Perfect:
        classes = (0, 1)

        def predict(self, table):
            return pa.table({"prediction": table.column("big_tip")})

    evaluation, _ = run(tmp_path, examples, good, config=CONFIG % 0.5, module_file=Reference())
    auc = tfma.load_eval_result(evaluation.path).get_metrics_for_slice()["auc"]
    assert auc == {"doubleValue": 1.0}


HOOKS = """
def custom_extractors(eval_shared_model, eval_config, tensor_adapter_config):
    key = eval_config.model_specs[0].prediction_key
    assert tensor_adapter_config is None and bool(eval_shared_model) == %r
    return [lambda table: {key: [fare / 30 for fare in table["fare"].to_pylist()]}]
"""


@pytest.mark.parametrize("has_model", [True, False])
def test_extractors_of_the_user_add_columns(tmp_path, examples, good, has_model):
    (tmp_path / "hooks.py").write_text(HOOKS % has_model)
    config = (CONFIG % 0.5).replace('"big_tip"', '"big_tip" prediction_key: "guess"')
    module = CodeReference.from_file(tmp_path / "hooks.py", ("custom_eval_shared_model",))
    evaluation, _ = run(
        tmp_path, examples, good if has_model else None, config=config, module_file=module
    )
    found = tfma.load_eval_result(evaluation.path).get_metrics_for_slice()["auc"]
    rows = pq.read_table(examples.split_path("eval"))
    expected = roc_auc_score(rows["big_tip"].to_pylist(), rows["fare"].to_pylist())
    assert found["doubleValue"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("source", "match"),
    [
        ("def custom_extractor(): pass", "defines neither custom_eval_shared_model nor"),
        ("def custom_eval_shared_model(**all): pass", "no model.*give the model, or define"),
        ("def custom_extractors(): return [3]", "3 is no extractor; expected Extractor"),
    ],
)
def test_hooks_that_do_not_fit_are_one_clear_error(tmp_path, examples, source, match):
    (tmp_path / "hooks.py").write_text(source)
    module = CodeReference.from_file(tmp_path / "hooks.py", ("custom_eval_shared_model",))
    with pytest.raises(MinitfxError, match=match):
        run(tmp_path, examples, config=CONFIG % 0.5, module_file=module)


def test_code_of_a_dotted_module_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    units = []
    for factor in (1, 2):
        (tmp_path / "hooks.py").write_text(f"def custom_extractors(): return [{factor}]")
        node = Evaluator(
            examples=Channel(Examples), model=Channel(Model), module_path="hooks",
            eval_config=tfma.parse_config(CONFIG % 0.5),
        )  # fmt: skip
        found = ingredients_of(node, {}, node.exec_properties, {})
        units.append({key: each for key, each in found.items() if "custom_extractors" in key})
    assert units[0] and units[0] != units[1]


@pytest.mark.parametrize("role", ["model", "baseline"])
def test_a_model_for_which_nobody_vouches_is_refused(tmp_path, examples, good, poor, role):
    models = {"model": good, "baseline": poor}
    models[role].is_external = True
    with pytest.raises(ModelRefusedError, match="nobody vouches for it"):
        run(tmp_path, examples, config=CONFIG % 0.6, **models)


def test_a_baseline_that_was_changed_since_is_refused(tmp_path, examples, good, poor):
    poor.digest = digest_tree(good.path, Model.VOLATILE).content
    with pytest.raises(ModelRefusedError):
        run(tmp_path, examples, good, poor, config=CONFIG % 0.6)


def test_the_same_inputs_give_the_same_bytes(tmp_path, examples, good):
    files = ("metrics.parquet", "plots.parquet", "validations.parquet", "eval_config.json")
    found = []
    for name in ("one", "two"):
        evaluation, _ = run(tmp_path / name, examples, good, config=CONFIG % 0.5)
        found.append([(evaluation.path / each).read_bytes() for each in files])
    assert found[0] == found[1]


def test_a_baseline_with_the_same_bytes_is_left_out():
    one, two = Model("a"), Model("b")
    one.digest = two.digest = "d"
    inputs = {"examples": [], "model": [one], "baseline_model": [two]}
    assert Evaluator.resolve(inputs, {}).inputs == {"baseline_model": []}
    two.digest = "other"
    assert Evaluator.resolve(inputs, {}).inputs == {}
    assert Evaluator.resolve({**inputs, "baseline_model": []}, {}).inputs == {}


def test_an_unknown_split_or_label_is_one_clear_error(tmp_path, examples, good):
    with pytest.raises(StorageError, match="Did you mean 'eval'"):
        run(tmp_path, examples, good, config=CONFIG % 0.5, example_splits=["evl"])
    with pytest.raises(ColumnError, match=r"label_key 'big_top'.*Did you mean 'big_tip'"):
        run(tmp_path, examples, good, config=(CONFIG % 0.5).replace("big_tip", "big_top"))


def test_settings_that_exclude_each_other_are_refused_at_construction():
    channels = {"examples": Channel(Examples), "model": Channel(Model)}
    config = tfma.parse_config(CONFIG % 0.5)
    with pytest.raises(ParameterError, match="eval_config and feature_slicing_spec"):
        Evaluator(**channels, eval_config=config, feature_slicing_spec=FeatureSlicingSpec())
    with pytest.raises(ParameterError, match="neither a model nor an eval_config"):
        Evaluator(examples=Channel(Examples))
    with pytest.raises(ParameterError, match="at most two"):
        three = tfma.EvalConfig(model_specs=[{"name": name} for name in "abc"])
        Evaluator(**channels, eval_config=three)


def test_importing_it_loads_no_library():
    code = (
        "import sys, json, minitfx.components.evaluator; print(json.dumps(sorted(set(sys.modules) "
        "& {'numpy', 'pandas', 'pyarrow', 'sklearn', 'duckdb', 'tensorflow_metadata'})))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(answer.stdout) == []
