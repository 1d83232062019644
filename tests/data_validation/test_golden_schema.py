"""Schemas and anomalies equal those of the real library on the golden tables and cases."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from google.protobuf import json_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from minitfx.data_validation import (
    StatsOptions,
    generate_statistics,
    generate_statistics_from_csv,
    infer_schema,
    update_schema,
    validate_statistics,
)

TABLES = (
    "nasty_missing",
    "nasty_numbers",
    "nasty_strings",
    "nasty_types",
    "tiny_one_row",
    "palmer_penguins",
    "palmer_penguins_empty",
    "breast_cancer",
    "wine",
    "taxi_simple",
)

CASES = json.loads((Path(__file__).parents[1] / "golden/expected/anomaly_cases.json").read_text())


def as_dict(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def as_schema(value):
    return as_dict(json_format.ParseDict(value, schema_pb2.Schema()))


@pytest.fixture(scope="module")
def tables(golden_table):
    """Statistics of a golden table, computed once."""
    done = {}

    def statistics(name):
        if name not in done:
            done[name] = generate_statistics(golden_table(name))
        return done[name]

    return statistics


@pytest.mark.parametrize("name", TABLES)
def test_infers_the_same_schema(name, golden, tables):
    schema = infer_schema(tables(f"{name}.csv"))
    assert as_dict(schema) == as_schema(golden(f"{name}.tfdv")["schema"])


@pytest.mark.parametrize("name", TABLES)
def test_data_have_no_anomalies_against_their_own_schema(name, golden, tables):
    statistics = tables(f"{name}.csv")
    assert not validate_statistics(statistics, infer_schema(statistics)).anomaly_info


@pytest.mark.parametrize("name", TABLES)
def test_updates_a_schema_the_same_way(name, golden, tables):
    expected = golden(f"{name}.tfdv")
    if "updated_schema" not in expected:
        pytest.skip("there are no current data")
    schema = infer_schema(tables(f"{name}.csv"))
    updated = update_schema(schema, tables(f"{name}.current.csv"))
    assert as_dict(updated) == as_schema(expected["updated_schema"])


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("against", ["inferred", "edited"])
def test_finds_the_same_anomalies(name, against, golden, tables, differences):
    expected = golden(f"{name}.tfdv")
    if against not in expected["anomalies"]:
        pytest.skip("there are no current data")
    key = {"inferred": "schema", "edited": "edited_schema"}[against]
    schema = json_format.ParseDict(expected.get(key, expected["schema"]), schema_pb2.Schema())
    baseline, current = tables(f"{name}.csv"), tables(f"{name}.current.csv")
    others = {"previous_statistics": baseline, "serving_statistics": baseline}
    found = validate_statistics(current, schema, **(others if against == "edited" else {}))
    found.ClearField("baseline")
    wanted = expected["anomalies"][against]
    assert differences(as_dict(found), wanted, rel=1e-9) == []


@pytest.mark.parametrize("name", sorted(CASES["cases"]))
def test_finds_the_anomaly_of_each_case(name, tmp_path, differences):
    case = CASES["cases"][name]
    options = case["options"]
    schema = json_format.ParseDict(case["schema"], schema_pb2.Schema())
    used = StatsOptions(schema=schema if options.get("stats_schema") else None)
    base = statistics_of(tmp_path / "base.csv", case["base_csv"], used)
    text = case["current_csv"] or case["base_csv"]
    current = statistics_of(tmp_path / "current.csv", text, used)
    previous = base if options.get("compare") else None
    found = validate_statistics(
        current, schema, environment=options.get("environment"), previous_statistics=previous
    )
    assert differences(in_golden_form(found), case["anomalies"]) == []
    for part in ("drift_skew_info", "dataset_anomaly_info", "data_missing"):
        assert differences(as_dict(found).get(part), case.get(part), rel=1e-6) == []


def statistics_of(path, text, options):
    path.write_text(text)
    rows = text.count("\n") - 1
    if rows:
        return generate_statistics_from_csv(path, stats_options=options)
    empty = pa.table({name: pa.nulls(0) for name in text.strip().split(",")})
    return generate_statistics(empty, options)


def in_golden_form(anomalies):
    return {
        name: {
            "severity": anomalies_pb2.AnomalyInfo.Severity.Name(info.severity),
            "short_description": info.short_description,
            "reasons": [
                [anomalies_pb2.AnomalyInfo.Type.Name(reason.type), reason.description]
                for reason in info.reason
            ],
        }
        for name, info in anomalies.anomaly_info.items()
    }
