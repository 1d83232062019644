"""Runs of a catalog: how one begins."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from minitfx.catalog.records import Run, under_way
from minitfx.catalog.store import Catalog
from minitfx.execution import State, this_process
from minitfx.faultpoint import passing

_FORMAT = "%Y-%m-%dT%H-%M-%S.%f"


def begin_run(
    catalog: Catalog,
    pipeline_name: str,
    parameters: Mapping[str, Any],
    base_run_id: str | None,
    upstream: Mapping[str, list[str]] | None = None,
) -> Run:
    """Win a run id that sorts after those before it, and record that the run is under way.

    Parameters
    ----------
    catalog : Catalog
        Where it is recorded.
    pipeline_name : str
        The pipeline.
    parameters : mapping of str to object
        Values of the runtime parameters.
    base_run_id : str or None
        The earlier run that stands in for the nodes that are left out.
    upstream : mapping of str to list of str, optional
        Every node of the pipeline with those that it waits for.

    Notes
    -----
    A run id is the moment at which the run began; where the clock has been set back, one that
    follows that of the latest run.
    """
    moment = max(time.time(), _after(latest_run_id(catalog)))
    claim = None
    while claim is None:
        run_id = datetime.fromtimestamp(moment, UTC).strftime(_FORMAT)
        claim = catalog.claims.win_run(catalog.root, run_id)
        moment += 1e-6
    passing("run claimed")
    run = Run(
        run_id,
        pipeline_name,
        State.RUNNING,
        time.time(),
        parameters=dict(parameters),
        base_run_id=base_run_id,
        process=this_process(),
        upstream=dict(upstream or {}),
    )
    under_way.add(run_id)
    catalog.records.write_run(run)
    return run


def latest_run_id(catalog: Catalog) -> str:
    """Return the highest id of a run, ended or under way; empty if there is none."""
    ended = [
        name.removesuffix(".json")
        for root in catalog.place.roots()
        for name in os.listdir(root / ".system" / "runs")
        if not name.startswith(".")
    ]
    return max([*ended, *(claim.run_id for claim in catalog.claims.pending())], default="")


def _after(run_id: str) -> float:
    """Return the earliest moment whose run id sorts after another."""
    try:
        return datetime.strptime(run_id, _FORMAT).replace(tzinfo=UTC).timestamp() + 1e-6
    except ValueError:
        return 0.0
