"""The model server: the protocol's routes, errors that name the field, limits, graceful stop."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.ensemble import RandomForestClassifier

from minitfx.errors import ModelError, SignatureError
from minitfx.models import load_model, model_digest, save_model
from minitfx.models.client import Client
from minitfx.models.oip import ARROW, from_stream, to_stream
from minitfx.models.server import ModelServer
from minitfx.models.service import Limits, Service


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(3)
    return pd.DataFrame({"fare": random.normal(10, 3, 50), "hour": random.integers(0, 24, 50)})


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    labels = np.where(frame["fare"] > 10, "big", "small")
    model = RandomForestClassifier(5, random_state=0).fit(frame, labels)
    save_model(model, folder, schema=frame, label="size")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder, trust=True)


@pytest.fixture
def server(model):
    with ModelServer(Service("trips", model=model, limits=Limits(20_000, 60))) as server:
        server.start()
        yield server


def ask(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response, data


@pytest.mark.parametrize("arrow", [False, True])
def test_the_server_answers_what_the_model_predicts(server, model, frame, arrow):
    table = pa.Table.from_pandas(frame)
    with Client(server.url, "trips", arrow=arrow) as client:
        assert client.predict(table).to_pydict() == model.predict(table).to_pydict()


def test_metadata_tell_columns_types_task_and_classes(server):
    with Client(server.url, "trips") as client:
        told = client.metadata()
    assert told["name"] == "trips"
    assert [(each["name"], each["datatype"], each["shape"]) for each in told["inputs"]] == [
        ("fare", "FP64", [-1]),
        ("hour", "INT64", [-1]),
    ]
    assert [(each["name"], each["shape"]) for each in told["outputs"]] == [
        ("prediction", [-1]),
        ("probabilities", [-1, 2]),
    ]
    assert told["parameters"] == {
        "task": "binary_classification",
        "classes": ["big", "small"],
        "label": "size",
    }


def test_it_is_live_but_not_ready_before_the_model_is_loaded():
    with ModelServer(Service("trips")) as server:
        server.start()
        with Client(server.url, "trips") as client:
            assert (client.is_live(), client.is_ready()) == (True, False)
            with pytest.raises(ModelError, match="being loaded"):
                client.predict(pa.table({"fare": [1.0]}))


def test_features_are_answered_when_asked_for(server, frame):
    with Client(server.url, "trips") as client:
        answer = client.predict(pa.Table.from_pandas(frame), with_features=True)
    assert answer.column("features.hour").to_pylist() == frame["hour"].tolist()


def test_only_the_outputs_that_are_asked_for_come_back(server):
    asked = {
        "id": "42",
        "inputs": [
            {"name": "fare", "shape": [1], "datatype": "FP64", "data": [20]},
            {"name": "hour", "shape": [1], "datatype": "INT64", "data": [3]},
        ],
        "outputs": [{"name": "prediction"}],
    }
    response, data = ask(server, "POST", "/v2/models/trips/infer", json.dumps(asked))
    assert response.status == 200
    assert json.loads(data) == {
        "model_name": "trips",
        "id": "42",
        "outputs": [{"name": "prediction", "shape": [1], "datatype": "BYTES", "data": ["big"]}],
    }


def test_json_in_and_arrow_out(server, model, frame):
    table = pa.Table.from_pandas(frame)
    headers = {"Content-Type": ARROW, "Accept": ARROW}
    response, data = ask(server, "POST", "/v2/models/trips/infer", to_stream(table), headers)
    assert response.getheader("Content-Type") == ARROW
    assert from_stream(data).to_pydict() == model.predict(table).to_pydict()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v2", 200),
        ("GET", "/v2/health/live", 200),
        ("GET", "/v2/health/ready", 200),
        ("GET", "/v2/models/trips", 200),
        ("GET", "/v2/models/trips/ready", 200),
        ("GET", "/v2/models/trips/infer", 405),
        ("GET", "/v2/models/trip", 404),
        ("GET", "/v2/models/trips/versions/7", 404),
        ("POST", "/v2/models/trips", 405),
        ("POST", "/v2/health/live", 404),
        ("DELETE", "/v2/models/trips", 501),
        ("GET", "/v2/models/../../etc/passwd", 404),
    ],
)
def test_routes(server, method, path, status):
    response, _ = ask(server, method, path, body=b"{}" if method == "POST" else None)
    assert response.status == status


def test_an_unknown_model_is_named_with_the_known_one(server):
    _, data = ask(server, "GET", "/v2/models/trip")
    assert json.loads(data) == {"error": "there is no model 'trip'. Did you mean 'trips'?"}


def test_a_missing_column_is_a_client_error_that_names_it(server):
    with (
        Client(server.url, "trips") as client,
        pytest.raises(SignatureError, match="no column 'hour'"),
    ):
        client.predict(pa.table({"fare": [1.0]}))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"inputs": 3}', b"[" * 100_000])
def test_a_body_that_is_no_request_is_a_client_error(server, body):
    response, data = ask(server, "POST", "/v2/models/trips/infer", body[:19_000])
    assert response.status == 400
    assert "error" in json.loads(data)


def test_too_large_a_body_is_refused_unread(server):
    response, data = ask(server, "POST", "/v2/models/trips/infer", b"x" * 20_001)
    assert response.status == 413
    assert "20,001 bytes" in json.loads(data)["error"]


def test_too_many_rows_are_refused(server):
    table = pa.table({"fare": [1.0] * 61, "hour": [1] * 61})
    with (
        Client(server.url, "trips") as client,
        pytest.raises(ModelError, match="61 rows; at most 60"),
    ):
        client.predict(table)


class Failing:
    """A model that cannot stand negative numbers."""

    feature_names_in_ = ("x",)

    def predict(self, features):
        if (features["x"] < 0).any():
            raise RuntimeError("secret details")
        return features["x"].to_numpy()


def test_a_model_that_fails_is_a_server_error_and_the_server_goes_on(tmp_path):
    save_model(Failing(), tmp_path)
    service = Service(model=load_model(tmp_path, trust=True))
    with ModelServer(service) as server, Client(server.url) as client:
        server.start()
        with pytest.raises(ModelError, match="failed on 1 rows"):
            client.predict(pa.table({"x": [-1.0]}))
        assert client.predict(pa.table({"x": [2.0]})).to_pydict() == {"prediction": [2.0]}


def test_answers_are_not_held_back_by_the_network_stack(server, frame):
    row = pa.Table.from_pandas(frame.head(1))
    with Client(server.url, "trips") as client:
        client.predict(row)
        started = time.perf_counter()
        for _ in range(20):
            client.predict(row)
        # Nagle's algorithm against delayed acknowledgements costs 40 ms a request.
        assert (time.perf_counter() - started) / 20 < 0.035


class Slow:
    """A model that takes its time."""

    feature_names_in_ = ("x",)

    def predict(self, features):
        time.sleep(0.3)
        return features["x"].to_numpy() * 2


def command(folder, *words):
    trust = ["--trust", model_digest(folder)]
    return [sys.executable, "-m", "minitfx.models.server", str(folder), *trust, *words]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_answers_what_it_has_and_ends_well_when_told_to_stop(tmp_path, number):
    folder, status = tmp_path / "model", tmp_path / "status.json"
    save_model(Slow(), folder)
    process = subprocess.Popen(
        command(folder, "--port", "0", "--status-file", str(status)), stderr=subprocess.PIPE
    )
    try:
        told = {}
        while process.poll() is None and told.get("state") != "ready":
            time.sleep(0.05)
            told = json.loads(status.read_text()) if status.exists() else {}
        with Client(f"http://127.0.0.1:{told['port']}") as client, ThreadPoolExecutor(1) as pool:
            assert client.is_ready()
            answer = pool.submit(client.predict, pa.table({"x": [4.0]}))
            time.sleep(0.1)
            process.send_signal(number)
            assert answer.result().column("prediction").to_pylist() == [8.0]
            assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_server_that_stops_waits_for_no_idle_connection(model):
    started = time.perf_counter()
    with ModelServer(Service("trips", model=model)) as server, Client(server.url) as client:
        server.start()
        assert client.is_live()  # the connection stays open
    assert time.perf_counter() - started < 5


def test_a_port_is_free_again_as_soon_as_its_server_has_stopped(model):
    port = 0
    for _ in range(2):
        with ModelServer(Service("trips", model=model), port=port) as server:
            server.start()
            port = server.port
            with socket.create_connection(("127.0.0.1", port), timeout=10) as waiting:
                waiting.sendall(b"GET /v2/health/live HTTP/1.0\r\n\r\n")
                # The server closes first, so its side of the connection lingers.
                assert b"200" in waiting.recv(100)


def test_a_port_that_is_taken_is_named(folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            command(folder, "--port", port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert f"cannot listen on port {port} of 127.0.0.1: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_says_why_a_model_cannot_be_served(folder):
    done = subprocess.run(
        [sys.executable, "-m", "minitfx.models.server", str(folder), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == 3
    assert "nobody vouches for it" in done.stderr
