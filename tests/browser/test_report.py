"""The page of a run in a real browser: on a phone and on a desk, by day and by night."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts import Count, Source, Train
from payload_parts import Check, Describe, Log, Measure, Study, Verdicts

from minitfx import LocalDagRunner, Pipeline
from minitfx.errors import RunError
from minitfx.reports import write_report

sys.path.insert(0, str(Path(__file__).parent))
from chromium import NAMES, Browser, find_browser

PROGRAM = find_browser()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason=f"there is no browser; looked for {', '.join(NAMES)}"
)
PHONE, DESK = (375, 812), (1280, 900)
LONG = "a_name_that_goes_on_for_much_longer_than_any_box_or_column_is_wide_" * 3
EVIL = "<script>document.title='stolen'</script><img src=x onerror=\"document.title='stolen'\">"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with every section, a failure, long names and hostile ones."""
    folder = tmp_path_factory.mktemp("run")
    source = Source(text=EVIL)
    count = Count(source.outputs["examples"], broken=True)
    nodes = [
        source,
        count,
        Train(count.outputs["statistics"]).with_id("a_node_with_a_name_that_is_wider_than_its_box"),
        Log(values={"loss": [1 / step for step in range(1, 60)], LONG: [1.0, 2.0]}),
        Measure(metric=LONG, slices=20, metrics=9),
        Study(scores=[0.5, None, 0.75, 0.6], best=[2]),
        Check(prefix=LONG),
        Describe(columns=["plain", LONG, EVIL]),
        Verdicts(reason=f"{LONG} {EVIL}"),
    ]
    with pytest.raises(RunError):
        LocalDagRunner().run(Pipeline("browsed", folder / "root", nodes))
    return write_report(folder / "root", path=folder / "page.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for all tests; where it is but cannot start, they are skipped."""
    assert PROGRAM is not None
    try:
        started = Browser(PROGRAM)
    except (OSError, RuntimeError) as error:
        pytest.skip(f"{PROGRAM} does not start here: {error}")
    with started as browser:
        yield browser


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_opens_in_peace_and_asks_for_nothing(
    browser: Browser, page: Path, size: tuple[int, int]
) -> None:
    browser.show(page, *size)
    complaints = browser.said(
        "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"
    )
    assert complaints == []
    asked = [each["request"]["url"] for each in browser.said("Network.requestWillBeSent")]
    assert asked == [page.as_uri()]
    assert browser.evaluate("document.title").startswith("browsed · FAILED · run ")


def test_the_browser_would_tell_of_a_complaint_and_a_request(
    browser: Browser, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<img src='none.png'><script>console.error('no'); nothing.at.all</script>")
    browser.show(bad, *DESK)
    assert browser.said("Runtime.exceptionThrown")
    assert browser.said("Runtime.consoleAPICalled")
    asked = [each["request"]["url"] for each in browser.said("Network.requestWillBeSent")]
    assert asked == [bad.as_uri(), (tmp_path / "none.png").as_uri()]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_section_is_seen_and_nothing_sticks_out(
    browser: Browser, page: Path, size: tuple[int, int]
) -> None:
    browser.show(page, *size)
    assert browser.evaluate("document.documentElement.scrollWidth") <= size[0]
    sections = browser.evaluate(
        "[...document.querySelectorAll('section')].map(each => "
        "[each.id, each.getBoundingClientRect().width, each.getBoundingClientRect().height])"
    )
    assert [id for id, _, _ in sections] == [
        "outcome", "errors", "nodes", "data", "tuning", "training", "evaluation", "serving",
        "production", "details",
    ]  # fmt: skip
    assert all(width > 0.8 * min(size[0], 1200) and height > 40 for _, width, height in sections)
    too_wide = browser.evaluate(
        "[...document.querySelectorAll('h1, h2, p, dl, nav, figure, summary, pre, .scroll')]"
        ".filter(each => each.getBoundingClientRect().right > innerWidth)"
        ".map(each => each.outerHTML.slice(0, 200))"
    )
    assert too_wide == []


def test_text_can_be_read_on_a_phone(browser: Browser, page: Path) -> None:
    browser.show(page, *PHONE)
    small = browser.evaluate(
        "[...document.querySelectorAll('p, dd, dt, td, th, li, summary, pre, code, svg text')]"
        ".filter(each => each.getClientRects().length).map(each => "
        "[parseFloat(getComputedStyle(each).fontSize) * (each.ownerSVGElement ? "
        "each.ownerSVGElement.getBoundingClientRect().width / "
        "each.ownerSVGElement.viewBox.baseVal.width : 1), each.textContent.slice(0, 40)])"
        ".filter(([size]) => size < 8.5)"
    )
    assert small == []


def test_labels_stay_inside_their_boxes(browser: Browser, page: Path) -> None:
    browser.show(page, *DESK)
    sticking_out = browser.evaluate(
        "[...document.querySelectorAll('.box')].flatMap(box => [...box.querySelectorAll('text')]"
        ".filter(text => text.getBoundingClientRect().right > "
        "box.querySelector('rect').getBoundingClientRect().right)).map(text => text.textContent)"
    )
    assert sticking_out == []
    assert browser.evaluate("document.querySelectorAll('.box').length") == 9


CONTRAST = """(() => {
  const channels = color => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = color => channels(color).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const faint = [];
  for (const each of document.querySelectorAll('body *')) {
    const own = [...each.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !each.getClientRects().length || each.tagName === 'TITLE') continue;
    const style = getComputedStyle(each);
    const ink = light(each.ownerSVGElement ? style.fill : style.color);
    const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    if (ratio < 4.5) faint.push([each.className.baseVal ?? each.className, ratio]);
  }
  return [ground, faint];
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_by_day_and_by_night(browser: Browser, page: Path, scheme: str) -> None:
    browser.show(page, *DESK, scheme=scheme)
    ground, faint = browser.evaluate(CONTRAST)
    assert ground > 0.9 if scheme == "light" else ground < 0.05
    assert faint == []


def test_a_node_of_the_picture_leads_to_all_that_is_known_of_it(
    browser: Browser, page: Path
) -> None:
    browser.show(page, *DESK)
    browser.evaluate(
        "document.querySelector('.graph a').dispatchEvent(new MouseEvent('click', "
        "{bubbles: true, cancelable: true}))"
    )
    opened = browser.evaluate(
        "[...document.querySelectorAll('details[open] .name')].map(each => each.textContent)"
    )
    first = browser.evaluate("document.querySelector('.graph a text').textContent")
    assert first in opened
    top = browser.evaluate("document.querySelector(':target').getBoundingClientRect().top")
    assert 0 <= top < DESK[1]
