"""Transform in a pipeline: what reaches the nodes behind it."""

import pandas as pd
import pytest

import minitfx
from minitfx.execution import State
from minitfx.proto.example_gen_pb2 import Input

MODULE = """
import minitfx.transform as tft
from minitfx.models import save_model
from sklearn.linear_model import LogisticRegression

OFFSET = 2.0

def shifted(values):
    return values + OFFSET

def preprocessing_fn(inputs):
    x = tft.apply_pyfunc(shifted, float, False, None, inputs["x"])
    return {
        "z": tft.scale_to_z_score(x),
        "c": tft.compute_and_apply_vocabulary(inputs["c"], num_oov_buckets=1),
        "label": inputs["y"],
    }

def run_fn(fn_args):
    X, y = fn_args.data_accessor.read_arrays(fn_args.train_files, "label", ["z", "c"])
    save_model(
        LogisticRegression().fit(X, y),
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        label="label",
        features=["z", "c"],
    )
"""


def write_data(folder, **more):
    for split, rows in (("train", 60), ("eval", 30)):
        (folder / split).mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame(
            {
                "x": [n % 7 / 2 for n in range(rows)],
                "c": ["abc"[n % 3] for n in range(rows)],
                "y": [n % 2 for n in range(rows)],
            }
        )
        for name, values in more.items():
            frame.insert(0, name, (values * rows)[:rows])
        frame.to_csv(folder / split / "data.csv", index=False)


def pipeline(folder):
    splits = [Input.Split(name=name, pattern=f"{name}/*") for name in ("train", "eval")]
    gen = minitfx.CsvExampleGen(input_base=str(folder / "data"), input_config=Input(splits=splits))
    examples = gen.outputs["examples"]
    statistics = minitfx.StatisticsGen(examples=examples)
    schema = minitfx.SchemaGen(statistics=statistics.outputs["statistics"])
    module = str(folder / "preprocessing.py")
    transform = minitfx.Transform(
        examples=examples, schema=schema.outputs["schema"], module_file=module
    )
    trainer = minitfx.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=module,
    )
    nodes = [gen, statistics, schema, transform, trainer]
    return minitfx.Pipeline("unused", str(folder / "out"), nodes, enable_cache=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "preprocessing.py").write_text(MODULE)
    write_data(tmp_path / "data")
    return tmp_path


def states(result):
    return {name: node.state for name, node in result.nodes.items()}


def test_a_new_column_that_the_function_does_not_use_stops_at_transform(folder):
    first = minitfx.LocalDagRunner().run(pipeline(folder))
    assert set(states(first).values()) == {State.COMPLETE}
    write_data(folder / "data", aaa=["text", "other"], zzz=[1, 2, 3])
    second = states(minitfx.LocalDagRunner().run(pipeline(folder)))
    assert second["Transform"] == State.COMPLETE
    assert second["Trainer"] == State.CACHED


def test_a_new_value_of_a_column_that_it_uses_goes_on(folder):
    minitfx.LocalDagRunner().run(pipeline(folder))
    write_data(folder / "data", aaa=["text", "other"])
    path = folder / "data" / "train" / "data.csv"
    path.write_text(path.read_text() + "text,0.5,new,1\n")
    second = states(minitfx.LocalDagRunner().run(pipeline(folder)))
    assert second["Trainer"] == State.COMPLETE
