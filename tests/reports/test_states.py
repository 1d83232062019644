"""A page about a run says how it ended, however that was."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from commands import environment
from pages import Page, sql
from parts import Bless, Count, Scratch, Source, Train
from payload_parts import Compare, Verdicts

from minitfx import Cond, LocalDagRunner, Pipeline, union
from minitfx.catalog.deletion import delete_runs
from minitfx.catalog.session import open_catalog
from minitfx.component import Channel, Component, Output
from minitfx.errors import RunError
from minitfx.reports import run_report
from minitfx.types import Examples, Model, PushedModel, Schema

CAPTION = "What became of every node, and why"


def flow(root: Path, broken: bool = False, text: str = "hello") -> Pipeline:
    source = Source(text=text)
    count = Count(source.outputs["examples"], broken=broken)
    train = Train(count.outputs["statistics"])
    return Pipeline("demo", root, [source, count, train], enable_cache=True)


def states(page: Page) -> dict[str, str]:
    return {row["Node"]: row["State"] for row in page.table(CAPTION)}


def boxes(page: Page) -> dict[str, str]:
    found = page.section("nodes").of_class("box")
    texts = [[text.text() for text in box.all("text")] for box in found]
    return {label: state.partition(" · ")[0] for label, state in texts}


def test_a_failed_run_shows_the_error_and_what_was_blocked(root: Path) -> None:
    with pytest.raises(RunError):
        LocalDagRunner().run(flow(root, broken=True))
    page = Page(run_report(root))
    assert page.root.all("h1")[0].text() == "demo FAILED"
    expected = {"Source": "COMPLETE", "Count": "FAILED", "Train": "BLOCKED"}
    assert states(page) == boxes(page) == expected
    assert page.facts("outcome") == {"Count": "ValueError: cannot count"}
    (row,) = sql(root, "SELECT error FROM nodes WHERE node_id = 'Count'")
    (error,) = page.section("errors").all("pre")
    assert "".join(map(str, error.children)).strip() == row["error"].strip()
    graph = page.section("nodes").all("svg")[0].attributes["aria-label"]
    assert "Train after Count" in graph
    unfolded = [each for each in page.root.all("details") if "open" in each.attributes]
    assert [each.of_class("name")[0].text() for each in unfolded] == ["Count"]


def test_a_cached_run_says_which_execution_served(root: Path) -> None:
    LocalDagRunner().run(flow(root))
    LocalDagRunner().run(flow(root))
    page = Page(run_report(root))
    assert set(states(page).values()) == set(boxes(page).values()) == {"CACHED"}
    served = sql(root, "SELECT cached_from FROM nodes WHERE state = 'CACHED' ORDER BY 1")
    values = [
        dd.text()
        for fold in page.section("details").all("details")
        for dt, dd in zip(fold.all("dt"), fold.all("dd"), strict=True)
        if dt.text() == "Served by execution"
    ]
    assert values == [str(row["cached_from"]) for row in served]
    made = [row["Made by"] for row in page.table("What Source made, or what served")]
    (first,) = sql(root, "SELECT min(run_id) AS run_id FROM runs")
    assert made == [f"Source examples, run {first['run_id']}"]


def test_skipped_nodes_say_which_condition_was_false(root: Path) -> None:
    source = Source()
    count = Count(source.outputs["examples"])
    with Cond(source.outputs["examples"].future()[0].uri == ""):
        train = Train(count.outputs["statistics"])
    bless = Bless(train.outputs["model"])
    LocalDagRunner().run(Pipeline("demo", root, [source, count, train, bless]))
    page = Page(run_report(root))
    expected = {"Source": "COMPLETE", "Count": "COMPLETE", "Train": "SKIPPED", "Bless": "SKIPPED"}
    assert states(page) == boxes(page) == expected
    why = {row["Node"]: row["Why"] for row in page.table(CAPTION)}
    assert why["Train"].startswith("its condition is false")
    assert page.root.all("h1")[0].text() == "demo COMPLETE"
    graph = page.section("nodes").all("svg")[0].attributes["aria-label"]
    assert (
        graph
        == "Graph of the nodes: Count after Source; Train after Count, Source; Bless after Train"
    )


def test_a_partial_run_shows_what_it_left_out(root: Path) -> None:
    first = LocalDagRunner().run(flow(root))
    LocalDagRunner().run(flow(root), from_nodes=["Count"], to_nodes=["Count"])
    page = Page(run_report(root))
    assert page.facts()["Left-out nodes from run"] == first.run_id
    assert states(page) == {"Source": "CACHED", "Count": "CACHED", "Train": "NOT RUN"}
    assert boxes(page)["Train"] == "NOT RUN"
    why = {row["Node"]: row["Why"] for row in page.table(CAPTION)}
    assert why["Source"] == f"left out of this run; taken from run {first.run_id}"
    assert why["Train"] == "it was not reached"


def test_earlier_tries_are_counted(root: Path) -> None:
    LocalDagRunner(retries=1, backoff_s=0).run(Pipeline("demo", root, [Scratch()]))
    page = Page(run_report(root))
    (row,) = page.table(CAPTION)
    assert row["State"] == "COMPLETE"
    assert row["Why"].endswith("(try 2)")


class Merge(Component):
    """Trains on many."""

    examples: Channel[list[Examples]]
    model = Output(Model)

    @staticmethod
    def execute(examples: list[Examples], model: Model) -> None:
        """Train."""
        (model.path / "model.txt").write_text(str(len(examples)))


class Push(Component):
    """Pushes a model, or does not."""

    model: Channel[Model]
    pushed: int
    pushed_model = Output(PushedModel)

    @staticmethod
    def execute(model: Model, pushed: int, pushed_model: PushedModel) -> None:
        """Say so."""
        told = {"pushed": pushed, "pushed_version": "1", "pushed_destination": "/nowhere/1"}
        told_not = {"pushed": 0, "reason": "on purpose"}
        pushed_model.custom_properties.update(told if pushed else told_not)


_begun, _end = threading.Event(), threading.Event()


class Wait(Component):
    """Waits until it is told to end."""

    schema = Output(Schema)

    @staticmethod
    def execute(schema: Schema) -> None:
        """Wait."""
        _begun.set()
        assert _end.wait(60)


def test_a_page_can_be_had_while_the_run_is_under_way(root: Path) -> None:
    _begun.clear()
    _end.clear()
    wait = Wait()
    after = Source(text="later").with_id("After")
    after.add_upstream_node(wait)
    pipeline = Pipeline("demo", root, [wait, after])
    thread = threading.Thread(target=LocalDagRunner().run, args=[pipeline])
    thread.start()
    try:
        assert _begun.wait(60)
        page = Page(run_report(root))
        assert states(page) == {"Wait": "RUNNING", "After": "NOT RUN"}
        assert page.facts()["Took"] == "it has not ended"
        assert "This run has not ended" in page.section("outcome").text()
    finally:
        _end.set()
        thread.join()
    assert states(Page(run_report(root))) == {"Wait": "COMPLETE", "After": "COMPLETE"}


DYING = """
import os, sys
from parts import Source
from minitfx import Component, LocalDagRunner, Output, Pipeline, types


