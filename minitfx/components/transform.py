"""Transform: a ``preprocessing_fn``, fitted once and applied to every split."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from minitfx import ambient
from minitfx.channel import Channel
from minitfx.component import Code, Component, Output
from minitfx.errors import ParameterError
from minitfx.proto.transform_pb2 import SplitsConfig
from minitfx.types import (
    ExampleAnomalies,
    Examples,
    ExampleStatistics,
    Schema,
    TransformCache,
    TransformGraph,
)


class Transform(Component):
    """Fit a ``preprocessing_fn`` to the data and transform them.

    Inputs
    ------
    examples : Examples
        Raw rows. Several artifacts, such as spans, must have the same splits.
    schema : Schema
        Which columns the function is given.
    analyzer_cache : TransformCache, optional
        What analyzers found in data sets that were seen before, so that only new ones are read.

    Parameters
    ----------
    module_file : str, optional
        A Python file that defines ``preprocessing_fn(inputs[, custom_config])``, and perhaps
        ``stats_options_updater_fn(stats_type, stats_options)``.
    preprocessing_fn : str or callable, optional
        The function itself, or its dotted path.
    splits_config : SplitsConfig, optional
        Splits that analyzers read (``train`` by default) and splits to transform (all).
    materialize : bool
        Whether to write the transformed rows.
    disable_analyzer_cache : bool
        Whether to leave out ``updated_analyzer_cache``.
    force_tf_compat_v1 : bool
        Taken as in TFX, without effect: there is no TensorFlow here.
    custom_config : dict, optional
        Handed to a ``preprocessing_fn`` that takes it.
    disable_statistics : bool
        Whether to leave out the statistics, schemas and anomalies.
    stats_options_updater_fn : str or callable, optional
        Changes the options of the statistics; only together with ``preprocessing_fn``.

    Outputs
    -------
    transform_graph : TransformGraph
        ``transform_fn/``, ``metadata/`` and ``transformed_metadata/``.
    transformed_examples : Examples
        The transformed rows of every split, one artifact for each input artifact, unless
        ``materialize`` is False.
    updated_analyzer_cache : TransformCache
        What analyzers found, for the next span; unless it is disabled.
    pre_transform_schema, pre_transform_stats : Schema, ExampleStatistics
        Of the raw columns that the transform reads, over the splits that analyzers read.
    post_transform_schema, post_transform_stats, post_transform_anomalies
        Of the transformed columns, over the same rows.

    Raises
    ------
    ParameterError
        At construction, unless exactly one of ``module_file`` and ``preprocessing_fn`` is given,
        or for settings that exclude each other.
    TransformError, ColumnError
        At run, if the function cannot be traced or applied; the message names its line.
    """

    examples: Channel[list[Examples]]
    schema: Channel[Schema]
    analyzer_cache: Channel[TransformCache] | None = None
    module_file: Annotated[str | None, Code("preprocessing_fn", "stats_options_updater_fn")] = None
    preprocessing_fn: Annotated[str | None, Code()] = None
    splits_config: SplitsConfig | None = None
    materialize: bool = True
    disable_analyzer_cache: bool = False
    force_tf_compat_v1: bool = False
    custom_config: dict[str, Any] | None = None
    disable_statistics: bool = False
    stats_options_updater_fn: Annotated[str | None, Code()] = None
    transform_graph = Output(TransformGraph)
    transformed_examples = Output(Examples, optional=True, per_input="examples")
    updated_analyzer_cache = Output(TransformCache, optional=True)
    pre_transform_schema = Output(Schema, optional=True)
    pre_transform_stats = Output(ExampleStatistics, optional=True)
    post_transform_schema = Output(Schema, optional=True)
    post_transform_stats = Output(ExampleStatistics, optional=True)
    post_transform_anomalies = Output(ExampleAnomalies, optional=True)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse combinations that leave open what to fit, or on what."""
        code = [name for name in ("module_file", "preprocessing_fn") if parameters[name]]
        if len(code) != 1:
            raise ParameterError(
                f"Transform was given {' and '.join(code) or 'no function'}; expected exactly "
                "one of module_file and preprocessing_fn"
            )
        if parameters["stats_options_updater_fn"] and code == ["module_file"]:
            raise ParameterError(
                "Transform.stats_options_updater_fn goes with preprocessing_fn; with module_file "
                "define a function of that name in the module"
            )
        if parameters["disable_analyzer_cache"] and "analyzer_cache" in inputs:
            raise ParameterError(
                "Transform was given an analyzer_cache although disable_analyzer_cache is set; "
                "leave one of them out"
            )
        config = parameters["splits_config"]
        if isinstance(config, SplitsConfig) and not config.analyze_splits:
            raise ParameterError(
                "Transform.splits_config names no analyze_splits; expected at least one"
            )

    @staticmethod
    def execute(
        examples: list[Examples],
        schema: Schema,
        analyzer_cache: TransformCache | None,
        module_file: Any,
        preprocessing_fn: Any,
        splits_config: SplitsConfig | None,
        materialize: bool,
        disable_analyzer_cache: bool,
        force_tf_compat_v1: bool,
        custom_config: dict[str, Any] | None,
        disable_statistics: bool,
        stats_options_updater_fn: Any,
        transform_graph: TransformGraph,
        transformed_examples: list[Examples],
        updated_analyzer_cache: TransformCache,
        pre_transform_schema: Schema,
        pre_transform_stats: ExampleStatistics,
        post_transform_schema: Schema,
        post_transform_stats: ExampleStatistics,
        post_transform_anomalies: ExampleAnomalies,
    ) -> None:
        """Fit, save, apply and report."""
        from minitfx import transform
        from minitfx.dataset.source import open_source
        from minitfx.transform.graphfile import read_schema
        from minitfx.transform.reports import ReportFolders, write_reports

        analyzed, transformed = _splits(examples, splits_config)
        paths = {
            split: [each.existing_split(split) for each in examples]
            for split in dict.fromkeys([*analyzed, *transformed])
        }
        cache = transform.AnalyzerCache(
            old=analyzer_cache.path if analyzer_cache else None,
            new=None if disable_analyzer_cache else updated_analyzer_cache.path,
        )
        graph = transform.analyze(
            _datasets(examples, analyzed, paths),
            (preprocessing_fn or module_file).load(),
            read_schema(schema.path / "schema.pbtxt"),
            custom_config=custom_config,
            cache=cache,
        )
        graph.save(transform_graph.path)
        made: dict[str, list[Path]] = {}
        for split in transformed if materialize else ():
            made[split] = [each.split_path(split) for each in transformed_examples]
            for path, folder in zip(paths[split], made[split], strict=True):
                source = open_source(path)
                transform.materialize(graph, [source], folder, is_fitting=split in analyzed)
                ambient.report(source.rows, source.rows)
        reports = [pre_transform_schema, pre_transform_stats, post_transform_schema]
        reports += [post_transform_stats, post_transform_anomalies]
        if not disable_statistics:
            write_reports(
                graph,
                {split: paths[split] for split in analyzed},
                made,
                ReportFolders(*(report.path for report in reports)),
                _updater(module_file, stats_options_updater_fn),
            )
        for each, raw in zip(transformed_examples, examples, strict=True):
            _describe(each, transformed, [raw])
            _leave_out(each, materialize)
        for report in reports[1:2] + reports[3:]:
            _describe(report, ["-".join(analyzed)], examples)
        _leave_out(updated_analyzer_cache, not disable_analyzer_cache)
        for report in reports:
            _leave_out(report, not disable_statistics)


