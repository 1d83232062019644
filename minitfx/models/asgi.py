"""The model server of the extra ``serve``: starlette and uvicorn, micro-batches, versions.

The routes are those of `minitfx.models.service`, and ``/metrics``.
"""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minitfx.errors import MissingExtraError
from minitfx.models.address import cannot_listen, family_of, url_of
from minitfx.models.background import in_background
from minitfx.models.batching import Batcher
from minitfx.models.loading import VersionPolicy
from minitfx.models.metrics import Meter
from minitfx.models.repository import Repository
from minitfx.models.service import (
    Limits,
    Request,
    RequestError,
    Response,
    Service,
    failure,
    raised,
)

if TYPE_CHECKING:
    from starlette.applications import Starlette

_SMALL_BODY = 512 * 1024
_LAST_SECONDS = 1.0  # when the server ends, all requests have been answered or given up
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_log = logging.getLogger("minitfx.models.server")


@dataclass(frozen=True)
class ServeOptions:
    """How a model is served.

    Attributes
    ----------
    max_batch_rows : int
        Rows that the model is called with at once; a single request may have more.
    max_waiting : int
        Requests that may wait for the model.
    timeout_seconds : float
        Time that a request may take, waiting included.
    poll_seconds : float
        How often the pointer ``latest`` is looked at.
    """

    max_batch_rows: int = 4096
    max_waiting: int = 1024
    timeout_seconds: float = 60.0
    poll_seconds: float = 1.0


class Application:
    """Answer the requests of one server.

    Parameters
    ----------
    repository : Repository
        The model and its versions.
    options : ServeOptions, optional
        How they are served.
    """

    def __init__(self, repository: Repository, options: ServeOptions | None = None) -> None:
        self.repository = repository
        self.options = options or ServeOptions()
        self.meter = Meter()
        self._batchers: dict[int, tuple[Service, Batcher]] = {}

    async def answer(self, request: Request) -> Response:
        """Return the response to a request; never raises."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.options.timeout_seconds):
                response = await self._respond(request)
        except TimeoutError:
            seconds = self.options.timeout_seconds
            response = failure(504, f"the request took more than {seconds:g} s")
        except Exception as error:
            response = raised(error)
        self.meter.request(response.status, time.perf_counter() - started)
        return response

    def metrics(self) -> str:
        """Return the counters in Prometheus' text format."""
        latest = self.repository.latest
        return self.meter.text(
            name=latest.name,
            version=latest.version,
            waiting=sum(batcher.waiting for _, batcher in self._batchers.values()),
            reload_failures=self.repository.failures,
        )

    async def watch(self) -> None:
        """Look at the pointer again and again; a new version is loaded beside the old one."""
        while True:
            await asyncio.sleep(self.options.poll_seconds)
            try:
                await in_background(self.repository.refresh)
            except Exception:
                _log.exception("looking for a new version failed")

    async def close(self) -> None:
        """Answer what waits; a model that does not come back is left behind."""
        batchers = [batcher for _, batcher in self._batchers.values()]
        await asyncio.gather(*(each.close(_LAST_SECONDS) for each in batchers))

    async def _respond(self, request: Request) -> Response:
        service = self.repository.latest
        if request.path.count("/versions/"):
            service = await in_background(lambda: self.repository.service_for(request))
        if not service.is_infer(request):
            return service.answer(request)
        if len(request.body) < _SMALL_BODY:
            inference = service.read(request)
            table = await self._batcher(service).predict(inference)
            return service.write(inference, table, request)
        # Parsing must not hold up the requests of others.
        inference = await in_background(lambda: service.read(request))
        table = await self._batcher(service).predict(inference)
        return await in_background(lambda: service.write(inference, table, request))

    def _batcher(self, service: Service) -> Batcher:
        found = self._batchers.get(id(service))
        if found is None:
            batcher = Batcher(
                service,
                max_rows=self.options.max_batch_rows,
                max_waiting=self.options.max_waiting,
                on_batch=self.meter.batch,
            )
            # The service is kept with it, so that no other one can have its id.
            found = self._batchers[id(service)] = (service, batcher)
            self._forget_idle(service)
        return found[1]

    def _forget_idle(self, current: Service) -> None:
        for key, (service, batcher) in list(self._batchers.items()):
            if service is not current and batcher.is_idle and not self.repository.holds(service):
                batcher.stop()
                del self._batchers[key]


