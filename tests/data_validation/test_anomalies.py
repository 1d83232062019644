"""Every kind of anomaly that tables can raise, and what updating the schema does about it.

Each case is a schema, some rows, and the kinds of anomalies that they raise, feature by feature.
After updating, the same rows raise nothing, unless the feature was deprecated.
"""

import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from minitfx.data_validation import (
    FeaturePath,
    StatsOptions,
    ValidationOptions,
    generate_statistics,
    infer_schema,
    is_clean,
    update_schema,
    validate_statistics,
    validate_statistics_internal,
)

Kind = anomalies_pb2.AnomalyInfo.Type
NULL_INT = pa.array([None, None], pa.int64())

CASES = {
    "missing column": (
        'feature { name: "y" type: INT presence { min_count: 1 } }',
        {"x": [1]},
        {"x": ["SCHEMA_NEW_COLUMN"], "y": ["SCHEMA_MISSING_COLUMN"]},
    ),
    "never present": (
        'feature { name: "x" type: INT presence { min_count: 1 } }',
        {"x": NULL_INT},
        {"x": ["FEATURE_TYPE_NOT_PRESENT"]},
    ),
    "low count": (
        'feature { name: "x" type: INT presence { min_count: 3 } }',
        {"x": [1, 2]},
        {"x": ["FEATURE_TYPE_LOW_NUMBER_PRESENT"]},
    ),
    "low fraction": (
        'feature { name: "x" type: INT presence { min_fraction: 0.6 } }',
        {"x": [1, None]},
        {"x": ["FEATURE_TYPE_LOW_FRACTION_PRESENT"]},
    ),
    "few and many values": (
        'feature { name: "x" type: INT value_count { min: 2 max: 2 } }',
        {"x": [[1], [1, 2, 3]]},
        {"x": ["FEATURE_TYPE_LOW_NUMBER_VALUES", "FEATURE_TYPE_HIGH_NUMBER_VALUES"]},
    ),
    "empty lists": (
        'feature { name: "x" type: INT value_count { min: 1 } }',
        {"x": [[1], []]},
        {"x": ["FEATURE_TYPE_LOW_NUMBER_VALUES"]},
    ),
    "values counted by level": (
        'feature { name: "x" type: INT value_counts { value_count { max: 1 } value_count {} } }',
        {"x": [[[1], [2, 3]]]},
        {"x": ["FEATURE_TYPE_HIGH_NUMBER_VALUES"]},
    ),
    "one count for nested values": (
        'feature { name: "x" type: INT value_count { max: 1 } }',
        {"x": [[[1]]]},
        {"x": ["VALUE_NESTEDNESS_MISMATCH"]},
    ),
    "counts for too many levels": (
        'feature { name: "x" type: INT value_counts { value_count { max: 1 } value_count {} } }',
        {"x": [[1]]},
        {"x": ["VALUE_NESTEDNESS_MISMATCH"]},
    ),
    "shape of varying lists": (
        'feature { name: "x" type: INT shape { dim { size: 1 } } }',
        {"x": [[1], [1, 2]]},
        {"x": ["INVALID_FEATURE_SHAPE"]},
    ),
    "another shape": (
        'feature { name: "x" type: INT shape { dim { size: 2 } dim { size: 2 } } }',
        {"x": [[1, 2]]},
        {"x": ["INVALID_FEATURE_SHAPE"]},
    ),
    "few distinct": (
        'feature { name: "x" type: BYTES unique_constraints { min: 3 max: 9 } }',
        {"x": ["a", "b"]},
        {"x": ["FEATURE_TYPE_LOW_UNIQUE"]},
    ),
    "many distinct": (
        'feature { name: "x" type: BYTES unique_constraints { max: 1 } }',
        {"x": ["a", "b"]},
        {"x": ["FEATURE_TYPE_HIGH_UNIQUE"]},
    ),
    "distinct numbers": (
        'feature { name: "x" type: FLOAT unique_constraints { max: 1 } }',
        {"x": [1.0]},
        {"x": ["FEATURE_TYPE_NO_UNIQUE"]},
    ),
    "another type": (
        'feature { name: "x" type: FLOAT }',
        {"x": [1]},
        {"x": ["UNEXPECTED_DATA_TYPE"]},
    ),
    "negative truth": (
        'feature { name: "x" type: INT bool_domain {} }',
        {"x": [-1, 3]},
        {"x": ["BOOL_TYPE_SMALL_INT"]},
    ),
    "large truth": (
        'feature { name: "x" type: INT bool_domain {} }',
        {"x": [0, 2]},
        {"x": ["BOOL_TYPE_BIG_INT"]},
    ),
    "float truth": (
        'feature { name: "x" type: FLOAT bool_domain {} }',
        {"x": [0.0, 0.5, 1.0]},
        {"x": ["BOOL_TYPE_UNEXPECTED_FLOAT"]},
    ),
    "no float truth": (
        'feature { name: "x" type: FLOAT bool_domain {} }',
        {"x": [0.5]},
        {"x": ["BOOL_TYPE_UNEXPECTED_FLOAT"]},
    ),
    "nan truth": (
        'feature { name: "x" type: FLOAT bool_domain {} }',
        {"x": [0.0, float("nan"), 1.0]},
        {"x": ["BOOL_TYPE_UNEXPECTED_FLOAT"]},
    ),
    "string truth": (
        'feature { name: "x" type: BYTES bool_domain { true_value: "yes" } }',
        {"x": ["yes", "no"]},
        {"x": ["BOOL_TYPE_UNEXPECTED_STRING"]},
    ),
    "unknown string": (
        'feature { name: "x" type: BYTES string_domain { value: "a" } }',
        {"x": ["a", "b"]},
        {"x": ["ENUM_TYPE_UNEXPECTED_STRING_VALUES"]},
    ),
    "not UTF-8": (
        'feature { name: "x" type: BYTES domain: "d" } string_domain { name: "d" }',
        {"x": pa.array([b"\xff"], pa.binary())},
        {"x": ["ENUM_TYPE_INVALID_UTF8"]},
    ),
    "integers out of range": (
        'feature { name: "x" type: INT int_domain { min: 1 max: 2 } }',
        {"x": [0, 3]},
        {"x": ["INT_TYPE_SMALL_INT", "INT_TYPE_BIG_INT"]},
    ),
    "integers in strings out of range": (
        'feature { name: "x" type: BYTES int_domain { min: 1 max: 2 } }',
        {"x": ["0", "3"]},
        {"x": ["INT_TYPE_SMALL_INT", "INT_TYPE_BIG_INT"]},
    ),
    "strings that are no integers": (
        'feature { name: "x" type: BYTES int_domain {} }',
        {"x": ["1", "a"]},
        {"x": ["INT_TYPE_NOT_INT_STRING"]},
    ),
    "floats out of range": (
        'feature { name: "x" type: FLOAT float_domain { min: 1 max: 2 } }',
        {"x": [0.5, 2.5]},
        {"x": ["FLOAT_TYPE_SMALL_FLOAT", "FLOAT_TYPE_BIG_FLOAT"]},
    ),
    "nan and infinity": (
        'feature { name: "x" type: FLOAT float_domain { disallow_nan: true disallow_inf: true } }',
        {"x": [float("nan"), float("inf"), 1.0]},
        {"x": ["FLOAT_TYPE_HAS_NAN", "FLOAT_TYPE_HAS_INF"]},
    ),
    "nan in strings": (
        'feature { name: "x" type: BYTES float_domain { disallow_nan: true } }',
        {"x": ["nan", "1.5"]},
        {"x": ["FLOAT_TYPE_HAS_NAN"]},
    ),
    "strings that are no floats": (
        'feature { name: "x" type: BYTES float_domain {} }',
        {"x": ["1.5", "a"]},
        {"x": ["FLOAT_TYPE_STRING_NOT_FLOAT"]},
    ),
    "a domain for another type": (
        'feature { name: "x" type: FLOAT int_domain {} }',
        {"x": [1.5]},
        {"x": ["DOMAIN_INVALID_FOR_TYPE"]},
    ),
    "no such domain": (
        'feature { name: "x" type: BYTES domain: "d" }',
        {"x": ["a"]},
        {"x": ["INVALID_DOMAIN_SPECIFICATION"]},
    ),
    "a fraction above one": (
        'feature { name: "x" type: INT presence { min_fraction: 1.5 } }',
        {"x": [1]},
        {"x": ["INVALID_SCHEMA_SPECIFICATION"]},
    ),
    "a negative fraction": (
        'feature { name: "x" type: INT presence { min_fraction: -1 } }',
        {"x": [1]},
        {"x": ["INVALID_SCHEMA_SPECIFICATION"]},
    ),
    "negative and swapped counts": (
        'feature { name: "x" type: INT value_counts { value_count { min: -1 } '
        "value_count { min: 2 max: 1 } } }",
        {"x": [[[1, 2]]]},
        {"x": ["INVALID_SCHEMA_SPECIFICATION"] * 2},
    ),
    "an empty dimension": (
        'feature { name: "x" type: INT shape { dim { size: 0 } } }',
        {"x": [1]},
        {"x": ["INVALID_SCHEMA_SPECIFICATION"]},
    ),
    "constraints without a string domain": (
        'feature { name: "x" type: INT distribution_constraints { min_domain_mass: 0.5 } }',
        {"x": [1]},
        {"x": ["INVALID_SCHEMA_SPECIFICATION"]},
    ),
    "no type": ('feature { name: "x" }', {"x": [1]}, {"x": ["FEATURE_MISSING_TYPE"]}),
    "no type but a string domain": (
        'feature { name: "x" string_domain { value: "a" } }',
        {"x": ["a"]},
        {"x": ["FEATURE_MISSING_TYPE"]},
    ),
    "a sparse feature with a feature's name": (
        'feature { name: "x" type: INT } sparse_feature { name: "x" }',
        {"x": [1]},
        {"x": ["SPARSE_FEATURE_NAME_COLLISION"]},
    ),
    "a weighted feature with a feature's name": (
        'feature { name: "x" type: INT } weighted_feature { name: "x" }',
        {"x": [1]},
        {"x": ["WEIGHTED_FEATURE_NAME_COLLISION"]},
    ),
}


