"""ExampleDiff: how the rows of two data sets differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.errors import ParameterError
from minitfx.proto.example_diff_pb2 import ExampleDiffConfig
from minitfx.types import Examples, ExamplesDiff


class ExampleDiff(Component):
    """Pair the rows of two data sets by identifiers, and compare them column by column.

    Inputs
    ------
    examples_test, examples_base : Examples
        The data sets.

    Parameters
    ----------
    config : ExampleDiffConfig
        ``paired_example_skew`` names the identifiers.
    include_split_pairs : list of [str, str], optional
        Pairs of a test and a base split; by default each with each.

    Outputs
    -------
    example_diff_result : ExamplesDiff
        ``SplitPair-<test>_<base>/skew_stats.parquet``, counts for each column;
        ``sample_pairs.parquet``, rows that differ, side by side; ``match_stats.parquet``, how
        the identifiers of both sides meet.

    Raises
    ------
    ParameterError
        If there is no identifier or no pair of splits.
    ColumnError
        If an identifier is not a column of both, of one type.
    """

    examples_test: Channel[Examples]
    examples_base: Channel[Examples]
    config: ExampleDiffConfig
    include_split_pairs: list[list[str]] | None = None
    example_diff_result = Output(ExamplesDiff)

    @staticmethod
    def check(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        """Refuse a configuration without identifiers."""
        if not parameters["config"].paired_example_skew.identifier_features:
            raise ParameterError(
                "ExampleDiff has no identifiers; name the columns that identify a row in "
                "config.paired_example_skew.identifier_features"
            )

    @staticmethod
    def execute(
        examples_test: Examples,
        examples_base: Examples,
        config: ExampleDiffConfig,
        include_split_pairs: list[list[str]] | None,
        example_diff_result: ExamplesDiff,
    ) -> None:
        """Write the comparison of each pair of splits."""
        from minitfx import data_validation as dv

        settings = config.paired_example_skew
        rounded = settings.HasField("float_round_ndigits")
        pairs = dv.split_pairs(examples_test.splits, examples_base.splits, include_split_pairs)
        for test, base in pairs:
            skew = dv.detect_feature_skew(
                examples_base.existing_split(base),
                examples_test.existing_split(test),
                list(settings.identifier_features),
                list(settings.ignore_features),
                settings.skew_sample_size,
                settings.float_round_ndigits if rounded else None,
                settings.allow_duplicate_identifiers,
            )
            dv.write_skew(skew, example_diff_result.path / f"SplitPair-{test}_{base}")
        names = [f"{test}_{base}" for test, base in pairs]
        example_diff_result.set_json_value_custom_property("split_names", names)
