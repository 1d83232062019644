"""What the engine costs per node: ``python benchmarks/chain.py``.

Claims: a node that computes nothing worth mentioning costs at most 15 ms, durably committed, and
hardly more (less than a fifth) at the end of a chain of 1,000 than at its beginning, also where the
catalog knows 100,000 executions already; to look a fingerprint up there takes less than 1 ms; and a
node that the cache serves costs at most 2 ms of CPU time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from minitfx import Channel, Component, LocalDagRunner, Output, Pipeline
from minitfx.catalog.rebuild import rebuild
from minitfx.catalog.store import Catalog
from minitfx.result import NodeFinished
from minitfx.types import Schema

LIMIT_MS, CACHED_LIMIT_MS, LOOK_UP_LIMIT_MS, GROWTH_LIMIT = 15.0, 2.0, 1.0, 1.2


class First(Component):
    """Writes a few bytes."""

    text: str
    schema = Output(Schema)

    @staticmethod
    def execute(text: str, schema: Schema) -> None:
        """Write."""
        (schema.path / "x").write_text(text)


class Next(Component):
    """Writes a few bytes after another."""

    before: Channel[Schema]
    text: str
    schema = Output(Schema)

    @staticmethod
    def execute(before: Schema, text: str, schema: Schema) -> None:
        """Write."""
        (schema.path / "x").write_text(text)


def chain(root: Path, length: int, text: str) -> Pipeline:
    nodes: list[Component] = [First(f"{text} 0").with_id("n0")]
    for number in range(1, length):
        made = nodes[-1].outputs["schema"]
        nodes.append(Next(made, f"{text} {number}").with_id(f"n{number}"))
    return Pipeline("chain", root, nodes, enable_cache=True)


def per_node(root: Path, length: int, text: str) -> tuple[list[float], list[float]]:
    """Return wall and CPU milliseconds of every node of a run."""
    clocks: list[tuple[float, float]] = [(time.perf_counter(), time.process_time())]

    def listen(event: object) -> None:
        if isinstance(event, NodeFinished):
            clocks.append((time.perf_counter(), time.process_time()))

    LocalDagRunner(workers=1, observers=[listen]).run(chain(root, length, text))
    steps = list(pairwise(clocks[1:]))
    return [1e3 * (b[0] - a[0]) for a, b in steps], [1e3 * (b[1] - a[1]) for a, b in steps]


def report(name: str, root: Path, length: int, text: str, rounds: int = 3) -> None:
    walls, cpus, growths = [], [], []
    for number in range(rounds):
        wall, cpu = per_node(root, length, f"{text} {number}")
        walls += wall
        cpus += cpu
        growths.append(median(cpu[-100:]) / median(cpu[50:150]))
    print(
        f"{name}: median {median(walls):.1f} ms a node (CPU {median(cpus):.1f}), limit "
        f"{LIMIT_MS:g}; CPU at the end / near node 100: {median(growths):.2f}, "
        f"limit {GROWTH_LIMIT:g}"
    )


def report_cached(root: Path, length: int, text: str) -> None:
    began = time.process_time()
    result = LocalDagRunner(workers=1).run(chain(root, length, text))
    spent = 1e3 * (time.process_time() - began) / length
    assert {str(node.state) for node in result.nodes.values()} == {"CACHED"}
    print(f"served by the cache: {spent:.2f} ms of CPU a node, limit {CACHED_LIMIT_MS:g}")


def grow(root: Path, executions: int) -> None:
    """Write records of so many executions, like the latest, and make the catalog anew."""
    catalog = Catalog(root)
    records = catalog.records
    latest = max(int(path.stem) for path in records.executions_folder.glob("*.json"))
    template = json.loads((records.executions_folder / f"{latest}.json").read_text())
    for id in range(latest + 1, latest + 1 + executions):
        fingerprint = sha256(str(id).encode()).hexdigest()
        made = template["outputs"]["schema"][0]
        artifact = {**made, "id": id * 1000 + 1, "uri": f"./{template['node_id']}/schema/{id}"}
        record = {
            **template,
            "id": id,
            "run_id": f"run {id // 12}",
            "fingerprint": fingerprint,
            "outputs": {"schema": [artifact]},
        }
        (records.executions_folder / f"{id}.json").write_text(json.dumps(record))
        with (records.system / "fingerprints" / fingerprint[:2]).open("a") as shard:
            shard.write(f"\n{fingerprint} {id}\n")
    catalog.claims.win(root, records.executions_folder)
    began = time.perf_counter()
    rebuild(catalog)
    size = catalog.path.stat().st_size
    print(
        f"{executions:,} more executions: catalog of {size / 1e6:.1f} MB made anew in "
        f"{time.perf_counter() - began:.0f} s"
    )


def report_look_up(root: Path) -> None:
    records = Catalog(root).records
    known = sha256(str(max(_ids(root))).encode()).hexdigest()

    def look() -> None:
        list(records.completed(known))

    print(f"look-up of a fingerprint: {_median_ms(look, 200):.2f} ms, limit {LOOK_UP_LIMIT_MS:g}")


def _ids(root: Path) -> list[int]:
    return [int(path.stem) for path in (root / ".system" / "executions").glob("*.json")]


def _median_ms(action: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append(1e3 * (time.perf_counter() - began))
    return median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--executions", type=int, default=100_000)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        report("new catalog", root, options.nodes, "a")
        report_cached(root, options.nodes, "a 0")
        if options.executions:
            grow(root, options.executions)
            report_look_up(root)
            report("large catalog", root, options.nodes, "b")
            report_cached(root, options.nodes, "b 0")


if __name__ == "__main__":
    main()
