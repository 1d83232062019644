"""Convenient access to parts of statistics, with TFDV's names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.files import load_statistics
from minitfx.data_validation.paths import FeaturePath, as_path, feature_path
from minitfx.data_validation.statistics_view import WHOLE, common_statistics
from minitfx.errors import DataError, ParameterError, ParameterTypeError, StorageError, did_you_mean

StatisticsList: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


@dataclass(frozen=True)
class FeatureView:
    """The statistics of one feature."""

    _proto: statistics_pb2.FeatureNameStatistics

    def proto(self) -> statistics_pb2.FeatureNameStatistics:
        """Return the message."""
        return self._proto

    def common_statistics(self) -> statistics_pb2.CommonStatistics | None:
        """Return what features of all types have, None when there is nothing."""
        return common_statistics(self._proto) if self._proto.WhichOneof("stats") else None

    def numeric_statistics(self) -> statistics_pb2.NumericStatistics | None:
        """Return the statistics of numbers, None for other features."""
        return self._proto.num_stats if self._proto.HasField("num_stats") else None

    def string_statistics(self) -> statistics_pb2.StringStatistics | None:
        """Return the statistics of strings, None for other features."""
        return self._proto.string_stats if self._proto.HasField("string_stats") else None

    def bytes_statistics(self) -> statistics_pb2.BytesStatistics | None:
        """Return the statistics of bytes, None for other features."""
        return self._proto.bytes_stats if self._proto.HasField("bytes_stats") else None

    def struct_statistics(self) -> statistics_pb2.StructStatistics | None:
        """Return the statistics of a struct, None for other features."""
        return self._proto.struct_stats if self._proto.HasField("struct_stats") else None

    def custom_statistic(self, name: str) -> statistics_pb2.CustomStatistic | None:
        """Return the custom statistic of this name, None when there is none."""
        return next((each for each in self._proto.custom_stats if each.name == name), None)


@dataclass(frozen=True)
class CrossFeatureView:
    """The statistics of a pair of features."""

    _proto: statistics_pb2.CrossFeatureStatistics

    def proto(self) -> statistics_pb2.CrossFeatureStatistics:
        """Return the message."""
        return self._proto


@dataclass(frozen=True)
class DatasetView:
    """The statistics of one data set or slice."""

    _proto: statistics_pb2.DatasetFeatureStatistics

    def proto(self) -> statistics_pb2.DatasetFeatureStatistics:
        """Return the message."""
        return self._proto

    def list_features(self) -> Iterator[FeaturePath]:
        """Yield the paths of the features."""
        return map(feature_path, self._proto.features)

    def get_feature(self, path: str | FeaturePath) -> FeatureView | None:
        """Return a feature, None when there is none of that path."""
        wanted = as_path(path)
        found = (each for each in self._proto.features if feature_path(each) == wanted)
        return next(map(FeatureView, found), None)

    def list_cross_features(self) -> Iterator[tuple[FeaturePath, FeaturePath]]:
        """Yield the paths of the pairs."""
        for cross in self._proto.cross_features:
            yield FeaturePath.from_proto(cross.path_x), FeaturePath.from_proto(cross.path_y)

    def get_cross_feature(
        self, x: str | FeaturePath, y: str | FeaturePath
    ) -> CrossFeatureView | None:
        """Return a pair, None when there is none of these paths."""
        wanted = (as_path(x), as_path(y))
        pairs = zip(self.list_cross_features(), self._proto.cross_features, strict=True)
        return next((CrossFeatureView(cross) for paths, cross in pairs if paths == wanted), None)


@dataclass(frozen=True)
class DatasetListView:
    """Statistics of a data set and of its slices."""

    _proto: StatisticsList

    def proto(self) -> StatisticsList:
        """Return the message."""
        return self._proto

    def list_slices(self) -> Iterator[str]:
        """Yield the names of the data sets."""
        return (dataset.name for dataset in self._proto.datasets)

    def get_slice(self, slice_key: str) -> DatasetView | None:
        """Return a data set by name, None when there is none."""
        found = (each for each in self._proto.datasets if each.name == slice_key)
        return next(map(DatasetView, found), None)

    def get_default_slice(self) -> DatasetView | None:
        """Return the only data set, or the whole among slices; None when there is neither."""
        if len(self._proto.datasets) == 1:
            return DatasetView(self._proto.datasets[0])
        return self.get_slice(WHOLE)

    def get_default_slice_or_die(self) -> DatasetView:
        """Return the default slice.

        Raises
        ------
        DataError
            If there is none.
        """
        found = self.get_default_slice()
        if found is None:
            raise DataError(f"no data set is called {WHOLE!r}; see list_slices()")
        return found


def get_slice_stats(stats: StatisticsList, slice_key: str) -> StatisticsList:
    """Return the statistics of one slice, as a list of it alone.

    Raises
    ------
    DataError
        If there is no such slice.
    """
    for dataset in stats.datasets:
        if (dataset.name or WHOLE) == slice_key:
            return StatisticsList(datasets=[dataset])
    known = [dataset.name or WHOLE for dataset in stats.datasets]
    raise DataError(f"there is no slice {slice_key!r}. {did_you_mean(slice_key, known)}")


def get_feature_stats(
    stats: statistics_pb2.DatasetFeatureStatistics, feature: str | FeaturePath
) -> statistics_pb2.FeatureNameStatistics:
    """Return the statistics of one feature of a data set.

    Raises
    ------
    ParameterTypeError
        If ``stats`` is something else.
    DataError
        If there is no such feature.
    """
    if not isinstance(stats, statistics_pb2.DatasetFeatureStatistics):
        raise ParameterTypeError(f"got {type(stats).__name__}; expected a DatasetFeatureStatistics")
    found = DatasetView(stats).get_feature(feature)
    if found is None:
        known = [path.serialized for path in DatasetView(stats).list_features()]
        name = as_path(feature).serialized
        raise DataError(f"there is no feature {name}. {did_you_mean(name, known)}")
    return found.proto()


def get_custom_stats(
    feature_stats: statistics_pb2.FeatureNameStatistics, custom_stats_name: str
) -> float | str | statistics_pb2.Histogram | statistics_pb2.RankHistogram:
    """Return the value of a custom statistic of a feature.

    Raises
    ------
    ParameterTypeError
        If ``feature_stats`` is something else.
    DataError
        If there is no such statistic.
    """
    if not isinstance(feature_stats, statistics_pb2.FeatureNameStatistics):
        raise ParameterTypeError(
            f"got {type(feature_stats).__name__}; expected a FeatureNameStatistics"
        )
    found = FeatureView(feature_stats).custom_statistic(custom_stats_name)
    if found is None:
        known = [custom.name for custom in feature_stats.custom_stats]
        raise DataError(
            f"there is no custom statistic {custom_stats_name!r}. "
            f"{did_you_mean(custom_stats_name, known)}"
        )
    value: float | str | statistics_pb2.Histogram | statistics_pb2.RankHistogram
    value = getattr(found, found.WhichOneof("val"))
    return value


def load_sharded_statistics(
    input_path_prefix: str | None = None, input_paths: Sequence[str | Path] | None = None
) -> DatasetListView:
    """Return statistics whose features stand in several files.

    Parameters
    ----------
    input_path_prefix : str, optional
        What the paths of all files begin with.
    input_paths : sequence of paths, optional
        The files; exactly one of the two is given.

    Raises
    ------
    ParameterError
        Unless exactly one is given.
    StorageError
        If there is no file.
    """
    if (input_path_prefix is None) == (input_paths is None):
        raise ParameterError("expected exactly one of input_path_prefix and input_paths")
    files = [Path(path) for path in input_paths or ()]
    if input_path_prefix is not None:
        prefix = Path(input_path_prefix)
        near = prefix.parent.iterdir() if prefix.parent.is_dir() else ()
        files = sorted(file for file in near if file.name.startswith(prefix.name))
    if not files:
        raise StorageError(f"no file begins with {input_path_prefix!r}")
    merged = StatisticsList()
    known: dict[str, statistics_pb2.DatasetFeatureStatistics] = {}
    for file in files:
        for dataset in load_statistics(file).datasets:
            if dataset.name in known:
                known[dataset.name].features.extend(dataset.features)
                known[dataset.name].cross_features.extend(dataset.cross_features)
            else:
                known[dataset.name] = merged.datasets.add()
                known[dataset.name].CopyFrom(dataset)
    return DatasetListView(merged)