def schema_of(text):
    return text_format.Parse(text, schema_pb2.Schema())


def kinds(anomalies):
    return {
        name: [Kind.Name(reason.type) for reason in info.reason]
        for name, info in anomalies.anomaly_info.items()
    }


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_kind_is_found(name):
    text, rows, expected = CASES[name]
    found = validate_statistics(generate_statistics(pa.table(rows)), schema_of(text))
    assert kinds(found) == expected
    assert found.baseline == schema_of(text)
    for info in found.anomaly_info.values():
        assert info.severity == anomalies_pb2.AnomalyInfo.ERROR
        assert info.description and info.short_description


@pytest.mark.parametrize("name", sorted(CASES))
def test_updating_makes_the_rows_fit(name):
    text, rows, _ = CASES[name]
    statistics, schema = generate_statistics(pa.table(rows)), schema_of(text)
    before = schema.SerializeToString()
    updated = update_schema(schema, statistics)
    assert is_clean(validate_statistics(statistics, updated))
    assert schema.SerializeToString() == before


def test_a_feature_without_a_name_is_an_anomaly():
    statistics = generate_statistics(pa.table({"": [1]}))
    found = validate_statistics(statistics, schema_of("feature { type: INT }"))
    assert kinds(found) == {"''": ["FEATURE_MISSING_NAME"]}


