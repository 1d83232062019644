"""What each column tells of the label, as custom statistics: `MutualInformation`.

It is a statistic of a sample of the rows; hand it to `NonStreamingCustomStatsGenerator`, and that
to ``StatsOptions(generators=[…])``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.distribution import Floats
from minitfx.data_validation.encoded_columns import (
    codes_of,
    first_categories,
    first_numbers,
    floats_of,
    information_dataset,
    is_numeric,
    other_columns,
    values_by_row,
)
from minitfx.data_validation.information import (
    Columns,
    adjusted_mutual_information,
    label_columns,
    numeric_columns,
)
from minitfx.data_validation.partitioned import PartitionedStatsFn
from minitfx.data_validation.paths import FeaturePath, as_path
from minitfx.data_validation.schema_editing import (
    get_categorical_features,
    get_feature,
    get_multivalent_features,
)
from minitfx.errors import ParameterError

Paths = Collection[FeaturePath | str]


class MutualInformation(PartitionedStatsFn):
    """Adjusted mutual information of each column and the label, in bits.

    What shuffled rows seem to tell of each other is taken off, so that a column of many values
    is not overrated. A column without values, or whose values are all different categories,
    tells nothing, 0.

    Parameters
    ----------
    label_feature : FeaturePath or str
        The label; its own row in the result is left out.
    schema : Schema, optional
        Says which columns are categorical and which may have several values in a row; needed
        unless both are given.
    max_encoding_length : int
        Into how many numbers a row's list of values is turned: counts of the most frequent
        categories and of all others, or of the values in intervals of equal width.
    seed : int
        Of the shuffling, and of the noise that parts equal numbers.
    multivalent_features, categorical_features : set of FeaturePath or str, optional
        In place of what the schema says. Columns of text are always categorical.
    features_to_ignore : set of FeaturePath or str, optional
        Columns to leave out.
    normalize_by_max : bool
        Divide by what the label tells of itself, so that values lie between 0 and about 1.
    allow_invalid_partitions : bool
        Give nothing of fewer than 3 rows, instead of an error.
    custom_stats_key : str
        The name of the custom statistic.
    column_partitions : int
        Accepted for TFDV's sake; columns are computed one after another.

    Raises
    ------
    ParameterError
        If neither a schema nor both sets are given.
    SchemaError
        If the label is not in the schema.

    Notes
    -----
    Missing values are a category of their own, or numbers far from all others. Structs are left
    out. See `minitfx.data_validation.information` for the estimator.
    """

    def __init__(
        self,
        label_feature: FeaturePath | str,
        schema: schema_pb2.Schema | None = None,
        max_encoding_length: int = 512,
        seed: int = 12345,
        multivalent_features: Paths | None = None,
        categorical_features: Paths | None = None,
        features_to_ignore: Paths | None = None,
        normalize_by_max: bool = False,
        allow_invalid_partitions: bool = False,
        custom_stats_key: str = "adjusted_mutual_information",
        column_partitions: int = 1,
    ) -> None:
        self.label = as_path(label_feature)
        if schema is None and (multivalent_features is None or categorical_features is None):
            raise ParameterError(
                "MutualInformation has no schema; expected one, or both multivalent_features and "
                "categorical_features"
            )
        if max_encoding_length < 2:
            raise ParameterError(
                f"max_encoding_length is {max_encoding_length}; expected 2 or more"
            )
        if schema is not None:
            get_feature(schema, self.label)
            if multivalent_features is None:
                multivalent_features = get_multivalent_features(schema)
            if categorical_features is None:
                categorical_features = get_categorical_features(schema)
        self.multivalent = _paths(multivalent_features)
        self.categorical = _paths(categorical_features)
        self.ignored = _paths(features_to_ignore)
        self.max_encoding_length = max_encoding_length
        self.seed = seed
        self.normalize_by_max = normalize_by_max
        self.allow_invalid_partitions = allow_invalid_partitions
        self.custom_stats_key = custom_stats_key

    def compute(
        self, examples_record_batch: pa.RecordBatch
    ) -> statistics_pb2.DatasetFeatureStatistics:
        """Return the statistic of every column but the label.

        Raises
        ------
        ColumnError
            If the label is no column.
        ParameterError
            If there are fewer than 3 rows, and that is not allowed.
        """
        rows = pa.Table.from_batches([examples_record_batch])
        if rows.num_rows < _NEIGHBOURS:
            if self.allow_invalid_partitions:
                return statistics_pb2.DatasetFeatureStatistics()
            raise ParameterError(
                f"a partition has {rows.num_rows} rows; expected {_NEIGHBOURS} or more. Use fewer "
                "partitions, or set allow_invalid_partitions"
            )
        names = other_columns(rows, self.label)
        names = [name for name in names if FeaturePath([name]) not in self.ignored]
        label = self._encoded(rows, self.label.path[0])
        most = 0.0
        if self.normalize_by_max and label is not None:
            most = self._information(label, label)
        found = {}
        for name in names:
            information, column = 0.0, None if label is None else self._encoded(rows, name)
            if label is not None and column is not None:
                information = self._information(label, column)
            if self.normalize_by_max:
                information = information / most if most else 0.0
            found[name] = {self.custom_stats_key: information}
        return information_dataset(found)

    def _information(self, label: Columns, column: Columns) -> float:
        return adjusted_mutual_information(label, column, _NEIGHBOURS, seed=self.seed)

    def _encoded(self, rows: pa.Table, name: str) -> Columns | None:
        """Return a column as numbers or labels, None where it cannot tell anything."""
        column, path = rows.column(name), FeaturePath([name])
        categorical = path in self.categorical or not is_numeric(column.type)
        if path in self.multivalent:
            if not len(values_by_row(column)[1]):
                return None
            return numeric_columns(self._counts(column, categorical))
        if not categorical:
            values = first_numbers(column)
            return None if np.isnan(values).all() else numeric_columns(values[:, None])
        codes = first_categories(column)
        is_unique = len(np.unique(codes)) == len(codes)
        is_missing = bool((codes == 0).all())
        return None if is_unique or is_missing else label_columns(codes[:, None])

    def _counts(self, column: pa.ChunkedArray, categorical: bool) -> Floats:
        """Return how many of a row's values are in each category or interval."""
        rows, values = values_by_row(column)
        if categorical:
            codes = codes_of(values)
            sizes = np.bincount(codes)
            wide = min(self.max_encoding_length, len(sizes))
            rank = np.empty(len(sizes), np.int64)
            rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
            slots = np.minimum(rank[codes], wide - 1)
        else:
            wide, numbers = self.max_encoding_length, floats_of(values)
            known = np.isfinite(numbers)
            rows, numbers = rows[known], numbers[known]
            slots = np.digitize(numbers, np.histogram_bin_edges(numbers, wide - 1)) - 1
        counts = np.bincount(rows * wide + slots, minlength=len(column) * wide)
        encoded = counts.reshape(len(column), wide).astype(np.float64)
        encoded[np.setdiff1d(np.arange(len(column)), values_by_row(column)[0])] = np.nan
        return encoded


_NEIGHBOURS = 3


def _paths(features: Iterable[FeaturePath | str] | None) -> set[FeaturePath]:
    return {as_path(feature) for feature in features or ()}
