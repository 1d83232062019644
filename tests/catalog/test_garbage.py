"""What nobody can need goes, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from faulty import DELETION, assert_sound, run_in_child, start, varied
from parts import Bless, Count, Scratch, Source, Table, Train
from restless import Asleep, wait_for

from minitfx import Channel, LatestBlessedModelStrategy, LocalDagRunner, Pipeline, Resolver
from minitfx.artifact import ArtifactState
from minitfx.catalog.deletion import change_states, delete_runs, old_runs, plan_deletion
from minitfx.catalog.deletion import settle_marks as settle
from minitfx.catalog.garbage import Garbage, collect, find_garbage
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import CatalogError, RunError
from minitfx.node import Node
from minitfx.result import RunResult
from minitfx.types import Model, ModelBlessing


def go(root: Path, *nodes: Node) -> RunResult:
    return LocalDagRunner(workers=2).run(Pipeline("demo", root, nodes, enable_cache=True))


def chain(text: str = "hello", broken: bool = False) -> list[Node]:
    source = Source(text=text)
    count = Count(source.outputs["examples"], broken=broken)
    return [source, count, Train(count.outputs["statistics"])]


def garbage(root: Path, older_than_s: float = 0.0) -> list[Garbage]:
    return find_garbage(open_catalog(root), older_than_s=older_than_s)


def kinds(root: Path) -> list[tuple[str, str]]:
    return sorted((each.kind, each.path.name) for each in garbage(root))


def states(result: RunResult) -> dict[str, str]:
    return {name: str(node.state) for name, node in result.nodes.items()}


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if ".system" not in path.parts}


def test_a_sound_root_holds_no_garbage(root: Path) -> None:
    go(root, *chain())
    go(root, *chain())
    assert garbage(root) == []


def test_outputs_without_a_record_go_after_an_hour(root: Path) -> None:
    assert run_in_child(root, varied, "kill:output in place#2") == -9
    (found,) = [each for each in garbage(root) if each.kind == "orphan"]
    assert found.path.is_dir()
    assert found.bytes >= 1
    assert garbage(root, 3600.0) == []
    before = files(root)
    assert collect(garbage(root)) >= found.bytes
    gone = before - files(root)
    assert gone and all(str(root / name).startswith(str(found.path)) for name in gone)
    assert_sound(root)


def test_what_was_staged_goes_once_its_execution_has_ended(root: Path) -> None:
    assert run_in_child(root, varied, "kill:execution recorded") == -9
    found = garbage(root)
    assert "staging" in {each.kind for each in found}
    collect(found)
    assert os.listdir(root / ".system" / "staging") == []
    assert_sound(root)


def test_what_is_not_ours_is_left_alone(root: Path) -> None:
    go(root, *chain())
    for name in ("data/2024/1", "Source/notes/7", "Source/examples/draft", "serving/5"):
        (root / name).mkdir(parents=True)
        (root / name / "mine.txt").write_text("mine")
    assert garbage(root) == []
    (root / "Source" / "examples" / "999").mkdir()
    assert kinds(root) == [("orphan", "999")]


def test_a_work_folder_is_kept_as_long_as_somebody_can_go_on_from_it(root: Path) -> None:
    with pytest.raises(RunError) as caught:
        go(root, Scratch(tries=2))
    assert garbage(root) == []
    scratch = next((root / ".system" / "scratch").iterdir())
    delete_runs(open_catalog(root), [caught.value.result.run_id])
    assert ("scratch", scratch.name) in kinds(root)


def test_a_work_folder_that_was_left_behind_goes(root: Path) -> None:
    fingerprint = "0" * 64
    go(root, Source())
    (root / ".system" / "scratch" / fingerprint / "work").mkdir(parents=True)
    assert kinds(root) == [("scratch", fingerprint)]


def test_tables_go_with_the_runs_that_took_them(root: Path) -> None:
    ids = [go(root, Table(data=pa.table({"a": [n]}))).run_id for n in range(2)]
    assert garbage(root) == []
    delete_runs(open_catalog(root), ids[:1])
    assert [kind for kind, _ in kinds(root)] == ["deleted payload", "frame", "log"]


def test_temporary_files_go(root: Path) -> None:
    go(root, Source())
    made = [
        root / ".system" / "executions" / ".7.json.123.tmp",
        root / ".system" / "digests.123456.tmp",
        root / ".catalog.duckdb.123.new",
        root / ".catalog.duckdb.123.new.wal",
    ]
    for path in made:
        path.write_text("half")
    assert {each.path for each in garbage(root)} == set(made)
    assert garbage(root, 3600.0) == []


def test_deleting_a_run_deletes_what_only_it_needs(root: Path) -> None:
    first, second = go(root, *chain("one")), go(root, *chain("three"))
    catalog = open_catalog(root)
    deletion = delete_runs(catalog, [first.run_id])
    assert len(deletion.artifact_ids) == 3
    collect(find_garbage(catalog))
    for node, key in (("Source", "examples"), ("Count", "statistics"), ("Train", "model")):
        assert not first.artifacts(node, key)[0].path.exists()
        assert second.artifacts(node, key)[0].path.exists()
    rows = query(catalog, "SELECT state, count(*) FROM artifacts GROUP BY 1 ORDER BY 1").rows
    assert rows == [("deleted", 3), ("live", 3)]
    rows = query(catalog, "SELECT state FROM runs ORDER BY run_id").rows
    assert rows == [("DELETED",), ("COMPLETE",)]
    assert_sound(root)


def test_what_was_deleted_is_made_again(root: Path) -> None:
    first = go(root, *chain("one"))
    delete_runs(open_catalog(root), [first.run_id])
    again = go(root, *chain("one"))
    assert set(states(again).values()) == {"COMPLETE"}
    assert "was deleted" in again.nodes["Source"].cause
    assert set(states(go(root, *chain("one"))).values()) == {"CACHED"}


def test_what_another_run_was_served_is_kept(root: Path) -> None:
    first = go(root, *chain("one"))
    second = go(root, *chain("one"))
    catalog = open_catalog(root)
    assert delete_runs(catalog, [first.run_id]).artifact_ids == ()
    assert find_garbage(catalog) == []
    assert set(states(go(root, *chain("one"))).values()) == {"CACHED"}
    rest = [run_id for (run_id,) in query(catalog, "SELECT run_id FROM runs").rows]
    assert second.run_id in rest
    assert len(delete_runs(catalog, rest).artifact_ids) == 3
    assert_sound(root)


def test_what_another_run_reads_is_kept(root: Path) -> None:
    source = Source()
    first = go(root, source, Count(source.outputs["examples"]))
    source = Source()
    other = Train(Count(source.outputs["examples"]).outputs["statistics"])
    go(root, source, *other.upstream_nodes, other)
    source = Source()
    changed = go(root, source, Count(source.outputs["examples"]).with_cache(False))
    runs = query(open_catalog(root), "SELECT run_id FROM runs ORDER BY run_id").rows
    kept = changed.artifacts("Source", "examples")[0].id
    assert kept == first.artifacts("Source", "examples")[0].id
    deletion = delete_runs(open_catalog(root), [runs[0][0], runs[1][0]])
    assert kept not in deletion.artifact_ids
    assert len(deletion.artifact_ids) == 2
    assert_sound(root)


def test_a_model_that_a_kept_run_was_compared_with_is_kept(root: Path) -> None:
    def pipeline(text: str) -> list[Node]:
        nodes = chain(text)
        latest = Resolver(
            strategy_class=LatestBlessedModelStrategy,
            model=Channel(type=Model),
            model_blessing=Channel(type=ModelBlessing),
        ).with_id("latest")
        return [*nodes, latest, Bless(nodes[-1].outputs["model"], latest.outputs["model"])]

    first = go(root, *pipeline("long enough"))
    go(root, *pipeline("short"))
    deletion = delete_runs(open_catalog(root), [first.run_id])
    kept = {first.artifacts("Train", "model")[0].id, first.artifacts("Bless", "blessing")[0].id}
    assert not kept & set(deletion.artifact_ids)
    assert len(deletion.artifact_ids) == 2


def test_the_newest_runs_of_each_pipeline_are_kept(root: Path) -> None:
    ids = [go(root, *chain("x" * n)).run_id for n in range(4)]
    other = LocalDagRunner().run(Pipeline("other", root, [Source()]))
    catalog = open_catalog(root)
    assert old_runs(catalog, 2) == ids[:2]
    delete_runs(catalog, old_runs(catalog, 2))
    assert old_runs(catalog, 2) == []
    assert other.artifacts("Source", "examples")[0].path.exists()


def test_planning_deletes_nothing(root: Path) -> None:
    first = go(root, *chain())
    catalog = open_catalog(root)
    assert len(plan_deletion(catalog, [first.run_id]).artifact_ids) == 3
    assert set(states(go(root, *chain())).values()) == {"CACHED"}


def test_an_unknown_run_is_an_error(root: Path) -> None:
    run_id = go(root, Source()).run_id
    with pytest.raises(CatalogError, match=f"Did you mean '{run_id}'"):
        delete_runs(open_catalog(root), [run_id[:-1] + "x"])


def slow_then_source(root: Path) -> Pipeline:
    slow = Asleep(2.0, str(root.parent))
    return Pipeline("demo", root, [slow, Source("one").add_upstream_node(slow)], enable_cache=True)


def test_a_run_under_way_loses_nothing(root: Path) -> None:
    go(root, Source("one"))
    first = go(root, Source("two"))
    process = start(root, slow_then_source, "")
    wait_for((root.parent / "asleep").exists)
    catalog = open_catalog(root)
    (under_way,) = query(catalog, "SELECT run_id FROM runs WHERE state = 'RUNNING'").rows
    with pytest.raises(CatalogError, match="is under way"):
        delete_runs(catalog, list(under_way))
    delete_runs(catalog, [*old_runs(catalog, 1), first.run_id])
    assert kinds(root) == [("log", "1.log"), ("log", "2.log")]
    marked = query(catalog, "SELECT uri FROM artifacts WHERE state = 'marked_for_deletion'").rows
    assert len(marked) == 2
    assert all(Path(uri).exists() for (uri,) in marked)
    process.join(60)
    assert process.exitcode == 0
    collect(garbage(root))
    assert not any(Path(uri).exists() for (uri,) in marked)
    assert_sound(root)
    assert set(states(go(root, *slow_then_source(root).components)).values()) == {"CACHED"}


def test_a_mark_is_taken_back_when_somebody_needs_it_after_all(root: Path) -> None:
    result = go(root, *chain())
    catalog = open_catalog(root)
    id = result.artifacts("Source", "examples")[0].id
    assert id is not None
    change_states(catalog, {id: ArtifactState.MARKED_FOR_DELETION})
    settle(catalog)
    assert set(states(go(root, *chain())).values()) == {"CACHED"}
    assert_sound(root)


def prepare_two_runs(root: Path) -> str:
    first = go(root, *chain("one"))
    go(root, *chain("three"))
    return first.run_id


@pytest.mark.parametrize("label", DELETION)
def test_a_deletion_that_is_killed_can_be_taken_up_again(label: str, root: Path) -> None:
    run_id = prepare_two_runs(root)
    process = start(root, delete_and_collect, f"kill:{label}")
    process.join(60)
    assert process.exitcode == -9
    assert_sound(root)
    delete_runs(open_catalog(root), [run_id])
    collect(garbage(root))
    rows = query(open_catalog(root), "SELECT state, uri FROM artifacts").rows
    assert sorted(state for state, _ in rows) == ["deleted"] * 3 + ["live"] * 3
    assert all(Path(uri).exists() == (state == "live") for state, uri in rows)
    assert_sound(root)
    assert set(states(go(root, *chain("three"))).values()) == {"CACHED"}


def delete_and_collect(root: Path) -> Any:
    """Delete the first run of a root; in the place of a pipeline that is built."""
    catalog = open_catalog(root)
    oldest = min(run.run_id for run in catalog.records.runs())
    delete_runs(catalog, [oldest])
    collect(find_garbage(catalog))
    raise RunError("done")


def many(root: Path) -> Pipeline:
    nodes = [
        Count(Source("x" * (time.monotonic_ns() % 97)).with_id(f"s{n}").outputs["examples"])
        for n in range(6)
    ]
    found: list[Node] = []
    for number, node in enumerate(nodes):
        node.with_id(f"c{number}")
        found += [*node.upstream_nodes, node]
    return Pipeline(f"many{time.monotonic_ns()}", root, found, enable_cache=True)


def test_collecting_while_others_run_disturbs_nobody(root: Path) -> None:
    go(root, Source())
    for _ in range(2):
        processes = [start(root, many, "") for _ in range(3)]
        while any(process.is_alive() for process in processes):
            collect(garbage(root, older_than_s=1.0))
            time.sleep(0.05)
        assert [process.exitcode for process in processes] == [0, 0, 0]
    rows = query(open_catalog(root), "SELECT state, count(*) FROM nodes GROUP BY 1").rows
    assert {state for state, _ in rows} <= {"COMPLETE", "CACHED"}
    assert sum(count for _, count in rows) == 1 + 2 * 3 * 12
    assert_sound(root)
