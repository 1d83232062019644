"""Runs, as a user sees them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from parts import Bless, Count, Scratch, Source, Table, Train

from minitfx import (
    Channel,
    Importer,
    LatestBlessedModelStrategy,
    LocalDagRunner,
    Pipeline,
    Resolver,
    RunOptions,
    RuntimeParameter,
)
from minitfx.catalog.session import open_catalog, query
from minitfx.component import Component, Output
from minitfx.errors import (
    CatalogCorruptError,
    CatalogLockedError,
    ParameterError,
    ResolutionError,
    RunError,
    StorageError,
    UnknownNodeError,
)
from minitfx.execution import State
from minitfx.node import Node
from minitfx.result import NodeFinished, NodeStarted, RunResult
from minitfx.types import Examples, Model, ModelBlessing, Schema


def build(root: Path, *, cache: bool = True, broken: bool = False, **options: Any) -> Pipeline:
    source = Source(**options)
    count = Count(source.outputs["examples"], broken=broken)
    train = Train(count.outputs["statistics"])
    return Pipeline("demo", root, [train, source, count], enable_cache=cache)


def states(result: RunResult) -> dict[str, str]:
    return {name: str(node.state) for name, node in result.nodes.items()}


def run(pipeline: Pipeline, **options: Any) -> RunResult:
    return LocalDagRunner(workers=2).run(pipeline, **options)


def test_nodes_run_in_the_order_of_their_channels(root: Path) -> None:
    result = run(build(root))
    assert states(result) == dict.fromkeys(["Source", "Count", "Train"], "COMPLETE")
    assert list(result.nodes) == ["Source", "Count", "Train"]
    assert result.succeeded
    (model,) = result.artifacts("Train", "model")
    assert (model.path / "model.txt").read_text() == "5"
    assert model.path == root / "Train" / "model" / str(result.nodes["Train"].execution_id)


def test_a_second_run_is_served_from_the_cache(root: Path) -> None:
    first, second = run(build(root)), run(build(root))
    assert states(second) == dict.fromkeys(["Source", "Count", "Train"], "CACHED")
    assert [a.id for a in second.artifacts("Train", "model")] == [
        a.id for a in first.artifacts("Train", "model")
    ]


def test_without_enable_cache_everything_runs_again(root: Path) -> None:
    run(build(root, cache=False))
    assert set(states(run(build(root, cache=False))).values()) == {"COMPLETE"}


def test_a_run_without_cache_fills_the_cache(root: Path) -> None:
    run(build(root, cache=False))
    assert set(states(run(build(root))).values()) == {"CACHED"}


def test_one_run_may_refuse_the_cache(root: Path) -> None:
    run(build(root))
    assert set(states(run(build(root), cache=False)).values()) == {"COMPLETE"}


def test_a_change_is_told_against_what_was_last_used_though_the_cache_gave_it(root: Path) -> None:
    for text in ("a", "bb", "a"):
        back = run(Pipeline("demo", root, [Source(text=text)], enable_cache=True))
    result = run(Pipeline("demo", root, [Source(text="ccc")], enable_cache=True))
    (change,) = result.why("Source").changes
    assert (change.before, change.after) == ('"a"', '"ccc"')
    assert result.why("Source").against_run == back.run_id
    assert str(back.nodes["Source"].state) == "CACHED"


def test_one_node_may_be_forced(root: Path) -> None:
    run(build(root))
    result = run(build(root), force=["Count"])
    assert states(result) == {"Source": "CACHED", "Count": "COMPLETE", "Train": "CACHED"}


def test_one_node_may_go_without_cache(root: Path) -> None:
    for expected in ("COMPLETE", "CACHED"):
        pipeline = build(root)
        pipeline.nodes["Count"].with_cache(False)
        result = run(pipeline)
        assert states(result)["Train"] == expected
    assert states(result)["Count"] == "COMPLETE"


def test_a_changed_parameter_reruns_what_depends_on_it(root: Path) -> None:
    run(build(root))
    result = run(build(root, text="goodbye"))
    assert set(states(result).values()) == {"COMPLETE"}
    assert [str(each) for each in result.why("Source").changes] == [
        'parameter text changed: "hello" -> "goodbye"'
    ]
    (change,) = result.why("Count").changes
    assert (change.kind, change.name, change.before) == ("input", "examples", "artifact 1001")


def test_equal_bytes_upstream_stop_the_wave(root: Path) -> None:
    run(build(root, text="hello"))
    result = run(build(root, text="world"))
    assert states(result) == {"Source": "COMPLETE", "Count": "COMPLETE", "Train": "CACHED"}


def test_a_touched_file_of_the_same_bytes_reruns_nothing(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "in.txt"
    file.write_text("abc")
    run(build(root, file=str(file)))
    file.write_text("abc")
    assert set(states(run(build(root, file=str(file)))).values()) == {"CACHED"}
    moved = tmp_path / "elsewhere.txt"
    file.rename(moved)
    assert set(states(run(build(root, file=str(moved)))).values()) == {"CACHED"}
    moved.write_text("abd")
    assert states(run(build(root, file=str(moved))))["Source"] == "COMPLETE"


def test_an_edited_function_reruns_its_node(root: Path, tmp_path: Path) -> None:
    module = tmp_path / "some_training.py"

    def build_with(text: str) -> Pipeline:
        module.write_text(text)
        source = Source()
        count = Count(source.outputs["examples"])
        train = Train(count.outputs["statistics"], module_file=str(module))
        return Pipeline("demo", root, [source, count, train], enable_cache=True)

    first = "def other():\n    return 1\ndef run_fn(n):\n    return n + 1\n"
    run(build_with(first))
    assert states(run(build_with(first)))["Train"] == "CACHED"
    assert states(run(build_with(first.replace("return 1", "return 2"))))["Train"] == "CACHED"
    assert states(run(build_with("# note\n" + first)))["Train"] == "CACHED"
    result = run(build_with(first.replace("n + 1", "n + 2")))
    assert states(result) == {"Source": "CACHED", "Count": "CACHED", "Train": "COMPLETE"}
    (change,) = result.why("Train").changes
    assert (change.kind, change.name) == ("code", "some_training:run_fn")
    assert change.file == str(module)
    assert (result.artifacts("Train", "model")[0].path / "model.txt").read_text() == "7"


@pytest.mark.parametrize("harm", ["remove", "change", "truncate"])
def test_a_damaged_payload_is_not_served(harm: str, root: Path) -> None:
    first = run(build(root))
    payload = first.artifacts("Count", "statistics")[0].path / "count.txt"
    if harm == "remove":
        payload.unlink()
    else:
        payload.write_text("9" if harm == "change" else "")
    result = run(build(root))
    assert states(result) == {"Source": "CACHED", "Count": "COMPLETE", "Train": "CACHED"}
    assert "its output 'statistics' was changed" in result.nodes["Count"].cause


def test_a_failure_blocks_what_waits_for_it_and_nothing_else(root: Path) -> None:
    source = Source()
    bad = Count(source.outputs["examples"], broken=True).with_id("bad")
    good = Count(source.outputs["examples"]).with_id("good")
    after = Train(bad.outputs["statistics"])
    pipeline = Pipeline("demo", root, [source, bad, good, after], enable_cache=True)
    with pytest.raises(RunError) as caught:
        run(pipeline)
    result = caught.value.result
    assert states(result) == {
        "Source": "COMPLETE",
        "bad": "FAILED",
        "good": "COMPLETE",
        "Train": "BLOCKED",
    }
    assert "bad failed: ValueError: cannot count" in str(caught.value)
    assert "not run: Train" in str(caught.value)
    assert result.nodes["Train"].cause == "it waits for bad"
    assert 'raise ValueError("cannot count")' in result.nodes["bad"].error


def test_a_failure_leaves_no_artifact_and_is_not_cached(root: Path) -> None:
    for _ in range(2):
        with pytest.raises(RunError) as caught:
            run(build(root, broken=True))
        assert caught.value.result.nodes["Count"].state is State.FAILED
    assert list((root / ".system" / "staging").iterdir()) == []
    assert not (root / "Count").exists()
    rows = query(open_catalog(root), "SELECT error FROM nodes WHERE state = 'FAILED'").rows
    assert len(rows) == 2
    assert "ValueError: cannot count" in rows[0][0]


def test_after_a_failure_the_finished_nodes_are_served(root: Path) -> None:
    with pytest.raises(RunError):
        run(build(root, broken=True))
    result = run(build(root))
    assert states(result) == {"Source": "CACHED", "Count": "COMPLETE", "Train": "COMPLETE"}


def test_what_a_node_prints_is_in_its_log(root: Path) -> None:
    result = run(build(root))
    log = result.nodes["Count"].log
    assert log is not None
    assert log.read_text() == "counting\n"


def test_a_work_folder_survives_a_failure_and_goes_when_the_node_completes(root: Path) -> None:
    def attempt() -> RunResult:
        return run(Pipeline("demo", root, [Scratch(tries=2)], enable_cache=True))

    with pytest.raises(RunError, match="try 1 of 2"):
        attempt()
    result = attempt()
    assert (result.artifacts("Scratch", "schema")[0].path / "tries.txt").read_text() == "2"
    assert list((root / ".system" / "scratch").iterdir()) == []


def test_independent_nodes_run_side_by_side(root: Path) -> None:
    barrier = threading.Barrier(2, timeout=30)
    Meeting.barrier = barrier
    nodes = [Meeting().with_id("a"), Meeting().with_id("b")]
    assert run(Pipeline("demo", root, nodes)).succeeded


class Meeting(Component):
    """Ends only when another of its kind runs at the same time."""

    schema = Output(Schema)
    barrier = None

    @staticmethod
    def execute(schema: Schema) -> None:
        assert Meeting.barrier is not None
        Meeting.barrier.wait()
        (schema.path / "done").touch()


def test_a_process_gives_the_same_bytes_as_a_thread(root: Path, tmp_path: Path) -> None:
    here = LocalDagRunner().run(build(root))
    there = LocalDagRunner(isolation="process").run(build(tmp_path / "other"))
    for node, key in (("Source", "examples"), ("Count", "statistics"), ("Train", "model")):
        assert here.artifacts(node, key)[0].digest == there.artifacts(node, key)[0].digest
    log = there.nodes["Count"].log
    assert log is not None and log.read_text() == "counting\n"


def test_an_error_in_a_process_keeps_its_text(root: Path) -> None:
    with pytest.raises(RunError, match="ValueError: cannot count") as caught:
        LocalDagRunner(isolation="process").run(build(root, broken=True))
    assert 'raise ValueError("cannot count")' in caught.value.result.nodes["Count"].error


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_an_error_begins_with_the_users_code(isolation: str, root: Path) -> None:
    with pytest.raises(RunError) as caught:
        LocalDagRunner(isolation=isolation).run(build(root, broken=True))
    first, second, *_ = caught.value.result.nodes["Count"].error.splitlines()
    assert first == "Traceback (most recent call last):"
    assert "parts.py" in second


def test_a_process_that_dies_is_a_failure(root: Path) -> None:
    with pytest.raises(RunError, match="its process ended with exit code 3"):
        LocalDagRunner(isolation="process").run(Pipeline("demo", root, [Dying()]))


class Dying(Component):
    """Ends its process."""

    schema = Output(Schema)

    @staticmethod
    def execute(schema: Schema) -> None:
        import os

        os._exit(3)


def test_code_of_this_process_only_cannot_run_in_another(root: Path) -> None:
    class Local(Component):
        schema = Output(Schema)

        @staticmethod
        def execute(schema: Schema) -> None:
            (schema.path / "done").touch()

    assert LocalDagRunner().run(Pipeline("demo", root, [Local()])).succeeded
    with pytest.raises(RunError, match="move the code into a module"):
        LocalDagRunner(isolation="process").run(Pipeline("demo", root, [Local()]))


def test_runtime_parameters_take_what_the_run_says(root: Path) -> None:
    def pipeline() -> Pipeline:
        return build(root, text=RuntimeParameter("text", str, "abc"))

    def count(result: RunResult) -> str:
        return (result.artifacts("Train", "model")[0].path / "model.txt").read_text()

    assert count(run(pipeline())) == "3"
    result = run(pipeline(), parameters={"text": "abcd"})
    assert count(result) == "4"
    rows = query(open_catalog(root), "SELECT parameters FROM runs ORDER BY run_id").rows
    assert [json.loads(row[0]) for row in rows] == [{"text": "abc"}, {"text": "abcd"}]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"txet": "a"}, "no runtime parameter 'txet'. Did you mean 'text'"),
        ({"text": 3}, "was given 3; expected str"),
    ],
)
def test_wrong_runtime_parameters_stop_the_run_before_it_begins(
    parameters: dict[str, Any], message: str, root: Path
) -> None:
    with pytest.raises(ParameterError, match=message):
        run(build(root, text=RuntimeParameter("text", str, "abc")), parameters=parameters)
    assert not root.exists()


def test_a_runtime_parameter_without_a_value_is_an_error(root: Path) -> None:
    with pytest.raises(ParameterError, match="has no default and was not given"):
        run(build(root, text=RuntimeParameter("text", str)))


def test_only_what_lies_between_two_nodes_runs(root: Path) -> None:
    run(build(root, text="one"))
    result = run(build(root, text="three"), from_nodes=["Count"])
    assert states(result) == {"Source": "CACHED", "Count": "CACHED", "Train": "CACHED"}
    assert "left out of this run" in result.nodes["Source"].cause
    only = run(build(root, text="three"), run_options=RunOptions(to_nodes=["Source"]))
    assert states(only) == {"Source": "COMPLETE"}


def test_a_node_that_is_left_out_must_have_run(root: Path) -> None:
    with pytest.raises(ResolutionError, match="Source: left out, but needed"):
        run(build(root), from_nodes=["Count"])


def test_an_unknown_node_is_an_error(root: Path) -> None:
    with pytest.raises(UnknownNodeError, match="Did you mean 'Count'"):
        run(build(root), from_nodes=["Cuont"])


def test_a_table_in_memory_counts_by_content(root: Path) -> None:
    import pandas as pd

    def pipeline(last: int) -> Pipeline:
        table = pd.DataFrame({"a": [1, 2, last], "b": ["x", None, "z"]})
        return Pipeline("demo", root, [Table(data=table)], enable_cache=True)

    first = run(pipeline(3))
    assert (first.artifacts("Table", "schema")[0].path / "columns.txt").read_text() == "a,b3"
    assert states(run(pipeline(3))) == {"Table": "CACHED"}
    assert states(run(pipeline(4))) == {"Table": "COMPLETE"}


def blessed_pipeline(root: Path, text: str) -> Pipeline:
    source = Source(text=text)
    count = Count(source.outputs["examples"])
    train = Train(count.outputs["statistics"])
    latest = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
    ).with_id("latest")
    bless = Bless(train.outputs["model"], latest.outputs["model"])
    return Pipeline("demo", root, [source, count, train, latest, bless], enable_cache=True)


def test_the_latest_blessed_model_is_the_baseline(root: Path) -> None:
    first = run(blessed_pipeline(root, "four"))
    assert first.artifacts("latest", "model") == []
    (good,) = first.artifacts("Train", "model")
    worse = run(blessed_pipeline(root, "no"))
    assert [each.id for each in worse.artifacts("latest", "model")] == [good.id]
    assert worse.artifacts("Bless", "blessing")[0].get_int_custom_property("blessed") == 0
    third = run(blessed_pipeline(root, "better"))
    assert [each.id for each in third.artifacts("latest", "model")] == [good.id]
    assert third.artifacts("latest", "model")[0].files == good.files != {}
    fourth = run(blessed_pipeline(root, "better"))
    newest = third.artifacts("Train", "model")[0].id
    assert [each.id for each in fourth.artifacts("latest", "model")] == [newest]


def test_an_importer_registers_once_and_anew_when_the_content_changes(
    root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "data.txt").write_text("abc")

    def go() -> RunResult:
        importer = Importer(source_uri=folder, artifact_type=Examples, properties={"span": 2})
        return run(
            Pipeline("demo", root, [importer, Count(importer.outputs["result"])], enable_cache=True)
        )

    first, second = go(), go()
    assert states(first) == {"Importer": "COMPLETE", "Count": "COMPLETE"}
    assert states(second) == {"Importer": "CACHED", "Count": "CACHED"}
    assert (
        first.artifacts("Importer", "result")[0].id == second.artifacts("Importer", "result")[0].id
    )
    (folder / "data.txt").write_text("abcd")
    third = go()
    assert states(third) == {"Importer": "COMPLETE", "Count": "COMPLETE"}
    assert third.artifacts("Importer", "result")[0].span == 2


def test_an_importer_that_reimports_registers_anew_and_what_reads_it_stays(
    root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "data.txt").write_text("abc")

    def go(reimport: bool) -> RunResult:
        importer = Importer(folder, Examples, reimport=reimport)
        return run(Pipeline("demo", root, [importer, Count(importer.outputs["result"])], True))

    ids = []
    for reimport in (False, True, True, False):
        result = go(reimport)
        ids.append(result.artifacts("Importer", "result")[0].id)
        state = "COMPLETE" if reimport or len(ids) == 1 else "CACHED"
        assert states(result)["Importer"] == state
        assert states(result)["Count"] == ("COMPLETE" if len(ids) == 1 else "CACHED")
    assert len(set(ids[:3])) == 3
    assert ids[3] in ids[:3]


def test_an_importer_of_nothing_is_an_error(root: Path, tmp_path: Path) -> None:
    importer = Importer(source_uri=tmp_path / "nowhere", artifact_type=Examples)
    with pytest.raises(RunError, match="nowhere does not exist"):
        run(Pipeline("demo", root, [importer]))


def test_an_optional_resolver_output_may_be_empty_but_not_a_needed_one(root: Path) -> None:
    latest = Resolver(model=Channel(type=Model)).with_id("latest")
    needs = Bless(latest.outputs["model"])
    with pytest.raises(RunError, match=r"Bless\.model needs Model, but latest.* has none"):
        run(Pipeline("demo", root, [latest, needs]))


def test_task_only_dependencies_order_nodes(root: Path) -> None:
    first, second = Source().with_id("first"), Source().with_id("second")
    first.add_upstream_node(second)
    result = run(Pipeline("demo", root, [first, second]))
    assert list(result.nodes) == ["second", "first"]


@pytest.mark.parametrize(
    "connect",
    [
        lambda bad, one, two: (one.add_upstream_node(bad), two.add_upstream_nodes([one, bad])),
        lambda bad, one, two: (bad.add_downstream_node(one), one.add_downstream_node(two)),
        lambda bad, one, two: bad.add_downstream_nodes([one, two]),
    ],
)
def test_a_failure_blocks_what_waits_for_it_without_reading_it(connect: Any, root: Path) -> None:
    source = Source()
    bad = Count(source.outputs["examples"], broken=True).with_id("bad")
    one, two = Source().with_id("one"), Source().with_id("two")
    connect(bad, one, two)
    with pytest.raises(RunError) as caught:
        run(Pipeline("demo", root, [two, one, bad, source]))
    assert states(caught.value.result) == {
        "Source": "COMPLETE",
        "bad": "FAILED",
        "one": "BLOCKED",
        "two": "BLOCKED",
    }


def test_only_a_node_can_be_waited_for() -> None:
    source = Source()
    with pytest.raises(ParameterError, match="expected a node"):
        Source().add_upstream_node(source.outputs["examples"])  # type: ignore[arg-type]


def test_observers_hear_of_every_node(root: Path) -> None:
    heard: list[Any] = []
    LocalDagRunner(observers=[heard.append]).run(build(root))
    assert [e.node_id for e in heard if isinstance(e, NodeStarted)] == ["Source", "Count", "Train"]
    assert [e.result.state for e in heard if isinstance(e, NodeFinished)] == [State.COMPLETE] * 3


def test_an_unwritable_root_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="choose a place that you may write to"):
        run(build(tmp_path / "file" / "root"))


def test_a_file_that_is_no_catalog_is_left_alone(root: Path) -> None:
    root.mkdir()
    (root / "catalog.duckdb").write_text(
        "a letter to a friend, long enough to be no database" * 100
    )
    before = (root / "catalog.duckdb").read_bytes()
    with pytest.raises(CatalogCorruptError, match="cannot be read as a catalog"):
        run(build(root))
    assert (root / "catalog.duckdb").read_bytes() == before


def test_a_database_of_something_else_is_left_alone(root: Path) -> None:
    import duckdb

    root.mkdir()
    with duckdb.connect(str(root / "catalog.duckdb")) as connection:
        connection.execute("CREATE TABLE mine (a INTEGER)")
    with pytest.raises(CatalogCorruptError, match="but no minitfx catalog"):
        run(build(root))


def test_a_catalog_held_by_another_process_is_named_and_keeps_nobody_waiting(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run(build(root))
    code = (
        "import duckdb, sys, time\n"
        f"c = duckdb.connect({str(root / 'catalog.duckdb')!r})\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        monkeypatch.setattr("minitfx.catalog.store.PATIENCE_S", 0.3)
        monkeypatch.setattr("minitfx.orchestration.situation._PATIENCE_S", 0.3)
        monkeypatch.setattr("minitfx.orchestration.underway._PATIENCE_S", 0.3)
        assert set(states(run(build(root))).values()) == {"CACHED"}
        assert set(states(run(build(root, text="another"))).values()) == {"COMPLETE"}
        assert f"not up to date: process {holder.pid} has held" in caplog.text
        with pytest.raises(CatalogLockedError, match=rf"process {holder.pid} has held"):
            open_catalog(root).flush()
        rows = query(open_catalog(root), "SELECT state FROM runs").rows
        assert rows == [("COMPLETE",)] * 3
    finally:
        holder.kill()
        holder.wait()
    rows = query(open_catalog(root), "SELECT state FROM runs").rows
    assert rows == [("COMPLETE",)] * 3


def test_a_catalog_in_memory_knows_what_is_on_disk(root: Path) -> None:
    def pipeline() -> Pipeline:
        plan = build(root)
        return Pipeline("demo", root, plan.components, True, ":memory:")

    run(pipeline())
    assert set(states(run(pipeline())).values()) == {"CACHED"}
    assert not (root / "catalog.duckdb").exists()


def test_a_catalog_elsewhere_is_found_from_the_root(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "meta" / "data.duckdb"
    plan = build(root)
    run(Pipeline("demo", root, plan.components, True, place))
    assert place.is_file()
    assert query(open_catalog(root), "SELECT count(*) FROM nodes").rows == [(3,)]


def test_two_roots_share_a_catalog(tmp_path: Path) -> None:
    place = tmp_path / "meta" / "data.duckdb"
    for name in ("a", "b"):
        plan = build(tmp_path / name)
        run(Pipeline(name, tmp_path / name, plan.components, True, place))
    rows = query(open_catalog(tmp_path / "a"), "SELECT uri FROM artifacts ORDER BY uri").rows
    assert len(rows) == 6
    assert all(Path(uri).is_dir() for (uri,) in rows)


def test_a_project_can_be_moved(root: Path, tmp_path: Path) -> None:
    run(build(root))
    moved = tmp_path / "moved"
    root.rename(moved)
    assert set(states(run(build(moved))).values()) == {"CACHED"}
    uris = query(open_catalog(moved), "SELECT DISTINCT uri FROM artifacts").rows
    assert all(uri.startswith(str(moved)) for (uri,) in uris)


def test_workers_must_be_positive() -> None:
    with pytest.raises(ValueError, match="workers is 0"):
        LocalDagRunner(workers=0)


def test_a_node_that_is_of_no_known_kind_fails_clearly(root: Path) -> None:
    class Strange(Node):
        pass

    with pytest.raises(RunError, match="neither a component, an Importer nor a Resolver"):
        run(Pipeline("demo", root, [Strange()]))


def test_a_run_is_seen_while_it_runs(root: Path) -> None:
    seen: list[tuple[Any, ...]] = []

    def look(event: object) -> None:
        if isinstance(event, NodeStarted) and event.node_id == "Count":
            statement = "SELECT node_id, state FROM nodes ORDER BY execution_id"
            seen.extend(query(open_catalog(root), statement).rows)

    LocalDagRunner(observers=[look]).run(build(root))
    assert seen == [("Source", "COMPLETE"), ("Count", "RUNNING")]


def test_a_result_prints_a_line_for_each_node(root: Path) -> None:
    result = run(build(root))
    first, *lines = str(result).splitlines()
    assert first.startswith(f"demo  run {result.run_id}: COMPLETE in ")
    assert [line.split()[:2] for line in lines] == [
        ["Source", "COMPLETE"],
        ["Count", "COMPLETE"],
        ["Train", "COMPLETE"],
    ]
    with pytest.raises(UnknownNodeError, match=r"had no node 'Cont'\. Did you mean 'Count'"):
        result.why("Cont")
    with pytest.raises(UnknownNodeError, match="Did you mean 'Train'"):
        result.artifacts("Trian", "model")


def test_stopping_leaves_the_rest_canceled(root: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from test_runner import Sleeping\n"
        "from minitfx import LocalDagRunner, Pipeline\n"
        "first = Sleeping().with_id('first')\n"
        "second = Sleeping().with_id('second').add_upstream_node(first)\n"
        "LocalDagRunner(isolation='process').run(Pipeline('demo', sys.argv[1], [first, second]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(root), str(Path(__file__).parent)],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(root.glob(".system/claims/*/running.json")):
        time.sleep(0.05)
    time.sleep(0.5)
    import signal

    process.send_signal(signal.SIGINT)
    _, text = process.communicate(timeout=60)
    rows = query(open_catalog(root), "SELECT node_id, state FROM nodes ORDER BY 1").rows
    assert rows == [("first", "CANCELED"), ("second", "CANCELED")], text
    assert query(open_catalog(root), "SELECT state FROM runs").rows == [("CANCELED",)]
    assert list((root / ".system" / "staging").iterdir()) == []


class Sleeping(Component):
    """Takes its time."""

    schema = Output(Schema)

    @staticmethod
    def execute(schema: Schema) -> None:
        time.sleep(60)
