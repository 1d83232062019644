from google.protobuf import wrappers_pb2 as _wrappers_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MetricDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN: _ClassVar[MetricDirection]
    LOWER_IS_BETTER: _ClassVar[MetricDirection]
    HIGHER_IS_BETTER: _ClassVar[MetricDirection]
UNKNOWN: MetricDirection
LOWER_IS_BETTER: MetricDirection
HIGHER_IS_BETTER: MetricDirection

class ModelSpec(_message.Message):
    __slots__ = ("name", "signature_name", "label_key", "label_keys", "prediction_key", "prediction_keys", "example_weight_key", "example_weight_keys", "is_baseline", "model_type", "preprocessing_function_names", "padding_options", "inference_batch_size")
    class LabelKeysEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class PredictionKeysEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ExampleWeightKeysEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_KEYS_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_KEY_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_KEYS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_WEIGHT_KEY_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_WEIGHT_KEYS_FIELD_NUMBER: _ClassVar[int]
    IS_BASELINE_FIELD_NUMBER: _ClassVar[int]
    MODEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    PREPROCESSING_FUNCTION_NAMES_FIELD_NUMBER: _ClassVar[int]
    PADDING_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    INFERENCE_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    name: str
    signature_name: str
    label_key: str
    label_keys: _containers.ScalarMap[str, str]
    prediction_key: str
    prediction_keys: _containers.ScalarMap[str, str]
    example_weight_key: str
    example_weight_keys: _containers.ScalarMap[str, str]
    is_baseline: bool
    model_type: str
    preprocessing_function_names: _containers.RepeatedScalarFieldContainer[str]
    padding_options: PaddingOptions
    inference_batch_size: int
    def __init__(self, name: _Optional[str] = ..., signature_name: _Optional[str] = ..., label_key: _Optional[str] = ..., label_keys: _Optional[_Mapping[str, str]] = ..., prediction_key: _Optional[str] = ..., prediction_keys: _Optional[_Mapping[str, str]] = ..., example_weight_key: _Optional[str] = ..., example_weight_keys: _Optional[_Mapping[str, str]] = ..., is_baseline: bool = ..., model_type: _Optional[str] = ..., preprocessing_function_names: _Optional[_Iterable[str]] = ..., padding_options: _Optional[_Union[PaddingOptions, _Mapping]] = ..., inference_batch_size: _Optional[int] = ...) -> None: ...

class PaddingOptions(_message.Message):
    __slots__ = ("label_int_padding", "label_float_padding", "prediction_int_padding", "prediction_float_padding")
    LABEL_INT_PADDING_FIELD_NUMBER: _ClassVar[int]
    LABEL_FLOAT_PADDING_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_INT_PADDING_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_FLOAT_PADDING_FIELD_NUMBER: _ClassVar[int]
    label_int_padding: int
    label_float_padding: float
    prediction_int_padding: int
    prediction_float_padding: float
    def __init__(self, label_int_padding: _Optional[int] = ..., label_float_padding: _Optional[float] = ..., prediction_int_padding: _Optional[int] = ..., prediction_float_padding: _Optional[float] = ...) -> None: ...

class SlicingSpec(_message.Message):
    __slots__ = ("feature_keys", "feature_values", "slice_keys_sql")
    class FeatureValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    FEATURE_KEYS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_VALUES_FIELD_NUMBER: _ClassVar[int]
    SLICE_KEYS_SQL_FIELD_NUMBER: _ClassVar[int]
    feature_keys: _containers.RepeatedScalarFieldContainer[str]
    feature_values: _containers.ScalarMap[str, str]
    slice_keys_sql: str
    def __init__(self, feature_keys: _Optional[_Iterable[str]] = ..., feature_values: _Optional[_Mapping[str, str]] = ..., slice_keys_sql: _Optional[str] = ...) -> None: ...

class CrossSlicingSpec(_message.Message):
    __slots__ = ("baseline_spec", "slicing_specs")
    BASELINE_SPEC_FIELD_NUMBER: _ClassVar[int]
    SLICING_SPECS_FIELD_NUMBER: _ClassVar[int]
    baseline_spec: SlicingSpec
    slicing_specs: _containers.RepeatedCompositeFieldContainer[SlicingSpec]
    def __init__(self, baseline_spec: _Optional[_Union[SlicingSpec, _Mapping]] = ..., slicing_specs: _Optional[_Iterable[_Union[SlicingSpec, _Mapping]]] = ...) -> None: ...

class AggregationOptions(_message.Message):
    __slots__ = ("micro_average", "macro_average", "weighted_macro_average", "class_weights", "top_k_list")
    class ClassWeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: float
        def __init__(self, key: _Optional[int] = ..., value: _Optional[float] = ...) -> None: ...
    MICRO_AVERAGE_FIELD_NUMBER: _ClassVar[int]
    MACRO_AVERAGE_FIELD_NUMBER: _ClassVar[int]
    WEIGHTED_MACRO_AVERAGE_FIELD_NUMBER: _ClassVar[int]
    CLASS_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    TOP_K_LIST_FIELD_NUMBER: _ClassVar[int]
    micro_average: bool
    macro_average: bool
    weighted_macro_average: bool
    class_weights: _containers.ScalarMap[int, float]
    top_k_list: RepeatedInt32Value
    def __init__(self, micro_average: bool = ..., macro_average: bool = ..., weighted_macro_average: bool = ..., class_weights: _Optional[_Mapping[int, float]] = ..., top_k_list: _Optional[_Union[RepeatedInt32Value, _Mapping]] = ...) -> None: ...

class BinarizationOptions(_message.Message):
    __slots__ = ("class_ids", "k_list", "top_k_list")
    CLASS_IDS_FIELD_NUMBER: _ClassVar[int]
    K_LIST_FIELD_NUMBER: _ClassVar[int]
    TOP_K_LIST_FIELD_NUMBER: _ClassVar[int]
    class_ids: RepeatedInt32Value
    k_list: RepeatedInt32Value
    top_k_list: RepeatedInt32Value
    def __init__(self, class_ids: _Optional[_Union[RepeatedInt32Value, _Mapping]] = ..., k_list: _Optional[_Union[RepeatedInt32Value, _Mapping]] = ..., top_k_list: _Optional[_Union[RepeatedInt32Value, _Mapping]] = ...) -> None: ...

class ExampleWeightOptions(_message.Message):
    __slots__ = ("weighted", "unweighted")
    WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    UNWEIGHTED_FIELD_NUMBER: _ClassVar[int]
    weighted: bool
    unweighted: bool
    def __init__(self, weighted: bool = ..., unweighted: bool = ...) -> None: ...