def create_app(repository: Repository, options: ServeOptions | None = None) -> Starlette:
    """Return an ASGI application that serves a repository.

    Raises
    ------
    MissingExtraError
        If starlette is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.requests import ClientDisconnect
        from starlette.requests import Request as HttpRequest
        from starlette.responses import Response as HttpResponse
        from starlette.routing import Route
    except ImportError as error:
        raise MissingExtraError("starlette", "serve", "serving models") from error
    application = Application(repository, options)
    limits = repository.latest.limits

    async def respond(http: HttpRequest) -> HttpResponse:
        try:
            async with asyncio.timeout(limits.seconds):
                body = await _body(http, limits)
        except RequestError as error:
            response = failure(error.status, str(error))
        except TimeoutError:
            response = failure(408, f"the body was not there within {limits.seconds:g} s")
        except ClientDisconnect:
            response = failure(400, "the connection was closed before the body was there")
        else:
            response = await application.answer(_request(http, body))
        return HttpResponse(response.body, response.status, media_type=response.content_type)

    async def metrics(_: HttpRequest) -> HttpResponse:
        return HttpResponse(application.metrics(), media_type="text/plain; version=0.0.4")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(application.watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await application.close()

    routes = [
        Route("/metrics", metrics, methods=["GET"]),
        Route("/{path:path}", respond, methods=_METHODS),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def serve(
    path: str | Path,
    *,
    name: str = "model",
    host: str = "127.0.0.1",
    port: int = 8080,
    trust: bool | str = False,
    versions: VersionPolicy = "refuse",
    limits: Limits | None = None,
    options: ServeOptions | None = None,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve a model, or the latest of a destination, until SIGTERM or SIGINT.

    Parameters
    ----------
    path, name, trust, versions, limits
        As in `minitfx.models.repository.Repository`.
    host, port
        Where to listen; only this machine can reach the default. Port 0 takes a free one.
    options : ServeOptions, optional
        Batches, time limits, reloading.
    ready : callable, optional
        Called with the server's address once the model is loaded and the port is taken.

    Raises
    ------
    ModelError
        If the model cannot be loaded, or the port is not free.
    MissingExtraError
        If starlette or uvicorn is not installed.

    Notes
    -----
    On SIGTERM the server takes no more requests and answers those it has; a client that has sent
    only a part of its request is waited for no longer than a request may take.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtraError("uvicorn", "serve", "serving models") from error
    repository = Repository(path, name=name, trust=trust, versions=versions, limits=limits)
    app = create_app(repository, options)
    patience = math.ceil((options or ServeOptions()).timeout_seconds)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=math.ceil((limits or Limits()).seconds),
        timeout_graceful_shutdown=patience,
    )
    server = uvicorn.Server(config)
    with _bound(host, port) as listening, _ended_by_signals(server):
        ready(url_of(*listening.getsockname()[:2]))
        server.run(sockets=[listening])


@contextmanager
def _ended_by_signals(server: Any) -> Iterator[None]:
    """Let SIGTERM and SIGINT end a server gracefully, and that be all.

    uvicorn, once it has stopped, raises the signals that it got again for whoever handled them
    before; by default they would end the process as if it had failed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    ModelError
        If the port is not free, or the address is not one of this machine.
    """
    # asyncio turns off Nagle's algorithm, which holds answers back, only where the socket says TCP.
    listening = socket.socket(family_of(host), socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
        return listening
    except OSError as error:
        listening.close()
        raise cannot_listen(host, port, error) from error


def _request(http: Any, body: bytes) -> Request:
    return Request(
        method="GET" if http.method == "HEAD" else http.method,
        path=http.scope["path"],
        content_type=http.headers.get("content-type", "").lower(),
        accept=http.headers.get("accept", "").lower().replace("*/*", ""),
        body=body,
    )


async def _body(http: Any, limits: Limits) -> bytes:
    """Return the body of a request, which is read no further than the limit."""
    if http.method != "POST":
        return b""
    parts: list[bytes] = []
    size = 0
    async for part in http.stream():
        size += len(part)
        if size > limits.body_bytes:
            raise RequestError(413, f"the body has more than {limits.body_bytes:,} bytes")
        parts.append(part)
    return b"".join(parts)
