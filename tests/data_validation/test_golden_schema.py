"""Schemas and anomalies equal those of the real library on the golden tables and cases."""

import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation import (
    generate_statistics,
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
