"""Statistics of tables, files and frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.csv_types import typed_by_schema
from minitfx.data_validation.files import write_stats_binary
from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.passes import column_datasets, plan_of, row_datasets
from minitfx.dataset.csv_options import CsvOptions
from minitfx.dataset.csv_source import CsvSource, scan_csv
from minitfx.dataset.retyping import with_exact_types
from minitfx.dataset.source import open_source
from minitfx.dataset.tfrecord_source import scan_tfrecord
from minitfx.errors import ParameterError, ParameterTypeError

if TYPE_CHECKING:
    import pandas as pd

Texts: TypeAlias = tuple[str, ...]


def generate_statistics(
    data: Any, stats_options: StatsOptions | None = None
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of a table of any size.

    Parameters
    ----------
    data : path, sequence of paths, Source, pyarrow.Table, pandas.DataFrame or Arrow stream
        What `minitfx.dataset.source.open_source` takes. Missing cells are nulls; a NaN inside
        Arrow data is a value.
    stats_options : StatsOptions, optional
        What to compute.

    Returns
    -------
    DatasetFeatureStatisticsList
        One data set, and one more for each slice if there are slices.

    Raises
    ------
    DataError
        If the data cannot be read, or a column has a type of which no statistics can be made.

    Notes
    -----
    One pass over the columns that are needed, in blocks, by as many workers as
    `minitfx.ambient` gives; the same bits for any number of them. O(values · log(block)) time,
    bounded memory.

    Examples
    --------
    >>> import pyarrow as pa
    >>> statistics = generate_statistics(pa.table({"fare": [1.0, None, 4.0]}))
    >>> statistics.datasets[0].features[0].num_stats.mean
    2.5
    """
    options = stats_options or StatsOptions()
    source = open_source(data)
    plan = plan_of(source.schema, options)
    with TemporaryDirectory(prefix="minitfx-statistics-") as spill:
        datasets = row_datasets if plan.needs_rows else column_datasets
        found = datasets(source, plan, options, spill)
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=found)


def generate_statistics_from_dataframe(
    dataframe: pd.DataFrame, stats_options: StatsOptions | None = None, n_jobs: int = 1
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of a pandas frame; NaN and None are missing, as in TFDV.

    Parameters
    ----------
    dataframe : pandas.DataFrame
        The rows.
    stats_options : StatsOptions, optional
        What to compute.
    n_jobs : int
        Accepted for TFDV's sake; how many workers there are is ambient.

    Raises
    ------
    ParameterTypeError
        If it is no data frame.
    ColumnError
        If a column holds values of several types, or of one of which no statistics can be made.
    """
    if not hasattr(dataframe, "columns"):
        raise ParameterTypeError(
            f"got {type(dataframe).__name__}; expected a data frame. generate_statistics takes "
            "any table"
        )
    return generate_statistics(dataframe, stats_options)


def generate_statistics_from_csv(
    data_location: str | Path | Sequence[str | Path],
    column_names: Sequence[str] | None = None,
    delimiter: str = ",",
    output_path: str | Path | None = None,
    stats_options: StatsOptions | None = None,
    pipeline_options: object = None,
    compression_type: object = None,
    *,
    encoding: str = "utf-8",
    null_values: Sequence[str] = (),
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of CSV files, their columns typed by TFX's rule.

    Parameters
    ----------
    data_location : path, pattern, or a sequence of these
        The files; all have the same header.
    column_names : sequence of str, optional
        Names of the columns of files that have no header.
    delimiter : str
        What stands between cells.
    output_path : path, optional
        Where to write the statistics too, as a binary file.
    stats_options : StatsOptions, optional
        What to compute. With ``infer_type_from_schema`` columns have the types of the schema,
        and columns that it does not name are left out.
    pipeline_options, compression_type
        Accepted for TFDV's sake: workers are ambient, and a file's suffix says how it is
        compressed.
    encoding : str
        The files' encoding.
    null_values : sequence of str
        Cells that are missing beside the empty one, such as ``NA``.

    Raises
    ------
    DataError
        If a file is malformed, with file, line and column, or a column holds values that its
        type in the schema cannot; or if an option of the cells cannot be used.
    ParameterError
        If ``infer_type_from_schema`` is set and no schema is.
    """
    options = stats_options or StatsOptions()
    # They become tuples there, and a text is refused.
    nulls, names = cast(Texts, null_values), cast(Texts, column_names or ())
    cells = CsvOptions(delimiter, encoding, nulls, names)
    source = scan_csv(data_location, cells)
    result = with_exact_types(source, lambda typed: _of_csv(typed, options))
    if output_path is not None:
        write_stats_binary(result, output_path)
    return result


def generate_statistics_from_tfrecord(
    data_location: str | Path | Sequence[str | Path],
    output_path: str | Path | None = None,
    stats_options: StatsOptions | None = None,
    pipeline_options: object = None,
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of TFRecord files of ``tf.train.Example``.

    Parameters
    ----------
    data_location : path, pattern, or a sequence of these
        The files, compressed if their suffix says so.
    output_path : path, optional
        Where to write the statistics too, as a binary file.
    stats_options : StatsOptions, optional
        What to compute.
    pipeline_options
        Accepted for TFDV's sake; workers are ambient.

    Raises
    ------
    DataError
        If a record is damaged.
    """
    source = scan_tfrecord(data_location)
    result = with_exact_types(source, lambda typed: generate_statistics(typed, stats_options))
    if output_path is not None:
        write_stats_binary(result, output_path)
    return result


def generate_statistics_from_parquet(
    data_location: str | Path | Sequence[str | Path], stats_options: StatsOptions | None = None
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics of a Parquet file, of several, or of a folder of them."""
    return generate_statistics(data_location, stats_options)


def _of_csv(
    source: CsvSource, options: StatsOptions
) -> statistics_pb2.DatasetFeatureStatisticsList:
    if options.infer_type_from_schema:
        if options.schema is None:
            raise ParameterError("infer_type_from_schema needs a schema; give schema=…")
        source, options = typed_by_schema(source, options, options.schema)
    return generate_statistics(source, options)
