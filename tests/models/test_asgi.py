"""The server of the extra ``serve``: batches, versions, reloading, limits, metrics."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression

from minitfx.errors import ModelError, ModelRefusedError, SignatureError, StorageError
from minitfx.models import save_model
from minitfx.models.client import Client
from minitfx.models.destination import Destination
from minitfx.models.service import Limits

uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("starlette")

from minitfx.models.asgi import ServeOptions, create_app  # noqa: E402
from minitfx.models.repository import Repository  # noqa: E402


class Slow:
    """Doubles ``x``; slow, and remembers how many rows it was called with."""

    feature_names_in_ = ("x",)

    def predict(self, frame):
        time.sleep(0.05)
        if (frame["x"] < 0).any():
            raise ValueError("negative")
        return frame["x"].to_numpy() * 2


def times(folder, factor):
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, float(factor)])
    save_model(model, folder, features=["x"])
    return folder


class Running:
    """A real server in a thread."""

    def __init__(self, repository, options=None):
        app = create_app(repository, options or ServeOptions(poll_seconds=0.02))
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],))

    def __enter__(self):
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()

    def client(self, **options):
        return Client(self.url, **options)

    def metric(self, name):
        text = ask(self, "GET", "/metrics")[1].decode()
        values = [line.split()[-1] for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(values[0])


def ask(server, method, path, body=None):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request(method, path, body=body)
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, data


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def rows(*values):
    return pa.table({"x": list(values)})


@pytest.fixture
def slow(tmp_path):
    save_model(Slow(), tmp_path / "slow")
    return Repository(tmp_path / "slow", trust=True, limits=Limits(5_000, 100))


@pytest.mark.parametrize("arrow", [False, True])
def test_it_speaks_the_protocol_in_json_and_arrow(tmp_path, arrow):
    repository = Repository(times(tmp_path / "model", 3), trust=True)
    with Running(repository) as server, server.client(arrow=arrow) as client:
        assert client.is_ready()
        np.testing.assert_allclose(client.predict(rows(1.0, 2.0)).column("prediction"), [3, 6])
        assert client.metadata()["inputs"][0]["name"] == "x"
        with pytest.raises(SignatureError, match=r"no column '[xy]'"):
            client.predict(pa.table({} if arrow else {"y": [1.0]}))


def test_a_name_may_be_any_text_but_a_path(tmp_path):
    times(tmp_path / "model", 3)
    with (
        Running(Repository(tmp_path / "model", trust=True, name="der Größte?#1")) as server,
        server.client(name="der Größte?#1") as client,
    ):
        assert client.metadata()["name"] == "der Größte?#1"
        assert client.predict(rows(1.0)).num_rows == 1
    with pytest.raises(ModelError, match="'a/b' cannot be a served model's name"):
        Repository(tmp_path / "model", trust=True, name="a/b")


def test_requests_that_wait_are_predicted_together(slow):
    with Running(slow) as server, ThreadPoolExecutor(16) as pool:

        def one(value):
            with server.client() as client:
                return client.predict(rows(float(value))).column("prediction").to_pylist()

        started = time.perf_counter()
        assert list(pool.map(one, range(16))) == [[value * 2.0] for value in range(16)]
        spent = time.perf_counter() - started
        calls = server.metric("minitfx_batch_rows_count")
        assert server.metric("minitfx_rows_total") == 16
    assert calls < 8, f"{calls} calls for 16 requests"
    assert spent < 16 * 0.05


def test_a_bad_row_spoils_only_its_own_request(slow):
    with Running(slow) as server, ThreadPoolExecutor(6) as pool:

        def one(value):
            with server.client() as client:
                try:
                    return client.predict(rows(float(value))).column("prediction").to_pylist()
                except ModelError as error:
                    return "negative" in str(error)

        found = list(pool.map(one, [1, 2, -1, 3, 4, 5]))
    assert found == [[2.0], [4.0], True, [6.0], [8.0], [10.0]]


def test_too_many_requests_are_refused_at_once(slow):
    options = ServeOptions(max_waiting=1, max_batch_rows=1, poll_seconds=10)
    with Running(slow, options) as server, ThreadPoolExecutor(12) as pool:

        def one(value):
            with server.client() as client:
                try:
                    return client.predict(rows(float(value))).num_rows
                except ModelError as error:
                    return "try again later" in str(error)

        found = list(pool.map(one, range(12)))
    assert True in [each is True for each in found]
    assert 1 in found


def test_a_request_that_takes_too_long_is_given_up(slow):
    options = ServeOptions(timeout_seconds=0.02, poll_seconds=10)
    late = pytest.raises(ModelError, match=r"more than 0\.02 s")
    with Running(slow, options) as server, server.client() as client, late:
        client.predict(rows(1.0))


def test_limits_of_bytes_and_rows(slow):
    with Running(slow) as server:
        assert ask(server, "POST", "/v2/models/model/infer", b"x" * 5_001)[0] == 413
        with server.client() as client, pytest.raises(ModelError, match="101 rows"):
            client.predict(rows(*([1.0] * 101)))


def test_a_body_that_does_not_come_is_given_up(slow, tmp_path):
    repository = Repository(tmp_path / "slow", trust=True, limits=Limits(5_000, 100, 0.2))
    with (
        Running(repository) as server,
        socket.create_connection(("127.0.0.1", server.socket.getsockname()[1]), timeout=10) as half,
    ):
        half.sendall(b"POST /v2/models/model/infer HTTP/1.1\r\nHost: x\r\n")
        half.sendall(b"Content-Length: 100\r\n\r\n{")
        answer = half.makefile("rb").readline()
    assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("HEAD", "/v2/health/live", 200),
        ("DELETE", "/v2/models/model", 405),
        ("GET", "/v2", 200),
        ("GET", "/v2/health/live", 200),
        ("GET", "/v2/models/other", 404),
        ("GET", "/v2/models/model/infer", 405),
        ("GET", "/v2/models/model/versions/7", 404),
        ("POST", "/v2/models/model/infer", 400),
        ("GET", "/metrics", 200),
    ],
)
def test_routes(slow, method, path, status):
    with Running(slow) as server:
        assert ask(server, method, path, b"{}" if method == "POST" else None)[0] == status


@pytest.mark.parametrize("place", ["folder", "object store"])
def test_a_push_is_served_without_a_restart(tmp_path, place):
    base = str(tmp_path / "serving")
    if place == "object store":
        base = f"memory://{uuid.uuid4().hex}/serving"
    destination = Destination(base)
    destination.push(times(tmp_path / "one", 1), "one")
    repository = Repository(base, trust=True)
    with Running(repository) as server, server.client() as client:

        def says():
            return round(client.predict(rows(10.0)).column("prediction")[0].as_py())

        assert says() == 10
        destination.push(times(tmp_path / "two", 2), "two")
        wait_for(lambda: says() == 20)
        assert client.metadata()["versions"] == ["one", "two"]
        destination.roll_back()
        wait_for(lambda: says() == 10)


def test_earlier_versions_answer_when_they_are_named(tmp_path):
    destination = Destination(tmp_path / "serving")
    for at, name in enumerate(["one", "two", "three"], 1):
        destination.push(times(tmp_path / name, at), name)
    body = json.dumps({"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [10]}]})
    with Running(Repository(tmp_path / "serving", trust=True)) as server:
        found = {}
        for name in ["one", "two", "three"]:
            path = f"/v2/models/model/versions/{name}/infer"
            answer = json.loads(ask(server, "POST", path, body)[1])
            found[answer["model_version"]] = round(answer["outputs"][0]["data"][0])
        assert found == {"one": 10, "two": 20, "three": 30}


def test_an_object_store_without_pushes_says_so():
    with pytest.raises(StorageError, match="nothing has been pushed to memory://empty"):
        Repository("memory://empty", trust=True)


def test_a_broken_push_leaves_the_version_before_in_its_place(tmp_path):
    destination = Destination(tmp_path / "serving")
    destination.push(times(tmp_path / "one", 1), "one")
    with Running(Repository(tmp_path / "serving", trust=True)) as server, server.client() as client:
        broken = times(tmp_path / "two", 2)
        (broken / "model.joblib").write_bytes(b"broken")
        destination.push(broken, "two")
        wait_for(lambda: server.metric("minitfx_reload_failures_total") == 1)
        assert round(client.predict(rows(10.0)).column("prediction")[0].as_py()) == 10


def test_nothing_foreign_is_loaded_without_trust(tmp_path):
    Destination(tmp_path / "serving").push(times(tmp_path / "one", 1), "one")
    with pytest.raises(ModelRefusedError, match="nobody vouches for it"):
        Repository(tmp_path / "serving")


class Stuck:
    """A model that never comes back."""

    feature_names_in_ = ("x",)

    def predict(self, frame):
        time.sleep(600)


SERVE = """
import sys
from minitfx.models.asgi import ServeOptions, serve
serve(
    sys.argv[1],
    port=0,
    trust=True,
    options=ServeOptions(timeout_seconds=float(sys.argv[2])),
    ready=lambda url: print(url, flush=True),
)
print("stopped")
"""


@contextmanager
def serving(model, seconds):
    """A server in a process of its own; gives it and a client that knows that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(model), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    try:
        with Client(process.stdout.readline().strip()) as client:
            wait_for(client.is_ready, 30)
            yield process, client
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_what_it_has_before_it_stops_and_ends_well(tmp_path, number):
    save_model(Slow(), tmp_path / "slow")
    with serving(tmp_path / "slow", 60) as (process, client), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.predict, rows(4.0))
        time.sleep(0.02)
        process.send_signal(number)
        assert answer.result().column("prediction").to_pylist() == [8.0]
        assert process.wait(10) == 0
        assert process.stdout.read() == "stopped\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_model_that_never_comes_back_does_not_hold_up_the_end(tmp_path):
    save_model(Stuck(), tmp_path / "stuck")
    with serving(tmp_path / "stuck", 0.5) as (process, client), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.predict, rows(4.0))
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(ModelError, match=r"more than 0\.5 s"):
            answer.result()
        assert process.wait(10) == 0
