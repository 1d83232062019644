"""The place of a feature: a column, or a field inside a struct column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import path_pb2, statistics_pb2

from minitfx.errors import ParameterError

_PLAIN = re.compile(r"\([^()]*\)|[^().']+")
_STEP = re.compile(r"'((?:''|[^'])*)'|(\([^()]*\)|[^().']+)")


@dataclass(frozen=True, order=True)
class FeaturePath:
    """A column and the fields that lead to a feature inside it.

    Parameters
    ----------
    path : iterable of str
        The steps; one for an ordinary column.

    Examples
    --------
    >>> FeaturePath(["trip", "fare"])
    FeaturePath('trip.fare')
    >>> FeaturePath(["a.b"]).serialized
    "'a.b'"
    """

    path: tuple[str, ...]

    def __init__(self, path: Iterable[str]) -> None:
        object.__setattr__(self, "path", tuple(path))

    def __repr__(self) -> str:
        return f"FeaturePath({self.serialized!r})"

    def __str__(self) -> str:
        return self.serialized

    def __len__(self) -> int:
        return len(self.path)

    def steps(self) -> tuple[str, ...]:
        """Return the steps."""
        return self.path

    def child(self, step: str) -> FeaturePath:
        """Return the path of the field ``step`` below this one."""
        return FeaturePath((*self.path, step))

    def parent(self) -> FeaturePath:
        """Return the path without its last step."""
        return FeaturePath(self.path[:-1])

    @property
    def serialized(self) -> str:
        """One string, the steps joined by dots; steps with dots, quotes or parentheses quoted.

        This is the key of a feature in the anomalies of TFDV.
        """
        return ".".join(map(_serialize_step, self.path))

    def to_proto(self) -> path_pb2.Path:
        """Return the path as a proto."""
        return path_pb2.Path(step=self.path)

    @classmethod
    def from_proto(cls, proto: path_pb2.Path) -> FeaturePath:
        """Return the path that a proto holds."""
        return cls(proto.step)

    @classmethod
    def from_string(cls, text: str) -> FeaturePath:
        """Return the path of a `serialized` string.

        Raises
        ------
        ParameterError
            If the quotes or parentheses of ``text`` do not match.
        """
        steps: list[str] = []
        place = 0
        while place < len(text):
            found = _STEP.match(text, place)
            end = found.end() if found else place
            if found is None or text[end : end + 1] not in ("", ".") or end == len(text) - 1:
                raise ParameterError(
                    f"{text!r} is not a feature path: no step can be read at character {place}. "
                    "Expected names joined by dots, quoted like 'a.b' where they hold a dot."
                )
            quoted, plain = found.groups()
            steps.append(plain if quoted is None else quoted.replace("''", "'"))
            place = end + 1
        return cls(steps)


def as_path(feature: str | FeaturePath | Iterable[str]) -> FeaturePath:
    """Return a path for a feature's name, steps or path; a name is one step, dots and all."""
    if isinstance(feature, FeaturePath):
        return feature
    return FeaturePath([feature] if isinstance(feature, str) else feature)


def feature_path(feature: statistics_pb2.FeatureNameStatistics) -> FeaturePath:
    """Return the path of a feature's statistics, whether they carry a path or a name."""
    if feature.WhichOneof("field_id") == "path":
        return FeaturePath(feature.path.step)
    return FeaturePath([feature.name])


def _serialize_step(step: str) -> str:
    if _PLAIN.fullmatch(step):
        return step
    return "'" + step.replace("'", "''") + "'"
