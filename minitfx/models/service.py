"""The inference service: requests in, answers out, whatever HTTP server carries them.

Routes of the Open Inference Protocol, version 2::

    GET  /v2                                   what the server is
    GET  /v2/health/live                       it runs
    GET  /v2/health/ready                      its model is loaded
    GET  /v2/models/NAME                       signature, task, classes
    GET  /v2/models/NAME/ready
    POST /v2/models/NAME/infer                 JSON tensors, or an Arrow IPC stream

``/versions/V`` may stand after NAME.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pyarrow as pa

from minitfx.errors import ModelError, SignatureError, did_you_mean
from minitfx.models import oip
from minitfx.models.comparison import FEATURES
from minitfx.models.saved_model import SavedModel
from minitfx.version import __version__

JSON = "application/json"
"""Content type of JSON."""

_log = logging.getLogger("minitfx.models.server")


@dataclass(frozen=True)
class Request:
    """An HTTP request, as far as the service needs it.

    Attributes
    ----------
    method, path : str
        ``GET`` or ``POST``; the path without the query.
    content_type, accept : str
        Headers, lower case; empty when they are not there.
    body : bytes
        What was posted.
    """

    method: str
    path: str
    content_type: str = ""
    accept: str = ""
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    body: bytes
    content_type: str = JSON


class RequestError(Exception):
    """A request that gets an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Limits:
    """What the server takes.

    Attributes
    ----------
    body_bytes : int
        Size of a request.
    rows : int
        Rows of a request.
    seconds : float
        Time for which a connection may stay silent.
    """

    body_bytes: int = 64 * 1024 * 1024
    rows: int = 100_000
    seconds: float = 60.0


@dataclass(frozen=True)
class Inference:
    """What an infer request asks for.

    Attributes
    ----------
    table : pyarrow.Table
        The rows, fit for the model's signature.
    outputs : tuple of str or None
        Which output columns are wanted; None for all.
    with_features : bool
        Whether the transformed features shall be answered too (``features.NAME``).
    id : str or None
        What the client calls the request.
    """

    table: pa.Table
    outputs: tuple[str, ...] | None = None
    with_features: bool = False
    id: str | None = None


