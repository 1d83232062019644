"""What a run says of serving: the trial of its model, the push, and what the model came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minitfx.catalog.sql import in_list, literal
from minitfx.errors import MinitfxError
from minitfx.reports.blocks import Block, Cell, Facts, Grid, Section, Table, Text
from minitfx.reports.chart import Bars, bar_chart
from minitfx.reports.data import example_counts
from minitfx.reports.node_details import ARTIFACT_COLUMNS, artifact_row
from minitfx.reports.payloads import json_file
from minitfx.reports.query import limited
from minitfx.reports.run_facts import ArtifactFact, Ask, Row, RunFacts, read_artifacts
from minitfx.reports.verdict import verdict_of
from minitfx.reports.wording import moment, number, value_text

MOST_ANCESTORS = 60
_MOST_MODELS = 5
_MOST_SOURCES = 20


def infrastructure(facts: RunFacts) -> Section:
    """Return how trials of models went: verdict, start, memory, latency."""
    blocks: list[Block] = []
    for node, _, artifact in facts.of_type("InfraBlessing"):
        rows = [(node.node_id, verdict_of(artifact) or Cell("nothing is recorded"))]
        measured = json_file(artifact, "latency.json") or {}
        blocks.append(Facts([*rows, *_measured(measured)]))
        histogram = _latencies(measured.get("histogram_ms"))
        if histogram is not None:
            blocks.append(Grid([histogram]))
    return Section("serving", "Trial of serving", blocks)


_MEASURED = (
    ("seconds_to_ready", "Ready after", " s"),
    ("tries", "Tries", ""),
    ("peak_memory_mb", "Most memory", " MB"),
    ("requests", "Requests", ""),
    ("median_ms", "Median latency", " ms"),
    ("max_ms", "Longest latency", " ms"),
)


def _measured(found: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    return [
        (title, Cell(f"{number(found[key])}{unit}"))
        for key, title, unit in _MEASURED
        if isinstance(found.get(key), (int, float))
    ]


def _latencies(buckets: Any) -> Bars | None:
    """Return the histogram of latencies, without the empty ends; None if nothing was timed."""
    try:
        counts = [(float(each["from"]), float(each["count"])) for each in buckets or ()]
    except (TypeError, KeyError, ValueError):
        return None
    filled = [place for place, (_, count) in enumerate(counts) if count]
    if not filled:
        return None
    shown = range(filled[0], filled[-1] + 1)
    bars = []
    for place in shown:
        low = number(counts[place][0])
        ends = (
            f"{low} to {number(counts[place + 1][0])}" if place + 1 < len(counts) else f"{low} up"
        )
        bars.append((f"{ends} ms", counts[place][1]))
    return bar_chart("Requests by latency", bars)


def production(facts: RunFacts) -> Section:
    """Return what was pushed where, or why not."""
    blocks: list[Block] = []
    for node, _, artifact in facts.of_type("PushedModel"):
        found = artifact.properties
        rows = [(node.node_id, verdict_of(artifact) or Cell("nothing is recorded"))]
        if found.get("pushed"):
            rows.append(("Version", Cell(str(found.get("pushed_version", "")))))
            rows += _now(str(found.get("pushed_destination", "")))
        blocks.append(Facts(rows))
    return Section("production", "Push", blocks)


def _now(destination: str) -> list[tuple[str, Cell]]:
    """Return which version a destination's servers take now; nothing if that cannot be seen."""
    from minitfx.models.destination import Destination

    folder = Path(destination).parent
    if not destination or "://" in destination or not folder.is_dir():
        return []
    try:
        latest = Destination(folder).latest
    except (MinitfxError, OSError):
        return []
    return [("Latest there, now", Cell(latest))] if latest else []


