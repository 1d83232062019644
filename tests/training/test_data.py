"""DataAccessor: what training code reads, against what was written."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitfx.errors import ColumnError, DataError
from minitfx.training import DataAccessor, FnArgs, RecordBatchesOptions
from minitfx.training.batch import rebatch


@pytest.fixture
def folder(tmp_path):
    """Ten rows in two files of row groups of three: columns a, b, c, text, pair, y, w."""
    table = pa.table(
        {
            "a": pa.array(range(10), pa.int64()),
            "b": pa.array([0.5, None, *range(2, 10)], pa.float64()),
            "c": pa.array([None, *range(1, 10)], pa.int64()),
            "text": ["x", None, *"cdefghij"],
            "pair": pa.array([[i, -i] for i in range(10)], pa.list_(pa.float64(), 2)),
            "y": pa.array([0, 1] * 5, pa.int64()),
            "w": pa.array([1.0] * 9 + [0.0]),
        }
    )
    split = tmp_path / "Split-train"
    split.mkdir()
    pq.write_table(table.slice(0, 7), split / "data-00000-of-00002.parquet", row_group_size=3)
    pq.write_table(table.slice(7), split / "data-00001-of-00002.parquet", row_group_size=3)
    (split / "notes.txt").write_text("not a table")
    return split


def test_arrays_hold_numbers_as_doubles_and_lists_as_columns(folder):
    X, y = DataAccessor().read_arrays(f"{folder}/*", "y", ["b", "a", "pair"])
    assert X.dtype == np.float64 and X.shape == (10, 4)
    assert np.isnan(X[1, 0]) and X[0, 0] == 0.5
    np.testing.assert_array_equal(X[:, 1], np.arange(10))
    np.testing.assert_array_equal(X[:, 2:], np.stack([np.arange(10), -np.arange(10)], axis=1))
    np.testing.assert_array_equal(y, [0, 1] * 5)


def test_streamed_arrays_are_the_whole_ones_cut(folder):
    accessor, options = DataAccessor(), RecordBatchesOptions(batch_size=4)
    streamed = list(accessor.arrays(f"{folder}/*", "y", ["a", "c"], weight="w", options=options))
    assert [len(y) for _, y, _ in streamed] == [4, 4, 2]
    whole = accessor.read_arrays(f"{folder}/*", "y", ["a", "c"], weight="w")
    for part, expected in zip(zip(*streamed, strict=True), whole, strict=True):
        np.testing.assert_array_equal(np.concatenate(part), expected)


def test_frames_keep_one_type_a_column_over_all_batches(folder):
    options = RecordBatchesOptions(batch_size=2)
    frames = list(DataAccessor().frames(f"{folder}/*", ["a", "c", "text"], options))
    assert {str(frame["a"].dtype) for frame in frames} == {"int64"}
    assert {str(frame["c"].dtype) for frame in frames} == {"float64"}
    assert frames[0]["text"].isna().tolist() == [False, True]


def test_record_batches_give_the_rows_in_the_order_of_the_files(folder):
    batches = list(DataAccessor().record_batches(f"{folder}/*", ["a"]))
    assert [batch.num_rows for batch in batches] == [3, 3, 1, 3]
    assert [v for batch in batches for v in batch.column("a").to_pylist()] == list(range(10))


def test_record_batch_factory_takes_tfx_arguments_in_tfx_order(folder):
    options = RecordBatchesOptions(batch_size=4, drop_final_batch=True, num_epochs=2)
    schema = pa.schema([("a", pa.int64())])
    batches = list(DataAccessor().record_batch_factory([f"{folder}/*"], options, schema))
    assert [batch.num_rows for batch in batches] == [4, 4, 4, 4]
    assert batches[0].schema.names == ["a"]


def test_a_shuffle_is_an_order_of_all_rows_that_its_seed_decides(folder):
    def order(seed):
        options = RecordBatchesOptions(batch_size=10, shuffle=seed, num_epochs=2)
        batches = DataAccessor().record_batches(f"{folder}/*", ["a"], options)
        return [batch.column("a").to_pylist() for batch in batches]

    first, second = order(1)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second and first != list(range(10))
    assert order(1) == [first, second]


def test_no_number_of_epochs_goes_on_for_ever(folder):
    options = RecordBatchesOptions(batch_size=8, num_epochs=None)
    stream = DataAccessor().record_batches(f"{folder}/*", ["a"], options)
    assert sum(next(stream).num_rows for _ in range(7)) == 38


def test_features_default_to_all_but_label_and_weight(folder):
    frame = DataAccessor().read_frame(f"{folder}/*", ["a", "b", "y", "w"])
    assert frame.shape == (10, 4)
    with pytest.raises(ColumnError, match="'text' holds string"):
        DataAccessor().read_arrays(f"{folder}/*", "y", weight="w")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"label": "why"}, ColumnError, "'why', which is named as label. .*Known|Did you mean"),
        ({"label": "y", "features": ["a", "bb"]}, ColumnError, "Did you mean 'b'"),
        ({"label": "c", "features": ["a"]}, DataError, "missing in 1 of"),
        ({"label": "a", "features": ["a"]}, ColumnError, "among the features"),
        ({"label": "a", "features": ["y"], "weight": "text"}, ColumnError, "expected numbers"),
        ({"label": "a", "features": ["y"], "weight": "b"}, DataError, "missing or negative"),
        ({"label": "pair", "features": ["a"]}, ColumnError, "expected one value a row"),
    ],
)
def test_a_column_that_does_not_do_is_named(folder, arguments, error, message):
    with pytest.raises(error, match=message):
        DataAccessor().read_arrays(f"{folder}/*", **arguments)


def test_a_pattern_without_files_is_named(tmp_path):
    with pytest.raises(DataError, match=r"Split-test/\*"):
        DataAccessor().rows(f"{tmp_path}/Split-test/*")


def test_labels_of_text_stay_text(tmp_path):
    pq.write_table(pa.table({"x": [1.0, 2.0], "y": ["no", "yes"]}), tmp_path / "data.parquet")
    _, y = DataAccessor().read_arrays(tmp_path, "y")
    assert y.tolist() == ["no", "yes"]


def test_empty_splits_give_empty_arrays(tmp_path):
    pq.write_table(pa.table({"x": pa.array([], pa.float64()), "y": pa.array([], pa.int64())}),
                   tmp_path / "data.parquet")  # fmt: skip
    X, y = DataAccessor().read_arrays(tmp_path, "y")
    assert X.shape == (0, 1) and y.shape == (0,)
    assert DataAccessor().read_table(tmp_path).num_rows == 0


def test_patterns_reach_folders_whose_names_hold_wildcards(tmp_path):
    split = tmp_path / "run [1]" / "Split-train"
    split.mkdir(parents=True)
    pq.write_table(pa.table({"x": [1.0]}), split / "data.parquet")
    fn_args = FnArgs.of([lambda name: split.parent / f"Split-{name}"], None, None)
    assert fn_args.data_accessor.rows(fn_args.train_files) == 1


@given(
    sizes=st.lists(st.integers(0, 7), max_size=6),
    size=st.integers(1, 9),
    drop=st.booleans(),
)
def test_batches_hold_the_rows_in_order_and_only_the_last_is_short(sizes, size, drop):
    rows = list(range(sum(sizes)))
    starts = np.cumsum([0, *sizes])
    tables = [pa.table({"a": pa.array(rows[s : s + n], pa.int64())})
              for s, n in zip(starts, sizes, strict=False)]  # fmt: skip
    batches = [each.column("a").to_pylist() for each in rebatch(tables, size, drop)]
    kept = len(rows) // size * size if drop else len(rows)
    assert [v for batch in batches for v in batch] == rows[:kept]
    assert all(len(batch) == size for batch in batches[:-1])
