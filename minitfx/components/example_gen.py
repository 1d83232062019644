"""ExampleGen: rows from anywhere, typed, split by content, stored as Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

from minitfx.component import Code, Component, Frame, Output, Resolution, Resolved
from minitfx.digest import digest_file
from minitfx.errors import ParameterError
from minitfx.proto import example_gen_pb2, range_config_pb2
from minitfx.types import Examples

Place = str | Path | None
Inputs = example_gen_pb2.Input | None
Outputs = example_gen_pb2.Output | None
Spans = range_config_pb2.RangeConfig | None


class FileExampleGen(Component):
    """What all ExampleGens that read files share: which files, and how their rows are split.

    Parameters
    ----------
    input_base : str or Path
        The folder, or the URI that fsspec knows, that patterns are relative to; or one file.
    input_config : Input, optional
        Input splits by pattern. Patterns may hold ``{SPAN}``, ``{VERSION}`` or a date; see
        `minitfx.dataset.spans`. Default: all files are one split.
    output_config : Output, optional
        Output splits by hash buckets. Default: train and eval, 2 to 1, or the input splits
        where there are several.
    range_config : RangeConfig, optional
        ``static_range`` takes its first span instead of the newest; ``rolling_range`` means the
        newest. One span is read per run, as in TFX: several are joined downstream.
    split_hash : {"content", "tfx"}, default "content"
        How rows are hashed; ``"tfx"`` puts every row where TFX's ExampleGen puts it.

    Outputs
    -------
    examples : Examples
        ``Split-<name>/*.parquet``, rows in the order of the input. Properties ``split_names``,
        ``span``, ``version``; custom properties ``input_fingerprint``, ``payload_format``,
        ``file_format``.

    Raises
    ------
    ParameterError
        At construction, if the splits of either side are configured wrongly.
    DataError
        At run, if no file matches or the data are malformed: with file, line and column.

    Notes
    -----
    The fingerprint counts the files' contents, the splits' names, span and version; neither
    names nor times of files.
    """

    input_base: Place = None
    input_config: Inputs = None
    output_config: Outputs = None
    range_config: Spans = None
    split_hash: str = "content"
    examples = Output(Examples)
    found = Resolved()

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits, and no input, before anything runs."""
        from minitfx.dataset import input_splits, split_rule
        from minitfx.dataset.spans import SpanPattern

        if parameters["input_base"] is None:
            raise ParameterError("input_base is missing; expected the folder that holds the files")
        splits = input_splits(parameters["input_config"])
        for _, pattern in splits:
            SpanPattern(pattern)
        names = [name for name, _ in splits]
        split_rule(parameters["output_config"], names, parameters["split_hash"])

    @staticmethod
    def resolve(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> Resolution:
        """Find the files of the newest span and version, and what they hold."""
        from minitfx.dataset.inputs import found_files

        names = ("input_base", "input_config", "range_config")
        found = found_files(digest_file, *(parameters[name] for name in names))
        ingredient = "{fingerprint}\nspan:{span},version:{version}".format_map(found)
        return Resolution(values={"found": found}, ingredients=dict.fromkeys(names, ingredient))


class CsvExampleGen(FileExampleGen):
    """Rows of CSV files, typed by TFX's rule; see `FileExampleGen` for what is not said here.

    A column is INT if ``int()`` takes all its cells (within 64 bits), FLOAT if ``float()`` does,
    else STRING, over all files of an input split; only the empty cell is missing.

    Parameters
    ----------
    delimiter : str, default ","
        One ASCII character between two cells.
    encoding : str, default "utf-8"
        The files' encoding.
    null_values : sequence of str, default empty
        Cells that are missing beside the empty one, such as ``NA``.
    column_names : sequence of str, default empty
        Names of the columns of files that have no header.

    Examples
    --------
    >>> CsvExampleGen(input_base="data", null_values=["NA"]).outputs["examples"].type_name
    'Examples'
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits and cell options before anything runs."""
        FileExampleGen.check(inputs, parameters)
        _csv_options(*(parameters[name] for name in _CELLS))

    @staticmethod
    def execute(
        input_base: Place,
        input_config: Inputs,
        output_config: Outputs,
        range_config: Spans,
        split_hash: str,
        delimiter: str,
        encoding: str,
        null_values: list[str],
        column_names: list[str],
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Type, split and store the rows."""
        from minitfx.dataset import scan_csv
        from minitfx.dataset.payload import store

        options = _csv_options(delimiter, encoding, null_values, column_names)
        sources = {name: scan_csv(files, options) for name, files in found["files"].items()}
        store(examples, sources, output_config, split_hash, found)


class ParquetExampleGen(FileExampleGen):
    """Rows of Parquet files; see `FileExampleGen`.

    Nested and list columns are kept. Small integers, booleans, dates and the like become the
    few types that are stored: see `minitfx.dataset.stored`.
    """

    @staticmethod
    def execute(
        input_base: Place,
        input_config: Inputs,
        output_config: Outputs,
        range_config: Spans,
        split_hash: str,
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Split and store the rows."""
        from minitfx.dataset import open_source
        from minitfx.dataset.payload import store

        sources = {name: open_source(files) for name, files in found["files"].items()}
        store(examples, sources, output_config, split_hash, found, falsy_is_missing=True)


class AvroExampleGen(FileExampleGen):
    """Rows of Avro files; see `FileExampleGen`. Needs the extra ``avro``."""

    @staticmethod
    def execute(
        input_base: Place,
        input_config: Inputs,
        output_config: Outputs,
        range_config: Spans,
        split_hash: str,
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Split and store the rows."""
        from minitfx.dataset.avro import avro_tables
        from minitfx.dataset.payload import store
        from minitfx.dataset.spool import spooled

        with ExitStack() as stack:
            sources = {
                name: stack.enter_context(spooled(avro_tables(files)))
                for name, files in found["files"].items()
            }
            store(examples, sources, output_config, split_hash, found, falsy_is_missing=True)


class ImportExampleGen(FileExampleGen):
    """Rows of TFRecord files of ``tf.train.Example``, without TensorFlow.

    See `FileExampleGen`. Needs the extra ``tfrecord``. With ``split_hash="tfx"`` the bytes of
    each record are hashed as they stand, as TFX does.

    Parameters
    ----------
    payload_format : int, default FORMAT_TF_EXAMPLE
        What the files hold; ``FORMAT_PARQUET`` reads Parquet.
    """

    payload_format: int = example_gen_pb2.FORMAT_TF_EXAMPLE

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits, and payloads that are no table."""
        FileExampleGen.check(inputs, parameters)
        chosen = parameters["payload_format"]
        formats = example_gen_pb2.PayloadFormat
        if chosen not in (formats.FORMAT_TF_EXAMPLE, formats.FORMAT_PARQUET):
            raise ParameterError(
                f"ImportExampleGen.payload_format is {formats.Name(chosen)}; expected "
                "FORMAT_TF_EXAMPLE or FORMAT_PARQUET"
            )

    @staticmethod
    def execute(
        input_base: Place,
        input_config: Inputs,
        output_config: Outputs,
        range_config: Spans,
        split_hash: str,
        payload_format: int,
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Split and store the rows."""
        from minitfx.dataset import open_source
        from minitfx.dataset.payload import store
        from minitfx.dataset.tfrecord_source import scan_tfrecord

        parquet = payload_format == example_gen_pb2.FORMAT_PARQUET
        open_files: Any = open_source if parquet else scan_tfrecord
        sources = {name: open_files(files) for name, files in found["files"].items()}
        store(examples, sources, output_config, split_hash, found, falsy_is_missing=parquet)


class FileBasedExampleGen(FileExampleGen):
    """Rows of files that a function of yours reads; see `FileExampleGen`.

    Parameters
    ----------
    custom_executor_spec : callable or str
        ``read(files, custom_config)``, or its dotted path. It gets the paths of one input split
        and returns a table (a `pyarrow.Table`, a data frame, a folder of Parquet files) or
        yields tables or record batches of one schema, of any number.
    custom_config : dict or CustomConfig, optional
        Handed to ``read``.
    output_data_format, output_file_format : int, optional
        Taken, as TFX has them, and not looked at: examples are stored as Parquet.
    """

    custom_config: dict[str, Any] | example_gen_pb2.CustomConfig | None = None
    output_data_format: int | None = None
    output_file_format: int | None = None
    custom_executor_spec: Annotated[Any, Code()] = None

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits, and a reader that is not given."""
        FileExampleGen.check(inputs, parameters)
        if parameters["custom_executor_spec"] is None:
            raise ParameterError(
                "FileBasedExampleGen needs custom_executor_spec, a function that reads files"
            )

    @staticmethod
    def execute(
        input_base: Place,
        input_config: Inputs,
        output_config: Outputs,
        range_config: Spans,
        split_hash: str,
        custom_config: Any,
        output_data_format: int | None,
        output_file_format: int | None,
        custom_executor_spec: Any,
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Split and store what the function reads."""
        from minitfx.dataset.payload import store
        from minitfx.dataset.spool import opened

        read = custom_executor_spec.load()
        with ExitStack() as stack:
            sources = {
                name: stack.enter_context(opened(read(files, custom_config)))
                for name, files in found["files"].items()
            }
            store(examples, sources, output_config, split_hash, found)


class DataFrameExampleGen(Component):
    """Rows of a table in memory.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or anything with ``__arrow_c_stream__``
        The rows; the index of a data frame is no column. Counts by its content.
    output_config : Output, optional
        Output splits by hash buckets. Default: train and eval, 2 to 1.
    split_hash : {"content", "tfx"}, default "content"
        How rows are hashed.

    Outputs
    -------
    examples : Examples
        As of `FileExampleGen`.

    Raises
    ------
    ParameterError
        At construction, if the splits are configured wrongly.
    ColumnError
        At run, if a column's type cannot be stored.
    """

    data: Frame
    output_config: Outputs = None
    split_hash: str = "content"
    examples = Output(Examples)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits before anything runs."""
        from minitfx.dataset.split_config import SINGLE_SPLIT, split_rule

        split_rule(parameters["output_config"], [SINGLE_SPLIT], parameters["split_hash"])

    @staticmethod
    def execute(
        data: Any,
        output_config: Outputs,
        split_hash: str,
        examples: Examples,
    ) -> None:
        """Split and store the rows."""
        from minitfx.dataset import open_source
        from minitfx.dataset.payload import store
        from minitfx.dataset.split_config import SINGLE_SPLIT

        found = {"span": 0, "version": None, "fingerprint": ""}
        store(examples, {SINGLE_SPLIT: open_source(data)}, output_config, split_hash, found)


_CELLS = ("delimiter", "encoding", "null_values", "column_names")


def _csv_options(delimiter: str, encoding: str, null_values: Any, column_names: Any) -> Any:
    from minitfx.dataset.csv_options import CsvOptions

    return CsvOptions(delimiter, encoding, null_values, column_names)
