"""Plots of one slice: calibration, ROC and precision-recall curves, scores, confused classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from google.protobuf import json_format
from markupsafe import Markup

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.keys import SubKey, slice_name
from minitfx.model_analysis.results import EvalResult
from minitfx.model_analysis.view.charts import Axis, Line, heat_map, line_chart, span
from minitfx.model_analysis.view.rendering import ENVIRONMENT, Rendering, number_text
from minitfx.model_analysis.view.slices import chosen_slices
from minitfx.proto import eval_config_pb2 as pb

MOST_CLASSES = 30
"""Classes of a confusion matrix; what is left out is said above it."""

_CALIBRATION_POINTS = 20
_CHARTS = ENVIRONMENT.from_string("""\
<div class="charts">{% for chart in charts %}{{ chart }}{% endfor %}</div>
""")


def render_plot(
    result: EvalResult,
    slicing_spec: pb.SlicingSpec | None = None,
    output_name: str | None = None,
    class_id: int | None = None,
    top_k: int | None = None,
    k: int | None = None,
    label: str | None = None,
) -> Rendering:
    """Return the plots of one slice.

    Parameters
    ----------
    result : EvalResult
        What an analysis found; its metrics must have included plots, such as `CalibrationPlot`
        or `ConfusionMatrixPlot`.
    slicing_spec : SlicingSpec, optional
        Which slice; by default the overall one.
    output_name : str, optional
        Of a model with several outputs.
    class_id, top_k, k : int, optional
        Which binary problem of a multi-class one.
    label : str, optional
        Show only plots whose name has this in it.

    Raises
    ------
    EvaluationError
        If there is no such plot, or the spec names several slices.
    """
    if not result.plots:
        raise EvaluationError(
            "the result has no plots; add metrics such as CalibrationPlot or ConfusionMatrixPlot"
        )
    chosen = chosen_slices(result.plots, None, slicing_spec)
    if len(chosen) > 1:
        names = [slice_name(each.slice) for each in chosen]
        raise EvaluationError(
            f"slicing_spec names {len(names)} slices, {', '.join(names[:5])}; expected one, such "
            "as by feature_values"
        )
    (found,) = chosen
    by_key = _picked(found.plot, output_name, "output_name")
    numbers = {"class_id": class_id, "k": k, "top_k": top_k}
    given = {name: each for name, each in numbers.items() if each is not None}
    plots = _picked(by_key, str(SubKey(**given)) if given else None, "class_id, k or top_k")
    kept = {name: each for name, each in plots.items() if label is None or label in name}
    if not kept:
        hint = did_you_mean(label or "", plots)
        raise EvaluationError(f"no plot has {label!r} in its name. {hint}")
    charts = [chart for name, each in sorted(kept.items()) for chart in _charts(name, each)]
    title = f"Plots of {slice_name(found.slice)}"
    return Rendering(title, Markup(_CHARTS.render(charts=charts)))


def _picked(found: Any, name: str | None, role: str) -> Any:
    """Return the part of this name; the only one if none is given."""
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if (name or "") not in found:
        known = [each for each in found if each]
        if not known:
            raise EvaluationError(f"the plots stand under no {role}, but {name!r} was asked for")
        asked = f"there are no plots for {name!r}" if name else f"{role} is needed"
        raise EvaluationError(f"{asked}. {did_you_mean(name or '', known)}")
    return found[name or ""]


def _charts(name: str, data: Any) -> Iterator[Markup]:
    message = json_format.ParseDict(data, pb.PlotData())
    for field, draw in _DRAWN.items():
        if message.HasField(field):
            yield from draw(name, getattr(message, field))


def _calibration(name: str, message: pb.CalibrationHistogramBuckets) -> Iterator[Markup]:
    groups = _grouped([each for each in message.buckets if each.num_weighted_examples.value > 0])
    points = []
    for group in groups:
        weight = sum(each.num_weighted_examples.value for each in group)
        score = sum(each.total_weighted_refined_prediction.value for each in group) / weight
        points.append((score, sum(each.total_weighted_label.value for each in group) / weight))
    low, high = _unit([value for point in points for value in point])
    ideal = Line("", [(low, low), (high, high)], dashed=True)
    drawn = Line("", points, dots=True)
    axes = Axis("mean prediction", low, high), Axis("mean label", low, high)
    yield line_chart(f"{name}: calibration", [drawn, ideal], *axes)


def _grouped(buckets: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield neighbouring buckets, about as many examples in each group."""
    wanted = sum(each.num_weighted_examples.value for each in buckets) / _CALIBRATION_POINTS
    group: list[Any] = []
    weight = 0.0
    for each in buckets:
        group.append(each)
        weight += each.num_weighted_examples.value
        if weight >= wanted:
            yield group
            group, weight = [], 0.0
    if group:
        yield group