class GenericChangeThreshold(_message.Message):
    __slots__ = ("absolute", "relative", "direction")
    ABSOLUTE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    absolute: _wrappers_pb2.DoubleValue
    relative: _wrappers_pb2.DoubleValue
    direction: MetricDirection
    def __init__(self, absolute: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., relative: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., direction: _Optional[_Union[MetricDirection, str]] = ...) -> None: ...

class GenericValueThreshold(_message.Message):
    __slots__ = ("lower_bound", "upper_bound")
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    lower_bound: _wrappers_pb2.DoubleValue
    upper_bound: _wrappers_pb2.DoubleValue
    def __init__(self, lower_bound: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., upper_bound: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ...) -> None: ...

class MetricThreshold(_message.Message):
    __slots__ = ("value_threshold", "change_threshold")
    VALUE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CHANGE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    value_threshold: GenericValueThreshold
    change_threshold: GenericChangeThreshold
    def __init__(self, value_threshold: _Optional[_Union[GenericValueThreshold, _Mapping]] = ..., change_threshold: _Optional[_Union[GenericChangeThreshold, _Mapping]] = ...) -> None: ...

class PerSliceMetricThreshold(_message.Message):
    __slots__ = ("slicing_specs", "threshold")
    SLICING_SPECS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    slicing_specs: _containers.RepeatedCompositeFieldContainer[SlicingSpec]
    threshold: MetricThreshold
    def __init__(self, slicing_specs: _Optional[_Iterable[_Union[SlicingSpec, _Mapping]]] = ..., threshold: _Optional[_Union[MetricThreshold, _Mapping]] = ...) -> None: ...

class PerSliceMetricThresholds(_message.Message):
    __slots__ = ("thresholds",)
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    thresholds: _containers.RepeatedCompositeFieldContainer[PerSliceMetricThreshold]
    def __init__(self, thresholds: _Optional[_Iterable[_Union[PerSliceMetricThreshold, _Mapping]]] = ...) -> None: ...

class CrossSliceMetricThreshold(_message.Message):
    __slots__ = ("cross_slicing_specs", "threshold")
    CROSS_SLICING_SPECS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    cross_slicing_specs: _containers.RepeatedCompositeFieldContainer[CrossSlicingSpec]
    threshold: MetricThreshold
    def __init__(self, cross_slicing_specs: _Optional[_Iterable[_Union[CrossSlicingSpec, _Mapping]]] = ..., threshold: _Optional[_Union[MetricThreshold, _Mapping]] = ...) -> None: ...

class CrossSliceMetricThresholds(_message.Message):
    __slots__ = ("thresholds",)
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    thresholds: _containers.RepeatedCompositeFieldContainer[CrossSliceMetricThreshold]
    def __init__(self, thresholds: _Optional[_Iterable[_Union[CrossSliceMetricThreshold, _Mapping]]] = ...) -> None: ...

class MetricConfig(_message.Message):
    __slots__ = ("class_name", "module", "config", "threshold", "per_slice_thresholds", "cross_slice_thresholds")
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    MODULE_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    PER_SLICE_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICE_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    class_name: str
    module: str
    config: str
    threshold: MetricThreshold
    per_slice_thresholds: _containers.RepeatedCompositeFieldContainer[PerSliceMetricThreshold]
    cross_slice_thresholds: _containers.RepeatedCompositeFieldContainer[CrossSliceMetricThreshold]
    def __init__(self, class_name: _Optional[str] = ..., module: _Optional[str] = ..., config: _Optional[str] = ..., threshold: _Optional[_Union[MetricThreshold, _Mapping]] = ..., per_slice_thresholds: _Optional[_Iterable[_Union[PerSliceMetricThreshold, _Mapping]]] = ..., cross_slice_thresholds: _Optional[_Iterable[_Union[CrossSliceMetricThreshold, _Mapping]]] = ...) -> None: ...

class MetricsSpec(_message.Message):
    __slots__ = ("metrics", "model_names", "output_names", "binarize", "query_key", "aggregate", "thresholds", "per_slice_thresholds", "cross_slice_thresholds", "output_weights", "example_weights")
    class ThresholdsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MetricThreshold
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MetricThreshold, _Mapping]] = ...) -> None: ...
    class PerSliceThresholdsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: PerSliceMetricThresholds
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[PerSliceMetricThresholds, _Mapping]] = ...) -> None: ...
    class CrossSliceThresholdsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: CrossSliceMetricThresholds
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[CrossSliceMetricThresholds, _Mapping]] = ...) -> None: ...
    class OutputWeightsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    METRICS_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAMES_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_NAMES_FIELD_NUMBER: _ClassVar[int]
    BINARIZE_FIELD_NUMBER: _ClassVar[int]
    QUERY_KEY_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    PER_SLICE_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICE_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    metrics: _containers.RepeatedCompositeFieldContainer[MetricConfig]
    model_names: _containers.RepeatedScalarFieldContainer[str]
    output_names: _containers.RepeatedScalarFieldContainer[str]
    binarize: BinarizationOptions
    query_key: str
    aggregate: AggregationOptions
    thresholds: _containers.MessageMap[str, MetricThreshold]
    per_slice_thresholds: _containers.MessageMap[str, PerSliceMetricThresholds]
    cross_slice_thresholds: _containers.MessageMap[str, CrossSliceMetricThresholds]
    output_weights: _containers.ScalarMap[str, float]
    example_weights: ExampleWeightOptions
    def __init__(self, metrics: _Optional[_Iterable[_Union[MetricConfig, _Mapping]]] = ..., model_names: _Optional[_Iterable[str]] = ..., output_names: _Optional[_Iterable[str]] = ..., binarize: _Optional[_Union[BinarizationOptions, _Mapping]] = ..., query_key: _Optional[str] = ..., aggregate: _Optional[_Union[AggregationOptions, _Mapping]] = ..., thresholds: _Optional[_Mapping[str, MetricThreshold]] = ..., per_slice_thresholds: _Optional[_Mapping[str, PerSliceMetricThresholds]] = ..., cross_slice_thresholds: _Optional[_Mapping[str, CrossSliceMetricThresholds]] = ..., output_weights: _Optional[_Mapping[str, float]] = ..., example_weights: _Optional[_Union[ExampleWeightOptions, _Mapping]] = ...) -> None: ...

