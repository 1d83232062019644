"""What tests of evaluations share: golden tables, configurations, and values by name."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from minitfx import model_analysis as tfma
from minitfx.model_analysis import metrics

GOLDEN = Path(__file__).parent / "golden"


def golden_table(task):
    """Return a golden table; numbers are single precision, as the original saw them."""
    with (GOLDEN / "data" / f"tfma_{task}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name == "segment":
            columns[name] = pa.array(values)
        elif name == "hour" or (name == "label" and task != "regression"):
            columns[name] = pa.array([int(value) for value in values])
        else:
            columns[name] = pa.array([np.float32(value) for value in values], pa.float32())
    table = pa.table(columns)
    if task == "multiclass":
        names = [f"p{i}" for i in range(4)]
        lists = np.stack([table.column(name).to_numpy() for name in names], axis=1)
        table = table.append_column("prediction", pa.array(lists.tolist(), pa.list_(pa.float32())))
    return table


def golden_answers(task):
    return json.loads((GOLDEN / "expected" / f"tfma_{task}.json").read_text())


def plain(wanted, **options):
    """Return specs of metrics, without counting examples besides."""
    return metrics.specs_from_metrics(
        wanted, include_example_count=False, include_weighted_example_count=False, **options
    )


def config_of(specs, slices=((),), weight="", **options):
    """Return a configuration for columns ``label`` and ``prediction``."""
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                label_key="label", prediction_key="prediction", example_weight_key=weight
            )
        ],
        slicing_specs=[tfma.SlicingSpec(feature_keys=keys) for keys in slices],
        metrics_specs=specs,
        **options,
    )


def values_of(analysis):
    found = {}
    for group in analysis.findings.groups:
        for place, key in enumerate(group.keys):
            names = found.setdefault(tfma.slice_name(key), {})
            for metric, measured in group.metrics.items():
                names[metric.text] = measured.value[place]
    return found


def evaluate(table, wanted, slices=((),), weight="", **options):
    """Return ``{slice name: {metric: value}}`` of metrics, or of specs of metrics."""
    specs = wanted if isinstance(wanted[0], tfma.MetricsSpec) else plain(wanted)
    return values_of(tfma.analyze(table, config_of(specs, slices, weight, **options)))
