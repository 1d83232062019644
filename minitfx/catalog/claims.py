"""Claims: what is under way, or ended but not in the catalog yet.

A claim is a folder whose name is an execution id, or ``run-`` and a run id; ``os.mkdir`` is the
arbiter between processes. It is given up once the catalog has the rows, so the claims are exactly
what the catalog lacks: whoever takes the next lease adopts the records behind them.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from minitfx.catalog.files import make_folder, read_json, remove_tree, write_json
from minitfx.errors import StorageError
from minitfx.execution import Execution
from minitfx.faultpoint import passing

_FORGOTTEN_S = 3600.0
_CHANGED = "changed"
_DONE = "done"


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes
    ----------
    folder : Path
        Its folder.
    root : Path
        The pipeline root that it belongs to.
    id : int or None
        The execution's id; None for a run.
    run_id : str
        The run's id; empty for an execution.
    """

    folder: Path
    root: Path
    id: int | None
    run_id: str = ""

    def begin(self, execution: Execution) -> None:
        """Note that the execution is under way, by whom."""
        write_json(self.folder / "running.json", execution.to_json(self.root), durable=False)

    def running(self) -> Execution | None:
        """Return the execution as its process noted it, or None."""
        written = read_json(self.folder / "running.json")
        return None if written is None else Execution.from_json(written, self.root)

    def begin_change(self) -> None:
        """Note that a record that the catalog knows already is about to change."""
        make_folder(self.folder)
        (self.folder / _DONE).unlink(missing_ok=True)
        (self.folder / _CHANGED).touch()

    @property
    def is_changed(self) -> bool:
        """Whether the record has changed since the catalog learnt of it."""
        return (self.folder / _CHANGED).exists()

    def is_forgotten(self) -> bool:
        """Whether its process died before it could write anything, a good while ago."""
        try:
            return time.time() - self.folder.stat().st_mtime > _FORGOTTEN_S
        except OSError:
            return False


class Claims:
    """The claims of one catalog.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    home : Path
        The root that a claim belongs to unless it says otherwise.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        self._is_shared = not folder.is_relative_to(home / ".system")
        self._latest = 0
        make_folder(folder)

    def win(self, root: Path, taken: Path) -> Claim:
        """Win an execution id that nobody else has, higher than those before it.

        Parameters
        ----------
        root : Path
            The pipeline root.
        taken : Path
            The folder of the records; an id with a record there is taken.

        Notes
        -----
        The folder of the highest id stays when it is given up, so ids grow also when the catalog
        is lost. An id that was won once, and given up since, is known by its record; of a catalog
        that several roots share, by a higher claim.
        """
        candidate = 0 if self._is_shared else self._latest
        candidate = candidate or max(self._ids(), default=0) or _highest(taken)
        while True:
            candidate += 1
            folder = self.folder / str(candidate)
            if not self._make(folder, root):
                continue
            highest = max(self._ids()) if self._is_shared else candidate
            if highest > candidate or (taken / f"{candidate}.json").exists():
                remove_tree(folder)
                candidate = max(candidate, *self._ids(), 0)
                continue
            passing("id claimed")
            self._latest = candidate
            return Claim(folder, root, candidate)

    def of_execution(self, root: Path, id: int) -> Claim:
        """Return the claim to an execution, which may have been given up."""
        return Claim(self.folder / str(id), root, id)

    def of_run(self, root: Path, run_id: str) -> Claim:
        """Return the claim to a run, which may have been given up."""
        return Claim(self.folder / f"run-{run_id}", root, None, run_id)

    def win_run(self, root: Path, run_id: str) -> Claim | None:
        """Win a run id; None if somebody has it."""
        folder = self.folder / f"run-{run_id}"
        return Claim(folder, root, None, run_id) if self._make(folder, root) else None

    def pending(self) -> list[Claim]:
        """Return all claims that were not given up, executions by id and then runs."""
        names = os.listdir(self.folder)
        ids = sorted(int(name) for name in names if name.isdigit())
        if ids and (self.folder / str(ids[-1]) / _DONE).exists():
            ids.pop()
        runs = sorted(name for name in names if name.startswith("run-"))
        found = [
            Claim(folder, self._root(folder), id)
            for id, folder in ((id, self.folder / str(id)) for id in ids)
        ]
        for name in runs:
            folder = self.folder / name
            found.append(Claim(folder, self._root(folder), None, name.removeprefix("run-")))
        return found

    def give_up(self, claims: list[Claim]) -> None:
        """Remove claims; that of the highest id stays, with a note that it was given up."""
        highest = max(self._ids(), default=0)
        for claim in claims:
            passing("claim to be given up")
            if claim.id is not None and claim.id == highest:
                (claim.folder / _DONE).touch()
                for name in ("running.json", _CHANGED):
                    (claim.folder / name).unlink(missing_ok=True)
            else:
                remove_tree(claim.folder)

    def _ids(self) -> list[int]:
        return [int(name) for name in os.listdir(self.folder) if name.isdigit()]

    def _make(self, folder: Path, root: Path) -> bool:
        try:
            folder.mkdir()
            if root != self.home:
                (folder / "root").write_text(str(root), "utf-8")
        except FileExistsError:
            return False
        except OSError as error:
            raise StorageError(f"cannot write to {self.folder}: {error.strerror}") from error
        return True

    def _root(self, folder: Path) -> Path:
        if not self._is_shared:
            return self.home
        try:
            return Path((folder / "root").read_text("utf-8"))
        except OSError:
            return self.home


def _highest(records: Path) -> int:
    names = (name.removesuffix(".json") for name in os.listdir(records))
    return max((int(name) for name in names if name.isdigit()), default=0)
