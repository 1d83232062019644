"""Bulk prediction: one file a chunk, the same bytes for any number of workers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression

from minitfx import ambient
from minitfx.dataset.source import open_source
from minitfx.errors import ColumnError, ModelError
from minitfx.kernels import ProcessEngine
from minitfx.models import save_model
from minitfx.models.bulk import ModelReference, OutputColumns, predict_to_parquet

ROWS = 1000


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(5)
    x = random.normal(size=ROWS)
    return pa.table({"x": x, "n": np.arange(ROWS), "text": [f"row {at}" for at in range(ROWS)]})


@pytest.fixture(scope="module")
def estimator(table):
    x = table.column("x").to_numpy().reshape(-1, 1)
    return HistGradientBoostingClassifier(max_iter=5).fit(x, np.digitize(x[:, 0], [-0.5, 0.5]))


@pytest.fixture(scope="module")
def model(estimator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_model(estimator, folder, features=["x"])
    return ModelReference(str(folder), trust=True)


@pytest.fixture(scope="module")
def source(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    pq.write_table(table.slice(0, 700), folder / "data-00000-of-00002.parquet", row_group_size=300)
    pq.write_table(table.slice(700), folder / "data-00001-of-00002.parquet", row_group_size=300)
    return open_source(folder)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_every_row_gets_what_the_model_says_beside_its_columns(
    model, source, table, estimator, tmp_path
):
    parts = predict_to_parquet(model, source, tmp_path / "out")
    assert [part.rows for part in parts] == [300, 300, 100, 300]
    assert parts[1].name == "data-00001-of-00004.parquet"
    written = pq.read_table(tmp_path / "out")
    x = table.column("x").to_numpy().reshape(-1, 1)
    assert written.select(["x", "n", "text"]).equals(table)
    assert written.column("prediction").to_pylist() == estimator.predict(x).tolist()
    assert written.column("probabilities").to_pylist() == estimator.predict_proba(x).tolist()


def test_parts_name_the_digests_of_their_files(model, source, tmp_path):
    parts = predict_to_parquet(model, source, tmp_path / "out")
    assert {part.name: part.digest for part in parts} == digests(tmp_path / "out")


@pytest.mark.parametrize("settings", [{"workers": 2}, {"engine": ProcessEngine(2)}])
def test_the_bytes_are_the_same_wherever_they_are_written(model, source, tmp_path, settings):
    predict_to_parquet(model, source, tmp_path / "one")
    with ambient.surround(**settings):
        predict_to_parquet(model, source, tmp_path / "other")
    assert digests(tmp_path / "one") == digests(tmp_path / "other")


def test_only_the_kept_columns_are_written(model, source, tmp_path):
    columns = OutputColumns(kept=("n",), renamed={"prediction": "third"})
    predict_to_parquet(model, source, tmp_path / "out", columns)
    assert pq.read_table(tmp_path / "out").column_names == ["n", "third"]


def test_ranked_classes_stand_from_the_likeliest_on(model, source, estimator, table, tmp_path):
    columns = OutputColumns(kept=(), ranked=("classes", "scores"))
    predict_to_parquet(model, source, tmp_path / "out", columns)
    written = pq.read_table(tmp_path / "out").slice(0, 50).to_pylist()
    scores = estimator.predict_proba(table.column("x").to_numpy().reshape(-1, 1))[:50]
    for row, expected in zip(written, scores, strict=True):
        assert row["scores"] == sorted(expected, reverse=True)
        assert [expected[label] for label in row["classes"]] == row["scores"]


def test_no_rows_give_one_file_without_rows(model, table, tmp_path):
    (part,) = predict_to_parquet(model, open_source(table.slice(0, 0)), tmp_path / "out")
    assert part.rows == 0
    assert pq.read_table(tmp_path / "out").column_names[-2:] == ["prediction", "probabilities"]


def test_a_name_that_is_taken_is_refused(model, source, tmp_path):
    columns = OutputColumns(renamed={"prediction": "n"})
    with pytest.raises(ColumnError, match="already have a column 'n'"):
        predict_to_parquet(model, source, tmp_path / "out", columns)


def test_a_column_that_is_not_there_is_named(model, source, tmp_path):
    with pytest.raises(ColumnError, match=r"no column 'txt' .* Did you mean 'text'"):
        predict_to_parquet(model, source, tmp_path / "out", OutputColumns(kept=("txt",)))


def test_an_answer_that_the_model_has_not_is_named(model, source, tmp_path):
    columns = OutputColumns(renamed={"probability": "p"})
    with pytest.raises(ModelError, match=r"gives no 'probability'. Did you mean 'probabilities'"):
        predict_to_parquet(model, source, tmp_path / "out", columns)


def test_a_regression_has_no_classes_to_rank(source, tmp_path):
    save_model(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), tmp_path, features=["x"])
    reference = ModelReference(str(tmp_path), trust=True)
    columns = OutputColumns(ranked=("classes", "scores"))
    with pytest.raises(ModelError, match="which classify_output needs"):
        predict_to_parquet(reference, source, tmp_path / "out", columns)