class ConfidenceIntervalOptions(_message.Message):
    __slots__ = ("method",)
    class ConfidenceIntervalMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN_CONFIDENCE_INTERVAL_METHOD: _ClassVar[ConfidenceIntervalOptions.ConfidenceIntervalMethod]
        POISSON_BOOTSTRAP: _ClassVar[ConfidenceIntervalOptions.ConfidenceIntervalMethod]
        JACKKNIFE: _ClassVar[ConfidenceIntervalOptions.ConfidenceIntervalMethod]
        ANALYTIC: _ClassVar[ConfidenceIntervalOptions.ConfidenceIntervalMethod]
    UNKNOWN_CONFIDENCE_INTERVAL_METHOD: ConfidenceIntervalOptions.ConfidenceIntervalMethod
    POISSON_BOOTSTRAP: ConfidenceIntervalOptions.ConfidenceIntervalMethod
    JACKKNIFE: ConfidenceIntervalOptions.ConfidenceIntervalMethod
    ANALYTIC: ConfidenceIntervalOptions.ConfidenceIntervalMethod
    METHOD_FIELD_NUMBER: _ClassVar[int]
    method: ConfidenceIntervalOptions.ConfidenceIntervalMethod
    def __init__(self, method: _Optional[_Union[ConfidenceIntervalOptions.ConfidenceIntervalMethod, str]] = ...) -> None: ...

class Options(_message.Message):
    __slots__ = ("include_default_metrics", "compute_confidence_intervals", "min_slice_size", "disabled_outputs", "confidence_intervals")
    INCLUDE_DEFAULT_METRICS_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_CONFIDENCE_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    MIN_SLICE_SIZE_FIELD_NUMBER: _ClassVar[int]
    DISABLED_OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    include_default_metrics: _wrappers_pb2.BoolValue
    compute_confidence_intervals: _wrappers_pb2.BoolValue
    min_slice_size: _wrappers_pb2.Int32Value
    disabled_outputs: RepeatedStringValue
    confidence_intervals: ConfidenceIntervalOptions
    def __init__(self, include_default_metrics: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ..., compute_confidence_intervals: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ..., min_slice_size: _Optional[_Union[_wrappers_pb2.Int32Value, _Mapping]] = ..., disabled_outputs: _Optional[_Union[RepeatedStringValue, _Mapping]] = ..., confidence_intervals: _Optional[_Union[ConfidenceIntervalOptions, _Mapping]] = ...) -> None: ...

class EvalConfig(_message.Message):
    __slots__ = ("model_specs", "slicing_specs", "metrics_specs", "options", "cross_slicing_specs")
    MODEL_SPECS_FIELD_NUMBER: _ClassVar[int]
    SLICING_SPECS_FIELD_NUMBER: _ClassVar[int]
    METRICS_SPECS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICING_SPECS_FIELD_NUMBER: _ClassVar[int]
    model_specs: _containers.RepeatedCompositeFieldContainer[ModelSpec]
    slicing_specs: _containers.RepeatedCompositeFieldContainer[SlicingSpec]
    metrics_specs: _containers.RepeatedCompositeFieldContainer[MetricsSpec]
    options: Options
    cross_slicing_specs: _containers.RepeatedCompositeFieldContainer[CrossSlicingSpec]
    def __init__(self, model_specs: _Optional[_Iterable[_Union[ModelSpec, _Mapping]]] = ..., slicing_specs: _Optional[_Iterable[_Union[SlicingSpec, _Mapping]]] = ..., metrics_specs: _Optional[_Iterable[_Union[MetricsSpec, _Mapping]]] = ..., options: _Optional[_Union[Options, _Mapping]] = ..., cross_slicing_specs: _Optional[_Iterable[_Union[CrossSlicingSpec, _Mapping]]] = ...) -> None: ...

