"""The example pipelines, run by the command as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(file, root):
    """Run a pipeline file in a process of its own; return what is said of the models pushed."""
    command = [sys.executable, "-m", "minitfx"]
    done = subprocess.run(
        [*command, "run", str(EXAMPLES / file), "--root", str(root)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        cwd=root.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    query = "select node_id, state from nodes order by node_id"
    rows = subprocess.run(
        [*command, "sql", query, "--root", str(root), "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {row["node_id"]: row["state"] for row in json.loads(rows.stdout)}


def pushed(root):
    """Return the manifest of the one model that was pushed."""
    (manifest,) = root.glob("serving_model/*/model.json")
    return json.loads(manifest.read_text())


@pytest.mark.slow
def test_penguins_go_through_all_eleven_components(tmp_path):
    states = run("penguin/pipeline.py", tmp_path / "out")
    assert len(states) == 12 and set(states.values()) == {"COMPLETE"}
    manifest = pushed(tmp_path / "out")
    assert manifest["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    inputs = {field["name"]: field["type"] for field in manifest["signature"]["inputs"]}
    assert inputs["bill_length_mm"] == "double" and inputs["sex"] == "string"
    assert "species" not in inputs


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["xgboost", "lightgbm", "pytorch"])
def test_other_frameworks_train_a_model_that_is_pushed(tmp_path, framework):
    pytest.importorskip({"pytorch": "torch"}.get(framework, framework))
    states = run(f"frameworks/{framework}_pipeline.py", tmp_path / "out")
    assert set(states.values()) == {"COMPLETE"}
    manifest = pushed(tmp_path / "out")
    assert manifest["classes"] == [0, 1]
    assert {"pytorch": "torch"}.get(framework, framework) in manifest["packages"]


@pytest.mark.slow
def test_the_minimal_example_pushes_a_model(tmp_path):
    file = EXAMPLES / "minimal.py"
    assert len(file.read_text().splitlines()) < 40
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent)}
    subprocess.run(
        [sys.executable, str(file)], check=True, timeout=120, cwd=tmp_path, env=environment
    )
    (manifest,) = tmp_path.glob("minimal_model/*/model.json")
    assert json.loads(manifest.read_text())["label"] == "target"
