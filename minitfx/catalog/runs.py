"""Runs of a catalog: how one begins."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from minitfx.catalog.records import Run
from minitfx.catalog.store import Catalog
from minitfx.execution import State, this_process
from minitfx.faultpoint import passing


def begin_run(
    catalog: Catalog, pipeline_name: str, parameters: Mapping[str, Any], base_run_id: str | None
) -> Run:
    """Win a run id, and record that the run is under way.

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
    """
    moment = time.time()
    claim = None
    while claim is None:
        run_id = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
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
    )
    catalog.records.write_run(run)
    return run
