"""Bad inputs: each is one clear error, and leaves no half artifact behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from minitfx import (
    CsvExampleGen,
    Evaluator,
    LocalDagRunner,
    Pipeline,
    SchemaGen,
    StatisticsGen,
    Trainer,
    Transform,
)
from minitfx.catalog.session import open_catalog, query
from minitfx.errors import CodeError, RunError
from minitfx.proto.eval_config_pb2 import EvalConfig, MetricConfig, MetricsSpec, ModelSpec

GOOD = "a,b,label\n" + "".join(f"{i % 7},{i * 0.5},{i % 2}\n" for i in range(60))
MODULE = """
import joblib
import minitfx.transform as tft
from pathlib import Path
from sklearn.linear_model import LogisticRegression


def preprocessing_fn(inputs):
    return {"a": tft.scale_to_z_score(inputs["a"]), "label": inputs["label"]}


def run_fn(fn_args):
    X, y = fn_args.data_accessor.read_arrays(fn_args.train_files, "label", ["a"])
    folder = Path(fn_args.serving_model_dir)
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(LogisticRegression().fit(X, y), folder / "model.joblib")
"""


def build(tmp_path: Path, module: str = MODULE, label_key: str = "label") -> Pipeline:
    file = tmp_path / "training_of_bad_inputs.py"
    file.write_text(module)
    gen = CsvExampleGen(input_base=str(tmp_path / "data"))
    examples = gen.outputs["examples"]
    statistics = StatisticsGen(examples)
    schema = SchemaGen(statistics.outputs["statistics"])
    transform = Transform(examples, schema.outputs["schema"], module_file=str(file))
    trainer = Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema.outputs["schema"],
        module_file=str(file),
    )
    config = EvalConfig(
        model_specs=[ModelSpec(label_key=label_key)],
        metrics_specs=[MetricsSpec(metrics=[MetricConfig(class_name="BinaryAccuracy")])],
    )
    evaluator = Evaluator(examples, trainer.outputs["model"], eval_config=config)
    nodes = [gen, statistics, schema, transform, trainer, evaluator]
    return Pipeline("bad", tmp_path / "root", nodes, enable_cache=True)


def write(tmp_path: Path, **files: bytes | str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(data)


def failure(tmp_path: Path, node: str, pipeline: Pipeline | None = None) -> str:
    """Run, expect one node to fail, and return what it said."""
    with pytest.raises(RunError) as caught:
        LocalDagRunner().run(pipeline or build(tmp_path))
    result = caught.value.result
    failed = [each for each in result.nodes.values() if each.state == "FAILED"]
    assert [each.node_id for each in failed] == [node]
    root = tmp_path / "root"
    assert not (root / node).exists()
    assert list((root / ".system" / "staging").iterdir()) == []
    rows = query(open_catalog(root), f"SELECT * FROM artifacts WHERE node_id = '{node}'").rows
    assert rows == []
    return failed[0].cause


def test_the_good_input_passes(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD)
    assert LocalDagRunner().run(build(tmp_path)).succeeded


def test_a_missing_input_folder(tmp_path: Path) -> None:
    said = failure(tmp_path, "CsvExampleGen")
    assert str(tmp_path / "data") in said


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"one": ""}, ["one.csv"]),
        ({"one": "a,b,label\n"}, ["one.csv"]),
        ({"one": GOOD, "two": GOOD.replace("a,b,", "a,c,")}, ["two.csv", "line 1"]),
        ({"one": GOOD + "1,2\n"}, ["one.csv", "line 62"]),
        ({"one": GOOD + '1,"2,3\n'}, ["one.csv", "line 62"]),
        ({"one": GOOD.encode() + b"1,\xff\xfe,0\n"}, ["one.csv", "line 62"]),
        ({"one": GOOD.replace("a,b,", "a,a,")}, ["one.csv", "'a'"]),
    ],
    ids=[
        "empty",
        "header only",
        "header mismatch",
        "ragged row",
        "unbalanced quote",
        "no UTF-8",
        "duplicate column",
    ],
)
def test_a_malformed_csv_names_the_place(
    files: dict[str, bytes | str], expected: list[str], tmp_path: Path
) -> None:
    write(tmp_path, **files)
    said = failure(tmp_path, "CsvExampleGen")
    for part in expected:
        assert part in said


def test_a_label_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD)
    said = failure(tmp_path, "Evaluator", build(tmp_path, label_key="labell"))
    assert "'labell'" in said
    assert "label" in said


def test_a_module_with_a_syntax_error(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD)
    said = failure(tmp_path, "Transform", build(tmp_path, MODULE + "\ndef broken(:\n"))
    assert "training_of_bad_inputs.py, line 18" in said


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CodeError, match=r"nowhere\.py does not exist"):
        Trainer(module_file=str(tmp_path / "nowhere.py"), examples=None)


def test_a_run_fn_that_writes_no_model(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD)
    module = MODULE.split("def run_fn")[0] + "def run_fn(fn_args):\n    pass\n"
    said = failure(tmp_path, "Trainer", build(tmp_path, module))
    assert "model" in said
    assert "run_fn" in said


def test_a_run_fn_that_raises(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD)
    module = MODULE.split("def run_fn")[0] + "def run_fn(fn_args):\n    raise KeyError('spoon')\n"
    assert "KeyError: 'spoon'" in failure(tmp_path, "Trainer", build(tmp_path, module))


def test_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    write(tmp_path, one=GOOD)
    module = MODULE.split("def run_fn")[0] + (
        "def run_fn(fn_args):\n"
        "    folder = Path(fn_args.serving_model_dir)\n"
        "    folder.mkdir(parents=True, exist_ok=True)\n"
        "    (folder / 'model.joblib').write_bytes(b'no model at all')\n"
    )
    said = failure(tmp_path, "Trainer", build(tmp_path, module))
    assert "model.joblib" in said
