"""BulkInferrer: predictions per split, named columns, and nothing without a blessing."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from minitfx.channel import Channel
from minitfx.components.bulk_inferrer import BulkInferrer
from minitfx.errors import ModelError, ModelRefusedError, ParameterError, StorageError
from minitfx.models import model_digest, save_model
from minitfx.proto.bulk_inferrer_pb2 import DataSpec, ModelSpec, OutputExampleSpec
from minitfx.types import Examples, InferenceResult, Model, ModelBlessing

CLASSIFY = """
output_columns_spec { classify_output { label_column: "classes" score_column: "scores" } }
"""
REGRESS = 'output_columns_spec { regress_output { value_column: "tip" } }'
PREDICT = """
output_columns_spec {
  predict_output { output_columns { output_key: "prediction" output_column: "tip" } }
}
example_features: "id"
"""


@pytest.fixture
def model(tmp_path):
    artifact = Model(tmp_path / "model")
    estimator = DecisionTreeClassifier().fit([[0.0], [1.0], [2.0]], ["none", "small", "big"])
    save_model(estimator, artifact.path / "Format-Serving", features=["x"])
    return artifact


@pytest.fixture
def examples(tmp_path):
    artifact = Examples(tmp_path / "examples")
    artifact.splits, artifact.span = ["train", "unlabelled"], 7
    for split in artifact.splits:
        artifact.split_path(split).mkdir(parents=True)
        table = pa.table({"id": [1, 2], "x": [0.0, 2.0]})
        pq.write_table(table, artifact.split_path(split) / "data-00000-of-00001.parquet")
    return artifact


@pytest.fixture
def outputs(tmp_path):
    made = InferenceResult(tmp_path / "inference_result"), Examples(tmp_path / "output_examples")
    for each in made:
        each.path.mkdir()
    return made


def infer(examples, model, outputs, *, blessing=None, data=None, spec=None):
    BulkInferrer.execute(
        examples=examples,
        model=model,
        model_blessing=blessing,
        data_spec=data,
        model_spec=None,
        output_example_spec=text_format.Parse(spec, OutputExampleSpec()) if spec else None,
        inference_result=outputs[0],
        output_examples=outputs[1],
    )


def test_every_split_gets_its_predictions(examples, model, outputs):
    infer(examples, model, outputs)
    assert outputs[0].splits == ["train", "unlabelled"]
    assert not outputs[1].path.exists()
    rows = pq.read_table(outputs[0].split_path("unlabelled")).to_pylist()
    assert rows[1] == {
        "id": 2,
        "x": 2.0,
        "prediction": "big",
        "probabilities": [1.0, 0.0, 0.0],
    }


def test_only_the_splits_that_are_asked_for(examples, model, outputs):
    infer(examples, model, outputs, data=DataSpec(example_splits=["unlabelled"]))
    assert outputs[0].splits == ["unlabelled"]
    assert [each.name for each in outputs[0].path.iterdir()] == ["Split-unlabelled"]


def test_an_unknown_split_is_named(examples, model, outputs):
    with pytest.raises(StorageError, match="no split 'unlabeled'"):
        infer(examples, model, outputs, data=DataSpec(example_splits=["unlabeled"]))


def test_named_columns_make_examples(examples, model, outputs):
    infer(examples, model, outputs, spec=PREDICT)
    assert not outputs[0].path.exists()
    assert (outputs[1].splits, outputs[1].span) == (["train", "unlabelled"], 7)
    assert pq.read_table(outputs[1].split_path("train")).to_pydict() == {
        "id": [1, 2],
        "tip": ["none", "big"],
    }


def test_classes_and_scores_are_ranked_lists(examples, model, outputs):
    infer(examples, model, outputs, spec=CLASSIFY)
    row = pq.read_table(outputs[1].split_path("train")).to_pylist()[0]
    assert row["classes"][0] == "none"
    assert row["scores"] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("value", [0, None])
def test_without_a_blessing_nothing_is_predicted(examples, model, outputs, value):
    blessing = ModelBlessing("somewhere")
    if value is not None:
        blessing.set_int_custom_property("blessed", value)
        blessing.set_string_custom_property("reason", "AUC is 0.4")
    infer(examples, model, outputs, blessing=blessing)
    assert outputs[0].splits == []
    assert list(outputs[0].path.iterdir()) == []
    assert outputs[0].get_string_custom_property("reason") == "not blessed by ModelBlessing: " + (
        "AUC is 0.4" if value is not None else "nothing was checked: it has no thresholds"
    )


def test_a_foreign_model_needs_the_digest_that_its_importer_gave(examples, model, outputs):
    model.is_external = True
    with pytest.raises(ModelRefusedError, match="nobody vouches for it"):
        infer(examples, model, outputs)
    for each in outputs:
        each.path.mkdir(exist_ok=True)
    model.set_string_custom_property("trust", model_digest(model.path / "Format-Serving"))
    infer(examples, model, outputs)
    assert outputs[0].splits == ["train", "unlabelled"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs model"),
        (
            {
                "model": Channel(Model),
                "model_spec": ModelSpec(model_signature_name=["serving_defalt"]),
            },
            "Did you mean 'serving_default'",
        ),
        ({"model": Channel(Model), "output_example_spec": OutputExampleSpec()}, "names no column"),
    ],
)
def test_a_wrong_set_up_is_refused_at_construction(arguments, message):
    with pytest.raises(ParameterError, match=message):
        BulkInferrer(examples=Channel(Examples), **arguments)


CLASSES = 'output_columns_spec { classify_output { label_column: "c" score_column: "s" } }'
OUTPUT = 'output_columns_spec { predict_output { output_columns { output_key: "%s" %s } } }'


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (CLASSES + OUTPUT % ("prediction", 'output_column: "s"'), "expected a name for each"),
        (CLASSES + OUTPUT % ("prediction", ""), "expected a name for each"),
        ("output_columns_spec { regress_output {} }", "expected a name for each"),
        ("output_columns_spec { classify_output {} }", "names no column"),
        ("output_columns_spec {}", "names no column"),
        (
            CLASSES + 'output_columns_spec { classify_output { label_column: "d" } }',
            "asks for classes, scores, classes; expected each once",
        ),
        (
            OUTPUT % ("prediction", 'output_column: "a"')
            + OUTPUT % ("prediction", 'output_column: "b"'),
            "expected each once",
        ),
    ],
)
def test_columns_that_cannot_be_meant_are_refused_at_construction(spec, message):
    wanted = text_format.Parse(spec, OutputExampleSpec())
    with pytest.raises(ParameterError, match=message):
        BulkInferrer(examples=Channel(Examples), model=Channel(Model), output_example_spec=wanted)


def test_the_tag_of_tfx_is_taken_and_no_other():
    channels = {"examples": Channel(Examples), "model": Channel(Model)}
    BulkInferrer(**channels, model_spec=ModelSpec(tag=["serve"]))
    with pytest.raises(ParameterError, match=r"no tag 'gpu'\. Known: serve"):
        BulkInferrer(**channels, model_spec=ModelSpec(tag=["gpu"]))


def test_a_regression_is_written_under_its_name(examples, outputs, tmp_path):
    model = Model(tmp_path / "regression")
    estimator = DecisionTreeRegressor().fit([[0.0], [2.0]], [1.5, 4.5])
    save_model(estimator, model.path / "Format-Serving", features=["x"])
    infer(examples, model, outputs, spec=REGRESS)
    assert pq.read_table(outputs[1].split_path("train")).to_pydict() == {
        "id": [1, 2],
        "x": [0.0, 2.0],
        "tip": [1.5, 4.5],
    }


def test_classes_are_no_value_of_a_regression(examples, model, outputs):
    with pytest.raises(ModelError, match="predicts classes, and regress_output needs a number"):
        infer(examples, model, outputs, spec=REGRESS)


def test_a_split_that_is_asked_for_twice_is_written_once(examples, model, outputs):
    infer(examples, model, outputs, data=DataSpec(example_splits=["train", "train"]))
    assert outputs[0].splits == ["train"]
