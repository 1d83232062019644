"""Evaluation configurations: read, checked and completed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import json_format, text_format
from google.protobuf.message import Message

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.proto import eval_config_pb2 as pb

CANDIDATE = "candidate"
BASELINE = "baseline"

ANALYSIS_KEY = "analysis"
ATTRIBUTIONS_KEY = "attributions"
METRICS_KEY = "metrics"
PLOTS_KEY = "plots"
VALIDATIONS_KEY = "validations"

OUTPUTS = {
    "eval_config.json": "eval_config.json",
    METRICS_KEY: "metrics.parquet",
    PLOTS_KEY: "plots.parquet",
    VALIDATIONS_KEY: "validations.parquet",
    ATTRIBUTIONS_KEY: "attributions.parquet",
}
"""What ``disabled_outputs`` may name, as TFMA has it, and the file that it is."""


def checked(config: object) -> pb.EvalConfig:
    """Return a configuration, also one that another library's `EvalConfig` describes.

    Raises
    ------
    EvaluationError
        If it is something else.
    """
    if isinstance(config, pb.EvalConfig):
        return config
    if isinstance(config, Message) and config.DESCRIPTOR.name == "EvalConfig":
        return pb.EvalConfig.FromString(config.SerializeToString())
    hint = "; parse_config makes one of text or JSON" if isinstance(config, str) else ""
    raise EvaluationError(f"eval_config is a {type(config).__name__}; expected EvalConfig{hint}")


def parse_config(text: str) -> pb.EvalConfig:
    """Return the configuration that a text describes, in protobuf's text format or in JSON.

    Raises
    ------
    EvaluationError
        If it is neither, or names a field that there is not.

    Examples
    --------
    >>> parse_config('slicing_specs { feature_keys: "sex" }').slicing_specs[0].feature_keys
    ['sex']
    """
    config = pb.EvalConfig()
    try:
        if text.lstrip().startswith("{"):
            json_format.Parse(text, config)
        else:
            text_format.Parse(text, config)
    except (json_format.ParseError, text_format.ParseError) as error:
        raise EvaluationError(f"this is not an EvalConfig: {error}") from error
    return config


def read_config(path: str | Path) -> pb.EvalConfig:
    """Return the configuration of a file: an ``eval_config.json``, an EvalConfig or an EvalRun.

    Raises
    ------
    EvaluationError
        If the file holds something else.
    """
    return read_run(path).eval_config


def read_run(path: str | Path) -> pb.EvalRun:
    """Return the configuration of a file, and what it was run on."""
    text = Path(path).read_text("utf-8")
    run = pb.EvalRun()
    try:
        json_format.Parse(text, run)
    except json_format.ParseError:
        run.eval_config.CopyFrom(parse_config(text))
    return run


def completed(
    config: pb.EvalConfig, *, has_baseline: bool = False, rubber_stamp: bool = False
) -> pb.EvalConfig:
    """Return a configuration in which everything is said.

    Parameters
    ----------
    config : EvalConfig
        What the user wrote; it is not changed.
    has_baseline : bool
        Whether there is a model to compare with. With one, a single unnamed model spec becomes
        two, ``candidate`` and ``baseline``. Without one, specs of baselines go.
    rubber_stamp : bool
        Whether change thresholds may go when there is no baseline, as on a first run.

    Returns
    -------
    EvalConfig
        With at least one model spec and one slicing spec, and model names in every metrics spec.

    Raises
    ------
    EvaluationError
        If the configuration contradicts itself, or has change thresholds without a baseline
        while ``rubber_stamp`` is false.
    """
    done = pb.EvalConfig()
    done.CopyFrom(config)
    if not has_baseline and not rubber_stamp and has_change_threshold(done):
        raise EvaluationError(
            "there are change thresholds but no baseline model to compare with; give one, or "
            "leave the thresholds out"
        )
    if has_baseline and len(done.model_specs) == 1 and not done.model_specs[0].is_baseline:
        baseline = done.model_specs.add()
        baseline.CopyFrom(done.model_specs[0])
        baseline.name, baseline.is_baseline = BASELINE, True
        done.model_specs[0].name = CANDIDATE
    if not has_baseline:
        kept = [spec for spec in done.model_specs if not spec.is_baseline]
        del done.model_specs[:]
        done.model_specs.extend(kept)
        for threshold in thresholds(done):
            threshold.ClearField("change_threshold")
    if not done.model_specs:
        done.model_specs.add()
    _complete_names(done)
    if not done.slicing_specs:
        done.slicing_specs.add()
    method = done.options.confidence_intervals
    if done.options.compute_confidence_intervals.value and not method.method:
        method.method = pb.ConfidenceIntervalOptions.JACKKNIFE
    check_config(done)
    return done


def update_eval_config_with_defaults(
    eval_config: pb.EvalConfig, *, has_baseline: bool = False, rubber_stamp: bool = False
) -> pb.EvalConfig:
    """Return a configuration in which everything is said; `completed` by TFMA's name."""
    return completed(checked(eval_config), has_baseline=has_baseline, rubber_stamp=rubber_stamp)


def verify_eval_config(eval_config: pb.EvalConfig, baseline_required: bool | None = None) -> None:
    """Raise `EvaluationError` if a configuration contradicts itself.

    Parameters
    ----------
    eval_config : EvalConfig
        With its defaults filled in.
    baseline_required : bool, optional
        Whether one of its model specs must be a baseline.
    """
    check_config(checked(eval_config))
    if baseline_required and baseline_name(eval_config) is None:
        raise EvaluationError("no model_spec has is_baseline; expected one")


