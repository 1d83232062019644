"""The records below ``<pipeline_root>/.system``: the truth that the catalog is an index of.

::

    executions/<id>.json     one per execution that has ended; writing it is the commit
    runs/<run_id>.json       one per run
    claims/                  what is under way, or not in the catalog yet (see `claims`)
    fingerprints/<xx>        which executions completed with which fingerprint
    staging/<id>/            outputs that are being written
    scratch/<fingerprint>/   work folders, kept when a node fails
    locks/<xx>.lock          who uses a work folder
    logs/<id>.log            what a node printed
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from minitfx.catalog.claims import Claim
from minitfx.catalog.files import make_folder, read_json, remove_tree, write_json
from minitfx.errors import StorageError
from minitfx.execution import Execution, Process, State, this_process
from minitfx.faultpoint import passing

_FOLDERS = ("executions", "runs", "fingerprints", "staging", "scratch", "logs")


@dataclass(frozen=True)
class Run:
    """One execution of a pipeline.

    Attributes
    ----------
    run_id : str
        Unique below its root; sorts by time.
    pipeline_name : str
        The pipeline.
    state : State
        ``RUNNING``, ``COMPLETE``, ``FAILED``, ``CANCELED`` or ``ABANDONED``.
    started_at : float
        Seconds since 1970.
    seconds : float or None
        How long it took.
    parameters : dict
        Values of the runtime parameters.
    base_run_id : str or None
        The run whose outputs stand in for the nodes that were left out.
    process : Process or None
        Who ran it.
    upstream : dict of str to list of str
        Every node of the pipeline, in its order, with those that it waits for; also the nodes
        that the run never came to.
    """

    run_id: str
    pipeline_name: str
    state: State
    started_at: float
    seconds: float | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    base_run_id: str | None = None
    process: Process | None = None
    upstream: dict[str, list[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the run as a JSON value."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        process = vars(self.process) if self.process else None
        return {**fields, "state": str(self.state), "process": process}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> Run:
        """Read what `to_json` wrote."""
        process = Process(**written["process"]) if written["process"] else None
        return cls(**{**written, "state": State(written["state"]), "process": process})


class Records:
    """The records of one pipeline root.

    Parameters
    ----------
    root : Path
        The pipeline root; its ``.system`` folder is made if need be.

    Raises
    ------
    StorageError
        If it cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.system = root / ".system"
        if not all((self.system / name).is_dir() for name in _FOLDERS):
            for name in _FOLDERS:
                make_folder(self.system / name)
        self.executions_folder = self.system / "executions"

    @property
    def is_writable(self) -> bool:
        """Whether this process may write below the root."""
        return os.access(self.executions_folder, os.W_OK)

    def has_any(self) -> bool:
        """Whether there is any record of an execution or a run."""
        folders = (self.executions_folder, self.system / "runs")
        return any(name.endswith(".json") for folder in folders for name in os.listdir(folder))

    def staging(self, id: int) -> Path:
        """Return the folder in which an execution writes its outputs."""
        return self.system / "staging" / str(id)

    def scratch(self, fingerprint: str) -> Path:
        """Return the work folder of a fingerprint."""
        return self.system / "scratch" / fingerprint

    def claim_scratch(self, fingerprint: str) -> Callable[[], None] | None:
        """Keep a work folder to one execution, as two would write over each other.

        One of 256 lock files stands for all fingerprints that begin alike, so that nobody has to
        clear them away.

        Returns
        -------
        callable or None
            Gives the folder back, as the end of the process does; None while somebody has it.
        """
        from filelock import FileLock, Timeout

        make_folder(self.system / "locks")
        lock = FileLock(str(self.system / "locks" / f"{fingerprint[:2]}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock.release

    def log(self, id: int) -> Path:
        """Return the file of what an execution printed."""
        return self.system / "logs" / f"{id}.log"

    def commit(self, execution: Execution) -> None:
        """Write the record of an execution that has ended: the commit."""
        if execution.state is State.COMPLETE and execution.fingerprint:
            self._index(execution.fingerprint, execution.id)
            passing("fingerprint indexed")
        durable = execution.state not in (State.CACHED, State.SKIPPED, State.BLOCKED)
        path = self.executions_folder / f"{execution.id}.json"
        write_json(path, execution.to_json(self.root), durable=durable)

    def rewrite(self, execution: Execution) -> None:
        """Write the record of an execution anew: the states of its artifacts have changed."""
        path = self.executions_folder / f"{execution.id}.json"
        write_json(path, execution.to_json(self.root))

    def execution(self, id: int) -> Execution | None:
        """Return an execution that has ended, or None if there is no such record."""
        written = read_json(self.executions_folder / f"{id}.json")
        return None if written is None else Execution.from_json(written, self.root)

    def executions(self) -> Iterator[Execution]:
        """Yield every execution that has ended, by id."""
        names = (name.removesuffix(".json") for name in os.listdir(self.executions_folder))
        for id in sorted(int(name) for name in names if name.isdigit()):
            found = self.execution(id)
            if found is not None:
                yield found

    def completed(self, fingerprint: str) -> Iterator[Execution]:
        """Yield the executions that completed with a fingerprint, newest first."""
        for id in sorted(self._indexed(fingerprint), reverse=True):
            found = self.execution(id)
            if found and found.state is State.COMPLETE and found.fingerprint == fingerprint:
                yield found

    def index_again(self) -> None:
        """Add what the index of fingerprints lacks, such as after it was lost."""
        wanted: dict[str, set[int]] = {}
        for execution in self.executions():
            if execution.state is State.COMPLETE and execution.fingerprint:
                wanted.setdefault(execution.fingerprint, set()).add(execution.id)
        for fingerprint, ids in wanted.items():
            for id in sorted(ids - self._indexed(fingerprint)):
                self._index(fingerprint, id)

    def write_run(self, run: Run) -> None:
        """Write the record of a run, under way or ended."""
        durable = run.state is not State.RUNNING
        write_json(self._run_record(run.run_id), run.to_json(), durable=durable)

    def run(self, run_id: str) -> Run | None:
        """Return a run, or None if there is no such record."""
        written = read_json(self._run_record(run_id))
        return None if written is None else Run.from_json(written)

    def runs(self) -> Iterator[Run]:
        """Yield every run, by id."""
        for path in sorted((self.system / "runs").glob("*.json")):
            found = self.run(path.stem)
            if found is not None:
                yield found

    def end_dead(self, claim: Claim) -> None:
        """Write the end of a claimed execution or run whose process has died, if it has."""
        if claim.id is None:
            run = self.run(claim.run_id)
            if run and run.state is State.RUNNING and _is_dead(run.process, run.run_id):
                self.write_run(replace(run, state=State.ABANDONED))
            return
        execution = claim.running()
        if execution is None or (self.executions_folder / f"{claim.id}.json").exists():
            return
        if _is_dead(execution.process, execution.run_id):
            ended = execution.moved(State.ABANDONED, cause="its process ended without a word")
            self.commit(ended)
            remove_tree(self.staging(claim.id))

    def _run_record(self, run_id: str) -> Path:
        return self.system / "runs" / f"{run_id}.json"

    def _shard(self, fingerprint: str) -> Path:
        return self.system / "fingerprints" / fingerprint[:2]

    def _indexed(self, fingerprint: str) -> set[int]:
        """Return the executions that completed with a fingerprint, or were about to."""
        try:
            lines = self._shard(fingerprint).read_text("ascii", "replace").splitlines()
        except OSError:
            return set()
        return {
            int(line[65:]) for line in lines if line[:64] == fingerprint and line[65:].isdigit()
        }

    def _index(self, fingerprint: str, id: int) -> None:
        """Append one line in one write, so that lines of several processes do not mix.

        It begins with the end of a line, lest it be joined to one that a full disk cut off. It is
        written before the record: without one it says nothing, and none is ever without it.
        """
        path = self._shard(fingerprint)
        line = f"\n{fingerprint} {id}\n".encode("ascii")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                written = os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
        if written < len(line):
            raise StorageError(f"cannot write {path}: no space left")


under_way: set[str] = set()
"""The ids of the runs that this process is busy with."""


def _is_dead(process: Process | None, run_id: str) -> bool:
    """Whether nobody is busy with a run any more, though no end of it is recorded."""
    if process is None:
        return False
    if process == this_process():
        return run_id not in under_way
    return not process.is_alive()
