"""Serving and rolling back from the command line."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from minitfx.models import save_model
from minitfx.models.destination import Destination


@pytest.fixture
def model(tmp_path: Path) -> Path:
    import pandas as pd

    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})
    folder = tmp_path / "model"
    save_model(LogisticRegression().fit(frame, [0, 0, 1, 1]), folder)
    return folder


def minitfx(*words: object, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "minitfx", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_model_answers_over_http(model: Path) -> None:
    pytest.importorskip("uvicorn")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--trust", "yes"]
    command = [sys.executable, "-m", "minitfx", "serve", model, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}/v2"
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{base}/health/ready", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.1)
        inputs = [
            {"name": name, "shape": [2], "datatype": "FP64", "data": data}
            for name, data in (("a", [0.0, 3.0]), ("b", [1.0, 0.0]))
        ]
        body = json.dumps({"inputs": inputs}).encode()
        request = urllib.request.Request(
            f"{base}/models/model/infer", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            outputs = {each["name"]: each["data"] for each in json.load(answer)["outputs"]}
        assert outputs["prediction"] == [0, 1]
    finally:
        process.terminate()
        process.wait(20)


def test_a_model_that_nobody_vouches_for_is_not_served(model: Path) -> None:
    pytest.importorskip("uvicorn")
    said = minitfx("serve", model, "--port", 0, code=1)
    assert "refused" in said
    assert "Traceback" not in said


def test_a_destination_is_rolled_back(model: Path, tmp_path: Path) -> None:
    destination = Destination(tmp_path / "pushed")
    for version in ("one", "two"):
        destination.push(model, version)
    assert "* two" in minitfx("rollback", tmp_path / "pushed", "--list")
    said = minitfx("rollback", tmp_path / "pushed")
    assert "latest is now one" in said
    assert destination.latest == "one"
    minitfx("rollback", tmp_path / "pushed", "--version", "two")
    assert destination.latest == "two"
    assert "version" in minitfx("rollback", tmp_path / "pushed", "--version", "three", code=1)
