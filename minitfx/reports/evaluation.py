"""What a run says of its models' quality: metrics by slice, changes, and checks of thresholds."""

from __future__ import annotations

from minitfx.catalog.sql import in_list, literal
from minitfx.reports.blocks import Block, Cell, Facts, Section, Table, Text
from minitfx.reports.query import limited
from minitfx.reports.run_facts import Ask, Row, RunFacts
from minitfx.reports.verdict import verdict_of
from minitfx.reports.wording import counted, number, shortened

MOST_SLICES = 50
MOST_METRICS = 10
MOST_CHECKS = 60


def evaluation(facts: RunFacts, ask: Ask) -> Section:
    """Return the verdicts, the checks, and the metrics of every evaluation."""
    verdicts = [
        (node.node_id, cell)
        for node, _, artifact in facts.of_type("ModelBlessing")
        if (cell := verdict_of(artifact)) is not None
    ]
    blocks: list[Block] = [Facts(verdicts)] if verdicts else []
    for node, _, artifact in facts.of_type("ModelEvaluation"):
        where = (
            f"run_id = {literal(facts.run_id)} AND node_id = {literal(node.node_id)} "
            f"AND artifact_id = {artifact.id}"
        )
        blocks += _checks(ask, node.node_id, where)
        baselines = [port.artifact_id for port in node.inputs if port.key == "baseline_model"]
        first = f"model_id IN {in_list(baselines)}, model_id"
        for row in ask(f"SELECT DISTINCT model_id FROM metrics WHERE {where} ORDER BY {first}"):
            model = row["model_id"]
            source = f"metrics WHERE {where} AND model_id IS NOT DISTINCT FROM {literal(model)}"
            name = "the model" if model is None else f"model {model}"
            role = "the baseline, " if model in baselines else ""
            blocks += _by_slice(ask, f"{node.node_id}: metrics of {role}{name} by slice", source)
        changes = f"{node.node_id}: changes against the baseline by slice"
        blocks += _by_slice(ask, changes, f"metric_changes WHERE {where}")
    return Section("evaluation", "Evaluation", blocks)


def _checks(ask: Ask, name: str, where: str) -> list[Block]:
    found = limited(
        ask,
        "slice, metric, threshold, value, baseline, passed, message",
        f"validations WHERE {where}",
        "passed, metric, slice",
        MOST_CHECKS,
    )
    if not found.total:
        return []
    rows = [
        [
            Cell(row["metric"]),
            Cell(shortened(row["slice"], 200)),
            Cell(row["threshold"] or "", "num"),
            Cell(number(row["value"]), "num"),
            Cell(number(row["baseline"]), "num"),
            Cell("holds", "good") if row["passed"] else Cell("does not hold", "bad"),
            Cell(shortened(row["message"] or "", 300)),
        ]
        for row in found.rows
    ]
    columns = ("Metric", "Slice", "Threshold", "Value", "Baseline", "Check", "In words")
    caption = f"{name}: checks of thresholds, what does not hold first"
    return [Table(caption, columns, rows, found.total, found.sql, "checks")]


def _by_slice(ask: Ask, caption: str, source: str) -> list[Block]:
    """Return a table with a row a slice and a column a metric; none if there is no number."""
    with_value = f"{source} AND value IS NOT NULL"
    metrics = [
        row["metric"]
        for row in ask(
            f"SELECT metric, count(*) AS slices FROM {with_value} GROUP BY metric "
            "ORDER BY metric <> 'example_count', slices DESC, metric"
        )
    ]
    if not metrics:
        return []
    shown = metrics[:MOST_METRICS]
    (counts,) = ask(f"SELECT count(DISTINCT slice) AS total FROM {with_value}")
    slices = [row["slice"] for row in ask(_slices_statement(with_value))]
    sql = f"SELECT slice, metric, value, lower, upper FROM {source}"
    values: dict[tuple[str, str], Row] = {
        (row["slice"], row["metric"]): row
        for row in ask(
            f"{sql} AND value IS NOT NULL AND slice IN {in_list(slices)} "
            f"AND metric IN {in_list(shown)}"
        )
    }
    rows = [
        [
            Cell(shortened(slice, 200)),
            *(_value_cell(values.get((slice, metric))) for metric in shown),
        ]
        for slice in slices
    ]
    blocks: list[Block] = [Table(caption, ("Slice", *shown), rows, counts["total"], sql, "slices")]
    if len(metrics) > len(shown):
        left = len(metrics) - len(shown)
        blocks.append(Text(f"{counted(left, 'metric')} left out; all of them: {sql}", "quiet"))
    return blocks


def _slices_statement(source: str) -> str:
    """Return the query of the slices to show: all of it first, then by feature, largest first."""
    return (
        "SELECT slice, max(value) FILTER (metric = 'example_count') AS examples "
        f"FROM {source} GROUP BY slice ORDER BY slice <> 'Overall', "
        f"split_part(slice, ':', 1), examples DESC NULLS LAST, slice LIMIT {MOST_SLICES}"
    )


def _value_cell(row: Row | None) -> Cell:
    if row is None:
        return Cell(tone="num")
    if row["lower"] is None or row["upper"] is None:
        return Cell(number(row["value"]), "num")
    bounds = f"{number(row['lower'])} to {number(row['upper'])}"
    return Cell(f"{number(row['value'])} ({bounds})", "num")
