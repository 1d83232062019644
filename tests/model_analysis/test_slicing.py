"""Slices are what SQL says they are, whatever the columns, and comparisons have TFMA's sign."""

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from evaluations import config_of, evaluate, plain, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from minitfx import model_analysis as tfma
from minitfx.errors import ColumnError, EvaluationError
from minitfx.model_analysis import metrics as m
from minitfx.model_analysis.slice_match import SliceMatch
from minitfx.model_analysis.slice_query import SliceQuery
from minitfx.model_analysis.slices import Slicing, bases_of

COUNT = [m.ExampleCount(), m.MeanPrediction()]


def table_of(**columns):
    rows = len(next(iter(columns.values())))
    score = [(i % 7) / 7 for i in range(rows)]
    return pa.table({"label": [i % 2 for i in range(rows)], "prediction": score, **columns})


def by_sql(table, *keys):
    """Return {slice: (rows, mean prediction)} of a GROUP BY without rows that lack a key."""
    names = ", ".join(f'"{key}"' for key in keys)
    present = " AND ".join(f'"{key}" IS NOT NULL' for key in keys)
    with duckdb.connect(":memory:") as connection:
        connection.register("data", table)
        rows = connection.sql(
            f"SELECT {names}, count(*), avg(prediction) FROM data WHERE {present} GROUP BY {names}"
        ).fetchall()
    order = sorted(range(len(keys)), key=lambda i: keys[i])
    return {
        ", ".join(f"{keys[i]}:{row[i]}" for i in order): (row[-2], pytest.approx(row[-1]))
        for row in rows
    }


def pairs(found):
    return {name: (int(v["example_count"]), v["mean_prediction"]) for name, v in found.items()}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x", "y", "", None]),
            st.sampled_from([-3, 0, 2**40, None]),
            st.sampled_from([0.5, -1.0, None]),
        ),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=25, deadline=None)
def test_slices_and_crosses_are_groups_of_sql(rows):
    text, whole, real = zip(*rows, strict=True)
    table = table_of(
        text=pa.array(text, pa.string()),
        whole=pa.array(whole, pa.int64()),
        real=pa.array(real, pa.float64()),
    )
    slicings = [
        ("text",),
        ("whole",),
        ("real", "text"),
        ("whole", "text"),
        ("text", "real", "whole"),
    ]
    found = pairs(evaluate(table, COUNT, slicings))
    expected = {}
    for keys in slicings:
        expected |= by_sql(table, *keys)
    assert found == expected


def test_a_slicing_is_added_up_from_a_finer_one():
    slicings = [
        Slicing.of(tfma.SlicingSpec(feature_keys=keys))
        for keys in ([], ["a"], ["b"], ["c"], ["a", "b"], ["b", "c"])
    ]
    bases = bases_of(slicings, pa.schema([]))
    assert {len(base.columns) for base in bases.values()} == {2}
    assert len(set(bases.values())) == 2


def test_a_row_with_a_list_joins_a_slice_for_each_of_its_values_once():
    tags = pa.array([["x", "y", "x"], ["y"], [], None, ["z", None]], pa.list_(pa.string()))
    table = table_of(tags=tags, sex=["f", "m", "f", "m", "f"])
    found = pairs(evaluate(table, COUNT, ((), ("tags",), ("sex", "tags"), ("sex",))))
    counts = {name: count for name, (count, _) in found.items()}
    assert counts == {
        "Overall": 5, "tags:x": 1, "tags:y": 2, "tags:z": 1, "sex:f": 3, "sex:m": 2,
        "sex:f, tags:x": 1, "sex:f, tags:y": 1, "sex:m, tags:y": 1, "sex:f, tags:z": 1,
    }  # fmt: skip
    assert found["tags:y"][1] == pytest.approx((0 + 1 / 7) / 2)


def test_two_columns_of_lists_cross_within_each_row():
    one = pa.array([["a", "b"], ["a"]], pa.list_(pa.string()))
    two = pa.array([[1, 2], [2]], pa.list_(pa.int64()))
    found = pairs(evaluate(table_of(one=one, two=two), COUNT, (("one", "two"),)))
    counts = {name: count for name, (count, _) in found.items()}
    assert counts == {
        "one:a, two:1": 1, "one:a, two:2": 2, "one:b, two:1": 1, "one:b, two:2": 1,
    }  # fmt: skip


