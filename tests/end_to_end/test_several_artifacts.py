"""Two data sets in one channel: fitted together, transformed and trained on together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from minitfx import (
    CsvExampleGen,
    LocalDagRunner,
    Pipeline,
    SchemaGen,
    StatisticsGen,
    Trainer,
    Transform,
    union,
)
from minitfx.catalog.session import open_catalog, query

MODULE = """
import minitfx.transform as tft
from sklearn.linear_model import LogisticRegression
from minitfx.models import save_model


def preprocessing_fn(inputs):
    return {"a": tft.scale_to_z_score(inputs["a"]), "label": inputs["label"]}


def run_fn(fn_args):
    X, y = fn_args.data_accessor.read_arrays(fn_args.train_files, "label", ["a"])
    assert len(y) > 50, len(y)
    save_model(LogisticRegression().fit(X, y), fn_args.serving_model_dir,
               transform_graph=fn_args.transform_graph_path, label="label", features=["a"])
"""


def test_two_data_sets_are_one_training_set(tmp_path: Path) -> None:
    module = tmp_path / "training_of_two.py"
    module.write_text(MODULE)
    gens = []
    for name, start in (("first", 0), ("second", 1000)):
        folder = tmp_path / name
        folder.mkdir()
        rows = "".join(f"{start + i},{i % 2}\n" for i in range(60))
        (folder / "data.csv").write_text("a,label\n" + rows)
        gens.append(CsvExampleGen(input_base=str(folder)).with_id(name))
    both = union([gen.outputs["examples"] for gen in gens])
    statistics = StatisticsGen(gens[0].outputs["examples"])
    schema = SchemaGen(statistics.outputs["statistics"])
    transform = Transform(both, schema.outputs["schema"], module_file=str(module))
    trainer = Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=str(module),
    )
    nodes = [*gens, statistics, schema, transform, trainer]
    for expected in ("COMPLETE", "CACHED"):
        result = LocalDagRunner().run(Pipeline("two", tmp_path / "root", nodes, enable_cache=True))
        assert {str(node.state) for node in result.nodes.values()} == {expected}
    made = result.artifacts("Transform", "transformed_examples")
    assert len({each.id for each in made}) == len({each.uri for each in made}) == 2
    columns = [pq.read_table(each.split_path("train"))["a"].to_numpy() for each in made]
    together = np.concatenate(columns)
    assert np.isclose(together.mean(), 0.0, atol=1e-12)
    assert np.isclose(together.std(), 1.0)
    assert columns[0].max() < columns[1].min()
    rows = query(
        open_catalog(tmp_path / "root"),
        "SELECT position FROM events WHERE node_id = 'Trainer' AND key = 'examples' "
        "AND state = 'COMPLETE' ORDER BY position",
    ).rows
    assert rows == [(0,), (1,)]