class RepeatedStringValue(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class RepeatedInt32Value(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class EvalConfigAndVersion(_message.Message):
    __slots__ = ("eval_config", "version")
    EVAL_CONFIG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    eval_config: EvalConfig
    version: str
    def __init__(self, eval_config: _Optional[_Union[EvalConfig, _Mapping]] = ..., version: _Optional[str] = ...) -> None: ...

class EvalRun(_message.Message):
    __slots__ = ("eval_config", "version", "data_location", "file_format", "model_locations")
    class ModelLocationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVAL_CONFIG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DATA_LOCATION_FIELD_NUMBER: _ClassVar[int]
    FILE_FORMAT_FIELD_NUMBER: _ClassVar[int]
    MODEL_LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    eval_config: EvalConfig
    version: str
    data_location: str
    file_format: str
    model_locations: _containers.ScalarMap[str, str]
    def __init__(self, eval_config: _Optional[_Union[EvalConfig, _Mapping]] = ..., version: _Optional[str] = ..., data_location: _Optional[str] = ..., file_format: _Optional[str] = ..., model_locations: _Optional[_Mapping[str, str]] = ...) -> None: ...

class FeatureSlicingSpec(_message.Message):
    __slots__ = ("specs",)
    SPECS_FIELD_NUMBER: _ClassVar[int]
    specs: _containers.RepeatedCompositeFieldContainer[SingleSlicingSpec]
    def __init__(self, specs: _Optional[_Iterable[_Union[SingleSlicingSpec, _Mapping]]] = ...) -> None: ...

class SingleSlicingSpec(_message.Message):
    __slots__ = ("column_for_slicing",)
    COLUMN_FOR_SLICING_FIELD_NUMBER: _ClassVar[int]
    column_for_slicing: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, column_for_slicing: _Optional[_Iterable[str]] = ...) -> None: ...

class SubKey(_message.Message):
    __slots__ = ("class_id", "k", "top_k")
    CLASS_ID_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    class_id: _wrappers_pb2.Int32Value
    k: _wrappers_pb2.Int32Value
    top_k: _wrappers_pb2.Int32Value
    def __init__(self, class_id: _Optional[_Union[_wrappers_pb2.Int32Value, _Mapping]] = ..., k: _Optional[_Union[_wrappers_pb2.Int32Value, _Mapping]] = ..., top_k: _Optional[_Union[_wrappers_pb2.Int32Value, _Mapping]] = ...) -> None: ...

class AggregationType(_message.Message):
    __slots__ = ("micro_average", "macro_average", "weighted_macro_average")
    MICRO_AVERAGE_FIELD_NUMBER: _ClassVar[int]
    MACRO_AVERAGE_FIELD_NUMBER: _ClassVar[int]
    WEIGHTED_MACRO_AVERAGE_FIELD_NUMBER: _ClassVar[int]
    micro_average: bool
    macro_average: bool
    weighted_macro_average: bool
    def __init__(self, micro_average: bool = ..., macro_average: bool = ..., weighted_macro_average: bool = ...) -> None: ...

class MetricKey(_message.Message):
    __slots__ = ("name", "output_name", "sub_key", "model_name", "is_diff", "aggregation_type", "example_weighted")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_NAME_FIELD_NUMBER: _ClassVar[int]
    SUB_KEY_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    IS_DIFF_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    output_name: str
    sub_key: SubKey
    model_name: str
    is_diff: bool
    aggregation_type: AggregationType
    example_weighted: _wrappers_pb2.BoolValue
    def __init__(self, name: _Optional[str] = ..., output_name: _Optional[str] = ..., sub_key: _Optional[_Union[SubKey, _Mapping]] = ..., model_name: _Optional[str] = ..., is_diff: bool = ..., aggregation_type: _Optional[_Union[AggregationType, _Mapping]] = ..., example_weighted: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ...) -> None: ...

class UnknownType(_message.Message):
    __slots__ = ("error", "value")
    ERROR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    error: str
    value: bytes
    def __init__(self, error: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class BoundedValue(_message.Message):
    __slots__ = ("lower_bound", "upper_bound", "value", "methodology")
    class Methodology(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN: _ClassVar[BoundedValue.Methodology]
        RIEMANN_SUM: _ClassVar[BoundedValue.Methodology]
        POISSON_BOOTSTRAP: _ClassVar[BoundedValue.Methodology]
        JACKKNIFE: _ClassVar[BoundedValue.Methodology]
        ANALYTIC: _ClassVar[BoundedValue.Methodology]
    UNKNOWN: BoundedValue.Methodology
    RIEMANN_SUM: BoundedValue.Methodology
    POISSON_BOOTSTRAP: BoundedValue.Methodology
    JACKKNIFE: BoundedValue.Methodology
    ANALYTIC: BoundedValue.Methodology
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    METHODOLOGY_FIELD_NUMBER: _ClassVar[int]
    lower_bound: _wrappers_pb2.DoubleValue
    upper_bound: _wrappers_pb2.DoubleValue
    value: _wrappers_pb2.DoubleValue
    methodology: BoundedValue.Methodology
    def __init__(self, lower_bound: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., upper_bound: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., value: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., methodology: _Optional[_Union[BoundedValue.Methodology, str]] = ...) -> None: ...

class TDistributionValue(_message.Message):
    __slots__ = ("sample_mean", "sample_standard_deviation", "sample_degrees_of_freedom", "unsampled_value")
    SAMPLE_MEAN_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_STANDARD_DEVIATION_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_DEGREES_OF_FREEDOM_FIELD_NUMBER: _ClassVar[int]
    UNSAMPLED_VALUE_FIELD_NUMBER: _ClassVar[int]
    sample_mean: _wrappers_pb2.DoubleValue
    sample_standard_deviation: _wrappers_pb2.DoubleValue
    sample_degrees_of_freedom: _wrappers_pb2.Int64Value
    unsampled_value: _wrappers_pb2.DoubleValue
    def __init__(self, sample_mean: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., sample_standard_deviation: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., sample_degrees_of_freedom: _Optional[_Union[_wrappers_pb2.Int64Value, _Mapping]] = ..., unsampled_value: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ...) -> None: ...

class ValueAtCutoffs(_message.Message):
    __slots__ = ("values",)
    class ValueCutoffPair(_message.Message):
        __slots__ = ("cutoff", "value", "bounded_value", "t_distribution_value")
        CUTOFF_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        BOUNDED_VALUE_FIELD_NUMBER: _ClassVar[int]
        T_DISTRIBUTION_VALUE_FIELD_NUMBER: _ClassVar[int]
        cutoff: int
        value: float
        bounded_value: BoundedValue
        t_distribution_value: TDistributionValue
        def __init__(self, cutoff: _Optional[int] = ..., value: _Optional[float] = ..., bounded_value: _Optional[_Union[BoundedValue, _Mapping]] = ..., t_distribution_value: _Optional[_Union[TDistributionValue, _Mapping]] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[ValueAtCutoffs.ValueCutoffPair]
    def __init__(self, values: _Optional[_Iterable[_Union[ValueAtCutoffs.ValueCutoffPair, _Mapping]]] = ...) -> None: ...

class ConfusionMatrixAtThresholds(_message.Message):
    __slots__ = ("matrices",)
    class ConfusionMatrixAtThreshold(_message.Message):
        __slots__ = ("threshold", "false_negatives", "true_negatives", "false_positives", "true_positives", "precision", "recall", "bounded_false_negatives", "bounded_true_negatives", "bounded_false_positives", "bounded_true_positives", "bounded_precision", "bounded_recall", "t_distribution_false_negatives", "t_distribution_true_negatives", "t_distribution_false_positives", "t_distribution_true_positives", "t_distribution_precision", "t_distribution_recall", "false_positive_rate", "f1", "accuracy", "false_omission_rate")
        THRESHOLD_FIELD_NUMBER: _ClassVar[int]
        FALSE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        TRUE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        FALSE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        TRUE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        PRECISION_FIELD_NUMBER: _ClassVar[int]
        RECALL_FIELD_NUMBER: _ClassVar[int]
        BOUNDED_FALSE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        BOUNDED_TRUE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        BOUNDED_FALSE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        BOUNDED_TRUE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        BOUNDED_PRECISION_FIELD_NUMBER: _ClassVar[int]
        BOUNDED_RECALL_FIELD_NUMBER: _ClassVar[int]
        T_DISTRIBUTION_FALSE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        T_DISTRIBUTION_TRUE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        T_DISTRIBUTION_FALSE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        T_DISTRIBUTION_TRUE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        T_DISTRIBUTION_PRECISION_FIELD_NUMBER: _ClassVar[int]
        T_DISTRIBUTION_RECALL_FIELD_NUMBER: _ClassVar[int]
        FALSE_POSITIVE_RATE_FIELD_NUMBER: _ClassVar[int]
        F1_FIELD_NUMBER: _ClassVar[int]
        ACCURACY_FIELD_NUMBER: _ClassVar[int]
        FALSE_OMISSION_RATE_FIELD_NUMBER: _ClassVar[int]
        threshold: float
        false_negatives: float
        true_negatives: float
        false_positives: float
        true_positives: float
        precision: float
        recall: float
        bounded_false_negatives: BoundedValue
        bounded_true_negatives: BoundedValue
        bounded_false_positives: BoundedValue
        bounded_true_positives: BoundedValue
        bounded_precision: BoundedValue
        bounded_recall: BoundedValue
        t_distribution_false_negatives: TDistributionValue
        t_distribution_true_negatives: TDistributionValue
        t_distribution_false_positives: TDistributionValue
        t_distribution_true_positives: TDistributionValue
        t_distribution_precision: TDistributionValue
        t_distribution_recall: TDistributionValue
        false_positive_rate: float
        f1: float
        accuracy: float
        false_omission_rate: float
        def __init__(self, threshold: _Optional[float] = ..., false_negatives: _Optional[float] = ..., true_negatives: _Optional[float] = ..., false_positives: _Optional[float] = ..., true_positives: _Optional[float] = ..., precision: _Optional[float] = ..., recall: _Optional[float] = ..., bounded_false_negatives: _Optional[_Union[BoundedValue, _Mapping]] = ..., bounded_true_negatives: _Optional[_Union[BoundedValue, _Mapping]] = ..., bounded_false_positives: _Optional[_Union[BoundedValue, _Mapping]] = ..., bounded_true_positives: _Optional[_Union[BoundedValue, _Mapping]] = ..., bounded_precision: _Optional[_Union[BoundedValue, _Mapping]] = ..., bounded_recall: _Optional[_Union[BoundedValue, _Mapping]] = ..., t_distribution_false_negatives: _Optional[_Union[TDistributionValue, _Mapping]] = ..., t_distribution_true_negatives: _Optional[_Union[TDistributionValue, _Mapping]] = ..., t_distribution_false_positives: _Optional[_Union[TDistributionValue, _Mapping]] = ..., t_distribution_true_positives: _Optional[_Union[TDistributionValue, _Mapping]] = ..., t_distribution_precision: _Optional[_Union[TDistributionValue, _Mapping]] = ..., t_distribution_recall: _Optional[_Union[TDistributionValue, _Mapping]] = ..., false_positive_rate: _Optional[float] = ..., f1: _Optional[float] = ..., accuracy: _Optional[float] = ..., false_omission_rate: _Optional[float] = ...) -> None: ...
    MATRICES_FIELD_NUMBER: _ClassVar[int]
    matrices: _containers.RepeatedCompositeFieldContainer[ConfusionMatrixAtThresholds.ConfusionMatrixAtThreshold]
    def __init__(self, matrices: _Optional[_Iterable[_Union[ConfusionMatrixAtThresholds.ConfusionMatrixAtThreshold, _Mapping]]] = ...) -> None: ...

class MultiClassConfusionMatrixAtThresholds(_message.Message):
    __slots__ = ("matrices",)
    class MultiClassConfusionMatrixEntry(_message.Message):
        __slots__ = ("actual_class_id", "predicted_class_id", "num_weighted_examples")
        ACTUAL_CLASS_ID_FIELD_NUMBER: _ClassVar[int]
        PREDICTED_CLASS_ID_FIELD_NUMBER: _ClassVar[int]
        NUM_WEIGHTED_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
        actual_class_id: int
        predicted_class_id: int
        num_weighted_examples: float
        def __init__(self, actual_class_id: _Optional[int] = ..., predicted_class_id: _Optional[int] = ..., num_weighted_examples: _Optional[float] = ...) -> None: ...
    class MultiClassConfusionMatrix(_message.Message):
        __slots__ = ("threshold", "entries")
        THRESHOLD_FIELD_NUMBER: _ClassVar[int]
        ENTRIES_FIELD_NUMBER: _ClassVar[int]
        threshold: float
        entries: _containers.RepeatedCompositeFieldContainer[MultiClassConfusionMatrixAtThresholds.MultiClassConfusionMatrixEntry]
        def __init__(self, threshold: _Optional[float] = ..., entries: _Optional[_Iterable[_Union[MultiClassConfusionMatrixAtThresholds.MultiClassConfusionMatrixEntry, _Mapping]]] = ...) -> None: ...
    MATRICES_FIELD_NUMBER: _ClassVar[int]
    matrices: _containers.RepeatedCompositeFieldContainer[MultiClassConfusionMatrixAtThresholds.MultiClassConfusionMatrix]
    def __init__(self, matrices: _Optional[_Iterable[_Union[MultiClassConfusionMatrixAtThresholds.MultiClassConfusionMatrix, _Mapping]]] = ...) -> None: ...

class MultiLabelConfusionMatrixAtThresholds(_message.Message):
    __slots__ = ("matrices",)
    class MultiLabelConfusionMatrixEntry(_message.Message):
        __slots__ = ("actual_class_id", "predicted_class_id", "false_negatives", "true_negatives", "false_positives", "true_positives")
        ACTUAL_CLASS_ID_FIELD_NUMBER: _ClassVar[int]
        PREDICTED_CLASS_ID_FIELD_NUMBER: _ClassVar[int]
        FALSE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        TRUE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
        FALSE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        TRUE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
        actual_class_id: int
        predicted_class_id: int
        false_negatives: float
        true_negatives: float
        false_positives: float
        true_positives: float
        def __init__(self, actual_class_id: _Optional[int] = ..., predicted_class_id: _Optional[int] = ..., false_negatives: _Optional[float] = ..., true_negatives: _Optional[float] = ..., false_positives: _Optional[float] = ..., true_positives: _Optional[float] = ...) -> None: ...
    class MultiLabelConfusionMatrix(_message.Message):
        __slots__ = ("threshold", "entries")
        THRESHOLD_FIELD_NUMBER: _ClassVar[int]
        ENTRIES_FIELD_NUMBER: _ClassVar[int]
        threshold: float
        entries: _containers.RepeatedCompositeFieldContainer[MultiLabelConfusionMatrixAtThresholds.MultiLabelConfusionMatrixEntry]
        def __init__(self, threshold: _Optional[float] = ..., entries: _Optional[_Iterable[_Union[MultiLabelConfusionMatrixAtThresholds.MultiLabelConfusionMatrixEntry, _Mapping]]] = ...) -> None: ...
    MATRICES_FIELD_NUMBER: _ClassVar[int]
    matrices: _containers.RepeatedCompositeFieldContainer[MultiLabelConfusionMatrixAtThresholds.MultiLabelConfusionMatrix]
    def __init__(self, matrices: _Optional[_Iterable[_Union[MultiLabelConfusionMatrixAtThresholds.MultiLabelConfusionMatrix, _Mapping]]] = ...) -> None: ...

class ArrayValue(_message.Message):
    __slots__ = ("data_type", "shape", "bytes_values", "int32_values", "int64_values", "float32_values", "float64_values")
    class DataType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN: _ClassVar[ArrayValue.DataType]
        BYTES: _ClassVar[ArrayValue.DataType]
        INT32: _ClassVar[ArrayValue.DataType]
        INT64: _ClassVar[ArrayValue.DataType]
        FLOAT32: _ClassVar[ArrayValue.DataType]
        FLOAT64: _ClassVar[ArrayValue.DataType]
    UNKNOWN: ArrayValue.DataType
    BYTES: ArrayValue.DataType
    INT32: ArrayValue.DataType
    INT64: ArrayValue.DataType
    FLOAT32: ArrayValue.DataType
    FLOAT64: ArrayValue.DataType
    DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUES_FIELD_NUMBER: _ClassVar[int]
    INT32_VALUES_FIELD_NUMBER: _ClassVar[int]
    INT64_VALUES_FIELD_NUMBER: _ClassVar[int]
    FLOAT32_VALUES_FIELD_NUMBER: _ClassVar[int]
    FLOAT64_VALUES_FIELD_NUMBER: _ClassVar[int]
    data_type: ArrayValue.DataType
    shape: _containers.RepeatedScalarFieldContainer[int]
    bytes_values: _containers.RepeatedScalarFieldContainer[bytes]
    int32_values: _containers.RepeatedScalarFieldContainer[int]
    int64_values: _containers.RepeatedScalarFieldContainer[int]
    float32_values: _containers.RepeatedScalarFieldContainer[float]
    float64_values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, data_type: _Optional[_Union[ArrayValue.DataType, str]] = ..., shape: _Optional[_Iterable[int]] = ..., bytes_values: _Optional[_Iterable[bytes]] = ..., int32_values: _Optional[_Iterable[int]] = ..., int64_values: _Optional[_Iterable[int]] = ..., float32_values: _Optional[_Iterable[float]] = ..., float64_values: _Optional[_Iterable[float]] = ...) -> None: ...

class MetricValue(_message.Message):
    __slots__ = ("double_value", "bounded_value", "unknown_type", "value_at_cutoffs", "confusion_matrix_at_thresholds", "bytes_value", "array_value", "t_distribution_value", "debug_message", "multi_class_confusion_matrix_at_thresholds")
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOUNDED_VALUE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_AT_CUTOFFS_FIELD_NUMBER: _ClassVar[int]
    CONFUSION_MATRIX_AT_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUE_FIELD_NUMBER: _ClassVar[int]
    ARRAY_VALUE_FIELD_NUMBER: _ClassVar[int]
    T_DISTRIBUTION_VALUE_FIELD_NUMBER: _ClassVar[int]
    DEBUG_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MULTI_CLASS_CONFUSION_MATRIX_AT_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    double_value: _wrappers_pb2.DoubleValue
    bounded_value: BoundedValue
    unknown_type: UnknownType
    value_at_cutoffs: ValueAtCutoffs
    confusion_matrix_at_thresholds: ConfusionMatrixAtThresholds
    bytes_value: bytes
    array_value: ArrayValue
    t_distribution_value: TDistributionValue
    debug_message: str
    multi_class_confusion_matrix_at_thresholds: MultiClassConfusionMatrixAtThresholds
    def __init__(self, double_value: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., bounded_value: _Optional[_Union[BoundedValue, _Mapping]] = ..., unknown_type: _Optional[_Union[UnknownType, _Mapping]] = ..., value_at_cutoffs: _Optional[_Union[ValueAtCutoffs, _Mapping]] = ..., confusion_matrix_at_thresholds: _Optional[_Union[ConfusionMatrixAtThresholds, _Mapping]] = ..., bytes_value: _Optional[bytes] = ..., array_value: _Optional[_Union[ArrayValue, _Mapping]] = ..., t_distribution_value: _Optional[_Union[TDistributionValue, _Mapping]] = ..., debug_message: _Optional[str] = ..., multi_class_confusion_matrix_at_thresholds: _Optional[_Union[MultiClassConfusionMatrixAtThresholds, _Mapping]] = ...) -> None: ...

class SingleSliceKey(_message.Message):
    __slots__ = ("column", "bytes_value", "float_value", "int64_value")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUE_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT64_VALUE_FIELD_NUMBER: _ClassVar[int]
    column: str
    bytes_value: bytes
    float_value: float
    int64_value: int
    def __init__(self, column: _Optional[str] = ..., bytes_value: _Optional[bytes] = ..., float_value: _Optional[float] = ..., int64_value: _Optional[int] = ...) -> None: ...

class SliceKey(_message.Message):
    __slots__ = ("single_slice_keys",)
    SINGLE_SLICE_KEYS_FIELD_NUMBER: _ClassVar[int]
    single_slice_keys: _containers.RepeatedCompositeFieldContainer[SingleSliceKey]
    def __init__(self, single_slice_keys: _Optional[_Iterable[_Union[SingleSliceKey, _Mapping]]] = ...) -> None: ...

class CrossSliceKey(_message.Message):
    __slots__ = ("baseline_slice_key", "comparison_slice_key")
    BASELINE_SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    baseline_slice_key: SliceKey
    comparison_slice_key: SliceKey
    def __init__(self, baseline_slice_key: _Optional[_Union[SliceKey, _Mapping]] = ..., comparison_slice_key: _Optional[_Union[SliceKey, _Mapping]] = ...) -> None: ...

class ConfidenceInterval(_message.Message):
    __slots__ = ("upper_bound", "lower_bound", "standard_error", "degrees_of_freedom")
    UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    DEGREES_OF_FREEDOM_FIELD_NUMBER: _ClassVar[int]
    upper_bound: MetricValue
    lower_bound: MetricValue
    standard_error: MetricValue
    degrees_of_freedom: _wrappers_pb2.Int64Value
    def __init__(self, upper_bound: _Optional[_Union[MetricValue, _Mapping]] = ..., lower_bound: _Optional[_Union[MetricValue, _Mapping]] = ..., standard_error: _Optional[_Union[MetricValue, _Mapping]] = ..., degrees_of_freedom: _Optional[_Union[_wrappers_pb2.Int64Value, _Mapping]] = ...) -> None: ...

class MetricsForSlice(_message.Message):
    __slots__ = ("slice_key", "cross_slice_key", "metrics", "metric_keys_and_values")
    class MetricKeyAndValue(_message.Message):
        __slots__ = ("key", "value", "confidence_interval")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        CONFIDENCE_INTERVAL_FIELD_NUMBER: _ClassVar[int]
        key: MetricKey
        value: MetricValue
        confidence_interval: ConfidenceInterval
        def __init__(self, key: _Optional[_Union[MetricKey, _Mapping]] = ..., value: _Optional[_Union[MetricValue, _Mapping]] = ..., confidence_interval: _Optional[_Union[ConfidenceInterval, _Mapping]] = ...) -> None: ...
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MetricValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MetricValue, _Mapping]] = ...) -> None: ...
    SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    METRIC_KEYS_AND_VALUES_FIELD_NUMBER: _ClassVar[int]
    slice_key: SliceKey
    cross_slice_key: CrossSliceKey
    metrics: _containers.MessageMap[str, MetricValue]
    metric_keys_and_values: _containers.RepeatedCompositeFieldContainer[MetricsForSlice.MetricKeyAndValue]
    def __init__(self, slice_key: _Optional[_Union[SliceKey, _Mapping]] = ..., cross_slice_key: _Optional[_Union[CrossSliceKey, _Mapping]] = ..., metrics: _Optional[_Mapping[str, MetricValue]] = ..., metric_keys_and_values: _Optional[_Iterable[_Union[MetricsForSlice.MetricKeyAndValue, _Mapping]]] = ...) -> None: ...