@dataclass
class Service:
    """Answer requests about one model.

    Attributes
    ----------
    name : str
        The model's name in the routes.
    version : str
        Its version; empty when it has none.
    model : SavedModel or None
        None until it is loaded; the service is live but not ready then.
    problem : str
        Why it could not be loaded.
    limits : Limits
        What is too large.
    known_versions : tuple of str
        All versions that can be asked for, for the metadata.

    Raises
    ------
    ModelError
        If the name cannot stand in a route.
    """

    name: str = "model"
    version: str = ""
    model: SavedModel | None = None
    problem: str = ""
    limits: Limits = field(default_factory=Limits)
    known_versions: tuple[str, ...] = ()
    _one_at_a_time: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise ModelError(
                f"{self.name!r} cannot be a served model's name; expected some text without '/'"
            )

    def answer(self, request: Request) -> Response:
        """Return the response to a request; never raises."""
        return answered(lambda: self._route(request))

    def read(self, request: Request) -> Inference:
        """Return what an infer request asks for.

        Raises
        ------
        RequestError, SignatureError
            If it is too large, malformed, or does not fit the model's signature.
        """
        model = self.loaded()
        if len(request.body) > self.limits.body_bytes:
            raise RequestError(413, f"the body has more than {self.limits.body_bytes:,} bytes")
        inference = read_inference(request, model)
        rows = inference.table.num_rows
        if rows > self.limits.rows:
            raise RequestError(
                413, f"{rows:,} rows; at most {self.limits.rows:,} are taken at once"
            )
        return inference

    def run(self, inference: Inference) -> pa.Table:
        """Return the model's answer: prediction columns, then ``features.NAME`` if asked for.

        Notes
        -----
        One prediction runs at a time: models need not be safe to call from several threads, and
        most keep one core busy by themselves.
        """
        model = self.loaded()
        with self._one_at_a_time:
            features = model.features(inference.table)
            answer = model.predict_features(features)
        if inference.with_features:
            for name in features.column_names:
                answer = answer.append_column(f"{FEATURES}{name}", features.column(name))
        return answer

    def write(self, inference: Inference, answer: pa.Table, request: Request) -> Response:
        """Return the response that carries an answer, in the format that the client asked for."""
        if inference.outputs is not None:
            answer = answer.select(list(inference.outputs))
        accept = request.accept or request.content_type
        if oip.ARROW in accept:
            return Response(200, oip.to_stream(answer), oip.ARROW)
        about = {
            "model_name": self.name,
            **({"model_version": self.version} if self.version else {}),
            **({"id": inference.id} if inference.id is not None else {}),
        }
        return Response(200, oip.dumps_answer(about, answer))

    def loaded(self) -> SavedModel:
        """Return the model, or raise a `RequestError` that says why there is none."""
        if self.model is None:
            raise RequestError(503, self.problem or "the model is being loaded")
        return self.model

    def is_infer(self, request: Request) -> bool:
        """Whether a request asks for predictions of this model."""
        return request.method == "POST" and self._resource(request.path) == "infer"

    def _route(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if request.method == "GET":
            if path == "/v2/health/live":
                return Response(200, oip.dumps({"live": True}))
            if path == "/v2/health/ready":
                self.loaded()
                return Response(200, oip.dumps({"ready": True}))
            if path == "/v2":
                return Response(200, oip.dumps(self._about()))
        resource = self._resource(path)
        if resource is None:
            raise RequestError(404, f"there is nothing at {request.path}; see /v2")
        if (request.method, resource) == ("POST", "infer"):
            inference = self.read(request)
            return self.write(inference, self.run(inference), request)
        if (request.method, resource) == ("GET", "ready"):
            self.loaded()
            return Response(200, oip.dumps({"name": self.name, "ready": True}))
        if (request.method, resource) == ("GET", ""):
            versions = self.known_versions or ((self.version,) if self.version else ())
            return Response(
                200, oip.dumps(oip.describe(self.loaded().manifest, self.name, versions))
            )
        raise RequestError(405, f"{request.method} is not for {request.path}")

    def _resource(self, path: str) -> str | None:
        """Return what of the model a path means, or None if it means something else."""
        parts = path.strip("/").split("/")
        if len(parts) < 3 or parts[:2] != ["v2", "models"]:
            return None
        if parts[2] != self.name:
            hint = did_you_mean(parts[2], [self.name])
            raise RequestError(404, f"there is no model {parts[2]!r}. {hint}")
        rest = parts[3:]
        if rest[:1] == ["versions"] and len(rest) > 1:
            if rest[1] != self.version:
                served = self.version or "none"
                raise RequestError(404, f"there is no version {rest[1]!r}; served is {served}")
            rest = rest[2:]
        return "/".join(rest) if "/".join(rest) in ("", "ready", "infer") else None

    def _about(self) -> Mapping[str, Any]:
        return {
            "name": "minitfx",
            "version": __version__,
            "extensions": ["arrow_ipc", "features"],
            "models": [self.name],
        }


def answered(respond: Callable[[], Response]) -> Response:
    """Return the response of ``respond``, or the one that tells its failure."""
    try:
        return respond()
    except Exception as error:
        return raised(error)


def raised(error: Exception) -> Response:
    """Return the response that tells of an exception."""
    if isinstance(error, RequestError):
        return failure(error.status, str(error))
    if isinstance(error, SignatureError):
        return failure(400, str(error))
    _log.error("a request failed", exc_info=error)
    if isinstance(error, ModelError):
        return failure(500, str(error))
    return failure(500, f"internal error ({type(error).__name__}); see the server's log")


def failure(status: int, message: str) -> Response:
    """Return an error response."""
    return Response(status, oip.dumps({"error": message}))


def read_inference(request: Request, model: SavedModel) -> Inference:
    """Return what the body of an infer request asks for, checked against the signature.

    Raises
    ------
    SignatureError
        If the body is malformed or does not fit.
    """
    if oip.ARROW in request.content_type:
        return Inference(model.signature.conform(oip.from_stream(request.body)))
    try:
        asked = oip.loads(request.body)
    except ValueError as error:
        raise SignatureError(f"the body is not JSON: {error}") from error
    if not isinstance(asked, dict):
        raise SignatureError("the body is not a JSON object with 'inputs'")
    table = oip.from_tensors(asked.get("inputs"), model.signature)
    parameters = asked.get("parameters")
    identity = asked.get("id")
    return Inference(
        model.signature.conform(table),
        _wanted(asked.get("outputs"), model.signature.output_names),
        bool(isinstance(parameters, dict) and parameters.get("features")),
        identity if isinstance(identity, str) else None,
    )


def _wanted(outputs: object, known: Sequence[str]) -> tuple[str, ...] | None:
    if outputs is None:
        return None
    if not isinstance(outputs, list):
        raise SignatureError("'outputs' is not a list of objects with a 'name'")
    names = [each.get("name") if isinstance(each, dict) else None for each in outputs]
    for name in names:
        if name not in known:
            hint = did_you_mean(str(name), known)
            raise SignatureError(f"the model gives no output {name!r}. {hint}")
    return tuple(str(name) for name in names)


def version_in(path: str) -> str | None:
    """Return the version that a path names, or None."""
    parts = path.strip("/").split("/")
    return parts[4] if len(parts) > 4 and parts[3] == "versions" else None
