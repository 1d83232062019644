"""Validations of statistics that a user writes as SQL expressions; DuckDB evaluates them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from minitfx.data_validation.anomaly_info import fill
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.reasons import Reason
from minitfx.data_validation.statistics_view import WHOLE, Statistics
from minitfx.data_validation.views import DatasetListView, get_feature_stats
from minitfx.errors import ParameterError, did_you_mean
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig, Validation


def custom_validate_statistics(
    statistics: Statistics,
    validations: CustomValidationConfig,
    environment: str | None = None,
    baseline_statistics: Statistics | None = None,
) -> anomalies_pb2.Anomalies:
    """Return an anomaly for every expression that is false.

    Parameters
    ----------
    statistics : DatasetFeatureStatisticsList
        Of the data to check, with or without slices.
    validations : CustomValidationConfig
        The expressions, DuckDB's SQL over ``feature``: the statistics message with all its
        fields, as ``feature.num_stats.mean BETWEEN 5 AND 20``.
    environment : str, optional
        Expressions that name environments only count in one of them.
    baseline_statistics : DatasetFeatureStatisticsList, optional
        Where the base features of pairs are; in ``statistics`` when left out.

    Raises
    ------
    ParameterError
        If a data set or feature is not there, or an expression cannot be evaluated to true or
        false.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from google.protobuf import text_format
    >>> from minitfx.data_validation import generate_statistics
    >>> config = text_format.Parse('''feature_validations {
    ...   feature_path { step: "fare" }
    ...   validations {
    ...     sql_expression: "feature.num_stats.num_zeros < 2"
    ...     severity: WARNING description: "many free rides"
    ...   }
    ... }''', CustomValidationConfig())
    >>> statistics = generate_statistics(pa.table({"fare": [0.0, 0.0, 3.0]}))
    >>> custom_validate_statistics(statistics, config).anomaly_info["fare"].description
    'many free rides'
    """
    anomalies = anomalies_pb2.Anomalies(anomaly_name_format=anomalies_pb2.Anomalies.SERIALIZED_PATH)
    for single in validations.feature_validations:
        bound = {"feature": _find(statistics, single.dataset_name, single.feature_path.step)}
        path = FeaturePath(single.feature_path.step)
        _validate(anomalies, path, single.validations, bound, environment)
    for pair in validations.feature_pair_validations:
        base = statistics if baseline_statistics is None else baseline_statistics
        base_name = pair.base_dataset_name or pair.dataset_name
        bound = {
            "feature_test": _find(statistics, pair.dataset_name, pair.feature_test_path.step),
            "feature_base": _find(base, base_name, pair.feature_base_path.step),
        }
        path = FeaturePath(pair.feature_test_path.step)
        _validate(anomalies, path, pair.validations, bound, environment)
    return anomalies


def _find(
    statistics: Statistics, dataset: str, steps: Sequence[str]
) -> statistics_pb2.FeatureNameStatistics:
    view = DatasetListView(statistics)
    found = view.get_slice(dataset) if dataset else view.get_default_slice()
    if found is None:
        known = list(view.list_slices())
        raise ParameterError(
            f"custom validation: there is no data set {dataset or WHOLE!r}. "
            f"{did_you_mean(dataset or WHOLE, known)}"
        )
    try:
        return get_feature_stats(found.proto(), FeaturePath(steps))
    except ValueError as error:
        raise ParameterError(f"custom validation: {error}") from error


def _validate(
    anomalies: anomalies_pb2.Anomalies,
    path: FeaturePath,
    validations: Sequence[Validation],
    bound: dict[str, statistics_pb2.FeatureNameStatistics],
    environment: str | None,
) -> None:
    reasons, severities = [], []
    for validation in validations:
        if validation.in_environment and environment not in validation.in_environment:
            continue
        if not _is_true(validation.sql_expression, bound):
            text = validation.description or f"{validation.sql_expression} is false."
            reasons.append(Reason("CUSTOM_VALIDATION", text, text))
            severities.append(validation.severity or Validation.ERROR)
    if not reasons:
        return
    info = anomalies.anomaly_info[path.serialized]
    info.path.CopyFrom(path.to_proto())
    fill(info, reasons, max(severities))


def _is_true(expression: str, bound: dict[str, statistics_pb2.FeatureNameStatistics]) -> bool:
    fields = [(name, _type(message.DESCRIPTOR)) for name, message in bound.items()]
    row = {name: _value(message) for name, message in bound.items()}
    table = pa.Table.from_pylist([row], schema=pa.schema(fields))
    with duckdb.connect(config={"threads": 1, "enable_external_access": False}) as connection:
        connection.register("statistics", table)
        try:
            rows = connection.sql(f"SELECT ({expression}) FROM statistics").fetchall()
        except duckdb.Error as error:
            raise ParameterError(f"custom validation {expression!r}: {error}") from error
    if len(rows) != 1 or not isinstance(rows[0][0], bool):
        raise ParameterError(
            f"custom validation {expression!r} gives {rows[0][0] if rows else 'nothing'}; "
            "expected true or false"
        )
    return rows[0][0]


_SCALARS = {
    FieldDescriptor.CPPTYPE_INT32: pa.int32(),
    FieldDescriptor.CPPTYPE_INT64: pa.int64(),
    FieldDescriptor.CPPTYPE_UINT32: pa.uint32(),
    FieldDescriptor.CPPTYPE_UINT64: pa.uint64(),
    FieldDescriptor.CPPTYPE_FLOAT: pa.float64(),
    FieldDescriptor.CPPTYPE_DOUBLE: pa.float64(),
    FieldDescriptor.CPPTYPE_BOOL: pa.bool_(),
    FieldDescriptor.CPPTYPE_STRING: pa.string(),
    FieldDescriptor.CPPTYPE_ENUM: pa.string(),
}


def _fields(descriptor: Any) -> list[FieldDescriptor]:
    """Return the fields that SQL can see: all but bytes, and messages that hold nothing else."""
    return [
        field
        for field in descriptor.fields
        if field.type != FieldDescriptor.TYPE_BYTES
        and (field.message_type is None or _fields(field.message_type))
    ]


def _type(descriptor: Any) -> pa.DataType:
    """Return the Arrow struct of a message."""
    members = []
    for field in _fields(descriptor):
        message = field.message_type
        kind = _SCALARS[field.cpp_type] if message is None else _type(message)
        members.append((field.name, pa.list_(kind) if field.is_repeated else kind))
    return pa.struct(members)


def _value(message: Message) -> dict[str, Any]:
    """Return a message as a dict in which every field stands, with its default if unset."""
    values = {}
    for field in _fields(message.DESCRIPTOR):
        value = getattr(message, field.name)
        one = _one(field)
        values[field.name] = [one(each) for each in value] if field.is_repeated else one(value)
    return values


def _one(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.message_type is not None:
        return _value
    if field.enum_type is not None:
        names = field.enum_type.values_by_number
        return lambda number: names[number].name
    return lambda value: value
