"""One thing that is wrong with a feature or a data set."""

from __future__ import annotations

from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import anomalies_pb2

Kind = anomalies_pb2.AnomalyInfo.Type


@dataclass(frozen=True)
class Reason:
    """A kind of anomaly, with what was found.

    Attributes
    ----------
    kind : str
        The name of an ``AnomalyInfo.Type``.
    short : str
        A few words.
    text : str
        What was found and what was expected.
    """

    kind: str
    short: str
    text: str

    @property
    def type(self) -> int:
        """The number of the kind."""
        return int(Kind.Value(self.kind))

    def to_proto(self) -> anomalies_pb2.AnomalyInfo.Reason:
        """Return the reason as a proto."""
        return anomalies_pb2.AnomalyInfo.Reason(
            type=self.type, short_description=self.short, description=self.text
        )


def six_digits(value: float) -> str:
    """Return a number with at most six significant digits.

    Examples
    --------
    >>> six_digits(0.25), six_digits(1.304890579e-07), six_digits(float("-inf"))
    ('0.25', '1.30489e-07', '-inf')
    """
    return f"{value:g}"