def test_bytes_data_take_the_domains_of_bytes_only():
    images = StatsOptions(schema=schema_of('feature { name: "x" image_domain {} }'))
    statistics = generate_statistics(pa.table({"x": ["a"]}), images)
    schema = schema_of('feature { name: "x" type: BYTES string_domain { value: "a" } }')
    assert kinds(validate_statistics(statistics, schema)) == {"x": ["DOMAIN_INVALID_FOR_TYPE"]}


def test_integers_beyond_64_bits_do_not_fit_a_bounded_domain():
    statistics = generate_statistics(pa.table({"x": pa.array([2**64 - 1], pa.uint64())}))
    schema = schema_of('feature { name: "x" type: INT int_domain { min: 0 } }')
    assert kinds(validate_statistics(statistics, schema)) == {"x": ["DOMAIN_INVALID_FOR_TYPE"]}


@pytest.mark.parametrize(("mass", "found"), [(0.75, False), (0.76, True)])
def test_as_much_as_the_domain_mass_allows_may_lie_outside(mass, found):
    schema = schema_of('feature { name: "x" type: BYTES string_domain { value: "a" } }')
    schema.feature[0].distribution_constraints.min_domain_mass = mass
    statistics = generate_statistics(pa.table({"x": ["a", "a", "a", "b"]}))
    assert bool(validate_statistics(statistics, schema).anomaly_info) is found


