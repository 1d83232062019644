import csv
import gzip
import io
import json
import pickle
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.ambient import surround
from minitfx.dataset import CsvOptions, csv_scan, csv_source, read_csv, scan_csv, with_exact_types
from minitfx.dataset.cell import CellType, cell_type
from minitfx.dataset.csv_record import records
from minitfx.dataset.retyping import WiderTypesError
from minitfx.errors import DataError

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = {pa.int64(): "INT", pa.float64(): "FLOAT", pa.string(): "STRING", pa.null(): "UNKNOWN"}


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def tiny_blocks(monkeypatch):
    monkeypatch.setattr(csv_scan, "BLOCK_BYTES", 64)
    monkeypatch.setattr(csv_scan, "_FIRST_SAMPLE", 1)
    monkeypatch.setattr(csv_scan, "_SAMPLE", 1)


@pytest.mark.parametrize(
    "golden",
    [p for p in sorted((GOLDEN / "expected").glob("*.examplegen.json")) if "taxi" not in p.name],
    ids=lambda path: path.name.split(".")[0],
)
def test_columns_have_the_types_that_tfx_gives_them(golden):
    expected = json.loads(golden.read_text())
    table = read_csv(GOLDEN / "data" / expected["csv"])
    assert table.num_rows == expected["rows"]
    assert {f.name: NAMES[f.type] for f in table.schema} == expected["types"]


def test_integers_with_gaps_stay_integers_and_empty_zero_and_blank_stay_different(write):
    table = read_csv(write('a,b,c\n1,,0\n,"",0.0\n3, ,\n'))
    assert table.to_pydict() == {"a": [1, None, 3], "b": [None, None, " "], "c": [0.0, 0.0, None]}


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(write):
    table = read_csv(write('a,b\n"x,1","say ""hi"""\n"two\nlines",5" pipe\n'))
    assert table.to_pydict() == {"a": ["x,1", "two\nlines"], "b": ['say "hi"', '5" pipe']}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_kinds_and_blank_lines_are_understood(write, end, tiny_blocks):
    lines = ["", "a,b", "", *(f"{i},x{i}" for i in range(50)), ""]
    table = read_csv(write(end.join(lines)))
    assert table.to_pydict() == {"a": list(range(50)), "b": [f"x{i}" for i in range(50)]}


def test_a_byte_order_mark_is_skipped_at_the_start_and_kept_elsewhere(write, tiny_blocks):
    lines = "".join(f"\ufeff{i},1\n" for i in range(20))
    table = read_csv(write("\ufeffa,b\n" + lines))
    assert table["a"].to_pylist() == [f"\ufeff{i}" for i in range(20)]


def test_a_late_cell_widens_the_whole_column(write, tiny_blocks):
    rows = [f"{i},{i}" for i in range(99)] + ["0.5,oops"]
    path = write("\n".join(["a,b", *rows]))
    source = scan_csv(path)
    assert source.schema.types == [pa.int64(), pa.int64()]
    with pytest.raises(WiderTypesError, match="'a' holds FLOAT, 'b' holds STRING"):
        [chunk.read() for chunk in source.chunks()]
    assert source.settled().schema.types == [pa.float64(), pa.string()]
    assert read_csv(path)["a"].to_pylist() == [*map(float, range(99)), 0.5]
    assert read_csv(path)["b"].to_pylist() == [*map(str, range(99)), "oops"]


def test_work_runs_once_when_the_guess_was_right_and_twice_when_not(write, tiny_blocks):
    def count_calls(path):
        calls = []

        def work(source):
            calls.append(source)
            return pa.concat_tables(chunk.read() for chunk in source.chunks())

        with_exact_types(scan_csv(path), work)
        return len(calls)

    assert count_calls(write("a\n" + "1\n" * 100)) == 1
    assert count_calls(write("a\n" + "1\n" * 100 + "x\n")) == 2


def test_only_what_was_not_read_is_looked_at_again(write, tiny_blocks, monkeypatch):
    source = scan_csv(write("a,b\n" + "1,1\n" * 100 + "x,2\n" + "1,0.5\n" * 20))
    with pytest.raises(WiderTypesError):
        [chunk.read() for chunk in source.chunks()]
    looked = []
    types = csv_source.CsvChunk.types
    monkeypatch.setattr(
        csv_source.CsvChunk, "types", lambda chunk: looked.append(chunk.index) or types(chunk)
    )
    settled = source.settled()
    assert settled.schema.types == [pa.string(), pa.float64()]
    assert 0 < len(looked) < len(source.blocks) / 2
    assert not settled.fitting
    # A look at some columns says nothing about the others.
    looked.clear()
    fresh = scan_csv(source.files[0].name)
    [chunk.read() for chunk in fresh.chunks(["b"])[:3]]
    assert fresh.settled().schema == settled.schema
    assert len(looked) == len(fresh.blocks)


