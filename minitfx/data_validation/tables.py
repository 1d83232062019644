"""Statistics and anomalies as tables, for SQL and for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from minitfx.data_validation.paths import FeaturePath, feature_path
from minitfx.data_validation.statistics_view import common_statistics

STATISTICS_SCHEMA = pa.schema(
    [
        ("split", pa.string()),
        ("feature", pa.string()),
        ("type", pa.string()),
        ("statistic", pa.string()),
        ("value", pa.float64()),
    ]
)
"""Columns of `statistics_table`."""

ANOMALIES_SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in ("split", "feature", "severity", "type", "short_description", "description")
    ]
)
"""Columns of `anomalies_table`."""

_Type = statistics_pb2.FeatureNameStatistics.Type
_Distance = anomalies_pb2.DriftSkewInfo.Measurement.Type

_NUMERIC = ("mean", "std_dev", "num_zeros", "min", "median", "max")
_STRING = ("unique", "avg_length", "invalid_utf8_count")
_BYTES = ("avg_num_bytes", "min_num_bytes", "max_num_bytes")
_COMMON = (
    "num_non_missing",
    "num_missing",
    "min_num_values",
    "max_num_values",
    "avg_num_values",
    "tot_num_values",
)


def statistics_table(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, split: str = ""
) -> pa.Table:
    """Return one row for every number that describes a feature.

    Parameters
    ----------
    statistics : DatasetFeatureStatisticsList
        With or without slices; rows of a slice have its name after the split's, as
        ``train/payment_type_Cash``.
    split : str
        Goes into the column ``split``.

    Returns
    -------
    pyarrow.Table
        Columns ``split``, ``feature``, ``type``, ``statistic`` (such as ``mean``, or
        ``top_value:Cash`` for the count of one of the most frequent strings) and ``value``.
        The data set itself is the feature ``""``.
    """
    columns: list[list[object]] = [[] for _ in STATISTICS_SCHEMA.names]
    for dataset in statistics.datasets:
        where = split if dataset.name in ("", "All Examples") else f"{split}/{dataset.name}"
        for row in _dataset_rows(dataset):
            for column, value in zip(columns, (where, *row), strict=True):
                column.append(value)
    return pa.table(columns, schema=STATISTICS_SCHEMA)


def write_statistics_table(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, path: str | Path, split: str = ""
) -> None:
    """Write `statistics_table` as Parquet."""
    _write(statistics_table(statistics, split), path)


def anomalies_table(anomalies: anomalies_pb2.Anomalies, split: str = "") -> pa.Table:
    """Return one row for every reason of an anomaly.

    Parameters
    ----------
    anomalies : Anomalies
        What `validate_statistics` returned.
    split : str
        Goes into the column ``split``.

    Returns
    -------
    pyarrow.Table
        Columns ``split``, ``feature`` (empty for the data set), ``severity``, ``type``,
        ``short_description`` and ``description``; ordered by feature.
    """
    columns: list[list[str]] = [[] for _ in ANOMALIES_SCHEMA.names]
    for name, info in _infos(anomalies):
        severity = anomalies_pb2.AnomalyInfo.Severity.Name(info.severity)
        for reason in info.reason:
            kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
            row = (split, name, severity, kind, reason.short_description, reason.description)
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    if anomalies.data_missing:
        row = (split, "", "ERROR", "DATA_MISSING", "No data", "There are no examples.")
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return pa.table(columns, schema=ANOMALIES_SCHEMA)


def write_anomalies_table(
    anomalies: anomalies_pb2.Anomalies, path: str | Path, split: str = ""
) -> None:
    """Write `anomalies_table` as Parquet."""
    _write(anomalies_table(anomalies, split), path)


def distances_table(anomalies: anomalies_pb2.Anomalies, split: str = "") -> pa.Table:
    """Return one row for every distance that a validation measured, and one for its threshold.

    Parameters
    ----------
    anomalies : Anomalies
        What `validate_statistics` or `validate_distributions` returned.
    split : str
        Goes into the column ``split``.

    Returns
    -------
    pyarrow.Table
        Columns as of `statistics_table`; ``statistic`` is ``drift`` or ``skew``, and the distance
        in small letters, such as ``drift:l_infty`` and ``drift:l_infty:threshold``.
    """
    rows = []
    for info in anomalies.drift_skew_info:
        name = FeaturePath.from_proto(info.path).serialized
        for kind in ("drift", "skew"):
            for measured in getattr(info, f"{kind}_measurements"):
                distance = _Distance.Name(measured.type).lower()
                rows.append((split, name, "", f"{kind}:{distance}", measured.value))
                rows.append((split, name, "", f"{kind}:{distance}:threshold", measured.threshold))
    named = [dict(zip(STATISTICS_SCHEMA.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=STATISTICS_SCHEMA)


def write_distances_table(
    anomalies: anomalies_pb2.Anomalies, path: str | Path, split: str = ""
) -> None:
    """Write `distances_table` as Parquet."""
    _write(distances_table(anomalies, split), path)


def _infos(
    anomalies: anomalies_pb2.Anomalies,
) -> Iterator[tuple[str, anomalies_pb2.AnomalyInfo]]:
    if anomalies.HasField("dataset_anomaly_info"):
        yield "", anomalies.dataset_anomaly_info
    for name in sorted(anomalies.anomaly_info):
        yield name, anomalies.anomaly_info[name]


def _dataset_rows(
    dataset: statistics_pb2.DatasetFeatureStatistics,
) -> Iterator[tuple[str, str, str, float]]:
    yield "", "", "num_examples", float(dataset.num_examples)
    if dataset.weighted_num_examples:
        yield "", "", "weighted_num_examples", dataset.weighted_num_examples
    for feature in dataset.features:
        name, kind = feature_path(feature).serialized, _Type.Name(feature.type)
        for statistic, value in _feature_rows(feature):
            yield name, kind, statistic, float(value)


def _feature_rows(feature: statistics_pb2.FeatureNameStatistics) -> Iterator[tuple[str, float]]:
    common = common_statistics(feature)
    for statistic in _COMMON:
        yield statistic, getattr(common, statistic)
    which = feature.WhichOneof("stats")
    if which == "num_stats":
        for statistic in _NUMERIC:
            yield statistic, getattr(feature.num_stats, statistic)
        yield "num_nan", max((each.num_nan for each in feature.num_stats.histograms), default=0)
    elif which == "string_stats":
        for statistic in _STRING:
            yield statistic, getattr(feature.string_stats, statistic)
        for top in feature.string_stats.top_values:
            yield f"top_value:{top.value}", top.frequency
    elif which == "bytes_stats":
        for statistic in _BYTES:
            yield statistic, getattr(feature.bytes_stats, statistic)
    for custom in feature.custom_stats:
        if custom.WhichOneof("val") == "num":
            yield f"custom:{custom.name}", custom.num


def _write(table: pa.Table, path: str | Path) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
