"""Lists of metrics as the messages of an `EvalConfig`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from minitfx.errors import EvaluationError
from minitfx.model_analysis.metrics.area import AUC
from minitfx.model_analysis.metrics.count import ExampleCount, WeightedExampleCount
from minitfx.model_analysis.metrics.curve import DEFAULT_THRESHOLDS
from minitfx.model_analysis.metrics.mean import (
    Accuracy,
    BinaryCrossentropy,
    Calibration,
    MeanLabel,
    MeanPrediction,
    MeanSquaredError,
)
from minitfx.model_analysis.metrics.metric import Metric
from minitfx.model_analysis.metrics.multiclass import (
    CategoricalAccuracy,
    CategoricalCrossentropy,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
)
from minitfx.model_analysis.metrics.plot import (
    CalibrationPlot,
    ConfusionMatrixPlot,
    MultiClassConfusionMatrixPlot,
)
from minitfx.model_analysis.metrics.rates import BinaryAccuracy, Precision, Recall
from minitfx.proto import eval_config_pb2 as pb

Metrics: TypeAlias = Sequence[Any] | Mapping[str, Sequence[Any]]
"""Metrics, or functions of scikit-learn's kind; or such by output."""


def specs_from_metrics(
    metrics: Metrics | None = None,
    unweighted_metrics: Metrics | None = None,
    model_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    output_weights: Mapping[str, float] | None = None,
    binarize: pb.BinarizationOptions | None = None,
    aggregate: pb.AggregationOptions | None = None,
    query_key: str | None = None,
    include_example_count: bool = True,
    include_weighted_example_count: bool = True,
) -> list[pb.MetricsSpec]:
    """Return the specs of some metrics.

    Parameters
    ----------
    metrics : sequence of Metric or function, or mapping of str to such, optional
        What to compute, with example weights where there is a weight column. A function is any
        like those of ``sklearn.metrics`` that can be imported by its name. A mapping gives the
        metrics of each output.
    unweighted_metrics : sequence of Metric or function, or mapping of str to such, optional
        What to compute without weights.
    model_names, output_names : sequence of str, optional
        For which; by default all models, and the only output.
    output_weights : mapping of str to float, optional
        Adds the weighted mean over outputs.
    binarize : BinarizationOptions, optional
    aggregate : AggregationOptions, optional
    query_key : str, optional
        The column whose equal values make a query.
    include_example_count, include_weighted_example_count : bool
        Whether to count examples besides.

    Returns
    -------
    list of MetricsSpec
        For `EvalConfig.metrics_specs`.

    Raises
    ------
    EvaluationError
        If ``output_names`` come with a mapping, or one of the two is a mapping and one is not.

    Examples
    --------
    >>> [spec.metrics[0].class_name for spec in specs_from_metrics([AUC()])]
    ['ExampleCount', 'WeightedExampleCount', 'AUC']
    """
    shared: dict[str, Any] = {
        "model_names": model_names,
        "binarize": binarize,
        "aggregate": aggregate,
    }
    counts: dict[str, Any] = {
        "include_example_count": include_example_count,
        "include_weighted_example_count": include_weighted_example_count,
    }
    if isinstance(metrics, Mapping) or isinstance(unweighted_metrics, Mapping):
        return _by_output(metrics, unweighted_metrics, output_names, shared, counts)
    specs = _counts(model_names, output_names, output_weights, **counts)
    for each, options in (
        (metrics, None),
        (unweighted_metrics, pb.ExampleWeightOptions(unweighted=True)),
    ):
        if each:
            specs.append(
                pb.MetricsSpec(
                    metrics=[_config_of(metric) for metric in each],
                    output_names=output_names,
                    output_weights=output_weights,
                    example_weights=options,
                    query_key=query_key,
                    **shared,
                )
            )
    return specs


def _config_of(metric: Any) -> pb.MetricConfig:
    if isinstance(metric, Metric):
        return metric.to_proto()
    if isinstance(metric, pb.MetricConfig):
        return metric
    name = getattr(metric, "__qualname__", "")
    if not callable(metric) or "<" in name or not name:
        raise EvaluationError(
            f"{metric!r} is no metric; expected a Metric such as AUC(), a MetricConfig, or a "
            "function at the top level of a module"
        )
    return pb.MetricConfig(class_name=name, module=metric.__module__)


def _by_output(
    metrics: Metrics | None,
    unweighted: Metrics | None,
    output_names: Sequence[str] | None,
    shared: Mapping[str, Any],
    counts: Mapping[str, Any],
) -> list[pb.MetricsSpec]:
    if output_names:
        raise EvaluationError("metrics by output already say which outputs; drop output_names")
    if any(each is not None and not isinstance(each, Mapping) for each in (metrics, unweighted)):
        raise EvaluationError("metrics and unweighted_metrics must both be lists or both mappings")
    one: Mapping[str, Sequence[Metric]] = metrics if isinstance(metrics, Mapping) else {}
    two: Mapping[str, Sequence[Metric]] = unweighted if isinstance(unweighted, Mapping) else {}
    specs: list[pb.MetricsSpec] = []
    for place, name in enumerate(sorted({*one, *two})):
        count = counts["include_example_count"] and place == 0
        specs += specs_from_metrics(
            one.get(name),
            two.get(name),
            output_names=[name],
            **shared,
            **{**counts, "include_example_count": count},
        )
    return specs


