"""The study on disk: Optuna's journal, opened so that a killed study goes on.

What a kill leaves behind is cleaned away first: locks that nobody holds, a half-written line at
the end, and trials that were running. The latter leave no trace (the journal is written anew
without them), so a resumed study numbers, samples and reports as one that was never killed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock, Timeout
from optuna import Study
from optuna.storages import JournalStorage
from optuna.storages.journal import (
    BaseJournalBackend,
    JournalFileBackend,
    JournalFileOpenLock,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from minitfx.errors import TuningError

FILE = "study.log"
"""Name of the journal; `optuna-dashboard` opens it."""

STUDY = "study"
"""Name of the study in the journal."""

ABORTED = "ended_study"
"""Attribute of a failed trial whose error ended the study; it is tried again."""

_ORIGIN = "minitfx:origin"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep a study's folder to this process while the ``with`` block runs.

    Raises
    ------
    TuningError
        If another process has it.
    """
    lock = FileLock(folder / "study.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise TuningError(
            f"another process is running the study in {folder}; wait for it, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def open_study(folder: Path, template: Study, seed: int) -> Study:
    """Return the study in a folder, made like ``template`` if it is not there yet.

    Parameters
    ----------
    folder : Path
        Where ``study.log`` is, or will be. No other process may use it (`hold`).
    template : optuna.Study
        Gives sampler, pruner, directions, metric names, attributes, and the trials to begin
        with.
    seed : int
        Recorded in a new study; see `Origin`.

    Raises
    ------
    TuningError
        If there is a file, and it is not a journal of such a study.
    """
    path = folder / FILE
    for leftover in folder.glob(f"{FILE}.*"):
        leftover.unlink()
    if path.exists():
        _drop_torn_line(path)
        _tidy(path, template)
    else:
        given = list(template.trials)
        origin = Origin(seed, sum(trial.state.is_finished() for trial in given))
        _write(path, template, given, _system_attrs(template) | {_ORIGIN: [*vars(origin).values()]})
    return attach(path, template)


def attach(path: Path, template: Study) -> Study:
    """Return the study of a journal with the sampler and pruner of ``template``."""
    return optuna.load_study(
        study_name=STUDY, storage=_storage(path), sampler=template.sampler, pruner=template.pruner
    )


@dataclass(frozen=True)
class Origin:
    """What a study started from.

    Attributes
    ----------
    seed : int
        The number that seeds its trials (see `minitfx.training.seeding`).
    given : int
        How many finished trials it was given to begin with.
    """

    seed: int
    given: int

    @classmethod
    def of(cls, study: Study) -> Origin:
        """Return the origin of a study that `open_study` returned."""
        seed, given = _system_attrs(study)[_ORIGIN]
        return cls(seed, given)


class _Backend(BaseJournalBackend):
    """Optuna's journal in a file, flushed to the disk when a trial ends instead of at every line.

    A line reaches the operating system at once, so that nothing is lost when the process is
    killed. When the machine dies, finished trials stay; what was running is tried again anyway.

    Parameters
    ----------
    path : Path
        The file.
    synced : bool
        Whether to flush at all.
    """

    def __init__(self, path: Path, synced: bool) -> None:
        # Links, Optuna's other kind of lock, need a privilege on Windows.
        self._lock = JournalFileOpenLock(str(path))
        self._file = JournalFileBackend(str(path), self._lock)
        self._path = path
        self._synced = synced

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the lines from a number on."""
        return iter(self._file.read_logs(log_number_from))

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append lines."""
        text = "".join(f"{json.dumps(log, separators=(',', ':'))}\n" for log in logs)
        self._lock.acquire()
        try:
            with self._path.open("ab") as file:
                file.write(text.encode())
                file.flush()
                if self._synced and any("datetime_complete" in log for log in logs):
                    os.fsync(file.fileno())
        finally:
            self._lock.release()


def _storage(path: Path, synced: bool = True) -> JournalStorage:
    return JournalStorage(_Backend(path, synced))


def _drop_torn_line(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def _tidy(path: Path, template: Study) -> None:
    """Write the journal anew without trials that did not come to an end, if there are any."""
    try:
        study = attach(path, template)
        Origin.of(study)
    except (KeyError, ValueError) as error:
        raise TuningError(
            f"{path} is not the journal of a Tuner ({type(error).__name__}: {error}); delete it"
        ) from error
    trials = study.trials
    kept = [_resumed(trial) for trial in trials]
    if kept != trials:
        whole = [trial for trial in kept if trial is not None]
        _write(path, study, whole, _system_attrs(study))


def _resumed(trial: FrozenTrial) -> FrozenTrial | None:
    """Return the trial as it is kept, waiting again if it was asked for by name, or None."""
    if trial.state != TrialState.RUNNING and ABORTED not in trial.user_attrs:
        return trial
    fixed = trial.system_attrs.get("fixed_params")
    if fixed is None:
        return None
    return create_trial(state=TrialState.WAITING, system_attrs={"fixed_params": fixed})


def _write(
    path: Path, like: Study, trials: Collection[FrozenTrial], system: Mapping[str, Any]
) -> None:
    """Write a journal beside ``path`` and move it there when it is whole."""
    aside = path.with_name(f"{path.name}.new")
    study = optuna.create_study(
        storage=_storage(aside, synced=False),
        study_name=STUDY,
        directions=like.directions,
        sampler=like.sampler,
        pruner=like.pruner,
    )
    for key, value in like.user_attrs.items():
        study.set_user_attr(key, value)
    for key, value in system.items():
        study._storage.set_study_system_attr(study._study_id, key, value)
    study.add_trials(trials)
    with aside.open("ab") as file:
        os.fsync(file.fileno())
    aside.replace(path)


def _system_attrs(study: Study) -> dict[str, Any]:
    return dict(study._storage.get_study_system_attrs(study._study_id))