class CalibrationHistogramBuckets(_message.Message):
    __slots__ = ("buckets",)
    class Bucket(_message.Message):
        __slots__ = ("lower_threshold_inclusive", "upper_threshold_exclusive", "num_weighted_examples", "total_weighted_label", "total_weighted_refined_prediction")
        LOWER_THRESHOLD_INCLUSIVE_FIELD_NUMBER: _ClassVar[int]
        UPPER_THRESHOLD_EXCLUSIVE_FIELD_NUMBER: _ClassVar[int]
        NUM_WEIGHTED_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
        TOTAL_WEIGHTED_LABEL_FIELD_NUMBER: _ClassVar[int]
        TOTAL_WEIGHTED_REFINED_PREDICTION_FIELD_NUMBER: _ClassVar[int]
        lower_threshold_inclusive: float
        upper_threshold_exclusive: float
        num_weighted_examples: _wrappers_pb2.DoubleValue
        total_weighted_label: _wrappers_pb2.DoubleValue
        total_weighted_refined_prediction: _wrappers_pb2.DoubleValue
        def __init__(self, lower_threshold_inclusive: _Optional[float] = ..., upper_threshold_exclusive: _Optional[float] = ..., num_weighted_examples: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., total_weighted_label: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ..., total_weighted_refined_prediction: _Optional[_Union[_wrappers_pb2.DoubleValue, _Mapping]] = ...) -> None: ...
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    buckets: _containers.RepeatedCompositeFieldContainer[CalibrationHistogramBuckets.Bucket]
    def __init__(self, buckets: _Optional[_Iterable[_Union[CalibrationHistogramBuckets.Bucket, _Mapping]]] = ...) -> None: ...

