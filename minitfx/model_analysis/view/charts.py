"""Charts as inline SVG: lines, bars with intervals, and a map of counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from minitfx.model_analysis.view.rendering import ENVIRONMENT, number_text

COLORS = ("#2b6cb0", "#dd6b20", "#2f855a", "#805ad5", "#b83280", "#718096")

Point: TypeAlias = tuple[float, float]

_WIDTH, _HEIGHT = 420.0, 280.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 10.0, 40.0
_ROW = 22.0
_NAME_LENGTH = 28


@dataclass(frozen=True)
class Axis:
    """One side of a chart.

    Attributes
    ----------
    label : str
        What it shows.
    low, high : float
        Its ends.
    names : sequence of str
        What the places 0, 1, … are called; empty for numbers.
    """

    label: str
    low: float = 0.0
    high: float = 1.0
    names: Sequence[str] = ()

    def ticks(self) -> list[tuple[float, str]]:
        """Return where to write what along it, five places or so."""
        if self.names:
            step = max(1, math.ceil(len(self.names) / 6))
            return [(float(i), _short(self.names[i])) for i in range(0, len(self.names), step)]
        return [(tick, number_text(tick)) for tick in _round_numbers(self.low, self.high)]


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Attributes
    ----------
    name : str
        For the legend; empty for none.
    points : sequence of (float, float)
        Those with NaN are left out.
    low, high : sequence of float
        Ends of an interval at each point; empty for none.
    dashed : bool
        Whether it is a line of reference.
    dots : bool
        Whether points are marked.
    """

    name: str
    points: Sequence[Point]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Bar:
    """A bar: a name, a value, and the ends of its interval or NaN."""

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan


_LINES = ENVIRONMENT.from_string("""\
<figure><figcaption>{{ title }}</figcaption>
<svg viewBox="0 0 {{ width }} {{ height }}" role="img" aria-label="{{ title }}: {{ summary }}">
{% for at, text in x_ticks %}<line x1="{{ at }}" x2="{{ at }}" y1="{{ top }}" y2="{{ bottom }}"
 stroke="#e2e8f0"/><text x="{{ at }}" y="{{ bottom + 14 }}" text-anchor="middle">{{ text }}</text>
{% endfor %}
{% for at, text in y_ticks %}<line x1="{{ left }}" x2="{{ right }}" y1="{{ at }}" y2="{{ at }}"
 stroke="#e2e8f0"/><text x="{{ left - 5 }}" y="{{ at + 4 }}" text-anchor="end">{{ text }}</text>
{% endfor %}
{% for line in lines %}
{% if line.band %}<polygon points="{{ line.band }}" fill="{{ line.color }}" fill-opacity=".15"/>
{% endif %}
<polyline points="{{ line.path }}" fill="none" stroke="{{ line.color }}" stroke-width="1.8"
{% if line.dashed %} stroke-dasharray="4 4"{% endif %}/>
{% for dot in line.dots %}<circle cx="{{ dot.x }}" cy="{{ dot.y }}" r="3" fill="{{ line.color }}">
<title>{{ dot.text }}</title></circle>{% endfor %}
{% endfor %}
<text x="{{ (left + right) / 2 }}" y="{{ height - 6 }}" text-anchor="middle">{{ x_label }}</text>
<text x="12" y="{{ (top + bottom) / 2 }}" text-anchor="middle"
 transform="rotate(-90 12 {{ (top + bottom) / 2 }})">{{ y_label }}</text>
{% for entry in legend %}<text x="{{ left + 8 }}" y="{{ top + 14 + 14 * loop.index0 }}"
 style="fill: {{ entry.color }}">{{ entry.name }}</text>{% endfor %}
</svg></figure>
""")


