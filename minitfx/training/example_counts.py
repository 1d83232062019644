"""How many rows the splits of a statistics artifact have."""

from __future__ import annotations

from pathlib import Path

from tensorflow_metadata.proto.v0 import statistics_pb2

from minitfx.errors import SchemaError


def count_examples(folder: str | Path) -> dict[str, int]:
    """Return the number of rows of every split.

    Parameters
    ----------
    folder : path
        The payload of an ExampleStatistics: ``Split-<name>/FeatureStats.pb``.

    Raises
    ------
    SchemaError
        If a file holds no statistics.
    """
    counts: dict[str, int] = {}
    for path in sorted(Path(folder).glob("Split-*/FeatureStats.pb")):
        statistics = statistics_pb2.DatasetFeatureStatisticsList()
        try:
            statistics.ParseFromString(path.read_bytes())
        except ValueError as error:
            raise SchemaError(f"{path} holds no statistics: {error}") from error
        split = path.parent.name.removeprefix("Split-")
        counts[split] = sum(dataset.num_examples for dataset in statistics.datasets[:1])
    return counts
