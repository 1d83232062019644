"""Statistics as one HTML page: a table of numbers, a table of strings, a picture for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from jinja2 import Environment
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.data_validation.paths import feature_path
from minitfx.data_validation.statistics_view import common_statistics, time_unit
from minitfx.dataset.instants import duration_text, moment_text

COLORS = ("#2b6cb0", "#dd6b20", "#2f855a", "#805ad5", "#b83280", "#718096")
"""Of the data sets, by their place; a seventh has the first one's."""

WIDTH, HEIGHT = 220, 48
"""Of a picture of a distribution."""

_PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Statistics</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1a202c; }
table { border-collapse: collapse; margin-bottom: 2rem; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #e2e8f0; }
th { color: #4a5568; font-weight: 600; } td:first-child, th:first-child { text-align: left; }
td.text { text-align: left; } .swatch { display: inline-block; width: .7em; height: .7em; }
.missing { color: #c53030; }
</style></head><body>
<h1>Statistics</h1>
<p>{% for dataset in datasets %}<span class="swatch" style="background:{{ dataset.color }}"></span>
{{ dataset.name }}: {{ dataset.examples }} examples&emsp;{% endfor %}</p>
{% for title, columns, features in tables if features %}
<h2>{{ title }} ({{ features | length }})</h2>
<table><thead><tr><th>feature</th>{% for column in columns %}<th>{{ column }}</th>{% endfor %}
<th>distribution</th></tr></thead><tbody>
{% for feature in features %}{% for row in feature.rows %}<tr>
<td>{% if loop.first %}<b>{{ feature.name }}</b> {% endif %}
<span class="swatch" style="background:{{ row.color }}"></span></td>
{% for cell in row.cells %}<td{% if cell.bad %} class="missing"{% endif %}>{{ cell.text }}</td>
{% endfor %}
{% if loop.first %}<td class="text" rowspan="{{ feature.rows | length }}">
<svg width="{{ width }}" height="{{ height }}" role="img" aria-label="distribution">
{% for bar in feature.bars %}<rect x="{{ bar.x }}" y="{{ bar.y }}" width="{{ bar.width }}"
 height="{{ bar.height }}" fill="{{ bar.color }}" fill-opacity=".65"><title>{{ bar.title }}</title>
</rect>{% endfor %}</svg></td>{% endif %}</tr>
{% endfor %}{% endfor %}</tbody></table>
{% endfor %}</body></html>
"""

_TEMPLATE = Environment(autoescape=True, trim_blocks=True).from_string(_PAGE)


@dataclass(frozen=True)
class Cell:
    """A number as text; ``bad`` if it deserves a look."""

    text: str
    bad: bool = False


@dataclass(frozen=True)
class Row:
    """A feature in one data set.

    Attributes
    ----------
    dataset : int
        The place of the data set.
    color : str
        Its color.
    cells : list of Cell
        A number under each column of the table.
    """

    dataset: int
    color: str
    cells: list[Cell]


@dataclass(frozen=True)
class Bar:
    """A bar in the picture of a distribution, in pixels from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    color: str
    title: str


@dataclass(frozen=True)
class FeatureRows:
    """A feature in every data set that has it.

    Attributes
    ----------
    name : str
        The feature, with its parents.
    rows : list of Row
        One a data set.
    bars : list of Bar
        The distributions, side by side.
    """

    name: str
    rows: list[Row]
    bars: list[Bar]


Table = tuple[str, tuple[str, ...], list[FeatureRows]]
"""A title, the columns' names, and the features."""


_NUMBERS = ("count", "missing", "mean", "std dev", "zeros", "min", "median", "max")
_STRINGS = ("count", "missing", "unique", "top value", "top count", "average length")


def statistics_tables(
    datasets: Sequence[statistics_pb2.DatasetFeatureStatistics],
) -> list[Table]:
    """Return the features of data sets side by side: a table of numbers, and one of strings.

    Parameters
    ----------
    datasets : sequence of DatasetFeatureStatistics
        Any number; a feature that some of them lack has fewer rows.
    """
    found: dict[str, dict[int, statistics_pb2.FeatureNameStatistics]] = {}
    for number, dataset in enumerate(datasets):
        for feature in dataset.features:
            found.setdefault(feature_path(feature).serialized, {})[number] = feature
    numbers: list[FeatureRows] = []
    strings: list[FeatureRows] = []
    for name, sides in found.items():
        is_number = any(side.HasField("num_stats") for side in sides.values())
        (numbers if is_number else strings).append(_feature(name, sides, is_number))
    return [("Numbers", _NUMBERS, numbers), ("Strings", _STRINGS, strings)]


def statistics_page(datasets: Sequence[statistics_pb2.DatasetFeatureStatistics]) -> str:
    """Return a page that shows data sets side by side, feature by feature.

    Parameters
    ----------
    datasets : sequence of DatasetFeatureStatistics
        One or two, with names.
    """
    return _TEMPLATE.render(
        datasets=[
            {
                "name": each.name,
                "examples": f"{each.num_examples:,}",
                "color": COLORS[n % len(COLORS)],
            }
            for n, each in enumerate(datasets)
        ],
        tables=statistics_tables(datasets),
        width=WIDTH,
        height=HEIGHT,
    )


def _feature(
    name: str, sides: dict[int, statistics_pb2.FeatureNameStatistics], is_number: bool
) -> FeatureRows:
    rows, bars = [], []
    for number, side in sides.items():
        cells = _number_cells(side) if is_number else _string_cells(side)
        rows.append(Row(number, COLORS[number % len(COLORS)], cells))
        heights = _histogram(side) if is_number else _ranks(side)
        bars += _bars(heights, number, len(sides))
    return FeatureRows(name, rows, bars)


def _shared_cells(side: statistics_pb2.FeatureNameStatistics) -> list[Cell]:
    common = common_statistics(side)
    rows = common.num_non_missing + common.num_missing
    share = common.num_missing / rows if rows else 0.0
    return [Cell(f"{common.num_non_missing:,}"), Cell(f"{share:.2%}", bad=share > 0)]


def _number_cells(side: statistics_pb2.FeatureNameStatistics) -> list[Cell]:
    n, unit = side.num_stats, time_unit(side)
    shown = [n.mean, n.std_dev, n.num_zeros, n.min, n.median, n.max]
    texts = [f"{value:.6g}" for value in shown]
    if unit is not None and n.common_stats.tot_num_values:
        texts = [moment_text(value, unit) for value in shown]
        texts[1:3] = [duration_text(n.std_dev, unit), f"{n.num_zeros}"]
    return _shared_cells(side) + [Cell(text) for text in texts]


def _string_cells(side: statistics_pb2.FeatureNameStatistics) -> list[Cell]:
    s = side.string_stats
    top = s.top_values[0] if s.top_values else None
    texts = [
        f"{s.unique:,}",
        top.value if top else "",
        f"{top.frequency:,.0f}" if top else "",
        f"{s.avg_length:.4g}",
    ]
    return _shared_cells(side) + [Cell(text) for text in texts]


def _histogram(side: statistics_pb2.FeatureNameStatistics) -> list[tuple[str, float]]:
    unit = time_unit(side)

    def text(value: float) -> str:
        return f"{value:g}" if unit is None else moment_text(value, unit)

    for histogram in side.num_stats.histograms:
        if histogram.type == statistics_pb2.Histogram.STANDARD:
            return [
                (f"{text(b.low_value)} to {text(b.high_value)}: {b.sample_count:g}", b.sample_count)
                for b in histogram.buckets
                if isfinite(b.sample_count)
            ]
    return []


def _ranks(side: statistics_pb2.FeatureNameStatistics) -> list[tuple[str, float]]:
    tops: Any = side.string_stats.top_values
    return [(f"{top.value}: {top.frequency:g}", top.frequency) for top in tops]


def _bars(heights: list[tuple[str, float]], number: int, sides: int) -> list[Bar]:
    most = max((height for _, height in heights), default=0.0)
    if not most:
        return []
    step = WIDTH / len(heights)
    width = step / sides * 0.9
    bars = []
    for place, (title, height) in enumerate(heights):
        tall = round(height / most * HEIGHT, 2)
        x = round(place * step + number * step / sides, 2)
        bars.append(
            Bar(x, HEIGHT - tall, round(width, 2), tall, COLORS[number % len(COLORS)], title)
        )
    return bars
