"""Names are hostile input: they are shown as they are, and do nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import Page
from parts import Count, Source
from payload_parts import Check, Describe, Log, Measure, Study, Verdicts

from minitfx import LocalDagRunner, Pipeline, RuntimeParameter
from minitfx.component import Component, Output
from minitfx.data_validation import FeaturePath
from minitfx.errors import RunError
from minitfx.reports import run_report, write_report
from minitfx.types import Schema

EVIL = "<script>alert('1')</script>\"><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline in which everything that can be is called something with a script in it."""
    root = tmp_path_factory.mktemp("evil") / "root"
    source = Source(text=RuntimeParameter("text", str, EVIL))
    nodes = [
        source,
        Count(source.outputs["examples"], broken=True),
        Log(values={EVIL: [1.0, 2.0]}),
        Measure(metric=EVIL, prefix=f"{EVIL}:"),
        Study(scores=[1.0], best=[0]),
        Check(prefix=EVIL),
        Describe(columns=[EVIL, "a\u202eb", "naïve 列"]),
        Verdicts(reason=EVIL),
    ]
    with pytest.raises(RunError):
        LocalDagRunner().run(Pipeline("evil <b> & co", root, nodes))
    return root


def test_no_name_becomes_markup(root: Path) -> None:
    html = run_report(root)
    page = Page(html)
    assert "<script" not in html
    assert "<img" not in html
    assert not page.root.all("script", "img", "b")
    assert page.root.all("h1")[0].text() == "evil <b> & co FAILED"
    assert page.facts()["Parameter text"].replace('\\"', '"') == f'"{EVIL}"'


def test_names_are_shown_as_they_are(root: Path) -> None:
    page = Page(run_report(root))
    assert page.table("Numbers logged by step")[0]["Metric"] == EVIL
    assert page.table("Measure: metrics of the model by slice")[0]["Slice"] == f"{EVIL}:0"
    assert page.table("Anomalies by split")[0]["Feature"] == f"{EVIL}0"
    features = {row["Feature"] for row in page.table("Strings, by split")}
    assert features == {FeaturePath([name]).serialized for name in (EVIL, "a\u202eb", "naïve 列")}
    assert f"not blessed: {EVIL}" in [e.text() for e in page.section("outcome").all("dd")]
    charts = [each.attributes["aria-label"] for each in page.section("training").all("svg")[:1]]
    assert charts[0].startswith(EVIL)


class Raise(Component):
    """Fails with a message."""

    message: str
    schema = Output(Schema)

    @staticmethod
    def execute(message: str, schema: Schema) -> None:
        """Fail."""
        raise ValueError(message)


def test_what_html_cannot_hold_is_replaced(tmp_path: Path) -> None:
    message = "a\x00b\x1b[31m\r\nd"
    with pytest.raises(RunError):
        LocalDagRunner().run(Pipeline("p", tmp_path / "root", [Raise(message=message)]))
    text = write_report(tmp_path / "root").read_text("utf-8")
    assert "a\ufffdb\ufffd[31m" in text
    assert not {letter for letter in text if ord(letter) < 32} - {"\n", "\t"}
