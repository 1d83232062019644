"""Statistics, schemas and anomalies of the columns before and after a transform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation import (
    StatsOptions,
    generate_statistics,
    validate_statistics,
    write_anomalies_binary,
    write_anomalies_table,
    write_schema_text,
    write_statistics_table,
    write_stats_binary,
)
from minitfx.dataset.source import open_source
from minitfx.errors import CodeError
from minitfx.transform.graph import TransformGraph
from minitfx.transform.metadata import raw_schema, transformed_schema
from minitfx.transform.parts import materialize
from minitfx.transform.stats_type import StatsType

StatsOptionsUpdater = Callable[[StatsType, StatsOptions], StatsOptions]


@dataclass(frozen=True)
class ReportFolders:
    """Where the reports go; each folder must be there.

    Attributes
    ----------
    pre_schema, pre_statistics : Path
        Of the raw columns that the graph reads.
    post_schema, post_statistics, post_anomalies : Path
        Of the columns that it gives.
    """

    pre_schema: Path
    pre_statistics: Path
    post_schema: Path
    post_statistics: Path
    post_anomalies: Path


def write_reports(
    graph: TransformGraph,
    raw: Mapping[str, Sequence[Path]],
    transformed: Mapping[str, Sequence[Path]],
    folders: ReportFolders,
    updater: StatsOptionsUpdater | None = None,
) -> str:
    """Write what the rows were like that analyzers read, before and after the transform.

    Parameters
    ----------
    graph : TransformGraph
        Gives both schemas.
    raw : mapping of str to sequence of Path
        The splits that analyzers read, as folders of Parquet files. Their rows are described
        together.
    transformed : mapping of str to sequence of Path
        Folders of splits that have been transformed; others are transformed in passing.
    folders : ReportFolders
        Where to write. Statistics and anomalies stand in ``Split-<name>/``, and once more
        beside it, where TFX has them.
    updater : callable, optional
        Gets the kind and the options of the statistics, and returns the options to use.

    Returns
    -------
    str
        The name of the split under which they are written: those of ``raw``, joined by ``-``.

    Raises
    ------
    CodeError
        If ``updater`` does not return options.
    """
    split = "-".join(raw)
    schema = raw_schema(graph.content)
    options = _options(StatsType.PRE_TRANSFORM, schema, graph.input_columns, updater)
    statistics = generate_statistics([path for each in raw.values() for path in each], options)
    write_schema_text(schema, folders.pre_schema / "schema.pbtxt")
    _write_statistics(statistics, split, folders.pre_statistics)

    schema = transformed_schema(graph.content)
    options = _options(StatsType.POST_TRANSFORM, schema, list(graph.outputs), updater)
    with TemporaryDirectory(prefix="minitfx-transform-") as passing:
        paths: list[Path] = []
        for name, sources in raw.items():
            paths += transformed.get(name, [Path(passing) / name])
            if name not in transformed:
                materialize(graph, [open_source(s) for s in sources], paths[-1], is_fitting=True)
        statistics = generate_statistics(paths, options)
    write_schema_text(schema, folders.post_schema / "schema.pbtxt")
    _write_statistics(statistics, split, folders.post_statistics)
    _write_anomalies(statistics, schema, split, folders.post_anomalies)
    return split


def _options(
    kind: StatsType,
    schema: schema_pb2.Schema,
    names: Sequence[str],
    updater: StatsOptionsUpdater | None,
) -> StatsOptions:
    options = StatsOptions(schema=schema, feature_allowlist=list(names))
    if updater is None:
        return options
    updated = updater(kind, options)
    if not isinstance(updated, StatsOptions):
        raise CodeError(
            f"stats_options_updater_fn returned {updated!r} for {kind.name}; expected StatsOptions"
        )
    return updated


def _write_statistics(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, split: str, folder: Path
) -> None:
    inner = folder / f"Split-{split}"
    inner.mkdir()
    write_stats_binary(statistics, folder / "FeatureStats.pb")
    write_stats_binary(statistics, inner / "FeatureStats.pb")
    write_statistics_table(statistics, inner / "statistics.parquet", split)


def _write_anomalies(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    split: str,
    folder: Path,
) -> None:
    anomalies = validate_statistics(statistics, schema)
    inner = folder / f"Split-{split}"
    inner.mkdir()
    write_anomalies_binary(anomalies, folder / "SchemaDiff.pb")
    write_anomalies_binary(anomalies, inner / "SchemaDiff.pb")
    write_anomalies_table(anomalies, inner / "anomalies.parquet", split)
