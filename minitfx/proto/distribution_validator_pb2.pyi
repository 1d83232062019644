from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FeaturePath(_message.Message):
    __slots__ = ("step",)
    STEP_FIELD_NUMBER: _ClassVar[int]
    step: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, step: _Optional[_Iterable[str]] = ...) -> None: ...

class HistogramSource(_message.Message):
    __slots__ = ("type",)
    class HistogramType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[HistogramSource.HistogramType]
        QUANTILES: _ClassVar[HistogramSource.HistogramType]
        STANDARD: _ClassVar[HistogramSource.HistogramType]
    DEFAULT: HistogramSource.HistogramType
    QUANTILES: HistogramSource.HistogramType
    STANDARD: HistogramSource.HistogramType
    TYPE_FIELD_NUMBER: _ClassVar[int]
    type: HistogramSource.HistogramType
    def __init__(self, type: _Optional[_Union[HistogramSource.HistogramType, str]] = ...) -> None: ...

class LInfinityComparator(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class JensenShannonComparator(_message.Message):
    __slots__ = ("threshold", "source")
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    source: HistogramSource
    def __init__(self, threshold: _Optional[float] = ..., source: _Optional[_Union[HistogramSource, _Mapping]] = ...) -> None: ...

class NormalizedDifferenceComparator(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class DistributionComparator(_message.Message):
    __slots__ = ("infinity_norm", "jensen_shannon_divergence", "normalized_abs_difference")
    INFINITY_NORM_FIELD_NUMBER: _ClassVar[int]
    JENSEN_SHANNON_DIVERGENCE_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_ABS_DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    infinity_norm: LInfinityComparator
    jensen_shannon_divergence: JensenShannonComparator
    normalized_abs_difference: NormalizedDifferenceComparator
    def __init__(self, infinity_norm: _Optional[_Union[LInfinityComparator, _Mapping]] = ..., jensen_shannon_divergence: _Optional[_Union[JensenShannonComparator, _Mapping]] = ..., normalized_abs_difference: _Optional[_Union[NormalizedDifferenceComparator, _Mapping]] = ...) -> None: ...

class FeatureComparator(_message.Message):
    __slots__ = ("path", "distribution_comparator")
    PATH_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTION_COMPARATOR_FIELD_NUMBER: _ClassVar[int]
    path: FeaturePath
    distribution_comparator: DistributionComparator
    def __init__(self, path: _Optional[_Union[FeaturePath, _Mapping]] = ..., distribution_comparator: _Optional[_Union[DistributionComparator, _Mapping]] = ...) -> None: ...

class NumExamplesComparator(_message.Message):
    __slots__ = ("min_fraction_threshold", "max_fraction_threshold")
    MIN_FRACTION_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    MAX_FRACTION_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    min_fraction_threshold: float
    max_fraction_threshold: float
    def __init__(self, min_fraction_threshold: _Optional[float] = ..., max_fraction_threshold: _Optional[float] = ...) -> None: ...

class DistributionValidatorConfig(_message.Message):
    __slots__ = ("default_slice_config",)
    class DatasetConfig(_message.Message):
        __slots__ = ("feature", "num_examples_comparator")
        FEATURE_FIELD_NUMBER: _ClassVar[int]
        NUM_EXAMPLES_COMPARATOR_FIELD_NUMBER: _ClassVar[int]
        feature: _containers.RepeatedCompositeFieldContainer[FeatureComparator]
        num_examples_comparator: NumExamplesComparator
        def __init__(self, feature: _Optional[_Iterable[_Union[FeatureComparator, _Mapping]]] = ..., num_examples_comparator: _Optional[_Union[NumExamplesComparator, _Mapping]] = ...) -> None: ...
    DEFAULT_SLICE_CONFIG_FIELD_NUMBER: _ClassVar[int]
    default_slice_config: DistributionValidatorConfig.DatasetConfig
    def __init__(self, default_slice_config: _Optional[_Union[DistributionValidatorConfig.DatasetConfig, _Mapping]] = ...) -> None: ...
