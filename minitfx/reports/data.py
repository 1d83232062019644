"""What a run says of data: rows by split, statistics of features, anomalies, and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minitfx.catalog.sql import literal
from minitfx.reports.blocks import Block, Cell, Fold, Section, Table, Text
from minitfx.reports.chart import Strip
from minitfx.reports.payloads import place_of, row_counts, split_statistics, splits_of
from minitfx.reports.query import limited
from minitfx.reports.run_facts import ArtifactFact, Ask, RunFacts
from minitfx.reports.wording import number, shortened

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics

    from minitfx.data_validation.statistics_page import FeatureRows

MOST_FEATURES = 60
MOST_ANOMALIES = 100
_MOST_ARTIFACTS = 20


def data(facts: RunFacts, ask: Ask) -> Section:
    """Return rows by split, anomalies, and statistics."""
    blocks = [*_row_tables(facts, ask, ("Examples",), "Examples by split")]
    blocks += _anomalies(facts, ask)
    for place, (node, port, artifact) in enumerate(facts.of_type("ExampleStatistics")):
        if place == _MOST_ARTIFACTS:
            break
        title = f"Statistics: {node.node_id} {port.key}"
        blocks.append(_statistics(title, artifact, is_open=not place))
    return Section("data", "Data", blocks)


def predictions(facts: RunFacts, ask: Ask) -> Section:
    """Return how many rows were predicted, by split."""
    blocks = _row_tables(facts, ask, ("InferenceResult",), "Predictions by split")
    return Section("predictions", "Predictions", blocks)


def example_counts(ask: Ask, artifact: ArtifactFact) -> dict[str, int]:
    """Return the rows of each split: from its files, or from statistics that were made of it."""
    counts = row_counts(artifact)
    if counts is not None:
        return dict(sorted(counts.items(), key=lambda each: place_of(artifact, each[0])))
    rows = ask(
        "SELECT DISTINCT s.split, s.value FROM statistics s "
        "JOIN derivations d ON d.artifact_id = s.artifact_id "
        "JOIN nodes n ON n.execution_id = d.execution_id AND n.type LIKE '%.StatisticsGen' "
        f"WHERE d.source_id = {artifact.id} AND s.statistic = 'num_examples' "
        "AND s.feature = '' ORDER BY s.split"
    )
    return {row["split"]: int(row["value"]) for row in rows}


def _row_tables(facts: RunFacts, ask: Ask, types: tuple[str, ...], caption: str) -> list[Block]:
    found = facts.of_type(*types)
    if not found:
        return []
    counts = {each.id: example_counts(ask, each) for _, _, each in found[:_MOST_ARTIFACTS]}
    splits = list(
        dict.fromkeys(
            split
            for _, _, each in found[:_MOST_ARTIFACTS]
            for split in [*splits_of(each), *counts[each.id]]
        )
    )
    rows = [
        [
            Cell(f"{node.node_id} {port.key}", title=artifact.uri),
            *(Cell(_rows_in(split, artifact, counts[artifact.id]), "num") for split in splits),
            Cell(number(sum(counts[artifact.id].values())) if counts[artifact.id] else "", "num"),
        ]
        for node, port, artifact in found[:_MOST_ARTIFACTS]
    ]
    sql = (
        "SELECT * FROM artifacts JOIN events USING (artifact_id) WHERE events.run_id = "
        f"{literal(facts.run_id)} AND artifacts.type = {literal(types[0])}"
    )
    return [Table(caption, ("Made by", *splits, "All"), rows, len(found), sql, "artifacts")]


def _rows_in(split: str, artifact: ArtifactFact, counts: dict[str, int]) -> str:
    if split in counts:
        return number(counts[split])
    return "not known" if split in splits_of(artifact) else ""


def _anomalies(facts: RunFacts, ask: Ask) -> list[Block]:
    checked = facts.of_type("ExampleAnomalies")
    if not checked:
        return []
    found = limited(
        ask,
        "node_id, split, feature, severity, short_description, description",
        f"anomalies WHERE run_id = {literal(facts.run_id)}",
        "node_id, split, feature",
        MOST_ANOMALIES,
    )
    if not found.total:
        said = ", ".join(
            f"{node.node_id} {port.key}" for node, port, _ in checked[:_MOST_ARTIFACTS]
        )
        return [Text(f"No anomalies ({said}).", "good")]
    rows = [
        [
            Cell(row["feature"] or "(the data set)"),
            Cell(row["split"]),
            Cell(row["severity"] or ""),
            Cell(row["short_description"] or "", "bad"),
            Cell(shortened(row["description"] or "", 500)),
            Cell(row["node_id"]),
        ]
        for row in found.rows
    ]
    columns = ("Feature", "Split", "Severity", "Anomaly", "In full", "Found by")
    return [Table("Anomalies by split", columns, rows, found.total, found.sql, "anomalies")]


def _statistics(title: str, artifact: ArtifactFact, is_open: bool) -> Fold:
    from minitfx.data_validation.statistics_page import statistics_tables

    datasets = split_statistics(artifact)
    sql = f"SELECT * FROM statistics WHERE artifact_id = {artifact.id}"
    if not datasets:
        text = f"Its payload can no longer be read; what the catalog has copied: {sql}"
        return Fold(title, "payload not there", [Text(text, "quiet")], is_open)
    names = [each.name for each in datasets]
    counts = ", ".join(f"{each.name} {number(each.num_examples)} rows" for each in datasets)
    features = max(len(each.features) for each in datasets)
    shown = _first_features(datasets, MOST_FEATURES)
    blocks: list[Block] = [
        _feature_table(f"{kind}, by split", columns, found, names, sql)
        for kind, columns, found in statistics_tables(shown)
        if found
    ]
    if features > MOST_FEATURES:
        text = f"{features - MOST_FEATURES:,} features are left out; all of them: {sql}"
        blocks.append(Text(text, "quiet"))
    return Fold(title, f"{number(features)} features; {counts}", blocks, is_open)


def _first_features(
    datasets: Sequence[DatasetFeatureStatistics], most: int
) -> list[DatasetFeatureStatistics]:
    """Return the data sets with the first features of the first one, and no others."""
    from minitfx.data_validation.paths import feature_path

    paths = {feature_path(each) for each in list(datasets[0].features)[:most]}
    shown = []
    for dataset in datasets:
        short = type(dataset)(name=dataset.name, num_examples=dataset.num_examples)
        short.features.extend(each for each in dataset.features if feature_path(each) in paths)
        shown.append(short)
    return shown


def _feature_table(
    caption: str,
    columns: Sequence[str],
    features: Sequence[FeatureRows],
    names: Sequence[str],
    sql: str,
) -> Table:
    rows = [cells for feature in features for cells in _feature_rows(feature, names)]
    return Table(caption, ("Feature", "Split", *columns, "Distribution"), rows, len(rows), sql)


def _feature_rows(feature: FeatureRows, names: Sequence[str]) -> list[list[Cell]]:
    """Return a row a split; the name and the picture stand beside all of them."""
    from minitfx.data_validation.statistics_page import HEIGHT, WIDTH

    span = len(feature.rows)
    strip = Strip(WIDTH, HEIGHT, feature.bars, f"distribution of {feature.name}")
    rows = []
    for place, row in enumerate(feature.rows):
        numbers = [
            Cell(shortened(each.text, 40), "num bad" if each.bad else "num", title=each.text)
            for each in row.cells
        ]
        head = [Cell(feature.name, rows=span)] if not place else []
        foot = [Cell(rows=span, strip=strip)] if not place else []
        rows.append([*head, Cell(names[row.dataset], "mark", mark=row.color), *numbers, *foot])
    return rows
