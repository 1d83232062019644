"""The catalog is an index of the records, and loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from parts import Count, Source, Train

from minitfx import LocalDagRunner, Pipeline
from minitfx.catalog.claims import Claims
from minitfx.catalog.session import find_roots, open_catalog, query
from minitfx.catalog.store import Catalog
from minitfx.errors import CatalogError, RunError, StorageError
from minitfx.execution import Process, State, this_process

TABLES = [
    "run", "artifact", "execution", "event", "context", "parent_context", "attribution",
    "association", "type", "artifact_property", "execution_property", "ingredient",
]  # fmt: skip


def go(root: Path, **options: Any) -> None:
    source = Source(**options)
    count = Count(source.outputs["examples"])
    plan = Pipeline("demo", root, [source, count, Train(count.outputs["statistics"])], True)
    LocalDagRunner().run(plan)


def contents(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    catalog = Catalog(root)
    return {table: catalog.query(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}


def test_a_lost_catalog_is_made_anew_row_for_row(root: Path) -> None:
    go(root)
    go(root, text="other")
    with pytest.raises(RunError):
        source = Source()
        bad = Count(source.outputs["examples"], broken=True)
        LocalDagRunner().run(Pipeline("demo", root, [source, bad], True))
    before = contents(root)
    assert all(before.values())
    (root / "catalog.duckdb").unlink()
    assert contents(root) == before


def test_the_record_of_a_run_knows_nodes_that_it_never_came_to(root: Path) -> None:
    source = Source()
    bad = Count(source.outputs["examples"], broken=True)
    train = Train(bad.outputs["statistics"])
    with pytest.raises(RunError) as caught:
        LocalDagRunner().run(Pipeline("demo", root, [source, bad, train]), to_nodes=["Count"])
    run = Catalog(root).records.run(caught.value.result.run_id)
    assert run is not None
    assert run.upstream == {"Source": [], "Count": ["Source"], "Train": ["Count"]}


def test_a_name_that_cannot_be_decoded_is_kept_in_the_record(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    with pytest.raises(RunError) as caught:
        LocalDagRunner().run(Pipeline("demo", root, [Source(file=None, text=name)]))
    node = caught.value.result.nodes["Source"]
    assert (node.state, node.error.count("surrogates not allowed")) == (State.FAILED, 1)
    execution = Catalog(root).records.execution(node.execution_id)
    assert execution is not None
    assert execution.parameters["text"] == name
    (row,) = query(open_catalog(root), "SELECT state FROM nodes").rows
    assert row == ("FAILED",)


def test_records_that_nobody_brought_in_are_adopted(root: Path) -> None:
    go(root)
    before = contents(root)
    catalog = Catalog(root)
    catalog.ask(lambda connection: [connection.execute(f"DELETE FROM {t}") for t in TABLES])
    for path in (root / ".system" / "executions").iterdir():
        claim = root / ".system" / "claims" / path.stem
        claim.mkdir(exist_ok=True)
        (claim / "done").unlink(missing_ok=True)
    for path in (root / ".system" / "runs").iterdir():
        (root / ".system" / "claims" / f"run-{path.stem}").mkdir()
    assert contents(root) == before


def test_an_execution_whose_process_died_is_abandoned(root: Path) -> None:
    code = (
        "import os, sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from minitfx import LocalDagRunner, Pipeline\n"
        "from catalog_dying import Dying\n"
        "LocalDagRunner().run(Pipeline('demo', sys.argv[1], [Dying()], True))\n"
    )
    folder = root.parent / "code"
    folder.mkdir()
    (folder / "catalog_dying.py").write_text(
        "import os\nfrom minitfx.component import Component, Output\n"
        "from minitfx.types import Schema\n"
        "class Dying(Component):\n    schema = Output(Schema)\n    @staticmethod\n"
        "    def execute(schema):\n        (schema.path / 'half').write_text('x')\n"
        "        os._exit(9)\n"
    )
    dead = subprocess.run([sys.executable, "-c", code, str(root), str(folder)], check=False)
    assert dead.returncode == 9
    assert query(open_catalog(root), "SELECT state FROM nodes").rows == [("ABANDONED",)]
    assert query(open_catalog(root), "SELECT state FROM runs").rows == [("ABANDONED",)]
    assert list((root / ".system" / "staging").iterdir()) == []
    assert query(open_catalog(root), "SELECT * FROM artifacts").rows == []


def test_ids_grow_and_are_won_once(tmp_path: Path) -> None:
    records = tmp_path / "executions"
    records.mkdir()
    claims = Claims(tmp_path / "claims", tmp_path)
    won = [claims.win(tmp_path, records) for _ in range(5)]
    assert [claim.id for claim in won] == [1, 2, 3, 4, 5]
    for claim in won:
        (records / f"{claim.id}.json").write_text("{}")
    claims.give_up(won)
    assert claims.pending() == []
    assert claims.win(tmp_path, records).id == 6
    assert [claim.id for claim in claims.pending()] == [5, 6]


def test_ids_grow_also_when_the_claims_are_lost(tmp_path: Path) -> None:
    records = tmp_path / "executions"
    records.mkdir()
    (records / "17.json").write_text("{}")
    assert Claims(tmp_path / "claims", tmp_path).win(tmp_path, records).id == 18


WINNING = """
import sys
from pathlib import Path
from minitfx.catalog.claims import Claims
home, root, claims = (Path(each) for each in sys.argv[1:])
records = root / "executions"
claims = Claims(claims, home)
for _ in range(60):
    claim = claims.win(root, records)
    (records / f"{claim.id}.json").write_text("{}")
    claims.give_up([claim])
    print(claim.id)
