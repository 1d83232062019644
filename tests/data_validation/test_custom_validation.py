"""Validations that a user writes in SQL."""

import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2

from minitfx.data_validation import (
    StatsOptions,
    custom_validate_statistics,
    experimental_get_feature_value_slicer,
    generate_statistics,
)
from minitfx.errors import ParameterError
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig

TABLE = pa.table({"fare": [0.0, 0.0, 3.0, float("nan")], "paid": ["cash", "card", "cash", "it's"]})


@pytest.fixture(scope="module")
def statistics():
    slicer = experimental_get_feature_value_slicer({"paid": None})
    return generate_statistics(TABLE, StatsOptions(slice_functions=[slicer]))


def check(statistics, expression, feature="fare", more="", **arguments):
    config = text_format.Parse(
        f"""feature_validations {{ feature_path {{ step: "{feature}" }}
        validations {{ sql_expression: "{expression}" description: "wrong" {more} }} }}""",
        CustomValidationConfig(),
    )
    return custom_validate_statistics(statistics, config, **arguments).anomaly_info


@pytest.mark.parametrize(
    ("feature", "expression", "holds"),
    [
        ("fare", "feature.num_stats.num_zeros < 3", True),
        ("fare", "feature.num_stats.num_zeros < 2", False),
        ("fare", "feature.num_stats.max BETWEEN 0 AND 5", True),
        ("fare", "feature.type = 'INT'", False),
        ("fare", "list_sum([h.num_nan for h in feature.num_stats.histograms]) = 0", False),
        ("paid", "feature.string_stats.unique = 3", True),
        ("paid", "feature.string_stats.top_values[1].value = 'cash'", True),
        ("paid", "feature.string_stats.common_stats.num_missing > 0", False),
    ],
)
def test_expressions_see_every_field(statistics, feature, expression, holds):
    found = check(statistics, expression, feature)
    assert list(found) == ([] if holds else [feature])


def test_an_anomaly_says_what_the_user_wrote(statistics):
    info = check(statistics, "false", more="severity: WARNING")["fare"]
    assert info.severity == anomalies_pb2.AnomalyInfo.WARNING
    assert info.description == info.short_description == "wrong"
    assert info.reason[0].type == anomalies_pb2.AnomalyInfo.CUSTOM_VALIDATION
    assert list(info.path.step) == ["fare"]


def test_environments_limit_validations(statistics):
    more = 'in_environment: "SERVING"'
    assert not check(statistics, "false", more=more)
    assert not check(statistics, "false", more=more, environment="TRAINING")
    assert check(statistics, "false", more=more, environment="SERVING")


def test_pairs_compare_features_and_slices(statistics):
    config = text_format.Parse(
        """feature_pair_validations {
          dataset_name: "paid_cash" base_dataset_name: "All Examples"
          feature_test_path { step: "fare" } feature_base_path { step: "fare" }
          validations {
            sql_expression: "feature_test.num_stats.common_stats.num_non_missing * 2 >"
                            " feature_base.num_stats.common_stats.num_non_missing" }
        }""",
        CustomValidationConfig(),
    )
    # Two rows of four are paid in cash, which is not more than half.
    assert "fare" in custom_validate_statistics(statistics, config).anomaly_info
    alone = generate_statistics(TABLE.slice(0, 3))
    config.feature_pair_validations[0].base_dataset_name = ""
    config.feature_pair_validations[0].dataset_name = ""
    same = custom_validate_statistics(statistics, config, baseline_statistics=alone)
    assert not same.anomaly_info


@pytest.mark.parametrize(
    ("feature", "expression", "message"),
    [
        ("fair", "true", "Did you mean 'fare'"),
        ("fare", "feature.num_stats.nothing > 1", "nothing"),
        ("fare", "feature.num_stats.mean", "expected true or false"),
        ("fare", "SELECT", "Parser Error"),
    ],
)
def test_what_cannot_be_evaluated_is_named(statistics, feature, expression, message):
    with pytest.raises(ParameterError, match=message):
        check(statistics, expression, feature)


def test_a_data_set_that_is_not_there_is_named(statistics):
    config = CustomValidationConfig()
    config.feature_validations.add(dataset_name="paid_cush")
    with pytest.raises(ParameterError, match="Did you mean 'paid_cash'"):
        custom_validate_statistics(statistics, config)