def _complete_names(config: pb.EvalConfig) -> None:
    if len(config.model_specs) == 1:
        config.model_specs[0].name = ""
    names = [spec.name for spec in config.model_specs]
    for spec in config.metrics_specs:
        if not spec.model_names or len(names) == 1:
            spec.model_names[:] = names


def check_config(config: pb.EvalConfig) -> None:
    """Raise `EvaluationError` if a configuration contradicts itself."""
    names = [spec.name for spec in config.model_specs]
    for name in names:
        if names.count(name) > 1 or (not name and len(names) > 1):
            raise EvaluationError(
                f"{len(names)} model_specs are called {names}; expected a different name for each"
            )
    if sum(spec.is_baseline for spec in config.model_specs) > 1:
        raise EvaluationError("more than one model_spec has is_baseline; expected at most one")
    for spec in config.model_specs:
        for role in ("label_key", "prediction_key", "example_weight_key"):
            if getattr(spec, role) and getattr(spec, role + "s"):
                raise EvaluationError(
                    f"model_spec {spec.name!r} sets {role} and {role}s; keep one of them"
                )
        if spec.HasField("padding_options"):
            raise EvaluationError(
                f"model_spec {spec.name!r} sets padding_options, which minitfx has not; give as "
                "many values in every row, filled up by an extractor, or for rankings a row for "
                "each item, with a query_key in its MetricsSpec"
            )
    for name in config.options.disabled_outputs.values:
        if name not in OUTPUTS:
            raise EvaluationError(f"disabled_outputs names {name!r}. {did_you_mean(name, OUTPUTS)}")
    for each in config.metrics_specs:
        for name in each.model_names:
            if name not in names:
                raise EvaluationError(
                    f"a metrics_spec names the model {name!r}. {did_you_mean(name, names)}"
                )
    for threshold in thresholds(config):
        _check_bounds(threshold)
    for cross in _per_comparison(config):
        if not cross.cross_slicing_specs:
            raise EvaluationError(
                "cross_slice_thresholds without cross_slicing_specs hold for no comparison; name "
                "the slices to compare"
            )
    for query in _queries_in_thresholds(config):
        raise EvaluationError(
            f"a threshold or comparison names its slices by the slice_keys_sql {query!r}; list the "
            "query in slicing_specs, and name the columns that it gives by feature_keys"
        )
    for group in _per_slice(config):
        if not group.slicing_specs:
            raise EvaluationError(
                "per_slice_thresholds without slicing_specs hold for no slice; name the slices, or "
                "set threshold for all of them"
            )


def _check_bounds(threshold: pb.MetricThreshold) -> None:
    value, change = threshold.value_threshold, threshold.change_threshold
    for message in (value, change):
        for field, bound in message.ListFields():
            if field.message_type is not None and math.isnan(bound.value):
                raise EvaluationError(f"a threshold's {field.name} is NaN; expected a number")
    if not (value.HasField("lower_bound") and value.HasField("upper_bound")):
        return
    low, high = value.lower_bound.value, value.upper_bound.value
    if low > high:
        raise EvaluationError(
            f"a threshold has the lower_bound {low:g} above its upper_bound {high:g}, so no value "
            "can satisfy it; swap them"
        )


def baseline_name(config: pb.EvalConfig) -> str | None:
    """Return the name of the model that the others are compared with, None without one."""
    return next((spec.name for spec in config.model_specs if spec.is_baseline), None)


def has_change_threshold(config: pb.EvalConfig) -> bool:
    """Return whether a threshold compares with a baseline."""
    return any(threshold.HasField("change_threshold") for threshold in thresholds(config))


def has_threshold(config: pb.EvalConfig) -> bool:
    """Return whether there is any threshold to check."""
    return any(
        threshold.HasField("change_threshold") or threshold.HasField("value_threshold")
        for threshold in thresholds(config)
    )


def thresholds(config: pb.EvalConfig) -> Iterator[pb.MetricThreshold]:
    """Yield every threshold of a configuration; changing one changes the configuration."""
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            if metric.HasField("threshold"):
                yield metric.threshold
        yield from spec.thresholds.values()
    for cross in _per_comparison(config):
        yield cross.threshold
    for each in _per_slice(config):
        yield each.threshold


def _queries_in_thresholds(config: pb.EvalConfig) -> Iterator[str]:
    crosses = list(config.cross_slicing_specs)
    for each in _per_comparison(config):
        crosses += each.cross_slicing_specs
    specs = [spec for group in _per_slice(config) for spec in group.slicing_specs]
    for cross in crosses:
        specs += [cross.baseline_spec, *cross.slicing_specs]
    yield from (spec.slice_keys_sql for spec in specs if spec.slice_keys_sql)


def _per_comparison(config: pb.EvalConfig) -> Iterator[pb.CrossSliceMetricThreshold]:
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            yield from metric.cross_slice_thresholds
        for several in spec.cross_slice_thresholds.values():
            yield from several.thresholds


def _per_slice(config: pb.EvalConfig) -> Iterator[pb.PerSliceMetricThreshold]:
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            yield from metric.per_slice_thresholds
        for several in spec.per_slice_thresholds.values():
            yield from several.thresholds


def to_json(message: Message) -> str:
    """Return a message as JSON, the same text for the same message."""
    text: str = json_format.MessageToJson(message, sort_keys=True)
    return text
