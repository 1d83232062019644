"""Curves and trials on a page are what was logged."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

from pages import Element, Page, sql
from payload_parts import Log, Measure, Study

from minitfx import LocalDagRunner, Pipeline
from minitfx.reports import run_report


def page_of(root: Path, *nodes: object) -> Page:
    LocalDagRunner().run(Pipeline("demo", root, list(nodes)))  # type: ignore[arg-type]
    return Page(run_report(root))


def charts(page: Page, section: str) -> dict[str, Element]:
    figures = [each for each in page.section(section).all("figure") if each.of_class("chart")]
    return {each.all("figcaption")[0].text(): each for each in figures}


def test_each_metric_has_a_chart_and_each_training_a_line(root: Path) -> None:
    first = Log(values={"loss": [3.0, 2.0, 1.0], "accuracy": [0.5, 0.6]}).with_id("First")
    second = Log(values={"loss": [4.0, 2.5]}).with_id("Second")
    page = page_of(root, first, second)
    found = charts(page, "training")
    assert list(found) == ["accuracy", "loss"]
    legends = {name: [li.text() for li in each.all("li")] for name, each in found.items()}
    assert legends == {"accuracy": ["First"], "loss": ["First", "Second"]}
    assert found["loss"].all("svg")[0].titled()[1:] == [
        "First, step 0: 3",
        "First, step 1: 2",
        "First, step 2: 1",
        "Second, step 0: 4",
        "Second, step 1: 2.5",
    ]
    rows = {(row["Metric"], row["Training"]): row for row in page.table("Numbers logged by step")}
    for known in sql(
        root,
        "SELECT metric, node_id, count(*) AS n, arg_min(value, step) AS first, "
        "arg_max(value, step) AS last, min(value) AS low, max(value) AS high FROM curves "
        "GROUP BY ALL",
    ):
        row = rows[known["metric"], known["node_id"]]
        assert [float(row[each]) for each in ("Values", "First", "Last")] == [
            known["n"], known["first"], known["last"],
        ]  # fmt: skip
        assert float(row["Least"].split(" at ")[0]) == known["low"]
        assert float(row["Greatest"].split(" at ")[0]) == known["high"]


def test_points_stand_where_their_values_are(root: Path) -> None:
    values = [3.0, 2.0, 1.5, 5.0]
    (chart,) = charts(page_of(root, Log(values={"loss": values})), "training").values()
    dots = [
        (float(dot.attributes["cx"]), float(dot.attributes["cy"])) for dot in chart.all("circle")
    ]
    ticks = {
        float(text.text()): float(text.attributes["y"]) - 3.5
        for text in chart.all("text")
        if text.attributes["class"] == "y"
    }
    (low, low_y), (high, high_y) = sorted(ticks.items())[0], sorted(ticks.items())[-1]
    for (_, y), value in zip(dots, values, strict=True):
        expected = low_y + (value - low) / (high - low) * (high_y - low_y)
        assert math.isclose(y, expected, abs_tol=0.2)
    steps = [later[0] - earlier[0] for earlier, later in pairwise(dots)]
    assert max(steps) - min(steps) < 0.3


def test_values_that_are_not_finite_are_left_out_and_counted(root: Path) -> None:
    page = page_of(root, Log(values={"loss": [1.0, None, 2.0], "nothing": [None, None]}))
    found = charts(page, "training")
    assert "1 value is not finite" in found["loss"].text()
    assert "2 values are not finite" in found["nothing"].text()
    assert "no finite value" in found["nothing"].all("svg")[0].attributes["aria-label"]
    rows = page.table("Numbers logged by step")
    assert [row["Values"] for row in rows] == ["3", "2"]


def test_a_constant_has_a_chart_and_a_single_value_a_row(root: Path) -> None:
    page = page_of(root, Log(values={"one": [7.0], "same": [0.0] * 5}))
    found = charts(page, "training")
    assert list(found) == ["same"]
    for dot in found["same"].all("circle"):
        assert 12 <= float(dot.attributes["cy"]) <= 176
        assert 54 <= float(dot.attributes["cx"]) <= 428
    assert page.table("Numbers logged by step")[0]["Last"] == "7"


def test_a_single_value_needs_no_chart(root: Path) -> None:
    page = page_of(root, Log(values={"one": [7.0]}))
    assert not page.section("training").all("svg")
    assert [row["Metric"] for row in page.table("Numbers logged by step")] == ["one"]


def test_a_long_curve_keeps_its_extremes(root: Path) -> None:
    values = [math.sin(step / 300) for step in range(20_000)]
    values[7_777], values[12_345] = 9.0, -9.0
    page = page_of(root, Log(values={"loss": values}))
    (chart,) = charts(page, "training").values()
    assert "extremes of 200 parts" in chart.text()
    (path,) = [
        each.attributes["d"]
        for each in chart.all("svg")[0].all("path")
        if each.attributes.get("class") == "line"
    ]
    assert 300 <= path.count("L") <= 400
    places = [float(piece.split()[1]) for piece in path.replace("M", "L").split("L")[1:]]
    peak, trough = min(places), max(places)
    assert places.count(peak) == places.count(trough) == 1
    (row,) = page.table("Numbers logged by step")
    assert (row["Least"], row["Greatest"]) == ("-9 at 12,345", "9 at 7,777")


def test_the_best_trial_is_marked_whichever_way_is_better(root: Path) -> None:
    falling = Study(scores=[3.0, 1.0, 2.0, None], best=[1]).with_id("Falling")
    rising = Study(scores=[3.0, 1.0, 4.0], best=[2]).with_id("Rising")
    page = page_of(root, falling, rising)
    order = {
        name: [row["Trial"] for row in page.table(f"Trials of {name}, the best first")]
        for name in ("Falling", "Rising")
    }
    assert order == {"Falling": ["1", "2", "0", "3"], "Rising": ["2", "0", "1"]}
    found = charts(page, "tuning")
    for name, title in (("Falling", "trial 1: 1"), ("Rising", "trial 2: 4")):
        chart = found[f"{name}: score by trial"]
        assert [best.titled()[0] for best in chart.of_class("best")] == [title]
    assert "1 trial without a score" in found["Falling: score by trial"].text()
    assert "best so far" in found["Falling: score by trial"].text()


def test_a_front_of_best_trials_has_no_best_so_far(root: Path) -> None:
    page = page_of(root, Study(scores=[3.0, 1.0, 2.0], best=[0, 1]))
    (chart,) = charts(page, "tuning").values()
    assert len(chart.of_class("best")) == 2
    assert "best so far" not in chart.text()


def test_long_tables_say_how_much_is_left_out_and_which_query_shows_it(root: Path) -> None:
    study = Study(scores=[float(each) for each in range(3_000)], best=[2_999])
    page = page_of(root, study, Measure(slices=2_000, metrics=15))
    notes = [each for each in page.root.of_class("quiet") if each.all("code")]
    queries = {each.text().partition(";")[0]: each.all("code")[0].text() for each in notes}
    assert set(queries) == {
        "2,980 of 3,000 trials are left out",
        "1,940 of 2,000 checks are left out",
        "1,950 of 2,000 slices are left out",
    }
    counts = {"trials": 3_000, "checks": 2_000, "slices": 2_000 * 15}
    for note, query in queries.items():
        assert len(sql(root, query)) == counts[note.split()[3]]
    assert "5 metrics left out" in page.section("evaluation").text()
    checks = page.table("Measure: checks of thresholds, what does not hold first")
    assert checks[0]["Check"] == "does not hold"
    assert {row["Check"] for row in checks[1:]} == {"holds"}
    chart = charts(page, "tuning")["Study: score by trial"]
    assert len(chart.all("circle")) <= 1_001
