"""InfraValidator: blessing files and properties as in TFX, and reasons that people understand."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.tree import DecisionTreeRegressor

from minitfx.channel import Channel
from minitfx.components.infra_validator import InfraValidator
from minitfx.errors import ParameterError, StorageError
from minitfx.models import load_model, save_model
from minitfx.proto.infra_validator_pb2 import (
    LocalDockerConfig,
    RequestSpec,
    ServingSpec,
    TensorFlowServing,
    TensorFlowServingRequestSpec,
    ValidationSpec,
)
from minitfx.types import Examples, InfraBlessing, Model


def serving_request(**kind):
    return RequestSpec(tensorflow_serving=TensorFlowServingRequestSpec(**kind))


@pytest.fixture
def model(tmp_path):
    artifact = Model(tmp_path / "model")
    estimator = DecisionTreeRegressor().fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 4.0])
    save_model(estimator, artifact.path / "Format-Serving", features=["x"])
    return artifact


@pytest.fixture
def examples(tmp_path):
    artifact = Examples(tmp_path / "examples")
    artifact.splits = ["train", "eval"]
    for split in artifact.splits:
        artifact.split_path(split).mkdir(parents=True)
        table = pa.table({"x": [0.0, 1.0, 2.0], "tips": [1, 2, 3]})
        pq.write_table(table, artifact.split_path(split) / "data-00000-of-00001.parquet")
    return artifact


@pytest.fixture
def blessing(tmp_path):
    artifact = InfraBlessing(tmp_path / "blessing")
    artifact.path.mkdir()
    return artifact


def validate(model, blessing, examples=None, request=None, limits=None, serving=None):
    InfraValidator.execute(
        model=model,
        serving_spec=serving,
        examples=examples,
        request_spec=request,
        validation_spec=limits,
        blessing=blessing,
    )


def test_a_model_that_loads_is_blessed(model, blessing):
    validate(model, blessing)
    assert sorted(each.name for each in blessing.path.iterdir()) == [
        "INFRA_BLESSED",
        "latency.json",
        "server.log",
    ]
    assert (blessing.path / "INFRA_BLESSED").read_bytes() == b""
    assert blessing.custom_properties == {"blessed": 1}


def test_rows_are_asked_for_one_by_one(model, blessing, examples):
    validate(model, blessing, examples, RequestSpec(split_name="eval", num_examples=2))
    measured = json.loads((blessing.path / "latency.json").read_text())
    assert measured["requests"] == 2
    assert sum(bucket["count"] for bucket in measured["histogram_ms"]) == 2


def test_examples_without_a_request_spec_are_not_asked_about(model, blessing, examples):
    validate(model, blessing, examples)
    assert json.loads((blessing.path / "latency.json").read_text())["requests"] == 0


def test_a_refusal_leaves_its_reason_and_log(model, blessing):
    (model.path / "Format-Serving" / "model.joblib").write_bytes(b"broken")
    validate(model, blessing)
    assert (blessing.path / "INFRA_NOT_BLESSED").exists()
    assert blessing.get_int_custom_property("blessed") == 0
    reason = blessing.get_string_custom_property("reason")
    assert "model.joblib" in reason
    assert "has changed since the model was saved" in reason
    assert (blessing.path / "reason.txt").read_text() == reason + "\n"
    assert "has changed" in (blessing.path / "server.log").read_text()


def test_a_folder_that_is_no_model_is_refused(blessing, tmp_path):
    (tmp_path / "empty" / "Format-Serving").mkdir(parents=True)
    validate(Model(tmp_path / "empty"), blessing)
    assert "has no model.json" in blessing.get_string_custom_property("reason")


def test_a_foreign_model_is_refused_unless_its_digest_is_vouched_for(model, blessing):
    model.is_external = True
    validate(model, blessing)
    assert "nobody vouches for it" in blessing.get_string_custom_property("reason")


def test_warm_up_rows_go_with_a_copy_of_the_model(model, blessing, examples):
    validate(model, blessing, examples, RequestSpec(num_examples=2, make_warmup=True))
    stamped = blessing.path / "stamped_model"
    assert blessing.get_int_custom_property("has_model") == 1
    assert pq.read_table(stamped / "warmup.parquet").num_rows == 2
    assert load_model(stamped, trust=True).predict(pa.table({"x": [2.0]})).to_pydict() == {
        "prediction": [4.0]
    }


def test_limits_are_those_of_the_validation_spec(model, blessing):
    validate(model, blessing, limits=ValidationSpec(num_tries=1, max_memory_mb=20))
    assert "more than 20 MB of memory" in blessing.get_string_custom_property("reason")


def test_an_unknown_split_is_an_error(model, blessing, examples):
    with pytest.raises(StorageError, match="no split 'evil'"):
        validate(model, blessing, examples, RequestSpec(split_name="evil"))


@pytest.mark.parametrize(
    ("spec", "asked"),
    [
        (ServingSpec(local_docker=LocalDockerConfig()), "local_docker"),
        (ServingSpec(tensorflow_serving=TensorFlowServing(tags=["latest"])), "tensorflow_serving"),
    ],
)
def test_servers_that_minitfx_cannot_start_are_refused_at_construction(spec, asked):
    with pytest.raises(ParameterError, match=f"serving_spec asks for {asked}"):
        InfraValidator(model=Channel(Model), serving_spec=spec)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"validation_spec": ValidationSpec(num_tries=-1)}, "num_tries is -1"),
        ({"validation_spec": ValidationSpec(max_latency_ms=-0.5)}, r"max_latency_ms is -0\.5"),
        ({"request_spec": RequestSpec(num_examples=-1)}, "request_spec.num_examples is -1"),
        ({"serving_spec": ServingSpec(model_name="a/b")}, "expected text without '/'"),
        ({"request_spec": serving_request(signature_names=["predict"])}, "signature 'predict'"),
        ({"request_spec": serving_request(tag_set=["gpu"])}, "tag 'gpu'; saved models have 'ser"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_construction(arguments, message):
    with pytest.raises(ParameterError, match=message):
        InfraValidator(model=Channel(Model), **arguments)


def test_the_tag_and_signature_of_tfx_are_taken(model, blessing, examples):
    asked = serving_request(tag_set=["serve"], signature_names=["serving_default"])
    InfraValidator(model=Channel(Model), examples=Channel(Examples), request_spec=asked)
    validate(model, blessing, examples, asked)
    assert json.loads((blessing.path / "latency.json").read_text())["requests"] == 1


def test_a_served_name_may_be_any_text(model, blessing, examples):
    serving = ServingSpec(model_name="der Größte?#1")
    validate(model, blessing, examples, RequestSpec(num_examples=1), serving=serving)
    assert blessing.custom_properties == {"blessed": 1}
