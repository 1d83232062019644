"""``minitfx stats``, ``schema`` and ``validate``: data files, without a pipeline."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from minitfx.cli.data_file import Reading, reading, statistics_of
from minitfx.errors import StorageError

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.anomalies_pb2 import Anomalies
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics

_files = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())


@click.command()
@_files
@reading
@click.option("--output", type=click.Path(), help="Write the statistics here, as TFDV reads them.")
@click.option("--html", type=click.Path(), help="Write a page with histograms here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stats(
    files: tuple[str, ...], how: Reading, output: str | None, html: str | None, as_json: bool
) -> None:
    """Show the statistics of CSV or Parquet files, of which several are one table.

    A FILE may be a folder, or a pattern in quotes.
    """
    from minitfx import data_validation as dv

    found = statistics_of(files, how)
    if output:
        dv.write_stats_binary(found, output)
    if html:
        _write_text(html, dv.get_statistics_html(found, lhs_name=" ".join(files)))
    rows = [_feature_row(each, found.datasets[0]) for each in found.datasets[0].features]
    if as_json:
        _print_json({"rows": found.datasets[0].num_examples, "features": rows})
        return
    count = found.datasets[0].num_examples
    click.echo(f"{' '.join(files)}: {count:,} rows, {len(rows)} columns")
    _table(rows)


@click.group()
def schema() -> None:
    """Infer, show and compare schemas."""


@schema.command()
@_files
@reading
@click.option("--output", type=click.Path(), help="Write it here instead of printing it.")
def infer(files: tuple[str, ...], how: Reading, output: str | None) -> None:
    """Infer a schema from CSV or Parquet files: a text that TFDV reads."""
    from google.protobuf import text_format

    from minitfx import data_validation as dv

    found = dv.infer_schema(statistics_of(files, how))
    if output:
        dv.write_schema_text(found, output)
        click.echo(f"{output}: {len(found.feature)} features")
    else:
        click.echo(text_format.MessageToString(found, as_utf8=True), nl=False)


@schema.command("show")
@click.argument("schema_file", metavar="SCHEMA", type=click.Path())
def show_schema(schema_file: str) -> None:
    """Show a schema as a table, and the values of its domains."""
    from minitfx import data_validation as dv

    for frame in dv.get_schema_dataframe(dv.load_schema_text(schema_file)):
        if len(frame):
            _table(frame.reset_index().to_dict("records"))


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
@_files
@click.option("--schema", "schema_file", required=True, type=click.Path(), help="What must hold.")
@reading
@click.option("--previous", type=click.Path(), help="Earlier data, for drift comparators.")
@click.option("--serving", type=click.Path(), help="Data seen while serving, for skew comparators.")
@click.option("--environment", help="Validate as for this environment of the schema.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(
    files: tuple[str, ...],
    schema_file: str,
    how: Reading,
    previous: str | None,
    serving: str | None,
    environment: str | None,
    as_json: bool,
) -> None:
    """Validate CSV or Parquet files against a schema; exit with 1 if they have anomalies."""
    from minitfx import data_validation as dv

    expected = dv.load_schema_text(schema_file)
    found = dv.validate_statistics(
        statistics_of(files, how),
        expected,
        environment,
        statistics_of([previous], how) if previous else None,
        statistics_of([serving], how) if serving else None,
    )
    rows = _anomaly_rows(found)
    if as_json:
        _print_json(rows)
    elif rows:
        _table(rows)
    else:
        click.echo(f"{' '.join(files)}: no anomalies")
    sys.exit(1 if rows else 0)


def _anomaly_rows(anomalies: Anomalies) -> list[dict[str, str]]:
    """Return a row for each feature with anomalies, those of the data set as a whole first."""
    found = [(name, anomalies.anomaly_info[name]) for name in sorted(anomalies.anomaly_info)]
    if anomalies.HasField("dataset_anomaly_info"):
        found.insert(0, ("(data set)", anomalies.dataset_anomaly_info))
    rows = [
        {
            "feature": name,
            "severity": type(info).Severity.Name(info.severity),
            "anomaly": info.short_description,
            "description": info.description.strip(),
        }
        for name, info in found
    ]
    if anomalies.data_missing:
        told = ("(data set)", "ERROR", "No data", "There are no examples.")
        names = ("feature", "severity", "anomaly", "description")
        rows.append(dict(zip(names, told, strict=True)))
    return rows


def _feature_row(feature: Any, dataset: DatasetFeatureStatistics) -> dict[str, Any]:
    kinds = feature.DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number
    which = feature.WhichOneof("stats")
    found = getattr(feature, which)
    common = found.common_stats
    row: dict[str, Any] = {
        "column": feature.name or ".".join(feature.path.step),
        "type": kinds[feature.type].name,
        "missing": None,
    }
    row |= dict.fromkeys(("unique", "mean", "std", "min", "median", "max", "top"))
    if dataset.num_examples:
        row["missing"] = round(common.num_missing / dataset.num_examples, 4)
    if which == "num_stats" and common.tot_num_values:
        row |= {name: getattr(found, name) for name in ("mean", "min", "median", "max")}
        row["std"] = found.std_dev
        _show_moments(row, feature)
    elif which == "string_stats":
        row["unique"] = found.unique
        row["top"] = found.top_values[0].value if found.top_values else None
    return row


def _show_moments(row: dict[str, Any], feature: Any) -> None:
    """Write dates and timestamps for the integers that stand for them."""
    from minitfx.data_validation.statistics_view import time_unit
    from minitfx.dataset.instants import duration_text, moment_text

    unit = time_unit(feature)
    if unit is not None:
        row |= {name: moment_text(row[name], unit) for name in ("mean", "min", "median", "max")}
        row["std"] = duration_text(row["std"], unit)


def _write_text(path: str, text: str) -> None:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, "utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def _print_json(value: Any) -> None:
    """Print JSON that any reader takes: NaN and infinities are texts, as protobuf writes them."""
    click.echo(json.dumps(_finite(value), ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _table(rows: list[dict[str, Any]]) -> None:
    from minitfx.cli.history import print_table

    columns = list(rows[0]) if rows else []
    print_table(columns, [tuple(row.values()) for row in rows])