def test_a_value_picks_one_slice_as_text_or_as_number():
    table = table_of(hour=[3, 4, 3], code=["3", "4", "x"], flag=[True, False, True])
    config = config_of(plain(COUNT))
    del config.slicing_specs[:]
    config.slicing_specs.add(feature_values={"hour": "3"})
    config.slicing_specs.add(feature_values={"code": "3"}, feature_keys=["hour"])
    config.slicing_specs.add(feature_values={"flag": "1"})
    config.slicing_specs.add(feature_values={"hour": "7"})
    found = values_of(tfma.analyze(table, config))
    assert {name: int(each["example_count"]) for name, each in found.items()} == {
        "hour:3": 2, "code:3, hour:3": 1, "flag:1": 2,
    }  # fmt: skip


def test_values_that_are_not_a_number_make_no_slice():
    table = table_of(x=pa.array([1.0, float("nan"), None, 1.0]))
    assert set(evaluate(table, COUNT, (("x",),))) == {"x:1.0"}


def test_thousands_of_slices_over_many_chunks_are_groups_of_sql():
    rng = np.random.default_rng(0)
    rows = 150_000
    table = table_of(
        user=[f"u{i}" for i in rng.integers(0, 3000, rows)], day=rng.integers(0, 3, rows).tolist()
    )
    found = pairs(evaluate(table, COUNT, (("user",), ("user", "day"))))
    assert found == by_sql(table, "user") | by_sql(table, "user", "day")


QUERIES = {
    "SELECT STRUCT(sex) FROM example.sex": {"sex:f": 2, "sex:m": 1},
    "SELECT STRUCT(age > 30 AS old)": {"old:0": 1, "old:1": 2},
    "SELECT STRUCT('yes' AS hit) FROM example WHERE 'a' IN UNNEST(example.tags) AND age < 50": {
        "hit:yes": 1
    },
    "SELECT STRUCT(tags AS tag) FROM example.tags WHERE tags <> 'b'": {"tag:a": 2},
}


@pytest.mark.parametrize("sql", QUERIES)
def test_slice_keys_from_sql(sql):
    tags = pa.array([["a", "b"], ["a"], ["b"]], pa.list_(pa.string()))
    table = table_of(sex=["f", "m", "f"], age=[20, 60, 40], tags=tags)
    config = config_of(plain(COUNT))
    config.slicing_specs[0].slice_keys_sql = sql
    found = values_of(tfma.analyze(table, config))
    assert {name: int(each["example_count"]) for name, each in found.items()} == QUERIES[sql]


@pytest.mark.parametrize(
    ("sql", "error", "match"),
    [
        ("SELECT sex", EvaluationError, "expected SELECT STRUCT"),
        ("SELECT STRUCT(sex FROM example", EvaluationError, "is not closed"),
        ("SELECT STRUCT(nope)", EvaluationError, "DuckDB refuses"),
        ("SELECT STRUCT(sex) FROM example.sax", ColumnError, "Did you mean 'sex'"),
        ("SELECT STRUCT(sex) FROM other", EvaluationError, "expected example"),
        ("SELECT STRUCT(x) FROM read_csv('/etc/hosts')", EvaluationError, "expected example"),
    ],
)
def test_a_query_that_is_none_is_one_clear_error(sql, error, match):
    with pytest.raises(error, match=match):
        SliceQuery(sql).encode(table_of(sex=["f", "m"]))


def test_a_query_cannot_read_files():
    sql = "SELECT STRUCT(sex) FROM example.sex WHERE (SELECT count(*) FROM '/etc/hosts') > 0"
    with pytest.raises(EvaluationError, match="DuckDB refuses"):
        SliceQuery(sql).encode(table_of(sex=["f", "m"]))


def crossed(*specs, table=None, **options):
    table = table or table_of(sex=["f", "m", "f", "m"], hour=[1, 1, 2, 2])
    config = config_of(plain(COUNT), ((), ("sex",)), cross_slicing_specs=list(specs), **options)
    return values_of(tfma.analyze(table, config))


def test_a_comparison_is_the_baseline_slice_less_the_other():
    overall, by_sex = tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["sex"])
    found = crossed(tfma.CrossSlicingSpec(baseline_spec=overall, slicing_specs=[by_sex]))
    assert found["Overall vs sex:f"]["example_count"] == 4 - 2
    expected = found["Overall"]["mean_prediction"] - found["sex:m"]["mean_prediction"]
    assert found["Overall vs sex:m"]["mean_prediction"] == expected


