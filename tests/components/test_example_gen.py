import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minitfx.components.example_gen import (
    AvroExampleGen,
    CsvExampleGen,
    DataFrameExampleGen,
    FileBasedExampleGen,
    ImportExampleGen,
    ParquetExampleGen,
)
from minitfx.components.query_example_gen import QueryExampleGen
from minitfx.dataset import SplitRule, assign, open_source
from minitfx.errors import ChannelTypeError, DataError, ParameterError, RunError
from minitfx.pipeline import Pipeline
from minitfx.proto.example_gen_pb2 import FORMAT_PARQUET, FORMAT_PROTO, Input, Output
from minitfx.proto.range_config_pb2 import RangeConfig
from minitfx.runner import LocalDagRunner
from minitfx.types import Examples

GOLDEN = Path(__file__).parents[1] / "golden"
PENGUINS = "penguins-00000-of-00001.gz"


def run(component, folder):
    """Resolve and execute a component as the runner does, without an engine."""
    folder.mkdir(exist_ok=True)
    examples = Examples(str(folder))
    values = {}
    if hasattr(component, "resolve"):
        values = component.resolve({}, component.exec_properties).values
    component.execute(**component.exec_properties, **values, examples=examples)
    return examples


def fingerprint(component):
    return component.resolve({}, component.exec_properties).ingredients


def rows(examples, split):
    source = open_source(examples.existing_split(split))
    return pa.concat_tables([source.schema.empty_table(), *(c.read() for c in source.chunks())])