class PlotData(_message.Message):
    __slots__ = ("calibration_histogram_buckets", "confusion_matrix_at_thresholds", "debug_message", "multi_class_confusion_matrix_at_thresholds", "multi_label_confusion_matrix_at_thresholds")
    CALIBRATION_HISTOGRAM_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    CONFUSION_MATRIX_AT_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    DEBUG_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MULTI_CLASS_CONFUSION_MATRIX_AT_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    MULTI_LABEL_CONFUSION_MATRIX_AT_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    calibration_histogram_buckets: CalibrationHistogramBuckets
    confusion_matrix_at_thresholds: ConfusionMatrixAtThresholds
    debug_message: str
    multi_class_confusion_matrix_at_thresholds: MultiClassConfusionMatrixAtThresholds
    multi_label_confusion_matrix_at_thresholds: MultiLabelConfusionMatrixAtThresholds
    def __init__(self, calibration_histogram_buckets: _Optional[_Union[CalibrationHistogramBuckets, _Mapping]] = ..., confusion_matrix_at_thresholds: _Optional[_Union[ConfusionMatrixAtThresholds, _Mapping]] = ..., debug_message: _Optional[str] = ..., multi_class_confusion_matrix_at_thresholds: _Optional[_Union[MultiClassConfusionMatrixAtThresholds, _Mapping]] = ..., multi_label_confusion_matrix_at_thresholds: _Optional[_Union[MultiLabelConfusionMatrixAtThresholds, _Mapping]] = ...) -> None: ...

