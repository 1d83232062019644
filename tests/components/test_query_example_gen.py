import duckdb
import pytest

from minitfx.components.query_example_gen import QueryExampleGen
from minitfx.dataset import open_source
from minitfx.errors import ParameterError
from minitfx.proto.example_gen_pb2 import Input
from minitfx.proto.range_config_pb2 import RangeConfig
from minitfx.types import Examples

DAY = RangeConfig(static_range={"start_span_number": 17167, "end_span_number": 17167})


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "data.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE trips AS SELECT range AS id, TIMESTAMP '2016-12-31' + "
            "to_hours(range) AS began FROM range(72)"
        )
    return path


def run(component, folder):
    folder.mkdir(exist_ok=True)
    examples = Examples(str(folder))
    values = component.resolve({}, component.exec_properties).values
    component.execute(**component.exec_properties, **values, examples=examples)
    return examples


def test_one_query_is_split_two_to_one(database, tmp_path):
    examples = run(QueryExampleGen("SELECT id FROM trips", database=str(database)), tmp_path / "o")
    assert examples.splits == ["train", "eval"]
    assert sum(open_source(examples.existing_split(s)).rows for s in examples.splits) == 72


def test_queries_by_split_take_a_span(database, tmp_path):
    hours = (
        "SELECT id FROM trips WHERE began >= @span_begin_timestamp AND began < @span_end_timestamp"
    )
    config = Input(
        splits=[
            Input.Split(name="train", pattern=f"{hours} AND id % 2 = 0"),
            Input.Split(name="eval", pattern=f"{hours} AND id % 2 = 1"),
        ]
    )
    component = QueryExampleGen(input_config=config, range_config=DAY, database=str(database))
    examples = run(component, tmp_path / "o")
    (chunk,) = open_source(examples.existing_split("train")).chunks()
    assert examples.span == 17167  # 2017-01-01, the second day
    assert chunk.read()["id"].to_pylist() == list(range(24, 48, 2))


def test_the_fingerprint_follows_the_files_that_a_query_names(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")
    component = QueryExampleGen(f"SELECT * FROM '{path}'")

    def ingredients():
        return component.resolve({}, component.exec_properties).ingredients

    before = ingredients()
    path.touch()
    assert ingredients() == before
    path.write_text("x\n2\n")
    assert ingredients() != before


def test_exactly_one_kind_of_query_is_needed():
    for keywords in ({}, {"query": "SELECT 1", "input_config": Input()}):
        with pytest.raises(ParameterError, match="exactly one of query and input_config"):
            QueryExampleGen(**keywords)
