"""Garbage: what lies below a pipeline root and nobody can need.

What a run that is under way may need is never garbage, nor is anything that was touched within the
last hour. What lies below the root and is not minitfx's is not looked at: a payload's place is
known from the records.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minitfx.artifact import ArtifactState
from minitfx.catalog.deletion import running, settle_marks
from minitfx.catalog.files import remove_tree
from minitfx.catalog.sql import in_list
from minitfx.catalog.store import Catalog
from minitfx.execution import State
from minitfx.faultpoint import passing

DELETED_PAYLOAD = "deleted payload"

_PAYLOAD = "payload"
_HOUR_S = 3600.0
_PLACE = re.compile(r"(\d+)(?:-\d+)?")
_ASIDE = re.compile(r"\..+\.(tmp|new|new\.wal)|digests\.\d+\.tmp")


@dataclass(frozen=True)
class Garbage:
    """One piece of garbage.

    Attributes
    ----------
    path : Path
        A file or folder.
    kind : str
        `DELETED_PAYLOAD`, ``orphan``, ``staging``, ``scratch``, ``frame``, ``log`` or
        ``temporary file``.
    bytes : int
        How large it is.
    """

    path: Path
    kind: str
    bytes: int


def find_garbage(catalog: Catalog, *, older_than_s: float = _HOUR_S) -> list[Garbage]:
    """Return what nobody can need below the catalog's root.

    Parameters
    ----------
    catalog : Catalog
        The catalog.
    older_than_s : float
        What was touched within so many seconds is left alone; the payload of an artifact that
        somebody deleted goes all the same.

    Notes
    -----
    Each thing is seen first and its evidence looked up afterwards: what a run makes meanwhile is
    either not seen, or its claim or record is.
    """
    seen = [
        *_payloads(catalog),
        *_entries(catalog, "staging"),
        *_entries(catalog, "scratch"),
        *_entries(catalog, "frames", "frame"),
        *_entries(catalog, "logs", "log"),
        *_temporary(catalog),
    ]
    catalog.flush()
    settle_marks(catalog)
    evidence = _Evidence(catalog)
    limit = time.time() - older_than_s
    found = []
    for path, kind in seen:
        if not evidence.needs(path, kind):
            kind = evidence.kind_of_payload(path) if kind == _PAYLOAD else kind
            if kind == DELETED_PAYLOAD or _touched(path) <= limit:
                found.append(Garbage(path, kind, _size(path)))
    return found


def collect(garbage: Iterable[Garbage]) -> int:
    """Remove garbage and return how many bytes it was."""
    removed = 0
    for each in garbage:
        passing("garbage to be removed")
        if each.path.is_dir():
            remove_tree(each.path)
        else:
            each.path.unlink(missing_ok=True)
        removed += each.bytes
    return removed


class _Evidence:
    """What the records say of what was seen."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.records = catalog.records
        self.running = {each.id: each for each in running(catalog)}
        self.claimed = {each.id for each in catalog.claims.pending()} - {None}
        places = catalog.query(
            "SELECT DISTINCT e.node_id, a.output_key FROM artifact a "
            "JOIN execution e ON e.id = a.execution_id WHERE NOT a.is_external"
        )
        self.places = {(str(node), str(key)) for node, key in places}
        under_way = list(self.running.values())
        self.resumable = {each.fingerprint for each in under_way} | self._resumable()
        self.frames = self._frames() | {
            digest for each in under_way for digest in _frames_in(json.dumps(dict(each.parameters)))
        }

    def needs(self, path: Path, kind: str) -> bool:
        """Whether somebody may need what lies there."""
        if kind == _PAYLOAD:
            return self._needs_payload(path)
        if kind == "staging":
            return not path.name.isdigit() or not self._has_ended(int(path.name))
        if kind == "log":
            return not path.stem.isdigit() or self._needs_log(int(path.stem))
        if kind == "scratch":
            return path.name in self.resumable
        if kind == "frame":
            return path.stem in self.frames
        return False

    def kind_of_payload(self, path: Path) -> str:
        """Return what kind of garbage a payload is: deleted, or of no execution."""
        return DELETED_PAYLOAD if self._states_of(path) else "orphan"

    def _needs_payload(self, path: Path) -> bool:
        node_id, key = path.parent.parent.name, path.parent.name
        id = _id_of(path)
        execution = self.records.execution(id)
        if execution is None:
            return id in self.claimed or (node_id, key) not in self.places
        if execution.node_id != node_id:
            return True
        return any(state is not ArtifactState.DELETED for state in self._states_of(path))

    def _states_of(self, path: Path) -> list[ArtifactState]:
        """Return the state of the artifact whose payload lies there; empty if there is none."""
        execution = self.records.execution(_id_of(path))
        made = execution.outputs.values() if execution is not None else ()
        return [
            artifact.state for artifacts in made for artifact in artifacts if artifact.path == path
        ]

    def _has_ended(self, id: int) -> bool:
        if id in self.running:
            return False
        return self.records.execution(id) is not None or id not in self.claimed

    def _needs_log(self, id: int) -> bool:
        execution = self.records.execution(id)
        if execution is None:
            return id in self.claimed
        run = self.records.run(execution.run_id)
        return run is None or run.state is not State.DELETED

    def _resumable(self) -> set[str | None]:
        """Return the fingerprints that failed, and have not completed since."""
        rows = self.catalog.query(
            "SELECT DISTINCT e.fingerprint FROM execution e LEFT JOIN run r USING (run_id) "
            f"WHERE e.state IN {in_list(['FAILED', 'CANCELED', 'ABANDONED'])} "
            "AND coalesce(r.state, '') <> 'DELETED' AND e.fingerprint NOT IN "
            "(SELECT fingerprint FROM execution WHERE state = 'COMPLETE' "
            "AND fingerprint IS NOT NULL)"
        )
        return {row[0] for row in rows}

    def _frames(self) -> set[str]:
        rows = self.catalog.query(
            "SELECT p.value FROM execution_property p JOIN execution e ON e.id = p.execution_id "
            "LEFT JOIN run r USING (run_id) "
            "WHERE contains(p.value, '$frame') AND coalesce(r.state, '') <> 'DELETED'"
        )
        return {digest for (value,) in rows for digest in _frames_in(value)}