def test_a_comparison_without_slices_takes_all_others_and_makes_its_own():
    hour = tfma.SlicingSpec(feature_values={"hour": "1"})
    found = crossed(tfma.CrossSlicingSpec(baseline_spec=hour))
    assert {name for name in found if " vs " in name} == {
        "hour:1 vs Overall", "hour:1 vs sex:f", "hour:1 vs sex:m",
    }  # fmt: skip


def test_a_slice_that_several_specs_make_is_there_once():
    table = table_of(sex=["f", "m", "f", None], hour=[1, 1, 2, 2])
    specs = [
        tfma.SlicingSpec(feature_keys=["sex"]),
        tfma.SlicingSpec(feature_values={"sex": "f"}),
        tfma.SlicingSpec(feature_values={"hour": "1"}),
        tfma.SlicingSpec(feature_keys=["hour"]),
        tfma.SlicingSpec(slice_keys_sql="SELECT STRUCT(sex) FROM example.sex"),
    ]
    config = config_of(plain(COUNT), ())
    config.slicing_specs.extend(specs)
    for _ in range(2):
        config.cross_slicing_specs.add(baseline_spec=specs[1], slicing_specs=[specs[0]])
    result = tfma.analyze(table, config).result()
    names = [tfma.slice_name(name) for name in result.get_slice_names()]
    assert sorted(names) == [
        "hour:1", "hour:2", "sex:f", "sex:f vs sex:f", "sex:f vs sex:m", "sex:m",
    ]  # fmt: skip
    found = result.get_metrics_for_all_slices()
    counts = {
        name: found[name]["example_count"]["doubleValue"]
        for name in result.get_slice_names()
        if len(name) == 1
    }
    assert counts == {
        (("hour", 1),): 2, (("hour", 2),): 2, (("sex", "f"),): 2, (("sex", "m"),): 1,
    }  # fmt: skip


def test_one_name_for_two_sets_of_rows_is_one_clear_error():
    config = config_of(plain(COUNT), (("sex",),))
    config.slicing_specs.add(
        slice_keys_sql="SELECT STRUCT(sex) FROM example.sex, example.hour WHERE hour = 1"
    )
    with pytest.raises(EvaluationError, match="the slice sex:f of different rows, 1 and 2"):
        tfma.analyze(table_of(sex=["f", "m", "f"], hour=[1, 1, 2]), config)


def test_a_small_slice_gives_a_remark_and_no_metric():
    table = table_of(sex=["f", "m", "f", "f"])
    spec = tfma.CrossSlicingSpec(slicing_specs=[tfma.SlicingSpec(feature_keys=["sex"])])
    config = config_of(
        plain([*COUNT, m.ConfusionMatrixPlot(2)]), ((), ("sex",)), cross_slicing_specs=[spec]
    )
    config.options.min_slice_size.value = 5
    result = tfma.analyze(table, config).result()
    assert set(result.get_metrics_for_slice(())) == {"example_count", "mean_prediction"}
    small = result.get_metrics_for_slice((("sex", "m"),))
    assert small == {
        "__ERROR__": {
            "debugMessage": "the slice has 1 rows, fewer than min_slice_size; no metric is given "
            "for it"
        }
    }
    assert set(result.get_metrics_for_slice(((), (("sex", "f"),)))) == {"__ERROR__"}
    assert [plot.slice for plot in result.plots] == [()]


def test_an_unknown_column_to_slice_by_is_one_clear_error():
    with pytest.raises(ColumnError, match=r"slicing_specs name 'sax'.*Did you mean 'sex'"):
        evaluate(table_of(sex=["f"]), COUNT, (("sax",),))


def test_a_spec_covers_slices_of_exactly_its_columns():
    match = SliceMatch.of(tfma.SlicingSpec(feature_keys=["sex"], feature_values={"hour": "3"}))
    assert match.covers((("hour", 3), ("sex", "f")))
    assert not match.covers((("hour", 4), ("sex", "f")))
    assert not match.covers((("hour", 3),))
    assert not match.covers(((), (("hour", 3),)))
    assert SliceMatch().covers(())
