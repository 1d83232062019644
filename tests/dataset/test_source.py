import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minitfx.dataset.source import ROWS_PER_CHUNK, ParquetSource, open_source, read_batches
from minitfx.errors import ColumnError, DataError, StorageError


def test_a_folder_of_parquet_files_is_read_in_the_order_of_their_names(tmp_path):
    pq.write_table(pa.table({"x": [3]}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "a.parquet", row_group_size=1)
    source = open_source(tmp_path)
    assert source.rows == 3
    assert [chunk.read()["x"].to_pylist() for chunk in source.chunks()] == [[1], [2], [3]]
    assert [batch.num_rows for batch in read_batches(source)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1, "x"], "column 'y' of type object: Could not convert 'x'"),
        ([2**70, 1], "column 'y' of type object: Python int too large"),
        ([1j, 2j], "column 'y' of type complex128"),
        (pd.arrays.SparseArray([0, 1]), "column 'y' of type Sparse"),
    ],
)
def test_a_column_of_a_frame_that_cannot_be_read_is_named(column, message):
    with pytest.raises(ColumnError, match=message):
        open_source(pd.DataFrame({"x": [1, 2], "y": column}))


def test_the_index_of_a_frame_is_no_column_and_nan_is_missing():
    frame = pd.DataFrame({"x": [1.5, None]}, index=["a", "b"])
    source = open_source(frame)
    assert source.schema.names == ["x"]
    assert source.chunks()[0].read()["x"].to_pylist() == [1.5, None]


def test_anything_with_an_arrow_stream_is_a_source():
    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            return pa.table({"x": [1]}).__arrow_c_stream__(requested_schema)

    assert open_source(Stream()).rows == 1


def test_a_table_is_cut_into_chunks_of_one_size():
    source = open_source(pa.table({"x": range(ROWS_PER_CHUNK + 1), "y": range(ROWS_PER_CHUNK + 1)}))
    assert [chunk.rows for chunk in source.chunks(["y"])] == [ROWS_PER_CHUNK, 1]


def test_what_is_no_table_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read a table from builtins\.int"):
        open_source(3)
    with pytest.raises(DataError, match=r"no \*\.parquet file in"):
        open_source(tmp_path)
    with pytest.raises(ColumnError, match=r"no column 'z'. Known: x, y"):
        open_source(pa.table({"x": [1], "y": [2]})).chunks(["z"])


def two_files(folder, first, second):
    pq.write_table(first, folder / "a.parquet")
    pq.write_table(second, folder / "b.parquet")
    return open_source(folder)


def test_columns_of_several_files_meet_in_a_type_that_holds_both(tmp_path):
    first = pa.table({"i": [1, 2], "s": ["a", "b"], "n": pa.nulls(2)})
    second = pa.table({"n": ["x"], "s": pa.nulls(1), "i": [0.5]})
    source = two_files(tmp_path, first, second)
    table = pa.concat_tables(chunk.read() for chunk in source.chunks())
    assert table.schema == source.schema
    assert table.to_pydict() == {
        "i": [1.0, 2.0, 0.5],
        "s": ["a", "b", None],
        "n": [None, None, "x"],
    }
    assert [chunk.read()["i"].to_pylist() for chunk in source.chunks(["i"])] == [[1.0, 2.0], [0.5]]


def test_files_that_do_not_go_together_are_named(tmp_path):
    with pytest.raises(DataError, match=r"b\.parquet: the file lacks the column 'y'"):
        two_files(tmp_path, pa.table({"x": [1], "y": [1]}), pa.table({"x": [1]})).chunks()
    with pytest.raises(DataError, match=r"b\.parquet: a column has a type .*: .*x"):
        two_files(tmp_path, pa.table({"x": [1]}), pa.table({"x": ["a"]})).chunks()


def test_what_is_no_parquet_file_is_named(tmp_path):
    (tmp_path / "a.parquet").write_text("no Parquet")
    with pytest.raises(DataError, match=r"a\.parquet: no Parquet file"):
        open_source(tmp_path).chunks()
    with pytest.raises(StorageError, match=r"there is no file .*absent"):
        ParquetSource(("absent.parquet",)).chunks()


def test_parquet_is_read_from_any_file_system(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "a.parquet")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/parquet/a.parquet", (tmp_path / "a.parquet").read_bytes())
    source = open_source("memory://parquet")
    assert source.chunks()[0].read()["x"].to_pylist() == [1, 2]


@pytest.mark.parametrize(
    "given",
    [
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pa.table([[1], [2]], names=["a", "a"]),
        pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
    ],
    ids=["frame", "table", "batch"],
)
def test_two_columns_of_one_name_are_refused(given):
    with pytest.raises(ColumnError, match="there are several columns 'a'; expected each name once"):
        open_source(given)


def test_parquet_files_further_down_are_pointed_to(tmp_path):
    (tmp_path / "year=2020").mkdir()
    pq.write_table(pa.table({"x": [1]}), tmp_path / "year=2020" / "a.parquet")
    with pytest.raises(DataError, match=r"Further down there is .*year=2020/a.parquet"):
        open_source(tmp_path)