def _id_of(path: Path) -> int:
    return int(path.name.partition("-")[0])


def _frames_in(written: str) -> list[str]:
    return re.findall(r'"\$frame": \["([0-9a-f]{64})"', written)


def _payloads(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    """Yield the folders that lie where payloads do: node, output key, execution id."""
    for node in _folders(catalog.root):
        for key in _folders(node):
            for payload in _folders(key):
                if _PLACE.fullmatch(payload.name):
                    yield payload, _PAYLOAD


def _entries(catalog: Catalog, folder: str, kind: str = "") -> Iterator[tuple[Path, str]]:
    place = catalog.records.system / folder
    if place.is_dir():
        for name in os.listdir(place):
            if not name.startswith("."):
                yield place / name, kind or folder


def _temporary(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    system = catalog.records.system
    folders = [catalog.path.parent, system, system / "executions", system / "runs"]
    for folder in [*folders, system / "frames"]:
        if folder.is_dir():
            for name in os.listdir(folder):
                if _ASIDE.fullmatch(name):
                    yield folder / name, "temporary file"


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                folder / each.name
                for each in entries
                if not each.name.startswith(".") and each.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def _files(path: Path) -> Iterator[os.stat_result]:
    """Yield the stat of a file, or of a folder and all below it."""
    places = [path]
    if path.is_dir() and not path.is_symlink():
        places += [Path(top) / name for top, dirs, names in os.walk(path) for name in dirs + names]
    for each in places:
        try:
            yield each.lstat()
        except OSError:
            continue


def _size(path: Path) -> int:
    return sum(found.st_size for found in _files(path) if not stat.S_ISDIR(found.st_mode))


def _touched(path: Path) -> float:
    """Return when anything of it was written, renamed or linked last."""
    return max((max(each.st_mtime, each.st_ctime) for each in _files(path)), default=0.0)
