"""Row by row comparison: pairs, counts and samples, against a plain loop."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx.data_validation import detect_feature_skew
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
