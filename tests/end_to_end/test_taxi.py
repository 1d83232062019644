"""The taxi project, copied and run as a user does: the promises of the first page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ELEVEN = [
    "CsvExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform", "Tuner",
    "Trainer", "Evaluator", "InfraValidator", "Pusher", "BulkInferrer",
]  # fmt: skip
RESOLVER = "latest_blessed_model"


def command(*words: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "minitfx", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def run(project: Path, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    lines = command("run", "pipeline.py", "--json", *words, cwd=project, code=code).splitlines()
    events = [json.loads(line) for line in lines]
    return {each["node_id"]: each for each in events if each["event"] == "node_finished"}


def states(nodes: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: node["state"] for name, node in nodes.items() if name != RESOLVER}


def sql(project: Path, statement: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(command("sql", statement, "--json", cwd=project))
    return rows


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the template that has run once, with two trials for the sake of time."""
    project = tmp_path_factory.mktemp("taxi") / "project"
    command(
        "template", "copy", "--model=taxi", "--pipeline_name=my_taxi",
        f"--destination_path={project}", cwd=project.parent,
    )  # fmt: skip
    edit(project / "pipeline.py", "trials=20", "trials=2")
    nodes = run(project)
    assert states(nodes) == dict.fromkeys(ELEVEN, "COMPLETE")
    return project


@pytest.fixture
def project(fresh: Path, tmp_path: Path) -> Path:
    """A copy of that project: a project can be moved, cache and all."""
    return Path(shutil.copytree(fresh, tmp_path / "project"))


def root_of(project: Path) -> Path:
    (found,) = project.glob("**/catalog.duckdb")
    return found.parent


def test_the_model_that_was_pushed_can_be_loaded_and_predicts(fresh: Path) -> None:
    import pyarrow.parquet as pq

    from minitfx.models import load_model

    (push,) = sql(fresh, "SELECT destination, pushed FROM pushes")
    assert push["pushed"]
    (examples,) = sql(
        fresh, "SELECT uri FROM artifacts WHERE node_id = 'CsvExampleGen' AND type = 'Examples'"
    )
    table = pq.read_table(Path(examples["uri"]) / "Split-eval").slice(0, 7)
    predicted = load_model(fresh / push["destination"], trust=True).predict(table)
    assert predicted.num_rows == 7
    assert set(predicted.column("prediction").to_pylist()) <= {0, 1}


