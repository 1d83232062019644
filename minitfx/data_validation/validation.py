"""Anomalies: what in some statistics does not fit a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from minitfx.data_validation.anomaly_info import fill, merge_anomalies
from minitfx.data_validation.comparator_checks import Control, check_dataset
from minitfx.data_validation.declaration_checks import is_deprecated
from minitfx.data_validation.drafts import check_any, draft_of, missing_paths
from minitfx.data_validation.feature_checks import Checked, Surroundings
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.reasons import Reason
from minitfx.data_validation.schema_paths import find_feature, find_sparse, find_weighted
from minitfx.data_validation.statistics_view import (
    DatasetView,
    FeatureView,
    Statistics,
    whole_dataset,
)
from minitfx.errors import ParameterError, ParameterTypeError, did_you_mean
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig

_Severity = anomalies_pb2.AnomalyInfo.Severity


@dataclass(frozen=True)
class ValidationOptions:
    """What to report, and how badly.

    Attributes
    ----------
    features_needed : sequence of FeaturePath, optional
        Only these new columns are reported; None reports all.
    new_features_are_warnings : bool
        New columns are warnings.
    severity_overrides : mapping of str to str
        Names of anomaly types to ``ERROR`` or ``WARNING``.
    """

    features_needed: Sequence[FeaturePath] | None = None
    new_features_are_warnings: bool = False
    severity_overrides: Mapping[str, str] = field(default_factory=dict)

    def severity(self, reasons: Sequence[Reason]) -> int:
        """Return the worst severity among ``reasons``."""
        found = [_Severity.UNKNOWN]
        for reason in reasons:
            default = "ERROR"
            if self.new_features_are_warnings and reason.kind == "SCHEMA_NEW_COLUMN":
                default = "WARNING"
            found.append(_Severity.Value(self.severity_overrides.get(reason.kind, default)))
        ranks = (_Severity.UNKNOWN, _Severity.WARNING, _Severity.ERROR)
        return int(max(found, key=ranks.index))


def validate_statistics(
    statistics: Statistics,
    schema: schema_pb2.Schema,
    environment: str | None = None,
    previous_statistics: Statistics | None = None,
    serving_statistics: Statistics | None = None,
    custom_validation_config: CustomValidationConfig | None = None,
) -> anomalies_pb2.Anomalies:
    """Return what in the statistics does not fit the schema.

    Parameters
    ----------
    statistics : DatasetFeatureStatisticsList
        Of the data to check: one data set, or "All Examples" among slices.
    schema : Schema
        What they should be like.
    environment : str, optional
        Where the data are used; features outside it are not required. It must be one of the
        schema's ``default_environment``.
    previous_statistics : DatasetFeatureStatisticsList, optional
        Earlier data, for features with a ``drift_comparator``.
    serving_statistics : DatasetFeatureStatisticsList, optional
        Data seen while serving, for features with a ``skew_comparator``.
    custom_validation_config : CustomValidationConfig, optional
        Your own validations in SQL; see `custom_validate_statistics`.

    Returns
    -------
    Anomalies
        By feature, with one reason or several; and every distance that was measured. Without
        any examples there is only ``data_missing``.

    Raises
    ------
    ParameterTypeError
        If an argument is of another type.
    ParameterError
        If the statistics are not of one data set, or the environment is not in the schema.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.data_validation import generate_statistics, infer_schema
    >>> schema = infer_schema(generate_statistics(pa.table({"paid": ["cash", "card"]})))
    >>> anomalies = validate_statistics(generate_statistics(pa.table({"paid": ["coin"]})), schema)
    >>> anomalies.anomaly_info["paid"].short_description
    'Unexpected string values'
    """
    anomalies = validate_statistics_internal(
        statistics,
        schema,
        environment=environment,
        previous_span_statistics=previous_statistics,
        serving_statistics=serving_statistics,
    )
    if custom_validation_config is not None:
        # DuckDB takes a while to load, and few validations are custom.
        from minitfx.data_validation.custom_validation import custom_validate_statistics

        custom = custom_validate_statistics(statistics, custom_validation_config, environment)
        merge_anomalies(anomalies, custom)
    return anomalies


def validate_statistics_internal(
    statistics: Statistics,
    schema: schema_pb2.Schema,
    environment: str | None = None,
    previous_span_statistics: Statistics | None = None,
    serving_statistics: Statistics | None = None,
    previous_version_statistics: Statistics | None = None,
    validation_options: ValidationOptions | None = None,
) -> anomalies_pb2.Anomalies:
    """Return anomalies as `validate_statistics`, with more to compare and to decide.

    Parameters
    ----------
    statistics, schema, environment, serving_statistics
        As in `validate_statistics`.
    previous_span_statistics : DatasetFeatureStatisticsList, optional
        Earlier data, for drift and for the number of examples.
    previous_version_statistics : DatasetFeatureStatisticsList, optional
        An earlier version of the same data, for the number of examples.
    validation_options : ValidationOptions, optional
        What to report, and how badly.
    """
    if not isinstance(schema, schema_pb2.Schema):
        raise ParameterTypeError(f"got {type(schema).__name__}; expected a Schema")
    check_environment(schema, environment)
    options = validation_options or ValidationOptions()
    dataset = DatasetView(whole_dataset(statistics))
    anomalies = anomalies_pb2.Anomalies(
        baseline=schema, anomaly_name_format=anomalies_pb2.Anomalies.SERIALIZED_PATH
    )
    if not dataset.proto.num_examples:
        anomalies.data_missing = True
        return anomalies
    previous = _view(previous_span_statistics)
    serving = _view(serving_statistics)
    around = Surroundings(
        environment,
        tuple(schema.default_environment),
        None if previous is None else Control(previous, "previous", "current"),
        None if serving is None else Control(serving, "serving", "training"),
    )
    found = dict(_check_all(schema, dataset, around, options))
    for path in sorted(found):
        _report(anomalies, path, found[path], options)
    if schema.HasField("dataset_constraints"):
        constraints = schema_pb2.DatasetConstraints()
        constraints.CopyFrom(schema.dataset_constraints)
        version = _view(previous_version_statistics)
        reasons = check_dataset(constraints, dataset, previous, version)
        if reasons:
            fill(anomalies.dataset_anomaly_info, reasons, options.severity(reasons))
    return anomalies


def check_environment(schema: schema_pb2.Schema, environment: str | None) -> None:
    """Raise `ValueError` if a schema does not know an environment."""
    known = schema.default_environment
    if environment is not None and environment not in known:
        raise ParameterError(
            f"environment {environment!r} is not in the schema's default_environment. "
            f"{did_you_mean(environment, known)}"
        )


def _view(statistics: Statistics | None) -> DatasetView | None:
    return None if statistics is None else DatasetView(whole_dataset(statistics))


def _check_all(
    schema: schema_pb2.Schema,
    dataset: DatasetView,
    around: Surroundings,
    options: ValidationOptions,
) -> Iterator[tuple[FeaturePath, Checked]]:
    for view in dataset.children(FeaturePath([])):
        yield from _check_recursively(schema, dataset, view, around, options)
    for path in missing_paths(schema, dataset, around):
        text = "Column is completely missing"
        yield path, Checked([Reason("SCHEMA_MISSING_COLUMN", "Column dropped", text)])


def _check_recursively(
    schema: schema_pb2.Schema,
    dataset: DatasetView,
    view: FeatureView,
    around: Surroundings,
    options: ValidationOptions,
) -> Iterator[tuple[FeaturePath, Checked]]:
    path = view.path
    known = [finder(schema, path) for finder in (find_feature, find_sparse, find_weighted)]
    if not any(each is not None for each in known):
        if options.features_needed is None or path in options.features_needed:
            text = "New column (column in data but not in schema)"
            yield path, Checked([Reason("SCHEMA_NEW_COLUMN", "New column", text)])
        return
    if any(each is not None and is_deprecated(each) for each in known):
        return
    draft = draft_of(schema, path)
    checked = check_any(draft, FeaturePath([path.path[-1]]), view, around)
    yield path, checked
    if any(is_deprecated(each) for each in draft.feature):
        return
    for child in dataset.children(path):
        yield from _check_recursively(schema, dataset, child, around, options)


def _report(
    anomalies: anomalies_pb2.Anomalies,
    path: FeaturePath,
    checked: Checked,
    options: ValidationOptions,
) -> None:
    if checked.reasons:
        info = anomalies.anomaly_info[path.serialized]
        info.path.CopyFrom(path.to_proto())
        fill(info, checked.reasons, options.severity(checked.reasons))
    measured = checked.drift_skew
    if measured.drift_measurements or measured.skew_measurements:
        measured.path.CopyFrom(path.to_proto())
        anomalies.drift_skew_info.append(measured)
