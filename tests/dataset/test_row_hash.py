import hashlib
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.dataset.row_hash import hash_rows
from minitfx.errors import ColumnError

ALL = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & ALL
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & ALL
    return z ^ (z >> 31)


def value_hash(value):
    if isinstance(value, (bool, int, float)):
        if value != value:
            return 0x7FF8000000000000
        return struct.unpack("<Q", struct.pack("<d", float(value) + 0.0))[0]
    if isinstance(value, (str, bytes)):
        data = value.encode() if isinstance(value, str) else value
        words = [data[i : i + 8].ljust(8, b"\0") for i in range(0, len(data), 8)]
        return sequence(len(data), [int.from_bytes(word, "little") for word in words])
    if isinstance(value, list):
        return sequence(len(value), [None if v is None else value_hash(v) for v in value])
    return sum(map(column_hash, value, value.values())) & ALL


def sequence(length, hashes):
    places = (h if h is None else mix(h ^ mix(i)) for i, h in enumerate(hashes, 1))
    return mix((length + sum(p for p in places if p is not None)) & ALL)


def column_hash(name, value):
    if value is None:
        return 0
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return mix(value_hash(value) ^ int.from_bytes(digest, "little"))


def row_hash(row):
    """The contract in plain Python, as the module's docstring says it."""
    return mix((GOLDEN + sum(column_hash(name, value) for name, value in row.items())) & ALL)


def hashed(table):
    return hash_rows(table).tolist()


def test_hashes_are_pinned_for_ever():
    rows = pa.table(
        {
            "i": [1, None, -7],
            "f": [0.5, float("nan"), None],
            "s": ["taxi", None, "a longer text, of more than eight bytes: é"],
            "l": [[1, 2], [], None],
        }
    )
    assert [hex(value) for value in hashed(rows)] == [
        "0x4cdcf95c211e8741",
        "0x614a34baa2731ebb",
        "0x15835f63d8d6df56",
    ]


def test_a_row_without_values_has_the_first_output_of_splitmix64():
    assert hashed(pa.table({"x": pa.nulls(1, pa.int64())})) == [0xE220A8397B1DCDAF]


numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.none())
rows = st.fixed_dictionaries(
    {
        "int": numbers,
        "float": st.one_of(st.floats(), st.none()),
        "text": st.one_of(st.text(max_size=300), st.none()),
        "bytes": st.one_of(st.binary(max_size=20), st.none()),
        "list": st.one_of(st.lists(numbers, max_size=4), st.none()),
        "texts": st.one_of(st.lists(st.one_of(st.text(), st.none()), max_size=3), st.none()),
        "deep": st.one_of(st.lists(st.lists(numbers, max_size=2), max_size=3), st.none()),
        "record": st.one_of(
            st.fixed_dictionaries({"a": numbers, "b": st.one_of(st.text(), st.none())}), st.none()
        ),
        "flag": st.one_of(st.booleans(), st.none()),
    }
)
SCHEMA = pa.schema(
    {
        "int": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
        "bytes": pa.binary(),
        "list": pa.list_(pa.int64()),
        "texts": pa.list_(pa.string()),
        "deep": pa.list_(pa.list_(pa.int64())),
        "record": pa.struct({"a": pa.int64(), "b": pa.string()}),
        "flag": pa.bool_(),
    }
)


@settings(deadline=None)
@given(st.lists(rows, max_size=5), st.integers(0, 5))
def test_the_vectorised_hash_is_the_documented_one_also_of_slices(rows, start):
    table = pa.Table.from_pylist(rows, SCHEMA)
    expected = [row_hash(row) for row in rows]
    assert hashed(table) == expected
    assert hashed(table.slice(start)) == expected[start:]


@settings(deadline=None)
@given(st.lists(rows, min_size=1, max_size=5))
def test_order_of_columns_chunks_and_storage_change_nothing(rows):
    table = pa.Table.from_pylist(rows, SCHEMA)
    expected = hashed(table)
    assert hashed(table.select(table.column_names[::-1])) == expected
    assert hashed(pa.concat_tables(table.slice(i, 1) for i in range(len(rows)))) == expected
    text = table["text"]
    assert hashed(table.set_column(2, "text", text.cast(pa.large_string()))) == expected
    assert hashed(table.set_column(2, "text", text.dictionary_encode())) == expected
    assert hashed(table.append_column("new", pa.nulls(len(rows)))) == expected


def test_integers_and_equal_floats_hash_alike_and_text_otherwise():
    (one,) = hashed(pa.table({"x": [1]}))
    assert hashed(pa.table({"x": [1.0]})) == [one]
    assert hashed(pa.table({"x": pa.array([1], pa.uint8())})) == [one]
    assert hashed(pa.table({"x": pa.array([1.0], pa.float32())})) == [one]
    assert hashed(pa.table({"x": ["1"]})) != [one]
    assert hashed(pa.table({"y": [1]})) != [one]


def test_zero_empty_blank_and_missing_are_four_things():
    values = [pa.array(["0"]), pa.array([""]), pa.array([" "]), pa.array([None], pa.string())]
    assert len({hashed(pa.table({"x": value}))[0] for value in values}) == 4


def test_hashes_of_near_rows_fall_evenly_into_buckets():
    count = 60_000
    table = pa.table({"id": pa.array(range(count)), "kind": ["a", "b", "c"] * (count // 3)})
    hashes = hash_rows(table)
    assert len(np.unique(hashes)) == count
    counts = np.bincount((hashes % np.uint64(10)).astype(int))
    # chi-square of 9 degrees of freedom: 27.9 has a probability of 0.001
    assert ((counts - count / 10) ** 2 / (count / 10)).sum() < 27.9


def test_a_column_that_cannot_be_hashed_is_named():
    with pytest.raises(ColumnError, match="column 'when' of type duration"):
        hash_rows(pa.table({"when": pa.array([0], pa.duration("s"))}))


@pytest.mark.parametrize(
    ("values", "kind", "as_numbers"),
    [
        ([1, None, -5], pa.timestamp("s"), [1_000_000, None, -5_000_000]),
        ([1_000_999, None, -5_000], pa.timestamp("ns"), [1_000, None, -5]),
        ([1_000, None, -5], pa.timestamp("us", "Asia/Tokyo"), [1_000, None, -5]),
        ([18_321, None, -1], pa.date32(), [18_321, None, -1]),
        ([86_400_000, None, 0], pa.date64(), [1, None, 0]),
    ],
)
def test_dates_and_timestamps_hash_as_what_they_count(values, kind, as_numbers):
    found = hash_rows(pa.table({"when": pa.array(values, kind)}))
    assert found.tolist() == hash_rows(pa.table({"when": pa.array(as_numbers)})).tolist()
    one = pa.array([values], pa.list_(kind))
    expected = hash_rows(pa.table({"when": pa.array([as_numbers])}))
    assert hash_rows(pa.table({"when": one})).tolist() == expected.tolist()
