"""What an evaluation found, the way TFMA's notebooks look it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from google.protobuf import json_format
from google.protobuf.message import Message

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.evaluation import Findings
from minitfx.model_analysis.keys import AnySliceKey, MetricKey, SubKey
from minitfx.model_analysis.measured import ERROR_METRIC, Measured, SliceGroup
from minitfx.proto import eval_config_pb2 as pb

MetricsByName: TypeAlias = dict[str, dict[str, Any]]
"""Metric name to value, such as ``{"auc": {"doubleValue": 0.8}}``."""

MetricsByOutput: TypeAlias = dict[str, dict[str, MetricsByName]]
"""Output name to sub-key to metrics; both keys are empty where there is only one."""

MODEL_CENTRIC_MODE = "model_centric_mode"
"""Results of several models on the same data."""

DATA_CENTRIC_MODE = "data_centric_mode"
"""Results of one model on several data sets."""


class SlicedMetrics(NamedTuple):
    """The metrics of one slice."""

    slice: AnySliceKey
    metrics: MetricsByOutput


class SlicedPlots(NamedTuple):
    """The plots of one slice."""

    slice: AnySliceKey
    plot: MetricsByOutput


class SlicedAttributions(NamedTuple):
    """What each feature contributed to the predictions of one slice."""

    slice: AnySliceKey
    attributions: MetricsByOutput


@dataclass(frozen=True)
class EvalResult:
    """The metrics and plots of one model.

    Attributes
    ----------
    slicing_metrics : list of SlicedMetrics
        For each slice ``{output: {sub_key: {metric: {"doubleValue": …}}}}``. Arrays stand under
        ``arrayValue``, confusion matrices under ``confusionMatrixAtThresholds``, values with an
        interval under ``boundedValue``.
    plots : list of SlicedPlots
        The same for plots.
    attributions : list of SlicedAttributions
        For each slice ``{output: {sub_key: {metric: {feature: {"doubleValue": …}}}}}``.
    config : EvalConfig
        The complete configuration.
    data_location, file_format, model_location : str
        What was evaluated, where it is known.

    Notes
    -----
    Numbers are floats, NaN and infinity too. Inside plots and matrices they are as protobuf's JSON
    has them: zeros are left out, and NaN and infinity are text. A notebook shows a table.
    """

    slicing_metrics: list[SlicedMetrics]
    plots: list[SlicedPlots]
    config: pb.EvalConfig
    data_location: str = ""
    file_format: str = ""
    model_location: str = ""
    attributions: list[SlicedAttributions] = field(default_factory=list)

    def _repr_html_(self) -> str:
        from minitfx.model_analysis.view.slicing_metrics import render_all_slices

        return render_all_slices(self)._repr_html_()

    def get_slice_names(self) -> list[AnySliceKey]:
        """Return the keys of all slices."""
        return [each.slice for each in self.slicing_metrics]

    def get_metric_names(self) -> list[str]:
        """Return the names of all metrics, sorted."""
        names = {
            name
            for each in self.slicing_metrics
            for by_key in each.metrics.values()
            for metrics in by_key.values()
            for name in metrics
        }
        return sorted(names)

    def get_metrics_for_slice(
        self,
        slice_name: AnySliceKey = (),
        output_name: str = "",
        class_id: int | None = None,
        k: int | None = None,
        top_k: int | None = None,
    ) -> MetricsByName | None:
        """Return the metrics of one slice, None if there is no such slice.

        Parameters
        ----------
        slice_name : tuple
            Pairs of column and value; empty for all rows.
        output_name : str
            Of a model with several outputs.
        class_id, k, top_k : int, optional
            Which binary problem of a multi-class one.
        """
        for each in self.slicing_metrics:
            if each.slice == slice_name:
                return _chosen(each.metrics, output_name, class_id, k, top_k)
        return None

    def get_metrics_for_all_slices(
        self,
        output_name: str = "",
        class_id: int | None = None,
        k: int | None = None,
        top_k: int | None = None,
    ) -> dict[AnySliceKey, MetricsByName]:
        """Return the metrics of every slice; parameters as in `get_metrics_for_slice`."""
        return {
            each.slice: dict(_chosen(each.metrics, output_name, class_id, k, top_k))
            for each in self.slicing_metrics
        }

    def get_attributions_for_slice(
        self,
        slice_name: AnySliceKey = (),
        metric_name: str = "",
        output_name: str = "",
        class_id: int | None = None,
        k: int | None = None,
        top_k: int | None = None,
    ) -> dict[str, Any] | None:
        """Return what each feature contributed in one slice, None if there is no such slice.

        Parameters
        ----------
        slice_name, output_name, class_id, k, top_k
            See `get_metrics_for_slice`.
        metric_name : str
            Such as ``mean_attributions``; may be left out where there is one such metric.
        """
        for each in self.attributions:
            if each.slice == slice_name:
                found = _chosen(each.attributions, output_name, class_id, k, top_k)
                return _one_metric(found, metric_name)
        return None

    def get_attributions_for_all_slices(
        self,
        metric_name: str = "",
        output_name: str = "",
        class_id: int | None = None,
        k: int | None = None,
        top_k: int | None = None,
    ) -> dict[AnySliceKey, dict[str, Any]]:
        """Return what each feature contributed in every slice; see `get_attributions_for_slice`."""
        return {
            each.slice: _one_metric(
                _chosen(each.attributions, output_name, class_id, k, top_k), metric_name
            )
            for each in self.attributions
        }


def _one_metric(found: MetricsByName, name: str) -> dict[str, Any]:
    if not name and len(found) == 1:
        (name,) = found
    if name not in found:
        asked = f"no metric of attributions is called {name!r}" if name else "metric_name is needed"
        raise EvaluationError(f"{asked}. {did_you_mean(name, found)}")
    return found[name]


@dataclass(frozen=True)
class EvalResults:
    """Several results side by side: of several models, or of one model on several data sets.

    Attributes
    ----------
    results : list of EvalResult
    mode : str
        ``model_centric_mode`` or ``data_centric_mode``.
    """

    results: list[EvalResult]
    mode: str = MODEL_CENTRIC_MODE

    def get_results(self) -> list[EvalResult]:
        """Return the results."""
        return self.results

    def get_mode(self) -> str:
        """Return the mode."""
        return self.mode


def make_eval_results(results: Sequence[EvalResult], mode: str = MODEL_CENTRIC_MODE) -> EvalResults:
    """Return several results side by side.

    Parameters
    ----------
    results : sequence of EvalResult
        Of several models, or of one model on several data sets.
    mode : str
        ``model_centric_mode`` or ``data_centric_mode``.

    Raises
    ------
    EvaluationError
        If there is no such mode.
    """
    modes = (MODEL_CENTRIC_MODE, DATA_CENTRIC_MODE)
    if mode not in modes:
        raise EvaluationError(f"mode is {mode!r}. {did_you_mean(mode, modes)}")
    return EvalResults(list(results), mode)


def _chosen(
    metrics: MetricsByOutput, output: str, class_id: int | None, k: int | None, top_k: int | None
) -> MetricsByName:
    several = all(each is None for each in (class_id, k, top_k))
    sub_key = "" if several else str(SubKey(class_id, k, top_k))
    _check_known("output_name", output, metrics)
    _check_known("class_id, k or top_k", sub_key, metrics[output])
    return metrics[output][sub_key]


def _check_known(role: str, name: str, known: Iterable[str]) -> None:
    if name in known:
        return
    named = [each for each in known if each]
    if not named:
        raise EvaluationError(f"the metrics stand under no {role}, but {name!r} was asked for")
    article = "an" if role.startswith("o") else "a"
    asked = f"there are no metrics for {name!r}" if name else f"the metrics have {article} {role}"
    raise EvaluationError(f"{asked}. {did_you_mean(name, named)}")


def result_of(
    findings: Findings,
    model: str | None = None,
    *,
    data_location: str = "",
    file_format: str = "",
    model_location: str = "",
) -> EvalResult:
    """Return the result of one model.

    Parameters
    ----------
    findings : Findings
        What an evaluation found.
    model : str, optional
        Its name; by default the one that is no baseline.
    data_location, file_format, model_location : str
        What was evaluated, where it is known.

    Raises
    ------
    EvaluationError
        If there is no such model.
    """
    names = [spec.name for spec in findings.config.model_specs]
    if model is None:
        candidates = [spec.name for spec in findings.config.model_specs if not spec.is_baseline]
        model = candidates[0] if candidates else names[0]
    elif model not in names and names != [""]:
        raise EvaluationError(f"no model is called {model!r}. {did_you_mean(model, names)}")
    wanted = model if model in names else ""
    metrics, plots, attributions = [], [], []
    for group in findings.groups:
        for place, key in enumerate(group.keys):
            metrics.append(SlicedMetrics(key, _by_output(group, place, wanted)))
            shown = group.plots if not group.small[place] else {}
            found = _named(_of_model(shown, wanted), place)
            if found:
                plots.append(SlicedPlots(key, found))
            shown = group.attributions if not group.small[place] else {}
            found = _named(_of_model(shown, wanted), place)
            if found:
                attributions.append(SlicedAttributions(key, found))
    where = (data_location, file_format, model_location)
    return EvalResult(metrics, plots, findings.config, *where, attributions)


def _of_model(
    measured: Mapping[MetricKey, Measured], model: str
) -> Iterator[tuple[MetricKey, Measured]]:
    return (pair for pair in measured.items() if pair[0].model_name == model)


def _by_output(group: SliceGroup, place: int, model: str) -> MetricsByOutput:
    if group.small[place]:
        return {"": {"": {ERROR_METRIC: {"debugMessage": too_small(group, place)}}}}
    return _named(_of_model(group.metrics, model), place)


def too_small(group: SliceGroup, place: int) -> str:
    """Return the remark that stands instead of a small slice's metrics."""
    rows = int(group.counts[place])
    return f"the slice has {rows} rows, fewer than min_slice_size; no metric is given for it"


