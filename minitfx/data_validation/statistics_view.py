"""Statistics protos, read the way that schema inference and validation need them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.paths import FeaturePath, feature_path
from minitfx.errors import DataError, ParameterTypeError

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList

WHOLE = "All Examples"
"""The name of the data set beside its slices."""

TIME_UNIT = "time_unit"
"""The custom statistic that says what the integers of dates and timestamps count since 1970."""

_Type = statistics_pb2.FeatureNameStatistics
_Common = statistics_pb2.CommonStatistics

_SCHEMA_TYPES = {
    _Type.INT: schema_pb2.INT,
    _Type.FLOAT: schema_pb2.FLOAT,
    _Type.STRING: schema_pb2.BYTES,
    _Type.BYTES: schema_pb2.BYTES,
    _Type.STRUCT: schema_pb2.STRUCT,
}


def whole_dataset(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatistics:
    """Return the only data set, or the one called "All Examples".

    Raises
    ------
    ParameterTypeError
        If ``statistics`` is something else.
    DataError
        If there is none, or there are several and none is the whole.
    """
    if not isinstance(statistics, statistics_pb2.DatasetFeatureStatisticsList):
        raise ParameterTypeError(
            f"got {type(statistics).__name__}; expected statistics, a DatasetFeatureStatisticsList"
        )
    if len(statistics.datasets) == 1:
        return statistics.datasets[0]
    for dataset in statistics.datasets:
        if dataset.name == WHOLE:
            return dataset
    names = ", ".join(repr(dataset.name) for dataset in statistics.datasets) or "none"
    raise DataError(
        f"the statistics are of these data sets: {names}; expected exactly one, or one named "
        f"{WHOLE!r}. Choose a slice with get_slice_stats"
    )


def common_statistics(
    feature: statistics_pb2.FeatureNameStatistics,
) -> statistics_pb2.CommonStatistics:
    """Return the statistics that features of all types have."""
    which = feature.WhichOneof("stats")
    if which is None:
        return _Common()
    common: statistics_pb2.CommonStatistics = getattr(feature, which).common_stats
    return common


def time_unit(feature: statistics_pb2.FeatureNameStatistics) -> str | None:
    """Return what the integers of a feature count since 1970, None for ordinary ones."""
    return next((str(each.str) for each in feature.custom_stats if each.name == TIME_UNIT), None)


def schema_type(statistics_type: int) -> int:
    """Return the type in a schema of a type in statistics."""
    return int(_SCHEMA_TYPES[statistics_type])


@dataclass(frozen=True)
class Level:
    """One nest level of a feature.

    Attributes
    ----------
    least, most : int
        Fewest and most values of a present row.
    missing : float
        Rows without a value.
    """

    least: int
    most: int
    missing: float


@dataclass(frozen=True)
class DatasetView:
    """The statistics of one data set.

    Attributes
    ----------
    proto : DatasetFeatureStatistics
        The data set.
    """

    proto: statistics_pb2.DatasetFeatureStatistics

    @cached_property
    def by_weight(self) -> bool:
        """Whether weighted counts stand for plain ones: all features must have them."""
        return self.proto.weighted_num_examples != 0 and all(
            common_statistics(feature).HasField("weighted_common_stats")
            for feature in self.proto.features
            if feature.WhichOneof("stats") is not None
        )

    @cached_property
    def features(self) -> dict[FeaturePath, FeatureView]:
        """The features by path, in their order."""
        views = (FeatureView(feature, self.by_weight) for feature in self.proto.features)
        return {view.path: view for view in views}

    def children(self, path: FeaturePath) -> Iterator[FeatureView]:
        """Yield the features directly below ``path``; the empty path gives the columns."""
        for candidate, view in self.features.items():
            if len(candidate) and candidate.parent() == path:
                yield view


@dataclass(frozen=True)
class FeatureView:
    """The statistics of one feature.

    Attributes
    ----------
    proto : FeatureNameStatistics
        The feature.
    by_weight : bool
        Whether counts are sums of weights.
    """

    proto: statistics_pb2.FeatureNameStatistics
    by_weight: bool = False

    @cached_property
    def path(self) -> FeaturePath:
        """Where the feature is."""
        return feature_path(self.proto)

    @property
    def type(self) -> int:
        """The type in the statistics."""
        return int(self.proto.type)

    @property
    def common(self) -> statistics_pb2.CommonStatistics:
        """What features of all types have."""
        return common_statistics(self.proto)

    @property
    def present(self) -> float:
        """In how many rows there is a value."""
        if self.by_weight:
            return float(self.common.weighted_common_stats.num_non_missing)
        return float(self.common.num_non_missing)

    @property
    def missing(self) -> float:
        """In how many rows there is none."""
        if self.by_weight:
            return float(self.common.weighted_common_stats.num_missing)
        return float(self.common.num_missing)

    @property
    def fraction_present(self) -> float | None:
        """Share of the rows with a value, None when there are no rows."""
        rows = self.present + self.missing
        return self.present / rows if rows else None

    @property
    def total_values(self) -> float:
        """How many values there are in all rows."""
        if self.by_weight:
            return float(self.common.weighted_common_stats.tot_num_values)
        return float(self.common.tot_num_values)

    @property
    def levels(self) -> list[Level]:
        """The nest levels, outermost first."""
        nested = self.common.presence_and_valency_stats
        if not nested:
            one = Level(self.common.min_num_values, self.common.max_num_values, self.missing)
            return [one]
        return [
            Level(each.min_num_values, each.max_num_values, each.num_missing) for each in nested
        ]

    @property
    def strings(self) -> statistics_pb2.StringStatistics:
        """Statistics of strings; empty for other features."""
        return self.proto.string_stats

    @property
    def numbers(self) -> statistics_pb2.NumericStatistics:
        """Statistics of numbers; empty for other features."""
        return self.proto.num_stats

    @property
    def unique(self) -> int | None:
        """How many distinct values, None when they were not counted."""
        if self.proto.WhichOneof("stats") != "string_stats":
            return None
        return int(self.strings.unique)

    @cached_property
    def counts(self) -> dict[str, float]:
        """How often each string of the rank histogram occurs, in the order of the strings."""
        rank = self.strings.rank_histogram
        if self.by_weight:
            rank = self.strings.weighted_string_stats.rank_histogram
        pairs = ((bucket.label, bucket.sample_count) for bucket in rank.buckets)
        return dict(sorted(pairs, key=lambda pair: pair[0].encode()))

    @property
    def has_counts(self) -> bool:
        """Whether strings were counted."""
        return bool(self.proto.WhichOneof("stats") == "string_stats")

    def histogram(self, kind: int) -> statistics_pb2.Histogram | None:
        """Return the histogram of a type (STANDARD or QUANTILES), None when there is none."""
        numbers = self.numbers
        histograms = numbers.histograms
        if self.by_weight:
            histograms = numbers.weighted_numeric_stats.histograms
        for histogram in histograms:
            if histogram.type == kind:
                return histogram
        return None

    @property
    def nan(self) -> int:
        """How many values are NaN."""
        return max((histogram.num_nan for histogram in self.numbers.histograms), default=0)
