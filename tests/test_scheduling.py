"""How nodes are carried out: tries, time limits, places, resources, exit handlers, signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from parts import Count, Source, Train
from restless import Alone, Asleep, Calls, Flaky, Meeting, Parent, Study, is_alive, wait_for

from minitfx import LocalDagRunner, Pipeline
from minitfx.annotations import Parameter
from minitfx.catalog.session import open_catalog, query
from minitfx.component import Component, Output
from minitfx.errors import DuplicateNodeError, ParameterError, PipelineError, RunError
from minitfx.exit_handler import FinalStatusStr, exit_handler
from minitfx.node import Node
from minitfx.result import NodeFinished, NodeRetried, NodeStarted, RunResult
from minitfx.types import Schema

HERE = Path(__file__).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def run(root: Path, *nodes: Node, **options: Any) -> RunResult:
    cache = options.pop("cache", True)
    pipeline = Pipeline("demo", root, nodes, enable_cache=cache)
    return LocalDagRunner(**{"workers": 2, **options}).run(pipeline)


def states(result: RunResult) -> dict[str, str]:
    return {name: str(node.state) for name, node in result.nodes.items()}


def rows(root: Path, columns: str) -> list[tuple[Any, ...]]:
    statement = f"SELECT {columns} FROM nodes ORDER BY execution_id"
    return query(open_catalog(root), statement).rows


def failed(run: Callable[[], Any]) -> RunResult:
    with pytest.raises(RunError) as caught:
        run()
    result: RunResult = caught.value.result
    return result


def test_a_node_is_tried_again_until_it_completes(root: Path, folder: Path) -> None:
    node = Flaky(str(folder), failures=2).with_retries(2, backoff_s=0)
    result = run(root, node)
    assert states(result) == {"Flaky": "COMPLETE"}
    assert result.nodes["Flaky"].attempts == 3
    assert rows(root, "state") == [("FAILED",), ("FAILED",), ("COMPLETE",)]
    (cause,) = rows(root, "cause")[-1]
    assert cause == "try 3 of 3; the one before failed: RuntimeError: failure 2"
    assert query(open_catalog(root), "SELECT state FROM runs").rows == [("COMPLETE",)]
    assert states(run(root, node)) == {"Flaky": "CACHED"}


def test_a_node_fails_when_its_tries_are_used_up(root: Path, folder: Path) -> None:
    node = Flaky(str(folder), failures=3).with_retries(1, backoff_s=0)
    result = failed(lambda: run(root, node))
    assert result.nodes["Flaky"].cause == "RuntimeError: failure 2"
    assert rows(root, "state") == [("FAILED",), ("FAILED",)]


class Timed(Component):
    """Writes down when it began and ended."""

    schema = Output(Schema)

    @staticmethod
    def execute(schema: Schema) -> None:
        began = time.monotonic()
        time.sleep(0.02)
        (schema.path / "times").write_text(f"{began} {time.monotonic()}")


@pytest.mark.parametrize("place", ["the runner", "the pipeline"])
def test_one_worker_runs_one_node_at_a_time(place: str, root: Path) -> None:
    nodes = [Timed().with_id(f"n{number}") for number in range(6)]
    given = ["--direct_num_workers=1"] if place == "the pipeline" else []
    pipeline = Pipeline("demo", root, nodes, beam_pipeline_args=given)
    result = LocalDagRunner(workers=None if given else 1).run(pipeline)
    made = [result.artifacts(node.id, "schema")[0].path / "times" for node in nodes]
    times = sorted(tuple(map(float, path.read_text().split())) for path in made)
    assert all(one[1] <= other[0] for one, other in pairwise(times))


def test_the_pause_doubles(root: Path, folder: Path) -> None:
    heard: list[Any] = []
    began = time.monotonic()
    run(
        root,
        Flaky(str(folder), failures=3).with_retries(3, backoff_s=0.05),
        observers=[heard.append],
    )
    retried = [event for event in heard if isinstance(event, NodeRetried)]
    assert [event.pause_s for event in retried] == [0.05, 0.1, 0.2]
    assert [(event.attempt, event.of) for event in retried] == [(1, 4), (2, 4), (3, 4)]
    assert time.monotonic() - began >= 0.35


def test_what_waits_for_a_try_holds_no_worker(root: Path, folder: Path) -> None:
    flaky = Flaky(str(folder)).with_retries(1, backoff_s=0.5)
    result = run(root, flaky, Source(), workers=1)
    assert list(result.nodes) == ["Source", "Flaky"]


def test_the_runner_says_how_often_unless_the_node_does(root: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    said = Flaky(str(tmp_path / "a")).with_id("said").with_retries(0)
    silent = Flaky(str(tmp_path / "b")).with_id("silent")
    result = failed(lambda: run(root, said, silent, retries=1, backoff_s=0))
    assert states(result) == {"said": "FAILED", "silent": "COMPLETE"}


def test_a_source_that_is_not_there_yet_is_asked_again(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "late.txt"
    heard: list[Any] = []

    def arrive(event: Any) -> None:
        heard.append(event)
        if isinstance(event, NodeRetried):
            file.write_text("here")

    source = Source(file=str(file)).with_retries(1, backoff_s=0)
    assert run(root, source, observers=[arrive]).succeeded
    assert [each.attempt for each in heard if isinstance(each, NodeRetried)] == [1]


def test_a_time_limit_ends_the_whole_process_tree(root: Path, folder: Path) -> None:
    node = Parent(str(folder)).with_timeout(4)
    result = failed(lambda: run(root, node, Source()))
    assert states(result) == {"Parent": "FAILED", "Source": "COMPLETE"}
    assert "it took longer than its 4 s" in result.nodes["Parent"].cause
    pids = [int(pid) for pid in (folder / "pids").read_text().split()]
    assert len(pids) == 3
    wait_for(lambda: not any(is_alive(pid) for pid in pids), 5)
    assert os.listdir(root / ".system" / "staging") == []


def test_the_runner_says_how_long_unless_the_node_does(root: Path) -> None:
    slow = Asleep(30.0).with_id("slow")
    patient = Asleep(1.5).with_id("patient").with_timeout(None)
    result = failed(lambda: run(root, slow, patient, timeout_s=1.0))
    assert states(result) == {"slow": "FAILED", "patient": "COMPLETE"}


def test_each_node_says_where_it_runs(root: Path) -> None:
    here = Asleep(0.0).with_id("here")
    there = Asleep(0.0).with_id("there").with_isolation("process")
    result = run(root, here, there)
    pids = {
        name: int((result.artifacts(name, "schema")[0].path / "pid").read_text())
        for name in ("here", "there")
    }
    assert pids["here"] == os.getpid()
    assert pids["there"] != os.getpid()


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (lambda node: node.with_retries(-1), "retries is -1"),
        (lambda node: node.with_retries(1, backoff_s=-1), "backoff_s is -1"),
        (lambda node: node.with_timeout(0), "timeout is 0"),
        (lambda node: node.with_isolation("elsewhere"), "isolation is 'elsewhere'"),
        (lambda node: node.with_resources(gpu="all"), "resource 'gpu' is 'all'"),
        (lambda node: node.with_timeout(1).with_isolation("thread"), "a thread cannot be ended"),
    ],
)
def test_what_cannot_be_is_said_at_once(choose: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        choose(Source())


def test_options_do_not_enter_the_fingerprint(root: Path) -> None:
    run(root, Source())
    changed = Source().with_retries(3).with_resources(disk=1).with_isolation("process")
    assert states(run(root, changed)) == {"Source": "CACHED"}


def test_the_first_failure_may_end_the_run(root: Path, folder: Path) -> None:
    source = Source()
    bad = Count(source.outputs["examples"], broken=True).with_id("bad")
    slow = Asleep(0.6, str(folder)).with_id("slow")
    later = Asleep(0.0).with_id("later").add_upstream_node(slow)
    bad.add_upstream_node(source)
    result = failed(lambda: run(root, source, slow, bad, later, stop_on_failure=True))
    assert states(result) == {
        "Source": "COMPLETE",
        "bad": "FAILED",
        "slow": "COMPLETE",
        "later": "CANCELED",
    }
    assert result.nodes["later"].cause == "the run ends with its first failure, of bad"
    assert str(result.state) == "FAILED"


def test_nodes_that_share_a_resource_take_turns(root: Path, folder: Path) -> None:
    meet = folder / "meet"
    meet.mkdir()
    (folder / "turns").mkdir()
    heavy = [
        Alone(str(folder / "turns")).with_id(f"heavy{number}").with_resources(heavy=1)
        for number in range(3)
    ]
    light = [Meeting(str(meet), name).with_id(name) for name in ("a", "b")]
    result = run(root, *heavy, *light, workers=4, resources={"heavy": 1}, cache=False)
    assert set(states(result).values()) == {"COMPLETE"}


def test_a_resource_that_is_not_limited_is_never_short(root: Path, folder: Path) -> None:
    nodes = [Meeting(str(folder), name).with_id(name).with_resources(gpu=8) for name in ("a", "b")]
    assert run(root, *nodes).succeeded


def test_more_than_there_is_cannot_be_had(root: Path) -> None:
    with pytest.raises(PipelineError, match="Source needs 2 of 'gpu', but the runner has 1"):
        run(root, Source().with_resources(gpu=2), resources={"gpu": 1})
    assert not root.exists()


LATE_IMPORT = """
import os, time

