"""Golden files of the real library, and ways to compare with them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.dataset.csv_source import read_csv

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Any]:
    """Returns a function from the name of a case to what the real library answered."""

    def load(name: str) -> Any:
        path = golden_file(f"expected/{name}.json")
        return json.loads(path.read_text())

    return load


def golden_file(name: str) -> Path:
    path = GOLDEN / name
    if path.exists():
        return path
    folder = os.environ.get("MINITFX_GOLDEN")
    if folder is None or not (Path(folder) / name).exists():
        pytest.skip(f"{name} is not in the repository; set MINITFX_GOLDEN to the folder of it")
    return Path(folder) / name


@pytest.fixture(scope="session")
def golden_path() -> Callable[[str], Path]:
    """Returns a function from a name below the golden folder to a path."""
    return golden_file


@pytest.fixture(scope="session")
def golden_table() -> Callable[[str], pa.Table]:
    """Returns a function that reads a golden CSV as the real library holds it: in float32."""

    def load(name: str) -> pa.Table:
        table = read_csv(golden_file(f"data/{name}"))
        for index, field in enumerate(table.schema):
            if field.type == pa.float64():
                column = table.column(index).cast(pa.float32(), safe=False)
                table = table.set_column(index, field.name, column)
        return table

    return load


@pytest.fixture(scope="session")
def as_golden() -> Callable[[Any], Any]:
    """Returns a function from a data set's statistics to the form of the golden files."""
    return _dataset


def _dataset(dataset: statistics_pb2.DatasetFeatureStatistics) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "num_examples": dataset.num_examples,
        "weighted_num_examples": dataset.weighted_num_examples,
        "features": {feature.path.step[0]: _feature(feature) for feature in dataset.features},
    }


def _feature(feature: statistics_pb2.FeatureNameStatistics) -> dict[str, Any]:
    kind = statistics_pb2.FeatureNameStatistics.Type.Name(feature.type)
    which = feature.WhichOneof("stats")
    return {"type": kind, which: _message(getattr(feature, which))}


def _message(message: Any) -> Any:
    return {
        field.name: _value(field, getattr(message, field.name))
        for field in message.DESCRIPTOR.fields
        if (field.message_type is None)
        or (field.is_repeated and getattr(message, field.name))
        or (not field.is_repeated and message.HasField(field.name))
    }


def _value(field: Any, value: Any) -> Any:
    if field.name == "top_values":
        return [[each.value, each.frequency] for each in value]
    if field.name == "rank_histogram":
        return {
            "n": len(value.buckets),
            "first": [[each.label, each.sample_count] for each in value.buckets[:150]],
        }
    if field.name == "histograms":
        return [_histogram(each) for each in value]
    if field.name == "num_values_histogram":
        return _histogram(value)
    if field.message_type is None:
        return value
    return [_message(each) for each in value] if field.is_repeated else _message(value)


def _histogram(histogram: statistics_pb2.Histogram) -> dict[str, Any]:
    return {
        "type": statistics_pb2.Histogram.HistogramType.Name(histogram.type),
        "num_nan": histogram.num_nan,
        "num_undefined": histogram.num_undefined,
        "buckets": [[b.low_value, b.high_value, b.sample_count] for b in histogram.buckets],
    }


@pytest.fixture(scope="session")
def differences() -> Callable[..., list[str]]:
    """Returns a function that lists where two values differ by more than ``rel``."""
    return find_differences


def find_differences(actual: Any, expected: Any, rel: float = 1e-9, where: str = "") -> list[str]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = []
        for key in sorted({*actual, *expected}):
            if key not in actual or key not in expected:
                found.append(f"{where}/{key} is only on one side")
                continue
            found += find_differences(actual[key], expected[key], rel, f"{where}/{key}")
        return found
    if isinstance(expected, list) and isinstance(actual, list):
        if len(actual) != len(expected):
            return [f"{where}: {len(actual)} items, expected {len(expected)}"]
        pairs = enumerate(zip(actual, expected, strict=True))
        return [d for i, (a, e) in pairs for d in find_differences(a, e, rel, f"{where}/{i}")]
    if isinstance(expected, bool) or not _is_number(expected):
        return [] if actual == expected else [f"{where}: {actual!r}, expected {expected!r}"]
    one, two = float(actual), float(expected)
    same = (
        math.isclose(one, two, rel_tol=rel, abs_tol=1e-12)
        or one == two
        or (math.isnan(one) and math.isnan(two))
    )
    return [] if same else [f"{where}: {actual!r}, expected {expected!r}"]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or value in ("NaN", "Infinity", "-Infinity")