def line_chart(title: str, lines: Sequence[Line], x: Axis, y: Axis) -> Markup:
    """Return lines over two axes.

    Parameters
    ----------
    title : str
        What it shows; also what is read out in its place.
    lines : sequence of Line
        Drawn in this order, each in a colour of its own; lines of reference are grey.
    x, y : Axis
        Below and at the left.
    """
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def place(point: Point) -> Point:
        return _scaled(point[0], x, _LEFT, right), _scaled(point[1], y, bottom, _TOP)

    drawn = [_line(line, COLORS[n % len(COLORS)], place, x) for n, line in enumerate(lines)]
    legend = [each for each in drawn if each["name"]]
    return Markup(
        _LINES.render(
            title=title, lines=drawn, legend=legend if len(legend) > 1 else [],
            x_label=x.label, y_label=y.label, width=_WIDTH, height=_HEIGHT,
            left=_LEFT, right=right, top=_TOP, bottom=bottom,
            x_ticks=[(place((at, y.low))[0], text) for at, text in x.ticks()],
            y_ticks=[(place((x.low, at))[1], text) for at, text in y.ticks()],
            summary=_summary(lines),
        )
    )  # fmt: skip


def _line(line: Line, color: str, place: Callable[[Point], Point], x: Axis) -> dict[str, object]:
    known = [point for point in line.points if not math.isnan(point[0] + point[1])]
    band: list[Point] = []
    if line.low and line.high:
        every = zip(line.points, line.low, line.high, strict=True)
        ends = [(p[0], low, high) for p, low, high in every if not math.isnan(low + high)]
        band = [(at, low) for at, low, _ in ends] + [(at, high) for at, _, high in ends[::-1]]
    return {
        "name": line.name,
        "color": "#a0aec0" if line.dashed else color,
        "dashed": line.dashed,
        "path": _path(map(place, known)),
        "band": _path(map(place, band)),
        "dots": [_dot(place(point), point, x) for point in known] if line.dots else [],
    }


def _dot(at: Point, point: Point, x: Axis) -> dict[str, object]:
    name = x.names[int(point[0])] if x.names else number_text(point[0])
    return {"x": at[0], "y": at[1], "text": f"{name}: {number_text(point[1])}"}


def _summary(lines: Sequence[Line]) -> str:
    parts = []
    for line in lines:
        values = [value for _, value in line.points if not math.isnan(value)]
        if values and not line.dashed:
            ends = f"{number_text(values[0])} to {number_text(values[-1])}"
            parts.append(f"{line.name} {ends}".strip())
    return "; ".join(parts) or "no value"


_BARS = ENVIRONMENT.from_string("""\
<figure><figcaption>{{ title }}</figcaption>
<svg viewBox="0 0 {{ width }} {{ height }}" role="img" aria-label="{{ title }}: {{ summary }}">
<line x1="{{ zero }}" x2="{{ zero }}" y1="0" y2="{{ height }}" stroke="#a0aec0"/>
{% for bar in bars %}<text x="{{ left - 6 }}" y="{{ bar.middle + 4 }}" text-anchor="end">
{{- bar.name }}</text>
<rect x="{{ bar.x }}" y="{{ bar.middle - 6 }}" width="{{ bar.length }}" height="12"
 fill="{{ color }}"><title>{{ bar.text }}</title></rect>
{% if bar.low is not none %}<line x1="{{ bar.low }}" x2="{{ bar.high }}" y1="{{ bar.middle }}"
 y2="{{ bar.middle }}" stroke="#1a202c" stroke-width="1.5"/>{% endif %}
<text x="{{ width - 4 }}" y="{{ bar.middle + 4 }}" text-anchor="end">{{ bar.shown }}</text>
{% endfor %}</svg></figure>
""")


