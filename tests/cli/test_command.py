"""The command, as a user types it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import PIPELINE, call, environment


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(PIPELINE)
    (tmp_path / "bad.py").write_text(PIPELINE.replace("broken=False", "broken=True"))
    return tmp_path


def test_a_run_prints_a_line_per_node_and_a_summary(project: Path) -> None:
    lines = call(project, "run", "flow.py").stdout.splitlines()
    assert lines[0].startswith("demo  run 20")
    nodes = [line.split()[:3] for line in lines if line.startswith("  +")]
    assert nodes == [["+", name, "COMPLETE"] for name in ("Source", "Count", "Train")]
    assert lines[-1].startswith("COMPLETE in ")
    assert lines[-1].endswith(": 3 COMPLETE")


def test_dates_and_times_of_a_query_are_printed(project: Path) -> None:
    call(project, "run", "flow.py")
    query = "SELECT DATE '2020-02-29' AS day, TIMESTAMP '2020-02-29 12:00:00' AS noon"
    assert call(project, "sql", query).stdout.splitlines()[1] == "2020-02-29  2020-02-29 12:00:00"
    zoned = "SELECT TIMESTAMPTZ '2020-02-29 12:00:00+02' AS noon, [TIMESTAMPTZ '2020-01-01'] AS l;"
    (row,) = json.loads(call(project, "sql", zoned, "--json").stdout)
    assert row == {"noon": "2020-02-29T10:00:00", "l": ["2020-01-01T00:00:00"]}


def test_a_second_run_is_cached_and_loads_nothing_heavy(project: Path) -> None:
    call(project, "run", "flow.py")
    code = (
        "import sys; sys.argv = ['minitfx', 'run', 'flow.py']\n"
        "from minitfx.cli.main import cli\n"
        "cli(standalone_mode=False)\n"
        "bad = {'numpy', 'pandas', 'pyarrow', 'sklearn'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("CACHED") == 4
    assert done.stdout.splitlines()[-1].endswith(": 3 CACHED")


def test_a_failed_run_shows_the_error_and_how_to_go_on(project: Path) -> None:
    done = call(project, "run", "bad.py", "--root", "bad_out", code=1)
    assert "FAILED" in done.stdout
    assert "ValueError: cannot count" in done.stdout
    assert "it waits for Count" in done.stdout
    assert done.stderr.strip() == "to go on from there: minitfx run bad.py --root bad_out"


def test_what_resumes_a_run_keeps_to_its_part_and_its_options(project: Path) -> None:
    call(project, "run", "flow.py", "--root", "r")
    options = [
        "--runtime-parameter", "text=a b", "--from", "Count", "--to", "Count", "--workers", "1",
        "--isolation", "process", "--retries", "1", "--timeout", "60", "--resource", "gpu=1",
        "--stop-on-failure",
    ]  # fmt: skip
    said = call(project, "run", "bad.py", "--root", "r", *options, "--force", "Count", code=1)
    command = said.stderr.strip().splitlines()[-1].removeprefix("to go on from there: ")
    assert shlex.split(command) == ["minitfx", "run", "bad.py", "--root", "r", *options]
    said = call(project, "run", "bad.py", "--root", "r", "--no-cache", code=1)
    assert said.stderr.strip().endswith("run bad.py --root r --no-cache --from Count")


def test_an_error_of_minitfx_is_shown_without_its_insides(project: Path) -> None:
    (project / "wrong.py").write_text(
        "import minitfx\n"
        "gen = minitfx.CsvExampleGen(input_base='data')\n"
        "stats = minitfx.StatisticsGen(examples=gen.outputs['examples'], exclude_splits=['x'])\n"
        "pipeline = minitfx.Pipeline('wrong', 'wrong_out', [gen, stats])\n"
    )
    (project / "data").mkdir()
    (project / "data" / "table.csv").write_text("a\n1\n2\n3\n")
    said = call(project, "run", "wrong.py", code=1).stdout
    assert "Traceback" not in said
    assert "\nParameterError: exclude_splits names 'x', which is no split." in said
    (hint,) = [line for line in said.splitlines() if line.startswith("(with the calls")]
    words = shlex.split(hint.strip("()").partition(": ")[2])
    shown = call(project, *words[1:]).stdout
    assert "Traceback" in shown
    assert "splits.py" in shown
    again = call(project, "run", "wrong.py", "--verbose", code=1).stdout
    assert "splits.py" in again
    assert "(with the calls" not in again


def test_why_compares_with_what_was_last_used(project: Path) -> None:
    for text in ("a", "bb", "a", "ccc"):
        call(project, "run", "flow.py", "--runtime-parameter", f"text={text}")
    assert 'parameter text changed: "a" -> "ccc"' in call(project, "why", "Source").stdout


@pytest.mark.parametrize("words", [[], ["--json"], ["--isolation", "process"]])
def test_a_run_goes_on_when_nobody_reads_what_it_prints(words: list[str], project: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "minitfx", "run", "flow.py", *words],
        cwd=project,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        check=False,
    )
    os.close(writing)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    states = call(project, "sql", "SELECT DISTINCT state FROM nodes", "--json").stdout
    assert json.loads(states) == [{"state": "COMPLETE"}]
    assert json.loads(call(project, "runs", "--json").stdout)[0]["state"] == "COMPLETE"


def test_events_are_json_for_machines(project: Path) -> None:
    done = call(project, "run", "flow.py", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert "counting" in done.stderr
    kinds = [event["event"] for event in events]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"
    assert events[-1]["nodes"] == {"Source": "COMPLETE", "Count": "COMPLETE", "Train": "COMPLETE"}
    finished = [event for event in events if event["event"] == "node_finished"]
    assert finished[0]["outputs"]["examples"][0]["id"] == 1001


def test_runtime_parameters_root_cache_and_part_can_be_said(project: Path) -> None:
    call(project, "run", "flow.py", "--root", "r", "--runtime-parameter", "text=abcd")
    call(project, "run", "flow.py", "--root", "r", "--runtime-parameter", "text=abcd", "--no-cache")
    call(project, "run", "flow.py", "--root", "r", "--from", "Count", "--to", "Count")
    rows = json.loads(call(project, "runs", "--root", "r", "--json").stdout)
    assert [(row["nodes"], row["cached"]) for row in rows] == [(3, 0), (3, 0), (2, 2)]
    answer = call(project, "sql", "SELECT parameters FROM runs LIMIT 1", "--root", "r", "--json")
    assert json.loads(json.loads(answer.stdout)[0]["parameters"]) == {"text": "abcd"}


def test_runtime_parameters_may_stand_in_a_file(project: Path) -> None:
    (project / "parameters.toml").write_text('text = "abc"\n')
    file = ["--parameters-file", "parameters.toml"]
    call(project, "run", "flow.py", "--root", "r", *file)
    call(project, "run", "flow.py", "--root", "r", *file, "--runtime-parameter", "text=x")
    answer = call(project, "sql", "SELECT parameters FROM runs ORDER BY run_id", "--json")
    found = [json.loads(row["parameters"])["text"] for row in json.loads(answer.stdout)]
    assert found == ["abc", "x"]
    done = call(project, "run", "bad.py", "--root", "bad_out", *file, code=1)
    assert done.stderr.strip().endswith("--root bad_out --parameters-file parameters.toml")


def test_the_project_is_found_from_the_current_folder(project: Path) -> None:
    call(project, "run", "flow.py")
    assert "(1 row)" in call(project, "runs").stdout
    assert "(1 row)" in call(project / "out" / "Source", "runs").stdout
    shown = call(project, "show").stdout
    assert "Source" in shown
    assert "it has not run before" in shown


def test_show_tells_the_error_of_a_failed_node(project: Path) -> None:
    call(project, "run", "bad.py", code=1)
    assert "ValueError: cannot count" in call(project, "show").stdout


def test_why_names_what_changed(project: Path) -> None:
    call(project, "run", "flow.py")
    call(project, "run", "flow.py", "--runtime-parameter", "text=other")
    assert 'parameter text changed: "hello" -> "other"' in call(project, "why", "Source").stdout
    found = json.loads(call(project, "why", "Count", "--json").stdout)
    assert [(c["kind"], c["name"], c["verb"]) for c in found["changes"]] == [
        ("input", "examples", "changed")
    ]
    call(project, "run", "flow.py", "--runtime-parameter", "text=other")
    assert "nothing that counts is different" in call(project, "why", "Source").stdout
    assert "Did you mean 'Source'" in call(project, "why", "Sorce", code=1).stderr


def test_several_roots_near_must_be_told_apart(project: Path) -> None:
    call(project, "run", "flow.py", "--root", "a")
    call(project, "run", "flow.py", "--root", "b")
    assert "say which with --root" in call(project, "runs", code=1).stderr
    assert "(1 row)" in call(project, "runs", "--root", "a").stdout


def test_the_catalog_is_made_anew(project: Path) -> None:
    call(project, "run", "flow.py")
    before = call(project, "sql", "SELECT * FROM nodes ORDER BY execution_id", "--json").stdout
    (project / "out" / "catalog.duckdb").write_text("garbage")
    assert "3 executions" in call(project, "catalog", "rebuild").stdout
    after = call(project, "sql", "SELECT * FROM nodes ORDER BY execution_id", "--json").stdout
    assert before == after
    assert len(list((project / "out").glob("catalog.duckdb.old-*"))) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "nowhere.py"], "nowhere.py does not exist"),
        (["run", "flow.py", "--runtime-parameter", "text"], "expected name=value"),
        (["run", "flow.py", "--runtime-parameter", "txt=1"], "Did you mean 'text'"),
        (["run", "flow.py", "--from", "Cout"], "Did you mean 'Count'"),
        (["run", "empty.py"], "defines no pipeline"),
        (["run", "broken.py"], "broken.py, line 1"),
        (["run", "raises.py"], "raises.py failed: KeyError: 'nope' ("),
        (["run", "raises.py"], "helper.py, line 2)"),
        (["run", "miswired.py"], "needs ExampleStatistics but"),
        (["run", "miswired.py"], "miswired.py, line 5)"),
        (["pipeline", "compile", "flat.py"], "flat.py, line 3)"),
        (["runs"], "run a pipeline first"),
        (["show", "x", "--root", "nowhere"], "nothing was run there"),
        (
            ["template", "copy", "--model=txi", "--pipeline_name=a", "--destination_path=b"],
            "there is no template 'txi'",
        ),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_1(
    words: list[str], message: str, project: Path
) -> None:
    (project / "empty.py").write_text("x = 1\n")
    (project / "broken.py").write_text("def (\n")
    (project / "helper.py").write_text("def find():\n    return {}['nope']\n")
    (project / "raises.py").write_text(
        "from helper import find\ndef create_pipeline(pipeline_root='out'):\n    find()\n"
    )
    miswired = "minitfx.SchemaGen(statistics=minitfx.CsvExampleGen('d').outputs['examples'])\n"
    (project / "miswired.py").write_text(
        f"import minitfx\n\n\ndef create_pipeline(pipeline_root='out'):\n    {miswired}"
    )
    (project / "flat.py").write_text(f"import minitfx\n\n{miswired}")
    done = call(project, *words, code=1)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_unknown_command_offers_the_closest(project: Path) -> None:
    assert "Did you mean 'run'" in call(project, "rnu", code=2).stderr


def test_a_module_level_pipeline_is_taken(project: Path) -> None:
    (project / "flat.py").write_text(
        PIPELINE + "\npipeline = create_pipeline('flat_out')\ndel create_pipeline\n"
    )
    call(project, "run", "flat.py")
    assert (project / "flat_out" / "catalog.duckdb").is_file()
    call(project, "run", "flat.py", "--root", "other")
    assert (project / "other" / "catalog.duckdb").is_file()
