import datetime
import decimal
import io
import uuid

import pyarrow as pa
import pytest

from minitfx.dataset.avro import avro_tables
from minitfx.errors import DataError, MissingExtraError

UTC = datetime.UTC


def write(path, fields, rows):
    fastavro = pytest.importorskip("fastavro", reason="needs the extra avro")
    schema = {"type": "record", "name": "Row", "fields": fields}
    stream = io.BytesIO()
    fastavro.writer(stream, fastavro.parse_schema(schema), rows)
    path.write_bytes(stream.getvalue())
    return path


def field(name, kind):
    return {"name": name, "type": kind}


def test_primitive_types_and_nulls_become_columns(tmp_path):
    fields = [
        field("i", ["null", "int"]),
        field("f", "float"),
        field("s", ["null", "string"]),
        field("b", "boolean"),
        field("mixed", ["null", "long", "double"]),
    ]
    rows = [
        {"i": 0, "f": 0.0, "s": "", "b": False, "mixed": 2},
        {"i": None, "f": 0.5, "s": None, "b": True, "mixed": 2.5},
    ]
    (table,) = avro_tables(write(tmp_path / "a.avro", fields, rows))
    assert table.schema.types == [
        pa.int64(),
        pa.float64(),
        pa.string(),
        pa.bool_(),
        pa.float64(),
    ]
    assert table.to_pylist() == [{**rows[0], "mixed": 2.0}, rows[1]]


def test_logical_nested_and_named_types_become_columns(tmp_path):
    point = {"type": "record", "name": "Point", "fields": [field("x", "int")]}
    fields = [
        field("day", {"type": "int", "logicalType": "date"}),
        field("at", {"type": "long", "logicalType": "timestamp-millis"}),
        field("price", {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}),
        field("id", {"type": "string", "logicalType": "uuid"}),
        field("kind", {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}),
        field("list", {"type": "array", "items": ["null", "long"]}),
        field("p", point),
        field("q", ["null", "Point"]),
    ]
    row = {
        "day": datetime.date(2020, 2, 29),
        "at": datetime.datetime(2020, 2, 29, 12, tzinfo=UTC),
        "price": decimal.Decimal("1.50"),
        "id": uuid.UUID(int=5),
        "kind": "B",
        "list": [1, None],
        "p": {"x": 1},
        "q": None,
    }
    (table,) = avro_tables(write(tmp_path / "a.avro", fields, [row]))
    assert table.to_pylist() == [{**row, "id": str(uuid.UUID(int=5))}]


def test_several_files_must_have_the_same_columns(tmp_path):
    write(tmp_path / "a.avro", [field("x", "int")], [{"x": 1}])
    write(tmp_path / "b.avro", [field("x", "int")], [{"x": 2}])
    tables = avro_tables(tmp_path)
    assert pa.concat_tables(tables)["x"].to_pylist() == [1, 2]
    write(tmp_path / "b.avro", [field("y", "int")], [{"y": 2}])
    with pytest.raises(DataError, match=r"b\.avro: its columns differ"):
        list(avro_tables(tmp_path))


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ({"type": "map", "values": "int"}, {"a": 1}, r"a\.avro\.x: an Avro map has no column"),
        (["int", "string"], 1, r"a\.avro\.x: a union of int64, string has no column"),
    ],
)
def test_a_type_without_a_column_is_named(tmp_path, kind, value, message):
    path = write(tmp_path / "a.avro", [field("x", kind)], [{"x": value}])
    with pytest.raises(DataError, match=message):
        list(avro_tables(path))


def test_what_is_no_avro_file_or_is_damaged_is_named(tmp_path):
    path = write(tmp_path / "a.avro", [field("x", "string")], [{"x": "a" * 100}])
    good = path.read_bytes()
    path.write_bytes(good[:-40])
    with pytest.raises(DataError, match=r"a\.avro: the file is damaged"):
        list(avro_tables(path))
    path.write_bytes(b"no avro")
    with pytest.raises(DataError, match=r"a\.avro: no Avro file"):
        list(avro_tables(path))


def test_a_file_without_rows_gives_its_columns(tmp_path):
    (table,) = avro_tables(write(tmp_path / "a.avro", [field("x", "int")], []))
    assert (table.num_rows, table.column_names) == (0, ["x"])


def test_a_missing_package_is_an_error_that_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "fastavro", None)
    (tmp_path / "a.avro").write_bytes(b"x")
    with pytest.raises(MissingExtraError, match=r"pip install 'minitfx\[avro\]'"):
        list(avro_tables(tmp_path / "a.avro"))
