"""``minitfx pipeline`` and ``minitfx run``, as TFX users type them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import PIPELINE, call, environment

SLOW = """
import time
from minitfx import Pipeline
from minitfx.component import Component, Output
from minitfx.types import Schema


class Sleep(Component):
    schema = Output(Schema)

    @staticmethod
    def execute(schema):
        time.sleep(60)


def create_pipeline(pipeline_root="out"):
    return Pipeline("slow", pipeline_root, [Sleep()])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(PIPELINE)
    return tmp_path


def compiled(folder: Path, *words: str) -> str:
    return call(folder, "pipeline", "compile", *words).stdout


def test_a_plan_is_printed_and_stays_the_same(project: Path) -> None:
    plan = json.loads(compiled(project, "flow.py"))
    assert list(plan["nodes"]) == ["Count", "Source", "Train"]
    assert plan["nodes"]["Train"]["inputs"] == {
        "statistics": [{"node": "Count", "output": "statistics"}]
    }
    assert plan["runtime_parameters"] == {
        "text": {"type": "str", "default": "hello", "description": ""}
    }
    assert not (project / "out").exists()
    assert compiled(project, "flow.py") == compiled(project, "--pipeline_path", "flow.py")


def test_a_plan_is_the_same_in_another_folder(project: Path, tmp_path: Path) -> None:
    text = PIPELINE.replace(
        'def create_pipeline(pipeline_root="out", broken=False):',
        "from pathlib import Path\n"
        'def create_pipeline(pipeline_root="out", broken=False):\n'
        "    here = Path(__file__).parent",
    ).replace("Source(", "Source(file=str(here / 'data.txt'), ")
    text = text.replace('outputs["statistics"])', 'outputs["statistics"], str(here / "train.py"))')
    plans = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "flow.py").write_text(text)
        (folder / "train.py").write_text("def run_fn(count):\n    return count\n")
        plans.append(compiled(folder, "flow.py"))
    assert plans[0] == plans[1]
    nodes = json.loads(plans[0])["nodes"]
    assert nodes["Source"]["parameters"]["file"] == "./data.txt"
    assert nodes["Train"]["parameters"]["module_file"] == {"$code": ["train", "run_fn"]}


def test_a_plan_goes_into_a_file(project: Path) -> None:
    call(project, "pipeline", "compile", "flow.py", "--output", "plan.json")
    assert (project / "plan.json").read_text() == compiled(project, "flow.py")


def test_a_pipeline_is_registered_run_updated_and_forgotten(project: Path) -> None:
    call(project, "pipeline", "create", "--engine=local", "--pipeline_path=flow.py")
    assert (project / "out" / ".system" / "pipelines" / "demo.json").is_file()
    again = call(project, "pipeline", "create", "flow.py", code=1)
    assert "registered already" in again.stderr
    listed = call(project, "pipeline", "list").stdout.splitlines()
    assert listed[1].split()[:2] == ["demo", "0"]
    done = call(project, "run", "create", "--pipeline_name=demo", "--runtime_parameter=text=abc")
    assert done.stdout.splitlines()[-1].endswith(": 3 COMPLETE")
    listed = call(project, "pipeline", "list").stdout.splitlines()
    assert listed[1].split()[:3] == ["demo", "1", "COMPLETE"]
    (project / "flow.py").write_text(
        PIPELINE.replace("[source, count, train]", "[source, count]")
        .replace('outputs["examples"]', 'outputs["examples"], schema=None')
        .replace('"hello"', '"bye"')
    )
    updated = call(project, "pipeline", "update", "--pipeline-path", "flow.py").stdout
    assert updated.splitlines() == [
        "updated demo: 3 changes",
        "  ~ runtime_parameters",
        "  - Train",
        "  ~ Source: parameters",
    ]
    assert "no changes" in call(project, "pipeline", "update", "flow.py").stdout
    call(project, "pipeline", "delete", "--pipeline_name=demo")
    assert (
        "is registered here"
        in call(project, "run", "create", "--pipeline_name=demo", code=1).stderr
    )
    assert "(1 row)" in call(project, "runs").stdout
    assert "not registered" in call(project, "pipeline", "update", "flow.py", code=1).stderr


def test_a_moved_project_keeps_its_registration(project: Path, tmp_path: Path) -> None:
    (project / "deep").mkdir()
    (project / "deep" / "flow.py").write_text(PIPELINE)
    call(project / "deep", "pipeline", "create", "flow.py")
    (project / "deep").rename(tmp_path / "moved")
    done = call(tmp_path / "moved", "run", "create", "--pipeline_name=demo")
    assert done.stdout.splitlines()[-1].endswith(": 3 COMPLETE")


