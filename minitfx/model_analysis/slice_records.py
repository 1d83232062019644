"""Metrics, plots and attributions as TFMA's messages, one for each slice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minitfx.model_analysis.evaluation import Findings
from minitfx.model_analysis.keys import (
    AnySliceKey,
    MetricKey,
    cross_to_proto,
    pair_of,
    slice_to_proto,
)
from minitfx.model_analysis.measured import ERROR_METRIC, Measured
from minitfx.model_analysis.results import too_small
from minitfx.proto import eval_config_pb2 as pb


def metrics_for_slices(findings: Findings) -> Iterator[pb.MetricsForSlice]:
    """Yield the metrics of each slice.

    An interval stands beside its value, as ``confidence_interval``. A slice that is too small has
    one entry, ``__ERROR__``, which says so.
    """
    for group in findings.groups:
        for place, key in enumerate(group.keys):
            message = pb.MetricsForSlice()
            _name(message, key)
            if group.small[place]:
                entry = message.metric_keys_and_values.add(key=MetricKey(ERROR_METRIC).to_proto())
                entry.value.debug_message = too_small(group, place)
            for metric, measured in () if group.small[place] else group.metrics.items():
                entry = message.metric_keys_and_values.add(key=metric.to_proto())
                _set_value(entry, measured, place)
            yield message


def plots_for_slices(findings: Findings) -> Iterator[pb.PlotsForSlice]:
    """Yield the plots of each slice that has one."""
    for group in findings.groups:
        for place, key in enumerate(group.keys):
            if group.small[place] or not group.plots:
                continue
            message = pb.PlotsForSlice()
            _name(message, key)
            for plot, measured in group.plots.items():
                message.plot_keys_and_values.add(key=_plot_key(plot), value=measured.value[place])
            yield message


def attributions_for_slices(findings: Findings) -> Iterator[pb.AttributionsForSlice]:
    """Yield the attributions of each slice that has some."""
    for group in findings.groups:
        for place, key in enumerate(group.keys):
            if group.small[place] or not group.attributions:
                continue
            message = pb.AttributionsForSlice()
            _name(message, key)
            for measured in group.attributions.values():
                entry: Any = measured.value[place]
                message.attributions_keys_and_values.add().CopyFrom(entry)
            yield message


def _name(
    message: pb.MetricsForSlice | pb.PlotsForSlice | pb.AttributionsForSlice, key: AnySliceKey
) -> None:
    pair = pair_of(key)
    if pair is not None:
        message.cross_slice_key.CopyFrom(cross_to_proto(pair))
    else:
        message.slice_key.CopyFrom(slice_to_proto(key))


def _set_value(entry: pb.MetricsForSlice.MetricKeyAndValue, measured: Measured, place: int) -> None:
    if not isinstance(measured.value, np.ndarray):
        entry.value.MergeFromString(measured.value[place].SerializeToString())
        return
    _set_number(entry.value, measured.value[place])
    lower, upper = measured.lower, measured.upper
    if lower is None or upper is None or np.isnan(lower[place]).any():
        return
    _set_number(entry.confidence_interval.lower_bound, lower[place])
    _set_number(entry.confidence_interval.upper_bound, upper[place])


def _set_number(
    message: pb.MetricValue, number: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    if np.ndim(number) == 0:
        message.double_value.value = float(number)
        return
    message.array_value.data_type = pb.ArrayValue.FLOAT64
    message.array_value.shape.append(len(number))
    message.array_value.float64_values.extend(number.tolist())


def _plot_key(key: MetricKey) -> pb.PlotKey:
    found = pb.PlotKey(name=key.name, model_name=key.model_name, output_name=key.output_name)
    found.example_weighted.value = key.example_weighted
    if key.sub_key is not None:
        found.sub_key.CopyFrom(key.sub_key.to_proto())
    return found
