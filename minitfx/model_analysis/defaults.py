"""Configurations that an evaluation makes up or completes by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from minitfx.errors import EvaluationError
from minitfx.model_analysis.metrics.fairness import FairnessIndicators
from minitfx.model_analysis.metrics.registry import settings_of
from minitfx.model_analysis.metrics.specs import (
    default_binary_classification_specs,
    default_multi_class_classification_specs,
    default_regression_specs,
)
from minitfx.proto import eval_config_pb2 as pb

_SPECS: dict[str, Callable[[], list[pb.MetricsSpec]]] = {
    "binary_classification": default_binary_classification_specs,
    "multiclass_classification": default_multi_class_classification_specs,
    "regression": default_regression_specs,
}


def default_config(
    model: Any, slicing: pb.FeatureSlicingSpec | None = None, label_key: str = ""
) -> pb.EvalConfig:
    """Return a configuration with the usual metrics of a saved model's task.

    Parameters
    ----------
    model : SavedModel
        Its ``task`` and ``label`` say what to compute.
    slicing : FeatureSlicingSpec, optional
        Columns to slice by, besides all rows.
    label_key : str
        The column of labels, where the model does not know it.

    Raises
    ------
    EvaluationError
        If nobody says which column holds the labels.
    """
    label = label_key or getattr(model, "label", None)
    if not label:
        raise EvaluationError(
            "the model does not say which column holds its labels; give an eval_config with a "
            "label_key"
        )
    config = pb.EvalConfig(model_specs=[pb.ModelSpec(label_key=label)])
    config.metrics_specs.extend(_SPECS[model.task]())
    config.slicing_specs.add()
    for spec in slicing.specs if slicing is not None else ():
        if spec.column_for_slicing:
            config.slicing_specs.add(feature_keys=spec.column_for_slicing)
    return config


def with_fairness(config: pb.EvalConfig, thresholds: Sequence[float] | None) -> pb.EvalConfig:
    """Return a configuration with fairness indicators at these thresholds besides."""
    done = pb.EvalConfig()
    done.CopyFrom(config)
    if thresholds:
        done.metrics_specs.add(metrics=[FairnessIndicators(tuple(thresholds)).to_proto()])
    return done


def with_label_domains(config: pb.EvalConfig, schema: Any) -> pb.EvalConfig:
    """Return a configuration whose calibration plots span the labels' domain.

    Parameters
    ----------
    config : EvalConfig
        It is not changed.
    schema : tensorflow_metadata Schema
        A plot without ``left`` and ``right`` takes them from the domain of the label.
    """
    done = pb.EvalConfig()
    done.CopyFrom(config)
    labels = {spec.label_key for spec in done.model_specs}
    known = {feature.name: feature for feature in schema.feature if feature.name in labels}
    if not known:
        return done
    ends = _domain(next(iter(known.values())))
    for spec in done.metrics_specs:
        for metric in spec.metrics:
            if metric.class_name == "CalibrationPlot" and ends:
                metric.config = json.dumps({**ends, **settings_of(metric)}, sort_keys=True)
    return done


def _domain(feature: Any) -> dict[str, float]:
    kind = feature.WhichOneof("domain_info")
    if kind not in ("int_domain", "float_domain"):
        return {}
    domain = getattr(feature, kind)
    ends = {"left": "min", "right": "max"}
    return {name: float(getattr(domain, end)) for name, end in ends.items() if domain.HasField(end)}
