"""Writing transformed rows: one part file a chunk, the same for any workers."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import minitfx.transform as tft
from minitfx import ambient
from minitfx.dataset.source import open_source
from minitfx.kernels import ProcessEngine


def preprocessing_fn(inputs):
    return {
        "z": tft.scale_to_z_score(inputs["x"]),
        "pair": tft.stack([inputs["x"], inputs["x"] * 2]),
        "tokens": tft.split(inputs["c"]),
        "te": tft.target_encode(inputs["c"], inputs["y"], folds=4),
    }


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(2)
    return pa.table(
        {
            "x": random.normal(0, 1, 2_500),
            "c": pa.array([f"a b{n}" for n in random.integers(0, 9, 2_500)]),
            "y": random.integers(0, 2, 2_500),
        }
    )


@pytest.fixture(scope="module")
def source(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "rows.parquet"
    pq.write_table(rows, path, row_group_size=1_000)
    return open_source(path)


@pytest.fixture(scope="module")
def graph(source):
    return tft.analyze(source, preprocessing_fn)


def read_all(folder):
    source = open_source(folder)
    return pa.concat_tables(chunk.read() for chunk in source.chunks())


def test_parts_are_named_by_their_chunk_and_keep_the_order(graph, source, rows, tmp_path):
    parts = tft.materialize(graph, [source], tmp_path)
    assert [(part.name, part.rows) for part in parts] == [
        ("data-00000-of-00003.parquet", 1_000),
        ("data-00001-of-00003.parquet", 1_000),
        ("data-00002-of-00003.parquet", 500),
    ]
    for part in parts:
        content = (tmp_path / part.name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == part.digest
    assert read_all(tmp_path).equals(graph.transform(rows))


def test_workers_and_engines_write_the_same_bytes(graph, source, tmp_path):
    serial = tft.materialize(graph, [source], tmp_path / "serial", is_fitting=True)
    with ambient.surround(workers=2):
        assert tft.materialize(graph, [source], tmp_path / "threads", is_fitting=True) == serial
    with ambient.surround(engine=ProcessEngine(2)):
        assert tft.materialize(graph, [source], tmp_path / "processes", is_fitting=True) == serial


def test_several_sources_stand_one_after_the_other(graph, source, rows, tmp_path):
    tft.materialize(graph, [source, open_source(rows.slice(0, 10))], tmp_path)
    found = read_all(tmp_path)
    assert found.num_rows == 2_510
    assert found.slice(2_500).equals(graph.transform(rows.slice(0, 10)))


def test_rows_that_were_fitted_know_their_fold_in_every_chunk(graph, source, rows, tmp_path):
    tft.materialize(graph, [source], tmp_path, is_fitting=True)
    whole = graph.transform(rows, is_fitting=True)
    assert read_all(tmp_path).equals(whole)
    assert not whole["te"].equals(graph.transform(rows)["te"])


def test_without_rows_there_is_a_file_that_says_the_columns(graph, rows, tmp_path):
    (part,) = tft.materialize(graph, [open_source(rows.slice(0, 0))], tmp_path)
    assert (part.name, part.rows) == ("data-00000-of-00001.parquet", 0)
    assert open_source(tmp_path).schema.equals(graph.output_schema)


def test_a_graph_that_reads_no_column_still_has_a_row_for_each(source, tmp_path):
    graph = tft.analyze(source, lambda inputs: {"one": 1, "m": tft.mean(inputs["x"])})
    assert graph.input_columns == []
    parts = tft.materialize(graph, [source], tmp_path)
    assert sum(part.rows for part in parts) == 2_500
    assert set(read_all(tmp_path)["one"].to_pylist()) == {1}
