"""Metrics of slices as a table, with a chart for each metric where there are several slices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.keys import slice_name
from minitfx.model_analysis.measured import ERROR_METRIC
from minitfx.model_analysis.results import EvalResult, SlicedAttributions, SlicedMetrics
from minitfx.model_analysis.view.charts import Bar, bar_chart, interval_text
from minitfx.model_analysis.view.rendering import ENVIRONMENT, Rendering, number_text
from minitfx.model_analysis.view.slices import chosen_slices
from minitfx.proto import eval_config_pb2 as pb

MOST_SLICES = 1_000
"""Rows of a table, so that a page stays light; what is left out is said below it."""

MOST_BARS = 40
_COUNTS = ("weighted_example_count", "example_count")

_TABLE = ENVIRONMENT.from_string("""\
<div class="wide"><table><thead><tr><th>{{ heading }}</th>
{% for name in names %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr><td>{{ row.name }}</td>
{% if row.remark %}<td class="remark" colspan="{{ names | length }}">{{ row.remark }}</td>
{% else %}{% for cell in row.cells %}<td>{{ cell.text }}
{%- if cell.range %}<br><span class="range">{{ cell.range }}</span>{% endif %}</td>{% endfor %}
{% endif %}</tr>
{% endfor %}</tbody></table></div>
{% if more %}<p>{{ more }} more slices are not shown; metrics.parquet has them all.</p>{% endif %}
{% if charts %}<div class="charts">{% for chart in charts %}{{ chart }}{% endfor %}</div>
{% endif %}
""")


@dataclass(frozen=True)
class Row:
    """A slice with its metrics.

    Attributes
    ----------
    name : str
        Of the slice.
    values : mapping of str to dict
        Metric, qualified by output and sub-key, to its value as results have it.
    remark : str
        Why there are none, for a slice that is too small.
    """

    name: str
    values: Mapping[str, Mapping[str, Any]]
    remark: str = ""


def render_slicing_metrics(
    result: EvalResult,
    slicing_column: str | None = None,
    slicing_spec: pb.SlicingSpec | None = None,
    weighted_example_column: str | None = None,
    event_handlers: None = None,
) -> Rendering:
    """Return a table of the metrics of slices, and a chart for each metric.

    Parameters
    ----------
    result : EvalResult
        What an analysis found.
    slicing_column : str, optional
        Show the slices by this column.
    slicing_spec : SlicingSpec, optional
        Show the slices of this spec. With neither, the overall slice.
    weighted_example_column : str, optional
        The metric that stands first, as the size of each slice; by default
        ``weighted_example_count`` or ``example_count``.
    event_handlers : None
        A page without scripts has no events.

    Raises
    ------
    EvaluationError
        If no slice, or no metric, is there by these names.
    """
    if event_handlers is not None:
        raise EvaluationError(
            "event_handlers is given, but this page has no script and so no events; leave it out, "
            "and take the numbers from result.get_metrics_for_slice"
        )
    chosen = chosen_slices(result.slicing_metrics, slicing_column, slicing_spec)
    rows = [sliced_row(each) for each in chosen]
    return render_table("Metrics by slice", rows, weighted_example_column)


def render_slicing_attributions(
    result: EvalResult,
    slicing_column: str | None = None,
    slicing_spec: pb.SlicingSpec | None = None,
    metric_name: str | None = None,
) -> Rendering:
    """Return what each feature contributed in slices, as a table and a chart for each feature.

    Parameters
    ----------
    result, slicing_column, slicing_spec
        See `render_slicing_metrics`.
    metric_name : str, optional
        Such as ``mean_attributions``; may be left out where there is one such metric.

    Raises
    ------
    EvaluationError
        If no slice, or no metric, is there by these names.
    """
    chosen = chosen_slices(result.attributions, slicing_column, slicing_spec)
    title = f"Attributions by slice: {metric_name}" if metric_name else "Attributions by slice"
    return render_table(title, [_attributions_row(each, metric_name) for each in chosen])


def render_table(
    title: str,
    rows: Sequence[Row],
    first: str | None = None,
    *,
    heading: str = "slice",
    charts: bool = True,
) -> Rendering:
    """Return slices against metrics, and a chart for each metric.

    Parameters
    ----------
    title : str
        Of the page.
    rows : sequence of Row
        The slices.
    first : str, optional
        The metric that stands first.
    heading : str
        What a row is.
    charts : bool
        Whether charts follow, where there are several slices and not too many.
    """
    names = _ordered(dict.fromkeys(name for row in rows for name in row.values), first)
    shown = [
        {"name": row.name, "remark": row.remark, "cells": [_cell(row.values.get(n)) for n in names]}
        for row in rows[:MOST_SLICES]
    ]
    drawn = list(_charts(rows, names)) if charts and 1 < len(rows) <= MOST_BARS else []
    more = len(rows) - len(shown)
    body = _TABLE.render(heading=heading, names=names, rows=shown, charts=drawn, more=more)
    return Rendering(title, Markup(body))


def sliced_row(each: SlicedMetrics) -> Row:
    """Return a slice of a result with its metrics."""
    values = dict(_qualified(each.metrics))
    remark = values.pop(ERROR_METRIC, {}).get("debugMessage", "")
    return Row(slice_name(each.slice), values, remark)


def render_all_slices(result: EvalResult) -> Rendering:
    """Return a table of every slice of a result."""
    return render_table("Metrics by slice", [sliced_row(each) for each in result.slicing_metrics])


def _attributions_row(each: SlicedAttributions, metric_name: str | None) -> Row:
    values: dict[str, Any] = {}
    for name, features in _qualified(each.attributions):
        own = name.split("/")[-1].partition(" ")[0]
        if metric_name in (None, own):
            values |= {f"{feature}{name.replace(own, '', 1)}": v for feature, v in features.items()}
    known = {name.split("/")[-1].partition(" ")[0] for name, _ in _qualified(each.attributions)}
    if metric_name is None and len(known) > 1:
        raise EvaluationError(f"metric_name is needed. {did_you_mean('', known)}")
    if metric_name is not None and metric_name not in known:
        raise EvaluationError(
            f"no metric of attributions is called {metric_name!r}. "
            f"{did_you_mean(metric_name, known)}"
        )
    return Row(slice_name(each.slice), values)


def _qualified(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for output, by_key in metrics.items():
        for sub_key, by_name in by_key.items():
            for name, value in by_name.items():
                place = f"{output}/{name}" if output else name
                yield f"{place} ({sub_key})" if sub_key else place, value


def _ordered(names: Mapping[str, None], first: str | None) -> list[str]:
    if first is not None and first not in names:
        raise EvaluationError(f"no metric is called {first!r}. {did_you_mean(first, names)}")
    front = [first] if first is not None else [name for name in _COUNTS if name in names][:1]
    return [*front, *(name for name in names if name not in front)]


def _cell(value: Mapping[str, Any] | None) -> dict[str, str]:
    if not value:
        return {"text": "–", "range": ""}
    bar = as_bar("", value)
    if bar is not None:
        known = math.isfinite(bar.low) and math.isfinite(bar.high)
        text = interval_text(bar.low, bar.high) if known else ""
        return {"text": number_text(bar.value), "range": text}
    if "arrayValue" in value:
        numbers = [number_text(each) for each in value["arrayValue"]["values"]]
        return {"text": ", ".join(numbers[:6]) + (" …" if len(numbers) > 6 else ""), "range": ""}
    matrices = [each["matrices"] for each in value.values() if "matrices" in each]
    if matrices:
        count = len(matrices[0])
        return {"text": f"matrices at {count} thresholds" if count > 1 else "matrix", "range": ""}
    return {"text": str(value.get("debugMessage", "–")), "range": ""}


def as_bar(name: str, value: Mapping[str, Any]) -> Bar | None:
    """Return a number as a bar, with its interval if it has one; None for what is no number."""
    if "doubleValue" in value:
        return Bar(name, float(value["doubleValue"]))
    if "boundedValue" in value:
        bounded = value["boundedValue"]
        ends = (float(bounded["lowerBound"]), float(bounded["upperBound"]))
        return Bar(name, float(bounded["value"]), *ends)
    return None


def _charts(rows: Sequence[Row], names: Sequence[str]) -> Iterator[Markup]:
    for name in names:
        bars = [as_bar(row.name, row.values[name]) for row in rows if name in row.values]
        known = [bar for bar in bars if bar is not None]
        if known:
            yield bar_chart(name, known)