"""


@pytest.mark.parametrize("is_shared", [False, True], ids=["one root", "several roots"])
def test_many_processes_win_different_ids(is_shared: bool, tmp_path: Path) -> None:
    claims = tmp_path / ("shared.claims" if is_shared else ".system/claims")
    roots = [tmp_path / f"root{number}" if is_shared else tmp_path for number in range(3)]
    for root in roots:
        (root / "executions").mkdir(parents=True, exist_ok=True)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WINNING, tmp_path, root, claims],
            stdout=subprocess.PIPE,
            text=True,
        )
        for root in roots
    ]
    found = [[int(line) for line in process.communicate()[0].split()] for process in running]
    assert all(ids == sorted(ids) for ids in found)
    ids = [id for each in found for id in each]
    assert len(ids) == 180
    assert len(set(ids)) == 180


def test_a_process_is_told_from_one_that_had_its_number() -> None:
    me = this_process()
    assert me.is_alive()
    assert me.pid == os.getpid()
    if me.started:
        assert not Process(me.host, me.pid, "another time").is_alive()
    assert Process("another machine", 1, "").is_alive()


def test_lineage_up_and_down(root: Path) -> None:
    go(root)
    catalog = open_catalog(root)
    ids = dict(query(catalog, "SELECT node_id, artifact_id FROM artifacts").rows)
    up = query(catalog, f"SELECT node_id, depth FROM lineage_up({ids['Train']})").rows
    assert up == [("Train", 0), ("Count", 1), ("Source", 2)]
    down = query(catalog, f"SELECT node_id, depth FROM lineage_down({ids['Source']})").rows
    assert down == [("Source", 0), ("Count", 1), ("Train", 2)]


def test_the_cache_view_counts_hits(root: Path) -> None:
    for _ in range(3):
        go(root)
    rows = query(open_catalog(root), "SELECT node_id, hits FROM cache ORDER BY node_id").rows
    assert rows == [("Count", 2), ("Source", 2), ("Train", 2)]


def test_states_and_contexts_follow_ml_metadata(root: Path) -> None:
    go(root)
    go(root)
    catalog = open_catalog(root)
    contexts = query(catalog, "SELECT type, count(*) FROM contexts GROUP BY 1 ORDER BY 1").rows
    assert contexts == [("node", 3), ("pipeline", 1), ("pipeline_run", 2)]
    outputs = query(
        catalog,
        "SELECT artifact_id, count(*) FROM events WHERE type = 'OUTPUT' GROUP BY 1 ORDER BY 1",
    ).rows
    assert [count for _, count in outputs] == [2, 2, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY runs TO '/tmp/minitfx_should_not_exist.csv'",
        "ATTACH '/tmp/minitfx_should_not_exist.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ],
)
def test_a_query_reaches_nothing_outside_the_project(statement: str, root: Path) -> None:
    go(root)
    with pytest.raises(CatalogError):
        query(open_catalog(root), statement)
    assert not Path("/tmp/minitfx_should_not_exist.csv").exists()


def test_what_a_query_writes_is_lost(root: Path) -> None:
    go(root)
    query(open_catalog(root), "DELETE FROM execution")
    assert query(open_catalog(root), "SELECT count(*) FROM nodes").rows == [(3,)]


def test_a_wrong_statement_is_one_clear_error(root: Path) -> None:
    go(root)
    with pytest.raises(CatalogError, match="nodez"):
        query(open_catalog(root), "SELECT * FROM nodez")


@pytest.mark.parametrize("statement", ["", " ;\n", "-- nothing"])
def test_an_empty_statement_is_one_clear_error(statement: str, root: Path) -> None:
    go(root)
    with pytest.raises(CatalogError, match="the statement is empty"):
        query(open_catalog(root), statement)


def test_the_examples_of_an_artifact_a_run_or_a_split_are_a_table(root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from minitfx import Importer
    from minitfx.types import Examples

    given = root.parent / "given"
    for split, values in (("train", [1, 2]), ("eval", [3])):
        (given / f"Split-{split}").mkdir(parents=True)
        pq.write_table(pa.table({"a": values}), given / f"Split-{split}" / "data-0.parquet")
    root.mkdir()
    inside = root / "given"
    given.rename(inside)
    plan = Pipeline("demo", root, [Importer(inside, Examples)], True)
    result = LocalDagRunner().run(plan)
    id = result.artifacts("Importer", "result")[0].id
    catalog = open_catalog(root)
    rows = query(catalog, f"SELECT artifact_id, split_name, a FROM examples({id}) ORDER BY a").rows
    assert rows == [(id, "train", 1), (id, "train", 2), (id, "eval", 3)]
    by_split = query(catalog, "SELECT a FROM examples(split := 'eval')").rows
    assert by_split == [(3,)]
    by_run = query(catalog, f"SELECT sum(a) FROM examples(run := '{result.run_id}')").rows
    assert by_run == [(6,)]


def test_a_root_that_was_never_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing was run there"):
        open_catalog(tmp_path)


def test_roots_are_found_above_and_below(root: Path) -> None:
    go(root)
    assert find_roots(root) == [root]
    assert find_roots(root / "Source" / "examples") == [root]
    assert find_roots(root.parent) == [root]
    assert root in find_roots(root.parent.parent)


def test_a_record_says_everything_about_its_execution(root: Path) -> None:
    go(root)
    record = json.loads((root / ".system" / "executions" / "1.json").read_text())
    assert record["node_id"] == "Source"
    assert record["state"] == str(State.COMPLETE)
    assert record["outputs"]["examples"][0]["uri"] == "./Source/examples/1"
    assert record["ingredients"]["parameter text"] == '"hello"'
    assert str(root) not in json.dumps(record)
