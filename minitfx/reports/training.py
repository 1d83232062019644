"""What a run says of training: the trials of a study, and the curves that trainings logged."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from minitfx.catalog.sql import in_list, literal
from minitfx.reports.blocks import Block, Cell, Grid, Section, Table, Text
from minitfx.reports.chart import Dot, Line, Lines, Scale, line_chart, path_of, scales, thin
from minitfx.reports.payloads import best_trials, json_file
from minitfx.reports.query import Limited, limited
from minitfx.reports.run_facts import ArtifactFact, Ask, NodeFact, Row, RunFacts
from minitfx.reports.wording import counted, number, shortened, value_text

MOST_TRIALS = 100_000
_SHOWN_TRIALS = 20
_MOST_DOTS = 1_000
_MOST_PARAMETERS = 8
MOST_CURVES = 24


def tuning(facts: RunFacts, ask: Ask) -> Section:
    """Return the trials of every study: score by trial, the best, and their hyperparameters."""
    blocks: list[Block] = []
    for node, _, artifact in facts.of_type("TunerResults"):
        where = f"trials WHERE artifact_id = {artifact.id} AND run_id = {literal(facts.run_id)}"
        where += f" AND node_id = {literal(node.node_id)}"
        columns = "trial, state, score, parameters"
        found = limited(ask, columns, where, "trial", MOST_TRIALS)
        if found.total:
            blocks += _study(node, artifact, found)
    for node, _, artifact in facts.of_type("HyperParameters"):
        best = json_file(artifact, "best_hyperparameters.json")
        if best is None:
            text = f"The hyperparameters of {node.node_id} can no longer be read: {artifact.uri}"
            blocks.append(Text(text, "quiet"))
        elif best:
            values = [
                [Cell(name), Cell(value_text(json.dumps(value)), "code")]
                for name, value in best.items()
            ]
            caption = f"Hyperparameters that {node.node_id} chose"
            blocks.append(Table(caption, ("Hyperparameter", "Value"), values))
    return Section("tuning", "Tuning", blocks)


def _study(node: NodeFact, artifact: ArtifactFact, found: Limited) -> list[Block]:
    best = best_trials(artifact)
    minimises = _minimises(found.rows, best)
    chart = _trial_chart(node.node_id, found.rows, best, minimises)
    return [Grid([chart]), _trial_table(node.node_id, found, best, minimises)]


def _minimises(rows: Sequence[Row], best: frozenset[int]) -> bool:
    """Whether a lower score is better: the best trial tells."""
    scores = {row["trial"]: row["score"] for row in rows if _is_number(row["score"])}
    known = [scores[trial] for trial in best if trial in scores]
    return bool(known) and min(known) < max(scores.values())


def _trial_chart(name: str, rows: Sequence[Row], best: frozenset[int], minimises: bool) -> Lines:
    points = [(float(r["trial"]), float(r["score"])) for r in rows if _is_number(r["score"])]
    across, up = scales(points)
    dots = [
        Dot(
            across(x),
            up(y),
            f"trial {number(x)}: {number(y)}",
            "best" if int(x) in best else "",
        )
        for x, y in thin(points, _MOST_DOTS)
    ]
    lines = [Line("score of a trial", 0, "", dots)]
    if len(best) == 1 and points:
        lines.append(Line("best so far", 1, _best_so_far(points, minimises, across, up)))
    without = len(rows) - len(points)
    notes = [f"{counted(without, 'trial')} without a score"] if without else []
    said = "; ".join(f"trial {number(x)}: {number(y)}" for x, y in points if int(x) in best)
    return Lines(
        f"{name}: score by trial",
        f"{counted(len(points), 'trial')} with a score; best {said}",
        "trial",
        across.ticks(6, whole=True),
        up.ticks(4),
        lines,
        notes,
    )


def _best_so_far(
    points: Sequence[tuple[float, float]], minimises: bool, across: Scale, up: Scale
) -> str:
    steps: list[tuple[float, float]] = []
    for x, y in points:
        if not steps or (y < steps[-1][1] if minimises else y > steps[-1][1]):
            if steps:
                steps.append((x, steps[-1][1]))
            steps.append((x, y))
    steps.append((points[-1][0], steps[-1][1]))
    return path_of(steps, across, up)


def _trial_table(name: str, found: Limited, best: frozenset[int], minimises: bool) -> Table:
    sign = 1 if minimises else -1

    def rank(row: Row) -> tuple[bool, bool, float, int]:
        scored = _is_number(row["score"])
        score = sign * row["score"] if scored else 0.0
        return row["trial"] not in best, not scored, score, row["trial"]

    shown = sorted(found.rows, key=rank)[:_SHOWN_TRIALS]
    values = [_parameters(row) for row in shown]
    names = list(dict.fromkeys(key for each in values for key in each))
    columns = names[:_MOST_PARAMETERS]
    rows = [
        [
            Cell(str(row["trial"]), "num"),
            Cell("best" if row["trial"] in best else row["state"].lower()),
            Cell(number(row["score"]), "num"),
            *(Cell(_short(each.get(key)), "num") for key in columns),
        ]
        for row, each in zip(shown, values, strict=True)
    ]
    caption = f"Trials of {name}, the best first"
    if len(names) > len(columns):
        caption += f"; {len(columns)} of {len(names)} hyperparameters"
    return Table(caption, ("Trial", "State", "Score", *columns), rows, found.total, found.sql,
                 "trials")  # fmt: skip


def _parameters(row: Row) -> Mapping[str, object]:
    try:
        found = json.loads(row["parameters"] or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _short(value: object) -> str:
    if isinstance(value, float):
        return number(value)
    return "" if value is None else shortened(str(value), 60)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def curves(facts: RunFacts, ask: Ask) -> Section:
    """Return what trainings logged by step: a chart a metric, with a line a training.

    A metric that was logged once by each stands in the table alone.
    """
    logged = f"curves WHERE run_id = {literal(facts.run_id)}"
    metrics = [row["metric"] for row in ask(f"SELECT DISTINCT metric FROM {logged} ORDER BY 1")]
    shown = metrics[:MOST_CURVES]
    if not shown:
        return Section("training", "Training", [])
    series: dict[str, dict[str, list[tuple[float, float]]]] = {}
    sql = f"SELECT node_id, metric, step, value FROM {logged}"
    for row in ask(f"{sql} AND metric IN {in_list(shown)} ORDER BY metric, node_id, step"):
        lines = series.setdefault(row["metric"], {})
        point = (float(row["step"]), float("nan") if row["value"] is None else row["value"])
        lines.setdefault(row["node_id"], []).append(point)
    charts = [
        line_chart(metric, lines, "step")
        for metric, lines in series.items()
        if any(len(points) > 1 for points in lines.values())
    ]
    blocks: list[Block] = [Grid(charts)] if charts else []
    if len(metrics) > len(shown):
        left = len(metrics) - len(shown)
        blocks.append(Text(f"{counted(left, 'metric')} left out; all of them: {sql}", "quiet"))
    blocks.append(_curve_table(series))
    return Section("training", "Training", blocks)


def _curve_table(series: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]) -> Table:
    rows = []
    for metric, lines in series.items():
        for node_id, points in lines.items():
            finite = [point for point in points if math.isfinite(point[1])]
            low = min(finite, key=lambda point: point[1], default=None)
            high = max(finite, key=lambda point: point[1], default=None)
            rows.append(
                [
                    Cell(metric),
                    Cell(node_id),
                    Cell(number(len(points)), "num"),
                    Cell(number(points[0][1]), "num"),
                    Cell(number(points[-1][1]), "num"),
                    Cell(_at(low), "num"),
                    Cell(_at(high), "num"),
                ]
            )
    columns = ("Metric", "Training", "Values", "First", "Last", "Least", "Greatest")
    return Table("Numbers logged by step", columns, rows)


def _at(point: tuple[float, float] | None) -> str:
    return "" if point is None else f"{number(point[1])} at {number(point[0])}"