class PlotKey(_message.Message):
    __slots__ = ("output_name", "sub_key", "model_name", "example_weighted", "name")
    OUTPUT_NAME_FIELD_NUMBER: _ClassVar[int]
    SUB_KEY_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    output_name: str
    sub_key: SubKey
    model_name: str
    example_weighted: _wrappers_pb2.BoolValue
    name: str
    def __init__(self, output_name: _Optional[str] = ..., sub_key: _Optional[_Union[SubKey, _Mapping]] = ..., model_name: _Optional[str] = ..., example_weighted: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ..., name: _Optional[str] = ...) -> None: ...

class PlotsForSlice(_message.Message):
    __slots__ = ("slice_key", "cross_slice_key", "plot_data", "plots", "plot_keys_and_values")
    class PlotKeyAndValue(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: PlotKey
        value: PlotData
        def __init__(self, key: _Optional[_Union[PlotKey, _Mapping]] = ..., value: _Optional[_Union[PlotData, _Mapping]] = ...) -> None: ...
    class PlotsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: PlotData
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[PlotData, _Mapping]] = ...) -> None: ...
    SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    PLOT_DATA_FIELD_NUMBER: _ClassVar[int]
    PLOTS_FIELD_NUMBER: _ClassVar[int]
    PLOT_KEYS_AND_VALUES_FIELD_NUMBER: _ClassVar[int]
    slice_key: SliceKey
    cross_slice_key: CrossSliceKey
    plot_data: PlotData
    plots: _containers.MessageMap[str, PlotData]
    plot_keys_and_values: _containers.RepeatedCompositeFieldContainer[PlotsForSlice.PlotKeyAndValue]
    def __init__(self, slice_key: _Optional[_Union[SliceKey, _Mapping]] = ..., cross_slice_key: _Optional[_Union[CrossSliceKey, _Mapping]] = ..., plot_data: _Optional[_Union[PlotData, _Mapping]] = ..., plots: _Optional[_Mapping[str, PlotData]] = ..., plot_keys_and_values: _Optional[_Iterable[_Union[PlotsForSlice.PlotKeyAndValue, _Mapping]]] = ...) -> None: ...

