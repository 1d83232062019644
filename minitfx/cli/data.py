"""``minitfx stats``, ``schema`` and ``validate``: data files, without a pipeline."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from minitfx.errors import DataError, StorageError

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import (
        DatasetFeatureStatistics,
        DatasetFeatureStatisticsList,
    )

F = TypeVar("F", bound=Callable[..., Any])

_CSV = (".csv", ".tsv", ".txt")
_COMPRESSED = (".gz", ".bz2", ".zst", ".xz")


def _reading(command: F) -> F:
    """Add the options that say how a CSV file is read."""
    for option in (
        click.option("--null", "nulls", multiple=True, help="A cell that means missing, as NA."),
        click.option("--encoding", default="utf-8", show_default=True),
        click.option("--delimiter", help="Between cells of a CSV; a tab for .tsv, else a comma."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("file", type=click.Path())
@_reading
@click.option("--output", type=click.Path(), help="Write the statistics here, as TFDV reads them.")
@click.option("--html", type=click.Path(), help="Write a page with histograms here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stats(
    file: str,
    delimiter: str | None,
    encoding: str,
    nulls: tuple[str, ...],
    output: str | None,
    html: str | None,
    as_json: bool,
) -> None:
    """Show the statistics of a CSV or Parquet file, or of a folder of Parquet files."""
    from minitfx import data_validation as dv

    found = statistics_of(file, delimiter, encoding, nulls)
    if output:
        dv.write_stats_binary(found, output)
    if html:
        Path(html).write_text(dv.get_statistics_html(found), "utf-8")
    rows = _feature_rows(found.datasets[0])
    if as_json:
        click.echo(json.dumps({"rows": found.datasets[0].num_examples, "features": rows}))
        return
    click.echo(f"{file}: {found.datasets[0].num_examples:,} rows, {len(rows)} columns")
    _table(rows)


@click.group()
def schema() -> None:
    """Infer, show and compare schemas."""


@schema.command()
@click.argument("file", type=click.Path())
@_reading
@click.option("--output", type=click.Path(), help="Write it here instead of printing it.")
def infer(
    file: str, delimiter: str | None, encoding: str, nulls: tuple[str, ...], output: str | None
) -> None:
    """Infer a schema from a CSV or Parquet file: a text that TFDV reads."""
    from google.protobuf import text_format

    from minitfx import data_validation as dv

    found = dv.infer_schema(statistics_of(file, delimiter, encoding, nulls))
    if output:
        dv.write_schema_text(found, output)
        click.echo(f"{output}: {len(found.feature)} features")
    else:
        click.echo(text_format.MessageToString(found), nl=False)


@schema.command()
@click.argument("before", type=click.Path())
@click.argument("after", type=click.Path())
def diff(before: str, after: str) -> None:
    """Show what differs between two schemas; exit with 1 if anything does."""
    from minitfx import data_validation as dv

    changes = dv.diff_schemas(dv.load_schema_text(before), dv.load_schema_text(after))
    for change in changes:
        click.echo(str(change))
    sys.exit(1 if changes else 0)


@click.command()
@click.argument("file", type=click.Path())
@click.option("--schema", "schema_file", required=True, type=click.Path(), help="What must hold.")
@_reading
@click.option("--environment", help="Validate as for this environment of the schema.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(
    file: str,
    schema_file: str,
    delimiter: str | None,
    encoding: str,
    nulls: tuple[str, ...],
    environment: str | None,
    as_json: bool,
) -> None:
    """Validate a CSV or Parquet file against a schema; exit with 1 if it has anomalies."""
    from minitfx import data_validation as dv

    expected = dv.load_schema_text(schema_file)
    found = dv.validate_statistics(
        statistics_of(file, delimiter, encoding, nulls), expected, environment=environment
    )
    frame = dv.get_anomalies_dataframe(found)
    rows = [
        {"feature": name.strip("'"), "anomaly": short, "description": long}
        for name, short, long in frame.itertuples()
    ]
    if as_json:
        click.echo(json.dumps(rows))
    elif rows:
        _table(rows)
    else:
        click.echo(f"{file}: no anomalies")
    sys.exit(1 if rows else 0)


def statistics_of(
    file: str, delimiter: str | None, encoding: str, nulls: tuple[str, ...]
) -> DatasetFeatureStatisticsList:
    """Return the statistics of a data file, told apart by its suffix.

    Raises
    ------
    StorageError, DataError
        If it is not there, is neither CSV nor Parquet, or is malformed.
    """
    from minitfx import data_validation as dv
    from minitfx.dataset import CsvOptions, scan_csv, with_exact_types

    path = Path(file).expanduser()
    if not path.exists():
        raise StorageError(f"{file} does not exist; expected a CSV or Parquet file, or a folder")
    suffixes = [each for each in path.suffixes if each not in _COMPRESSED]
    suffix = suffixes[-1].lower() if suffixes else ""
    if path.is_dir() or suffix in (".parquet", ".pq"):
        return dv.generate_statistics(path)
    if suffix not in _CSV and delimiter is None:
        raise DataError(
            f"{file} is neither .csv, .tsv, .txt nor .parquet; if it is a CSV, say so with "
            "--delimiter"
        )
    between = delimiter or ("\t" if suffix == ".tsv" else ",")
    source = scan_csv(path, CsvOptions(between, encoding, tuple(nulls)))
    return with_exact_types(source, dv.generate_statistics)


def _feature_rows(dataset: DatasetFeatureStatistics) -> list[dict[str, Any]]:
    return [_feature_row(feature, dataset.num_examples) for feature in dataset.features]


def _feature_row(feature: Any, rows: int) -> dict[str, Any]:
    numeric = feature.WhichOneof("stats") == "num_stats"
    found = getattr(feature, feature.WhichOneof("stats"))
    kind = feature.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number[feature.type].name
    common = found.common_stats
    row: dict[str, Any] = {
        "column": feature.name or ".".join(feature.path.step),
        "type": kind,
        "missing": round(common.num_missing / rows, 4) if rows else None,
        "unique": None,
        "mean": None,
        "std": None,
        "min": None,
        "median": None,
        "max": None,
        "top": None,
    }
    if numeric:
        numbers = ("mean", "std_dev", "min", "median", "max")
        keys = ("mean", "std", "min", "median", "max")
        row |= {key: getattr(found, name) for key, name in zip(keys, numbers, strict=True)}
    elif feature.WhichOneof("stats") == "string_stats":
        row["unique"] = found.unique
        row["top"] = found.top_values[0].value if found.top_values else None
    return row


def _table(rows: list[dict[str, Any]]) -> None:
    from minitfx.cli.history import print_table

    columns = list(rows[0]) if rows else []
    print_table(columns, [tuple(row.values()) for row in rows])
