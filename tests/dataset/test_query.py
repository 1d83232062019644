import duckdb
import pyarrow as pa
import pytest

from minitfx.dataset.query import files_of, query_source, with_span
from minitfx.errors import DataError, ParameterError, StorageError


def answer(query, database=None):
    with query_source(query, database) as source:
        chunks = [chunk.read() for chunk in source.chunks()]
        return pa.concat_tables(chunks) if chunks else source.schema


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "it's.csv"
    path.write_text("x,s\n1,a\n2,\n3,b\n")
    return path


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "data.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE trips AS SELECT range AS id FROM range(5)")
    return path


def quoted(path):
    return "'" + str(path).replace("'", "''") + "'"


def test_files_and_databases_are_queried(csv, database):
    assert answer(f"SELECT x, s FROM {quoted(csv)} WHERE x < 3").to_pylist() == [
        {"x": 1, "s": "a"},
        {"x": 2, "s": None},
    ]
    assert answer("SELECT id FROM trips ORDER BY id DESC", database)["id"].to_pylist() == [
        4,
        3,
        2,
        1,
        0,
    ]


def test_a_large_answer_comes_in_chunks_in_the_order_asked_for():
    with query_source("SELECT -range AS x FROM range(200000) ORDER BY x -- newest first") as source:
        assert [chunk.rows for chunk in source.chunks()][:-1] != []
        assert source.chunks()[0].read()["x"][0].as_py() == -199999
        assert source.rows == 200_000


def test_types_that_parquet_does_not_know_become_numbers_and_text():
    query = (
        "SELECT sum(range) AS total, 'x'::ENUM('x') AS e, INTERVAL 1 DAY AS i, "
        "[1::HUGEINT] AS l, {'HUGEINT': 2::HUGEINT} AS st FROM range(4)"
    )
    (row,) = answer(query).to_pylist()
    assert row == {"total": 6, "e": "x", "i": "1 day", "l": [1], "st": {"HUGEINT": 2}}


def test_an_answer_without_rows_has_its_columns():
    assert answer("SELECT 1 AS x WHERE false").names == ["x"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("CREATE TABLE x(a INT)", "the query is CREATE; expected one SELECT"),
        ("SELECT 1; SELECT 2", "the query is SELECT and SELECT"),
        ("", "the query is empty"),
        ("SELEC 1", "cannot be parsed: .*SELEC 1"),
        ("SELECT a FROM nowhere", "the query failed: .*nowhere"),
        ("SELECT 1e30::HUGEINT AS x", "the query failed: .*out of range"),
    ],
)
def test_a_wrong_query_is_one_clear_error(query, message):
    with pytest.raises(DataError, match=f"(?s){message}"):
        answer(query)


def test_a_database_that_is_not_there_or_not_one_is_named(csv, tmp_path):
    with pytest.raises(StorageError, match="there is no database"):
        answer("SELECT 1", tmp_path / "absent.duckdb")
    with pytest.raises(StorageError, match="cannot open the database"):
        answer("SELECT 1", csv)


def test_a_database_is_only_read(database):
    before = database.read_bytes()
    answer("SELECT * FROM trips", database)
    assert database.read_bytes() == before


def test_the_files_that_a_query_names_are_found(csv, tmp_path):
    (tmp_path / "b.csv").write_text("x\n1\n")
    query = (
        f"WITH t AS (SELECT * FROM {quoted(csv)}) SELECT * FROM t, "
        f"(SELECT * FROM read_csv(['{tmp_path}/b*.csv'], delim = ',')) WHERE x = '{tmp_path}'"
    )
    assert files_of(query) == sorted([str(csv), str(tmp_path / "b.csv")])


def test_a_span_is_a_day_in_utc():
    query = (
        "SELECT * FROM 't-@span_yyyymmdd_utc' WHERE a BETWEEN @span_begin_timestamp AND "
        "@span_end_timestamp"
    )
    assert with_span(query, 17167) == (
        "SELECT * FROM 't-20170101' WHERE a BETWEEN TIMESTAMP '2017-01-01 00:00:00' AND "
        "TIMESTAMP '2017-01-02 00:00:00'"
    )
    with pytest.raises(ParameterError, match="no range_config says which span"):
        with_span(query, None)


def test_a_query_need_not_use_its_span():
    assert with_span("SELECT 1", 3) == "SELECT 1"


@pytest.mark.parametrize("name", ["a", "A"])
def test_columns_of_one_name_are_refused_not_renamed(name):
    query = f"SELECT 1 AS a, 2 AS {name}"
    with (
        pytest.raises(DataError, match=f"columns 'a', '{name}', one name to DuckDB"),
        query_source(query),
    ):
        pass


def test_a_time_without_a_zone_is_one_of_utc(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with query_source("SELECT '2020-01-01'::TIMESTAMPTZ AS at") as source:
        (chunk,) = source.chunks()
        column = chunk.read()["at"].cast(pa.timestamp("us"))
    assert str(column[0]) == "2020-01-01 00:00:00"