class AttributionsKey(_message.Message):
    __slots__ = ("name", "model_name", "output_name", "sub_key", "is_diff", "example_weighted")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_NAME_FIELD_NUMBER: _ClassVar[int]
    SUB_KEY_FIELD_NUMBER: _ClassVar[int]
    IS_DIFF_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    model_name: str
    output_name: str
    sub_key: SubKey
    is_diff: bool
    example_weighted: _wrappers_pb2.BoolValue
    def __init__(self, name: _Optional[str] = ..., model_name: _Optional[str] = ..., output_name: _Optional[str] = ..., sub_key: _Optional[_Union[SubKey, _Mapping]] = ..., is_diff: bool = ..., example_weighted: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ...) -> None: ...

class AttributionsForSlice(_message.Message):
    __slots__ = ("slice_key", "cross_slice_key", "attributions_keys_and_values")
    class AttributionsKeyAndValues(_message.Message):
        __slots__ = ("key", "values")
        class ValuesEntry(_message.Message):
            __slots__ = ("key", "value")
            KEY_FIELD_NUMBER: _ClassVar[int]
            VALUE_FIELD_NUMBER: _ClassVar[int]
            key: str
            value: MetricValue
            def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MetricValue, _Mapping]] = ...) -> None: ...
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUES_FIELD_NUMBER: _ClassVar[int]
        key: AttributionsKey
        values: _containers.MessageMap[str, MetricValue]
        def __init__(self, key: _Optional[_Union[AttributionsKey, _Mapping]] = ..., values: _Optional[_Mapping[str, MetricValue]] = ...) -> None: ...
    SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTIONS_KEYS_AND_VALUES_FIELD_NUMBER: _ClassVar[int]
    slice_key: SliceKey
    cross_slice_key: CrossSliceKey
    attributions_keys_and_values: _containers.RepeatedCompositeFieldContainer[AttributionsForSlice.AttributionsKeyAndValues]
    def __init__(self, slice_key: _Optional[_Union[SliceKey, _Mapping]] = ..., cross_slice_key: _Optional[_Union[CrossSliceKey, _Mapping]] = ..., attributions_keys_and_values: _Optional[_Iterable[_Union[AttributionsForSlice.AttributionsKeyAndValues, _Mapping]]] = ...) -> None: ...

class ValidationFailure(_message.Message):
    __slots__ = ("metric_key", "metric_threshold", "metric_value", "message")
    METRIC_KEY_FIELD_NUMBER: _ClassVar[int]
    METRIC_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    METRIC_VALUE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    metric_key: MetricKey
    metric_threshold: MetricThreshold
    metric_value: MetricValue
    message: str
    def __init__(self, metric_key: _Optional[_Union[MetricKey, _Mapping]] = ..., metric_threshold: _Optional[_Union[MetricThreshold, _Mapping]] = ..., metric_value: _Optional[_Union[MetricValue, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class SlicingDetails(_message.Message):
    __slots__ = ("slicing_spec", "cross_slicing_spec", "num_matching_slices")
    SLICING_SPEC_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICING_SPEC_FIELD_NUMBER: _ClassVar[int]
    NUM_MATCHING_SLICES_FIELD_NUMBER: _ClassVar[int]
    slicing_spec: SlicingSpec
    cross_slicing_spec: CrossSlicingSpec
    num_matching_slices: int
    def __init__(self, slicing_spec: _Optional[_Union[SlicingSpec, _Mapping]] = ..., cross_slicing_spec: _Optional[_Union[CrossSlicingSpec, _Mapping]] = ..., num_matching_slices: _Optional[int] = ...) -> None: ...

class ValidationDetails(_message.Message):
    __slots__ = ("slicing_details",)
    SLICING_DETAILS_FIELD_NUMBER: _ClassVar[int]
    slicing_details: _containers.RepeatedCompositeFieldContainer[SlicingDetails]
    def __init__(self, slicing_details: _Optional[_Iterable[_Union[SlicingDetails, _Mapping]]] = ...) -> None: ...

class MetricsValidationForSlice(_message.Message):
    __slots__ = ("slice_key", "cross_slice_key", "failures")
    SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    CROSS_SLICE_KEY_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    slice_key: SliceKey
    cross_slice_key: CrossSliceKey
    failures: _containers.RepeatedCompositeFieldContainer[ValidationFailure]
    def __init__(self, slice_key: _Optional[_Union[SliceKey, _Mapping]] = ..., cross_slice_key: _Optional[_Union[CrossSliceKey, _Mapping]] = ..., failures: _Optional[_Iterable[_Union[ValidationFailure, _Mapping]]] = ...) -> None: ...

class ValidationResult(_message.Message):
    __slots__ = ("validation_ok", "metric_validations_per_slice", "missing_slices", "validation_details", "missing_cross_slices", "missing_thresholds", "rubber_stamp")
    VALIDATION_OK_FIELD_NUMBER: _ClassVar[int]
    METRIC_VALIDATIONS_PER_SLICE_FIELD_NUMBER: _ClassVar[int]
    MISSING_SLICES_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_DETAILS_FIELD_NUMBER: _ClassVar[int]
    MISSING_CROSS_SLICES_FIELD_NUMBER: _ClassVar[int]
    MISSING_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    RUBBER_STAMP_FIELD_NUMBER: _ClassVar[int]
    validation_ok: bool
    metric_validations_per_slice: _containers.RepeatedCompositeFieldContainer[MetricsValidationForSlice]
    missing_slices: _containers.RepeatedCompositeFieldContainer[SlicingSpec]
    validation_details: ValidationDetails
    missing_cross_slices: _containers.RepeatedCompositeFieldContainer[CrossSlicingSpec]
    missing_thresholds: bool
    rubber_stamp: bool
    def __init__(self, validation_ok: bool = ..., metric_validations_per_slice: _Optional[_Iterable[_Union[MetricsValidationForSlice, _Mapping]]] = ..., missing_slices: _Optional[_Iterable[_Union[SlicingSpec, _Mapping]]] = ..., validation_details: _Optional[_Union[ValidationDetails, _Mapping]] = ..., missing_cross_slices: _Optional[_Iterable[_Union[CrossSlicingSpec, _Mapping]]] = ..., missing_thresholds: bool = ..., rubber_stamp: bool = ...) -> None: ...
