"""Options: TFDV's names and defaults, checked values, a round trip through JSON."""

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation import (
    CrossFeatureStatsGenerator,
    FeaturePath,
    FeatureStatsOptions,
    StatsOptions,
    experimental_get_feature_value_slicer,
)
from minitfx.errors import ParameterError

DEFAULTS = {
    "generators": None,
    "schema": None,
    "label_feature": None,
    "weight_feature": None,
    "slice_functions": None,
    "sample_rate": None,
    "num_top_values": 20,
    "frequency_threshold": 1,
    "weighted_frequency_threshold": 1.0,
    "num_rank_histogram_buckets": 1000,
    "num_values_histogram_buckets": 10,
    "num_histogram_buckets": 10,
    "num_quantiles_histogram_buckets": 10,
    "epsilon": 0.01,
    "infer_type_from_schema": False,
    "desired_batch_size": None,
    "enable_semantic_domain_stats": False,
    "semantic_domain_stats_sample_rate": None,
    "per_feature_weight_override": None,
    "vocab_paths": None,
    "add_default_generators": True,
    "feature_allowlist": None,
    "use_sketch_based_topk_uniques": None,
    "experimental_slice_functions": None,
    "experimental_result_partitions": 1,
    "experimental_num_feature_partitions": 1,
    "slicing_config": None,
    "experimental_filter_read_paths": False,
    "per_feature_stats_config": None,
}


def test_defaults_are_those_of_tfdv():
    options = StatsOptions()
    assert {name: getattr(options, name) for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 0},
        {"sample_rate": 1.1},
        {"semantic_domain_stats_sample_rate": -1},
        {"num_values_histogram_buckets": 1},
        {"num_histogram_buckets": 0},
        {"num_quantiles_histogram_buckets": 0},
        {"desired_batch_size": 0},
        {"num_top_values": -1},
        {"schema": "schema.pbtxt"},
        {"num_top_values": "many"},
        {"epsilon": True},
        {"feature_allowlist": "fare"},
        {"slicing_config": {"slicing_specs": [], "slicing_config_typo": 1}},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ParameterError, match=name):
        StatsOptions(**wrong)


def test_options_can_be_changed_as_in_tfdv():
    options = StatsOptions()
    options.feature_allowlist = ["a.b", FeaturePath(["c", "d"])]
    options.num_top_values = 3
    paths = [FeaturePath(["a.b"]), FeaturePath(["c", "d"])]
    assert options == StatsOptions(feature_allowlist=paths, num_top_values=3)


def test_what_is_set_later_is_checked_too():
    options = StatsOptions()
    with pytest.raises(ParameterError, match="sample_rate is 2"):
        options.sample_rate = 2
    with pytest.raises(ParameterError, match=r"no 'sampel_rate'\. Did you mean 'sample_rate'"):
        options.sampel_rate = 0.5
    options.slice_functions = [experimental_get_feature_value_slicer({"x": None})]
    with pytest.raises(ParameterError, match="expected one of them"):
        options.slicing_config = {"slicing_specs": [{"feature_keys": ["x"]}]}


def test_slice_functions_and_a_slicing_config_are_not_both_given():
    slicer = experimental_get_feature_value_slicer({"x": None})
    with pytest.raises(ParameterError, match="expected one of them"):
        StatsOptions(
            slice_functions=[slicer], slicing_config={"slicing_specs": [{"feature_keys": ["x"]}]}
        )


def test_a_misspelt_slicing_spec_is_not_passed_over():
    with pytest.raises(ParameterError, match=r"spec has no 'feature_key'\. Did you mean"):
        StatsOptions(slicing_config={"slicing_specs": [{"feature_key": ["x"]}]})


def test_options_survive_json():
    schema = schema_pb2.Schema()
    schema.feature.add(name="x", type=schema_pb2.INT)
    options = StatsOptions(
        schema=schema,
        weight_feature="w",
        sample_rate=0.5,
        per_feature_weight_override={"a.b": "v", FeaturePath(["c", "d"]): "u"},
        feature_allowlist=["x", FeaturePath(["c", "d"])],
        slicing_config={"slicing_specs": [{"feature_keys": ["x"]}]},
        vocab_paths={"v": "vocab.txt"},
    )
    again = StatsOptions.from_json(options.to_json())
    assert again == options
    assert again.to_json() == options.to_json()
    assert StatsOptions().to_json() == "{}"


@pytest.mark.parametrize(
    "functions",
    [
        {"generators": [CrossFeatureStatsGenerator()]},
        {"slice_functions": [experimental_get_feature_value_slicer({"x": None})]},
        {"per_feature_stats_config": {"x": FeatureStatsOptions(histograms=False)}},
    ],
)
def test_what_json_cannot_hold_is_refused_by_name(functions):
    (name,) = functions
    with pytest.raises(ParameterError, match=name):
        StatsOptions(**functions).to_json()


def test_an_unknown_option_is_named():
    with pytest.raises(ParameterError, match="Did you mean 'sample_rate'"):
        StatsOptions.from_json('{"sampel_rate": 0.5}')


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (["a"], "a"),
        (["a", "b"], "a.b"),
        (["a.b", "it's"], "'a.b'.'it''s'"),
        (["(x)"], "(x)"),
        ([""], "''"),
        ([], ""),
    ],
)
def test_paths_are_written_as_tfdv_writes_them_and_read_back(steps, text):
    assert FeaturePath(steps).serialized == text
    assert FeaturePath.from_string(text) == FeaturePath(steps)


@pytest.mark.parametrize("text", ["a.", ".a", "a..b", "a'b", "'a", "a(b"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(ValueError, match="is not a feature path"):
        FeaturePath.from_string(text)
