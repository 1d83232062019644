"""Row by row comparison: pairs, counts and samples, against a plain loop."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.data_validation import (
    detect_feature_skew,
    get_confusion_count_dataframes,
    get_match_stats_dataframe,
    get_skew_result_dataframe,
    write_skew,
)
from minitfx.errors import ColumnError, ParameterError

SCHEMA = pa.schema({"id": pa.int64(), "x": pa.float64(), "s": pa.string()})


def table(rows):
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def counts(skew):
    return {row.pop("feature_name"): row for row in skew.features.to_pylist()}


rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.none() | st.integers(0, 4),
            "x": st.none() | st.sampled_from([0.0, 1.0, 1.004, float("nan")]),
            "s": st.none() | st.sampled_from(["a", "b", ""]),
        }
    ),
    max_size=12,
)


def by_loop(base, test, duplicates):
    """What TFDV's rules give, pair by pair."""
    found = {
        name: dict.fromkeys(("match", "base_only", "test_only", "mismatch"), 0) for name in "xs"
    }
    for one in base:
        for two in test:
            alone = [sum(r["id"] == one["id"] for r in side) == 1 for side in (base, test)]
            if one["id"] is None or one["id"] != two["id"] or not (duplicates or all(alone)):
                continue
            for name in "xs":
                there = (one[name] is not None, two[name] is not None)
                if there == (False, False):
                    continue
                same = one[name] == two[name] or (one[name] != one[name] and two[name] != two[name])
                kind = {(True, False): "base_only", (False, True): "test_only"}.get(there)
                found[name][kind or ("match" if same else "mismatch")] += 1
    return found


@given(rows, rows, st.booleans())
@settings(max_examples=20, deadline=None)
def test_counts_equal_those_of_a_plain_loop(base, test, duplicates):
    skew = detect_feature_skew(
        table(base), table(test), ["id"], allow_duplicate_identifiers=duplicates
    )
    expected = by_loop(base, test, duplicates)
    for name, row in counts(skew).items():
        want = expected[name]
        assert (row["match_count"], row["mismatch_count"]) == (want["match"], want["mismatch"])
        assert (row["base_only"], row["test_only"]) == (want["base_only"], want["test_only"])
        assert row["diff_count"] == want["base_only"] + want["test_only"] + want["mismatch"]
        assert row["base_count"] == want["match"] + want["mismatch"] + want["base_only"]


BASE = table([{"id": 1, "x": 1.0, "s": "a"}, {"id": 2, "x": 1.004, "s": None}])
TEST = table([{"id": 2, "x": 1.0, "s": "b"}, {"id": 1, "x": 1.0, "s": "a"}])


def test_floats_can_be_rounded_first():
    assert counts(detect_feature_skew(BASE, TEST, ["id"]))["x"]["mismatch_count"] == 1
    rounded = detect_feature_skew(BASE, TEST, ["id"], float_round_ndigits=2)
    assert counts(rounded)["x"]["match_count"] == 2


def test_samples_hold_both_rows_and_what_differs():
    skew = detect_feature_skew(BASE, TEST, ["id"], sample_size=5)
    (sample,) = skew.samples.to_pylist()
    assert sample == {
        "base": {"id": 2, "x": 1.004, "s": None},
        "test": {"id": 2, "x": 1.0, "s": "b"},
        "matched_features": [],
        "mismatched_features": ["x"],
        "base_only_features": [],
        "test_only_features": ["s"],
    }
    assert detect_feature_skew(BASE, TEST, ["id"]).samples.num_rows == 0


def test_columns_can_be_ignored_or_on_one_side_only():
    more = TEST.append_column("o'k", pa.array([1, None]))
    found = counts(detect_feature_skew(BASE, more, ["id"], features_to_ignore=["x"]))
    assert set(found) == {"s", "o'k"}
    assert found["o'k"]["test_only"] == 1


def test_another_kind_never_matches():
    ints = TEST.set_column(1, "x", pa.array([1, 1]))
    assert counts(detect_feature_skew(BASE, ints, ["id"]))["x"]["mismatch_count"] == 2


def test_several_identifiers_and_files(tmp_path):
    pq.write_table(BASE, tmp_path / "base'd.parquet")
    found = detect_feature_skew(tmp_path / "base'd.parquet", BASE, ["id", "x"])
    assert counts(found)["s"]["match_count"] == 1


def test_identifiers_must_be_columns_of_both():
    with pytest.raises(ParameterError, match="at least one"):
        detect_feature_skew(BASE, TEST, [])
    with pytest.raises(ColumnError, match="in the test data"):
        detect_feature_skew(BASE, TEST.drop_columns(["id"]), ["id"])