def test_bounds_themselves_are_inside():
    schema = schema_of('feature { name: "x" type: FLOAT float_domain { min: 0.1 max: 0.2 } }')
    # In float32, as the schema keeps its bounds.
    assert is_clean(validate_statistics(generate_statistics(pa.table({"x": [0.1, 0.2]})), schema))


@pytest.mark.parametrize("stage", ["PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED"])
def test_features_at_these_stages_are_not_checked(stage):
    schema = schema_of(f'feature {{ name: "x" type: INT lifecycle_stage: {stage} }}')
    schema.feature[0].presence.min_count = 5
    assert is_clean(validate_statistics(generate_statistics(pa.table({"x": ["a"]})), schema))
    schema.feature[0].lifecycle_stage = schema_pb2.BETA
    assert not is_clean(validate_statistics(generate_statistics(pa.table({"x": ["a"]})), schema))


def test_the_old_flag_deprecates_too():
    schema = schema_of('feature { name: "x" type: INT deprecated: true }')
    assert is_clean(validate_statistics(generate_statistics(pa.table({"x": ["a"]})), schema))


ENVIRONMENTS = """default_environment: "TRAINING" default_environment: "SERVING"
  feature { name: "x" type: INT presence { min_count: 1 } }
  feature { name: "y" type: INT presence { min_count: 1 } not_in_environment: "SERVING" }"""


@pytest.mark.parametrize(
    ("environment", "columns", "expected"),
    [
        ("TRAINING", ["x"], {"y": ["SCHEMA_MISSING_COLUMN"]}),
        ("SERVING", ["x"], {}),
        (None, ["x"], {"y": ["SCHEMA_MISSING_COLUMN"]}),
        ("SERVING", ["x", "y"], {"y": ["SCHEMA_NEW_COLUMN"]}),
        ("TRAINING", ["x", "y"], {}),
    ],
)
def test_an_environment_says_which_features_are_required(environment, columns, expected):
    statistics = generate_statistics(pa.table({name: [1] for name in columns}))
    found = validate_statistics(statistics, schema_of(ENVIRONMENTS), environment)
    assert kinds(found) == expected


def test_in_environment_alone_is_enough_for_a_feature_but_not_for_the_schema():
    schema = schema_of(ENVIRONMENTS)
    schema.feature[1].in_environment.append("SERVING")
    statistics = generate_statistics(pa.table({"x": [1]}))
    assert kinds(validate_statistics(statistics, schema, "SERVING")) == {
        "y": ["SCHEMA_MISSING_COLUMN"]
    }
    with pytest.raises(ValueError, match="Did you mean 'SERVING'"):
        validate_statistics(statistics, schema, "SERVIN")


def nested(miles):
    return pa.table({"trip": [{"miles": mile, "stop": {"at": 1}} for mile in miles]})


def test_fields_of_structs_are_checked_by_path():
    schema = infer_schema(generate_statistics(nested([1.0, 2.0])))
    schema.feature[0].struct_domain.feature[0].float_domain.max = 2
    assert is_clean(validate_statistics(generate_statistics(nested([1.0])), schema))
    found = validate_statistics(generate_statistics(nested([3.0])), schema)
    assert kinds(found) == {"trip.miles": ["FLOAT_TYPE_BIG_FLOAT"]}
    assert list(found.anomaly_info["trip.miles"].path.step) == ["trip", "miles"]
    without = generate_statistics(pa.table({"trip": [{"miles": 1.0}]}))
    assert set(kinds(validate_statistics(without, schema))) == {"trip.stop", "trip.stop.at"}