def test_a_second_run_is_cached_and_loads_nothing_heavy(project: Path) -> None:
    run(project)
    code = (
        "import sys; sys.argv = ['minitfx', 'run', 'pipeline.py', '--json']\n"
        "from minitfx.cli.main import cli\n"
        "cli(standalone_mode=False)\n"
        "bad = {'numpy', 'pandas', 'pyarrow', 'sklearn', 'optuna'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    finished = {each["node_id"]: each for each in events if each["event"] == "node_finished"}
    assert states(finished) == dict.fromkeys(ELEVEN, "CACHED")


def test_the_second_run_in_place_is_all_cached(fresh: Path) -> None:
    assert states(run(fresh)) == dict.fromkeys(ELEVEN, "CACHED")


def test_an_edited_preprocessing_fn_reruns_transform_and_what_its_bytes_change(
    project: Path,
) -> None:
    edit(project / "model.py", "(inputs[key], BUCKET_COUNT)", "(inputs[key], 7)")
    nodes = run(project)
    found = states(nodes)
    assert {name for name in ELEVEN[:4] if found[name] != "CACHED"} == set()
    assert {name for name in ELEVEN[4:8] if found[name] != "COMPLETE"} == set()
    assert "model:preprocessing_fn changed" in nodes["Transform"]["cause"]
    assert "input" in nodes["Trainer"]["cause"]
    assert "run_fn" not in nodes["Trainer"]["cause"]


def test_an_edited_run_fn_reruns_neither_transform_nor_tuner(project: Path) -> None:
    begin = "def run_fn(fn_args):\n"
    edit(project / "model.py", begin, f"{begin}    print('training')\n")
    found = states(run(project))
    assert found["Trainer"] == "COMPLETE"
    assert found["Transform"] == found["Tuner"] == "CACHED"
    assert found["Evaluator"] == found["Pusher"] == "CACHED"


def test_comments_and_touched_files_rerun_nothing(project: Path) -> None:
    for name in ("model.py", "features.py"):
        file = project / name
        file.write_text("# A comment.\n\n" + file.read_text("utf-8") + "\n# Another.\n", "utf-8")
    data = next((project / "data").glob("*.csv"))
    data.write_bytes(data.read_bytes())
    os.utime(data)
    assert set(states(run(project)).values()) == {"CACHED"}


def test_a_worse_model_is_not_blessed_and_not_pushed(project: Path) -> None:
    file = project / "model.py"
    before, training = file.read_text("utf-8").split("def run_fn(fn_args):\n")
    line = "    X, y = read(fn_args, fn_args.train_files)\n"
    assert line in training
    spoiled = training.replace(line, f"{line}    y = y[::-1]\n", 1)
    file.write_text(f"{before}def run_fn(fn_args):\n{spoiled}", "utf-8")
    printed = command("run", "pipeline.py", cwd=project)
    (evaluated,) = [line for line in printed.splitlines() if " Evaluator " in line]
    assert "NOT BLESSED: auc" in evaluated
    (pushed,) = [line for line in printed.splitlines() if " Pusher " in line]
    assert "not pushed" in pushed
    shown = command("show", cwd=project)
    assert evaluated.split("  ")[-1] in shown
    assert "not blessed by ModelBlessing: auc" in shown
    (verdict,) = sql(
        project,
        "SELECT value FROM properties WHERE name = 'blessing_message' "
        "ORDER BY artifact_id DESC LIMIT 1",
    )
    assert "auc" in verdict["value"]
    failed = sql(project, "SELECT metric, slice, message FROM validations WHERE NOT passed")
    assert {(each["metric"], each["slice"]) for each in failed} == {("auc", "Overall")}
    pushes = sql(project, "SELECT pushed FROM pushes")
    assert [each["pushed"] for each in pushes] == [True, False]


def test_sql_answers_which_data_trained_the_pushed_model(fresh: Path) -> None:
    rows = sql(
        fresh,
        "SELECT artifact_id, node_id FROM lineage_up((SELECT model_id FROM pushes WHERE pushed "
        "ORDER BY pushed_at DESC LIMIT 1)) WHERE type = 'Examples' ORDER BY node_id",
    )
    assert [row["node_id"] for row in rows] == ["CsvExampleGen", "Transform"]
    (push,) = sql(fresh, "SELECT examples_ids FROM pushes")
    assert rows[1]["artifact_id"] in push["examples_ids"]


def test_sql_answers_the_metric_of_each_slice_of_each_model(fresh: Path) -> None:
    rows = sql(
        fresh,
        "SELECT model_id, slice, value FROM metrics WHERE metric = 'auc' AND run_id = "
        "(SELECT min(run_id) FROM runs) ORDER BY slice",
    )
    assert "Overall" in {row["slice"] for row in rows}
    assert any(row["slice"].startswith("payment_type:") for row in rows)
    assert len({row["model_id"] for row in rows}) == 1


def test_sql_answers_the_anomalies_of_the_last_run_and_the_best_trial(project: Path) -> None:
    assert sql(project, "SELECT * FROM anomalies") == []
    trials = sql(project, "SELECT DISTINCT trial, score FROM trials ORDER BY score DESC")
    assert len(trials) == 2
    (file,) = root_of(project).glob("Tuner/best_hyperparameters/*/best_hyperparameters.json")
    best = json.loads(file.read_text("utf-8"))
    (row,) = sql(project, "SELECT parameters FROM trials ORDER BY score DESC LIMIT 1")
    assert json.loads(row["parameters"]).items() <= best.items()


def test_predictions_and_examples_are_tables(fresh: Path) -> None:
    (raw,) = sql(fresh, "SELECT artifact_id FROM artifacts WHERE node_id = 'CsvExampleGen'")
    call = f"examples({raw['artifact_id']}, split := 'eval')"
    (rows,) = sql(fresh, f"SELECT count(*) AS n FROM {call}")
    (predicted,) = sql(fresh, "SELECT count(*) AS n FROM predictions()")
    assert predicted["n"] == rows["n"] > 4_000
