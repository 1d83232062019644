from datetime import date

import pytest

from minitfx.dataset.spans import SpanPattern, find_inputs
from minitfx.errors import DataError, ParameterError


@pytest.fixture
def folder(tmp_path):
    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x\n1\n")
        return str(tmp_path)

    return make


def names(found, base, split="all"):
    return [path.removeprefix(f"{base}/") for path in found.files[split]]


def test_without_specs_all_matching_files_are_span_zero(folder):
    base = folder("b.csv", "a.csv", "c.txt", "deep/d.csv", ".hidden.csv", "_temporary.csv")
    found = find_inputs(base, [("all", "*.csv")])
    assert (names(found, base), found.span, found.version) == (["a.csv", "b.csv"], 0, None)
    assert names(find_inputs(base, [("all", "**/*.csv")]), base) == ["a.csv", "b.csv", "deep/d.csv"]


def test_the_newest_span_is_taken_by_number(folder):
    base = folder("s-2/a.csv", "s-10/a.csv", "s-10/b.csv", "s-9/a.csv", "s-x/a.csv")
    found = find_inputs(base, [("all", "s-{SPAN}/*")])
    assert (names(found, base), found.span) == (["s-10/a.csv", "s-10/b.csv"], 10)


def test_a_span_may_be_asked_for(folder):
    base = folder("s-2/a.csv", "s-10/a.csv")
    assert names(find_inputs(base, [("all", "s-{SPAN}/*")], span=2), base) == ["s-2/a.csv"]
    with pytest.raises(DataError, match="no span 3; it has 2, 10"):
        find_inputs(base, [("all", "s-{SPAN}/*")], span=3)
    with pytest.raises(ParameterError, match=r"holds no \{SPAN\} or date"):
        find_inputs(base, [("all", "s-2/*")], span=2)


def test_a_width_takes_exactly_so_many_digits(folder):
    base = folder("d-02.csv", "d-11.csv", "d-1.csv", "d-123.csv")
    found = find_inputs(base, [("all", "d-{SPAN:2}.csv")])
    assert (names(found, base), found.span) == (["d-11.csv"], 11)


def test_padded_numbers_need_a_width(folder):
    base = folder("d-02.csv", "d-10.csv")
    with pytest.raises(DataError, match=r"zeros before a number.*\{SPAN:2\}"):
        find_inputs(base, [("all", "d-{SPAN}.csv")])


def test_the_newest_version_of_the_newest_span_is_taken(folder):
    base = folder("1/v9/a", "2/v1/a", "2/v10/a", "2/v3/a")
    found = find_inputs(base, [("all", "{SPAN}/v{VERSION}/*")])
    assert (names(found, base), found.span, found.version) == (["2/v10/a"], 2, 10)


def test_a_date_is_the_number_of_days_since_1970(folder):
    base = folder("log-20170101.csv", "log-20161231.csv")
    found = find_inputs(base, [("all", "log-{YYYY}{MM}{DD}.csv")])
    assert found.span == (date(2017, 1, 1) - date(1970, 1, 1)).days == 17167
    assert names(found, base) == ["log-20170101.csv"]


def test_a_date_that_is_none_is_named(folder):
    base = folder("log-20170230.csv")
    with pytest.raises(DataError, match=r"log-20170230\.csv matches .* its date is none"):
        find_inputs(base, [("all", "log-{YYYY}{MM}{DD}.csv")])


def test_splits_must_agree_on_span_and_version(folder):
    base = folder("1/train/a", "2/train/a", "1/eval/a")
    splits = [("train", "{SPAN}/train/*"), ("eval", "{SPAN}/eval/*")]
    with pytest.raises(DataError, match="newest span: 'train' has 2, 'eval' has 1"):
        find_inputs(base, splits)
    assert names(find_inputs(base, splits, span=1), base, "eval") == ["1/eval/a"]


def test_splits_must_hold_the_same_specs(folder):
    base = folder("1/train/a", "eval/a")
    with pytest.raises(ParameterError, match="expected the same of"):
        find_inputs(base, [("train", "{SPAN}/train/*"), ("eval", "eval/*")])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{SPAN}/{SPAN}", "twice"),
        ("{SPAM}/*", r"holds {SPAM}\. Did you mean .SPAN"),
        ("{YYYY}/*", "holds only YYYY of a date"),
        ("{SPAN}{YYYY}{MM}{DD}", "choose one"),
        ("v{VERSION}", "without"),
        ("{YYYY:2}{MM}{DD}", "take no width"),
        ("{SPAN:0}", "at least 1"),
    ],
)
def test_a_wrong_pattern_is_refused(pattern, message):
    with pytest.raises(ParameterError, match=message):
        SpanPattern(pattern)


def test_wild_cards_around_a_span_keep_their_meaning(folder):
    base = folder("x[1]/a-3-b.csv", "x[1]/c-4-d.csv", "x[1]/a-5-b.txt", "y/a-6-b.csv")
    found = find_inputs(f"{base}/x[1]", [("all", "[!b]-{SPAN}-?.c*")])
    assert (found.span, len(found.files["all"])) == (4, 1)


def test_a_single_file_may_stand_for_a_folder(folder):
    base = folder("a.csv")
    assert find_inputs(f"{base}/a.csv", [("all", "*")]).files == {"all": (f"{base}/a.csv",)}
    with pytest.raises(DataError, match=r"a.csv is a file .*; expected a folder"):
        find_inputs(f"{base}/a.csv", [("all", "*.csv")])


def test_a_missing_folder_and_a_pattern_without_files_are_named(folder):
    base = folder("a.csv")
    with pytest.raises(DataError, match=r"the input folder .*/absent does not exist"):
        find_inputs(f"{base}/absent", [("all", "*")])
    with pytest.raises(DataError, match=r"input split 'all': no file matches \*.parquet in"):
        find_inputs(base, [("all", "*.parquet")])


def test_files_of_any_file_system_are_found():
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/spans/1/a.csv", b"")
    memory.pipe_file("/spans/2/a.csv", b"")
    found = find_inputs("memory://spans", [("all", "{SPAN}/*.csv")])
    assert found.span == 2
    assert found.files["all"] == ("memory:///spans/2/a.csv",)