class Die(Component):
    schema = Output(types.Schema)

    @staticmethod
    def execute(schema):
        os._exit(3)


die = Die()
LocalDagRunner().run(
    Pipeline("demo", sys.argv[1], [die, Source().add_upstream_node(die)])
)
"""


def test_a_run_whose_process_died_has_a_page(root: Path, tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text(DYING)
    words = [sys.executable, str(tmp_path / "dying.py"), str(root)]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    page = Page(run_report(root))
    assert page.root.all("h1")[0].text() == "demo ABANDONED"
    assert states(page) == boxes(page) == {"Die": "ABANDONED", "Source": "NOT RUN"}
    assert page.facts("outcome") == {"Die": "its process ended without a word"}


def test_a_deleted_run_still_has_a_page(root: Path) -> None:
    first = LocalDagRunner().run(flow(root))
    LocalDagRunner().run(flow(root, text="other"))
    delete_runs(open_catalog(root), [first.run_id])
    page = Page(run_report(root, first))
    assert page.root.all("h1")[0].text() == "demo DELETED"
    assert "This run was deleted" in page.section("outcome").text()
    payloads = [each.text() for each in page.section("details").of_class("bad")]
    assert payloads
    assert all(text.startswith("marked for deletion: ") for text in payloads)
    assert page.facts()["Since then"] == "1 later run"


def test_a_model_that_was_held_back_says_why(root: Path) -> None:
    LocalDagRunner().run(Pipeline("demo", root, [Verdicts(reason="it is too slow")]))
    page = Page(run_report(root))
    texts = [each.text() for each in page.section("outcome").all("dd")]
    assert texts == ["not blessed: it is too slow", "not pushed: not blessed: it is too slow"]
    assert page.facts("serving")["Tries"] == "2"
    assert page.sections == ["outcome", "nodes", "serving", "production", "details"]


def test_without_a_push_the_lineage_is_that_of_the_model_that_was_made(root: Path) -> None:
    result = LocalDagRunner().run(flow(root))
    (model,) = result.artifacts("Train", "model")
    page = Page(run_report(root))
    (examples,) = result.artifacts("Source", "examples")
    facts = page.facts("lineage")
    assert facts["Model"] == f"{model.id}, made by Train in run {result.run_id}"
    assert facts["Trained on"].startswith(f"Examples {examples.id} of Source")
    rows = page.table(f"What model {model.id} was made from, nearest first")
    assert [row["Type"] for row in rows] == ["Model", "ExampleStatistics", "Examples"]


def test_a_model_of_many_data_sets_names_some_and_counts_the_rest(root: Path) -> None:
    sources = [Source(text=str(place)).with_id(f"S{place}") for place in range(23)]
    merge = Merge(examples=union([each.outputs["examples"] for each in sources]))
    LocalDagRunner().run(Pipeline("demo", root, [*sources, merge]))
    page = Page(run_report(root))
    section = page.section("lineage")
    trained = [dd.text() for dd in section.all("dd")][1:]
    assert len(trained) == 21
    assert trained[-1] == "3 more Examples"


def test_a_run_that_pushed_nothing_names_what_is_in_production(root: Path) -> None:
    def pushing(pushed: int) -> Pipeline:
        nodes = [*flow(root).components]
        push = Push(model=nodes[-1].outputs["model"], pushed=pushed)
        return Pipeline("demo", root, [*nodes, push], enable_cache=True)

    first = LocalDagRunner().run(pushing(1))
    second = LocalDagRunner().run(pushing(0))
    (model,) = first.artifacts("Train", "model")
    page = Page(run_report(root, second))
    assert page.facts("production") == {"Push": "not pushed: on purpose"}
    text = page.section("lineage").text()
    assert f"This run pushed nothing; in production is what run {first.run_id} pushed." in text
    assert page.facts("lineage")["Pushed"].startswith("as version 1 at ")
    assert page.facts("lineage")["Model"].startswith(f"{model.id}, made by Train")
    assert "This run pushed nothing" not in run_report(root, first)


def test_a_baseline_and_the_change_against_it_stand_apart(root: Path) -> None:
    source = Source()
    count = Count(source.outputs["examples"])
    old, new = (Train(count.outputs["statistics"]).with_id(name) for name in ("Old", "New"))
    new.add_upstream_node(old)
    compare = Compare(model=new.outputs["model"], baseline_model=old.outputs["model"])
    pipeline = Pipeline("demo", root, [source, count, old, new, compare], enable_cache=False)
    result = LocalDagRunner().run(pipeline)
    ids = [result.artifacts(name, "model")[0].id for name in ("New", "Old")]
    page = Page(run_report(root))
    captions = [
        f"Compare: metrics of model {ids[0]} by slice",
        f"Compare: metrics of the baseline, model {ids[1]} by slice",
        "Compare: changes against the baseline by slice",
    ]
    found = [each for each in page.captions if each.startswith("Compare: ")]
    assert found == captions
    assert [page.table(each)[0]["auc"] for each in captions] == [
        "0.75 (0.625 to 0.875)",
        "0.5 (0.375 to 0.625)",
        "0.25 (0.125 to 0.375)",
    ]


def test_a_catalog_in_memory_and_one_elsewhere_are_read(root: Path, tmp_path: Path) -> None:
    for number, config in enumerate((":memory:", str(tmp_path / "else" / "c.duckdb"))):
        own = root / str(number)
        pipeline = flow(own)
        other = Pipeline("demo", own, pipeline.components, metadata_connection_config=config)
        LocalDagRunner().run(other)
        page = Page(run_report(own))
        assert set(states(page).values()) == {"COMPLETE"}
        assert "Train after Count" in page.section("nodes").all("svg")[0].attributes["aria-label"]
