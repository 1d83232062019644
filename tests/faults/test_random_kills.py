"""A process may be killed at any moment.

30 times by default, 25 of them the driver. ``MINITFX_KILLS=200 python -m pytest
tests/faults/test_random_kills.py`` kills the driver so often, and a worker an eighth as often, on
the penguin pipeline with all that computes (not InfraValidator and Pusher, whose outputs name ports
and times); ``MINITFX_SEED`` repeats what a failure printed.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from faulty import assert_recovers, assert_sound, digests, run, run_in_child, start
from parts import Count, Source, Train
from restless import Asleep

from minitfx import Pipeline
from minitfx.process_tree import descendants

PENGUIN = Path(__file__).parent.parent.parent / "examples" / "penguin"
ASKED = int(os.environ.get("MINITFX_KILLS", "0"))
KILLS = ASKED or 25
WORKER_KILLS = max(5, ASKED // 8)
SEED = int(os.environ.get("MINITFX_SEED") or time.time_ns() % 1_000_000)

Digests = dict[str, list[str | None]]


def build(root: Path) -> Pipeline:
    """Return the penguin pipeline: its data components, or all but the slowest when asked."""
    from minitfx.cli.project import load_pipeline

    whole = load_pipeline(PENGUIN / "pipeline.py", str(root))
    left_out = {"InfraValidator", "Pusher"}
    if not ASKED:
        left_out |= {"Transform", "Tuner", "Trainer", "latest_blessed_model", "Evaluator"}
        left_out |= {"BulkInferrer"}
    nodes = [node for node in whole.components if node.id not in left_out]
    return Pipeline("penguin", root, nodes, enable_cache=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Digests, float]:
    """What a run gives, and how many seconds it takes in a process of its own."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert run_in_child(folder / "first", build) == 0
    began = time.monotonic()
    assert run_in_child(folder / "second", build) == 0
    seconds = time.monotonic() - began
    return digests(run(folder / "third", build)), seconds


@pytest.mark.parametrize("number", range(KILLS))
def test_the_driver_is_killed(number: int, undisturbed: tuple[Digests, float], root: Path) -> None:
    print(f"MINITFX_SEED={SEED}")
    expected, seconds = undisturbed
    chance = random.Random(f"{SEED} driver {number}")
    process = start(root, build)
    time.sleep(chance.uniform(0, 1.1 * seconds))
    process.kill()
    process.join()
    if (root / ".system" / "executions").is_dir():
        assert_recovers(root, build, expected)
    else:
        assert digests(run(root, build)) == expected


def with_workers(root: Path) -> Pipeline:
    source = Source()
    count = Count(source.outputs["examples"])
    nodes = [source, count, Train(count.outputs["statistics"]), Asleep(0.3, "").with_id("slow")]
    return Pipeline("demo", root, nodes, enable_cache=True)


@pytest.mark.parametrize("number", range(WORKER_KILLS))
def test_a_worker_is_killed(number: int, root: Path) -> None:
    print(f"MINITFX_SEED={SEED}")
    chance = random.Random(f"{SEED} worker {number}")
    process = start(root, with_workers, isolation="process")
    moment = time.monotonic() + chance.uniform(0.2, 1.5)
    workers: list[int] = []
    while process.is_alive() and not (workers and time.monotonic() > moment):
        workers = descendants(process.pid)
        time.sleep(0.005)
    if workers:
        os.kill(chance.choice(workers), signal.SIGKILL)
    process.join(60)
    assert process.exitcode in (0, 1)
    done = assert_sound(root)
    result = run(root, with_workers)
    for name, node in result.nodes.items():
        assert str(node.state) == ("CACHED" if name in done else "COMPLETE")
    (model,) = result.artifacts("Train", "model")
    assert (model.path / "model.txt").read_text() == "5"
