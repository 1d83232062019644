"""Lineage is every artifact that can be reached, once, at its least distance."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from minitfx.artifact import ArtifactState
from minitfx.catalog.rows import Rows, execution_rows, insert_statements, merge
from minitfx.catalog.session import query
from minitfx.catalog.store import Catalog
from minitfx.execution import Execution, State
from minitfx.metadata import MetadataStore
from minitfx.types import Schema

SIZE = 60

Graph = Mapping[object, list[object]]


def artifact_of(id: int) -> int:
    """Return the id of the one artifact that an execution makes."""
    return id * 1000 + 1


def made(id: int) -> Schema:
    artifact = Schema(f"./{id}")
    artifact.id, artifact.state, artifact.digest = artifact_of(id), ArtifactState.LIVE, str(id)
    return artifact


def execution(id: int, sources: Sequence[int], served: int | None = None) -> Execution:
    """Return an execution that reads what others made, and makes something or is served."""
    return Execution(
        id=id,
        type="t",
        run_id="r",
        pipeline_name="p",
        node_id=f"n{id}",
        state=State.COMPLETE if served is None else State.CACHED,
        started_at=1.0,
        inputs={"x": [artifact_of(each) for each in sources]},
        outputs={"y": [made(id if served is None else served)]},
        cached_from=served,
    )


def catalog_of(executions: Iterable[Execution], root: Path) -> Catalog:
    catalog, rows = Catalog(root), Rows()
    for each in executions:
        merge(rows, execution_rows(each, root, ""))
    for statement in insert_statements(rows):
        catalog.query(statement)
    return catalog


def random_executions(seed: int) -> list[Execution]:
    chance = random.Random(seed)
    makers: list[int] = []
    found = []
    for id in range(1, SIZE + 1):
        sources = chance.sample(makers, min(len(makers), chance.randint(0, 3)))
        served = chance.choice(makers) if makers and chance.random() < 0.2 else None
        makers += [id] if served is None else []
        found.append(execution(id, sources, served))
    return found


def derivations(executions: Iterable[Execution]) -> tuple[Graph, Graph]:
    """Return which artifacts each was made from, and which were made from each."""
    up: dict[object, list[object]] = {}
    down: dict[object, list[object]] = {}
    for each in executions:
        if each.state is State.COMPLETE:
            for source in each.inputs["x"]:
                up.setdefault(artifact_of(each.id), []).append(source)
                down.setdefault(source, []).append(artifact_of(each.id))
    return up, down


def distances(edges: Graph, start: object) -> dict[object, int]:
    found, pending = {start: 0}, deque([start])
    while pending:
        here = pending.popleft()
        for each in edges.get(here, ()):
            if each not in found:
                found[each] = found[here] + 1
                pending.append(each)
    return found


def asked(catalog: Catalog, way: str, start: int) -> dict[int, int]:
    rows = query(catalog, f"SELECT artifact_id, depth FROM lineage_{way}({start})").rows
    assert rows == sorted(rows, key=lambda row: (row[1], row[0]))
    found = dict(rows)
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_lineage_is_what_a_search_in_breadth_finds(seed: int, root: Path) -> None:
    executions = random_executions(seed)
    catalog = catalog_of(executions, root)
    up, down = derivations(executions)
    for id in random.Random(seed).sample(sorted({*up, *down}, key=str), 5):
        assert isinstance(id, int)
        assert asked(catalog, "up", id) == distances(up, id)
        assert asked(catalog, "down", id) == distances(down, id)


def test_lineage_is_right_where_it_is_long_and_wide(root: Path) -> None:
    """A chain of 40, to which more than DuckDB holds in one vector hang at its third place."""
    chain = [execution(id, [id - 1] if id > 1 else []) for id in range(1, 41)]
    fan = [execution(id, [3, 1]) for id in range(41, 5041)]
    after = [execution(id, [id - 5000, 40]) for id in range(5041, 5051)]
    executions = [*chain, *fan, *after]
    catalog = catalog_of(executions, root)
    up, down = derivations(executions)
    for id in (1, 3, 39, 40, 41, 5050):
        assert asked(catalog, "up", artifact_of(id)) == distances(up, artifact_of(id))
        assert asked(catalog, "down", artifact_of(id)) == distances(down, artifact_of(id))
    depths = asked(catalog, "up", artifact_of(5050))
    assert depths[artifact_of(4)] == 1 + (40 - 4)
    assert depths[artifact_of(3)] == 2


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("start", ["NULL", "0", "-1", "999999001"])
def test_what_is_unknown_has_no_lineage(way: str, start: str, root: Path) -> None:
    catalog = catalog_of([execution(1, []), execution(2, [1])], root)
    assert query(catalog, f"SELECT * FROM lineage_{way}({start})").rows == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("direction", ["upstream", "downstream", "bidirectional"])
def test_a_subgraph_is_what_a_search_in_breadth_finds(
    seed: int, direction: str, root: Path
) -> None:
    executions = random_executions(seed)
    edges: dict[object, list[object]] = {}
    events: dict[tuple[object, object], tuple[int, int]] = {}

    def connect(source: object, target: object, event: tuple[int, int]) -> None:
        edges.setdefault(source, []).append(target)
        events[source, target] = event

    for each in executions:
        it, out = ("execution", each.id), ("artifact", each.outputs["y"][0].id)
        used = [(("artifact", id), id) for id in each.inputs["x"]]
        for source, id in used:
            if direction != "downstream":
                connect(it, source, (each.id, id))
            if direction != "upstream":
                connect(source, it, (each.id, id))
        if direction != "downstream":
            connect(out, it, (each.id, out[1] or 0))
        if direction != "upstream":
            connect(it, out, (each.id, out[1] or 0))
    with MetadataStore(catalog_of(executions, root)) as store:
        for kind, id in (("artifact", artifact_of(30)), ("execution", 30), ("artifact", 7001)):
            for hops in (0, 1, 2, 5, 20):
                found = store.get_lineage_subgraph(
                    artifact_ids=[id] if kind == "artifact" else [],
                    execution_ids=[id] if kind == "execution" else [],
                    direction=direction,
                    max_hops=hops,
                )
                far = distances(edges, (kind, id))
                reached = {node for node, depth in far.items() if depth <= hops}
                known = {("artifact", a) for e in executions for a in [e.outputs["y"][0].id]}
                known |= {("execution", e.id) for e in executions}
                assert {
                    *(("artifact", each.id) for each in found.artifacts),
                    *(("execution", each.id) for each in found.executions),
                } == reached & known
                passed = {
                    event for (source, _), event in events.items() if far.get(source, hops) < hops
                }
                assert {(e.execution_id, e.artifact_id) for e in found.events} == passed
