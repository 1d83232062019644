"""Which slices of a result to show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.keys import AnySliceKey, pair_of, slice_name
from minitfx.model_analysis.results import SlicedAttributions, SlicedMetrics, SlicedPlots
from minitfx.model_analysis.slice_match import SliceMatch
from minitfx.proto import eval_config_pb2 as pb

SlicedT = TypeVar("SlicedT", SlicedMetrics, SlicedPlots, SlicedAttributions)


def chosen_slices(
    found: Iterable[SlicedT],
    slicing_column: str | None = None,
    slicing_spec: pb.SlicingSpec | None = None,
) -> list[SlicedT]:
    """Return the slices by one column, or of one spec; the overall one if neither is given.

    Raises
    ------
    EvaluationError
        If there is none, or both are given.
    """
    if slicing_column is not None and slicing_spec is not None:
        raise EvaluationError("slicing_column and slicing_spec are both given; expected one")
    everything = list(found)
    spec = slicing_spec if slicing_spec is not None else pb.SlicingSpec()
    if slicing_column is not None:
        spec = pb.SlicingSpec(feature_keys=[slicing_column])
    match = SliceMatch.of(spec)
    kept = [each for each in everything if match.covers(each.slice)]
    if not kept:
        raise EvaluationError(
            f"no slice is {_wanted(spec)}. {_known(each.slice for each in everything)}"
        )
    return kept


def _wanted(spec: pb.SlicingSpec) -> str:
    parts = [f"{key}:*" for key in sorted(spec.feature_keys)]
    parts += [f"{key}:{value}" for key, value in sorted(spec.feature_values.items())]
    return ", ".join(parts) or "Overall"


def _known(keys: Iterable[AnySliceKey]) -> str:
    shapes = {
        slice_name(key) if not key or pair_of(key) else ", ".join(f"{each[0]}:*" for each in key)
        for key in keys
    }
    return did_you_mean("", sorted(shapes)[:20]) if shapes else "The result has no slice at all"
