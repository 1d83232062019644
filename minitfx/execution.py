"""Executions: one attempt at one node each, with a state, and the run that they belong to.

::

    RUNNING ──► COMPLETE          the node ran and its outputs are committed
       │  ╰───► FAILED            it raised; the text of the error is kept
       │  ╰───► CANCELED          somebody stopped it
       ╰──────► ABANDONED         its process died; found out later

    CACHED     an earlier execution with the same fingerprint served
    SKIPPED    a condition was false, or everything that it waits for was skipped
    BLOCKED    something that it waits for failed
    DELETED    of a run: somebody deleted it, with the artifacts that only it needed
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from minitfx.artifact import Artifact, ArtifactState
from minitfx.digest import FileDigest
from minitfx.types import STANDARD_TYPES


class State(StrEnum):
    """Where an execution stands."""

    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    CACHED = "CACHED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    BLOCKED = "BLOCKED"
    CANCELED = "CANCELED"
    ABANDONED = "ABANDONED"
    DELETED = "DELETED"

    @property
    def is_good(self) -> bool:
        """Whether what waits for it may go on."""
        return self in (State.COMPLETE, State.CACHED)


@dataclass(frozen=True)
class Process:
    """A process, told apart from others that had its number before.

    Attributes
    ----------
    host : str
        Name of the machine.
    pid : int
        Number of the process.
    started : str
        When it started, as the system says it; empty where it does not.
    """

    host: str
    pid: int
    started: str

    def is_alive(self) -> bool:
        """Whether it still runs; a process of another machine counts as running."""
        if self.host != socket.gethostname():
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return _start_of(self.pid) == self.started


def _start_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


@lru_cache(maxsize=1)
def _process_of(pid: int) -> Process:
    return Process(socket.gethostname(), pid, _start_of(pid))


def this_process() -> Process:
    """Return the process that asks."""
    return _process_of(os.getpid())


@dataclass(frozen=True)
class Execution:
    """One attempt at one node: everything that the catalog knows of it.

    Attributes
    ----------
    id : int
        Unique in the catalog, larger than those before it.
    run_id, pipeline_name, node_id : str
        Where it belongs.
    type : str
        The component class, dotted.
    state : State
        Where it stands.
    cause : str
        Why it has this state, in a sentence: what changed since the last time, what it was
        served from, what it waits for.
    started_at : float
        Seconds since 1970.
    seconds : float or None
        How long it took.
    fingerprint : str or None
        What makes it the same as another.
    ingredients : dict
        What the fingerprint was made of.
    files : dict of str to str
        The project files that its code lies in, by module.
    parameters : dict
        The parameters, encoded.
    inputs : dict of str to list of int
        Artifact ids by input key.
    outputs : dict of str to list of Artifact
        What it made, or what served.
    cached_from : int or None
        The execution that served.
    error : str
        Text of the exception with its traceback.
    process : Process or None
        Who ran it.
    internal : bool
        Whether its outputs are older artifacts that it only chose.
    """

    id: int
    run_id: str
    pipeline_name: str
    node_id: str
    type: str
    state: State
    cause: str = ""
    started_at: float = 0.0
    seconds: float | None = None
    fingerprint: str | None = None
    ingredients: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, list[int]] = field(default_factory=dict)
    outputs: Mapping[str, list[Artifact]] = field(default_factory=dict)
    cached_from: int | None = None
    error: str = ""
    process: Process | None = None
    internal: bool = False

    def moved(self, state: State, **changes: Any) -> Execution:
        """Return the execution in a later state.

        Raises
        ------
        ValueError
            If it has already ended.
        """
        if self.state is not State.RUNNING:
            raise ValueError(f"execution {self.id} is {self.state}; it cannot become {state}")
        return replace(self, state=state, **changes)

    def to_json(self, root: Path) -> dict[str, Any]:
        """Return the execution as a JSON value; what lies under ``root`` relative to it."""
        outputs = {
            key: [artifact_to_json(each, root) for each in made]
            for key, made in self.outputs.items()
        }
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        process = asdict(self.process) if self.process else None
        files = {module: _relative(file, root) for module, file in self.files.items()}
        state = str(self.state)
        return {**fields, "state": state, "files": files, "outputs": outputs, "process": process}

    @classmethod
    def from_json(cls, written: Mapping[str, Any], root: Path) -> Execution:
        """Read what `to_json` wrote."""
        outputs = {
            key: [artifact_from_json(each, root) for each in made]
            for key, made in written["outputs"].items()
        }
        process = Process(**written["process"]) if written["process"] else None
        files = {module: _absolute(file, root) for module, file in written["files"].items()}
        found = {"state": State(written["state"]), "files": files, "outputs": outputs}
        return cls(**{**written, **found, "process": process})


def artifact_to_json(artifact: Artifact, root: Path) -> dict[str, Any]:
    """Return an artifact as a JSON value; its folder relative to ``root`` if it lies there."""
    cls = type(artifact)
    standard = STANDARD_TYPES.get(cls.TYPE_NAME) is cls
    return {
        "type": cls.TYPE_NAME,
        "class": None if standard else f"{cls.__module__}:{cls.__qualname__}",
        "id": artifact.id,
        "uri": _relative(artifact.uri, root),
        "digest": artifact.digest,
        "files": {
            name: [known.size, known.mtime_ns, known.inode, known.sha256]
            for name, known in artifact.files.items()
        },
        "state": artifact.state.value,
        "name": artifact.name,
        "pipeline_name": artifact.pipeline_name,
        "producer_component": artifact.producer_component,
        "is_external": artifact.is_external,
        "properties": dict(artifact.properties),
        "custom_properties": dict(artifact.custom_properties),
    }


def artifact_from_json(written: Mapping[str, Any], root: Path) -> Artifact:
    """Read what `artifact_to_json` wrote.

    A type whose class is gone or cannot be imported is read as a plain artifact of its name.
    """
    artifact = _artifact_class(written["type"], written["class"])(_absolute(written["uri"], root))
    artifact.id = written["id"]
    artifact.digest = written["digest"]
    artifact.files = {name: FileDigest(*fields) for name, fields in written["files"].items()}
    artifact.state = ArtifactState(written["state"])
    artifact.name = written["name"]
    artifact.pipeline_name = written["pipeline_name"]
    artifact.producer_component = written["producer_component"]
    artifact.is_external = written["is_external"]
    artifact.properties = dict(written["properties"])
    artifact.custom_properties = dict(written["custom_properties"])
    return artifact


def _relative(uri: str, root: Path) -> str:
    path = Path(uri)
    if "://" in uri or not path.is_relative_to(root):
        return uri
    return f"./{path.relative_to(root).as_posix()}"


def _absolute(uri: str, root: Path) -> str:
    return str(root / uri) if uri.startswith("./") else uri


def _artifact_class(type_name: str, qualified: str | None) -> type[Artifact]:
    if qualified is None:
        return STANDARD_TYPES[type_name]
    known = [each for each in _subclasses(Artifact) if each.__module__ != __name__][::-1]
    for each in known:
        if f"{each.__module__}:{each.__qualname__}" == qualified:
            return each
    # a module may have another name in the process that wrote this
    name = qualified.partition(":")[2]
    for each in known:
        if (each.__qualname__, each.TYPE_NAME) == (name, type_name):
            return each
    return type(type_name, (Artifact,), {"TYPE_NAME": type_name})


def _subclasses(cls: type[Artifact]) -> list[type[Artifact]]:
    return [found for each in cls.__subclasses__() for found in (each, *_subclasses(each))]
