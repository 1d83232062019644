"""Widening a schema so that more data fit it."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import schema_pb2

from minitfx.data_validation.drafts import check_any, missing_paths
from minitfx.data_validation.feature_checks import Surroundings
from minitfx.data_validation.inference import add_feature
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.schema_paths import find_feature, find_sparse, find_weighted
from minitfx.data_validation.statistics_view import (
    DatasetView,
    FeatureView,
    Statistics,
    whole_dataset,
)
from minitfx.errors import ParameterTypeError


def update_schema(
    schema: schema_pb2.Schema,
    statistics: Statistics,
    infer_feature_shape: bool | None = True,
    max_string_domain_size: int = 100,
) -> schema_pb2.Schema:
    """Return a schema that fits what ``schema`` fits, and the data of ``statistics`` too.

    Parameters
    ----------
    schema : Schema
        Is not changed.
    statistics : DatasetFeatureStatisticsList
        Of more data.
    infer_feature_shape : bool, optional
        Accepted for TFDV's sake; a new column gets a value count, never a shape.
    max_string_domain_size : int
        New columns of strings with more distinct values get no domain.

    Returns
    -------
    Schema
        With wider bounds and domains and new columns; what is required but absent is
        deprecated, so is a feature whose type has changed.

    Raises
    ------
    ParameterTypeError, DataError
        As `minitfx.data_validation.validate_statistics`.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from minitfx.data_validation import generate_statistics, infer_schema
    >>> schema = infer_schema(generate_statistics(pa.table({"paid": ["cash", "card"]})))
    >>> wider = update_schema(schema, generate_statistics(pa.table({"paid": ["coin"]})))
    >>> list(wider.string_domain[0].value)
    ['card', 'cash', 'coin']
    """
    if not isinstance(schema, schema_pb2.Schema):
        raise ParameterTypeError(f"got {type(schema).__name__}; expected a Schema")
    result = schema_pb2.Schema()
    result.CopyFrom(schema)
    dataset = DatasetView(whole_dataset(statistics))
    around = Surroundings()
    for view in dataset.children(FeaturePath([])):
        _update(result, dataset, view, max_string_domain_size)
    for path in missing_paths(result, dataset, around):
        missing = find_feature(result, path)
        if missing is not None:
            missing.lifecycle_stage = schema_pb2.DEPRECATED
    return result


def _update(
    schema: schema_pb2.Schema, dataset: DatasetView, view: FeatureView, max_domain: int
) -> None:
    finders = (find_feature, find_sparse, find_weighted)
    if any(finder(schema, view.path) is not None for finder in finders):
        check_any(schema, view.path, view, Surroundings())
    else:
        add_feature(schema, view, infer_shape=False, max_string_domain_size=max_domain)
    feature = find_feature(schema, view.path)
    if feature is None or feature.lifecycle_stage == schema_pb2.DEPRECATED:
        return
    for child in dataset.children(view.path):
        _update(schema, dataset, child, max_domain)
