"""Transform in a pipeline: what reaches the nodes behind it."""

from pathlib import Path

import pandas as pd
import pytest

import minitfx
import minitfx.transform as tft
from minitfx.channel import Channel
from minitfx.dataset.source import open_source
from minitfx.execution import State
from minitfx.proto.example_gen_pb2 import Input
from minitfx.proto.range_config_pb2 import RangeConfig, RollingRange
from minitfx.transform import analysis
from minitfx.transform.rows import RowsChunk
from minitfx.types import Examples, TransformCache
from minitfx.v1 import dsl

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


SPLITS = {"train": 60, "eval": 30}


def write_data(folder, shift=0, **more):
    for split, rows in SPLITS.items():
        (folder / split).mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame(
            {
                "x": [n % 7 / 2 + shift for n in range(rows)],
                "c": ["abc"[n % 3] for n in range(rows)],
                "y": [n % 2 for n in range(rows)],
            }
        )
        for name, values in more.items():
            frame.insert(0, name, (values * rows)[:rows])
        frame.to_csv(folder / split / "data.csv", index=False)


def pipeline(folder):
    splits = [Input.Split(name=name, pattern=f"{name}/*") for name in SPLITS]
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


def of_spans(inputs):
    ids = tft.compute_and_apply_vocabulary(inputs["c"], num_oov_buckets=1, top_k=2)
    return {
        "z": tft.scale_to_z_score(inputs["x"]),
        "b": tft.bucketize(inputs["x"], 3),
        "zc": tft.scale_to_z_score_per_key(inputs["x"], inputs["c"]),
        "idf": tft.idf(tft.stack([ids]), 3),
    }


def pipeline_of_spans(folder, with_cache):
    splits = [Input.Split(name=name, pattern=f"span-{{SPAN}}/{name}/*") for name in SPLITS]
    gen = minitfx.CsvExampleGen(input_base=str(folder), input_config=Input(splits=splits))
    statistics = minitfx.StatisticsGen(examples=gen.outputs["examples"])
    schema = minitfx.SchemaGen(statistics=statistics.outputs["statistics"])
    spans = minitfx.Resolver(
        strategy_class=dsl.experimental.SpanRangeStrategy,
        config={"range_config": RangeConfig(rolling_range=RollingRange(num_spans=3))},
        examples=Channel(Examples, producer_component_id=gen.id),
    ).with_id("spans")
    spans.add_upstream_node(gen)
    cache = minitfx.Resolver(
        strategy_class=dsl.experimental.LatestArtifactStrategy, cache=Channel(TransformCache)
    ).with_id("cache")
    transform = minitfx.Transform(
        examples=spans.outputs["examples"],
        schema=schema.outputs["schema"],
        preprocessing_fn=of_spans,
        analyzer_cache=cache.outputs["cache"] if with_cache else None,
    )
    nodes = [gen, statistics, schema, spans, transform, *([cache] if with_cache else [])]
    return minitfx.Pipeline("rolling", str(folder / "out"), nodes)


def test_a_new_span_is_the_only_one_that_analyzers_read(tmp_path, monkeypatch):
    """Each pass over the data reads the one chunk of the new span; two passes are needed."""
    read: list[Path] = []
    fitting = []

    def fit(*arguments, original=analysis.fit):
        fitting.append(True)
        found = original(*arguments)
        fitting.clear()
        return found

    def read_rows(chunk, original=RowsChunk.read):
        if fitting:
            read.append(Path(chunk.chunk.path))
        return original(chunk)

    monkeypatch.setattr(analysis, "fit", fit)
    monkeypatch.setattr(RowsChunk, "read", read_rows)
    for span in (1, 2, 3):
        write_data(tmp_path / f"span-{span}", shift=span)
        read.clear()
        result = minitfx.LocalDagRunner().run(pipeline_of_spans(tmp_path, span > 1))
        (made,) = result.nodes["CsvExampleGen"].outputs["examples"]
        assert [path.is_relative_to(made.path) for path in read] == [True, True], span
    outputs = result.nodes["Transform"].outputs
    assert len(outputs["transformed_examples"]) == 3
    everything = sorted((tmp_path / "out" / "CsvExampleGen" / "examples").glob("*/Split-train"))
    whole = tft.analyze({path.parent.name: open_source(path) for path in everything}, of_spans)
    found = tft.load(outputs["transform_graph"][0].path)
    assert found.constants.keys() == whole.constants.keys()
    for name, value in whole.constants.items():
        assert pytest.approx(value, rel=1e-15) == found.constants[name], name
