"""From what has been seen of a feature to its statistics proto."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.counted import is_utf8
from minitfx.data_validation.distribution import Frequencies
from minitfx.data_validation.feature_values import FeatureValues
from minitfx.data_validation.features import Kind
from minitfx.data_validation.histograms import (
    FINENESS,
    equal_width_buckets,
    equal_width_histogram,
    histogram_proto,
    median,
    quantile_boundaries,
    quantile_buckets,
    quantile_histogram,
)
from minitfx.data_validation.numeric_values import NumericValues
from minitfx.data_validation.options import StatsOptions
from minitfx.data_validation.presence import Presence
from minitfx.data_validation.semantic_checks import LANGUAGE
from minitfx.data_validation.statistics_view import TIME_UNIT
from minitfx.data_validation.value_counts import ValueCounts

NOT_TEXT = "__BYTES_VALUE__"
"""Stands for a value that is not UTF-8."""

_Histogram = statistics_pb2.Histogram
_Type = statistics_pb2.FeatureNameStatistics.Type


def feature_proto(
    values: FeatureValues, options: StatsOptions
) -> statistics_pb2.FeatureNameStatistics:
    """Return the statistics of one feature.

    Parameters
    ----------
    values : FeatureValues
        What has been seen of it.
    options : StatsOptions
        Numbers of buckets and of top values.
    """
    feature = values.feature
    kind = _Type.Value(feature.kind.value)
    proto = statistics_pb2.FeatureNameStatistics(path=feature.path.to_proto(), type=kind)
    if values.strings is not None:
        _fill_strings(proto.string_stats, values.strings, values.levels, options)
        common = proto.string_stats.common_stats
    elif feature.kind is Kind.STRUCT:
        common = proto.struct_stats.common_stats
    elif feature.kind is Kind.BYTES and values.numbers is not None:
        _fill_bytes(proto.bytes_stats, values.numbers)
        common = proto.bytes_stats.common_stats
    else:
        if values.numbers is not None:
            _fill_numbers(proto.num_stats, values.numbers, options, feature.histograms)
        common = proto.num_stats.common_stats
    _fill_common(common, values.levels, options, feature.weight is not None)
    _add_length_quantiles(proto, values.levels, options)
    if feature.unit is not None:
        proto.custom_stats.add(name=TIME_UNIT, str=feature.unit)
    if values.language is not None and values.strings is not None:
        buckets = options.num_quantiles_histogram_buckets
        found = values.language.to_proto(values.strings, buckets)
        proto.custom_stats.add(name=LANGUAGE).any.Pack(found)
    return proto


def _fill_common(
    common: statistics_pb2.CommonStatistics,
    levels: list[Presence],
    options: StatsOptions,
    weighted: bool,
) -> None:
    if not levels:
        return
    outer, inner = levels[0], levels[-1]
    common.num_non_missing = outer.present
    common.num_missing = outer.missing
    common.min_num_values = inner.least
    common.max_num_values = inner.most
    common.tot_num_values = inner.values
    if inner.present:
        common.avg_num_values = inner.values / inner.present
    lengths = quantile_histogram(inner.lengths.result(), options.num_values_histogram_buckets)
    if lengths is not None:
        common.num_values_histogram.CopyFrom(histogram_proto(lengths, _Histogram.QUANTILES))
    if weighted:
        common.weighted_common_stats.CopyFrom(_weighted_common(outer, inner))
    if len(levels) > 1:
        for level in levels:
            common.presence_and_valency_stats.add(
                num_non_missing=level.present,
                num_missing=level.missing,
                min_num_values=level.least,
                max_num_values=level.most,
                tot_num_values=level.values,
            )
            if weighted:
                added = common.weighted_presence_and_valency_stats.add()
                added.CopyFrom(_weighted_common(level, level))


def _weighted_common(outer: Presence, inner: Presence) -> statistics_pb2.WeightedCommonStatistics:
    average = inner.values_weight / inner.present_weight if inner.present_weight else 0.0
    return statistics_pb2.WeightedCommonStatistics(
        num_non_missing=outer.present_weight,
        num_missing=outer.parents_weight - outer.present_weight,
        avg_num_values=average,
        tot_num_values=inner.values_weight,
    )


def _add_length_quantiles(
    proto: statistics_pb2.FeatureNameStatistics, levels: list[Presence], options: StatsOptions
) -> None:
    """Add the length histograms of the deeper nest levels as custom statistics."""
    for number, level in enumerate(levels[1:], start=2):
        frequencies = level.lengths.result()
        if not len(frequencies.values):
            continue
        quantiles = quantile_histogram(frequencies, options.num_values_histogram_buckets)
        equal = equal_width_histogram(frequencies, options.num_values_histogram_buckets)
        for name, buckets, kind in (
            ("quantiles", quantiles, _Histogram.QUANTILES),
            ("standard", equal, _Histogram.STANDARD),
        ):
            proto.custom_stats.add(
                name=f"level_{number}_value_list_length_{name}",
                histogram=histogram_proto(buckets, kind),
            )


def _fill_numbers(
    proto: statistics_pb2.NumericStatistics,
    numbers: NumericValues,
    options: StatsOptions,
    histograms: bool,
) -> None:
    frequencies = numbers.frequencies[False]
    if len(frequencies.values):
        proto.min = float(frequencies.lows[0])
        proto.max = float(frequencies.values[-1])
        proto.mean = float("nan") if numbers.infinite else numbers.moments.mean
        proto.std_dev = 0.0 if numbers.infinite else numbers.moments.deviation
        proto.num_zeros = numbers.zeros
    if not histograms:
        proto.median = float("nan")
    else:
        proto.median = _add_histograms(proto, frequencies, numbers, options)
    weighted = numbers.frequencies.get(True)
    if weighted is None:
        return
    moments = numbers.weighted_moments
    if len(weighted.values):
        proto.weighted_numeric_stats.mean = float("nan") if numbers.infinite else moments.mean
        proto.weighted_numeric_stats.std_dev = 0.0 if numbers.infinite else moments.deviation
    if histograms:
        middle = _add_histograms(proto.weighted_numeric_stats, weighted, numbers, options)
        proto.weighted_numeric_stats.median = middle


def _add_histograms(
    proto: statistics_pb2.NumericStatistics | statistics_pb2.WeightedNumericStatistics,
    frequencies: Frequencies,
    numbers: NumericValues,
    options: StatsOptions,
) -> float:
    """Add both histograms and return the median, 0.0 when there is no value."""
    standard, quantiles, middle = None, None, 0.0
    if len(frequencies.values):
        shown = options.num_quantiles_histogram_buckets
        boundaries, cumulative = quantile_boundaries(frequencies, shown * FINENESS)
        middle = median(boundaries)
        quantiles = quantile_buckets(boundaries[::FINENESS], cumulative[::FINENESS])
        fine = quantile_buckets(boundaries, cumulative)
        low, high = frequencies.finite_range
        single = low == high if numbers.integers is None else len(set(numbers.integers)) == 1
        count = 1 if single else options.num_histogram_buckets
        standard = equal_width_buckets(fine, count, low, high)
    proto.histograms.append(histogram_proto(standard, _Histogram.STANDARD, numbers.nan))
    proto.histograms.append(histogram_proto(quantiles, _Histogram.QUANTILES, numbers.nan))
    return middle


def _fill_bytes(proto: statistics_pb2.BytesStatistics, sizes: NumericValues) -> None:
    frequencies = sizes.frequencies[False]
    if len(frequencies.values):
        proto.avg_num_bytes = sizes.moments.mean
        proto.min_num_bytes = float(frequencies.lows[0])
        proto.max_num_bytes = proto.max_num_bytes_int = int(frequencies.values[-1])


def _fill_strings(
    proto: statistics_pb2.StringStatistics,
    strings: ValueCounts,
    levels: list[Presence],
    options: StatsOptions,
) -> None:
    summary = strings.result()
    proto.unique = summary.unique
    proto.invalid_utf8_count = summary.invalid
    values = levels[-1].values if levels else 0
    if values:
        proto.avg_length = summary.total_bytes / values
    _rank(proto, summary.top, options.frequency_threshold, options)
    if summary.weighted_top:
        threshold = options.weighted_frequency_threshold
        _rank(proto.weighted_string_stats, summary.weighted_top, threshold, options)


def _rank(
    proto: statistics_pb2.StringStatistics | statistics_pb2.WeightedStringStatistics,
    top: list[tuple[bytes, float]] | list[tuple[bytes, int]],
    threshold: float,
    options: StatsOptions,
) -> None:
    for rank, (value, size) in enumerate(top):
        if size < threshold:
            break
        label = value.decode() if is_utf8(value) else NOT_TEXT
        if rank < options.num_top_values:
            proto.top_values.add(value=label, frequency=size)
        if rank < options.num_rank_histogram_buckets:
            proto.rank_histogram.buckets.add(
                low_rank=rank, high_rank=rank, label=label, sample_count=size
            )
