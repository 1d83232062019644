"""Deleting runs, and with them the artifacts that nobody else needs.

::

    LIVE ──► MARKED_FOR_DELETION ──► DELETED
      ▲              │
      ╰──────────────╯  a run that was under way turned out to need it

Records are never removed: what was made, from what and when stays known. A mark keeps new runs
from using an artifact; its payload goes once every run that may have begun to use it has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from minitfx.artifact import ArtifactState
from minitfx.catalog.database import Connection
from minitfx.catalog.index import label_of
from minitfx.catalog.records import Records, Run
from minitfx.catalog.rows import is_own
from minitfx.catalog.sql import in_list, literal
from minitfx.catalog.store import Catalog
from minitfx.errors import CatalogError, did_you_mean
from minitfx.execution import Execution, State
from minitfx.faultpoint import passing

_BATCH = 50
_UNUSED = (
    "SELECT a.id FROM artifact a JOIN execution e ON e.id = a.execution_id "
    "WHERE e.run_id IN {runs} AND a.state = 'live' AND NOT a.is_external AND a.root = {root} "
    "AND a.id NOT IN (SELECT v.artifact_id FROM event v JOIN execution u ON u.id = v.execution_id "
    "LEFT JOIN run r ON r.run_id = u.run_id "
    "WHERE u.run_id NOT IN {runs} AND coalesce(r.state, '') <> 'DELETED') ORDER BY a.id"
)


@dataclass(frozen=True)
class Deletion:
    """What deleting some runs means.

    Attributes
    ----------
    run_ids : tuple of str
        The runs.
    artifact_ids : tuple of int
        Artifacts that they made and no other run needs.
    """

    run_ids: tuple[str, ...]
    artifact_ids: tuple[int, ...]


def plan_deletion(catalog: Catalog, run_ids: Sequence[str]) -> Deletion:
    """Return what deleting runs would delete.

    Raises
    ------
    CatalogError
        If a run is not known, or under way.
    """
    catalog.flush()
    for run_id in run_ids:
        run = catalog.records.run(run_id)
        if run is None:
            known = [each.run_id for each in catalog.records.runs()]
            raise CatalogError(f"there is no run {run_id!r}. {did_you_mean(run_id, known)}")
        if run.state is State.RUNNING:
            raise CatalogError(f"run {run_id} is under way; wait for it to end, or stop it")
    runs = in_list(run_ids)
    root = literal(label_of(catalog.root, catalog.home))
    rows = catalog.query(_UNUSED.format(runs=runs, root=root)) if run_ids else []
    held = {id for each in running(catalog) for ids in each.inputs.values() for id in ids}
    return Deletion(tuple(run_ids), tuple(id for (id,) in rows if id not in held))


def delete_runs(catalog: Catalog, run_ids: Sequence[str]) -> Deletion:
    """Mark runs as deleted, and for deletion what only they needed.

    Parameters
    ----------
    catalog : Catalog
        The catalog.
    run_ids : sequence of str
        The runs; each must have ended.

    Returns
    -------
    Deletion
        What was marked; the payloads go with the next `minitfx.catalog.garbage.collect`.

    Raises
    ------
    CatalogError
        If a run is not known, or under way.
    """
    deletion = plan_deletion(catalog, run_ids)
    marked = ArtifactState.MARKED_FOR_DELETION
    change_states(catalog, dict.fromkeys(deletion.artifact_ids, marked))
    catalog.ask(lambda _: _mark_runs(catalog, deletion.run_ids))
    catalog.flush()
    return deletion


def old_runs(catalog: Catalog, keep: int) -> list[str]:
    """Return the runs that have ended, of each pipeline, but the newest ``keep`` of it."""
    found: dict[str, list[str]] = {}
    for run in catalog.records.runs():
        if run.state not in (State.RUNNING, State.DELETED):
            found.setdefault(run.pipeline_name, []).append(run.run_id)
    return sorted(id for ids in found.values() for id in sorted(ids)[: max(0, len(ids) - keep)])


def running(catalog: Catalog) -> list[Execution]:
    """Return the executions that are under way."""
    found = (claim.running() for claim in catalog.claims.pending() if claim.id is not None)
    return [
        each
        for each in found
        if each is not None and not (catalog.records.executions_folder / f"{each.id}.json").exists()
    ]


def change_states(catalog: Catalog, states: Mapping[int, ArtifactState]) -> None:
    """Write the states of artifacts into the records of the executions that made them."""
    ids = sorted({artifact_id // 1000 for artifact_id in states})
    for start in range(0, len(ids), _BATCH):
        change = partial(_change, catalog, ids[start : start + _BATCH], states)
        catalog.ask(change)


def _change(
    catalog: Catalog, ids: Sequence[int], states: Mapping[int, ArtifactState], _: Connection
) -> None:
    """Change records, while nobody else can bring them into the catalog."""
    for id in ids:
        execution = catalog.records.execution(id)
        if execution is None:
            continue
        for artifacts in execution.outputs.values():
            for artifact in artifacts:
                if is_own(artifact, execution) and artifact.id is not None:
                    artifact.state = states.get(artifact.id, artifact.state)
        catalog.claims.of_execution(catalog.root, id).begin_change()
        passing("deletion noted")
        catalog.records.rewrite(execution)
        passing("deletion recorded")


def _mark_runs(catalog: Catalog, run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        run = catalog.records.run(run_id)
        if run is not None:
            catalog.claims.of_run(catalog.root, run_id).begin_change()
            passing("deletion of a run noted")
            catalog.records.write_run(replace(run, state=State.DELETED))


def settle_marks(catalog: Catalog) -> None:
    """Decide about the artifacts that are marked: alive again if needed, else deleted.

    Nothing is decided about one that was marked while a run was under way that still is.
    """
    marked = dict(
        catalog.query(
            "SELECT a.id, a.execution_id FROM artifact a "
            "WHERE a.state = 'marked_for_deletion' "
            f"AND a.root = {literal(label_of(catalog.root, catalog.home))}"
        )
    )
    if not marked:
        return
    began = [run.started_at for run in catalog.records.runs() if run.state is State.RUNNING]
    needed = catalog.ask(lambda connection: _needed(connection, marked))
    needed |= {id for each in running(catalog) for ids in each.inputs.values() for id in ids}
    states: dict[int, ArtifactState] = {}
    for artifact_id, execution_id in marked.items():
        if artifact_id in needed:
            states[artifact_id] = ArtifactState.LIVE
        elif all(moment > _marked_at(catalog.records, execution_id) for moment in began):
            states[artifact_id] = ArtifactState.DELETED
    change_states(catalog, states)
    catalog.flush()


def _needed(connection: Connection, ids: Collection[int]) -> set[int]:
    rows = connection.execute(
        "SELECT DISTINCT v.artifact_id FROM event v JOIN execution e ON e.id = v.execution_id "
        "LEFT JOIN run r ON r.run_id = e.run_id "
        f"WHERE v.artifact_id IN {in_list(ids)} AND coalesce(r.state, '') <> 'DELETED'"
    ).fetchall()
    return {int(id) for (id,) in rows}


def _runs_under_way(catalog: Catalog) -> list[Run]:
    """Return the runs of every root of the catalog that have not ended."""
    claims = [claim for claim in catalog.claims.pending() if claim.id is None]
    found = [Records(claim.root).run(claim.run_id) for claim in claims]
    return [run for run in found if run is not None and run.state is State.RUNNING]


def _marked_at(records: Records, execution_id: int) -> float:
    return (records.executions_folder / f"{execution_id}.json").stat().st_mtime
