"""From the words of a configuration to metrics."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.metrics.custom import AccumulatorMetric, FunctionMetric
from minitfx.model_analysis.metrics.metric import Metric
from minitfx.model_analysis.user_metric import is_accumulator, load_attribute
from minitfx.proto import eval_config_pb2 as pb

_OURS = "minitfx.model_analysis.metrics"
_BASES = ("Metric", "AttributionsMetric")
_FOREIGN = ("tensorflow_model_analysis", "tf_keras", "keras", "tensorflow")
_KERAS_WORDS = {
    "AveragePrecision": "AUCPrecisionRecall",
    "mse": "MeanSquaredError",
    "MSE": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "MAE": "MeanAbsoluteError",
    "LogCosh": "LogCoshError",
}


def metric_of(config: pb.MetricConfig) -> Metric:
    """Return the metric that a configuration names.

    Parameters
    ----------
    config : MetricConfig
        A class of `minitfx.model_analysis.metrics` without ``module``, or a metric class, an
        accumulator or a function of that module. The module may also stand before the name, as
        in ``sklearn.metrics.f1_score``. Modules of TFMA and Keras stand for ours.

    Raises
    ------
    EvaluationError
        If there is no such metric, or its settings are wrong.
    CodeError
        If a module cannot be imported.

    Examples
    --------
    >>> metric_of(pb.MetricConfig(class_name="AUC", config='"name": "area"')).name
    'area'
    """
    settings = settings_of(config)
    module, _, attribute = config.class_name.rpartition(".")
    if module and not config.module:
        whole = pb.MetricConfig(class_name=attribute, module=module, config=config.config)
        return metric_of(whole)
    if config.module and config.module.split(".")[0] not in _FOREIGN:
        return _user_metric(config, settings)
    name = _KERAS_WORDS.get(config.class_name, config.class_name)
    found = known_metrics().get(name)
    if found is None:
        raise EvaluationError(
            f"there is no metric {config.class_name!r}. {did_you_mean(name, known_metrics())} "
            "A metric of your own needs its module beside its class_name"
        )
    return found.from_config(settings)


def settings_of(config: pb.MetricConfig) -> dict[str, Any]:
    """Return the keyword arguments that a configuration gives.

    Raises
    ------
    EvaluationError
        If they are not JSON.
    """
    text = config.config.strip()
    if text and not text.startswith("{"):
        text = "{" + text + "}"
    try:
        settings: dict[str, Any] = json.loads(text or "{}")
    except ValueError as error:
        raise EvaluationError(
            f"the config of the metric {config.class_name!r} is {config.config!r}, which is not "
            f"JSON: {error}"
        ) from error
    return settings


def known_metrics() -> dict[str, type[Metric]]:
    """Return the metric classes by name."""
    module = import_module(_OURS)
    found = {name: getattr(module, name) for name in module.__all__}
    return {
        name: each
        for name, each in found.items()
        if isinstance(each, type) and issubclass(each, Metric) and name not in _BASES
    }


def _user_metric(config: pb.MetricConfig, settings: dict[str, Any]) -> Metric:
    found = load_attribute(config.module, config.class_name)
    if isinstance(found, type) and issubclass(found, Metric):
        return found.from_config(settings)
    name = str(settings.pop("name", config.class_name.rsplit(".", maxsplit=1)[-1]))
    place: dict[str, str] = {"module": config.module, "attribute": config.class_name}
    if is_accumulator(found):
        return AccumulatorMetric(**place, config=json.dumps(settings, sort_keys=True), name=name)
    if not callable(found) or isinstance(found, type):
        raise EvaluationError(
            f"{config.module}.{config.class_name} is no metric; expected a function of labels and "
            "predictions, an accumulator with zero, add, merge and result, or a Metric"
        )
    response = str(settings.pop("response", ""))
    text = json.dumps(settings, sort_keys=True)
    return FunctionMetric(**place, config=text, response=response, name=name)
