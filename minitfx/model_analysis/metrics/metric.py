"""What every metric can do, and how it is written in a configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self, TypeAlias

from google.protobuf.message import Message

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey, SubKey
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Statistic
from minitfx.proto import eval_config_pb2 as pb

Values: TypeAlias = Floats | Sequence[Message]
"""One entry per slice: numbers of shape (slices,) or (slices, several), or messages."""

_KERAS_ONLY = ("dtype", "reduction", "fn")


@dataclass(frozen=True)
class Metric:
    """A measure of predictions; subclasses say of what.

    A metric names the statistics it needs and computes its values from them, for all slices at
    once. Its fields are its configuration.

    Parameters
    ----------
    name : str
        What to call it in results; by default the metric's own name.
    """

    name: str = field(default="", kw_only=True)

    NAME: ClassVar[str] = ""
    NEEDS_LABELS: ClassVar[bool] = True
    IS_PLOT: ClassVar[bool] = False
    IS_ATTRIBUTION: ClassVar[bool] = False  # gives a number for each feature
    HAS_INTERVAL: ClassVar[bool] = True
    COMPARES: ClassVar[bool] = False  # looks at two models at once

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.NAME)
        self.check()

    def check(self) -> None:
        """Raise `EvaluationError` if the configuration makes no sense."""

    def view(self, view: View) -> View:
        """Return the view that this metric takes instead of ``view``."""
        return view

    def keys(self, view: View) -> list[MetricKey]:
        """Return the keys of the values that it computes under a view."""
        return [view.key(self.name)]

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return what it needs."""
        raise NotImplementedError

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return its values for all slices."""
        raise NotImplementedError

    def remarks(self, view: View, state: Reader) -> Mapping[MetricKey, Sequence[str]]:
        """Return what a person should know of its value in each slice; empty where nothing."""
        return {}

    def error_statistics(self, view: View) -> Sequence[Statistic]:
        """Return what `errors` needs besides."""
        return ()

    def errors(self, view: View, state: Reader) -> Mapping[MetricKey, Floats]:
        """Return standard errors by closed formulas, where there are such."""
        return {}

    def left_out(
        self, view: View, whole: Reader, layered: Reader, copies: int
    ) -> Mapping[MetricKey, Floats] | None:
        """Return values without each of the jackknife's groups, of shape (copies, slices).

        None: there is no short cut, and `compute` is called for each.

        Parameters
        ----------
        view : View
            Of which predictions.
        whole : Reader
            Of all rows.
        layered : Reader
            Of each group, slot ``group * slices + slice``.
        copies : int
            How many groups there are.
        """
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the keyword arguments that make it, those at their defaults left out."""
        config = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "name" or value != each.default:
                config[each.name] = list(value) if isinstance(value, tuple) else value
        return config

    def to_proto(self) -> pb.MetricConfig:
        """Return how it is written in an `EvalConfig`."""
        return pb.MetricConfig(
            class_name=type(self).__name__, config=json.dumps(self.get_config(), sort_keys=True)
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the metric that keyword arguments make.

        Raises
        ------
        EvaluationError
            If one is unknown or missing.
        """
        known = [each.name for each in fields(cls)]
        given = {key: value for key, value in config.items() if key not in _KERAS_ONLY}
        for key in given:
            if key not in known:
                raise EvaluationError(
                    f"the metric {cls.__name__} has no setting {key!r}. {did_you_mean(key, known)}"
                )
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in given.items()
        }
        try:
            return cls(**values)
        except TypeError as error:
            raise EvaluationError(f"the metric {cls.__name__}: {error}") from error


@dataclass(frozen=True)
class Binary(Metric):
    """A metric of pairs, which may look at one class or the best few of a multi-class model."""

    top_k: int | None = field(default=None, kw_only=True)
    class_id: int | None = field(default=None, kw_only=True)

    def view(self, view: View) -> View:
        """Return the view with the metric's own class or top-k.

        Raises
        ------
        EvaluationError
            If the spec already binarizes.
        """
        if self.top_k is None and self.class_id is None:
            return view
        given = view.sub_key or SubKey()
        if given.top_k is not None or given.class_id is not None or given.k is not None:
            raise EvaluationError(
                f"the metric {self.name!r} sets top_k or class_id, and its MetricsSpec sets "
                f"{given} by binarize; keep one of them"
            )
        return replace(view, sub_key=SubKey(class_id=self.class_id, top_k=self.top_k))


def as_tuple(value: float | Sequence[float] | None) -> tuple[float, ...] | None:
    """Return one number or several as a tuple; None stays None.

    Raises
    ------
    EvaluationError
        If there is none, or one is no number.

    Examples
    --------
    >>> as_tuple(0.5), as_tuple([0.1, 1])
    ((0.5,), (0.1, 1.0))
    """
    if value is None:
        return None
    several = [value] if isinstance(value, (int, float, str)) else list(value)
    if not several or any(
        isinstance(each, str) or each is None or each != each for each in several
    ):
        raise EvaluationError(f"{value!r} is given where a metric takes one number or several")
    return tuple(map(float, several))
