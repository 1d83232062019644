"""Metrics that users bring: functions of scikit-learn's kind, and accumulators."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Accumulated, Sample, Samples, Statistic
from minitfx.model_analysis.user_metric import load_attribute
from minitfx.proto import eval_config_pb2 as pb

_SCORES = ("y_score", "y_prob", "y_proba", "probas_pred")
_PROBABILITY_FUNCTIONS = ("log_loss", "d2_log_loss_score", "d2_brier_score")
RESPONSES = ("scores", "classes")


@dataclass(frozen=True)
class UserMetric(Metric):
    """A metric from a module of the user.

    Attributes
    ----------
    module, attribute : str
        Where it is.
    config : str
        Keyword arguments as JSON.
    """

    module: str = ""
    attribute: str = ""
    config: str = "{}"

    def check(self) -> None:
        """Raise `CodeError` if it cannot be imported."""
        load_attribute(self.module, self.attribute)

    def to_proto(self) -> pb.MetricConfig:
        """Return how it is written in an `EvalConfig`."""
        given = {**json.loads(self.config), "name": self.name}
        return pb.MetricConfig(
            class_name=self.attribute, module=self.module, config=json.dumps(given, sort_keys=True)
        )


@dataclass(frozen=True)
class FunctionMetric(UserMetric):
    """A function of true and predicted values, such as any of ``sklearn.metrics``.

    It is called once a slice, as ``function(y_true, y_pred, **config)``, with ``sample_weight``
    if it takes one and there are weights.

    Attributes
    ----------
    response : str
        ``scores`` or ``classes``: what it takes as predictions. Empty: scores if its second
        argument is called ``y_score`` or ``y_proba``, else decisions (a score over 0.5, or the
        class with the highest score), or the prediction itself for a regression.

    Notes
    -----
    Nothing less than all rows answers it, so memory grows with rows, and time with rows times
    slicings.
    """

    response: str = ""

    NEEDS_LABELS: ClassVar[bool] = True

    def check(self) -> None:
        """Raise an error if the function is not one, or the response is unknown."""
        super().check()
        if not callable(load_attribute(self.module, self.attribute)):
            raise EvaluationError(f"{self.module}.{self.attribute} is not a function")
        if self.response not in ("", *RESPONSES):
            raise EvaluationError(
                f"response of {self.name!r} is {self.response!r}; expected one of {RESPONSES}"
            )

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return all rows."""
        return (Samples(view, view.sub_key is None),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return what the function says of each slice, NaN for a slice without rows."""
        function = load_attribute(self.module, self.attribute)
        samples = state(self.statistics(view)[0])
        values = [self._call(function, sample) for sample in samples.each()]
        return {view.key(self.name): _stacked(values)}

    def _call(self, function: Callable[..., Any], sample: Sample) -> Any:
        if not len(sample.labels) or np.isnan(sample.predictions).any():
            return np.nan
        given = json.loads(self.config)
        if sample.weights is not None and "sample_weight" in inspect.signature(function).parameters:
            given["sample_weight"] = sample.weights
        labels = sample.labels
        predictions = self._predictions(function, sample)
        if predictions.ndim == 1 and labels.ndim == 1 and _whole(labels) and _whole(predictions):
            labels, predictions = labels.astype(np.int64), predictions.astype(np.int64)
        elif labels.ndim == 1 and self._wants_scores(function) and _whole(labels):
            labels = labels.astype(np.int64)
        try:
            return function(labels, predictions, **given)
        except (TypeError, ValueError) as error:
            if isinstance(error, ValueError) and len(np.unique(labels)) == 1:
                return np.nan  # most functions refuse a slice of one class
            raise EvaluationError(
                f"{self.module}.{self.attribute} fails on {len(labels)} rows: {error}"
            ) from error

    def _wants_scores(self, function: Callable[..., Any]) -> bool:
        if self.response:
            return self.response == "scores"
        names = list(inspect.signature(function).parameters)
        return names[1] in _SCORES or function.__name__ in _PROBABILITY_FUNCTIONS

    def _predictions(self, function: Callable[..., Any], sample: Sample) -> Floats:
        scores = sample.predictions
        if self._wants_scores(function):
            return scores
        if scores.ndim == 2:
            best: Floats = scores.argmax(axis=1).astype(np.float64)
            return best
        binary = ((sample.labels == 0) | (sample.labels == 1)).all()
        return (scores > 0.5).astype(np.float64) if binary else scores


@dataclass(frozen=True)
class AccumulatorMetric(UserMetric):
    """An accumulator of the user's: ``zero``, ``add``, ``merge`` and ``result``.

    ``add`` takes a `minitfx.model_analysis.Sample` with ``labels``, ``predictions`` and
    ``weights`` of rows of one slice; ``result`` returns a number, or several.
    """

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return one accumulator per slice."""
        plain = view.sub_key is None
        return (Accumulated(view, self.module, self.attribute, self.config, plain),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return their results, NaN for a slice without rows."""
        found = state(self.statistics(view)[0])
        return {
            view.key(self.name): _stacked(
                [np.nan if each is None else each.result() for each in found]
            )
        }


def _whole(values: Floats) -> bool:
    return bool((values == np.floor(values)).all())


def _stacked(values: Sequence[Any]) -> Floats:
    """Return results of slices as an array; NaN where a slice has none."""
    shape = next((np.shape(each) for each in values if np.ndim(each)), ())
    found = [np.broadcast_to(np.asarray(each, np.float64), shape) for each in values]
    return np.stack(found) if found else np.zeros(0)
