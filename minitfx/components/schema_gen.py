"""SchemaGen: a schema that all splits fit."""

from __future__ import annotations

from minitfx.channel import Channel
from minitfx.component import Component, Output
from minitfx.types import ExampleStatistics, Schema


class SchemaGen(Component):
    """Infer a schema from statistics.

    The first split gives the schema, each further one widens it.

    Inputs
    ------
    statistics : ExampleStatistics
        Of the data.

    Parameters
    ----------
    infer_feature_shape : bool
        Whether features that always have the same number of values get a shape.
    exclude_splits : list of str, optional
        Splits to leave out.

    Outputs
    -------
    schema : Schema
        ``schema.pbtxt``.

    Raises
    ------
    ParameterError
        If no split is left.
    """

    statistics: Channel[ExampleStatistics]
    infer_feature_shape: bool = True
    exclude_splits: list[str] | None = None
    schema = Output(Schema)

    @staticmethod
    def execute(
        statistics: ExampleStatistics,
        infer_feature_shape: bool,
        exclude_splits: list[str] | None,
        schema: Schema,
    ) -> None:
        """Write the schema."""
        from minitfx import data_validation as dv

        splits = dv.remaining_splits(statistics.splits, exclude_splits)
        files = [statistics.existing_split(split) / "FeatureStats.pb" for split in splits]
        inferred = dv.infer_schema(dv.load_stats_binary(files[0]), infer_feature_shape)
        for file in files[1:]:
            inferred = dv.update_schema(inferred, dv.load_stats_binary(file))
        dv.write_schema_text(inferred, schema.path / "schema.pbtxt")
