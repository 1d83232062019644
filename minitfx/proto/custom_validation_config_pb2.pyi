from minitfx.proto import distribution_validator_pb2 as _distribution_validator_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Validation(_message.Message):
    __slots__ = ("sql_expression", "severity", "description", "in_environment")
    class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN: _ClassVar[Validation.Severity]
        WARNING: _ClassVar[Validation.Severity]
        ERROR: _ClassVar[Validation.Severity]
    UNKNOWN: Validation.Severity
    WARNING: Validation.Severity
    ERROR: Validation.Severity
    SQL_EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    IN_ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    sql_expression: str
    severity: Validation.Severity
    description: str
    in_environment: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sql_expression: _Optional[str] = ..., severity: _Optional[_Union[Validation.Severity, str]] = ..., description: _Optional[str] = ..., in_environment: _Optional[_Iterable[str]] = ...) -> None: ...

class FeatureValidation(_message.Message):
    __slots__ = ("dataset_name", "feature_path", "validations")
    DATASET_NAME_FIELD_NUMBER: _ClassVar[int]
    FEATURE_PATH_FIELD_NUMBER: _ClassVar[int]
    VALIDATIONS_FIELD_NUMBER: _ClassVar[int]
    dataset_name: str
    feature_path: _distribution_validator_pb2.FeaturePath
    validations: _containers.RepeatedCompositeFieldContainer[Validation]
    def __init__(self, dataset_name: _Optional[str] = ..., feature_path: _Optional[_Union[_distribution_validator_pb2.FeaturePath, _Mapping]] = ..., validations: _Optional[_Iterable[_Union[Validation, _Mapping]]] = ...) -> None: ...

class FeaturePairValidation(_message.Message):
    __slots__ = ("dataset_name", "base_dataset_name", "feature_test_path", "feature_base_path", "validations")
    DATASET_NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_DATASET_NAME_FIELD_NUMBER: _ClassVar[int]
    FEATURE_TEST_PATH_FIELD_NUMBER: _ClassVar[int]
    FEATURE_BASE_PATH_FIELD_NUMBER: _ClassVar[int]
    VALIDATIONS_FIELD_NUMBER: _ClassVar[int]
    dataset_name: str
    base_dataset_name: str
    feature_test_path: _distribution_validator_pb2.FeaturePath
    feature_base_path: _distribution_validator_pb2.FeaturePath
    validations: _containers.RepeatedCompositeFieldContainer[Validation]
    def __init__(self, dataset_name: _Optional[str] = ..., base_dataset_name: _Optional[str] = ..., feature_test_path: _Optional[_Union[_distribution_validator_pb2.FeaturePath, _Mapping]] = ..., feature_base_path: _Optional[_Union[_distribution_validator_pb2.FeaturePath, _Mapping]] = ..., validations: _Optional[_Iterable[_Union[Validation, _Mapping]]] = ...) -> None: ...

class CustomValidationConfig(_message.Message):
    __slots__ = ("feature_validations", "feature_pair_validations")
    FEATURE_VALIDATIONS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_PAIR_VALIDATIONS_FIELD_NUMBER: _ClassVar[int]
    feature_validations: _containers.RepeatedCompositeFieldContainer[FeatureValidation]
    feature_pair_validations: _containers.RepeatedCompositeFieldContainer[FeaturePairValidation]
    def __init__(self, feature_validations: _Optional[_Iterable[_Union[FeatureValidation, _Mapping]]] = ..., feature_pair_validations: _Optional[_Iterable[_Union[FeaturePairValidation, _Mapping]]] = ...) -> None: ...