@pytest.mark.parametrize("workers", [1, 2])
def test_late_wider_cells_anywhere_end_in_the_types_of_all_cells(write, tiny_blocks, workers):
    rows = [["1", "1", "1"] for _ in range(90)]
    rows[20][0], rows[50][1], rows[85][0], rows[86][2] = "0.5", "x", "y", "2.5"
    path = write("a,b,c\n" + "".join(",".join(row) + "\n" for row in rows))
    with surround(workers=workers):
        table = read_csv(path)
    assert table.schema.types == [pa.string(), pa.string(), pa.float64()]
    assert table["a"].to_pylist() == [row[0] for row in rows]


def test_files_without_a_header_get_names(write):
    paths = [write("1,x\n,y\n", "a.csv"), write("2.5,NA\n", "b.csv")]
    table = read_csv(paths, CsvOptions(column_names=["fare", "way"], null_values=["NA"]))
    assert table.to_pydict() == {"fare": [1.0, None, 2.5], "way": ["x", "y", None]}
    named = CsvOptions(column_names=["fare"])
    with pytest.raises(
        DataError, match=r"line 1, column 2: the record has 2 cells, column_names 1"
    ):
        read_csv(paths[0], named)
    with pytest.raises(DataError, match="'a' more than once"):
        CsvOptions(column_names=["a", "a"])


def test_types_come_from_all_files(write, tmp_path):
    write("a,b\n1,\n", "1.csv")
    write("a,b\n2.5,\n", "2.csv")
    table = read_csv(tmp_path / "*.csv")
    assert table.schema.types == [pa.float64(), pa.null()]
    assert table["a"].to_pylist() == [1.0, 2.5]
    assert read_csv([tmp_path / "2.csv", tmp_path / "1.csv"])["a"].to_pylist() == [2.5, 1.0]


cell = st.one_of(
    st.integers(-99, 99).map(str), st.floats().map(repr), st.text(max_size=5), st.just("")
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=60), st.integers(1, 200))
def test_blocks_and_workers_change_nothing(tmp_path_factory, rows, size):
    quoted = [",".join('"{}"'.format(c.replace('"', '""')) for c in row) for row in rows]
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes("\n".join(["a,b", *quoted]).encode("utf-8", "replace"))
    whole = read_csv(path)
    with pytest.MonkeyPatch.context() as patch, surround(workers=2):
        patch.setattr(csv_scan, "BLOCK_BYTES", size)
        cut = read_csv(path)
    assert cut.schema == whole.schema
    assert str(cut.to_pylist()) == str(whole.to_pylist())


def by_the_rule(text, columns):
    """Columns of a CSV text by Python's csv module and the cell rule; None if it is malformed."""
    if any(record.unclosed for record in records(text.encode(), b",")):
        return None
    _, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if not rows or any(len(row) != columns for row in rows):
        return None
    found = []
    for cells in zip(*rows, strict=True):
        convert = {CellType.INT: int, CellType.FLOAT: float}.get(max(map(cell_type, cells)), str)
        found.append([convert(cell) if cell else None for cell in cells])
    return found


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet='a1+,"\n\r ', max_size=30), st.integers(1, 3), st.sampled_from([3, 20, 999])
)
def test_whole_files_are_read_as_python_reads_them(tmp_path_factory, body, columns, size):
    text = ",".join("abc"[:columns]) + "\n" + body
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(text.encode())
    expected = by_the_rule(text, columns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_scan, "BLOCK_BYTES", size)
        if expected is None:
            with pytest.raises(DataError, match=str(path)):
                read_csv(path)
        else:
            table = read_csv(path)
            assert [column.to_pylist() for column in table.columns] == expected


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "shift-jis"])
def test_other_encodings_are_read(write, encoding):
    text = "名" if encoding == "shift-jis" else "é"
    path = write(f"a;{text}\n1;{text}\n".encode(encoding))
    table = read_csv(path, CsvOptions(delimiter=";", encoding=encoding))
    assert table.to_pydict() == {"a": [1], text: [text]}


def test_compressed_files_are_read_by_their_suffix(write):
    path = write(gzip.compress(b"a\n1\n"), "a.csv.gz")
    assert read_csv(path)["a"].to_pylist() == [1]


def test_files_are_read_from_any_file_system():
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe_file("/here/a.csv", b"a\n1\n")
    assert read_csv("memory://here/*.csv")["a"].to_pylist() == [1]


def test_chunks_are_references_that_another_process_can_read(write, tiny_blocks):
    chunks = scan_csv(write("a,b\n" + "1,x\n" * 100)).chunks(["b"])
    assert len(chunks) > 3
    again = pickle.loads(pickle.dumps(chunks[1]))
    assert again.read().equals(chunks[1].read())
    assert again.rows == again.read().num_rows
    assert len(pickle.dumps(chunks[1])) < 1000


def test_rows_are_counted_without_blank_lines_and_with_quoted_ones(write):
    assert scan_csv(write('a,b\n\n1,"x\n\ny"\n\n2,z')).rows == 2


def test_options_survive_json():
    options = CsvOptions(delimiter="\t", encoding="latin-1", null_values=("NA", "-"))
    assert CsvOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_counting_rows_names_the_fault_too(tmp_path: Path) -> None:
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(DataError, match=r"ragged\.csv, line 3"):
        _ = scan_csv(tmp_path / "ragged.csv").rows