@pytest.fixture
def csv_folder(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("id,x\n" + "".join(f"{i},{i}.5\n" for i in range(50)))
    (folder / "b.csv").write_text("id,x\n" + "".join(f"{i},\n" for i in range(50, 90)))
    return folder


def test_csv_is_typed_and_split_two_to_one_by_default(csv_folder, tmp_path):
    examples = run(CsvExampleGen(input_base=csv_folder), tmp_path / "out")
    assert examples.splits == ["train", "eval"]
    tables = [rows(examples, split) for split in examples.splits]
    assert tables[0].schema == pa.schema({"id": pa.int64(), "x": pa.float64()})
    everything = pa.concat_tables(tables).sort_by("id")
    assert everything["id"].to_pylist() == list(range(90))
    expected = assign(SplitRule(("train", "eval"), (2, 1)), everything)
    assert (
        tables[1]["id"].to_pylist() == everything.filter(pa.array(expected == 1))["id"].to_pylist()
    )


def test_the_artifact_says_what_it_holds_as_tfx_does(csv_folder, tmp_path):
    examples = run(CsvExampleGen(input_base=str(csv_folder)), tmp_path / "out")
    assert examples.split_names == '["train", "eval"]'
    assert (examples.span, "version" in examples.properties) == (0, False)
    assert examples.custom_properties["payload_format"] == "FORMAT_PARQUET"
    assert examples.custom_properties["input_fingerprint"].startswith(
        "split:single_split,num_files:2,total_bytes:"
    )


def test_null_markers_delimiter_and_encoding_are_options(tmp_path):
    (tmp_path / "a.csv").write_bytes("id;n\xe4me\n1;NA\n2;\xfc\n".encode("latin-1"))
    component = CsvExampleGen(
        input_base=tmp_path, delimiter=";", encoding="latin-1", null_values=["NA"]
    )
    examples = run(component, tmp_path / "out")
    found = pa.concat_tables(rows(examples, split) for split in examples.splits)
    assert sorted(found["n\xe4me"].to_pylist(), key=str) == [None, "\xfc"]


def test_columns_of_files_without_a_header_get_names(tmp_path):
    (tmp_path / "a.csv").write_text("5.1,setosa\n4.9,setosa\n")
    component = CsvExampleGen(input_base=tmp_path, column_names=["length", "species"])
    examples = run(component, tmp_path / "out")
    found = pa.concat_tables(rows(examples, split) for split in examples.splits)
    assert sorted(found["length"].to_pylist()) == [4.9, 5.1]
    with pytest.raises(DataError, match="'x' more than once"):
        CsvExampleGen(input_base=tmp_path, column_names=["x", "x"])


def test_input_splits_by_pattern_are_mirrored(csv_folder, tmp_path):
    config = Input(
        splits=[
            Input.Split(name="train", pattern="a*"),
            Input.Split(name="eval", pattern="b*"),
        ]
    )
    examples = run(CsvExampleGen(csv_folder, config), tmp_path / "out")
    assert [rows(examples, split).num_rows for split in examples.splits] == [50, 40]


def test_output_splits_are_configured_by_message_or_by_dict(csv_folder, tmp_path):
    splits = [{"name": "a", "hash_buckets": 1}, {"name": "b", "hash_buckets": 1}]
    component = CsvExampleGen(csv_folder, output_config={"split_config": {"splits": splits}})
    assert run(component, tmp_path / "out").splits == ["a", "b"]


def test_the_newest_span_is_read_and_named(tmp_path):
    for span in (1, 2):
        (tmp_path / f"s{span}").mkdir()
        (tmp_path / f"s{span}" / "v7.csv").write_text(f"x\n{span}\n")
    config = Input(splits=[Input.Split(name="all", pattern="s{SPAN}/v{VERSION}.csv")])
    newest = run(CsvExampleGen(tmp_path, config), tmp_path / "out")
    assert (newest.span, newest.version) == (2, 7)
    asked = RangeConfig(static_range={"start_span_number": 1, "end_span_number": 1})
    older = run(CsvExampleGen(tmp_path, config, range_config=asked), tmp_path / "out2")
    assert older.span == 1
    rolling = RangeConfig(rolling_range={"num_spans": 2})
    latest = CsvExampleGen(tmp_path, config, range_config=rolling)
    assert (
        fingerprint(latest)["input_base"]
        == fingerprint(CsvExampleGen(tmp_path, config))["input_base"]
    )


def test_the_fingerprint_is_of_contents_not_of_names_places_or_times(csv_folder, tmp_path):
    before = fingerprint(CsvExampleGen(input_base=csv_folder))
    moved = csv_folder.rename(tmp_path / "elsewhere")
    (moved / "a.csv").rename(moved / "aa.csv")
    (moved / "b.csv").touch()
    assert fingerprint(CsvExampleGen(input_base=moved)) == before
    (moved / "b.csv").write_text("id,x\n1,2\n")
    assert fingerprint(CsvExampleGen(input_base=moved)) != before


def test_parquet_is_read_with_its_nested_columns(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    table = pa.table({"l": [[1, 2], None, []], "s": [{"a": 1.5}, None, {"a": None}]})
    pq.write_table(table, folder / "a.parquet")
    one = {"splits": [{"name": "all", "hash_buckets": 1}]}
    component = ParquetExampleGen(input_base=folder, output_config={"split_config": one})
    assert rows(run(component, tmp_path / "out"), "all").to_pylist() == table.to_pylist()


def test_parquet_may_be_imported_by_format(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    pq.write_table(pa.table({"x": [1, 2, 3]}), folder / "a.parquet")
    examples = run(ImportExampleGen(folder, payload_format=FORMAT_PARQUET), tmp_path / "out")
    assert sum(rows(examples, split).num_rows for split in examples.splits) == 3
    with pytest.raises(ParameterError, match="payload_format is FORMAT_PROTO"):
        ImportExampleGen(folder, payload_format=FORMAT_PROTO)


def test_tfrecords_are_imported(tmp_path):
    pytest.importorskip("crc32c", reason="needs the extra tfrecord")
    component = ImportExampleGen(GOLDEN / "interop" / PENGUINS, split_hash="tfx")
    examples = run(component, tmp_path / "out")
    golden = json.loads((GOLDEN / "expected" / "palmer_penguins_empty.examplegen.json").read_text())
    expected = golden["splits"]["train2_eval1"]["counts"]
    assert {split: rows(examples, split).num_rows for split in examples.splits} == expected


def test_avro_is_read(tmp_path):
    fastavro = pytest.importorskip("fastavro", reason="needs the extra avro")
    schema = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "long"}]}
    with (tmp_path / "a.avro").open("wb") as stream:
        fastavro.writer(stream, fastavro.parse_schema(schema), [{"x": i} for i in range(9)])
    examples = run(AvroExampleGen(tmp_path / "a.avro"), tmp_path / "out")
    found = pa.concat_tables(rows(examples, split) for split in examples.splits)
    assert sorted(found["x"].to_pylist()) == list(range(9))


def read_lines(files, custom_config):
    for path in files:
        with Path(path).open() as lines:
            yield pa.table({custom_config["name"]: [line.strip() for line in lines]})


