"""A process may be killed at any moment, whichever of the eleven components it is busy with.

30 times by default, 25 of them the driver, of a pipeline that takes a second.
``MINITFX_KILLS=200 python -m pytest tests/faults/test_random_kills.py`` kills the driver of the
penguin example so often, a twentieth as often again while it pushes, and a worker an eighth as
often; ``MINITFX_SEED`` repeats what a failure printed.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import runpy
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import faulty
import pytest
import swift
from faulty import assert_recovers, assert_sound, digests, run, run_in_child, start

from minitfx import Pipeline
from minitfx.process_tree import descendants

PENGUIN = Path(__file__).parent.parent.parent / "examples" / "penguin"
ASKED = int(os.environ.get("MINITFX_KILLS", "0"))
KILLS = ASKED or 22
PUSH_KILLS = max(3, ASKED // 20)
WORKER_KILLS = max(5, ASKED // 8)
SEED = int(os.environ.get("MINITFX_SEED") or time.time_ns() % 1_000_000)
APART = ("Trainer", "InfraValidator", "Pusher")
"""The nodes whose workers are killed."""

_PATIENCE_S = 10.0

faulty.preload("swift", *swift.HEAVY, *(["sklearn.linear_model"] if ASKED else []))

Digests = dict[str, list[str | None]]
Files = dict[str, str]


def build(root: Path) -> Pipeline:
    """Return the pipeline that is killed: the penguin example where many kills are asked for."""
    if not ASKED:
        return swift.build(root)
    if str(PENGUIN) not in sys.path:
        sys.path.insert(0, str(PENGUIN))
    create = runpy.run_path(str(PENGUIN / "pipeline.py"))["create_pipeline"]
    pipeline: Pipeline = create(str(root), serving_model_dir=str(swift.served(root)), trials=3)
    return pipeline


def with_a_worker(victim: str, root: Path) -> Pipeline:
    pipeline = build(root)
    pipeline.nodes[victim].with_isolation("process")
    return pipeline


def versions(root: Path) -> dict[str, Files]:
    """Return every version that a server would find at the destination: its files' contents."""
    place = swift.served(root)
    folders = [each for each in place.glob("[!.]*") if each.is_dir() and not each.is_symlink()]
    return {
        folder.name: {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        for folder in folders
    }


def processes_of(root: Path) -> list[str]:
    """Return the command lines of all processes that name a root, such as its model's server."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes()
        except OSError:
            continue
        if str(root).encode() in line and file.parent.name != str(os.getpid()):
            found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found


def component_of(worker: int) -> str:
    """Return the component that a worker process is busy with; empty of any other process."""
    try:
        words = Path(f"/proc/{worker}/cmdline").read_text().split("\0")
        request = words[words.index("minitfx.worker") + 1]
        return json.dumps(json.loads(Path(request).read_text())["component"])
    except (OSError, ValueError):
        return ""


def assert_left_nothing_behind(root: Path, model: Files) -> None:
    """Make sure that no server outlives its driver, and that all that was pushed is whole."""
    deadline = time.monotonic() + _PATIENCE_S
    while (left := processes_of(root)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []
    found = versions(root)
    assert all(each == model for each in found.values()), found
    latest = swift.served(root) / "latest"
    if latest.exists():
        assert latest.read_text().strip() in found


def assert_ends_as_if_undisturbed(root: Path, expected: Digests, model: Files) -> None:
    """Make sure of what a run after a kill does, and of what it leaves at the destination."""
    assert_left_nothing_behind(root, model)
    if (root / ".system" / "executions").is_dir():
        assert_recovers(root, build, expected)
    else:
        assert digests(run(root, build)) == expected
    assert_left_nothing_behind(root, model)
    assert versions(root)[(swift.served(root) / "latest").read_text().strip()] == model


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Digests, Files, float]:
    """What a run gives and pushes, and how many seconds it takes in a process of its own."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert run_in_child(folder / "first", build) == 0
    began = time.monotonic()
    assert run_in_child(folder / "second", build) == 0
    seconds = time.monotonic() - began
    made = digests(run(folder / "third", build))
    (model,) = versions(folder / "third").values()
    assert "model.json" in model
    assert made["Pusher.pushed_model"]
    return made, model, seconds


@pytest.mark.parametrize("number", range(KILLS))
def test_the_driver_is_killed(
    number: int, undisturbed: tuple[Digests, Files, float], root: Path
) -> None:
    print(f"MINITFX_SEED={SEED}")
    expected, model, seconds = undisturbed
    chance = random.Random(f"{SEED} driver {number}")
    process = start(root, build)
    time.sleep(chance.uniform(0, 1.1 * seconds))
    process.kill()
    process.join()
    assert_ends_as_if_undisturbed(root, expected, model)


@pytest.mark.parametrize("number", range(PUSH_KILLS))
def test_the_driver_is_killed_while_it_pushes(
    number: int, undisturbed: tuple[Digests, Files, float], root: Path
) -> None:
    print(f"MINITFX_SEED={SEED}")
    expected, model, _ = undisturbed
    process = start(root, build)
    while process.is_alive() and not swift.served(root).exists():
        pass
    time.sleep(random.Random(f"{SEED} push {number}").uniform(0, 0.01))
    process.kill()
    process.join()
    assert_ends_as_if_undisturbed(root, expected, model)


def test_the_driver_is_killed_while_a_server_tries_its_model(
    undisturbed: tuple[Digests, Files, float], root: Path
) -> None:
    expected, model, _ = undisturbed
    process = start(root, build)
    while process.is_alive() and not processes_of(root):
        time.sleep(0.005)
    assert processes_of(root)
    process.kill()
    process.join()
    assert_ends_as_if_undisturbed(root, expected, model)


@pytest.mark.parametrize("number", range(WORKER_KILLS))
def test_a_worker_is_killed(
    number: int, undisturbed: tuple[Digests, Files, float], root: Path
) -> None:
    """Or, where the worker is trying a model, its server: then the model is tried again."""
    print(f"MINITFX_SEED={SEED}")
    expected, model, _ = undisturbed
    chance = random.Random(f"{SEED} worker {number}")
    victim, pause = chance.choice(APART), chance.uniform(0, 1.2)
    process = start(root, partial(with_a_worker, victim))
    worker = None
    while process.is_alive() and worker is None:
        below = descendants(process.pid)
        worker = next((pid for pid in below if f'"{victim}"' in component_of(pid)), None)
        time.sleep(0.005)
    time.sleep(pause)
    if worker is not None:
        with suppress(ProcessLookupError):
            os.kill(chance.choice([worker, *descendants(worker)]), signal.SIGKILL)
    process.join(60)
    assert process.exitcode in (0, 1)
    assert_left_nothing_behind(root, model)
    done = assert_sound(root)
    result = run(root, build)
    for name, node in result.nodes.items():
        if node.kind == "component":
            assert str(node.state) == ("CACHED" if name in done else "COMPLETE"), name
    assert digests(result) == expected
    assert_left_nothing_behind(root, model)
