"""From a configuration to a plan: which statistics to collect, and what to make of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from minitfx.errors import ColumnError, EvaluationError, did_you_mean
from minitfx.model_analysis.config import baseline_name
from minitfx.model_analysis.keys import AggregationType, MetricKey, SubKey
from minitfx.model_analysis.metrics.aggregate import MacroAverage, OutputAverage
from minitfx.model_analysis.metrics.confusion import ConfusionMetric
from minitfx.model_analysis.metrics.metric import Metric
from minitfx.model_analysis.metrics.ranking import RankingMetric
from minitfx.model_analysis.metrics.registry import metric_of
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.predictions import Stream, check_columns
from minitfx.model_analysis.resampling import Method, Resampling
from minitfx.model_analysis.sliced import Plan
from minitfx.model_analysis.slices import SliceColumn, Slicing, bases_of
from minitfx.model_analysis.statistics import RowCount, Statistic
from minitfx.proto import eval_config_pb2 as pb


@dataclass(frozen=True)
class Request:
    """A metric under one view.

    Attributes
    ----------
    metric : Metric
        What to compute.
    view : View
        Of which predictions.
    config : MetricConfig
        Where it stands in the configuration, with its thresholds.
    spec : MetricsSpec
        The spec that holds it.
    """

    metric: Metric
    view: View
    config: pb.MetricConfig
    spec: pb.MetricsSpec

    @property
    def keys(self) -> list[MetricKey]:
        """The keys of its values."""
        return self.metric.keys(self.view)


@dataclass(frozen=True)
class Evaluation:
    """All that an evaluation will do.

    Attributes
    ----------
    plan : Plan
        What to collect in the pass over the data.
    requests : tuple of Request
        What to compute from it.
    bases : mapping of Slicing to Slicing
        For each slicing, the base that it is added up from.
    baseline : str or None
        The model to compare with.
    """

    plan: Plan
    requests: tuple[Request, ...]
    bases: Mapping[Slicing, Slicing]
    baseline: str | None


def plan_evaluation(
    config: pb.EvalConfig, schema: pa.Schema, models: Mapping[str, Any], seed: int = 0
) -> Evaluation:
    """Return what an evaluation will do.

    Parameters
    ----------
    config : EvalConfig
        Complete (`minitfx.model_analysis.config.completed`).
    schema : pyarrow.Schema
        Columns of the examples.
    models : mapping of str to Predictor
        The models by name.
    seed : int
        Of resampling.

    Raises
    ------
    EvaluationError, ColumnError, CodeError
        If the configuration asks for what there is not.
    """
    requests = tuple(requests_of(config))
    streams = _streams(config, requests, models)
    check_columns(schema, streams, models)
    _check_labels(requests, streams)
    _check_reads(requests, schema)
    _check_names(requests)
    _check_preprocessing(config, models)
    slicings = [Slicing.of(spec) for spec in slicing_specs(config)]
    derived = _derived(slicings, schema, models)
    bases = bases_of(slicings, schema)
    resampling = Resampling(_method(config), seed)
    plan = Plan(
        tuple(streams),
        models,
        tuple(dict.fromkeys(bases[slicing] for slicing in slicings)),
        tuple(_statistics(requests, resampling.method).items()),
        resampling,
        derived,
    )
    return Evaluation(plan, requests, bases, baseline_name(config))


def needed_columns(plan: Plan, schema: pa.Schema) -> list[str] | None:
    """Return the columns of the examples that a plan reads; None: all of them.

    All are read where nobody knows: for a query over slices, and for a model without a signature.
    """
    if any(column.query is not None for column in plan.columns):
        return None
    needed = {column.name for column in plan.columns}
    for stream in plan.streams:
        needed |= {stream.label, stream.prediction, stream.weight}
    for statistic, _ in plan.statistics:
        needed |= set(getattr(statistic, "columns", ()))
    for model in plan.models.values():
        signature = getattr(model, "signature", None)
        if signature is None:
            return None
        needed |= {field.name for field in signature.inputs}
        graph = getattr(model, "transform_graph", None)
        needed |= set() if graph is None else set(graph.input_columns)
    return [name for name in schema.names if name in needed]


def slicing_specs(config: pb.EvalConfig) -> list[pb.SlicingSpec]:
    """Return all slicing specs, those of cross slices too, each once."""
    found = list(config.slicing_specs)
    for cross in config.cross_slicing_specs:
        found += [cross.baseline_spec, *cross.slicing_specs]
    unique: list[pb.SlicingSpec] = []
    for spec in found:
        if spec not in unique:
            unique.append(spec)
    return unique


def requests_of(config: pb.EvalConfig) -> Iterator[Request]:
    """Yield every metric under every view that a configuration asks for."""
    baseline = baseline_name(config)
    for spec in config.metrics_specs:
        for each in spec.metrics:
            metric = metric_of(each)
            for wrapped, view in _views(config, spec, metric, baseline):
                yield Request(wrapped, view, each, spec)


def _views(
    config: pb.EvalConfig, spec: pb.MetricsSpec, metric: Metric, baseline: str | None
) -> Iterator[tuple[Metric, View]]:
    outputs = _outputs(config)
    for name in spec.output_names:
        if name not in outputs and outputs != [""]:
            raise EvaluationError(
                f"a metrics_spec names the output {name!r}. {did_you_mean(name, outputs)}"
            )
    outputs = list(spec.output_names) or outputs
    for model in spec.model_names or [""]:
        if metric.COMPARES and (baseline is None or model == baseline):
            continue
        for weighted in _weightings(config, spec, model):
            for aggregation, sub_key in _sub_keys(spec):
                view = View(
                    model,
                    "",
                    sub_key,
                    aggregation,
                    _class_weights(spec) if aggregation else (),
                    weighted,
                    spec.query_key,
                    baseline if metric.COMPARES else None,
                )
                wrapped = metric
                if metric.IS_ATTRIBUTION:
                    metric.view(view)
                if aggregation is not None and not aggregation.micro_average:
                    by_label = aggregation.weighted_macro_average
                    weights = _class_weights(spec)
                    wrapped = MacroAverage(metric, weights, by_label, name=metric.name)
                for output in outputs:
                    yield wrapped, _fitting(wrapped, replace(view, output=output))
                if spec.output_weights and not metric.IS_ATTRIBUTION:
                    yield _over_outputs(wrapped, spec, outputs, _fitting(wrapped, view))


def _fitting(metric: Metric, view: View) -> View:
    """Return the view that a metric takes, without the query where it looks at rows."""
    view = metric.view(view)
    top = view.sub_key is not None and view.sub_key.top_k is not None
    ranks = isinstance(metric, RankingMetric) or (isinstance(metric, ConfusionMetric) and top)
    return view if ranks else replace(view, query="")


def _over_outputs(
    metric: Metric, spec: pb.MetricsSpec, outputs: Sequence[str], view: View
) -> tuple[Metric, View]:
    for name in spec.output_weights:
        if name not in outputs:
            raise EvaluationError(
                f"output_weights names the output {name!r}. {did_you_mean(name, outputs)}"
            )
    return OutputAverage(metric, tuple(sorted(spec.output_weights.items())), name=metric.name), view


def _outputs(config: pb.EvalConfig) -> list[str]:
    """Return the outputs that the model specs name; one without a name if none is."""
    named: list[str] = []
    for spec in config.model_specs:
        named += [*spec.label_keys, *spec.prediction_keys]
    return sorted(set(named)) or [""]


def _weightings(config: pb.EvalConfig, spec: pb.MetricsSpec, model: str) -> list[bool]:
    if spec.HasField("example_weights"):
        options = spec.example_weights
        return [flag for flag, on in ((True, options.weighted), (False, options.unweighted)) if on]
    for each in config.model_specs:
        if each.name in (model, ""):
            return [bool(each.example_weight_key or each.example_weight_keys)]
    return [False]


def _sub_keys(spec: pb.MetricsSpec) -> list[tuple[AggregationType | None, SubKey | None]]:
    found: list[tuple[AggregationType | None, SubKey | None]] = []
    for name, values in (
        ("class_id", spec.binarize.class_ids.values),
        ("k", spec.binarize.k_list.values),
        ("top_k", spec.binarize.top_k_list.values),
    ):
        found += [(None, SubKey(**{name: value})) for value in values]
    kind = spec.aggregate.WhichOneof("type")
    if kind is not None and getattr(spec.aggregate, kind):
        tops: list[SubKey | None] = [SubKey(top_k=k) for k in spec.aggregate.top_k_list.values]
        found += [(AggregationType(**{kind: True}), sub_key) for sub_key in tops or [None]]
    return found or [(None, None)]


def _class_weights(spec: pb.MetricsSpec) -> tuple[tuple[int, float], ...]:
    return tuple(sorted(spec.aggregate.class_weights.items()))


def _streams(
    config: pb.EvalConfig, requests: Sequence[Request], models: Mapping[str, Any]
) -> list[Stream]:
    outputs = {request.view.output for request in requests} | {
        name
        for request in requests
        if isinstance(request.metric, OutputAverage)
        for name, _ in request.metric.weights
    }
    outputs -= {""} if any(outputs) and _outputs(config) != [""] else set()
    streams = []
    for spec in config.model_specs:
        for output in sorted(outputs) or [""]:
            streams.append(
                Stream(
                    spec.name,
                    output,
                    _key(spec, "label_key", output),
                    _key(spec, "prediction_key", output),
                    _key(spec, "example_weight_key", output),
                )
            )
    for stream in streams:
        if stream.model not in models and not stream.prediction:
            name = f" of {stream.model!r}" if stream.model else ""
            raise EvaluationError(
                f"there is no model{name} and no prediction_key in its ModelSpec; give the model, "
                "or the column that holds its predictions"
            )
    return streams


def _key(spec: pb.ModelSpec, role: str, output: str) -> str:
    several: Mapping[str, str] = getattr(spec, role + "s")
    if not several:
        found: str = getattr(spec, role)
        return found
    if len(several) == 1 and output not in several:
        return next(iter(several.values()))
    return several.get(output, "")


def _check_labels(requests: Sequence[Request], streams: Sequence[Stream]) -> None:
    unlabelled = [stream for stream in streams if not stream.label]
    if not unlabelled:
        return
    for request in requests:
        if request.metric.NEEDS_LABELS:
            name = f" of {unlabelled[0].model!r}" if unlabelled[0].model else ""
            raise EvaluationError(
                f"the metric {request.metric.name!r} needs labels; set label_key in the "
                f"ModelSpec{name}"
            )


def _check_reads(requests: Sequence[Request], schema: pa.Schema) -> None:
    for request in requests:
        for statistic in request.metric.statistics(request.view):
            for column in getattr(statistic, "columns", ()):
                if column and column not in schema.names:
                    role = "query_key" if column == request.view.query else "column"
                    raise ColumnError(
                        f"the metric {request.metric.name!r} reads the {role} {column!r}, which "
                        f"is not a column of the examples. {did_you_mean(column, schema.names)}"
                    )


def _check_names(requests: Sequence[Request]) -> None:
    """Refuse two metrics of one name; a metric with several keys repeats what others say."""
    known: dict[tuple[bool, MetricKey], Metric] = {}
    for request in requests:
        keys = request.keys
        metric = known.setdefault((request.metric.IS_PLOT, keys[0]), request.metric)
        if metric != request.metric and len(keys) == len(metric.keys(request.view)) == 1:
            raise EvaluationError(
                f"two metrics are called {keys[0].text!r}, {_settings(metric)} and "
                f"{_settings(request.metric)}; set name in the config of one"
            )


def _settings(metric: Metric) -> str:
    message = metric.to_proto()
    return f"{message.class_name}({message.config})"


def _check_preprocessing(config: pb.EvalConfig, models: Mapping[str, Any]) -> None:
    for spec in config.model_specs:
        names = list(spec.preprocessing_function_names)
        graph = getattr(models.get(spec.name), "transform_graph", None)
        if names and graph is None:
            raise EvaluationError(
                f"model_spec {spec.name!r} names preprocessing functions {names}, and the only "
                "one that there can be is the model's transform graph, which it has not; save "
                "the model with its transform_graph, or leave them out"
            )


def _derived(
    slicings: Sequence[Slicing], schema: pa.Schema, models: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the columns to slice by that come from a transform graph."""
    known = set(schema.names)
    made: set[str] = set()
    for model in models.values():
        graph = getattr(model, "transform_graph", None)
        made |= set() if graph is None else set(graph.output_schema.names)
    columns: dict[SliceColumn, None] = {
        column: None for slicing in slicings for column in slicing.columns if column.query is None
    }
    for column in columns:
        if column.name not in known | made:
            raise ColumnError(
                f"slicing_specs name {column.name!r}, which is not a column of the examples. "
                f"{did_you_mean(column.name, known | made)}"
            )
    return tuple(sorted({column.name for column in columns} - known))


def _method(config: pb.EvalConfig) -> Method:
    options = config.options
    if not options.compute_confidence_intervals.value:
        return Method.NONE
    kind = pb.ConfidenceIntervalOptions
    return {
        kind.POISSON_BOOTSTRAP: Method.BOOTSTRAP,
        kind.ANALYTIC: Method.ANALYTIC,
    }.get(options.confidence_intervals.method, Method.JACKKNIFE)


def _statistics(requests: Sequence[Request], method: Method) -> dict[Statistic, bool]:
    """Return every statistic once, and whether intervals need it resampled."""
    found: dict[Statistic, bool] = {RowCount(): False}
    for request in requests:
        metric, view = request.metric, request.view
        needed = list(metric.statistics(view))
        if method is Method.ANALYTIC and metric.HAS_INTERVAL:
            needed += metric.error_statistics(view)
        resampled = metric.HAS_INTERVAL and method in (Method.JACKKNIFE, Method.BOOTSTRAP)
        for statistic in needed:
            found[statistic] = found.get(statistic, False) or resampled
    return found
