"""What each column tells of the label, by scikit-learn: `SkLearnMutualInformation`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.distribution import Floats
from minitfx.data_validation.encoded_columns import (
    first_categories,
    first_numbers,
    information_dataset,
    is_numeric,
    other_columns,
)
from minitfx.data_validation.partitioned import PartitionedStatsFn
from minitfx.data_validation.paths import FeaturePath, as_path
from minitfx.data_validation.schema_editing import (
    get_categorical_features,
    get_feature,
    get_multivalent_features,
)
from minitfx.errors import ColumnError


class SkLearnMutualInformation(PartitionedStatsFn):
    """Mutual information of each column and the label as scikit-learn estimates it, in nats.

    ``sklearn_mutual_information``, and ``sklearn_adjusted_mutual_information``: the same less
    what a shuffled label gives, which may be negative.

    Parameters
    ----------
    label_feature : FeaturePath or str
        The label.
    schema : Schema
        Says which columns are categorical; those that may have several values in a row are left
        out, and so are structs.
    seed : int
        Of the shuffling, and of scikit-learn's noise.

    Raises
    ------
    SchemaError
        If the label is not in the schema.

    Notes
    -----
    Missing values are a category of their own, or a number far from all others.
    """

    def __init__(
        self, label_feature: FeaturePath | str, schema: schema_pb2.Schema, seed: int
    ) -> None:
        self.label = as_path(label_feature)
        get_feature(schema, self.label)
        self.categorical = get_categorical_features(schema)
        self.multivalent = get_multivalent_features(schema)
        self.seed = seed

    def compute(
        self, examples_record_batch: pa.RecordBatch
    ) -> statistics_pb2.DatasetFeatureStatistics:
        """Return both statistics of every column but the label.

        Raises
        ------
        ColumnError
            If the label is no column, or may have several values in a row.
        """
        rows = pa.Table.from_batches([examples_record_batch])
        names = other_columns(rows, self.label)
        names = [name for name in names if FeaturePath([name]) not in self.multivalent]
        if self.label in self.multivalent:
            raise ColumnError(
                f"label {self.label} may have several values in a row; expected one. Say so in "
                "the schema, with a shape or value_count { max: 1 }"
            )
        if not names:
            return statistics_pb2.DatasetFeatureStatistics()
        discrete = [self._is_categorical(rows, name) for name in names]
        values = np.column_stack([self._encoded(rows, name) for name in names])
        label_name = self.label.path[0]
        estimate = mutual_info_regression
        if self._is_categorical(rows, label_name):
            estimate = mutual_info_classif
        label = self._encoded(rows, label_name)
        shuffled = np.random.default_rng(self.seed).permutation(label)
        found, by_chance = (
            estimate(values, each, discrete_features=discrete, random_state=self.seed)
            for each in (label, shuffled)
        )
        return information_dataset(
            {
                name: {
                    "sklearn_adjusted_mutual_information": float(one - other),
                    "sklearn_mutual_information": float(one),
                }
                for name, one, other in zip(names, found, by_chance, strict=True)
            }
        )

    def _is_categorical(self, rows: pa.Table, name: str) -> bool:
        numeric = is_numeric(rows.column(name).type)
        return FeaturePath([name]) in self.categorical or not numeric

    def _encoded(self, rows: pa.Table, name: str) -> Floats:
        column = rows.column(name)
        if self._is_categorical(rows, name):
            return first_categories(column).astype(np.float64)
        values = first_numbers(column)
        known = values[np.isfinite(values)]
        if not len(known):
            return np.zeros(len(values))
        spread = max(1.0, float(known.max() - known.min()))
        away, above, below = (known.max() + times * spread for times in (10, 20, -20))
        return np.nan_to_num(values, nan=away, posinf=above, neginf=below)
