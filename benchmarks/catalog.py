"""What lineage costs in a catalog of 10,000 runs: ``python benchmarks/catalog.py``.

Every run is a pipeline of eleven nodes over the same examples, whose evaluation reads the model of
the run before it too; so up from the last push is short, and down from the examples is everything.
Claim: either way takes less than 200 ms of wall time in a reading session; a whole question, with
the private copy of the catalog that it works on, is shown beside it. The worst case is shown too,
without a claim: a training that went on from the model before it so often, one hop after another.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from minitfx.artifact import Artifact, ArtifactState
from minitfx.catalog.database import make_lineage
from minitfx.catalog.records import Run
from minitfx.catalog.rows import Rows, execution_rows, insert_statements, merge, run_rows
from minitfx.catalog.session import query, reading
from minitfx.catalog.store import Catalog
from minitfx.execution import Execution, State
from minitfx.metadata import MetadataStore
from minitfx.types import Examples, Model, PushedModel, Schema

LIMIT_MS = 200.0
NODES = 11
TRAINER, EVALUATOR = 6, 8
_BATCH = 500


def artifact(kind: type[Artifact], id: int) -> Artifact:
    made = kind(f"./{id}", properties={"split_names": '["train"]'} if kind is Examples else {})
    made.id, made.state, made.digest, made.name = id, ArtifactState.LIVE, f"{id:064x}", str(id)
    return made


def executions_of(number: int) -> list[Execution]:
    """Return the executions of one run; ids follow from its number and the node's."""
    found = []
    for node in range(NODES):
        id = number * NODES + node + 1
        kind = {0: Examples, TRAINER: Model, NODES - 1: PushedModel}.get(node, Schema)
        inputs = {"before": [(id - 1) * 1000 + 1]} if node > 1 else {}
        if node:
            inputs["examples"] = [1001]
        if node == EVALUATOR and number:
            inputs["baseline_model"] = [((number - 1) * NODES + TRAINER + 1) * 1000 + 1]
        served = node == 0 and number > 0
        made = artifact(kind, 1001 if served else id * 1000 + 1)
        found.append(
            Execution(
                id=id,
                type=f"nodes.N{node}",
                run_id=f"run {number:06}",
                pipeline_name="p",
                node_id=f"n{node}",
                state=State.CACHED if served else State.COMPLETE,
                started_at=1.7e9 + number,
                seconds=1.0,
                fingerprint=f"{id:064x}",
                inputs=inputs,
                outputs={"out": [made]},
                cached_from=1 if served else None,
            )
        )
    return found


def warm_start_of(number: int) -> list[Execution]:
    """Return the executions of one run that goes on training the model of the run before it."""
    found = []
    for id, kind in ((2 * number + 1, Examples), (2 * number + 2, Model)):
        inputs = {"examples": [(id - 1) * 1000 + 1]} if kind is Model else {}
        if kind is Model and number:
            inputs["base_model"] = [(id - 2) * 1000 + 1]
        found.append(
            Execution(
                id=id,
                type=f"nodes.{kind.TYPE_NAME}",
                run_id=f"run {number:06}",
                pipeline_name="p",
                node_id=kind.TYPE_NAME,
                state=State.COMPLETE,
                started_at=1.7e9 + number,
                seconds=1.0,
                inputs=inputs,
                outputs={"out": [artifact(kind, id * 1000 + 1)]},
            )
        )
    return found


def fill(
    catalog: Catalog, runs: int, executions_of: Callable[[int], list[Execution]] = executions_of
) -> None:
    """Insert the rows of so many runs into the catalog, as their records would be."""
    for start in range(0, runs, _BATCH):
        rows: Rows = {}
        for number in range(start, min(start + _BATCH, runs)):
            run = Run(f"run {number:06}", "p", State.COMPLETE, 1.7e9 + number, 11.0)
            merge(rows, run_rows(run, ""))
            for execution in executions_of(number):
                merge(rows, execution_rows(execution, catalog.root, ""))
        for statement in insert_statements(rows):
            catalog.query(statement)


def milliseconds(action: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        taken.append(1e3 * (time.perf_counter() - began))
    return median(taken)


def report(root: Path, runs: int, rounds: int) -> None:
    catalog = Catalog(root)
    last = runs * NODES * 1000 + 1
    model = ((runs // 2) * NODES + TRAINER + 1) * 1000 + 1
    questions = {
        "up from the last push": f"SELECT * FROM lineage_up({last})",
        "down from a model in the middle": f"SELECT * FROM lineage_down({model})",
        "down from the examples of all": "SELECT * FROM lineage_down(1001)",
    }
    for name, statement in questions.items():
        with reading(catalog) as connection:
            make_lineage(connection)
            found = len(connection.execute(statement).fetchall())
            inside = milliseconds(lambda: connection.execute(statement).fetchall(), rounds)  # noqa: B023
        whole = milliseconds(lambda: query(catalog, statement), rounds)  # noqa: B023
        print(
            f"{name}: {found:,} artifacts in {inside:.0f} ms, limit {LIMIT_MS:g}; "
            f"{whole:.0f} ms with the copy"
        )
    with MetadataStore(catalog) as store:
        graph = milliseconds(
            lambda: store.get_lineage_subgraph(artifact_ids=[last], direction="upstream"), rounds
        )
    print(f"get_lineage_subgraph upstream of the last push: {graph:.0f} ms, limit {LIMIT_MS:g}")


def report_chain(root: Path, runs: int) -> None:
    catalog = Catalog(root)
    fill(catalog, runs, warm_start_of)
    statement = f"SELECT * FROM lineage_up({2 * runs * 1000 + 1})"
    found = query(catalog, statement).rows
    whole = milliseconds(lambda: query(catalog, statement), 1)
    print(
        f"up a chain of {runs:,} models: {len(found):,} artifacts in {whole:.0f} ms with the copy"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "root")
        began = time.perf_counter()
        fill(catalog, options.runs)
        size = catalog.path.stat().st_size / 1e6
        print(
            f"{options.runs:,} runs, {options.runs * NODES:,} executions: catalog of {size:.0f} MB "
            f"filled in {time.perf_counter() - began:.0f} s"
        )
        report(catalog.root, options.runs, options.rounds)
        report_chain(Path(folder) / "chain", options.runs)


if __name__ == "__main__":
    main()