def _datasets(
    examples: Sequence[Examples], splits: Sequence[str], paths: Mapping[str, Sequence[Path]]
) -> dict[str, Path]:
    """Return the data that analyzers read, under names that stand for their content."""
    found: dict[str, Path] = {}
    for split in splits:
        for artifact, path in zip(examples, paths[split], strict=True):
            digest = artifact.digest or _digest(path)
            number = sum(name.startswith(f"{digest}/{split}") for name in found)
            found[f"{digest}/{split}" + (f" {number}" if number else "")] = path
    return found


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def _updater(module_file: Any, stats_options_updater_fn: Any) -> Any:
    if module_file is not None:
        return module_file.load("stats_options_updater_fn")
    return stats_options_updater_fn.load() if stats_options_updater_fn else None


def _describe(artifact: Any, splits: list[str], examples: Sequence[Examples]) -> None:
    artifact.splits = splits
    artifact.span = examples[-1].span


def _leave_out(artifact: Any, keep: bool) -> None:
    if not keep:
        shutil.rmtree(artifact.path)


def _splits(
    examples: Sequence[Examples], config: SplitsConfig | None
) -> tuple[list[str], list[str]]:
    """Return the splits to analyze and those to transform.

    Raises
    ------
    ParameterError
        If the artifacts have different splits.
    """
    splits = examples[0].splits
    for each in examples[1:]:
        if sorted(each.splits) != sorted(splits):
            raise ParameterError(
                f"Transform's examples have different splits: {', '.join(splits)} at "
                f"{examples[0].uri} and {', '.join(each.splits)} at {each.uri}"
            )
    if config is None:
        return ["train"], splits
    return list(config.analyze_splits), list(config.transform_splits)
