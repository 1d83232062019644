"""DistributionValidator: compares pairs of splits, and passes where there is no baseline."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format

from minitfx import data_validation as dv
from minitfx.channel import Channel
from minitfx.components.distribution_validator import DistributionValidator
from minitfx.errors import ParameterError
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig
from minitfx.proto.distribution_validator_pb2 import DistributionValidatorConfig
from minitfx.types import ExampleAnomalies, ExampleStatistics, ExampleValidationMetrics

CONFIG = text_format.Parse(
    """default_slice_config { feature { path { step: "paid" }
         distribution_comparator { infinity_norm { threshold: 0.3 } } } }""",
    DistributionValidatorConfig(),
)


def statistics_of(folder, **splits):
    artifact = ExampleStatistics(folder)
    artifact.splits = list(splits)
    for split, paid in splits.items():
        found = dv.generate_statistics(pa.table({"paid": list(paid)}))
        dv.write_stats_binary(found, artifact.split_path(split) / "FeatureStats.pb")
    return artifact


@pytest.fixture
def statistics(tmp_path):
    return statistics_of(tmp_path / "now", train="aabb", eval="aaab")


@pytest.fixture
def baseline(tmp_path):
    return statistics_of(tmp_path / "before", train="aaab", eval="bbbb")


def run(tmp_path, statistics, baseline, pairs=None, custom=None):
    anomalies = ExampleAnomalies(tmp_path / "anomalies")
    metrics = ExampleValidationMetrics(tmp_path / "metrics")
    DistributionValidator.execute(statistics, baseline, CONFIG, pairs, custom, anomalies, metrics)
    assert metrics.splits == anomalies.splits
    return anomalies


def test_keywords_and_outputs_are_those_of_tfx():
    node = DistributionValidator(
        statistics=Channel(ExampleStatistics),
        baseline_statistics=Channel(ExampleStatistics),
        config=CONFIG,
    )
    assert list(node.inputs) == ["statistics", "baseline_statistics"]
    assert list(node.outputs) == ["anomalies", "validation_metrics"]
    assert node.exec_properties["config"] == CONFIG


def test_splits_of_equal_names_are_compared(tmp_path, statistics, baseline):
    # Shares of a: 2/4 and 3/4 in train, 3/4 and 0 in eval.
    anomalies = run(tmp_path, statistics, baseline)
    assert anomalies.get_custom_property("blessed") == {"train_train": 1, "eval_eval": 0}
    assert anomalies.splits == ["train_train", "eval_eval"]
    folder = anomalies.path / "SplitPair-eval_eval"
    found = dv.load_anomalies_binary(folder / "SchemaDiff.pb")
    assert found.anomaly_info["paid"].short_description.startswith("High Linfty distance")
    (row,) = pq.read_table(folder / "anomalies.parquet").to_pylist()
    assert (row["split"], row["type"]) == ("eval_eval", "COMPARATOR_L_INFTY_HIGH")


def test_every_distance_is_written_also_when_it_is_small(tmp_path, statistics, baseline):
    run(tmp_path, statistics, baseline)
    files = sorted((tmp_path / "metrics").glob("SplitPair-*/distances.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    assert [(row["split"], row["statistic"], row["value"]) for row in rows] == [
        ("eval_eval", "drift:l_infty", 0.75),
        ("eval_eval", "drift:l_infty:threshold", 0.3),
        ("train_train", "drift:l_infty", 0.25),
        ("train_train", "drift:l_infty:threshold", 0.3),
    ]


def test_pairs_can_be_chosen(tmp_path, statistics, baseline):
    anomalies = run(tmp_path, statistics, baseline, [["eval", "train"]])
    assert anomalies.get_custom_property("blessed") == {"eval_train": 1}
    with pytest.raises(ParameterError, match="include_split_pairs names"):
        run(tmp_path / "again", statistics, baseline, [["eval", "test"]])


def test_without_a_baseline_everything_passes(tmp_path, statistics):
    anomalies = run(tmp_path, statistics, None)
    assert anomalies.get_custom_property("blessed") == {"train": 2, "eval": 2}


def test_without_a_common_split_there_is_nothing_to_compare(tmp_path, statistics):
    other = statistics_of(tmp_path / "other", test="ab")
    with pytest.raises(ParameterError, match="no name in common"):
        run(tmp_path, statistics, other)


def test_your_own_validations_compare_with_the_baseline(tmp_path, statistics, baseline):
    custom = text_format.Parse(
        """feature_pair_validations {
             feature_test_path { step: "paid" } feature_base_path { step: "paid" }
             validations { description: "fewer ways" sql_expression:
               "feature_test.string_stats.unique >= feature_base.string_stats.unique" } }""",
        CustomValidationConfig(),
    )
    pairs = [["train", "eval"], ["eval", "train"]]
    swapped = run(tmp_path, baseline, statistics, pairs, custom)
    found = dv.load_anomalies_binary(swapped.path / "SplitPair-eval_train" / "SchemaDiff.pb")
    assert "fewer ways" in found.anomaly_info["paid"].description