def bar_chart(title: str, bars: Sequence[Bar]) -> Markup:
    """Return horizontal bars from 0, with their intervals; a bar of NaN is only named."""
    left, right = 150.0, _WIDTH - 60.0
    ends = [end for bar in bars for end in (bar.value, bar.low, bar.high) if math.isfinite(end)]
    axis = Axis("", min([0.0, *ends]), max([0.0, *ends]))
    zero = _scaled(0.0, axis, left, right)
    drawn = []
    for number, bar in enumerate(bars):
        at = _scaled(bar.value, axis, left, right) if math.isfinite(bar.value) else zero
        known = math.isfinite(bar.low) and math.isfinite(bar.high)
        text = f"{bar.name}: {number_text(bar.value)}"
        drawn.append(
            {
                "name": _short(bar.name),
                "shown": number_text(bar.value),
                "text": text + (f" ({interval_text(bar.low, bar.high)})" if known else ""),
                "middle": _ROW * number + _ROW / 2,
                "x": min(at, zero),
                "length": abs(at - zero),
                "low": _scaled(bar.low, axis, left, right) if known else None,
                "high": _scaled(bar.high, axis, left, right) if known else None,
            }
        )
    summary = "; ".join(f"{bar.name} {number_text(bar.value)}" for bar in bars)
    return Markup(
        _BARS.render(
            title=title, bars=drawn, summary=summary, zero=zero, left=left, color=COLORS[0],
            width=_WIDTH, height=max(_ROW * len(bars), _ROW),
        )
    )  # fmt: skip


_MAP = ENVIRONMENT.from_string("""\
<figure><figcaption>{{ title }}</figcaption><div class="wide">
<table aria-label="{{ title }}"><thead><tr><th>{{ corner }}</th>
{% for name in columns %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr><th>{{ row.name }}</th>
{% for cell in row.cells %}<td style="background: rgba(43, 108, 176, {{ cell.shade }})
{%- if cell.dark %}; color: #fff{% endif %}">{{ cell.text }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div></figure>
""")


def heat_map(
    title: str, corner: str, rows: Sequence[str], columns: Sequence[str],
    counts: Sequence[Sequence[float]],
) -> Markup:  # fmt: skip
    """Return a table of counts, shaded by their share of the row."""
    drawn = []
    for name, values in zip(rows, counts, strict=True):
        most = sum(values) or 1.0
        cells = [
            {"text": number_text(v), "shade": round(v / most, 3), "dark": v / most > 0.55}
            for v in values
        ]
        drawn.append({"name": name, "cells": cells})
    return Markup(_MAP.render(title=title, corner=corner, columns=columns, rows=drawn))


def interval_text(low: float, high: float) -> str:
    """Return an interval as tables show it.

    Examples
    --------
    >>> interval_text(0.25, 0.5)
    '0.25 to 0.5'
    """
    return f"{number_text(low)} to {number_text(high)}"


def span(values: Iterable[float], *, least: float = 0.0) -> tuple[float, float]:
    """Return ends of an axis for some numbers, with a little room; 0 and 1 for none.

    Parameters
    ----------
    values : iterable of float
        What must fit; NaN and infinity are left out.
    least : float
        How far apart the ends must be.
    """
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = max((high - low) * 0.08, least / 2, abs(high) * 1e-3, 1e-9)
    return low - room, high + room


def _scaled(value: float, axis: Axis, start: float, stop: float) -> float:
    share = (value - axis.low) / ((axis.high - axis.low) or 1.0)
    return round(start + min(max(share, -0.02), 1.02) * (stop - start), 2)


def _round_numbers(low: float, high: float) -> Iterator[float]:
    if not high > low:
        return
    step = 10.0 ** math.floor(math.log10(high - low))
    for factor in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0):
        if (high - low) / (step * factor) <= 6:
            step *= factor
            break
    place = math.ceil(low / step - 1e-9)
    while place * step <= high + 1e-9 * step:
        yield round(place * step, 12)
        place += 1


def _path(points: Iterable[Point]) -> str:
    kept: list[Point] = []
    for point in points:
        if not kept or point != kept[-1]:
            kept.append(point)
    return " ".join(f"{x:g},{y:g}" for x, y in kept)


def _short(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…"