def run_fn(folder):
    open(os.path.join(folder, "{name}"), "w").close()
    deadline = time.monotonic() + 30
    while len(os.listdir(folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    import helper
    return helper.VALUE
"""


def test_two_modules_of_one_name_in_parallel_nodes(root: Path, folder: Path) -> None:
    nodes = []
    for name in ("left", "right"):
        place = folder.parent / name
        place.mkdir()
        (place / "some_model.py").write_text(LATE_IMPORT.replace("{name}", name))
        (place / "helper.py").write_text(f"VALUE = {name!r}\n")
        nodes.append(Calls(str(folder), str(place / "some_model.py")).with_id(name))
    result = run(root, *nodes)
    said = [(result.artifacts(each, "model")[0].path / "model.txt").read_text() for each in LEFT]
    assert said == LEFT
    assert len(os.listdir(folder)) == 2


LEFT = ["left", "right"]


def script(root: Path, nodes: str, options: str = "") -> subprocess.Popen[str]:
    """Start a process that runs nodes."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from restless import *\n"
        "from minitfx import LocalDagRunner, Pipeline\n"
        f"nodes = {nodes}\n"
        f"LocalDagRunner({options}).run(Pipeline('demo', sys.argv[1], nodes, True))\n"
    )
    command = [sys.executable, "-c", code, str(root), str(HERE)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_workers_and_their_children_die_with_the_driver(root: Path, folder: Path) -> None:
    driver = script(root, f"[Parent({str(folder)!r})]", "isolation='process'")
    wait_for((folder / "pids").exists)
    pids = [int(pid) for pid in (folder / "pids").read_text().split()]
    assert all(is_alive(pid) for pid in pids)
    driver.kill()
    driver.communicate()
    wait_for(lambda: not any(is_alive(pid) for pid in pids), 10)
    assert query(open_catalog(root), "SELECT state FROM nodes").rows == [("ABANDONED",)]


def test_a_node_in_a_thread_finishes_before_the_run_stops(root: Path, folder: Path) -> None:
    nodes = f"[Asleep(1.0, {str(folder)!r}), Asleep(0.0).with_id('later')]"
    driver = script(root, nodes, "workers=1")
    wait_for((folder / "asleep").exists)
    driver.send_signal(signal.SIGINT)
    _, text = driver.communicate(timeout=60)
    assert rows(root, "node_id, state") == [("Asleep", "COMPLETE"), ("later", "CANCELED")], text
    assert "run it again to go on" in text
    result = run(root, Asleep(1.0, str(folder)), Asleep(0.0).with_id("later"))
    assert states(result) == {"Asleep": "CACHED", "later": "COMPLETE"}


def test_ctrl_c_ends_the_waiting_for_another_try(root: Path, folder: Path) -> None:
    nodes = f"[Flaky({str(folder)!r}).with_retries(1, backoff_s=600)]"
    driver = script(root, nodes)
    wait_for((folder / "try-1").exists)
    time.sleep(0.3)
    driver.send_signal(signal.SIGINT)
    driver.communicate(timeout=60)
    assert rows(root, "state") == [("FAILED",), ("CANCELED",)]


@exit_handler
def keep_status(final_status: Parameter[str], file: Parameter[str]) -> None:
    Path(file).write_text(final_status)


class Handler(Component):
    """Fails with the run's state."""

    status: str

    @staticmethod
    def execute(status: str) -> None:
        raise RuntimeError(json.loads(status)["state"])


def handled(root: Path, file: Path, *nodes: Node, **options: Any) -> dict[str, Any]:
    """Run nodes with the handler above, and return what it was told."""
    runner = LocalDagRunner(**options)
    runner.set_exit_handler(keep_status(final_status=FinalStatusStr(), file=str(file)))
    with contextlib.suppress(RuntimeError):
        runner.run(Pipeline("demo", root, nodes, True))
    found: dict[str, Any] = json.loads(file.read_text())
    file.unlink()
    return found


def test_an_exit_handler_hears_how_the_run_ended(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    told = handled(root, file, Source())
    assert told["state"] == "SUCCEEDED"
    assert told["pipelineTaskName"] == "demo"
    assert told["nodes"] == {"Source": "COMPLETE"}
    assert "error" not in told
    source = Source()
    told = handled(root, file, source, Count(source.outputs["examples"], broken=True))
    assert told["state"] == "FAILED"
    assert told["error"]["message"] == "Count failed: ValueError: cannot count"
    runs = query(open_catalog(root), "SELECT run_id FROM runs ORDER BY run_id").rows
    assert told["pipelineJobResourceName"] == runs[-1][0]
    handlers = [state for name, state in rows(root, "node_id, state") if name == "keep_status"]
    assert handlers == ["COMPLETE", "COMPLETE"]


def test_an_exit_handler_runs_after_an_error_of_the_run_itself(root: Path, tmp_path: Path) -> None:
    def tell(event: object) -> None:
        if isinstance(event, NodeFinished) and event.result.node_id == "Source":
            raise RuntimeError("the observer broke")

    told = handled(root, tmp_path / "status.json", Source(), observers=[tell])
    assert told["state"] == "FAILED"
    assert told["error"]["message"] == "RuntimeError: the observer broke"


def test_an_error_of_the_run_itself_leaves_nothing_running(root: Path) -> None:
    def tell(event: object) -> None:
        if isinstance(event, NodeStarted) and event.node_id == "b":
            raise RuntimeError("the observer broke")

    nodes = [Asleep(0.2).with_id("a"), Source().with_id("b")]
    with pytest.raises(RuntimeError, match="the observer broke"):
        run(root, *nodes, observers=[tell])
    assert ("RUNNING",) not in rows(root, "state")
    assert os.listdir(root / ".system" / "staging") == []


@pytest.mark.parametrize(
    ("cache", "second", "calls"), [(True, "CACHED", 1), (False, "COMPLETE", 2)]
)
def test_two_runs_never_share_a_work_folder(
    root: Path, folder: Path, cache: bool, second: str, calls: int
) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from restless import Study\n"
        "from minitfx import LocalDagRunner, Pipeline\n"
        "pipeline = Pipeline('demo', sys.argv[2], [Study(sys.argv[3])], enable_cache=True)\n"
        "def tell(event): print(type(event).__name__, flush=True)\n"
        f"result = LocalDagRunner(observers=[tell]).run(pipeline, cache={cache})\n"
        "print(result.nodes['Study'].state)\n"
    )
    words = [sys.executable, "-c", code, str(HERE), str(root), str(folder)]
    first = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    wait_for(lambda: list(folder.glob("call-*")))
    other = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    printed = [each.communicate(timeout=60)[0].split() for each in (first, other)]
    assert [each[-1] for each in printed] == ["COMPLETE", second]
    assert [each.count("NodeWaiting") for each in printed] == [0, 1]
    assert len(list(folder.glob("call-*"))) == calls


def test_two_nodes_that_do_the_same_never_share_a_work_folder(root: Path, folder: Path) -> None:
    nodes = [Study(str(folder), 0.3).with_id(name) for name in ("a", "b")]
    result = run(root, *nodes)
    assert sorted(states(result).values()) == ["CACHED", "COMPLETE"]


def test_a_failed_exit_handler_fails_the_run(root: Path) -> None:
    runner = LocalDagRunner()
    runner.set_exit_handler([Handler(FinalStatusStr())])
    result = failed(lambda: runner.run(Pipeline("demo", root, [Source()], True)))
    assert states(result) == {"Source": "COMPLETE", "Handler": "FAILED"}
    assert result.nodes["Handler"].cause == "RuntimeError: SUCCEEDED"


def test_an_exit_handler_hears_of_a_stopped_run(root: Path, tmp_path: Path) -> None:
    def stop(event: object) -> None:
        if isinstance(event, NodeStarted) and event.node_id == "Source":
            os.kill(os.getpid(), signal.SIGINT)

    source = Source()
    nodes = [source, Count(source.outputs["examples"])]
    told = handled(root, tmp_path / "status.json", *nodes, observers=[stop])
    assert told["state"] == "CANCELLED"
    assert told["nodes"] == {"Source": "COMPLETE", "Count": "CANCELED"}


def test_exit_handlers_that_cannot_be_are_refused(root: Path) -> None:
    runner, source = LocalDagRunner(), Source()
    with pytest.raises(PipelineError, match="waits for Source"):
        runner.set_exit_handler(Count(source.outputs["examples"]))
    with pytest.raises(PipelineError, match="expected a component"):
        runner.set_exit_handler([print])  # type: ignore[list-item]
    runner.set_exit_handler(Source())
    with pytest.raises(DuplicateNodeError, match="the exit handler has the id 'Source'"):
        runner.run(Pipeline("demo", root, [source]))


def test_a_wide_pipeline_keeps_its_order_of_waiting(root: Path) -> None:
    source = Source()
    counts = [Count(source.outputs["examples"]).with_id(f"c{n:02}") for n in range(12)]
    trains = [
        Train(each.outputs["statistics"]).with_id(each.id.replace("c", "t")) for each in counts
    ]
    result = run(root, source, *counts, *trains, workers=1)
    assert list(result.nodes)[1:13] == [each.id for each in counts]
    assert list(result.nodes)[13:] == [each.id for each in trains]
