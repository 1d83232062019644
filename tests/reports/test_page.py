"""The page of a whole run: its numbers are the catalog's, and it needs nothing else."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from pages import Page, sql

from minitfx.catalog.session import open_catalog
from minitfx.errors import CatalogError, StorageError
from minitfx.reports import run_report, write_report
from minitfx.result import RunResult

SECTIONS = [
    "outcome", "nodes", "data", "tuning", "training", "evaluation", "serving", "production",
    "lineage", "predictions", "details",
]  # fmt: skip


def numeric(text: str) -> float:
    return float(text.replace(",", ""))


def test_every_part_of_the_run_has_its_section(taxi_page: Page) -> None:
    assert taxi_page.sections == SECTIONS


def test_the_head_says_when_how_long_and_how_it_ended(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    root, result = taxi
    (row,) = sql(root, "SELECT strftime(started_at, '%Y-%m-%d %H:%M:%S') AS t, seconds FROM runs")
    facts = taxi_page.facts()
    assert facts["Started"] == f"{row['t']} UTC"
    assert facts["Took"] == f"{row['seconds']:.2f} s"
    assert facts["Nodes"] == "12 COMPLETE"
    assert facts["Pipeline root"] == str(root)
    assert taxi_page.root.all("h1")[0].text() == "taxi COMPLETE"
    assert result.run_id in taxi_page.root.all("title")[0].text()


def test_the_table_of_nodes_is_the_view_of_nodes(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    rows = taxi_page.table("What became of every node, and why")
    found = {row["Node"]: (row["State"], row["Why"], row["Took"]) for row in rows}
    assert found == {
        row["node_id"]: (row["state"], row["cause"], f"{row['seconds']:.2f} s")
        for row in sql(taxi[0], "SELECT * FROM nodes")
    }


def test_the_picture_has_every_node_with_its_state_in_words(taxi_page: Page) -> None:
    (picture,) = [
        each
        for each in taxi_page.section("nodes").all("svg")
        if each.attributes.get("class") == "graph"
    ]
    labels = [[text.text() for text in box.all("text")] for box in picture.of_class("box")]
    assert len(labels) == 12
    assert all(state.startswith("COMPLETE") for _, state in labels)
    names = {label for label, _ in labels}
    assert names >= {"CsvExampleGen", "Evaluator", "Pusher", "latest_blessed_mod…"}
    assert "Pusher after Trainer, Evaluator, InfraValidator" in picture.attributes["aria-label"]


def test_example_counts_are_those_of_the_files(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    artifact = sql(taxi[0], "SELECT min(artifact_id) AS id FROM artifacts WHERE type = 'Examples'")
    counts = {
        row["split_name"]: row["n"]
        for row in sql(
            taxi[0],
            "SELECT split_name, count(*) AS n FROM "
            f"examples(artifact := {artifact[0]['id']}) GROUP BY 1",
        )
    }
    row = taxi_page.table("Examples by split")[0]
    assert row["Made by"] == "CsvExampleGen examples"
    assert {split: numeric(row[split]) for split in ("train", "eval")} == counts
    assert numeric(row["All"]) == sum(counts.values())


def test_statistics_are_those_of_the_catalog(taxi: tuple[Path, RunResult], taxi_page: Page) -> None:
    root, result = taxi
    (id,) = [each.id for each in result.artifacts("StatisticsGen", "statistics")]
    known = {
        (row["feature"], row["split"], row["statistic"]): row["value"]
        for row in sql(root, f"SELECT * FROM statistics WHERE artifact_id = {id}")
    }
    tables = taxi_page.section("data").all("details")[0].all("table")
    assert [each.all("caption")[0].text() for each in tables] == [
        "Numbers, by split",
        "Strings, by split",
    ]
    page = Page("<main></main>")
    page.root.children = [tables[0]]
    rows = page.table("Numbers, by split")
    assert len(rows) == 2 * len({row["Feature"] for row in rows})
    for row in rows:
        key = row["Feature"], row["Split"]
        assert numeric(row["count"]) == known[*key, "num_non_missing"]
        assert numeric(row["mean"]) == pytest.approx(known[*key, "mean"], rel=1e-5)
        assert numeric(row["max"]) == pytest.approx(known[*key, "max"], rel=1e-5)


def test_metrics_by_slice_are_those_of_the_catalog(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    root, result = taxi
    (model,) = result.artifacts("Trainer", "model")
    rows = taxi_page.table(f"Evaluator: metrics of model {model.id} by slice")
    known = {
        (row["slice"], row["metric"]): row["value"]
        for row in sql(root, "SELECT * FROM metrics WHERE value IS NOT NULL")
    }
    found = {
        (row["Slice"], metric): numeric(text)
        for row in rows
        for metric, text in row.items()
        if metric != "Slice" and text not in ("", "nan")
    }
    assert found == {
        key: pytest.approx(value, rel=1e-5) for key, value in known.items() if value == value
    }
    assert rows[0]["Slice"] == "Overall"


def test_checks_and_blessing_are_told(taxi: tuple[Path, RunResult], taxi_page: Page) -> None:
    (check,) = sql(taxi[0], "SELECT * FROM validations")
    (row,) = taxi_page.table("Evaluator: checks of thresholds, what does not hold first")
    assert (row["Metric"], row["Slice"], row["Threshold"]) == ("auc", "Overall", ">= 0.8")
    assert row["Check"] == "holds"
    assert row["In words"] == check["message"]
    assert taxi_page.facts("evaluation")["Evaluator"].startswith("blessed: 1 check holds")
    assert taxi_page.facts("outcome")["ExampleValidator"] == "no anomalies"


def test_trials_are_those_of_the_catalog_the_best_first(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    known = sql(taxi[0], "SELECT trial, score, parameters FROM trials ORDER BY score DESC")
    rows = taxi_page.table("Trials of Tuner, the best first")
    assert [int(row["Trial"]) for row in rows] == [row["trial"] for row in known]
    assert [row["State"] for row in rows] == ["best"] + ["complete"] * 5
    for row, expected in zip(rows, known, strict=True):
        assert float(row["Score"]) == pytest.approx(expected["score"], rel=1e-5)
        for name, value in json.loads(expected["parameters"]).items():
            assert numeric(row[name]) == pytest.approx(value, rel=1e-5)
    titles = taxi_page.section("tuning").all("svg")[0].titled()[1:]
    assert sorted(titles) == sorted(f"trial {r['trial']}: {r['score']:.6g}" for r in known)


def test_chosen_hyperparameters_are_those_of_the_file(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    (artifact,) = taxi[1].artifacts("Tuner", "best_hyperparameters")
    written = json.loads((artifact.path / "best_hyperparameters.json").read_text())
    rows = taxi_page.table("Hyperparameters that Tuner chose")
    assert {row["Hyperparameter"]: json.loads(row["Value"]) for row in rows} == written


def test_the_curve_is_what_was_logged(taxi: tuple[Path, RunResult], taxi_page: Page) -> None:
    (artifact,) = taxi[1].artifacts("Trainer", "model_run")
    lines = (artifact.path / "run_log.jsonl").read_text().splitlines()
    logged = [json.loads(line)["eval_log_loss"] for line in lines]
    (row,) = taxi_page.table("Numbers logged by step")
    assert (row["Metric"], row["Training"]) == ("eval_log_loss", "Trainer")
    assert int(row["Values"]) == len(logged)
    assert [row["First"], row["Last"]] == [f"{logged[0]:.6g}", f"{logged[-1]:.6g}"]
    assert row["Least"].startswith(f"{min(logged):.6g} at ")
    path = taxi_page.section("training").all("path")
    (line,) = [each for each in path if each.attributes["d"].count("L") == len(logged) - 1]
    assert line.attributes["class"] == "line"


def test_the_trial_of_serving_tells_its_latency(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    (artifact,) = taxi[1].artifacts("InfraValidator", "blessing")
    written = json.loads((artifact.path / "latency.json").read_text())
    facts = taxi_page.facts("serving")
    assert facts["InfraValidator"] == "blessed"
    assert facts["Median latency"] == f"{written['median_ms']:.6g} ms"
    assert facts["Requests"] == "3"
    texts = [each.text() for each in taxi_page.section("serving").all("text")]
    assert sum(int(text) for text in texts[1::2]) == written["requests"]


def test_the_data_behind_the_pushed_model_are_named(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    root, result = taxi
    (push,) = sql(root, "SELECT * FROM pushes")
    facts = taxi_page.facts("production")
    assert facts["Pusher"] == f"pushed to {push['destination']}"
    assert facts["Version"] == facts["Latest there, now"] == push["version"]
    (examples,) = result.artifacts("CsvExampleGen", "examples")
    trained = taxi_page.facts("lineage")["Trained on"]
    assert trained.startswith(f"Examples {examples.id} of CsvExampleGen, run {result.run_id}")
    assert trained.endswith(f"from {root.parent / 'data'}")
    rows = taxi_page.table(f"What model {push['model_id']} was made from, nearest first")
    known = sql(root, f"SELECT * FROM lineage_up({push['model_id']})")
    assert [(int(r["Steps"]), int(r["Artifact"]), r["Payload"]) for r in rows] == [
        (row["depth"], row["artifact_id"], row["uri"]) for row in known
    ]


def test_predictions_are_counted(taxi: tuple[Path, RunResult], taxi_page: Page) -> None:
    (counted,) = sql(taxi[0], "SELECT count(*) AS n FROM predictions()")
    (row,) = taxi_page.table("Predictions by split")
    assert numeric(row["eval"]) == counted["n"]


def test_each_node_tells_what_it_read_and_made(
    taxi: tuple[Path, RunResult], taxi_page: Page
) -> None:
    events = sql(
        taxi[0],
        "SELECT v.node_id, v.type, v.key, a.* EXCLUDE (node_id, type, execution_id) FROM events v "
        "JOIN artifacts a USING (artifact_id) ORDER BY v.execution_id, v.type, v.key, position",
    )
    folds = taxi_page.section("details").all("details")
    assert len(folds) == 12
    for fold in folds:
        name = fold.of_class("name")[0].text()
        known = [row for row in events if row["node_id"] == name]
        page = Page("<main></main>")
        page.root.children = fold.children
        captions = [f"What {name} {did}" for did in ("read", "made, or what served", "chose")]
        rows = [row for each in captions if each in page.captions for row in page.table(each)]
        assert [(r["Key"], int(r["Artifact"]), r["Digest"], r["Payload"]) for r in rows] == [
            (row["key"], row["artifact_id"], row["digest"][:12], row["uri"]) for row in known
        ]


def test_the_page_needs_no_script_and_no_other_file(taxi: tuple[Path, RunResult]) -> None:
    html = run_report(taxi[0])
    page = Page(html)
    assert not page.root.all("script", "link", "img", "iframe", "object", "base", "form")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\son[a-z]+=", html)
    hrefs = [each.attributes["href"] for each in page.root.all("a")]
    ids = [each.attributes["id"] for each in page.root.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in hrefs} <= set(ids)
    assert all(href.startswith("#") for href in hrefs)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert policy in [each.attributes.get("content") for each in page.root.all("meta")]


def test_what_is_drawn_is_said_too(taxi_page: Page) -> None:
    assert all(each.all("caption") for each in taxi_page.root.all("table"))
    outer = [each for each in taxi_page.root.all("svg") if "class" in each.attributes]
    for drawing in outer:
        said = drawing.attributes.get("aria-label") or drawing.attributes.get("aria-hidden")
        assert said
    order = [each.tag for each in taxi_page.root.all("h1", "h2", "h3")]
    assert order == ["h1"] + ["h2"] * len(SECTIONS)


def test_the_result_of_a_run_finds_its_page(taxi: tuple[Path, RunResult]) -> None:
    root, result = taxi
    assert run_report(root, result) == run_report(open_catalog(root), result.run_id)


def test_the_page_is_written_below_the_root_or_where_one_says(
    taxi: tuple[Path, RunResult], tmp_path: Path
) -> None:
    root, result = taxi
    place = write_report(root)
    assert place == root / ".system" / "reports" / f"{result.run_id}.html"
    other = write_report(root, path=tmp_path / "new" / "ein Blatt.html")
    assert other.read_text("utf-8") == place.read_text("utf-8") == run_report(root)
    assert [each.name for each in other.parent.iterdir()] == ["ein Blatt.html"]


def test_what_cannot_be_read_or_written_is_a_clear_error(
    taxi: tuple[Path, RunResult], tmp_path: Path
) -> None:
    root, result = taxi
    with pytest.raises(CatalogError, match=rf"Did you mean '{result.run_id}'"):
        run_report(root, result.run_id[:-1])
    with pytest.raises(StorageError, match="nothing was run there"):
        run_report(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot write the page to .* give --out"):
        write_report(root, path=tmp_path / "file" / "page.html")
    with pytest.raises(StorageError, match="it is a folder"):
        write_report(root, path=tmp_path)


def test_a_page_about_deleted_payloads_says_so(
    taxi: tuple[Path, RunResult], tmp_path: Path
) -> None:
    root = tmp_path / "moved"
    shutil.copytree(taxi[0], root)
    for name in ("CsvExampleGen", "StatisticsGen", "Tuner", "InfraValidator", "Trainer"):
        shutil.rmtree(root / name)
    page = Page(run_report(root))
    assert page.sections == SECTIONS
    (row,) = [r for r in page.table("Examples by split") if r["Made by"].startswith("Csv")]
    counts = sql(
        root,
        "SELECT split, value FROM statistics WHERE node_id = 'StatisticsGen' "
        "AND statistic = 'num_examples' AND feature = ''",
    )
    assert {split: numeric(row[split]) for split in ("train", "eval")} == {
        each["split"]: each["value"] for each in counts
    }
    assert "payload not there" in page.section("data").text()
    assert "can no longer be read" in page.section("tuning").text()
    assert len(page.table("Trials of Tuner, the best first")) == 6
    assert len(page.table("Numbers logged by step")) == 1
    made = [each.text() for each in page.section("details").of_class("bad")]
    assert f"no longer there: {root / 'Trainer' / 'model'}" in " ".join(made)
