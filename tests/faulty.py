"""Pipelines that are killed, and what must hold afterwards; for the tests of faults."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parts import Bless, Count, Source, Table, Train

from minitfx import Channel, Importer, LocalDagRunner, Pipeline, Resolver
from minitfx.catalog.artifacts import artifact_class
from minitfx.catalog.database import Connection
from minitfx.catalog.session import open_catalog, reading
from minitfx.component import Component, Output, WorkDir
from minitfx.digest import digest_tree
from minitfx.errors import RunError
from minitfx.resolver import LatestBlessedModelStrategy
from minitfx.result import RunResult
from minitfx.types import Examples, Model, ModelBlessing, Schema

Build = Callable[[Path], Pipeline]

TABLES = [
    "run", "artifact", "execution", "event", "context", "parent_context", "attribution",
    "association", "type", "artifact_property", "execution_property", "ingredient",
    "payload_statistics", "payload_anomalies", "payload_metrics", "payload_validations",
    "payload_trials", "payload_curves",
]  # fmt: skip

DELETION = [
    "deletion noted",
    "deletion of a run noted",
    "deletion recorded",
    "garbage to be removed",
]
"""The points that a deletion passes, and not a run."""

_NODE, _STATE = 4, 5

_context = multiprocessing.get_context("forkserver")


def preload(*modules: str) -> None:
    """Let modules be loaded where the processes are forked from, before the first of them is."""
    _context.set_forkserver_preload(
        ["faulty", "minitfx.runner", "pyarrow.parquet", "pandas", *modules]
    )


preload()


class Twins(Component):
    """Has two outputs, so that one can be in place without the other."""

    examples: Channel[Examples]
    schema = Output(Schema)
    model = Output(Model)

    @staticmethod
    def execute(examples: Examples, schema: Schema, model: Model) -> None:
        (schema.path / "schema.txt").write_text("a schema")
        (model.path / "model.txt").write_text("7")


class Resumes(Component):
    """Has a work folder, which it finds again after a crash."""

    schema = Output(Schema)
    work = WorkDir()

    @staticmethod
    def execute(schema: Schema, work: Path) -> None:
        (work / "half").write_text("done")
        (schema.path / "schema.txt").write_text((work / "half").read_text())


def varied(root: Path) -> Pipeline:
    """Return a pipeline of small nodes of every kind."""
    import pyarrow as pa

    given = root.parent / "given"
    given.mkdir(exist_ok=True)
    (given / "data.txt").write_text("abc")
    source = Source()
    importer = Importer(given, Examples).with_id("importer")
    count = Count(source.outputs["examples"])
    other = Count(importer.outputs["result"]).with_id("other")
    train = Train(count.outputs["statistics"])
    twins = Twins(source.outputs["examples"])
    latest = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
    ).with_id("latest")
    latest.add_upstream_node(source)
    bless = Bless(train.outputs["model"], twins.outputs["model"])
    table = Table(data=pa.table({"a": [1, 2]}))
    nodes = [source, importer, count, other, train, twins, latest, bless, table, Resumes()]
    return Pipeline("demo", root, nodes, enable_cache=True)


def digests(result: RunResult) -> dict[str, list[str | None]]:
    """Return the content digests of all that the nodes of a run put out, but a resolver's."""
    return {
        f"{name}.{key}": [each.digest for each in made]
        for name, node in sorted(result.nodes.items())
        if node.kind != "resolver"
        for key, made in sorted(node.outputs.items())
    }


def run(root: Path, build: Build, **options: Any) -> RunResult:
    """Run a pipeline in this process."""
    return LocalDagRunner(workers=2, **options).run(build(root))


def _child(root: Path, build: Build, fault: str, options: dict[str, Any]) -> None:
    os.environ["MINITFX_FAULT"] = fault
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    try:
        run(root, build, **options)
    except RunError:
        os._exit(1)
    os._exit(0)


def start(root: Path, build: Build, fault: str = "", **options: Any) -> Any:
    """Start a process that runs a pipeline, with a fault if one is named."""
    process = _context.Process(target=_child, args=(root, build, fault, options))
    process.start()
    return process


def run_in_child(root: Path, build: Build, fault: str = "", **options: Any) -> int:
    """Run a pipeline in a process of its own; return its exit code, -9 if it was killed."""
    process = start(root, build, fault, **options)
    process.join(120)
    assert process.exitcode is not None, "the process hangs"
    code: int = process.exitcode
    return code


def rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of an index."""
    return {
        table: connection.execute(f'SELECT * FROM "{table}" ORDER BY ALL').fetchall()
        for table in TABLES
    }


def assert_sound(root: Path) -> set[str]:
    """Make sure of all that must hold after a crash; return the nodes that some run completed.

    The catalog opens, nothing is under way, what it shows is whole, and the records alone give
    the same rows.
    """
    catalog = open_catalog(root)
    with reading(catalog) as connection:
        artifacts = connection.execute("SELECT uri, digest, type, state FROM artifacts").fetchall()
        kept = rows(connection)
    states = {row[_STATE] for row in kept["execution"]} | {row[3] for row in kept["run"]}
    assert "RUNNING" not in states
    for uri, digest, kind, state in artifacts:
        if state == "deleted":
            continue
        volatile = artifact_class(kind).VOLATILE
        assert digest_tree(uri, volatile).content == digest, uri
    fresh = catalog.file.copy_in_memory()
    try:
        assert rows(fresh) == kept
    finally:
        fresh.close()
    return {row[_NODE] for row in kept["execution"] if row[_STATE] == "COMPLETE"}


def assert_recovers(
    root: Path, build: Build, expected: dict[str, list[str | None]], **options: Any
) -> None:
    """Make sure that the next run does what had not been done, and ends as if undisturbed."""
    done = assert_sound(root)
    result = run(root, build, **options)
    for name, node in result.nodes.items():
        if node.kind == "component":
            assert str(node.state) == ("CACHED" if name in done else "COMPLETE"), name
    assert digests(result) == expected
    assert_sound(root)
