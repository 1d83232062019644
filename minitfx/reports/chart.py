"""From numbers to the geometry of a chart; the template only writes it down as SVG.

Coordinates are in the units of the chart's ``viewBox``, y downwards. What is not finite is left
out of a line, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from minitfx.reports.wording import counted, number

WIDTH, HEIGHT = 440, 210
LEFT, RIGHT, TOP, BOTTOM = 54, 12, 12, 34

SERIES = 6
"""How many colors and dashes there are; further series begin again."""

MOST_POINTS = 400
"""How many points of one line are drawn at most."""

_FEW_POINTS = 40


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A point that can be pointed at.

    Attributes
    ----------
    x, y : float
        Where it is.
    title : str
        What it says.
    tone : str
        Its class: ``best``, ``failed`` or none.
    """

    x: float
    y: float
    title: str
    tone: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes
    ----------
    name : str
        In the legend.
    style : int
        Which color and dash, from 0.
    path : str
        Its ``d`` in SVG; empty if only dots are drawn.
    dots : sequence of Dot
        Its points, of those that have few.
    """

    name: str
    style: int
    path: str
    dots: Sequence[Dot] = ()


@dataclass(frozen=True)
class Lines:
    """A chart of lines over a common axis.

    Attributes
    ----------
    title, description : str
        What it shows, and its numbers in words.
    x_label : str
        What the horizontal axis means.
    x_ticks, y_ticks : sequence of Tick
        Their marks.
    lines : sequence of Line
        What is drawn.
    notes : sequence of str
        What was left out.
    """

    kind: ClassVar[str] = "lines"
    title: str
    description: str
    x_label: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    lines: Sequence[Line]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Bar:
    """A bar with its label: its share of the longest one, and its number."""

    label: str
    share: float
    text: str


@dataclass(frozen=True)
class Bars:
    """A chart of horizontal bars.

    Attributes
    ----------
    title, description : str
        What it shows, and its numbers in words.
    bars : sequence of Bar
        From the top.
    """

    kind: ClassVar[str] = "bars"
    title: str
    description: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Strip:
    """A small picture in a cell: bars of several colors in one box.

    Attributes
    ----------
    width, height : float
        Of the box.
    bars : sequence
        Each with ``x``, ``y``, ``width``, ``height``, ``color``, ``title``.
    label : str
        What it shows.
    """

    width: float
    height: float
    bars: Sequence[object]
    label: str


Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """A linear map from values to places on an axis.

    Attributes
    ----------
    low, high : float
        The values at its ends.
    start, end : float
        The places of its ends.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value, to a tenth."""
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int, whole: bool = False) -> list[Tick]:
        """Return marks at round values."""
        found = round_values(self.low, self.high, most, whole)
        return [Tick(self(value), number(value)) for value in found]


def round_values(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """Return round values between two, ascending: multiples of 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    low, high : float
        The two.
    most : int
        About how many; 4 or more, or else there may be none.
    whole : bool
        Whether they must be whole numbers.

    Examples
    --------
    >>> round_values(0.0, 1.0, 5)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> round_values(1, 4, 10, whole=True)
    [1.0, 2.0, 3.0, 4.0]
    """
    rough = (high / 2 - low / 2) / most * 2
    if rough <= 0 or not math.isfinite(rough):
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough * (1 - 1e-9))
    step = max(1.0, step) if whole else step
    digits = max(0, -math.floor(math.log10(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, digits) + 0.0 for place in range(first, last + 1)]


def line_chart(title: str, series: Mapping[str, Points], x_label: str) -> Lines:
    """Return a chart of lines by name, each over its points in the order of x.

    Parameters
    ----------
    title : str
        What the values are.
    series : mapping of str to sequence of (float, float)
        x and y; x is finite.
    x_label : str
        What x is.
    """
    finite = {
        name: sorted((x, y) for x, y in points if math.isfinite(y))
        for name, points in series.items()
    }
    shown = [point for points in finite.values() for point in points]
    across, up = scales(shown)
    lines, thinned = [], False
    for style, (name, points) in enumerate(finite.items()):
        drawn = thin(points, MOST_POINTS)
        thinned = thinned or len(drawn) < len(points)
        lines.append(_line(name, style % SERIES, drawn, across, up, x_label))
    lost = sum(map(len, series.values())) - len(shown)
    is_not = "value is not finite", "values are not finite"
    notes = [f"{counted(lost, *is_not)}, and left out"] if lost else []
    notes += [f"of a long line the extremes of {MOST_POINTS // 2} parts"] if thinned else []
    whole = all(x == int(x) for x, _ in shown)
    return Lines(
        title,
        "; ".join(_said(name, points) for name, points in finite.items()),
        x_label,
        across.ticks(6, whole),
        up.ticks(4),
        lines,
        notes,
    )


def scales(points: Points) -> tuple[Scale, Scale]:
    """Return the scales of x and y that hold all points; of none, from 0 to 1."""
    low_x, high_x = _range([x for x, _ in points])
    low_y, high_y = _range([y for _, y in points])
    room = (high_y / 2 - low_y / 2) * 0.1
    across = Scale(low_x, high_x, LEFT, WIDTH - RIGHT)
    return across, Scale(low_y - room, high_y + room, HEIGHT - BOTTOM, TOP)


def thin(points: Points, most: int) -> list[tuple[float, float]]:
    """Return at most so many points, keeping the extremes of equal parts, and both ends.

    Examples
    --------
    >>> thin([(x, x % 7) for x in range(1000)], 6)[:3]
    [(0, 0), (6, 6), (503, 6)]
    """
    if len(points) <= most:
        return list(points)
    parts = max(1, most // 2 - 1)
    kept = {0, len(points) - 1}
    for part in range(parts):
        chosen = range(part * len(points) // parts, (part + 1) * len(points) // parts)
        kept.add(min(chosen, key=lambda place: points[place][1]))
        kept.add(max(chosen, key=lambda place: points[place][1]))
    return [points[place] for place in sorted(kept)]


def path_of(points: Points, across: Scale, up: Scale) -> str:
    """Return the path through points; empty for none."""
    return "".join(
        f"{'L' if place else 'M'}{across(x):g} {up(y):g}" for place, (x, y) in enumerate(points)
    )


def bar_chart(title: str, counts: Sequence[tuple[str, float]]) -> Bars:
    """Return a chart of bars from 0, in their order."""
    most = max((count for _, count in counts), default=0) or 1
    bars = [Bar(label, round(count / most, 4), number(count)) for label, count in counts]
    return Bars(title, "; ".join(f"{each.label}: {each.text}" for each in bars), bars)


def _line(name: str, style: int, points: Points, across: Scale, up: Scale, x_label: str) -> Line:
    dots = [Dot(across(x), up(y), f"{name}, {x_label} {number(x)}: {number(y)}") for x, y in points]
    few = len(points) <= _FEW_POINTS
    return Line(name, style, path_of(points, across, up), dots if few else ())


def _said(name: str, points: Points) -> str:
    if not points:
        return f"{name}: no finite value"
    low, high = (pick(y for _, y in points) for pick in (min, max))
    return (
        f"{name}: {counted(len(points), 'value')}, from {number(low)} to {number(high)}, "
        f"the last {number(points[-1][1])}"
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low == high:
        room = abs(low) * 0.5 or 0.5
        return low - room, high + room
    return low, high
