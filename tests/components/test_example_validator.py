"""ExampleValidator: its declaration is TFX's; it blesses clean splits and reports the others."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format

from minitfx import data_validation as dv
from minitfx.channel import Channel
from minitfx.components.example_validator import ExampleValidator
from minitfx.errors import AnomaliesError, ParameterError
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig
from minitfx.types import ExampleAnomalies, ExampleStatistics, Schema


@pytest.fixture
def statistics(tmp_path):
    artifact = ExampleStatistics(tmp_path / "statistics")
    artifact.splits, artifact.span = ["train", "eval"], 3
    for split, paid in (("train", ["cash", "card"]), ("eval", ["coin", "cash"])):
        found = dv.generate_statistics(pa.table({"paid": paid}))
        dv.write_stats_binary(found, artifact.split_path(split) / "FeatureStats.pb")
    return artifact


@pytest.fixture
def schema(tmp_path, statistics):
    artifact = Schema(tmp_path / "schema")
    seen = dv.load_stats_binary(statistics.split_path("train") / "FeatureStats.pb")
    inferred = dv.infer_schema(seen)
    inferred.default_environment.extend(["TRAINING", "SERVING"])
    label = inferred.feature.add(name="label", type=1)
    label.presence.min_count = 1
    label.not_in_environment.append("SERVING")
    dv.write_schema_text(inferred, artifact.path / "schema.pbtxt")
    return artifact


def run(
    tmp_path,
    statistics,
    schema,
    environment="SERVING",
    fail_on_anomalies=False,
    custom=None,
    previous=None,
    serving=None,
):
    anomalies = ExampleAnomalies(tmp_path / "anomalies")
    ExampleValidator.execute(
        statistics,
        schema,
        None,
        custom,
        environment,
        fail_on_anomalies,
        previous,
        serving,
        anomalies,
    )
    return anomalies


def test_keywords_and_outputs_are_those_of_tfx():
    node = ExampleValidator(statistics=Channel(ExampleStatistics), schema=Channel(Schema))
    assert list(node.inputs) == ["statistics", "schema"]
    assert list(node.outputs) == ["anomalies"]


def test_blesses_each_split_without_anomalies(tmp_path, statistics, schema):
    anomalies = run(tmp_path, statistics, schema)
    assert anomalies.get_custom_property("blessed") == {"train": 1, "eval": 0}
    assert (anomalies.splits, anomalies.span) == (["train", "eval"], 3)


def test_writes_what_is_wrong_as_proto_and_as_table(tmp_path, statistics, schema):
    folder = run(tmp_path, statistics, schema).split_path("eval")
    found = dv.load_anomalies_binary(folder / "SchemaDiff.pb")
    assert list(found.anomaly_info) == ["paid"]
    (row,) = pq.read_table(folder / "anomalies.parquet").to_pylist()
    assert row == {
        "split": "eval",
        "feature": "paid",
        "severity": "ERROR",
        "type": "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        "short_description": "Unexpected string values",
        "description": "Examples contain values missing from the schema: coin (~50%). ",
    }


def test_an_environment_excuses_a_missing_label(tmp_path, statistics, schema):
    strict = run(tmp_path, statistics, schema, environment=None)
    assert strict.get_custom_property("blessed") == {"train": 0, "eval": 0}


def test_fails_only_if_told_to(tmp_path, statistics, schema):
    with pytest.raises(AnomaliesError, match=r"in one place:\n  eval/paid: Examples contain"):
        run(tmp_path, statistics, schema, fail_on_anomalies=True)


def test_your_own_validations_count_too(tmp_path, statistics, schema):
    config = text_format.Parse(
        """feature_validations { feature_path { step: "paid" } validations {
             sql_expression: "feature.string_stats.unique < 2" description: "too many ways" } }""",
        CustomValidationConfig(),
    )
    anomalies = run(tmp_path, statistics, schema, custom=config)
    found = dv.load_anomalies_binary(anomalies.split_path("eval") / "SchemaDiff.pb")
    info = found.anomaly_info["paid"]
    assert info.short_description == "Multiple errors"
    assert [reason.description for reason in info.reason][1] == "too many ways"
    assert anomalies.get_custom_property("blessed") == {"train": 0, "eval": 0}


@pytest.fixture
def compared(schema):
    wanted = dv.load_schema_text(schema.path / "schema.pbtxt")
    wanted.string_domain[0].value.append("coin")
    paid = dv.get_feature(wanted, "paid")
    paid.skew_comparator.infinity_norm.threshold = 0.1
    paid.drift_comparator.infinity_norm.threshold = 0.6
    dv.write_schema_text(wanted, schema.path / "schema.pbtxt")
    return schema


def served(tmp_path, **splits):
    artifact = ExampleStatistics(tmp_path / "served")
    artifact.splits = list(splits)
    for split, paid in splits.items():
        found = dv.generate_statistics(pa.table({"paid": paid}))
        dv.write_stats_binary(found, artifact.split_path(split) / "FeatureStats.pb")
    return artifact


def test_skew_is_measured_against_what_was_served(tmp_path, statistics, compared):
    # Both splits have half cash; of what was served three quarters are.
    serving = served(tmp_path, single=["cash", "cash", "cash", "card"])
    anomalies = run(tmp_path, statistics, compared, serving=serving)
    assert anomalies.get_custom_property("blessed") == {"train": 0, "eval": 0}
    rows = pq.read_table(anomalies.split_path("train") / "distances.parquet").to_pylist()
    assert [(row["split"], row["feature"], row["statistic"], row["value"]) for row in rows] == [
        ("train", "paid", "skew:l_infty", 0.25),
        ("train", "paid", "skew:l_infty:threshold", 0.1),
    ]


def test_drift_compares_splits_of_one_name(tmp_path, statistics, compared):
    before = served(tmp_path, train=["coin", "coin"], eval=["coin", "cash"])
    anomalies = run(tmp_path, statistics, compared, previous=before)
    assert anomalies.get_custom_property("blessed") == {"train": 0, "eval": 1}
    alone = run(tmp_path / "alone", statistics, compared)
    assert not (alone.split_path("train") / "distances.parquet").exists()


def test_a_split_without_a_counterpart_is_named(tmp_path, statistics, compared):
    before = served(tmp_path, train=["cash"], test=["cash"])
    with pytest.raises(ParameterError, match="split 'eval' has no counterpart"):
        run(tmp_path, statistics, compared, previous=before)
