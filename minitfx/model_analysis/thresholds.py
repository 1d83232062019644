"""Where the thresholds of a configuration stand, and which metric and slices each is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from minitfx.model_analysis.config import baseline_name, has_change_threshold
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.registry import metric_of
from minitfx.model_analysis.planning import requests_of
from minitfx.model_analysis.verdict import Bound, Scope
from minitfx.proto import eval_config_pb2 as pb


def thresholds_of(config: pb.EvalConfig) -> Iterator[tuple[MetricKey, Scope, Bound]]:
    """Yield every threshold with the metric it is about and where it holds.

    Parameters
    ----------
    config : EvalConfig
        Complete (`minitfx.model_analysis.config.completed`).
    """
    for request in requests_of(config):
        for key in request.keys:
            own, named = _of_metric(request.config), _of_spec(request.spec, key.name)
            for scope, threshold in (*own, *named):
                for bound in _bounds(threshold):
                    change = isinstance(bound, pb.GenericChangeThreshold)
                    yield key.diff() if change else key, scope, bound


def unmatched(config: pb.EvalConfig) -> Iterator[tuple[MetricKey, Scope, Bound]]:
    """Yield the thresholds of metrics specs that name a metric which the spec has not."""
    requests = list(requests_of(config))
    baseline = baseline_name(config)
    for spec in config.metrics_specs:
        known = {key.name for each in requests if each.spec == spec for key in each.keys}
        maps = (spec.thresholds, spec.per_slice_thresholds, spec.cross_slice_thresholds)
        for name in sorted({name for each in maps for name in each} - known):
            for model in [each for each in spec.model_names if each != baseline]:
                for scope, threshold in _of_spec(spec, name):
                    yield from ((MetricKey(name, model), scope, b) for b in _bounds(threshold))


def needs_baseline(config: pb.EvalConfig) -> bool:
    """Return whether a threshold is about two models: on a change, or on a metric of both.

    Parameters
    ----------
    config : EvalConfig
        As the user wrote it.
    """
    if has_change_threshold(config):
        return True
    return any(
        metric_of(each).COMPARES and any(list(_bounds(found)) for _, found in _of_metric(each))
        for spec in config.metrics_specs
        for each in spec.metrics
    )


def metric_names(config: pb.EvalConfig) -> list[str]:
    """Return the names of all metrics of a configuration, sorted."""
    return sorted({key.name for request in requests_of(config) for key in request.keys})


def _bounds(threshold: pb.MetricThreshold) -> Iterator[Bound]:
    if threshold.HasField("value_threshold"):
        yield threshold.value_threshold
    if threshold.HasField("change_threshold"):
        yield threshold.change_threshold


def _of_metric(metric: pb.MetricConfig) -> list[tuple[Scope, pb.MetricThreshold]]:
    plain = [metric.threshold] if metric.HasField("threshold") else []
    return _scoped(plain, metric.per_slice_thresholds, metric.cross_slice_thresholds)


def _of_spec(spec: pb.MetricsSpec, name: str) -> list[tuple[Scope, pb.MetricThreshold]]:
    # Reading a missing key of a map of messages would make it, so each is asked for first.
    plain = [spec.thresholds[name]] if name in spec.thresholds else []
    sliced, crossed = spec.per_slice_thresholds, spec.cross_slice_thresholds
    return _scoped(
        plain,
        sliced[name].thresholds if name in sliced else (),
        crossed[name].thresholds if name in crossed else (),
    )


def _scoped(
    plain: Sequence[pb.MetricThreshold],
    sliced: Sequence[pb.PerSliceMetricThreshold],
    crossed: Sequence[pb.CrossSliceMetricThreshold],
) -> list[tuple[Scope, pb.MetricThreshold]]:
    found: list[tuple[Scope, pb.MetricThreshold]] = [(None, each) for each in plain]
    for each in sliced:
        found += [(scope, each.threshold) for scope in each.slicing_specs]
    for cross in crossed:
        found += [(scope, cross.threshold) for scope in cross.cross_slicing_specs]
    return found
