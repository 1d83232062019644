"""Comparing two data sets: only what comparing finds."""

import pyarrow as pa
import pytest
from google.protobuf import text_format

from minitfx.data_validation import generate_statistics, validate_distributions
from minitfx.proto.distribution_validator_pb2 import DistributionValidatorConfig

BASE = generate_statistics(pa.table({"paid": ["cash"] * 8 + ["card"] * 2, "fare": list(range(10))}))
TEST = generate_statistics(pa.table({"paid": ["cash"] * 2 + ["coin"] * 2, "fare": [0.5] * 4}))


def config(text):
    return text_format.Parse(text, DistributionValidatorConfig())


L_INFINITY = """default_slice_config { feature {
  path { step: "paid" } distribution_comparator { infinity_norm { threshold: %s } } } }"""


def kinds(info):
    return [type(info).Type.Name(reason.type) for reason in info.reason]


def test_a_distance_over_its_threshold_is_an_anomaly_and_nothing_else_is():
    found = validate_distributions(TEST, BASE, config(L_INFINITY % 0.4))
    assert list(found.anomaly_info) == ["paid"]
    assert kinds(found.anomaly_info["paid"]) == ["COMPARATOR_L_INFTY_HIGH"]
    # Shares of cash: 8/10 and 2/4; of card: 2/10 and 0; of coin: 0 and 2/4.
    assert found.drift_skew_info[0].drift_measurements[0].value == pytest.approx(0.5)


def test_a_distance_within_its_threshold_is_only_recorded():
    found = validate_distributions(TEST, BASE, config(L_INFINITY % 0.5))
    assert not found.anomaly_info
    assert found.drift_skew_info[0].drift_measurements[0].threshold == 0.5


def test_what_cannot_be_compared_is_an_anomaly():
    wrong = config(
        """default_slice_config {
          feature { path { step: "nothing" }
                    distribution_comparator { infinity_norm { threshold: 1 } } }
          feature { path { step: "fare" }
                    distribution_comparator { jensen_shannon_divergence { threshold: 1 } } } }"""
    )
    empty = generate_statistics(pa.table({"paid": ["cash"], "fare": pa.array([None], pa.int64())}))
    found = validate_distributions(empty, BASE, wrong)
    assert {name: kinds(info) for name, info in found.anomaly_info.items()} == {
        "nothing": ["STATS_NOT_AVAILABLE"],
        "fare": ["STATS_NOT_AVAILABLE"],
    }


def test_the_number_of_examples_is_compared():
    fewer = config(
        "default_slice_config { num_examples_comparator { min_fraction_threshold: 0.5 } }"
    )
    found = validate_distributions(TEST, BASE, fewer)
    assert kinds(found.dataset_anomaly_info) == ["COMPARATOR_LOW_NUM_EXAMPLES"]
    assert not validate_distributions(BASE, BASE, fewer).HasField("dataset_anomaly_info")