def test_a_new_struct_is_one_new_column_and_updating_adds_its_fields():
    statistics = generate_statistics(nested([1.0]))
    assert kinds(validate_statistics(statistics, schema_pb2.Schema())) == {
        "trip": ["SCHEMA_NEW_COLUMN"]
    }
    updated = update_schema(schema_pb2.Schema(), statistics)
    assert updated.feature[0].struct_domain.feature[1].struct_domain.feature[0].name == "at"


def test_severities_can_be_overridden_and_new_columns_left_out():
    statistics = generate_statistics(pa.table({"x": [5], "z": [1]}))
    schema = schema_of('feature { name: "x" type: INT int_domain { max: 2 } }')

    def severities(**options):
        found = validate_statistics_internal(
            statistics, schema, validation_options=ValidationOptions(**options)
        )
        severity = anomalies_pb2.AnomalyInfo.Severity
        return {name: severity.Name(info.severity) for name, info in found.anomaly_info.items()}

    assert severities() == {"x": "ERROR", "z": "ERROR"}
    assert severities(new_features_are_warnings=True) == {"x": "ERROR", "z": "WARNING"}
    overrides = {"INT_TYPE_BIG_INT": "WARNING"}
    assert severities(severity_overrides=overrides) == {"x": "WARNING", "z": "ERROR"}
    assert severities(features_needed=[]) == {"x": "ERROR"}
    assert severities(features_needed=[FeaturePath(["z"])]) == {"x": "ERROR", "z": "ERROR"}


def dataset_kinds(now, constraints, **others):
    schema = schema_pb2.Schema()
    schema.dataset_constraints.CopyFrom(
        text_format.Parse(constraints, schema_pb2.DatasetConstraints())
    )
    found = validate_statistics_internal(rows_of(now), schema, **others)
    return [Kind.Name(reason.type) for reason in found.dataset_anomaly_info.reason]


def rows_of(count):
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    statistics.datasets.add(num_examples=count)
    return statistics


def test_the_number_of_examples_has_bounds():
    assert dataset_kinds(4, "min_examples_count: 5") == ["DATASET_LOW_NUM_EXAMPLES"]
    both = "min_examples_count: 1 max_examples_count: 3"
    assert dataset_kinds(4, both) == ["DATASET_HIGH_NUM_EXAMPLES"]
    # As in TFDV, a maximum counts only beside a minimum.
    assert dataset_kinds(4, "max_examples_count: 3") == []


@pytest.mark.parametrize(
    ("which", "other"),
    [
        ("drift", "previous_span_statistics"),
        ("version", "previous_version_statistics"),
    ],
)
def test_the_number_of_examples_is_compared(which, other):
    bounds = (
        f"num_examples_{which}_comparator {{ min_fraction_threshold: 0.5 "
        "max_fraction_threshold: 2 }"
    )
    assert dataset_kinds(4, bounds) == []
    assert dataset_kinds(4, bounds, **{other: rows_of(8)}) == []
    assert dataset_kinds(4, bounds, **{other: rows_of(9)}) == ["COMPARATOR_LOW_NUM_EXAMPLES"]
    assert dataset_kinds(4, bounds, **{other: rows_of(1)}) == ["COMPARATOR_HIGH_NUM_EXAMPLES"]
    assert dataset_kinds(4, bounds, **{other: rows_of(0)}) == ["COMPARATOR_HIGH_NUM_EXAMPLES"]


def test_without_examples_there_is_only_that():
    found = validate_statistics(rows_of(0), schema_of('feature { name: "x" type: INT }'))
    assert found.data_missing and not found.anomaly_info and not is_clean(found)


