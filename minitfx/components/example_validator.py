"""ExampleValidator: what in the data does not fit the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig
from minitfx.types import ExampleAnomalies, ExampleStatistics, Schema

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList


class ExampleValidator(Component):
    """Validate the statistics of every split against a schema.

    Anomalies do not fail the node unless you ask for it: see ``blessed`` and
    ``fail_on_anomalies``.

    Inputs
    ------
    statistics : ExampleStatistics
        Of the data.
    schema : Schema
        What they should be like.
    previous_statistics : ExampleStatistics, optional
        Of earlier data, most often from a Resolver with `minitfx.PreviousSpanStrategy`: what the
        schema's ``drift_comparator`` measures against. Nothing is measured while there are none.
    serving_statistics : ExampleStatistics, optional
        Of data seen while serving, for the schema's ``skew_comparator``.

    Parameters
    ----------
    exclude_splits : list of str, optional
        Splits to leave out.
    custom_validation_config : CustomValidationConfig, optional
        Your own validations, in SQL over the statistics.
    environment : str, optional
        Where the data are used; see the schema's ``default_environment``.
    fail_on_anomalies : bool
        Whether anomalies of severity ERROR fail the node.

    Outputs
    -------
    anomalies : ExampleAnomalies
        ``Split-<name>/SchemaDiff.pb`` and ``anomalies.parquet`` for every split; the property
        ``blessed`` maps each split to 1 when it has no anomaly, else to 0. Where distances were
        measured, ``distances.parquet`` has them, large or not.

    Raises
    ------
    ParameterError
        If no split is left, or one has no counterpart in what it is compared with.
    AnomaliesError
        If there are anomalies and ``fail_on_anomalies`` is true.
    """

    statistics: Channel[ExampleStatistics]
    schema: Channel[Schema]
    exclude_splits: list[str] | None = None
    custom_validation_config: CustomValidationConfig | None = None
    environment: str | None = None
    fail_on_anomalies: bool = False
    # Beyond TFX's keywords, and therefore after them.
    previous_statistics: Channel[ExampleStatistics] | None = None
    serving_statistics: Channel[ExampleStatistics] | None = None
    anomalies = Output(ExampleAnomalies)

    @staticmethod
    def execute(
        statistics: ExampleStatistics,
        schema: Schema,
        exclude_splits: list[str] | None,
        custom_validation_config: CustomValidationConfig | None,
        environment: str | None,
        fail_on_anomalies: bool,
        previous_statistics: ExampleStatistics | None,
        serving_statistics: ExampleStatistics | None,
        anomalies: ExampleAnomalies,
    ) -> None:
        """Write the anomalies of each split."""
        from minitfx import data_validation as dv

        wanted = dv.load_schema_text(schema.path / "schema.pbtxt")
        anomalies.splits = dv.remaining_splits(statistics.splits, exclude_splits)
        anomalies.span = statistics.span
        found = {}
        for split in anomalies.splits:
            found[split] = dv.validate_statistics(
                _statistics_of(statistics, split),
                wanted,
                environment,
                _counterpart_of(previous_statistics, split),
                _counterpart_of(serving_statistics, split),
                custom_validation_config,
            )
            folder = anomalies.split_path(split)
            dv.write_anomalies_binary(found[split], folder / "SchemaDiff.pb")
            dv.write_anomalies_table(found[split], folder / "anomalies.parquet", split)
            if found[split].drift_skew_info:
                dv.write_distances_table(found[split], folder / "distances.parquet", split)
        blessed = {split: int(dv.is_clean(each)) for split, each in found.items()}
        anomalies.set_json_value_custom_property("blessed", blessed)
        if fail_on_anomalies:
            dv.raise_on_anomalies(found)


def _statistics_of(artifact: ExampleStatistics, split: str) -> DatasetFeatureStatisticsList:
    from minitfx import data_validation as dv

    return dv.load_stats_binary(artifact.existing_split(split) / "FeatureStats.pb")


def _counterpart_of(
    artifact: ExampleStatistics | None, split: str
) -> DatasetFeatureStatisticsList | None:
    from minitfx import data_validation as dv

    if artifact is None:
        return None
    return _statistics_of(artifact, dv.counterpart(split, artifact.splits))
