"""ExampleGen: rows from anywhere, typed, split by content, stored as Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minitfx.component import Component, Frame, Output, Resolution, Resolved
from minitfx.digest import digest_file
from minitfx.proto import example_gen_pb2, range_config_pb2
from minitfx.types import Examples

if TYPE_CHECKING:
    from minitfx.dataset.source import Source


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

    input_base: str | Path | None = None
    input_config: example_gen_pb2.Input | None = None
    output_config: example_gen_pb2.Output | None = None
    range_config: range_config_pb2.RangeConfig | None = None
    split_hash: str = "content"
    examples = Output(Examples)
    found = Resolved()

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits before anything runs."""
        from minitfx.dataset import input_splits
        from minitfx.dataset.spans import SpanPattern

        splits = input_splits(parameters["input_config"])
        for _, pattern in splits:
            SpanPattern(pattern)
        _check_rule(parameters, [name for name, _ in splits])

    @staticmethod
    def resolve(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> Resolution:
        """Find the files of the newest span and version, and what they hold."""
        from minitfx.dataset import find_inputs, input_splits

        chosen = parameters["range_config"]
        span = None
        if chosen is not None and chosen.HasField("static_range"):
            span = chosen.static_range.start_span_number
        splits = input_splits(parameters["input_config"])
        found = find_inputs(str(parameters["input_base"] or "."), splits, span)
        fingerprint = "\n".join(_fingerprint(name, files) for name, files in found.files.items())
        ingredient = f"{fingerprint}\nspan:{found.span},version:{found.version}"
        values = {
            "files": {name: list(files) for name, files in found.files.items()},
            "span": found.span,
            "version": found.version,
            "fingerprint": fingerprint,
        }
        read = ("input_base", "input_config", "range_config")
        return Resolution(values={"found": values}, ingredients=dict.fromkeys(read, ingredient))


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

    Examples
    --------
    >>> CsvExampleGen(input_base="data", null_values=["NA"]).outputs["examples"].type_name
    'Examples'
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ()

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits and cell options before anything runs."""
        FileExampleGen.check(inputs, parameters)
        _csv_options(parameters["delimiter"], parameters["encoding"], parameters["null_values"])

    @staticmethod
    def execute(
        input_base: str | Path | None,
        input_config: example_gen_pb2.Input | None,
        output_config: example_gen_pb2.Output | None,
        range_config: range_config_pb2.RangeConfig | None,
        split_hash: str,
        delimiter: str,
        encoding: str,
        null_values: list[str],
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Type, split and store the rows."""
        from minitfx.dataset import scan_csv

        options = _csv_options(delimiter, encoding, null_values)
        sources = {name: scan_csv(files, options) for name, files in found["files"].items()}
        _write(examples, sources, output_config, split_hash)
        _describe(examples, found)


class ParquetExampleGen(FileExampleGen):
    """Rows of Parquet files; see `FileExampleGen`.

    Nested and list columns are kept. Small integers, booleans, dates and the like become the
    few types that are stored: see `minitfx.dataset.stored`.
    """

    @staticmethod
    def execute(
        input_base: str | Path | None,
        input_config: example_gen_pb2.Input | None,
        output_config: example_gen_pb2.Output | None,
        range_config: range_config_pb2.RangeConfig | None,
        split_hash: str,
        examples: Examples,
        found: dict[str, Any],
    ) -> None:
        """Split and store the rows."""
        from minitfx.dataset import open_source

        sources = {name: open_source(files) for name, files in found["files"].items()}
        _write(examples, sources, output_config, split_hash, falsy_is_missing=True)
        _describe(examples, found)


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
    output_config: example_gen_pb2.Output | None = None
    split_hash: str = "content"
    examples = Output(Examples)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse wrong splits before anything runs."""
        from minitfx.dataset.split_config import SINGLE_SPLIT

        _check_rule(parameters, [SINGLE_SPLIT])

    @staticmethod
    def execute(
        data: Any,
        output_config: example_gen_pb2.Output | None,
        split_hash: str,
        examples: Examples,
    ) -> None:
        """Split and store the rows."""
        from minitfx.dataset import open_source
        from minitfx.dataset.split_config import SINGLE_SPLIT

        _write(examples, {SINGLE_SPLIT: open_source(data)}, output_config, split_hash)
        _describe(examples, {"span": 0, "version": None, "fingerprint": ""})


def _check_rule(parameters: Mapping[str, Any], inputs: list[str]) -> None:
    from minitfx.dataset import split_rule

    split_rule(parameters["output_config"], inputs, parameters["split_hash"])


def _csv_options(delimiter: str, encoding: str, null_values: Any) -> Any:
    from minitfx.dataset.csv_options import CsvOptions

    return CsvOptions(delimiter, encoding, tuple(null_values))


def _write(
    examples: Examples,
    sources: Mapping[str, Source],
    output_config: example_gen_pb2.Output | None,
    split_hash: str,
    *,
    falsy_is_missing: bool = False,
) -> None:
    from minitfx.dataset import split_rule, write_examples

    rule = split_rule(output_config, list(sources), split_hash)
    rows = write_examples(sources, rule, examples.split_path, falsy_is_missing=falsy_is_missing)
    examples.splits = list(rows)


def _describe(examples: Examples, found: Mapping[str, Any]) -> None:
    examples.span = found["span"]
    examples.set_int_custom_property("span", found["span"])
    if found["version"] is not None:
        examples.version = found["version"]
        examples.set_int_custom_property("version", found["version"])
    if found["fingerprint"]:
        examples.set_string_custom_property("input_fingerprint", found["fingerprint"])
    examples.set_string_custom_property("payload_format", "FORMAT_PARQUET")
    examples.set_string_custom_property("file_format", "parquet")


def _fingerprint(split: str, files: tuple[str, ...]) -> str:
    """Return what a split's files hold, in TFX's form, with a digest for its time stamps."""
    found = [_content(path) for path in files]
    digest = hashlib.sha256("\n".join(each for _, each in found).encode()).hexdigest()
    total = sum(size for size, _ in found)
    return f"split:{split},num_files:{len(files)},total_bytes:{total},sha256:{digest}"


def _content(path: str) -> tuple[int, str]:
    from minitfx.dataset.files import is_uri, open_uri

    if not is_uri(path):
        return Path(path).stat().st_size, digest_file(path)
    digest, size = hashlib.sha256(), 0
    with open_uri(path) as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()
