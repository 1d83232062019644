"""Comparisons of slices: the metric of one less that of the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.intervals import Uncertainty
from minitfx.model_analysis.keys import AnySliceKey, MetricKey
from minitfx.model_analysis.measured import SliceGroup, with_bounds
from minitfx.model_analysis.metrics.metric import Values
from minitfx.model_analysis.resampling import Method
from minitfx.model_analysis.slice_match import SliceMatch
from minitfx.proto import eval_config_pb2 as pb

Place: TypeAlias = tuple[SliceGroup, int]
"""A slice: its group, and its number in it."""


def comparisons(
    specs: Iterable[pb.CrossSlicingSpec], groups: Sequence[SliceGroup], method: Method
) -> list[SliceGroup]:
    """Return the comparisons of several specs, each once; see `compare_slices`."""
    found: list[SliceGroup] = []
    seen: set[AnySliceKey] = set()
    for spec in specs:
        group = compare_slices(spec, groups, method, seen)
        if group.keys:
            found.append(group)
            seen |= set(group.keys)
    return found


def compare_slices(
    spec: pb.CrossSlicingSpec,
    groups: Sequence[SliceGroup],
    method: Method,
    made: Collection[AnySliceKey] = (),
) -> SliceGroup:
    """Return the comparisons of a spec: each baseline slice with each other slice.

    Parameters
    ----------
    spec : CrossSlicingSpec
        Which slices to compare with which.
    groups : sequence of SliceGroup
        All slices with their metrics.
    method : Method
        How intervals are made; both slices are resampled alike, so rows that they share count.
    made : collection of tuple
        Comparisons that are made already; they are left out.

    Returns
    -------
    SliceGroup
        The value is the baseline slice's less the other's, as in TFMA; a slice that both sides
        name is compared with itself too. A comparison is small when one of its slices is.
    """
    baseline = SliceMatch.of(spec.baseline_spec)
    others = [SliceMatch.of(each) for each in spec.slicing_specs]
    one, two = [], []
    for group, place in _places(groups):
        is_baseline = baseline.covers(group.keys[place])
        if is_baseline:
            one.append((group, place))
        if any(other.covers(group.keys[place]) for other in others) if others else not is_baseline:
            two.append((group, place))
    pairs = [
        (first, second)
        for first in one
        for second in two
        if (_key(first), _key(second)) not in made
    ]
    left, right = [first for first, _ in pairs], [second for _, second in pairs]
    values: dict[MetricKey, Values] = {}
    known: dict[MetricKey, Uncertainty] = {}
    for key in _shared(groups) if pairs else ():
        before, after = _values(key, left), _values(key, right)
        if before is None or after is None:
            continue
        with np.errstate(invalid="ignore"):
            values[key] = before - after
        spread, other = _replicates(key, left), _replicates(key, right)
        if spread is not None and other is not None:
            known[key] = Uncertainty(spread - other)
    sizes = [np.array([g.counts[i] for g, i in side], np.float64) for side in (left, right)]
    counts = np.minimum(sizes[0], sizes[1])
    small = [np.array([g.small[i] for g, i in side], np.bool_) for side in (left, right)]
    return SliceGroup(
        [(_key(first), _key(second)) for first, second in pairs],
        with_bounds(values, known, method, counts),
        {},
        counts,
        small[0] | small[1],
    )


def _places(groups: Sequence[SliceGroup]) -> Iterator[Place]:
    for group in groups:
        for place in range(len(group.keys)):
            yield group, place


def _key(place: Place) -> tuple[tuple[str, str | int | float], ...]:
    group, number = place
    return tuple((str(column), value) for column, value in group.keys[number])  # type: ignore[misc]


def _shared(groups: Sequence[SliceGroup]) -> list[MetricKey]:
    """Return the metrics that all groups have."""
    common = set.intersection(*(set(group.metrics) for group in groups))
    return [key for key in groups[0].metrics if key in common]


def _values(key: MetricKey, places: Sequence[Place]) -> Floats | None:
    found = [group.metrics[key].value for group, _ in places]
    if not all(isinstance(value, np.ndarray) for value in found):
        return None
    return np.array([v[i] for v, (_, i) in zip(found, places, strict=True)], np.float64)


def _replicates(key: MetricKey, places: Sequence[Place]) -> Floats | None:
    found = []
    for group, place in places:
        known = group.known.get(key)
        if known is None or known.replicates is None:
            return None
        found.append(known.replicates[:, place])
    return np.stack(found, axis=1)
