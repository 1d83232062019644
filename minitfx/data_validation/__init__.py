"""Statistics, schemas and anomalies of tabular data: the part that TFDV plays in TFX.

Use it as you would use TFDV, with or without a pipeline::

    import minitfx.data_validation as tfdv

    statistics = tfdv.generate_statistics_from_csv("train.csv")
    schema = tfdv.infer_schema(statistics)
    anomalies = tfdv.validate_statistics(tfdv.generate_statistics_from_csv("new.csv"), schema)
    tfdv.display_anomalies(anomalies)

Statistics, schemas and anomalies are the protobuf messages of ``tensorflow_metadata``, and files
are what TFDV reads and writes. How the parts work together::

    table ─► features ─► blocks ─► fold(TableValues) ─► feature_proto ─► statistics
                                     │ numbers: NumericValues ─ Moments, Distribution
                                     │ strings: ValueCounts
                                     └ rows:    Presence
    statistics ─► inference ─► schema ─► validation (feature_checks …) ─► anomalies
                                     └─► schema_update ─► wider schema
"""

from minitfx.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "CombinerFeatureStatsGenerator": "generators",
        "CombinerStatsGenerator": "generators",
        "CrossFeatureStatsGenerator": "cross_features",
        "CrossFeatureView": "views",
        "DatasetListView": "views",
        "DatasetView": "views",
        "Feature": "features",
        "FeaturePath": "paths",
        "FeatureSkew": "feature_skew",
        "FeatureStatsOptions": "options",
        "FeatureView": "views",
        "ImageStatsGenerator": "images",
        "Kind": "features",
        "MutualInformation": "mutual_information",
        "NO_BASELINE": "splits",
        "NonStreamingCustomStatsGenerator": "partitioned",
        "PartitionedStatsFn": "partitioned",
        "SchemaChange": "schema_diff",
        "SkLearnMutualInformation": "sklearn_information",
        "StatsGenerator": "generators",
        "StatsOptions": "options",
        "TransformStatsGenerator": "generators",
        "ValidationOptions": "validation",
        "anomalies_table": "tables",
        "compare_slices": "display",
        "counterpart": "splits",
        "custom_validate_statistics": "custom_validation",
        "detect_feature_skew": "feature_skew",
        "diff_schemas": "schema_diff",
        "display_anomalies": "display",
        "display_schema": "display",
        "distances_table": "tables",
        "experimental_get_feature_value_slicer": "slicing",
        "features_of": "features",
        "generate_dummy_schema_with_paths": "schema_editing",
        "generate_statistics": "generate",
        "generate_statistics_from_csv": "generate",
        "generate_statistics_from_dataframe": "generate",
        "generate_statistics_from_parquet": "generate",
        "generate_statistics_from_tfrecord": "generate",
        "get_anomalies_dataframe": "display",
        "get_categorical_features": "schema_editing",
        "get_categorical_numeric_features": "schema_editing",
        "get_confusion_count_dataframes": "skew_frames",
        "get_custom_stats": "views",
        "get_domain": "schema_editing",
        "get_feature": "schema_editing",
        "get_feature_stats": "views",
        "get_match_stats_dataframe": "skew_frames",
        "get_multivalent_features": "schema_editing",
        "get_schema_dataframe": "display",
        "get_skew_result_dataframe": "skew_frames",
        "get_slice_stats": "views",
        "get_statistics_html": "display",
        "infer_schema": "inference",
        "is_categorical_feature": "schema_editing",
        "is_clean": "splits",
        "load_anomalies_binary": "files",
        "load_anomalies_text": "files",
        "load_schema_text": "files",
        "load_sharded_statistics": "views",
        "load_statistics": "files",
        "load_stats_binary": "files",
        "load_stats_text": "files",
        "merge_anomalies": "anomaly_info",
        "raise_on_anomalies": "splits",
        "remaining_splits": "splits",
        "set_domain": "schema_editing",
        "split_pairs": "splits",
        "statistics_table": "tables",
        "update_schema": "schema_update",
        "validate_corresponding_slices": "slice_validation",
        "validate_distributions": "distribution_validation",
        "validate_examples": "row_validation",
        "validate_examples_in_csv": "row_validation",
        "validate_examples_in_tfrecord": "row_validation",
        "validate_instance": "row_validation",
        "validate_statistics": "validation",
        "validate_statistics_internal": "validation",
        "visualize_statistics": "display",
        "write_anomalies_binary": "files",
        "write_anomalies_table": "tables",
        "write_anomalies_text": "files",
        "write_distances_table": "tables",
        "write_schema_text": "files",
        "write_skew": "feature_skew",
        "write_statistics_table": "tables",
        "write_stats_binary": "files",
        "write_stats_text": "files",
    },
)
