"""Five million rows through the data components within 1.5 GB of resident memory.

    python benchmarks/memory.py [--rows 5000000]

Writes a CSV of 10 columns, then runs ExampleGen, StatisticsGen, SchemaGen, Transform, Trainer (a
linear model, fitted batch by batch), Evaluator and BulkInferrer in one process, and prints the
peak of its resident memory against the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_MB = 1500

MODULE = """
import minitfx.transform as tft
from minitfx.models import save_model
from sklearn.linear_model import SGDClassifier

NUMBERS = ["x0", "x1", "x2", "x3", "x4"]
TEXTS = ["city", "kind"]
FEATURES = [*NUMBERS, *TEXTS]


def preprocessing_fn(inputs):
    outputs = {name: tft.scale_to_z_score(tft.fill_missing(inputs[name], 0.0)) for name in NUMBERS}
    for name in TEXTS:
        outputs[name] = tft.compute_and_apply_vocabulary(
            tft.fill_missing(inputs[name], ""), num_oov_buckets=1
        )
    outputs["label"] = inputs["label"]
    return outputs


def run_fn(fn_args):
    model = SGDClassifier(loss="log_loss", random_state=0)
    for batch in fn_args.data_accessor.record_batch_factory(fn_args.train_files):
        frame = batch.select([*FEATURES, "label"]).to_pandas()
        model.partial_fit(frame[FEATURES].to_numpy(), frame["label"].to_numpy(), classes=[0, 1])
    save_model(
        model,
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        schema=fn_args.schema_path,
        label="label",
        features=FEATURES,
    )
"""

PIPELINE = """
from pathlib import Path

import minitfx
from minitfx.proto.eval_config_pb2 import (
    EvalConfig, MetricConfig, MetricsSpec, ModelSpec, SlicingSpec,
)

HERE = Path(__file__).parent


def create_pipeline(pipeline_root):
    gen = minitfx.CsvExampleGen(input_base=str(HERE / "data"))
    examples = gen.outputs["examples"]
    statistics = minitfx.StatisticsGen(examples)
    schema = minitfx.SchemaGen(statistics.outputs["statistics"])
    transform = minitfx.Transform(
        examples, schema.outputs["schema"], module_file=str(HERE / "module.py")
    )
    trainer = minitfx.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema.outputs["schema"],
        module_file=str(HERE / "module.py"),
    )
    config = EvalConfig(
        model_specs=[ModelSpec(label_key="label")],
        slicing_specs=[SlicingSpec(), SlicingSpec(feature_keys=["city"])],
        metrics_specs=[MetricsSpec(metrics=[
            MetricConfig(class_name="BinaryAccuracy"), MetricConfig(class_name="AUC"),
        ])],
    )
    evaluator = minitfx.Evaluator(
        examples, trainer.outputs["model"], eval_config=config, example_splits=["train", "eval"]
    )
    bulk = minitfx.BulkInferrer(examples=examples, model=trainer.outputs["model"])
    nodes = [gen, statistics, schema, transform, trainer, evaluator, bulk]
    return minitfx.Pipeline("memory", pipeline_root, nodes)
"""


def write_csv(path: Path, rows: int) -> None:
    """Write the table, a piece at a time: five numbers, an integer, two texts, an id, a label."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv as csv

    random = np.random.default_rng(0)
    cities = np.array([f"city {index}" for index in range(40)])
    kinds = np.array(["a", "b", "c"])
    piece = 200_000
    with path.open("wb") as file:
        for start in range(0, rows, piece):
            count = min(piece, rows - start)
            numbers = random.normal(size=(5, count))
            label = (numbers[0] + random.normal(size=count) > 0).astype("int64")
            columns = {f"x{index}": pa.array(numbers[index]) for index in range(5)}
            columns["n"] = pa.array(random.integers(0, 1000, count))
            columns["city"] = pa.array(cities[random.integers(0, 40, count)])
            columns["kind"] = pa.array(kinds[random.integers(0, 3, count)])
            columns["id"] = pa.array(np.arange(start, start + count))
            columns["label"] = pa.array(label)
            options = csv.WriteOptions(include_header=start == 0)
            csv.write_csv(pa.table(columns), file, write_options=options)


def measure(rows: int, place: Path) -> float:
    """Run the pipeline in a process of its own; print each node's time, return the peak in MB."""
    (place / "data").mkdir()
    table = place / "data" / "rows.csv"
    subprocess.run([sys.executable, __file__, "--rows", str(rows), "--write", table], check=True)
    (place / "module.py").write_text(MODULE, "utf-8")
    (place / "pipeline.py").write_text(PIPELINE, "utf-8")
    started = time.monotonic()
    command = [sys.executable, "-m", "minitfx", "run", "pipeline.py", "--root", "out", "--json"]
    run = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    for event in map(json.loads, run.stdout):
        if event["event"] == "node_finished":
            print(f"{event['node_id']:<16} {event['state']:<9} {event['seconds']:8.1f} s")
    _, status, usage = os.wait4(run.pid, 0)
    if status:
        sys.exit("the pipeline failed")
    size = table.stat().st_size / 1e6
    print(f"{rows:,} rows, {size:,.0f} MB of CSV, {time.monotonic() - started:.0f} s")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Measure, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--write", type=Path, help="only write the table, here")
    arguments = parser.parse_args()
    if arguments.write is not None:
        write_csv(arguments.write, arguments.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        peak = measure(arguments.rows, Path(folder))
    print(f"peak resident memory {peak:,.0f} MB, limit {LIMIT_MB} MB: {peak / LIMIT_MB:.2f}")
    sys.exit(peak > LIMIT_MB)


if __name__ == "__main__":
    main()
