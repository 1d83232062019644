"""The versions of a model that a server can answer for, and the one that is the latest."""

from __future__ import annotations

import logging
import shutil
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from minitfx.errors import MinitfxError, StorageError, did_you_mean
from minitfx.models.destination import Destination
from minitfx.models.loading import VersionPolicy, load_model
from minitfx.models.server import warm_up
from minitfx.models.service import Limits, Request, RequestError, Service, version_in

_log = logging.getLogger("minitfx.models.server")


class Repository:
    """A saved model, or a push destination with its versions.

    Parameters
    ----------
    path : str or Path
        The folder of a saved model, or a folder or URI that a Pusher pushes to. In the latter
        case the latest version is served, a new one once it is pushed, and earlier ones when a
        request names them. Versions of an object store are copied to a temporary folder.
    name : str
        The model's name in the routes.
    trust : bool or str
        Who vouches for the files, as in `minitfx.models.load_model`. A SHA-256 means one model,
        so no other version is loaded.
    versions : str
        What to do about other versions of packages, as in `minitfx.models.load_model`.
    limits : Limits, optional
        What is too large.
    keep : int, default 2
        How many versions besides the latest stay in memory.

    Raises
    ------
    ModelError
        If the latest version cannot be loaded.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str = "model",
        trust: bool | str = False,
        versions: VersionPolicy = "refuse",
        limits: Limits | None = None,
        keep: int = 2,
    ) -> None:
        self._path = Path(path)
        self._name = name
        self._trust = trust
        self._policy: VersionPolicy = versions
        self._limits = limits or Limits()
        self._keep = keep
        self._lock = Lock()
        self._services: OrderedDict[str, Service] = OrderedDict()
        self._refused = ""
        self.failures = 0
        self._destination = None if (self._path / "model.json").is_file() else Destination(path)
        self._copies = TemporaryDirectory(prefix="minitfx-served-", ignore_cleanup_errors=True)
        self._latest = self._load(self._pointer())

    @property
    def latest(self) -> Service:
        """The service that answers requests which name no version."""
        return self._latest

    def holds(self, service: Service) -> bool:
        """Whether a service is still one of those in memory."""
        return service is self._services.get(service.version)

    def service_for(self, request: Request) -> Service:
        """Return the service that a request means; loads an earlier version if it names one.

        Raises
        ------
        RequestError
            If there is no such version, or it cannot be loaded.
        """
        version = version_in(request.path)
        if version is None or version == self._latest.version or self._destination is None:
            return self._latest
        found = self._services.get(version)
        if found is not None:
            return found
        known = self._latest.known_versions
        if version not in known:
            hint = did_you_mean(version, known)
            raise RequestError(404, f"there is no version {version!r}. {hint}")
        try:
            return self._load(version)
        except MinitfxError as error:
            raise RequestError(503, f"version {version} cannot be served: {error}") from error

    def refresh(self) -> bool:
        """Load the version that ``latest`` names, if it is another; whether it was.

        Notes
        -----
        A version that cannot be loaded leaves the one before in its place, and is tried again
        only when the pointer moves.
        """
        version = self._pointer()
        if version in (self._latest.version, self._refused):
            return False
        try:
            self._latest = self._load(version)
        except MinitfxError as error:
            stays = self._latest.version
            _log.error("version %s cannot be served, %s stays: %s", version, stays, error)
            self._refused = version
            self.failures += 1
            return False
        self._refused = ""
        _log.info("serving version %s", version)
        return True

    def _pointer(self) -> str:
        """Return the latest version; empty for a single model, or before the first push."""
        return "" if self._destination is None else self._destination.latest or ""

    def _folder(self, version: str) -> Path:
        if self._destination is None or not version:
            if self._destination is not None and "://" in self._destination.base:
                raise StorageError(f"nothing has been pushed to {self._destination.base}")
            return self._path
        return self._destination.local(version, Path(self._copies.name))

    def _load(self, version: str) -> Service:
        with self._lock:
            if version in self._services:
                self._services.move_to_end(version)
                return self._services[version]
            model = load_model(self._folder(version), trust=self._trust, versions=self._policy)
            warm_up(model)
            known = () if self._destination is None else self._destination.pushes()
            service = Service(
                self._name,
                version,
                model,
                limits=self._limits,
                known_versions=tuple(push.version for push in known),
            )
            self._services[version] = service
            while len(self._services) > self._keep + 1:
                gone, _ = self._services.popitem(last=False)
                shutil.rmtree(Path(self._copies.name) / gone, ignore_errors=True)
            return service
