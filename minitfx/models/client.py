"""A client of a model server: tables in, predictions out."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import pyarrow as pa

from minitfx.errors import ModelError, SignatureError
from minitfx.models import oip


class NoAnswer(ModelError):
    """The server cannot be reached, or keeps silent."""


class Client:
    """Ask a model server that speaks the Open Inference Protocol, version 2.

    Parameters
    ----------
    url : str
        The server's address, such as ``http://127.0.0.1:8080``.
    name : str, default "model"
        The model's name.
    timeout : float, default 60
        Seconds that one request may take.
    arrow : bool, default False
        Whether to send Arrow IPC streams, which only minitfx's servers take, instead of JSON.

    Notes
    -----
    One connection is kept open; a client is not for several threads at once.
    """

    def __init__(
        self, url: str, name: str = "model", *, timeout: float = 60.0, arrow: bool = False
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ModelError(f"{url!r} is not the address of a model server; expected http://…")
        self._connection = HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        self._url = url
        self._path = f"/v2/models/{quote(name, safe='')}"
        self._arrow = arrow

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def is_live(self) -> bool:
        """Whether the server answers."""
        return self._is_good("/v2/health/live")

    def is_ready(self) -> bool:
        """Whether the server's model is loaded."""
        return self._is_good("/v2/health/ready")

    def metadata(self) -> dict[str, Any]:
        """Return the model's signature, task and classes.

        Raises
        ------
        ModelError
            If the server cannot be reached, or has no such model.
        """
        found: dict[str, Any] = json.loads(self._ask("GET", self._path))
        return found

    def predict(self, table: pa.Table, *, with_features: bool = False) -> pa.Table:
        """Return one row of predictions per row of raw features.

        Parameters
        ----------
        table : pyarrow.Table
            The rows, with the columns of the model's signature and no others.
        with_features : bool, default False
            Ask for the transformed features too, as columns ``features.NAME``; JSON only.

        Raises
        ------
        SignatureError
            If the server says that the rows do not fit its model.
        ModelError
            If the model fails, or (`NoAnswer`) the server cannot be reached.
        """
        path = f"{self._path}/infer"
        if self._arrow and not with_features:
            return oip.from_stream(self._ask("POST", path, oip.to_stream(table), oip.ARROW))
        asked: dict[str, Any] = {"inputs": oip.to_tensors(table)}
        if with_features:
            asked["parameters"] = {"features": True}
        answer = oip.loads(self._ask("POST", path, oip.dumps(asked), "application/json"))
        return oip.from_tensors(answer.get("outputs"), where="outputs")

    def _is_good(self, path: str) -> bool:
        try:
            self._ask("GET", path)
        except ModelError:
            return False
        return True

    def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        headers = {"Content-Type": kind} if kind else {}
        try:
            try:
                response, data = self._exchange(method, path, body, headers)
            except RemoteDisconnected:
                # The server had closed a connection that was idle; a new one is opened.
                response, data = self._exchange(method, path, body, headers)
        except TimeoutError as error:
            self._connection.close()
            raise NoAnswer(
                f"the server at {self._url} gave no answer within {self._connection.timeout:g} s"
            ) from error
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise NoAnswer(f"the server at {self._url} does not answer: {error!r}") from error
        if response.status != 200:
            raise _failure(response, data)
        return data

    def _exchange(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        self._connection.request(method, path, body=body or None, headers=headers)
        response = self._connection.getresponse()
        return response, response.read()


def _failure(response: HTTPResponse, data: bytes) -> ModelError:
    try:
        message = str(json.loads(data)["error"])
    except (ValueError, KeyError, TypeError):
        message = f"HTTP status {response.status}"
    return SignatureError(message) if response.status == 400 else ModelError(message)
