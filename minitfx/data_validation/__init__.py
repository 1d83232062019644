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

from minitfx.data_validation.cross_features import CrossFeatureStatsGenerator
from minitfx.data_validation.display import (
    compare_slices,
    display_anomalies,
    display_schema,
    get_anomalies_dataframe,
    get_schema_dataframe,
    get_statistics_html,
    visualize_statistics,
)
from minitfx.data_validation.features import Feature, Kind, features_of
from minitfx.data_validation.files import (
    load_anomalies_binary,
    load_anomalies_text,
    load_schema_text,
    load_statistics,
    load_stats_binary,
    load_stats_text,
    write_anomalies_binary,
    write_anomalies_text,
    write_schema_text,
    write_stats_binary,
    write_stats_text,
)
from minitfx.data_validation.generate import (
    generate_statistics,
    generate_statistics_from_csv,
    generate_statistics_from_dataframe,
    generate_statistics_from_parquet,
)
from minitfx.data_validation.generators import (
    CombinerFeatureStatsGenerator,
    CombinerStatsGenerator,
    StatsGenerator,
)
from minitfx.data_validation.inference import infer_schema
from minitfx.data_validation.options import FeatureStatsOptions, StatsOptions
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.schema_diff import SchemaChange, diff_schemas
from minitfx.data_validation.schema_editing import (
    generate_dummy_schema_with_paths,
    get_categorical_features,
    get_categorical_numeric_features,
    get_domain,
    get_feature,
    get_multivalent_features,
    is_categorical_feature,
    set_domain,
)
from minitfx.data_validation.schema_update import update_schema
from minitfx.data_validation.slicing import experimental_get_feature_value_slicer
from minitfx.data_validation.splits import is_clean, raise_on_anomalies, remaining_splits
from minitfx.data_validation.tables import (
    anomalies_table,
    statistics_table,
    write_anomalies_table,
    write_statistics_table,
)
from minitfx.data_validation.validation import (
    ValidationOptions,
    validate_statistics,
    validate_statistics_internal,
)
from minitfx.data_validation.views import (
    CrossFeatureView,
    DatasetListView,
    DatasetView,
    FeatureView,
    get_custom_stats,
    get_feature_stats,
    get_slice_stats,
    load_sharded_statistics,
)

__all__ = [
    "CombinerFeatureStatsGenerator",
    "CombinerStatsGenerator",
    "CrossFeatureStatsGenerator",
    "CrossFeatureView",
    "DatasetListView",
    "DatasetView",
    "Feature",
    "FeaturePath",
    "FeatureStatsOptions",
    "FeatureView",
    "Kind",
    "SchemaChange",
    "StatsGenerator",
    "StatsOptions",
    "ValidationOptions",
    "anomalies_table",
    "compare_slices",
    "diff_schemas",
    "display_anomalies",
    "display_schema",
    "experimental_get_feature_value_slicer",
    "features_of",
    "generate_dummy_schema_with_paths",
    "generate_statistics",
    "generate_statistics_from_csv",
    "generate_statistics_from_dataframe",
    "generate_statistics_from_parquet",
    "get_anomalies_dataframe",
    "get_categorical_features",
    "get_categorical_numeric_features",
    "get_custom_stats",
    "get_domain",
    "get_feature",
    "get_feature_stats",
    "get_multivalent_features",
    "get_schema_dataframe",
    "get_slice_stats",
    "get_statistics_html",
    "infer_schema",
    "is_categorical_feature",
    "is_clean",
    "load_anomalies_binary",
    "load_anomalies_text",
    "load_schema_text",
    "load_sharded_statistics",
    "load_statistics",
    "load_stats_binary",
    "load_stats_text",
    "raise_on_anomalies",
    "remaining_splits",
    "set_domain",
    "statistics_table",
    "update_schema",
    "validate_statistics",
    "validate_statistics_internal",
    "visualize_statistics",
    "write_anomalies_binary",
    "write_anomalies_table",
    "write_anomalies_text",
    "write_schema_text",
    "write_statistics_table",
    "write_stats_binary",
    "write_stats_text",
]
