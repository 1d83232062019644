"""Scales, round values and thinned lines."""

from __future__ import annotations

import doctest
import math
import unicodedata
from importlib import import_module
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.reports.chart import bar_chart, line_chart, round_values, scales, thin
from minitfx.reports.wording import fitted, number, printable

finite = st.floats(-1e300, 1e300)


@given(finite, finite, st.integers(4, 12))
def test_round_values_lie_between_and_are_evenly_spaced(
    one: float, other: float, most: int
) -> None:
    low, high = min(one, other), max(one, other)
    if high - low < 1e-6 * max(abs(low), abs(high), 1e-290):
        return
    found = round_values(low, high, most)
    room = (high / 2 - low / 2) * 1e-6
    assert 1 <= len(found) <= most + 1
    assert all(low - room <= value <= high + room for value in found)
    steps = {number(after - before) for before, after in pairwise(found)}
    assert all(step.lstrip("0.").replace(",", "")[:1] in "125" for step in steps)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=50))
def test_every_point_is_inside_its_chart(points: list[tuple[float, float]]) -> None:
    across, up = scales(points)
    for x, y in points:
        assert 54 <= across(x) <= 428
        assert 12 <= up(y) <= 176


@given(st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=300), st.integers(4, 40))
def test_a_thinned_line_keeps_its_ends_and_extremes(values: list[int], most: int) -> None:
    points = [(float(x), float(y)) for x, y in enumerate(values)]
    kept = thin(points, most)
    assert len(kept) <= max(most, 4)
    assert kept == sorted(set(kept))
    assert set(kept) <= set(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert {min(values), max(values)} <= {y for _, y in kept}


def test_a_chart_of_nothing_has_axes_and_no_line() -> None:
    chart = line_chart("loss", {"a": [(0.0, math.nan)]}, "step")
    assert [line.path for line in chart.lines] == [""]
    assert chart.y_ticks
    assert bar_chart("none", []).bars == []


def test_bars_are_shares_of_the_longest() -> None:
    chart = bar_chart("latency", [("a", 1.0), ("b", 4.0), ("c", 0.0)])
    assert [bar.share for bar in chart.bars] == [0.25, 1.0, 0.0]


@given(st.text(), st.integers(2, 30))
def test_a_fitted_text_is_never_too_wide(text: str, columns: int) -> None:
    width = sum(
        2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in fitted(text, columns)
    )
    assert width <= columns
    assert fitted(text, columns).rstrip("…") in text


@given(st.text(alphabet=st.characters(codec=None)))
def test_what_is_printable_can_be_written(text: str) -> None:
    printable(text).encode("utf-8")


@pytest.mark.parametrize("module", ["wording", "chart", "graph", "verdict"])
def test_examples_in_docstrings_hold(module: str) -> None:
    assert doctest.testmod(import_module(f"minitfx.reports.{module}")).failed == 0