def _named(measured: Iterator[tuple[MetricKey, Measured]], place: int) -> MetricsByOutput:
    found: MetricsByOutput = {}
    for key, each in measured:
        sub_key = "" if key.sub_key is None else str(key.sub_key)
        name = key.name + ("_diff" if key.is_diff else "")
        if key.aggregation_type is not None:
            name = f"{key.aggregation_type}_{name}"
        names = found.setdefault(key.output_name, {}).setdefault(sub_key, {})
        names[name] = value_as_dict(each, place)
    return found


def value_as_dict(measured: Measured, place: int) -> dict[str, Any]:
    """Return one slice's value as TFMA's JSON has it."""
    value = measured.value
    if not isinstance(value, np.ndarray):
        message: Any = value[place]
        if isinstance(message, pb.AttributionsForSlice.AttributionsKeyAndValues):
            return {name: _number_as_dict(message.values[name]) for name in sorted(message.values)}
        return message_as_dict(message)
    if value.ndim > 1:
        return _array_as_dict(value[place].tolist())
    number = float(value[place])
    if measured.lower is None or measured.upper is None or np.isnan(measured.lower[place]):
        return {"doubleValue": number}
    ends = {"lowerBound": measured.lower[place], "upperBound": measured.upper[place]}
    return {"boundedValue": {"value": number, **{name: float(v) for name, v in ends.items()}}}


def _array_as_dict(numbers: list[float]) -> dict[str, Any]:
    return {"arrayValue": {"dataType": "FLOAT64", "shape": [len(numbers)], "values": numbers}}


def _number_as_dict(value: pb.MetricValue) -> dict[str, Any]:
    if value.HasField("array_value"):
        return _array_as_dict(list(value.array_value.float64_values))
    return {"doubleValue": value.double_value.value}


def message_as_dict(message: Message) -> dict[str, Any]:
    """Return a message as TFMA's JSON has it."""
    found: dict[str, Any] = json_format.MessageToDict(message)
    return found