def _thresholds(name: str, message: pb.ConfusionMatrixAtThresholds) -> Iterator[Markup]:
    found = list(message.matrices)
    if not any(each.false_positives or each.false_negatives for each in found) and any(
        math.isnan(each.false_positive_rate) for each in found
    ):
        yield _distribution(name, found)
        return
    share = Axis("", 0.0, 1.0)
    roc = [(each.false_positive_rate, each.recall) for each in found]
    diagonal = Line("", [(0.0, 0.0), (1.0, 1.0)], dashed=True)
    yield line_chart(
        f"{name}: ROC curve",
        [Line("", roc), diagonal],
        Axis("false positive rate"),
        Axis("true positive rate"),
    )
    curve = [(each.recall, each.precision) for each in found if each.recall > 0]
    yield line_chart(
        f"{name}: precision and recall", [Line("", curve)], Axis("recall"), Axis("precision")
    )
    by_threshold = {
        "precision": [(each.threshold, each.precision) for each in found],
        "recall": [(each.threshold, each.recall) for each in found],
        "F1": [(each.threshold, each.f1) for each in found],
        "accuracy": [(each.threshold, each.accuracy) for each in found],
    }
    lines = [Line(each, points) for each, points in by_threshold.items()]
    yield line_chart(f"{name}: by threshold", lines, Axis("threshold"), share)


def _distribution(name: str, found: Sequence[Any]) -> Markup:
    """Return how many scores lie between the thresholds, of counts above each."""
    inside = [each for each in found if each.threshold >= 0]
    step = max(1, len(inside) // _CALIBRATION_POINTS)
    kept = inside[::step]
    points = []
    for one, two in pairwise(kept):
        count = one.true_positives - two.true_positives
        points += [(one.threshold, count), (two.threshold, count)]
    top = max((count for _, count in points), default=0.0)
    axes = Axis("score"), Axis("examples", 0.0, top * 1.05 or 1.0)
    return line_chart(f"{name}: scores", [Line("", points)], *axes)


def _classes(name: str, message: Any) -> Iterator[Markup]:
    for matrix in _few(message.matrices):
        cells: dict[tuple[int, int], float] = {}
        for each in matrix.entries:
            place = (each.actual_class_id, each.predicted_class_id)
            cells[place] = cells.get(place, 0.0) + each.num_weighted_examples
        yield _confusion(f"{name} at {number_text(matrix.threshold)}", cells)


def _labels(name: str, message: Any) -> Iterator[Markup]:
    for matrix in _few(message.matrices):
        cells = {
            (each.actual_class_id, each.predicted_class_id): each.true_positives
            + each.false_positives
            for each in matrix.entries
        }
        yield _confusion(f"{name} at {number_text(matrix.threshold)}", cells)


def _few(matrices: Sequence[Any]) -> Sequence[Any]:
    """Return the matrix at the threshold nearest to a half, and the first and last besides."""
    if len(matrices) <= 3:
        return matrices
    middle = min(matrices, key=lambda each: abs(each.threshold - 0.5))
    return [matrices[0], middle, matrices[-1]]


def _confusion(title: str, cells: dict[tuple[int, int], float]) -> Markup:
    actual = sorted({row for row, _ in cells})
    predicted = sorted({column for _, column in cells})
    kept, wide = actual[:MOST_CLASSES], predicted[:MOST_CLASSES]
    if len(kept) < len(actual) or len(wide) < len(predicted):
        title += f" (the first {MOST_CLASSES} classes of {max(len(actual), len(predicted))})"
    counts = [[cells.get((row, column), 0.0) for column in wide] for row in kept]
    rows, columns = _class_names(kept), _class_names(wide)
    return heat_map(title, "actual \\ predicted", rows, columns, counts)


def _class_names(classes: Sequence[int]) -> list[str]:
    return ["none" if each < 0 else str(each) for each in classes]


def _unit(values: Sequence[float]) -> tuple[float, float]:
    """Return 0 and 1 for probabilities, the span of the values for others."""
    return (0.0, 1.0) if all(0.0 <= each <= 1.0 for each in values) else span(values)


_DRAWN: dict[str, Callable[[str, Any], Iterator[Markup]]] = {
    "calibration_histogram_buckets": _calibration,
    "confusion_matrix_at_thresholds": _thresholds,
    "multi_class_confusion_matrix_at_thresholds": _classes,
    "multi_label_confusion_matrix_at_thresholds": _labels,
}