def test_columns_that_differ_in_case_alone_are_two():
    sides = [pa.table({"id": [1], "Id": ["a"], "fare": [1], "Fare": [fare]}) for fare in (2, 3)]
    skew = detect_feature_skew(*sides, ["id", "Id"], sample_size=1)
    assert {name: row["match_count"] for name, row in counts(skew).items()} == {
        "fare": 1,
        "Fare": 0,
    }
    assert skew.samples["test"].to_pylist() == [{"id": 1, "Id": "a", "fare": 1, "Fare": 3}]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([[1]], [1]),
        ([{"a": 1}], [{"a": "1"}]),
        (pa.array([0], pa.timestamp("s")), ["1970-01-01 00:00:00"]),
        (pa.array([0], pa.date32()), pa.array([0], pa.timestamp("s"))),
    ],
)
def test_columns_of_different_types_never_match_and_do_not_fail(one, two):
    sides = [pa.table({"id": [1], "x": values}) for values in (one, two)]
    assert counts(detect_feature_skew(*sides, ["id"]))["x"]["mismatch_count"] == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (pa.array([1], pa.int8()), pa.array([1], pa.uint64())),
        (["\xe4\\x41"], pa.array(["\xe4\\x41".encode()])),
        (pa.array(["a"]).dictionary_encode(), pa.array(["a"], pa.large_string())),
        (pa.array([1], pa.timestamp("s")), pa.array([10**9], pa.timestamp("ns"))),
        ([[float("nan"), None]], [[float("nan"), None]]),
    ],
)
def test_how_values_are_kept_does_not_count(one, two):
    sides = [pa.table({"id": [1], "x": values}) for values in (one, two)]
    assert counts(detect_feature_skew(*sides, ["id"]))["x"]["match_count"] == 1


def keyed(*identifiers):
    return pa.table({"id": pa.array(identifiers, pa.string()), "x": [1] * len(identifiers)})


def test_how_identifiers_meet_is_counted():
    skew = detect_feature_skew(
        keyed("0", "0", "1", "4", None), keyed("0", "0", "2", "3", "4", None, None), ["id"]
    )
    # 0 makes four pairs and 4 one; 2 and 3 are not in base, 1 is not in test.
    assert get_match_stats_dataframe(skew).to_dict("records") == [
        {
            "base_with_id_count": 4,
            "test_with_id_count": 5,
            "identifiers_count": 5,
            "ids_missing_in_base_count": 2,
            "ids_missing_in_test_count": 1,
            "matching_pairs_count": 5,
            "base_missing_id_count": 1,
            "test_missing_id_count": 2,
            "duplicate_id_count": 1,
        }
    ]
    assert get_skew_result_dataframe(skew)["match_count"].tolist() == [1]


def test_rounding_holds_for_identifiers_too():
    base, test = (pa.table({"at": [at], "x": [1]}) for at in (0.12, 0.1))
    assert counts(detect_feature_skew(base, test, ["at"]))["x"]["base_count"] == 0
    rounded = detect_feature_skew(base, test, ["at"], float_round_ndigits=1)
    assert counts(rounded)["x"]["match_count"] == 1


def test_pairs_of_values_are_counted():
    base, test = (
        pa.table({"id": range(105), "paid": values, "v": ["x"] * 105})
        for values in (
            ["cash"] * 101 + ["card", "card", None, None],
            ["cash"] * 100 + ["card", "coin", "cash", None, "cash"],
        )
    )
    skew = detect_feature_skew(base, test, ["id"], confusion_features=["paid", "v"])
    frames = get_confusion_count_dataframes(skew)
    assert frames["paid"].to_dict("split")["data"] == [
        ["__MISSING_VALUE__", "cash", 1, 2, 102],
        ["card", "cash", 1, 2, 102],
        ["card", "coin", 1, 2, 1],
        ["cash", "card", 1, 101, 1],
    ]
    assert list(frames["paid"].columns) == [
        "Base value",
        "Test value",
        "Pair count",
        "Base count",
        "Test count",
    ]
    assert frames["v"].empty


def test_what_cannot_be_compared_says_why(tmp_path):
    with pytest.raises(ColumnError, match="'id' is INT in the base data and STRING in the test"):
        detect_feature_skew(BASE, keyed("1"), ["id"])
    with pytest.raises(ColumnError, match="column 'x' of the base data is FLOAT; expected text"):
        detect_feature_skew(BASE, TEST, ["id"], confusion_features=["x"])
    with pytest.raises(ColumnError, match="no column 't' in the base data"):
        detect_feature_skew(BASE, TEST, ["id"], confusion_features=["t"])
    with pytest.raises(ParameterError, match="sample_size is -1"):
        detect_feature_skew(BASE, TEST, ["id"], sample_size=-1)


def test_every_table_is_written(tmp_path):
    skew = detect_feature_skew(BASE, TEST, ["id"], sample_size=1, confusion_features=["s"])
    write_skew(skew, tmp_path)
    read = {path.stem: pq.read_table(path).to_pylist() for path in tmp_path.iterdir()}
    assert read == {
        "skew_stats": skew.features.to_pylist(),
        "sample_pairs": skew.samples.to_pylist(),
        "match_stats": skew.matches.to_pylist(),
        "confusion_counts": skew.confusions.to_pylist(),
    }
