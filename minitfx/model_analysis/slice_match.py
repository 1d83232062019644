"""Whether a slice is one of those that a spec names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from minitfx.model_analysis.keys import AnySliceKey, SliceKey, SliceValue, pair_of
from minitfx.proto import eval_config_pb2 as pb

_TRUTH = {"true": 1, "false": 0}


@dataclass(frozen=True)
class SliceMatch:
    """A slicing spec as a test of slices.

    Attributes
    ----------
    columns : frozenset of str
        Any value will do.
    values : tuple of (str, str)
        Columns and the text of their value; ``"3"`` also matches the number 3.
    """

    columns: frozenset[str] = frozenset()
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, spec: pb.SlicingSpec) -> SliceMatch:
        """Return the test of a spec."""
        return cls(frozenset(spec.feature_keys), tuple(sorted(spec.feature_values.items())))

    def covers(self, key: AnySliceKey) -> bool:
        """Return whether a slice has exactly these columns, and these values.

        Examples
        --------
        >>> match = SliceMatch(frozenset({"sex"}), (("hour", "3"),))
        >>> match.covers((("hour", 3), ("sex", "f"))), match.covers((("hour", 3),))
        (True, False)
        """
        wanted = dict(self.values)
        if len(key) != len(self.columns) + len(wanted):
            return False
        if pair_of(key) is not None:
            return False
        return all(
            same(value, wanted[column]) if column in wanted else column in self.columns
            for column, value in cast(SliceKey, key)
        )


def covers_cross(spec: pb.CrossSlicingSpec, key: AnySliceKey) -> bool:
    """Return whether a key is a comparison, and one of those that a spec names."""
    pair = pair_of(key)
    if pair is None:
        return False
    baseline, comparison = pair
    one = SliceMatch.of(spec.baseline_spec)
    if not one.covers(baseline):
        return False
    if not spec.slicing_specs:
        return not one.covers(comparison)
    return any(SliceMatch.of(each).covers(comparison) for each in spec.slicing_specs)


def same(value: SliceValue, text: str) -> bool:
    """Return whether a slice's value is what a text says, as text or as a number.

    Truth values are the slices 1 and 0, which ``true`` and ``false`` name as well.

    Examples
    --------
    >>> same(3, "3"), same("3", "3"), same(3, "3.0"), same(1, "true"), same(1, "yes")
    (True, True, True, True, False)
    """
    if isinstance(value, str):
        return value == text
    if text.lower() in _TRUTH:
        return value == _TRUTH[text.lower()]
    try:
        return float(text) == value
    except ValueError:
        return False