def lineage(facts: RunFacts, ask: Ask) -> Section:
    """Return which data trained the model in production, and all that it was made from.

    That is the model that the run pushed. If it pushed none, the one that was pushed last; if
    nothing ever was, the models that the run made.
    """
    own = [each.id for _, _, each in facts.of_type("PushedModel") if each.properties.get("pushed")]
    blocks: list[Block] = []
    pushes = _pushes(facts, ask, f"p.pushed_model_id IN {in_list(own)}")
    if not pushes and (pushes := _pushes(facts, ask, "TRUE")[:1]):
        text = f"This run pushed nothing; in production is what run {pushes[0]['run_id']} pushed."
        blocks.append(Text(text))
    models = {row["model_id"]: row for row in pushes if row["model_id"] is not None}
    if not pushes:
        models = {artifact.id: {} for _, _, artifact in facts.of_type("Model")}
    for model, push in list(models.items())[:_MOST_MODELS]:
        blocks += _origin(facts, ask, model, push)
    return Section("lineage", "Lineage", blocks)


def _pushes(facts: RunFacts, ask: Ask, condition: str) -> list[Row]:
    """Return the pushes of the run's pipeline that fulfil a condition, the last one first."""
    return ask(
        "SELECT p.* FROM pushes p JOIN runs r USING (run_id) "
        f"WHERE p.pushed AND r.pipeline_name = {literal(facts.pipeline_name)} AND {condition} "
        "ORDER BY p.execution_id DESC"
    )


def _origin(facts: RunFacts, ask: Ask, model: int, push: Row) -> list[Block]:
    """Return which data trained a model, and all that it was made from."""
    ids = {row["artifact_id"] for row in ask(f"SELECT artifact_id FROM lineage_up({model})")}
    artifacts = read_artifacts(ask, ids)
    rows = [("Model", Cell(_made_by(artifacts.get(model))))]
    if push:
        said = f"as version {push['version']} at {moment(push['pushed_at'])}"
        rows.append(("Pushed", Cell(f"{said}, to {push['destination']}")))
    sources = _sources(ask, artifacts)
    rows += [("Trained on", Cell(_data(ask, each))) for each in sources[:_MOST_SOURCES]]
    if len(sources) > _MOST_SOURCES:
        rows.append(("Trained on", Cell(f"{len(sources) - _MOST_SOURCES:,} more Examples")))
    source, order = f"lineage_up({model})", "depth, artifact_id"
    found = limited(ask, "artifact_id, depth", source, order, MOST_ANCESTORS)
    table = Table(
        f"What model {model} was made from, nearest first",
        ("Steps", *ARTIFACT_COLUMNS),
        [
            artifact_row(facts, str(row["depth"]), artifacts[row["artifact_id"]])
            for row in found.rows
            if row["artifact_id"] in artifacts
        ],
        found.total,
        f"SELECT * FROM {source} ORDER BY {order}",
        "artifacts",
    )
    return [Facts(rows), table]


def _sources(ask: Ask, artifacts: Mapping[int, ArtifactFact]) -> Sequence[ArtifactFact]:
    """Return the examples that were made from no other artifact."""
    derived = {row["artifact_id"] for row in ask("SELECT DISTINCT artifact_id FROM derivations")}
    return [
        each for each in artifacts.values() if each.type == "Examples" and each.id not in derived
    ]


def _made_by(artifact: ArtifactFact | None) -> str:
    if artifact is None:
        return "nothing is recorded"
    return f"{artifact.id}, made by {artifact.node_id} in run {artifact.run_id}"


def _data(ask: Ask, artifact: ArtifactFact) -> str:
    rows = ask(
        f"SELECT value FROM parameters WHERE execution_id = {artifact.id // 1000} "
        "AND name IN ('input_base', 'source_uri') AND value <> 'null' LIMIT 1"
    )
    counts = example_counts(ask, artifact)
    parts = [f"{artifact.type} {artifact.id} of {artifact.node_id}, run {artifact.run_id}"]
    parts += [f"span {artifact.properties['span']}"] if "span" in artifact.properties else []
    parts += [f"{split} {number(count)} rows" for split, count in counts.items()]
    parts += [f"from {value_text(row['value'], 300)}" for row in rows]
    return ", ".join(parts)
