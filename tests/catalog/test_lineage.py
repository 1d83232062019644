"""Lineage is every artifact that can be reached, once, at its least distance."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from pathlib import Path

import pytest

from minitfx.artifact import ArtifactState
from minitfx.catalog.rows import Rows, execution_rows, insert_statements, merge
from minitfx.catalog.session import query
from minitfx.catalog.store import Catalog
from minitfx.execution import Execution, State
from minitfx.types import Schema

SIZE = 60


def made(id: int) -> Schema:
    artifact = Schema(f"./{id}")
    artifact.id, artifact.state, artifact.digest = id * 1000 + 1, ArtifactState.LIVE, str(id)
    return artifact


def distances(edges: Mapping[int, list[int]], start: int) -> dict[int, int]:
    found, pending = {start: 0}, deque([start])
    while pending:
        here = pending.popleft()
        for each in edges.get(here, ()):
            if each not in found:
                found[each] = found[here] + 1
                pending.append(each)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_lineage_is_what_a_search_in_breadth_finds(seed: int, root: Path) -> None:
    chance = random.Random(seed)
    catalog, rows = Catalog(root), Rows()
    up: dict[int, list[int]] = {}
    down: dict[int, list[int]] = {}
    makers: list[int] = []
    for id in range(1, SIZE + 1):
        sources = chance.sample(makers, min(len(makers), chance.randint(0, 3)))
        served = chance.choice(makers) if makers and chance.random() < 0.2 else None
        if served is None:
            makers.append(id)
            for each in sources:
                up.setdefault(id, []).append(each)
                down.setdefault(each, []).append(id)
        execution = Execution(
            id=id,
            type="t",
            run_id="r",
            pipeline_name="p",
            node_id=f"n{id}",
            state=State.COMPLETE if served is None else State.CACHED,
            started_at=1.0,
            inputs={"x": [each * 1000 + 1 for each in sources]},
            outputs={"y": [made(id if served is None else served)]},
            cached_from=served,
        )
        merge(rows, execution_rows(execution, root, ""))
    for statement in insert_statements(rows):
        catalog.query(statement)
    for start in chance.sample(makers, 5):
        for name, edges in (("up", up), ("down", down)):
            asked = (
                f"SELECT artifact_id, depth FROM lineage_{name}({start * 1000 + 1}) ORDER BY ALL"
            )
            found = distances(edges, start)
            assert query(catalog, asked).rows == [
                (id * 1000 + 1, depth) for id, depth in sorted(found.items())
            ]
