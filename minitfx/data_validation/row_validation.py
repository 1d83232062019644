"""Checking rows one by one: a single instance, or every example of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from minitfx.data_validation.anomalous_rows import OF_DATASETS, AnomalySlicer
from minitfx.data_validation.anomaly_info import fill
from minitfx.data_validation.blocks import Part, row_blocks
from minitfx.data_validation.csv_types import typed_by_schema
from minitfx.data_validation.dataset_values import SlicedValues
from minitfx.data_validation.feature_checks import Surroundings
from minitfx.data_validation.files import write_stats_binary
from minitfx.data_validation.generate import generate_statistics
from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.passes import plan_of, slice_members, sliced_datasets
from minitfx.data_validation.reasons import Kind, Reason
from minitfx.data_validation.validation import check_environment, validate_statistics
from minitfx.dataset.csv_options import CsvOptions
from minitfx.dataset.csv_source import scan_csv
from minitfx.dataset.retyping import with_exact_types
from minitfx.dataset.source import Source, open_source
from minitfx.dataset.tfrecord_source import scan_tfrecord
from minitfx.errors import ParameterError
from minitfx.kernels import Bundle, fold

if TYPE_CHECKING:
    import pandas as pd


def validate_instance(
    instance: pa.RecordBatch | pa.Table,
    options: StatsOptions,
    environment: str | None = None,
) -> anomalies_pb2.Anomalies:
    """Return what in a row does not fit a schema.

    Parameters
    ----------
    instance : pyarrow.RecordBatch or Table
        One row.
    options : StatsOptions
        Holds the schema.
    environment : str, optional
        Where the row is used.

    Returns
    -------
    Anomalies
        Without kinds that only make sense of many rows, such as a low fraction of presence.

    Raises
    ------
    ParameterError
        If the options have no schema.

    Examples
    --------
    >>> from minitfx.data_validation import infer_schema
    >>> schema = infer_schema(generate_statistics(pa.table({"paid": ["cash", "card"]})))
    >>> row = pa.table({"paid": ["coin"]})
    >>> list(validate_instance(row, StatsOptions(schema=schema)).anomaly_info)
    ['paid']
    """
    schema = options.schema
    if schema is None:
        raise ParameterError("validate_instance needs a schema; give StatsOptions(schema=…)")
    found = validate_statistics(generate_statistics(instance, options), schema, environment)
    found.ClearField("dataset_anomaly_info")
    for name in list(found.anomaly_info):
        info = found.anomaly_info[name]
        kept = [
            Reason(Kind.Name(reason.type), reason.short_description, reason.description)
            for reason in info.reason
            if Kind.Name(reason.type) not in OF_DATASETS
        ]
        if kept:
            severity = info.severity
            del info.reason[:]
            fill(info, kept, severity)
        else:
            del found.anomaly_info[name]
    return found


def validate_examples(
    data: Any,
    stats_options: StatsOptions,
    environment: str | None = None,
    num_sampled_examples: int = 0,
) -> (
    statistics_pb2.DatasetFeatureStatisticsList
    | tuple[statistics_pb2.DatasetFeatureStatisticsList, dict[str, pd.DataFrame]]
):
    """Return the statistics of the rows that do not fit a schema, by anomaly.

    Parameters
    ----------
    data : path, Source, pyarrow.Table, pandas.DataFrame or Arrow stream
        The rows.
    stats_options : StatsOptions
        Holds the schema, and says what to compute of the rows that fail.
    environment : str, optional
        Where the rows are used.
    num_sampled_examples : int
        How many of the rows to return for each anomaly, the first ones.

    Returns
    -------
    statistics : DatasetFeatureStatisticsList
        One data set for each anomaly that occurs, named ``feature_KIND``.
    samples : dict of str to pandas.DataFrame
        The sampled rows under the same names; only with ``num_sampled_examples``.

    Raises
    ------
    ParameterError
        If the options have no schema.

    Notes
    -----
    One pass. A column without anomalies costs its statistics; one with ``k`` distinct values
    that fail about ``k · log(distinct values)`` checks.
    """
    schema = stats_options.schema
    if schema is None:
        raise ParameterError("validating examples needs a schema; give StatsOptions(schema=…)")
    check_environment(schema, environment)
    source = open_source(data)
    around = Surroundings(environment, tuple(schema.default_environment))
    found = _fold(source, stats_options, AnomalySlicer(schema, around), num_sampled_examples)
    statistics, samples = found
    if not num_sampled_examples:
        return statistics
    return statistics, {name: table.to_pandas() for name, table in samples.items()}


def validate_examples_in_csv(
    data_location: str | Path | Sequence[str | Path],
    stats_options: StatsOptions,
    column_names: Sequence[str] | None = None,
    delimiter: str = ",",
    output_path: str | Path | None = None,
    pipeline_options: object = None,
    num_sampled_examples: int = 0,
) -> (
    statistics_pb2.DatasetFeatureStatisticsList
    | tuple[statistics_pb2.DatasetFeatureStatisticsList, dict[str, pd.DataFrame]]
):
    """Return what `validate_examples` finds in CSV files.

    Parameters
    ----------
    data_location : path, pattern, or a sequence of these
        The files.
    stats_options, num_sampled_examples
        As in `validate_examples`; with ``infer_type_from_schema`` columns have the schema's
        types.
    column_names : sequence of str, optional
        Names of the columns of files that have no header.
    delimiter : str
        What stands between cells.
    output_path : path, optional
        Where to write the statistics too, as a binary file.
    pipeline_options
        Accepted for TFDV's sake; workers are ambient.
    """

    def work(source: Any) -> Any:
        options = stats_options
        if options.infer_type_from_schema and options.schema is not None:
            source, options = typed_by_schema(source, options, options.schema)
        return validate_examples(source, options, num_sampled_examples=num_sampled_examples)

    cells = CsvOptions(delimiter, column_names=tuple(column_names or ()))
    source = scan_csv(data_location, cells)
    return _written(with_exact_types(source, work), output_path)


def validate_examples_in_tfrecord(
    data_location: str | Path | Sequence[str | Path],
    stats_options: StatsOptions,
    output_path: str | Path | None = None,
    pipeline_options: object = None,
    num_sampled_examples: int = 0,
) -> (
    statistics_pb2.DatasetFeatureStatisticsList
    | tuple[statistics_pb2.DatasetFeatureStatisticsList, dict[str, pd.DataFrame]]
):
    """Return what `validate_examples` finds in TFRecord files of ``tf.train.Example``."""

    def work(source: Any) -> Any:
        return validate_examples(source, stats_options, num_sampled_examples=num_sampled_examples)

    return _written(with_exact_types(scan_tfrecord(data_location), work), output_path)


def _written(found: Any, output_path: str | Path | None) -> Any:
    if output_path is not None:
        write_stats_binary(found[0] if isinstance(found, tuple) else found, output_path)
    return found


def _fold(
    source: Source, options: StatsOptions, slicer: AnomalySlicer, size: int
) -> tuple[statistics_pb2.DatasetFeatureStatisticsList, dict[str, pa.Table]]:
    plan = plan_of(source.schema, options)
    with TemporaryDirectory(prefix="minitfx-statistics-") as spill:
        members = {**slice_members(plan, options, spill), "sample": FirstRows(size)}
        values = SlicedValues([slicer], Bundle(members), options.sample_rate, whole=False)
        found = fold(values, row_blocks(source, plan.features, source.schema.names))
        samples = {name: results.pop("sample") for name, results in found.items()}
        datasets = sliced_datasets(found, plan, options, named=True)
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=datasets), samples


class FirstRows:
    """A mergeable sample: the first rows.

    Parameters
    ----------
    size : int
        How many.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.tables: list[pa.Table] = []

    def zero(self) -> FirstRows:
        """Return a sample of nothing."""
        return FirstRows(self.size)

    def add(self, part: Part) -> FirstRows:
        """Take in a block."""
        self._take([part.table])
        return self

    def merge(self, other: FirstRows) -> FirstRows:
        """Take in what ``other`` has kept, which stands after."""
        self._take(other.tables)
        return self

    def result(self) -> pa.Table:
        """Return the rows."""
        return pa.concat_tables(self.tables) if self.tables else pa.table({})

    def _take(self, tables: Sequence[pa.Table]) -> None:
        room = self.size - sum(table.num_rows for table in self.tables)
        for table in tables:
            if room <= 0 and self.tables:
                return
            self.tables.append(table.slice(0, max(0, room)))
            room -= table.num_rows