def test_drift_and_skew_are_called_by_their_sides():
    comparator = "{ infinity_norm { threshold: 0 } }"
    schema = schema_of(
        f'feature {{ name: "x" type: BYTES drift_comparator {comparator} '
        f"skew_comparator {comparator} }}"
    )
    now, other = (generate_statistics(pa.table({"x": values})) for values in (["a"], ["b"]))
    found = validate_statistics(now, schema, previous_statistics=other, serving_statistics=other)
    texts = [reason.short_description for reason in found.anomaly_info["x"].reason]
    assert texts == [
        "High Linfty distance between current and previous",
        "High Linfty distance between training and serving",
    ]
    (info,) = found.drift_skew_info
    assert len(info.drift_measurements) == len(info.skew_measurements) == 1
    nothing = generate_statistics(pa.table({"y": ["a"]}))
    missing = validate_statistics(now, schema, previous_statistics=nothing)
    assert kinds(missing) == {"x": ["COMPARATOR_CONTROL_DATA_MISSING"]}


def test_weighted_statistics_are_compared_by_weight():
    schema = schema_of(
        'feature { name: "x" type: BYTES drift_comparator { infinity_norm { threshold: 0.3 } } }'
        'feature { name: "w" type: FLOAT }'
    )
    options = StatsOptions(weight_feature="w")
    one = generate_statistics(pa.table({"x": ["a", "b"], "w": [9.0, 1.0]}), options)
    two = generate_statistics(pa.table({"x": ["a", "b"], "w": [5.0, 5.0]}), options)
    found = validate_statistics(one, schema, previous_statistics=two)
    # Shares of a by weight: 0.9 and 0.5.
    assert found.drift_skew_info[0].drift_measurements[0].value == pytest.approx(0.4)


def test_derived_features_must_say_so():
    statistics = generate_statistics(pa.table({"x": [1]}))
    source = statistics.datasets[0].features[0].validation_derived_source
    source.deriver_name = "d"
    schema = schema_of('feature { name: "x" type: INT }')
    found = kinds(validate_statistics(statistics, schema))
    assert found == {"x": ["DERIVED_FEATURE_INVALID_SOURCE"]}
    updated = update_schema(schema, statistics)
    assert is_clean(validate_statistics(statistics, updated))
    updated.feature[0].lifecycle_stage = schema_pb2.PRODUCTION
    found = kinds(validate_statistics(statistics, updated))
    assert found == {"x": ["DERIVED_FEATURE_BAD_LIFECYCLE"]}


LANGUAGE = """feature { name: "x" type: BYTES natural_language_domain {
  coverage { min_coverage: 0.9 min_avg_token_length: 4 }
  token_constraints { string_value: "[PAD]" min_per_sequence: 2 max_per_sequence: 3
    min_fraction_of_sequences: 0.5 max_fraction_of_sequences: 0.6 } } }"""


def test_language_is_checked_against_its_statistics():
    statistics = generate_statistics(pa.table({"x": ["a"]}))
    schema = schema_of(LANGUAGE)
    assert kinds(validate_statistics(statistics, schema)) == {"x": ["STATS_NOT_AVAILABLE"]}
    seen = statistics_pb2.NaturalLanguageStatistics(feature_coverage=0.5, avg_token_length=3)
    seen.token_statistics.add(
        string_token="[PAD]",
        per_sequence_min_frequency=1,
        per_sequence_max_frequency=5,
        fraction_of_sequences=0.4,
    )
    statistics.datasets[0].features[0].custom_stats.add(name="nl_statistics").any.Pack(seen)
    found = kinds(validate_statistics(statistics, schema))
    assert found == {
        "x": [
            "FEATURE_COVERAGE_TOO_LOW",
            "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH",
            "SEQUENCE_VALUE_TOO_SMALL_FRACTION",
            "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES",
            "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES",
        ]
    }
    assert is_clean(validate_statistics(statistics, update_schema(schema, statistics)))


def test_other_arguments_are_refused():
    with pytest.raises(TypeError, match="expected a Schema"):
        validate_statistics(rows_of(1), rows_of(1))
    with pytest.raises(TypeError, match="expected statistics"):
        validate_statistics(schema_pb2.Schema(), schema_pb2.Schema())
    two = rows_of(1)
    two.datasets.add(name="other")
    with pytest.raises(ValueError, match="expected exactly one"):
        validate_statistics(two, schema_pb2.Schema())
