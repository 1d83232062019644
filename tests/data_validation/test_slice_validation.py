"""A slice is validated as its rows alone would be, against the same slice of other data."""

import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation import (
    StatsOptions,
    generate_statistics,
    get_slice_stats,
    validate_corresponding_slices,
    validate_statistics,
)
from minitfx.errors import DataError, ParameterError, ParameterTypeError

SCHEMA = text_format.Parse(
    """
    feature {
      name: "paid" type: BYTES domain: "ways" presence { min_fraction: 1.0 }
      drift_comparator { infinity_norm { threshold: 0.3 } }
    }
    feature {
      name: "zone" type: BYTES
      drift_comparator { infinity_norm { threshold: 0.1 } }
    }
    feature {
      name: "trip" type: STRUCT
      struct_domain { feature { name: "a.b" type: INT int_domain { max: 3 } } }
    }
    sparse_feature { name: "s" value_feature { name: "v" } index_feature { name: "i" } }
    feature { name: "v" type: INT }
    feature { name: "i" type: INT }
    string_domain { name: "ways" value: ["cash", "card"] }
    default_environment: "TRAINING"
    dataset_constraints { min_examples_count: 5 }
    """,
    schema_pb2.Schema(),
)
SLICES = StatsOptions(schema=SCHEMA, slicing_config={"slicing_specs": [{"feature_keys": ["paid"]}]})


def sliced(paid, zones, numbers):
    size = len(paid)
    table = pa.table(
        {
            "paid": pa.array(paid, pa.string()),
            "zone": zones,
            "trip": pa.array([{"a.b": number} for number in numbers]),
            "v": pa.array([[1]] * size),
            "i": pa.array([None] + [[1]] * (size - 1)),
        }
    )
    return generate_statistics(table, SLICES)


NEW = sliced(["cash", "card", "coin", None], ["n", "s", "n", "s"], [1, 9, 2, 3])
OLD = sliced(["cash", "card", "cash", "gold"], ["n", "n", "n", "n"], [1, 2, 2, 3])


def in_slice(anomalies, name):
    """The anomalies of a slice, by what its features are called outside of it."""
    found = {}
    for info in anomalies.anomaly_info.values():
        column, *inner = info.path.step
        slice_name, feature = column.removeprefix("slice(").split(")::")
        if slice_name == name:
            found[feature, *inner] = (info.short_description, list(map(str, info.reason)))
    return found


@pytest.mark.parametrize("name", ["All Examples", "paid_cash", "paid_card", "paid_coin"])
def test_a_slice_has_the_anomalies_of_its_rows(name):
    alone = validate_statistics(get_slice_stats(NEW, name), SCHEMA, "TRAINING")
    expected = {
        tuple(info.path.step): (info.short_description, list(map(str, info.reason)))
        for info in alone.anomaly_info.values()
    }
    assert expected
    assert in_slice(validate_corresponding_slices(NEW, SCHEMA, "TRAINING"), name) == expected


def test_slices_are_compared_with_the_same_slice_of_earlier_data():
    found = validate_corresponding_slices(NEW, SCHEMA, previous_statistics=OLD)
    measured = {
        info.path.step[0]: info.drift_measurements[0].value for info in found.drift_skew_info
    }
    # zone: half of all rows is now "s", the card's row, and none of the cash rows.
    assert measured["slice(All Examples)::zone"] == 0.5
    assert measured["slice(paid_card)::zone"] == 1.0
    assert measured["slice(paid_cash)::zone"] == 0.0
    assert in_slice(found, "paid_card")["zone",][0].startswith("High Linfty")


def test_a_slice_that_is_only_in_earlier_data_lacks_its_required_columns():
    found = in_slice(validate_corresponding_slices(NEW, SCHEMA, None, OLD), "paid_gold")
    assert found["paid",][0] == "Column dropped"


def test_constraints_of_the_data_set_are_about_the_whole():
    found = validate_corresponding_slices(NEW, SCHEMA)
    (reason,) = found.dataset_anomaly_info.reason
    assert "has 4 examples" in reason.description


def test_statistics_without_slices_are_those_of_all_examples():
    plain = generate_statistics(pa.table({"paid": ["coin"]}))
    found = validate_corresponding_slices(plain, SCHEMA)
    assert in_slice(found, "All Examples")["paid",][0] == "Unexpected string values"


def test_what_is_no_schema_and_slices_without_a_whole_are_refused():
    with pytest.raises(ParameterTypeError, match="expected a Schema"):
        validate_corresponding_slices(NEW, "schema")
    with pytest.raises(ParameterError, match="SERVING"):
        validate_corresponding_slices(NEW, SCHEMA, "SERVING")
    parts = type(NEW)(datasets=NEW.datasets[1:])
    with pytest.raises(DataError, match="paid_cash"):
        validate_corresponding_slices(parts, SCHEMA)