def test_a_file_is_run_as_before(project: Path) -> None:
    assert call(project, "run", "flow.py").stdout.splitlines()[-1].endswith(": 3 COMPLETE")
    assert call(project, "run", "--no-cache", "flow.py").stdout.count("COMPLETE") == 5
    assert call(project, "run", "file", "flow.py").stdout.splitlines()[-1].endswith(": 3 CACHED")
    assert "nowhere.py does not exist" in call(project, "run", "nowhere.py", code=1).stderr


def test_runs_are_listed_shown_and_deleted(project: Path) -> None:
    for _ in range(2):
        call(project, "run", "flow.py", "--no-cache")
    listed = json.loads(call(project, "run", "list", "--json").stdout)
    first, second = (row["run_id"] for row in listed)
    assert f"run {second}" in call(project, "run", "status").stdout
    for words in ([first], ["--run_id", first], ["--run-id", first, "--engine", "local"]):
        assert f"run {first}" in call(project, "run", "status", *words).stdout
    call(project, "run", "delete", "--run_id", first)
    assert [row["run_id"] for row in json.loads(call(project, "runs", "--json").stdout)] == [second]
    assert "say which run" in call(project, "run", "delete", code=2).stderr


def test_a_run_is_stopped_from_elsewhere(project: Path) -> None:
    (project / "slow.py").write_text(SLOW)
    words = [sys.executable, "-m", "minitfx", "run", "slow.py", "--isolation", "process"]
    with subprocess.Popen(
        words, cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not list(
                project.glob("out/.system/claims/*/running.json")
            ):
                time.sleep(0.05)
            listed = json.loads(call(project, "run", "list", "--json").stdout)
            assert [row["state"] for row in listed] == ["RUNNING"]
            run_id = listed[0]["run_id"]
            done = call(project, "run", "terminate", "--run_id", run_id)
            assert done.stdout.strip() == f"run {run_id} is CANCELED"
            assert process.wait(60) == 1
        finally:
            process.kill()
    late = call(project, "run", "terminate", run_id, code=1)
    assert "is not under way" in late.stderr
    assert "there is no run" in call(project, "run", "terminate", "x", code=1).stderr
    assert "say which run, once" in call(project, "run", "terminate", code=2).stderr


def test_the_schema_is_copied(project: Path) -> None:
    (project / "schema.py").write_text(
        "from minitfx import Pipeline\n"
        "from minitfx.components.import_schema_gen import ImportSchemaGen\n"
        "def create_pipeline(pipeline_root='out'):\n"
        "    return Pipeline('demo', pipeline_root, [ImportSchemaGen('curated.pbtxt')])\n"
    )
    text = 'feature {\n  name: "a"\n  type: INT\n}\n'
    (project / "curated.pbtxt").write_text(text)
    call(project, "run", "schema.py")
    done = call(project, "pipeline", "schema", "--pipeline_name=demo")
    assert 'name: "a"' in done.stdout
    assert (project / "schema.pbtxt").read_text() == text
    call(project, "pipeline", "schema", "--pipeline_name=demo")
    (project / "schema.pbtxt").write_text("# mine\n")
    refused = call(project, "pipeline", "schema", "--pipeline_name=demo", code=1)
    assert "give --output" in refused.stderr
    call(project, "pipeline", "schema", "--pipeline_name=demo", "--output", "other.pbtxt")
    assert (project / "other.pbtxt").read_text() == text
    none = call(project, "pipeline", "schema", "--pipeline_name=else", code=1)
    assert "has made a schema here yet" in none.stderr


def test_nothing_is_kept_outside_the_project(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(
        [sys.executable, "-m", "minitfx", "pipeline", "create", "flow.py"],
        cwd=project,
        env={**environment(), "HOME": str(home)},
        check=True,
    )
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pipeline", "compile"], "give the pipeline's Python file, once"),
        (["pipeline", "compile", "flow.py", "--pipeline_path", "flow.py"], "once"),
        (["pipeline", "create", "flow.py", "--engine", "vertex"], "is not one of"),
        (["pipeline", "schema"], "Missing option"),
    ],
)
def test_wrong_use_is_said(words: list[str], message: str, project: Path) -> None:
    assert message in re.sub(r"\s+", " ", call(project, *words, code=2).stderr)
