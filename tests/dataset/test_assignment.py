import hashlib
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.dataset import SplitRule, assign, read_csv
from minitfx.dataset.example_bytes import example_bytes
from minitfx.errors import ColumnError

GOLDEN = Path(__file__).parents[1] / "golden"
TWO_TO_ONE = SplitRule(("train", "eval"), (2, 1))
BUCKETS = {"train2_eval1": (2, 1), "train8_eval1_test1": (8, 1, 1)}


def golden_cases():
    for path in sorted((GOLDEN / "expected").glob("*.examplegen.json")):
        for name in json.loads(path.read_text())["splits"]:
            yield pytest.param(path, name, id=f"{path.name.split('.')[0]}-{name}")


def golden_table(expected):
    path = GOLDEN / "data" / expected["csv"]
    if "taxi" in expected["csv"]:
        if "MINITFX_GOLDEN" not in os.environ:
            pytest.skip("the taxi table is not part of the repository; set MINITFX_GOLDEN")
        path = Path(os.environ["MINITFX_GOLDEN"]) / "data" / expected["csv"]
    return read_csv(path)


@pytest.mark.parametrize(("path", "config"), list(golden_cases()))
def test_tfx_hash_puts_every_row_where_tfx_puts_it(path, config):
    golden = json.loads(path.read_text())
    expected = golden["splits"][config]
    buckets, _, feature = config.partition("_by_")
    rule = SplitRule(tuple(expected["counts"]), BUCKETS[buckets], feature or None, "tfx")
    splits = "".join(map(str, assign(rule, golden_table(golden))))
    assert splits.startswith(expected["first_rows"])
    assert hashlib.sha256(splits.encode()).hexdigest() == expected["sha256_of_assignment"]
    counts = [splits.count(str(number)) for number in range(len(expected["counts"]))]
    assert counts == list(expected["counts"].values())


@pytest.mark.parametrize(
    "path", sorted((GOLDEN / "expected").glob("*.examplegen.json")), ids=lambda p: p.name
)
def test_rows_serialize_as_tensorflow_serializes_them(path):
    golden = json.loads(path.read_text())
    records = example_bytes(golden_table(golden))
    for record in golden["serialized"]:
        assert records[record["row"]].hex() == record["hex"]


def test_rows_from_parquet_serialize_with_falsy_values_missing():
    rows = pa.table({"x": [0, 5], "s": ["", "a"]})
    empty = bytes.fromhex("0a0e" + "0a050a01731200" + "0a050a01781200")
    assert example_bytes(rows, falsy_is_missing=True)[0] == empty
    assert example_bytes(rows, falsy_is_missing=True)[1] == example_bytes(rows)[1]


def test_lists_and_negative_integers_serialize_by_the_wire_format():
    # Feature{int64_list{packed: -1 as ten bytes, 300 as two}}
    (record,) = example_bytes(pa.table({"x": [[-1, 300]]}))
    feature = "1a0e" + "0a0c" + "ffffffffffffffffff01" + "ac02"
    assert record.hex() == "0a17" + "0a15" + "0a0178" + "1210" + feature


def test_a_column_that_tensorflow_has_no_word_for_is_named():
    with pytest.raises(ColumnError, match="column 'x' of type struct"):
        example_bytes(pa.table({"x": [{"a": 1}]}))


def test_the_default_hash_is_pinned_for_ever():
    table = pa.table({"id": list(range(24)), "kind": list("abc" * 8)})
    splits = "".join(map(str, assign(TWO_TO_ONE, table)))
    assert splits == "110100100010110001011000"


def test_buckets_are_owned_in_declared_order_and_a_range_may_be_divided():
    table = pa.table({"id": list(range(2000))})
    whole = assign(SplitRule(("a", "b", "c"), (60, 10, 20)), table)
    parts = assign(SplitRule(("a", "b1", "b2", "c"), (60, 5, 5, 20)), table)
    assert ((whole == 0) == (parts == 0)).all()
    assert ((whole == 2) == (parts == 3)).all()
    assert [round(float((whole == n).mean()), 1) for n in range(3)] == [0.7, 0.1, 0.2]


rows = st.lists(
    st.fixed_dictionaries({"x": st.integers(0, 3), "y": st.sampled_from(["a", "b", None])}),
    min_size=1,
    max_size=30,
)
SCHEMA = pa.schema({"x": pa.int64(), "y": pa.string()})


@settings(deadline=None)
@given(rows, st.randoms(use_true_random=False), st.sampled_from(["content", "tfx"]))
def test_a_row_stays_in_its_split_whatever_stands_around_it(rows, random, split_hash):
    rule = SplitRule(("train", "eval"), (2, 1), None, split_hash)
    expected = {str(r): s for r, s in zip(rows, _splits(rule, rows), strict=True)}
    shuffled = [*random.sample(rows, len(rows)), {"x": 9, "y": "new"}]
    found = _splits(rule, shuffled)
    assert [expected[str(r)] for r in shuffled[:-1]] == found[:-1]


def _splits(rule, rows):
    return assign(rule, pa.Table.from_pylist(rows, SCHEMA)).tolist()


@pytest.mark.parametrize("split_hash", ["content", "tfx"])
def test_rows_that_share_the_partition_feature_share_a_split(split_hash):
    rule = SplitRule(("train", "eval"), (2, 1), "user", split_hash)
    table = pa.table({"user": [7, 7, None, None, 8], "x": [1, 2, 3, 4, 5]})
    splits = assign(rule, table)
    assert splits[0] == splits[1]
    assert splits[2] == splits[3]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([1.5]), "'user' is of type double; expected integers, text, dates or"),
        (pa.nulls(1), "'user' has no value in any row"),
    ],
)
def test_a_partition_feature_must_have_a_certain_equality(column, message):
    with pytest.raises(ColumnError, match=message):
        assign(SplitRule(("a",), (1,), "user"), pa.table({"user": column}))


@pytest.mark.parametrize("split_hash", ["content", "tfx"])
@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us", "UTC"), pa.list_(pa.date32())])
def test_dates_and_timestamps_are_split_as_what_they_count(split_hash, kind):
    days = [number // 3 for number in range(90)]
    numbers = pa.array([[day] for day in days] if pa.types.is_list(kind) else days)
    integers = pa.list_(pa.int32()) if pa.types.is_list(kind) else pa.int32()
    if pa.types.is_timestamp(kind):
        integers = pa.int64()
    whole, by_day = (SplitRule(("a", "b"), (2, 1), part, split_hash) for part in (None, "day"))
    plain = pa.table({"day": numbers})
    table = pa.table({"day": numbers.cast(integers).cast(kind)})
    for rule in (whole, by_day):
        assert assign(rule, table).tolist() == assign(rule, plain).tolist()
    assert len(set(assign(by_day, table).tolist())) == 2


def test_a_partition_feature_that_is_not_there_is_named_with_close_matches():
    with pytest.raises(ColumnError, match=r"no column 'usr'. Did you mean 'user'"):
        assign(SplitRule(("a",), (1,), "usr"), pa.table({"user": [1]}))
