"""The names of metrics and of slices: what a result is looked up by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from minitfx.proto import eval_config_pb2 as pb

SliceValue: TypeAlias = str | int | float
SliceKey: TypeAlias = tuple[tuple[str, SliceValue], ...]
CrossSliceKey: TypeAlias = tuple[SliceKey, SliceKey]
AnySliceKey: TypeAlias = SliceKey | CrossSliceKey

OVERALL: SliceKey = ()
OVERALL_NAME = "Overall"


@dataclass(frozen=True)
class SubKey:
    """Which binary problem of a multi-class one a metric is about.

    Parameters
    ----------
    class_id : int, optional
        This class against the rest.
    k : int, optional
        The class with the k-th highest prediction, counted from 1.
    top_k : int, optional
        The classes with the k highest predictions.

    Examples
    --------
    >>> str(SubKey(class_id=2)), str(SubKey(top_k=3))
    ('classId:2', 'topK:3')
    """

    class_id: int | None = None
    k: int | None = None
    top_k: int | None = None

    def __str__(self) -> str:
        if self.k is not None:
            return f"k:{self.k}"
        parts = [("classId", self.class_id), ("topK", self.top_k)]
        return " ".join(f"{name}:{value}" for name, value in parts if value is not None)

    def to_proto(self) -> pb.SubKey:
        """Return the message."""
        message = pb.SubKey()
        for name in ("class_id", "k", "top_k"):
            value = getattr(self, name)
            if value is not None:
                getattr(message, name).value = value
        return message

    @classmethod
    def from_proto(cls, message: pb.SubKey) -> SubKey:
        """Return what a message says."""
        names = [name for name in ("class_id", "k", "top_k") if message.HasField(name)]
        return cls(**{name: getattr(message, name).value for name in names})


@dataclass(frozen=True)
class AggregationType:
    """How the metrics of several classes became one; exactly one field is true.

    Examples
    --------
    >>> str(AggregationType(macro_average=True))
    'macro_average'
    """

    micro_average: bool = False
    macro_average: bool = False
    weighted_macro_average: bool = False

    def __str__(self) -> str:
        return next(name for name in _AGGREGATIONS if getattr(self, name))

    def to_proto(self) -> pb.AggregationType:
        """Return the message."""
        return pb.AggregationType(**{str(self): True})

    @classmethod
    def from_proto(cls, message: pb.AggregationType) -> AggregationType:
        """Return what a message says."""
        return cls(**{name: True for name in _AGGREGATIONS if getattr(message, name)})


_AGGREGATIONS = ("micro_average", "macro_average", "weighted_macro_average")


@dataclass(frozen=True)
class MetricKey:
    """The full name of a metric.

    Parameters
    ----------
    name : str
        The metric's own name, such as ``auc``.
    model_name : str
        Empty when one model alone is evaluated.
    output_name : str
        Empty unless the model has several outputs.
    sub_key : SubKey, optional
        Which binary problem of a multi-class one.
    aggregation_type : AggregationType, optional
        How classes were averaged.
    example_weighted : bool
        Whether example weights were used.
    is_diff : bool
        The value is this model's less the baseline's.

    Examples
    --------
    >>> MetricKey("auc", sub_key=SubKey(class_id=1)).text
    'auc/classId:1'
    """

    name: str
    model_name: str = ""
    output_name: str = ""
    sub_key: SubKey | None = None
    aggregation_type: AggregationType | None = None
    example_weighted: bool = False
    is_diff: bool = False

    @property
    def text(self) -> str:
        """The name for tables: output, metric, sub-key and aggregation, without the model."""
        qualifiers = [self.sub_key, self.aggregation_type]
        parts = [self.output_name, self.name, *(str(each) for each in qualifiers if each)]
        return "/".join(part for part in parts if part)

    def diff(self) -> MetricKey:
        """Return the key of this metric less the baseline's."""
        return replace(self, is_diff=True)

    def to_proto(self) -> pb.MetricKey:
        """Return the message."""
        message = pb.MetricKey(
            name=self.name,
            model_name=self.model_name,
            output_name=self.output_name,
            is_diff=self.is_diff,
        )
        message.example_weighted.value = self.example_weighted
        if self.sub_key is not None:
            message.sub_key.CopyFrom(self.sub_key.to_proto())
        if self.aggregation_type is not None:
            message.aggregation_type.CopyFrom(self.aggregation_type.to_proto())
        return message

    @classmethod
    def from_proto(cls, message: pb.MetricKey) -> MetricKey:
        """Return what a message says."""
        sub_key = SubKey.from_proto(message.sub_key) if message.HasField("sub_key") else None
        has_type = message.HasField("aggregation_type")
        kind = AggregationType.from_proto(message.aggregation_type) if has_type else None
        return cls(
            message.name,
            message.model_name,
            message.output_name,
            sub_key,
            kind,
            message.example_weighted.value,
            message.is_diff,
        )


def pair_of(key: AnySliceKey) -> CrossSliceKey | None:
    """Return the two slices that a key compares, None if it names one slice.

    Examples
    --------
    >>> pair_of(((), (("hour", 3),)))
    ((), (('hour', 3),))
    >>> pair_of((("hour", 3),)) is None
    True
    """
    compares = len(key) == 2 and all(
        isinstance(part, tuple) and all(isinstance(pair, tuple) for pair in part) for part in key
    )
    return cast(CrossSliceKey, key) if compares else None


def is_cross(key: AnySliceKey) -> bool:
    """Return whether a key names two slices to compare."""
    return pair_of(key) is not None


def slice_name(key: AnySliceKey) -> str:
    """Return how a slice is called in tables and messages.

    Parameters
    ----------
    key : tuple
        Pairs of column and value; empty for all rows. Two such tuples for a comparison.

    Examples
    --------
    >>> slice_name(())
    'Overall'
    >>> slice_name((("hour", 3), ("payment", "Cash")))
    'hour:3, payment:Cash'
    >>> slice_name(((), (("hour", 3),)))
    'Overall vs hour:3'
    """
    pair = pair_of(key)
    if pair is not None:
        return " vs ".join(slice_name(part) for part in pair)
    pairs = cast(SliceKey, key)
    return ", ".join(f"{column}:{value}" for column, value in pairs) or OVERALL_NAME


def slice_to_proto(key: AnySliceKey) -> pb.SliceKey:
    """Return the message of a slice key; text goes as UTF-8 bytes."""
    message = pb.SliceKey()
    for column, value in cast(SliceKey, key):
        single = message.single_slice_keys.add(column=column)
        if isinstance(value, str):
            single.bytes_value = value.encode()
        elif isinstance(value, int):
            single.int64_value = value
        else:
            single.float_value = value
    return message


def cross_to_proto(key: CrossSliceKey) -> pb.CrossSliceKey:
    """Return the message of a comparison of two slices."""
    baseline, comparison = key
    return pb.CrossSliceKey(
        baseline_slice_key=slice_to_proto(baseline),
        comparison_slice_key=slice_to_proto(comparison),
    )
