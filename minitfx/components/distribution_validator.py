"""DistributionValidator: how far two data sets are apart."""

from __future__ import annotations

from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig
from minitfx.proto.distribution_validator_pb2 import DistributionValidatorConfig
from minitfx.types import ExampleAnomalies, ExampleStatistics, ExampleValidationMetrics


class DistributionValidator(Component):
    """Compare the statistics of two data sets, such as of this span and of the one before.

    Inputs
    ------
    statistics : ExampleStatistics
        Of the data to check.
    baseline_statistics : ExampleStatistics, optional
        Of the data to compare with, most often from a Resolver with
        `minitfx.PreviousSpanStrategy`; without any, as when there is no earlier span, every
        split passes.

    Parameters
    ----------
    config : DistributionValidatorConfig
        Which features, by which distance, and how far they may be apart.
    include_split_pairs : list of [str, str], optional
        Pairs of a split and a baseline split; by default splits of equal names.
    custom_validation_config : CustomValidationConfig, optional
        Validations in SQL; base features of pairs are those of the baseline.

    Outputs
    -------
    anomalies : ExampleAnomalies
        ``SplitPair-<split>_<baseline>/SchemaDiff.pb`` and ``anomalies.parquet`` for every
        pair; the property ``blessed`` maps each pair to 1 or 0, or each split to 2 when there
        was no baseline.
    validation_metrics : ExampleValidationMetrics
        ``SplitPair-<split>_<baseline>/distances.parquet``: every distance that was measured,
        with its threshold, so that SQL can follow it from run to run.

    Raises
    ------
    ParameterError
        If there is no pair, or one that was asked for does not exist.
    """

    statistics: Channel[ExampleStatistics]
    baseline_statistics: Channel[ExampleStatistics] | None = None
    # TFX's order of keywords, although the baseline may be absent and this may not.
    config: DistributionValidatorConfig  # type: ignore[misc]
    include_split_pairs: list[list[str]] | None = None
    custom_validation_config: CustomValidationConfig | None = None
    anomalies = Output(ExampleAnomalies)
    validation_metrics = Output(ExampleValidationMetrics)

    @staticmethod
    def execute(
        statistics: ExampleStatistics,
        baseline_statistics: ExampleStatistics | None,
        config: DistributionValidatorConfig,
        include_split_pairs: list[list[str]] | None,
        custom_validation_config: CustomValidationConfig | None,
        anomalies: ExampleAnomalies,
        validation_metrics: ExampleValidationMetrics,
    ) -> None:
        """Write the anomalies of each pair of splits."""
        from minitfx import data_validation as dv

        anomalies.span = validation_metrics.span = statistics.span
        if baseline_statistics is None:
            stamped = dict.fromkeys(statistics.splits, dv.NO_BASELINE)
            anomalies.set_json_value_custom_property("blessed", stamped)
            return
        blessed = {}
        pairs = dv.split_pairs(
            statistics.splits, baseline_statistics.splits, include_split_pairs, same_name=True
        )
        for split, baseline in pairs:
            seen = dv.load_stats_binary(statistics.existing_split(split) / "FeatureStats.pb")
            base = baseline_statistics.existing_split(baseline) / "FeatureStats.pb"
            found = dv.validate_distributions(
                seen, dv.load_stats_binary(base), config, custom_validation_config
            )
            pair = f"{split}_{baseline}"
            folder = anomalies.path / f"SplitPair-{pair}"
            dv.write_anomalies_binary(found, folder / "SchemaDiff.pb")
            dv.write_anomalies_table(found, folder / "anomalies.parquet", pair)
            measured = validation_metrics.path / f"SplitPair-{pair}" / "distances.parquet"
            dv.write_distances_table(found, measured, pair)
            blessed[pair] = int(dv.is_clean(found))
        anomalies.splits = validation_metrics.splits = list(blessed)
        anomalies.set_json_value_custom_property("blessed", blessed)
