"""Three runs and five readers at once, on one catalog.

``MINITFX_SECONDS=60 python -m pytest tests/catalog/test_many_processes.py`` lets them go on for a
minute, and holds the readers to less than a second.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from faulty import assert_sound
from parts import Count, Source, Train

from minitfx import LocalDagRunner, Pipeline
from minitfx.catalog.session import open_catalog, query

ASKED = float(os.environ.get("MINITFX_SECONDS", "0"))
SECONDS = ASKED or 8.0
PATIENCE_S = 1.0 if ASKED else 15.0

QUESTIONS = [
    "SELECT run_id, state, count(*) FROM nodes GROUP BY ALL ORDER BY 1",
    "SELECT * FROM runs ORDER BY run_id DESC LIMIT 20",
    "SELECT n.node_id, count(*), avg(seconds) FROM nodes n GROUP BY 1",
    "SELECT count(*) FROM lineage_up((SELECT max(artifact_id) FROM artifacts))",
    "SELECT count(*) FROM lineage_down((SELECT min(artifact_id) FROM artifacts))",
]


def keep_running(root: Path, name: str, until: float, answers: Any) -> None:
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
    runs, number = [], 0
    while time.time() < until:
        number += 1
        source = Source(text=f"{name} {number // 2}")
        count = Count(source.outputs["examples"])
        nodes = [source, count, Train(count.outputs["statistics"])]
        runs.append(LocalDagRunner(workers=2).run(Pipeline(name, root, nodes, True)).run_id)
    answers.put(("runs", runs))


def keep_asking(root: Path, question: str, until: float, answers: Any) -> None:
    catalog, times = open_catalog(root), []
    while time.time() < until:
        began = time.monotonic()
        query(catalog, question)
        times.append(time.monotonic() - began)
    answers.put(("times", times))


def test_nobody_waits_long_and_nothing_is_lost(root: Path) -> None:
    LocalDagRunner().run(Pipeline("first", root, [Source()]))
    context = multiprocessing.get_context("forkserver")
    answers = context.Queue()
    until = time.time() + SECONDS
    work = [(keep_running, name) for name in ("a", "b", "c")]
    work += [(keep_asking, question) for question in QUESTIONS]
    processes = [context.Process(target=do, args=(root, what, until, answers)) for do, what in work]
    for process in processes:
        process.start()
    told = [answers.get(timeout=SECONDS + 60) for _ in processes]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 8
    runs = [run_id for kind, found in told if kind == "runs" for run_id in found]
    times = [seconds for kind, found in told if kind == "times" for seconds in found]
    p95 = quantiles(times, n=20)[-1]
    print(f"{len(runs)} runs, {len(times)} answers, 95 of 100 within {p95:.3f} s")
    rows = query(
        open_catalog(root),
        "SELECT r.run_id, count(*) FROM runs r JOIN nodes USING (run_id) "
        "WHERE r.pipeline_name <> 'first' AND r.state = 'COMPLETE' GROUP BY 1",
    ).rows
    assert sorted(rows) == sorted((run_id, 3) for run_id in runs)
    assert_sound(root)
    assert p95 < PATIENCE_S
