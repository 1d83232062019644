import gzip
import pickle
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest

from minitfx.ambient import surround
from minitfx.dataset import (
    SplitRule,
    assign,
    open_source,
    read_csv,
    tfrecord,
    with_exact_types,
    write_examples,
)
from minitfx.dataset.example_bytes import example_bytes
from minitfx.dataset.tf_example import example_class
from minitfx.dataset.tfrecord_source import scan_tfrecord
from minitfx.errors import DataError, MissingExtraError

GOLDEN = Path(__file__).parents[1] / "golden"

needs_crc32c = pytest.mark.skipif(find_spec("crc32c") is None, reason="needs the extra tfrecord")


def write(path, records):
    data = b"".join(map(tfrecord.frame, records))
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def whole(source):
    return pa.concat_tables(chunk.read() for chunk in source.chunks())


def example(**features):
    message = example_class()()
    for name, values in features.items():
        feature = message.features.feature[name]
        kind = {int: "int64_list", float: "float_list"}.get(type(values[0]), "bytes_list")
        getattr(feature, kind).value.extend(values)
    return message.SerializeToString()


@needs_crc32c
def test_a_file_that_tensorflow_wrote_holds_the_rows_of_its_csv():
    source = scan_tfrecord(GOLDEN / "interop" / "penguins-00000-of-00001.gz")
    csv = read_csv(GOLDEN / "data" / "palmer_penguins_empty.csv")
    float32 = {f.name: pa.float32() for f in csv.schema if f.type == pa.float64()}
    expected = csv.cast(pa.schema([(f.name, float32.get(f.name, f.type)) for f in csv.schema]))
    found = whole(source)
    expected = expected.cast(csv.schema).select(found.column_names)
    order = sorted(found.column_names)
    assert found.schema == expected.schema
    assert sorted(map(str, found.select(order).to_pylist())) == sorted(
        map(str, expected.select(order).to_pylist())
    )


@needs_crc32c
def test_rows_written_as_examples_are_read_back(tmp_path):
    table = read_csv(GOLDEN / "data" / "nasty_strings.csv")
    path = write(tmp_path / "a.tfrecord", example_bytes(table))
    assert whole(scan_tfrecord(path)).equals(table.select(sorted(table.column_names)))


@needs_crc32c
@pytest.mark.parametrize("split_hash", ["tfx", "content"])
def test_imported_records_land_where_tfx_puts_them(tmp_path, split_hash):
    rule = SplitRule(("train", "eval"), (2, 1), None, split_hash)
    table = read_csv(GOLDEN / "data" / "nasty_types.csv")
    source = scan_tfrecord(write(tmp_path / "a.gz", example_bytes(table)))
    rows = write_examples({"all": source}, rule, lambda name: tmp_path / name)
    expected = assign(rule, table if split_hash == "tfx" else whole(source))
    assert rows == {"train": int((expected == 0).sum()), "eval": int((expected == 1).sum())}
    eval_rows = whole(open_source(tmp_path / "eval"))["date"].to_pylist()
    assert eval_rows == table.filter(pa.array(expected == 1))["date"].to_pylist()


@needs_crc32c
def test_one_value_makes_a_column_several_make_lists_and_none_is_missing(tmp_path):
    records = [
        example(one=[1], many=[1.5], text=[b"a"], raw=[b"\xff"]),
        example(many=[1.0, 2.0]),
        example(one=[2], text=[b""], late=[7]),
    ]
    table = whole(scan_tfrecord(write(tmp_path / "a", records)))
    assert table.to_pydict() == {
        "late": [None, None, 7],
        "many": [[1.5], [1.0, 2.0], None],
        "one": [1, None, 2],
        "raw": [b"\xff", None, None],
        "text": ["a", None, ""],
    }


@needs_crc32c
def test_a_feature_without_values_is_an_empty_list_beside_lists(tmp_path):
    empty = example_class()()
    empty.features.feature["x"].int64_list.SetInParent()
    unset = example_class()()
    unset.features.feature["x"].SetInParent()
    records = [example(x=[1, 2]), empty.SerializeToString(), unset.SerializeToString(), example()]
    assert whole(scan_tfrecord(write(tmp_path / "a", records)))["x"].to_pylist() == [
        [1, 2],
        [],
        None,
        None,
    ]


@needs_crc32c
def test_types_widen_beyond_the_first_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord, "CHUNK_BYTES", 100)
    records = [example(x=[i]) for i in range(50)] + [example(x=[1, 2], y=[b"\xff"])]
    source = scan_tfrecord(write(tmp_path / "a", records))
    assert source.schema == pa.schema({"x": pa.int64()})
    with surround(workers=2):
        table = with_exact_types(source, whole)
    assert table.schema == pa.schema({"x": pa.list_(pa.int64()), "y": pa.binary()})
    assert table["x"].to_pylist() == [[i] for i in range(50)] + [[1, 2]]
    assert source.rows == 51
    assert pickle.loads(pickle.dumps(source.chunks(["x"])[3])).read().column_names == ["x"]


@needs_crc32c
def test_records_that_disagree_on_a_type_are_named(tmp_path, monkeypatch):
    records = [example(x=[1]), example(x=[0.5])]
    with pytest.raises(DataError, match="feature 'x' holds values of different types"):
        scan_tfrecord(write(tmp_path / "a", records))
    monkeypatch.setattr(tfrecord, "CHUNK_BYTES", 1)
    with pytest.raises(DataError, match="feature 'x' holds values of different types"):
        with_exact_types(scan_tfrecord(tmp_path / "a"), whole)


@needs_crc32c
def test_damage_is_found_and_located(tmp_path):
    records = [example(x=[i]) for i in range(3)]
    good = write(tmp_path / "a", records).read_bytes()
    step = len(good) // 3

    def read(data):
        (tmp_path / "a").write_bytes(data)
        return whole(scan_tfrecord(tmp_path / "a"))

    with pytest.raises(DataError, match=rf"record at byte {step} does not fit its checksum"):
        read(good[: step + 14] + bytes([good[step + 14] ^ 1]) + good[step + 15 :])
    with pytest.raises(DataError, match=rf"record 2, at byte {step}, has a length that does not"):
        read(good[:step] + bytes([good[step] ^ 1]) + good[step + 1 :])
    with pytest.raises(DataError, match=rf"record 3, at byte {2 * step}, is cut off: 1 bytes"):
        read(good[:-1])
    with pytest.raises(DataError, match="cut off within its length"):
        read(good + b"abc")
    with pytest.raises(DataError, match=r"no tf\.train\.Example"):
        read(tfrecord.frame(b"\xff\xff"))
    with pytest.raises(DataError, match="there are no records"):
        read(b"")


def test_checksums_are_masked_as_tensorflow_masks_them():
    # CRC-32C of "123456789" is 0xE3069283 (RFC 3720, B.4 uses the same polynomial); rotated
    # right by 15 bits it is 0x2507C60D, and 0x2507C60D + 0xA282EAD8 = 0xC78AB0E5.
    assert tfrecord.masked(0xE3069283) == 0xC78AB0E5


def test_a_missing_package_is_an_error_that_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "crc32c", None)
    tfrecord.crc32c.cache_clear()
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(MissingExtraError, match=r"pip install 'minitfx\[tfrecord\]'"):
        scan_tfrecord(tmp_path / "a")
    tfrecord.crc32c.cache_clear()
