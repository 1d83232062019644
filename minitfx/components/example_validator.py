"""ExampleValidator: what in the data does not fit the schema."""

from __future__ import annotations

from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.proto.custom_validation_config_pb2 import CustomValidationConfig
from minitfx.types import ExampleAnomalies, ExampleStatistics, Schema


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
        ``blessed`` maps each split to 1 when it has no anomaly, else to 0.

    Raises
    ------
    ParameterError
        If no split is left.
    AnomaliesError
        If there are anomalies and ``fail_on_anomalies`` is true.
    """

    statistics: Channel[ExampleStatistics]
    schema: Channel[Schema]
    exclude_splits: list[str] | None = None
    custom_validation_config: CustomValidationConfig | None = None
    environment: str | None = None
    fail_on_anomalies: bool = False
    anomalies = Output(ExampleAnomalies)

    @staticmethod
    def execute(
        statistics: ExampleStatistics,
        schema: Schema,
        exclude_splits: list[str] | None,
        custom_validation_config: CustomValidationConfig | None,
        environment: str | None,
        fail_on_anomalies: bool,
        anomalies: ExampleAnomalies,
    ) -> None:
        """Write the anomalies of each split."""
        from minitfx import data_validation as dv

        wanted = dv.load_schema_text(schema.path / "schema.pbtxt")
        anomalies.splits = dv.remaining_splits(statistics.splits, exclude_splits)
        anomalies.span = statistics.span
        found = {}
        for split in anomalies.splits:
            seen = dv.load_stats_binary(statistics.existing_split(split) / "FeatureStats.pb")
            found[split] = dv.validate_statistics(
                seen, wanted, environment, custom_validation_config=custom_validation_config
            )
            folder = anomalies.split_path(split)
            dv.write_anomalies_binary(found[split], folder / "SchemaDiff.pb")
            dv.write_anomalies_table(found[split], folder / "anomalies.parquet", split)
        blessed = {split: int(dv.is_clean(each)) for split, each in found.items()}
        anomalies.set_json_value_custom_property("blessed", blessed)
        if fail_on_anomalies:
            dv.raise_on_anomalies(found)