def _counts(
    model_names: Sequence[str] | None,
    output_names: Sequence[str] | None,
    output_weights: Mapping[str, float] | None,
    include_example_count: bool,
    include_weighted_example_count: bool,
) -> list[pb.MetricsSpec]:
    specs = []
    if include_example_count:
        specs.append(
            pb.MetricsSpec(
                metrics=[ExampleCount().to_proto()],
                model_names=model_names,
                example_weights=pb.ExampleWeightOptions(unweighted=True),
            )
        )
    if include_weighted_example_count:
        specs.append(
            pb.MetricsSpec(
                metrics=[WeightedExampleCount().to_proto()],
                model_names=model_names,
                output_names=output_names,
                output_weights=output_weights,
                example_weights=pb.ExampleWeightOptions(weighted=True),
            )
        )
    return specs


def default_regression_specs(
    model_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    output_weights: Mapping[str, float] | None = None,
    loss_functions: Sequence[Metric] | None = None,
    min_value: float | None = None,
    max_value: float | None = None,
) -> list[pb.MetricsSpec]:
    """Return the specs of the usual metrics of a regression.

    Parameters
    ----------
    model_names, output_names, output_weights
        See `specs_from_metrics`.
    loss_functions : sequence of Metric, optional
        By default the mean squared error, as ``mse``.
    min_value, max_value : float, optional
        With both, a calibration plot between them is added.
    """
    metrics: list[Metric] = [Accuracy(), MeanLabel(), MeanPrediction(), Calibration()]
    metrics += loss_functions or [MeanSquaredError(name="mse")]
    if min_value is not None and max_value is not None:
        metrics.append(CalibrationPlot(left=min_value, right=max_value))
    return specs_from_metrics(
        metrics,
        model_names=model_names,
        output_names=output_names,
        output_weights=output_weights,
    )


def default_binary_classification_specs(
    model_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    output_weights: Mapping[str, float] | None = None,
    binarize: pb.BinarizationOptions | None = None,
    aggregate: pb.AggregationOptions | None = None,
    include_loss: bool = True,
) -> list[pb.MetricsSpec]:
    """Return the specs of the usual metrics of a binary classification.

    Parameters
    ----------
    model_names, output_names, output_weights, binarize, aggregate
        See `specs_from_metrics`.
    include_loss : bool
        Whether to add the cross-entropy, as ``loss``.
    """
    metrics: list[Metric] = [
        BinaryAccuracy(),
        AUC(num_thresholds=DEFAULT_THRESHOLDS),
        # TFMA spells this name so, and dashboards look for it.
        AUC(curve="PR", num_thresholds=DEFAULT_THRESHOLDS, name="auc_precison_recall"),
        Precision(),
        Recall(),
        MeanLabel(),
        MeanPrediction(),
        Calibration(),
        ConfusionMatrixPlot(),
        CalibrationPlot(),
    ]
    if include_loss:
        metrics.append(BinaryCrossentropy(name="loss"))
    return specs_from_metrics(
        metrics,
        model_names=model_names,
        output_names=output_names,
        output_weights=output_weights,
        binarize=binarize,
        aggregate=aggregate,
    )


def default_multi_class_classification_specs(
    model_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    output_weights: Mapping[str, float] | None = None,
    binarize: pb.BinarizationOptions | None = None,
    aggregate: pb.AggregationOptions | None = None,
    sparse: bool = True,
) -> list[pb.MetricsSpec]:
    """Return the specs of the usual metrics of a classification with several classes.

    Parameters
    ----------
    model_names, output_names, output_weights, binarize
        See `specs_from_metrics`. Each k of ``top_k_list`` gives a precision and a recall.
    aggregate : AggregationOptions, optional
        Of the binary metrics; by default their micro average.
    sparse : bool
        Whether labels are class numbers rather than a value per class; names differ.
    """
    metrics: list[Metric]
    if sparse:
        metrics = [
            SparseCategoricalCrossentropy(name="loss"),
            SparseCategoricalAccuracy(name="accuracy"),
        ]
    else:
        metrics = [CategoricalCrossentropy(name="loss"), CategoricalAccuracy(name="accuracy")]
    metrics.append(MultiClassConfusionMatrixPlot())
    names: dict[str, Any] = {
        "model_names": model_names,
        "output_names": output_names,
        "output_weights": output_weights,
    }
    if binarize is not None:
        for k in binarize.top_k_list.values:
            metrics += [Precision(top_k=k), Recall(top_k=k)]
        plain = pb.BinarizationOptions()
        plain.CopyFrom(binarize)
        plain.ClearField("top_k_list")
        binarize = plain
    if aggregate is None:
        aggregate = pb.AggregationOptions(micro_average=True)
    specs = specs_from_metrics(metrics, **names)
    return specs + default_binary_classification_specs(
        **names, binarize=binarize, aggregate=aggregate
    )
