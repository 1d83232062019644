"""Validation of slices: each against the schema, and against the same slice of other data."""

from __future__ import annotations

from collections.abc import Iterable

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from minitfx.data_validation.paths import FeaturePath, feature_path
from minitfx.data_validation.schema_editing import check_schema
from minitfx.data_validation.statistics_view import WHOLE, Statistics, whole_dataset
from minitfx.data_validation.validation import validate_statistics


def validate_corresponding_slices(
    statistics: Statistics,
    schema: schema_pb2.Schema,
    environment: str | None = None,
    previous_statistics: Statistics | None = None,
    serving_statistics: Statistics | None = None,
) -> anomalies_pb2.Anomalies:
    """Return what in any slice does not fit the schema, or the same slice of other data.

    Parameters
    ----------
    statistics : DatasetFeatureStatisticsList
        Of the data to check, sliced: "All Examples" and the slices.
    schema : Schema
        What every slice should be like. Its ``dataset_constraints`` are about the whole.
    environment : str, optional
        As in `validate_statistics`.
    previous_statistics, serving_statistics : DatasetFeatureStatisticsList, optional
        Earlier data, and data seen while serving, sliced the same way. A slice that only they
        have lacks all its features in ``statistics``, and is reported so.

    Returns
    -------
    Anomalies
        By feature of a slice: ``'slice(paid_cash)::fare'``. Statistics of one data set without a
        name are those of "All Examples".

    Raises
    ------
    ParameterTypeError
        If an argument is of another type.
    DataError
        If there is no "All Examples" among the slices.
    ParameterError
        If the environment is not in the schema.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.data_validation import StatsOptions, generate_statistics, infer_schema
    >>> options = StatsOptions(slicing_config={"slicing_specs": [{"feature_keys": ["paid"]}]})
    >>> trips = pa.table({"paid": ["cash", "card"], "fare": [5.0, None]})
    >>> schema = infer_schema(generate_statistics(pa.table({"paid": ["cash"], "fare": [5.0]})))
    >>> schema.string_domain[0].value.append("card")
    >>> sliced = generate_statistics(trips, options)
    >>> sorted(validate_corresponding_slices(sliced, schema).anomaly_info)
    ["'slice(All Examples)::fare'", "'slice(paid_card)::fare'"]
    """
    check_schema(schema)
    current = _flat(statistics)
    previous, serving = (
        None if side is None else _flat(side) for side in (previous_statistics, serving_statistics)
    )
    sides = (statistics, previous_statistics, serving_statistics)
    names = {_name(each) for side in sides if side is not None for each in side.datasets}
    return validate_statistics(
        current, _for_slices(schema, sorted(names)), environment, previous, serving
    )


def _name(dataset: statistics_pb2.DatasetFeatureStatistics) -> str:
    return dataset.name or WHOLE


def _inside(slice_name: str, feature: str) -> str:
    """Return what a column is called within a slice, as TFDV calls it."""
    return f"slice({slice_name})::{feature}"


def _flat(statistics: Statistics) -> Statistics:
    """Return the features of all slices as those of one data set."""
    whole = whole_dataset(statistics)
    flat = statistics_pb2.DatasetFeatureStatistics(
        name=whole.name,
        num_examples=whole.num_examples,
        weighted_num_examples=whole.weighted_num_examples,
    )
    for dataset in statistics.datasets:
        for feature in dataset.features:
            column, *inner = feature_path(feature).path
            copied = flat.features.add()
            copied.CopyFrom(feature)
            copied.path.CopyFrom(FeaturePath([_inside(_name(dataset), column), *inner]).to_proto())
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=[flat])


def _for_slices(schema: schema_pb2.Schema, names: Iterable[str]) -> schema_pb2.Schema:
    """Return a schema that asks of every slice what ``schema`` asks of the whole."""
    result = schema_pb2.Schema()
    result.CopyFrom(schema)
    for kind in ("feature", "sparse_feature", "weighted_feature"):
        result.ClearField(kind)
        for name in names:
            for feature in getattr(schema, kind):
                copied = getattr(result, kind).add()
                copied.CopyFrom(feature)
                copied.name = _inside(name, feature.name)
    return result
