"""Serving and rolling back from the command line."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from minitfx.models import Client, model_digest, save_model
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


@contextmanager
def served(model: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``minitfx serve`` on a free port; give the process and the model's address."""
    pytest.importorskip("uvicorn")
    words = [sys.executable, "-m", "minitfx", "serve", str(model), "--port", "0", "--trust", "yes"]
    process = subprocess.Popen([*words, *options], stdout=subprocess.PIPE, text=True)
    try:
        told = process.stdout.readline()
        assert told.startswith(f"serving {model} at http://127.0.0.1:")
        yield process, told.split(" at ")[1].strip()
    finally:
        process.kill()
        process.communicate()


def post(url: str, rows: int = 2) -> tuple[int, dict[str, object]]:
    inputs = [
        {"name": name, "shape": [rows], "datatype": "FP64", "data": (data * rows)[:rows]}
        for name, data in (("a", [0.0, 3.0]), ("b", [1.0, 0.0]))
    ]
    body = json.dumps({"inputs": inputs}).encode()
    return ask("POST", f"{url}/infer", body)


def ask(method: str, url: str, body: bytes | None = None) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            status, said = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            status, said = error.code, error.read()
    return status, json.loads(said) if said else {}


def test_a_model_answers_over_http(model: Path) -> None:
    with served(model) as (_, url):
        status, answer = post(url)
        outputs = {each["name"]: each["data"] for each in answer["outputs"]}
        assert (status, outputs["prediction"]) == (200, [0, 1])
        assert ask("HEAD", f"{url}/ready") == (200, {})
        status, answer = ask("PUT", f"{url}/infer", b"{}")
        assert (status, answer) == (405, {"error": "PUT is not for /v2/models/model/infer"})


def test_answers_are_not_held_back_by_the_network_stack(model: Path) -> None:
    with served(model) as (_, url), Client(url.split("/v2")[0]) as client:
        row = pa.table({"a": [1.0], "b": [0.0]})
        spent = []
        for _ in range(20):
            started = time.perf_counter()
            client.predict(row)
            spent.append(time.perf_counter() - started)
    # Nagle's algorithm against delayed acknowledgements costs 40 ms a request.
    assert median(spent) < 0.035


def test_the_limits_of_the_command_line_hold(model: Path) -> None:
    with served(model, "--max-rows", "3") as (_, url):
        assert post(url, 3)[0] == 200
        assert post(url, 4) == (413, {"error": "4 rows; at most 3 are taken at once"})


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_client_that_never_ends_its_request_does_not_hold_up_the_end(model: Path) -> None:
    with served(model, "--timeout", "1") as (process, url):
        port = int(url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(b"POST /v2/models/model/infer HTTP/1.1\r\nHost: x\r\n")
            slow.sendall(b"Content-Length: 100\r\n\r\n{")
            assert post(url)[0] == 200
            process.terminate()
            assert process.wait(15) == 0


def test_a_port_that_is_taken_is_named(model: Path) -> None:
    pytest.importorskip("uvicorn")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = minitfx("serve", model, "--port", port, "--trust", "yes", code=1)
    assert said.startswith(f"error: cannot listen on port {port} of 127.0.0.1: ")
    assert "choose another port" in said


def test_a_model_that_nobody_vouches_for_is_not_served(model: Path) -> None:
    pytest.importorskip("uvicorn")
    said = minitfx("serve", model, "--port", 0, code=1)
    assert said.startswith("error: the model at ")
    assert f"--trust {model_digest(model)}" in said
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


def test_a_place_without_pushes_says_so(tmp_path: Path) -> None:
    said = minitfx("rollback", tmp_path / "empty", "--list", code=1)
    assert said == f"error: nothing has been pushed to {tmp_path / 'empty'}\n"
