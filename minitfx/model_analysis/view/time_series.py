"""Metrics of several results, one after the other: of models over time, or of days of data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from markupsafe import Markup

from minitfx.errors import EvaluationError
from minitfx.model_analysis.keys import slice_name
from minitfx.model_analysis.results import MODEL_CENTRIC_MODE, EvalResult, EvalResults
from minitfx.model_analysis.view.charts import Axis, Bar, Line, line_chart, span
from minitfx.model_analysis.view.rendering import ENVIRONMENT, Rendering
from minitfx.model_analysis.view.slices import chosen_slices
from minitfx.model_analysis.view.slicing_metrics import Row, as_bar, render_table, sliced_row
from minitfx.proto import eval_config_pb2 as pb

_BODY = ENVIRONMENT.from_string("""\
<p>{{ slice }}, {{ count }} {{ what }} in the order in which they were given.</p>
<div class="charts">{% for chart in charts %}{{ chart }}{% endfor %}</div>
{{ table }}
""")


def render_time_series(
    results: EvalResults,
    slicing_spec: pb.SlicingSpec | None = None,
    display_full_path: bool = False,
) -> Rendering:
    """Return a chart for each metric over several results, and a table of them.

    Parameters
    ----------
    results : EvalResults
        As `load_eval_results`, `multiple_model_analysis` or `multiple_data_analysis` return them;
        in model centric mode each is named by its model, in data centric mode by its data.
    slicing_spec : SlicingSpec, optional
        Which slice, by default the overall one. A result that lacks it has a gap.
    display_full_path : bool
        Whether to name results by the whole path rather than its last part.

    Raises
    ------
    EvaluationError
        If no result has the slice, or the spec names several.
    """
    if not results.results:
        raise EvaluationError("there are no results to show; expected one or more")
    by_model = results.mode == MODEL_CENTRIC_MODE
    names = [
        _name(each.model_location if by_model else each.data_location, number, display_full_path)
        for number, each in enumerate(results.results, 1)
    ]
    rows = _rows(results.results, names, slicing_spec)
    body = _BODY.render(
        slice=_slice_text(slicing_spec),
        count=len(rows),
        what="models" if by_model else "data sets",
        charts=_charts(rows),
        table=render_table("", rows, heading="model" if by_model else "data", charts=False).body,
    )
    return Rendering("Metrics over time", Markup(body))


def _rows(
    results: Sequence[EvalResult], names: Sequence[str], spec: pb.SlicingSpec | None
) -> list[Row]:
    rows = []
    missing: EvaluationError | None = None
    for name, result in zip(names, results, strict=True):
        try:
            chosen = chosen_slices(result.slicing_metrics, None, spec)
        except EvaluationError as error:
            missing = error
            rows.append(Row(name, {}, "the slice is not there"))
            continue
        if len(chosen) > 1:
            found = ", ".join(slice_name(each.slice) for each in chosen[:5])
            raise EvaluationError(f"slicing_spec names {len(chosen)} slices, {found}; expected one")
        row = sliced_row(chosen[0])
        rows.append(Row(name, row.values, row.remark))
    if missing is not None and not any(row.values for row in rows):
        raise missing
    return rows


def _name(location: str, number: int, whole: bool) -> str:
    if not location:
        return str(number)
    return location if whole else PurePosixPath(location.replace("\\", "/")).name or location


def _slice_text(spec: pb.SlicingSpec | None) -> str:
    values = {} if spec is None else dict(spec.feature_values)
    return slice_name(tuple(sorted(values.items())))


def _charts(rows: Sequence[Row]) -> list[Markup]:
    names = dict.fromkeys(name for row in rows for name in row.values)
    places = Axis("", -0.2, max(len(rows) - 0.8, 0.2), [row.name for row in rows])
    charts = []
    for name in names:
        bars = [_value(row.values, name) for row in rows]
        if all(math.isnan(bar.value) for bar in bars):
            continue
        ends = [end for bar in bars for end in (bar.value, bar.low, bar.high)]
        line = Line(
            "",
            [(float(place), bar.value) for place, bar in enumerate(bars)],
            [bar.low for bar in bars],
            [bar.high for bar in bars],
            dots=True,
        )
        charts.append(line_chart(name, [line], places, Axis("", *span(ends))))
    return charts


def _value(values: Mapping[str, Mapping[str, Any]], name: str) -> Bar:
    return as_bar(name, values.get(name, {})) or Bar(name, math.nan)
