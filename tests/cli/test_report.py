"""``minitfx report``, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import PIPELINE, call
from pages import Page


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(PIPELINE)
    call(tmp_path, "run", "flow.py")
    return tmp_path


def test_it_prints_where_the_page_of_the_latest_run_is(project: Path) -> None:
    call(project, "run", "flow.py", "--runtime-parameter", "text=other")
    printed = call(project, "report").stdout
    place = Path(printed.strip())
    assert place.parent == project / "out" / ".system" / "reports"
    page = Page(place.read_text("utf-8"))
    assert page.facts()["Parameter text"] == '"other"'
    assert place.stem in page.root.all("title")[0].text()


def test_an_earlier_run_and_a_file_may_be_said(project: Path) -> None:
    first = call(project, "report").stdout.strip()
    call(project, "run", "flow.py", "--runtime-parameter", "text=other")
    words = ["report", Path(first).stem, "--root", "out", "--out", "pages/first.html"]
    printed = call(project, *words).stdout
    assert printed.strip() == str(project / "pages" / "first.html")
    page = Page((project / "pages" / "first.html").read_text("utf-8"))
    assert page.facts()["Parameter text"] == '"hello"'
    assert page.facts()["Since then"] == "1 later run"


def test_a_dash_prints_the_page(project: Path) -> None:
    page = Page(call(project, "report", "--out", "-").stdout)
    assert page.sections == ["nodes", "data", "lineage", "details"]


def test_mistakes_say_what_to_do(project: Path) -> None:
    done = call(project, "report", "2026", code=1)
    assert "there is no run '2026'" in done.stderr
    assert "minitfx runs" in done.stderr
    assert "nothing was run there" in call(project, "report", "--root", "no", code=1).stderr
    assert "give --out" in call(project, "report", "--out", ".", code=1).stderr
