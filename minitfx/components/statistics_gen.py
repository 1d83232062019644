"""StatisticsGen: the statistics of every split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minitfx import ambient
from minitfx.channel import Channel
from minitfx.component import Component, Output, Resolution
from minitfx.digest import digest_file
from minitfx.errors import ParameterError
from minitfx.types import Examples, ExampleStatistics, Schema

if TYPE_CHECKING:
    from minitfx.data_validation import StatsOptions


class StatisticsGen(Component):
    """Compute the statistics of every split.

    Inputs
    ------
    examples : Examples
        The data.
    schema : Schema, optional
        Says which integers are categorical; not together with a schema in the options.

    Parameters
    ----------
    stats_options : StatsOptions, optional
        What to compute; without functions, for those cannot be written down. The files of
        ``vocab_paths`` count by their content.
    exclude_splits : list of str, optional
        Splits to leave out.

    Outputs
    -------
    statistics : ExampleStatistics
        ``Split-<name>/FeatureStats.pb`` and ``statistics.parquet`` for every split.

    Raises
    ------
    ParameterError
        If two schemas are given, or no split is left.
    """

    examples: Channel[Examples]
    schema: Channel[Schema] | None = None
    stats_options: StatsOptions | None = None
    exclude_splits: list[str] | None = None
    statistics = Output(ExampleStatistics)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse a schema that is given twice."""
        options = parameters["stats_options"]
        if inputs.get("schema") is not None and options is not None and options.schema is not None:
            raise ParameterError(
                "StatisticsGen has a schema as an input and another in stats_options; expected "
                "at most one of them"
            )

    @staticmethod
    def resolve(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> Resolution:
        """Look at the content of vocabulary files, rather than at their names."""
        options = parameters["stats_options"]
        if options is None or not options.vocab_paths:
            return Resolution()
        found = {name: digest_file(Path(path)) for name, path in options.vocab_paths.items()}
        return Resolution(
            ingredients={"stats_options": replace(options, vocab_paths=found).to_json()}
        )

    @staticmethod
    def execute(
        examples: Examples,
        schema: Schema | None,
        stats_options: StatsOptions | None,
        exclude_splits: list[str] | None,
        statistics: ExampleStatistics,
    ) -> None:
        """Write the statistics of each split."""
        from minitfx import data_validation as dv

        options = stats_options or dv.StatsOptions()
        if schema is not None:
            options = replace(options, schema=dv.load_schema_text(schema.path / "schema.pbtxt"))
        statistics.splits = dv.remaining_splits(examples.splits, exclude_splits)
        statistics.span = examples.span
        for split in statistics.splits:
            found = dv.generate_statistics(examples.existing_split(split), options)
            count = found.datasets[0].num_examples
            ambient.report(count, count)
            folder = statistics.split_path(split)
            dv.write_stats_binary(found, folder / "FeatureStats.pb")
            dv.write_statistics_table(found, folder / "statistics.parquet", split)
