"""Options of a run, collecting garbage and deleting runs, as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PIPELINE = """
from minitfx import Pipeline
from restless import Asleep, Flaky


def create_pipeline(pipeline_root="out", text="a"):
    flaky = Flaky(folder="tries", failures=1).with_resources(heavy=1)
    return Pipeline("demo", pipeline_root, [flaky, Asleep(SECONDS)], enable_cache=True)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(PIPELINE.replace("SECONDS", "0.0"))
    (tmp_path / "slow.py").write_text(PIPELINE.replace("SECONDS", "60.0"))
    (tmp_path / "tries").mkdir()
    return tmp_path


def call(project: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "minitfx", *words],
        cwd=project,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_failed_node_is_tried_again(project: Path) -> None:
    done = call(project, "run", "flow.py", "--retries", "1")
    assert "try 1 of 2, again in 1 s: RuntimeError: failure 1" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(": 2 COMPLETE")


def test_tries_are_told_to_machines(project: Path) -> None:
    told = events(call(project, "run", "flow.py", "--retries", "1", "--json"))
    (retried,) = [each for each in told if each["event"] == "node_retried"]
    assert (retried["node_id"], retried["attempt"], retried["of"]) == ("Flaky", 1, 2)


def test_a_run_may_end_with_its_first_failure(project: Path) -> None:
    options = ["--workers", "1", "--stop-on-failure", "--json"]
    told = events(call(project, "run", "flow.py", *options, code=1))
    assert told[-1]["nodes"] == {"Flaky": "FAILED", "Asleep": "CANCELED"}


def test_a_node_may_take_so_long(project: Path) -> None:
    done = call(project, "run", "slow.py", "--retries", "1", "--timeout", "2", code=1)
    assert "it took longer than its 2 s" in done.stdout


def test_resources_are_counted(project: Path) -> None:
    call(project, "run", "flow.py", "--resource", "heavy=1", "--retries", "1")
    done = call(project, "run", "flow.py", "--resource", "heavy=0.5", code=1)
    assert "Flaky needs 1 of 'heavy', but the runner has 0.5" in done.stderr
    assert (
        "expected name=number" in call(project, "run", "flow.py", "--resource", "x", code=1).stderr
    )


def run_ids(project: Path, *words: str) -> list[str]:
    return [row["run_id"] for row in json.loads(call(project, "runs", "--json", *words).stdout)]


def test_a_run_is_deleted_with_what_only_it_needs(project: Path) -> None:
    call(project, "run", "flow.py", "--retries", "1")
    (run_id,) = run_ids(project)
    planned = call(project, "delete", run_id, "--dry-run").stdout
    assert planned == "1 run would be deleted, with 2 artifacts that no other run needs\n"
    done = call(project, "delete", run_id).stdout.splitlines()
    assert done[0] == "1 run deleted, with 2 artifacts that no other run needs"
    assert done[1].endswith(" bytes were removed")
    assert run_ids(project) == []
    assert run_ids(project, "--all") == [run_id]
    assert list((project / "out" / "Flaky" / "schema").iterdir()) == []
    assert "there is no run 'x'" in call(project, "delete", "x", code=1).stderr


def test_garbage_is_listed_and_then_collected(project: Path) -> None:
    call(project, "run", "flow.py", "--retries", "1")
    call(project, "run", "flow.py", "--no-cache")
    assert call(project, "gc", "--dry-run").stdout == "0 bytes would be removed\n"
    planned = call(project, "gc", "--keep-runs", "1", "--dry-run").stdout
    assert planned.startswith("1 run would be deleted, with 2 artifacts")
    done = call(project, "gc", "--keep-runs", "1").stdout.splitlines()
    assert done[0] == "1 run deleted, with 2 artifacts that no other run needs"
    assert done[1].startswith("2 x deleted payload: ")
    assert done[-1].endswith("were removed")
    assert len(run_ids(project)) == 1
    assert call(project, "run", "flow.py").stdout.splitlines()[-1].endswith(": 2 CACHED")
