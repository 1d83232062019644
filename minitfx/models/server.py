"""The model server of the core install: standard library, loopback, one model.

::

    python -m minitfx.models.server MODEL --port 8080

It answers health requests while the model is being loaded, so that whoever starts it can tell a
slow model from a dead one. ``minitfx serve`` (extra ``serve``) adds micro-batches, several
versions and reloading on the same routes.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any, cast
from urllib.parse import unquote

import pyarrow.parquet as pq

from minitfx.errors import MinitfxError, ModelError
from minitfx.models.address import cannot_listen, family_of, url_of
from minitfx.models.loading import VersionPolicy, load_model
from minitfx.models.saved_model import SavedModel
from minitfx.models.service import Limits, Request, Response, Service, failure
from minitfx.version import __version__

WARMUP = "warmup.parquet"
"""Rows within a model's folder that are predicted once before the server is ready."""

_log = logging.getLogger("minitfx.models.server")


class ModelServer(ThreadingHTTPServer):
    """An HTTP server for a `Service`; a thread per connection.

    Parameters
    ----------
    service : Service
        What answers.
    host : str, default "127.0.0.1"
        Address; only this machine can reach the default.
    port : int, default 0
        Port; 0 takes a free one (``server.port`` tells which).

    Raises
    ------
    ModelError
        If the port is taken, or the address is not one of this machine.

    Examples
    --------
    >>> from minitfx.models.client import Client
    >>> from minitfx.models.service import Service
    >>> with ModelServer(Service()) as server:
    ...     server.start()
    ...     Client(server.url).is_live()
    True
    """

    daemon_threads = True
    # On Windows this would let two servers share a port; elsewhere a server that starts again
    # would have to wait for connections of the one before to be forgotten.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 128

    def __init__(self, service: Service, host: str = "127.0.0.1", port: int = 0) -> None:
        self.service = service
        self.is_stopping = False
        self._thread: Thread | None = None
        self._under_way = 0
        self._changed = Condition()
        self.address_family = family_of(host)
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise cannot_listen(host, port, error) from error

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return url_of(str(self.server_address[0]), self.port)

    def start(self) -> None:
        """Answer requests in a thread until `stop`."""
        self._thread = Thread(
            target=self.serve_forever,
            kwargs={"poll_interval": 0.1},
            name="minitfx-server",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop taking requests; those under way are answered.

        Notes
        -----
        Connections without a request are dropped. An answer is waited for no longer than
        ``service.limits.seconds``.
        """
        self.is_stopping = True
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, self.service.limits.seconds)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count a request as under way inside the ``with`` block."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def __exit__(self, *args: object) -> None:
        self.stop()


class _Handler(BaseHTTPRequestHandler):
    """Carry requests to the service."""

    protocol_version = "HTTP/1.1"
    server_version = f"minitfx/{__version__}"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet

    @property
    def _server(self) -> ModelServer:
        return cast(ModelServer, self.server)

    @property
    def _service(self) -> Service:
        return self._server.service

    def setup(self) -> None:
        """Give up on connections that fall silent."""
        super().setup()
        self.connection.settimeout(self._service.limits.seconds)

    def do_GET(self) -> None:
        """Answer a GET."""
        with self._server.answering():
            self._respond(self._service.answer(self._request(b"")))

    def do_HEAD(self) -> None:
        """Answer a HEAD: what a GET gets, without the body."""
        with self._server.answering():
            self._respond(self._service.answer(self._request(b"", "GET")), with_body=False)

    def do_POST(self) -> None:
        """Answer a POST."""
        with self._server.answering():
            self._post()

    def _post(self) -> None:
        length = self.headers.get("Content-Length", "")
        limit = self._service.limits.body_bytes
        if not length.isdigit():
            self.close_connection = True
            self._respond(failure(411, "a POST needs a Content-Length"))
        elif int(length) > limit:
            self.close_connection = True
            self._respond(failure(413, f"the body has {int(length):,} bytes; at most {limit:,}"))
        else:
            body = self.rfile.read(int(length))
            self._respond(self._service.answer(self._request(body)))

    def _request(self, body: bytes, method: str = "") -> Request:
        return Request(
            method=method or self.command,
            path=unquote(self.path.partition("?")[0]),
            content_type=self.headers.get("Content-Type", "").lower(),
            accept=self.headers.get("Accept", "").lower().replace("*/*", ""),
            body=body,
        )

    def _respond(self, response: Response, *, with_body: bool = True) -> None:
        self.close_connection = self.close_connection or self._server.is_stopping
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Log to the module's logger instead of standard error."""
        _log.debug(format, *args)


def warm_up(model: SavedModel) -> None:
    """Predict the rows that the model's folder keeps for this, if it keeps any."""
    rows = model.path / WARMUP
    if rows.is_file():
        model.predict(pq.read_table(rows))


def serve(
    path: str | Path,
    *,
    name: str = "model",
    host: str = "127.0.0.1",
    port: int = 8080,
    trust: bool | str = False,
    versions: VersionPolicy = "refuse",
    limits: Limits | None = None,
    prepare: Callable[[SavedModel], None] | None = None,
    status_file: Path | None = None,
) -> int:
    """Serve a model until SIGTERM or SIGINT, and return the exit code: 0, or 3 if it cannot load.

    Parameters
    ----------
    path, trust, versions
        As in `minitfx.models.load_model`.
    name : str
        The model's name in the routes.
    host, port
        As in `ModelServer`.
    limits : Limits, optional
        What is too large.
    prepare : callable, optional
        Called with the loaded model before the server is ready; unset, `warm_up`.
    status_file : Path, optional
        A file that says, as JSON, ``state`` (``loading``, ``ready`` or ``failed``), ``port`` and
        ``error``; replaced whole at every change.

    Raises
    ------
    ModelError
        If the port is taken.
    """
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    service = Service(name=name, limits=limits or Limits())
    with ModelServer(service, host, port) as server:
        server.start()
        _tell(status_file, state="loading", port=server.port)
        try:
            model = load_model(path, trust=trust, versions=versions)
            (prepare or warm_up)(model)
        except MinitfxError as error:
            _log.error("%s", error)
            _tell(status_file, state="failed", port=server.port, error=str(error))
            return 3
        except (Exception, SystemExit) as error:
            _log.exception("the model cannot be served")
            told = f"the model at {path} failed: {type(error).__name__}: {error}"
            _tell(status_file, state="failed", port=server.port, error=told)
            return 3
        service.model = model
        _tell(status_file, state="ready", port=server.port)
        _log.info("serving %s at %s/v2/models/%s", model, server.url, name)
        stopping.wait()
    return 0


def die_with_parent() -> None:
    """Make this process, and those of its session, end when the one that started it does.

    Notes
    -----
    Standard input is a pipe from the parent: at its end, every process of the session is killed.
    On Linux the kernel is asked as well, since a thread cannot run while a model being loaded
    holds the interpreter.
    """
    if sys.platform == "linux":
        import ctypes

        kill_on_parents_death = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(kill_on_parents_death, signal.SIGKILL, 0, 0, 0)
    Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    try:
        while os.read(0, 1):
            pass
    finally:
        if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(4)


def _tell(file: Path | None, **status: object) -> None:
    if file is not None:
        aside = file.with_suffix(".tmp")
        aside.write_text(json.dumps(status), "utf-8")
        aside.replace(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m minitfx.models.server", description="Serve a saved model on this machine."
    )
    parser.add_argument("model", help="folder of a saved model, or of pushed versions")
    parser.add_argument("--name", default="model", help="the model's name in the routes")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free port")
    parser.add_argument("--trust", metavar="SHA256", help="vouch for the model's files; or 'yes'")
    parser.add_argument("--versions", choices=("refuse", "warn", "ignore"), default="refuse")
    parser.add_argument("--status-file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if not 0 <= given.port <= 65535:
        parser.error(f"--port {given.port}: expected 0 to 65535")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return serve(
            given.model,
            name=given.name,
            host=given.host,
            port=given.port,
            trust=given.trust == "yes" or given.trust or False,
            versions=given.versions,
            status_file=given.status_file,
        )
    except ModelError as error:
        _log.error("%s", error)
        return 3


if __name__ == "__main__":
    raise SystemExit(main())