def test_a_function_of_ones_own_reads_any_file(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    component = FileBasedExampleGen(
        tmp_path / "a.txt", custom_executor_spec=read_lines, custom_config={"name": "line"}
    )
    examples = run(component, tmp_path / "out")
    found = pa.concat_tables(rows(examples, split) for split in examples.splits)
    assert sorted(found["line"].to_pylist()) == ["one", "two"]
    with pytest.raises(ParameterError, match="needs custom_executor_spec"):
        FileBasedExampleGen(tmp_path)


def test_a_frame_is_split_like_the_same_rows_in_a_file(csv_folder, tmp_path):
    frame = pd.read_csv(csv_folder / "a.csv")
    (csv_folder / "b.csv").unlink()
    from_frame = run(DataFrameExampleGen(data=frame), tmp_path / "frame")
    from_file = run(CsvExampleGen(input_base=csv_folder), tmp_path / "file")
    for split in ("train", "eval"):
        assert rows(from_frame, split).equals(rows(from_file, split))


MOMENTS = pa.schema(
    {"day": pa.date32(), "at": pa.timestamp("us"), "zoned": pa.timestamp("us", "UTC")}
)


def test_timestamps_of_a_frame_stay_timestamps_as_those_of_parquet_and_a_query(tmp_path):
    at = pd.date_range("2024-02-28 23:59:59.5", periods=90, freq="min")
    frame = pd.DataFrame({"day": at.date, "at": at, "zoned": at.tz_localize("Asia/Tokyo")})
    frame.loc[3, ["at", "zoned"]] = None
    (tmp_path / "files").mkdir()
    frame.to_parquet(tmp_path / "files" / "rows.parquet")
    query = f"SELECT * FROM '{tmp_path}/files/rows.parquet'"
    sources = {
        "frame": DataFrameExampleGen(data=frame),
        "parquet": ParquetExampleGen(input_base=tmp_path / "files"),
        "query": QueryExampleGen(query=query),
    }
    found = {name: run(each, tmp_path / name) for name, each in sources.items()}
    for split in ("train", "eval"):
        tables = [rows(examples, split) for examples in found.values()]
        # Frames of an older pandas hold nanoseconds, which stay so.
        for table in tables:
            types = [str(kind).replace("ns", "us") for kind in table.schema.types]
            assert types == ["date32[day]", "timestamp[us]", "timestamp[us, tz=UTC]"]
        moments = [table.cast(MOMENTS) for table in tables]
        assert moments[0].num_rows and all(each.equals(moments[0]) for each in moments)


def made_by_a_pipeline(frame, folder):
    component = DataFrameExampleGen(data=frame)
    result = LocalDagRunner().run(Pipeline("frames", str(folder), [component]))
    (examples,) = result.nodes["DataFrameExampleGen"].outputs["examples"]
    return pa.concat_tables([rows(examples, split) for split in ("train", "eval")])


def test_the_index_of_a_frame_is_no_column_in_a_pipeline(tmp_path):
    frame = pd.DataFrame({"x": [1, 2, 3]}, index=["a", "b", "c"])
    assert made_by_a_pipeline(frame, tmp_path).column_names == ["x"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pd.DataFrame({"x": [1, "a"]}), "DataFrameExampleGen.data is a DataFrame .* column x"),
        (pd.DataFrame({"x": [2**70]}), "DataFrameExampleGen.data is a DataFrame .* too large"),
        ([1, 2], "DataFrameExampleGen.data is a list that cannot be read as a table"),
    ],
)
def test_what_is_no_table_is_named_by_component_and_parameter(data, message, tmp_path):
    with pytest.raises(RunError, match=message):
        made_by_a_pipeline(data, tmp_path)


def test_wrong_configuration_is_refused_at_construction(csv_folder):
    no_bucket = Output(split_config={"splits": [{"name": "a"}]})
    with pytest.raises(ParameterError, match="0 hash_buckets"):
        CsvExampleGen(input_base=csv_folder, output_config=no_bucket)
    with pytest.raises(ParameterError, match="0 hash_buckets"):
        DataFrameExampleGen(data=pd.DataFrame({"x": [1]}), output_config=no_bucket)
    with pytest.raises(ParameterError, match="without"):
        CsvExampleGen(csv_folder, Input(splits=[Input.Split(name="a", pattern="{VERSION}")]))
    with pytest.raises(DataError, match="delimiter"):
        CsvExampleGen(input_base=csv_folder, delimiter=",,")
    with pytest.raises(ParameterError, match="input_base is missing"):
        CsvExampleGen()
    with pytest.raises((ParameterError, ChannelTypeError), match="Did you mean 'input_base'"):
        CsvExampleGen(input_bas=csv_folder)


def test_a_missing_folder_is_named_when_files_are_looked_for(tmp_path):
    component = CsvExampleGen(input_base=tmp_path / "absent")
    with pytest.raises(DataError, match="absent does not exist"):
        run(component, tmp_path / "out")
