"""The picture of a pipeline: rows, order and places."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import Page, sql
from parts import Source
from sklearn.isotonic import IsotonicRegression

from minitfx import LocalDagRunner, Pipeline
from minitfx.reports import run_report
from minitfx.reports.graph import BOX_HEIGHT, BOX_WIDTH, Box, Graph, Look, depths, draw, spread


@st.composite
def graphs(draw_: st.DrawFn) -> dict[str, list[str]]:
    """Nodes that wait for some of those before them, in any order."""
    count = draw_(st.integers(1, 14))
    names = [f"n{place}" for place in range(count)]
    upstream = {
        name: draw_(st.lists(st.sampled_from(names[:place]), unique=True, max_size=4))
        if place
        else []
        for place, name in enumerate(names)
    }
    return {name: upstream[name] for name in draw_(st.permutations(names))}


def drawn(upstream: dict[str, list[str]]) -> Graph:
    return draw(upstream, {name: Look("COMPLETE") for name in upstream})


def ends(path: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where a path begins and ends."""
    numbers = [float(each) for each in re.findall(r"-?[\d.]+", path)]
    if "v" in path:
        x, y, down = numbers
        return (x, y), (x, y + down)
    return (numbers[0], numbers[1]), (numbers[-2], numbers[-1])


@given(graphs())
def test_a_node_stands_below_all_that_it_waits_for(upstream: dict[str, list[str]]) -> None:
    boxes = {box.node_id: box for box in drawn(upstream).boxes}
    assert list(boxes) == list(upstream)
    for name, sources in upstream.items():
        assert all(boxes[each].y + BOX_HEIGHT < boxes[name].y for each in sources)


@given(graphs())
def test_boxes_do_not_overlap_and_stay_in_the_picture(upstream: dict[str, list[str]]) -> None:
    graph = drawn(upstream)
    for box in graph.boxes:
        assert box.x >= 0
        assert box.x + BOX_WIDTH <= graph.width
        assert box.y + BOX_HEIGHT <= graph.height
    rows: dict[float, list[Box]] = {}
    for box in graph.boxes:
        rows.setdefault(box.y, []).append(box)
    for row in rows.values():
        places = sorted(box.x for box in row)
        assert all(after - before > BOX_WIDTH for before, after in pairwise(places))


@given(graphs())
def test_lines_lead_from_each_node_to_those_that_wait_for_it(
    upstream: dict[str, list[str]],
) -> None:
    graph = drawn(upstream)
    middle = {box.node_id: (round(box.x + BOX_WIDTH / 2, 1), box.y) for box in graph.boxes}
    steps: dict[tuple[float, float], list[tuple[float, float]]] = {}
    for path in graph.paths:
        start, end = ends(path)
        steps.setdefault(start, []).append(end)

    def near(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return abs(one[0] - other[0]) < 0.11 and one[1] == other[1]

    def reached(start: tuple[float, float]) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        for at, to in steps.items():
            if near(at, start):
                for each in to:
                    found += [each, *([] if is_box(each) else reached(each))]
        return found

    def is_box(place: tuple[float, float]) -> bool:
        return any(near(place, box) for box in middle.values())

    for name, (x, y) in middle.items():
        ways = reached((x, y + BOX_HEIGHT))
        targets = {other for other, at in middle.items() if any(near(at, each) for each in ways)}
        assert targets == {other for other, sources in upstream.items() if name in sources}


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=12))
def test_places_are_the_least_squares_under_the_order(wanted: list[float]) -> None:
    row = [f"n{place}" for place in range(len(wanted))]
    found = spread(row, wanted)
    offsets = np.arange(len(wanted)) * (BOX_WIDTH + 18)
    fitted = IsotonicRegression().fit_transform(offsets, np.array(wanted) - offsets) + offsets
    np.testing.assert_allclose(found, fitted, rtol=0, atol=1e-6)


def test_nodes_without_lines_stand_in_a_block_of_their_own() -> None:
    upstream = {"a": [], "b": ["a"], **{f"alone{place}": [] for place in range(8)}}
    graph = drawn(upstream)
    y = {box.node_id: box.y for box in graph.boxes}
    assert y["a"] < y["b"] < y["alone0"] == y["alone5"] < y["alone6"] == y["alone7"]
    assert graph.width < 6 * 180


def test_a_long_chain_is_no_recursion() -> None:
    upstream = {f"n{place}": [f"n{place - 1}"] if place else [] for place in range(5_000)}
    assert max(depths(dict(reversed(upstream.items()))).values()) == 4_999


def test_hundreds_of_nodes_are_drawn_in_part_and_listed_in_part(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minitfx.reports.overview._MOST_BOXES", 20)
    monkeypatch.setattr("minitfx.reports.overview.MOST_NODES", 30)
    monkeypatch.setattr("minitfx.reports.node_details.MOST", 10)
    nodes = [Source(text=str(place)).with_id(f"node_{place:02}") for place in range(40)]
    LocalDagRunner().run(Pipeline("wide", root, nodes))
    page = Page(run_report(root))
    section = page.section("nodes")
    assert len(section.of_class("box")) == 20
    assert "20 nodes are not in the picture" in section.text()
    assert len(page.table("What became of every node, and why")) == 30
    assert "10 of 40 nodes are left out" in section.text()
    (query,) = [each.text() for each in section.all("code")]
    assert len(sql(root, query)) == 40
    assert len(page.section("details").all("details")) == 10
    assert "30 nodes left out" in page.section("details").text()
