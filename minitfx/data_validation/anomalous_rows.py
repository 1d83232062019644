"""Which rows of a table do not fit a schema, and why.

A row is checked as a data set of itself. To find the rows that fail, each column is checked as
a whole first; only where something is wrong is it halved, down to single values. Columns of
scalars are checked by their distinct values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.buffers import array_of, values_of
from minitfx.data_validation.distribution import Ints
from minitfx.data_validation.drafts import check_any, draft_of, missing_paths
from minitfx.data_validation.feature_checks import Surroundings
from minitfx.data_validation.feature_proto import feature_proto
from minitfx.data_validation.feature_values import FeatureValues
from minitfx.data_validation.features import Feature, features_of
from minitfx.data_validation.nesting import is_list, valid_mask
from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.schema_paths import find_feature
from minitfx.data_validation.statistics_view import DatasetView, FeatureView
from minitfx.data_validation.value_counts import CountSettings
from minitfx.dataset.source import ROWS_PER_CHUNK

OF_DATASETS = frozenset(
    (
        "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        "FEATURE_TYPE_LOW_NUMBER_PRESENT",
        "FEATURE_TYPE_NOT_PRESENT",
        "FEATURE_TYPE_LOW_UNIQUE",
        "FEATURE_TYPE_HIGH_UNIQUE",
        "FEATURE_TYPE_NO_UNIQUE",
        "SCHEMA_TRAINING_SERVING_SKEW",
        "COMPARATOR_CONTROL_DATA_MISSING",
        "COMPARATOR_TREATMENT_DATA_MISSING",
        "COMPARATOR_L_INFTY_HIGH",
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
        "COMPARATOR_LOW_NUM_EXAMPLES",
        "COMPARATOR_HIGH_NUM_EXAMPLES",
        "DATASET_LOW_NUM_EXAMPLES",
        "DATASET_HIGH_NUM_EXAMPLES",
        "NO_DATA_IN_SPAN",
    )
)
"""Kinds of anomalies that only make sense of many rows together."""

Problem = tuple[FeaturePath, str]
"""A feature, and the kind of anomaly that it has."""


@dataclass(frozen=True)
class AnomalySlicer:
    """Slices a table by the anomalies of its rows.

    Attributes
    ----------
    schema : Schema
        What rows should be like.
    around : Surroundings
        The environment.
    """

    schema: schema_pb2.Schema
    around: Surroundings

    def columns(self, schema: pa.Schema) -> Sequence[str]:
        """Return all columns."""
        return list(schema.names)

    def slices(self, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        """Yield ``feature_KIND`` with the rows that have that anomaly."""
        for (path, kind), rows in self.problems(table).items():
            yield f"{path}_{kind}", table.take(array_of(rows))

    def problems(self, table: pa.Table) -> dict[Problem, Ints]:
        """Return the rows, ascending, that have each kind of anomaly."""
        every = np.arange(table.num_rows)
        features: dict[str, list[Feature]] = {}
        for feature in features_of(table.schema, StatsOptions(schema=self.schema)):
            features.setdefault(feature.column, []).append(feature)
        found: dict[Problem, Ints] = {}
        for path in missing_paths(self.schema, _seen(table), self.around):
            found[path, "SCHEMA_MISSING_COLUMN"] = every
        for name in table.column_names:
            path = FeaturePath([name])
            if find_feature(self.schema, path) is None:
                found[path, "SCHEMA_NEW_COLUMN"] = every
                continue
            column = _Column(table.column(name), features[name], self.schema, self.around)
            for problem, rows in column.problems().items():
                found[problem] = rows
        return found


def _seen(table: pa.Table) -> DatasetView:
    """Return statistics that only say which features there are."""
    dataset = statistics_pb2.DatasetFeatureStatistics()
    for feature in features_of(table.schema, StatsOptions()):
        dataset.features.add(path=feature.path.to_proto())
    return DatasetView(dataset)


class _Column:
    """A column whose rows, or distinct values, are checked by halves."""

    def __init__(
        self,
        column: Any,
        features: Sequence[Feature],
        schema: schema_pb2.Schema,
        around: Surroundings,
    ) -> None:
        array = column.combine_chunks()
        self.features = features
        self.schema = schema
        self.around = around
        present = np.flatnonzero(valid_mask(array))
        self.rows, self.items, self.codes = present, array.drop_null(), None
        nested = is_list(array.type) or pa.types.is_struct(array.type)
        if not nested and len(self.items):
            encoded = self.items
            if not pa.types.is_dictionary(encoded.type):
                encoded = encoded.dictionary_encode()
            self.items, self.codes = encoded.dictionary, values_of(encoded.indices)

    def problems(self) -> dict[Problem, Ints]:
        found: dict[Problem, list[int]] = {}
        if len(self.items):
            self._search(0, len(self.items), found)
        return {problem: self._rows_of(items) for problem, items in found.items()}

    def _search(self, start: int, stop: int, found: dict[Problem, list[int]]) -> None:
        single = stop - start == 1
        problems = self._check(start, stop, strict=not single)
        if not problems:
            return
        if single:
            for problem in problems:
                found.setdefault(problem, []).append(start)
            return
        middle = (start + stop) // 2
        self._search(start, middle, found)
        self._search(middle, stop, found)

    def _check(self, start: int, stop: int, strict: bool) -> list[Problem]:
        items = self.items.slice(start, stop - start)
        problems = []
        for feature in self.features:
            if find_feature(self.schema, feature.path) is None:
                problems.append((feature.path, "SCHEMA_NEW_COLUMN"))
                continue
            values = FeatureValues(feature, CountSettings(top=ROWS_PER_CHUNK)).add(items)
            view = FeatureView(feature_proto(values, _EVERY_LABEL))
            draft = draft_of(self.schema, feature.path)
            if strict:
                draft.feature[0].ClearField("distribution_constraints")
            path = FeaturePath([feature.path.path[-1]])
            checked = check_any(draft, path, view, self.around)
            kinds = {reason.kind for reason in checked.reasons} - OF_DATASETS
            problems += [(feature.path, kind) for kind in sorted(kinds)]
        return problems

    def _rows_of(self, items: list[int]) -> Ints:
        if self.codes is None:
            return self.rows[np.array(items, np.int64)]
        return self.rows[np.isin(self.codes, items)]


_EVERY_LABEL = StatsOptions(num_rank_histogram_buckets=10**9)
