import filecmp
import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minitfx.ambient import surround
from minitfx.dataset import (
    assign,
    csv_scan,
    examples,
    open_source,
    read_csv,
    scan_csv,
    split_rule,
    write_examples,
)
from minitfx.dataset.examples import ROWS_PER_FILE
from minitfx.dataset.source import ROWS_PER_CHUNK, MemorySource
from minitfx.dataset.split_config import SplitRule
from minitfx.errors import DataError

RULE = SplitRule(("train", "eval"), (2, 1))


def written(tmp_path, sources, rule=RULE):
    rows = write_examples(sources, rule, lambda name: tmp_path / f"Split-{name}")
    return rows, {name: open_source(tmp_path / f"Split-{name}") for name in rows}


def whole(source):
    return pa.concat_tables(chunk.read() for chunk in source.chunks())


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_every_row_lands_in_one_split_in_the_order_of_the_input(tmp_path):
    table = pa.table({"id": list(range(1000)), "kind": ["a", None] * 500})
    rows, splits = written(tmp_path, {"all": MemorySource(table)})
    ids = {name: whole(source)["id"].to_pylist() for name, source in splits.items()}
    assert rows == {name: len(each) for name, each in ids.items()}
    assert sorted(ids["train"] + ids["eval"]) == list(range(1000))
    assert all(each == sorted(each) for each in ids.values())


def test_row_groups_and_files_are_full(tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "ROWS_PER_FILE", 2 * ROWS_PER_CHUNK)
    table = pa.table({"id": pa.array(range(5 * ROWS_PER_CHUNK + 7))})
    write_examples({"all": MemorySource(table)}, None, lambda name: tmp_path)
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == [f"data-0000{n}-of-00003.parquet" for n in range(3)]
    groups = [pq.ParquetFile(path).metadata for path in files]
    sizes = [[m.row_group(i).num_rows for i in range(m.num_row_groups)] for m in groups]
    assert sizes == [[ROWS_PER_CHUNK] * 2, [ROWS_PER_CHUNK] * 2, [ROWS_PER_CHUNK, 7]]
    assert groups[0].row_group(0).column(0).compression == "ZSTD"
    assert open_source(tmp_path).rows == table.num_rows
    assert ROWS_PER_FILE % ROWS_PER_CHUNK == 0


def test_workers_and_blocks_change_no_byte(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("id,x,s\n" + "".join(f"{i},{i / 7},v{i % 10}\n" for i in range(3000)))
    written(tmp_path / "one", {"all": scan_csv(path)})
    monkeypatch.setattr(csv_scan, "BLOCK_BYTES", 1000)
    with surround(workers=2):
        written(tmp_path / "two", {"all": scan_csv(path)})
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_a_wrong_guess_of_a_type_leaves_no_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_scan, "BLOCK_BYTES", 1000)
    path = tmp_path / "a.csv"
    path.write_text("x\n" + "".join(f"{i}\n" for i in range(3000)) + "0.5\n")
    rows, splits = written(tmp_path, {"all": scan_csv(path)})
    assert sum(rows.values()) == 3001
    assert {source.schema.field("x").type for source in splits.values()} == {pa.float64()}
    assert not list(tmp_path.rglob("*.partial"))


def test_a_failure_closes_files_and_names_the_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n3\n")
    with pytest.raises(DataError, match="line 3"):
        written(tmp_path, {"all": scan_csv(path)})
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_split_without_rows_has_a_file_with_its_columns(tmp_path):
    table = pa.table({"x": [1], "y": pa.nulls(1)})
    rows, splits = written(tmp_path, {"all": MemorySource(table)})
    empty = min(rows, key=rows.get)
    assert rows[empty] == 0
    assert splits[empty].schema == pa.schema({"x": pa.int64(), "y": pa.string()})
    assert splits[empty].chunks() == ()


def test_input_splits_are_mirrored(tmp_path):
    sources = {
        "train": MemorySource(pa.table({"x": [1, 2]})),
        "eval": MemorySource(pa.table({"x": [3]})),
    }
    rows, splits = written(tmp_path, sources, split_rule(None, list(sources)))
    assert rows == {"train": 2, "eval": 1}
    assert whole(splits["eval"])["x"].to_pylist() == [3]


def test_a_column_that_is_empty_in_one_input_split_has_the_type_of_the_other(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,0.5\n")
    (tmp_path / "b.csv").write_text("x,y\n2,\n")
    sources = {name: scan_csv(tmp_path / f"{name}.csv") for name in "ab"}
    _, splits = written(tmp_path, sources, None)
    assert splits["b"].schema == splits["a"].schema


@pytest.mark.parametrize("last", ["", "1,a\n"], ids=["empty throughout", "with gaps"])
def test_tfx_hash_tells_an_empty_column_from_one_with_gaps(tmp_path, last):
    rule = SplitRule(("train", "eval"), (2, 1), None, "tfx")
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{i},\n" for i in range(2, 50)) + last)
    table = read_csv(path)
    expected = table.filter(pa.array(assign(rule, table) == 0))["x"].to_pylist()
    assert whole(written(tmp_path, {"all": scan_csv(path)}, rule)[1]["train"])["x"].to_pylist() == (
        expected
    )


def test_nested_and_list_columns_of_parquet_are_kept(tmp_path):
    table = pa.table(
        {
            "l": pa.array([[1, 2], [], None, [None]], pa.list_(pa.int32())),
            "s": pa.array([{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}, {"a": 2, "b": []}]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    _, splits = written(tmp_path, {"all": open_source(tmp_path / "in.parquet")}, None)
    assert whole(splits["all"]).to_pylist() == table.to_pylist()


def test_the_same_input_gives_the_same_bytes(tmp_path):
    table = pa.table({"x": list(range(100)), "s": ["a", "b"] * 50})
    for name in ("one", "two"):
        written(tmp_path / name, {"all": MemorySource(table)})
    same = filecmp.dircmp(tmp_path / "one", tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert not same.left_only
