"""Hyperparameters: what a Tuner wrote is read back, and what TFX's wrote too."""

import json

import pytest
from sklearn.linear_model import LogisticRegression

import minitfx
from minitfx.errors import DataError
from minitfx.models import load_model
from minitfx.training import read_hyperparameters


def test_the_file_of_a_tuner_is_read_from_its_folder(tmp_path):
    (tmp_path / "best_hyperparameters.json").write_text('{"C": 0.5, "solver": "saga"}')
    (tmp_path / "other.json").write_text("[]")
    assert read_hyperparameters(tmp_path) == {"C": 0.5, "solver": "saga"}


def test_what_keras_tuner_wrote_gives_its_values(tmp_path):
    written = {"space": [{"class_name": "Float"}], "values": {"learning_rate": 0.01}}
    (tmp_path / "best_hyperparameters.txt").write_text(json.dumps(written))
    assert read_hyperparameters(tmp_path) == {"learning_rate": 0.01}
    assert read_hyperparameters(tmp_path / "best_hyperparameters.txt") == {"learning_rate": 0.01}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds nothing; expected best_hyperparameters.json"),
        ({"a.json": "{}", "b.json": "{}"}, "holds a.json, b.json"),
        ({"a.json": "[1]"}, "holds a list; expected names and values"),
        ({"a.json": "{"}, "is not JSON"),
    ],
)
def test_a_folder_without_hyperparameters_is_named(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_hyperparameters(tmp_path)


def test_hyperparameters_of_an_earlier_run_are_imported(tmp_path):
    (tmp_path / "data").mkdir()
    rows = "".join(f"{x},{x % 2}\n" for x in range(60))
    (tmp_path / "data" / "rows.csv").write_text(f"x,y\n{rows}")
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "best_hyperparameters.json").write_text('{"C": 0.125}')
    example_gen = minitfx.CsvExampleGen(input_base=str(tmp_path / "data"))
    imported = minitfx.Importer(
        source_uri=str(tmp_path / "earlier"), artifact_type=minitfx.types.HyperParameters
    )
    trainer = minitfx.Trainer(
        examples=example_gen.outputs["examples"],
        estimator=LogisticRegression(),
        label="y",
        hyperparameters=imported.outputs["result"],
    )
    nodes = [example_gen, imported, trainer]
    result = minitfx.LocalDagRunner().run(
        minitfx.Pipeline("imported", str(tmp_path / "out"), nodes)
    )
    (model,) = result.nodes["Trainer"].outputs["model"]
    assert load_model(model.path, trust=True).model.C == 0.125
