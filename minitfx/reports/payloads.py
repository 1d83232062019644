"""What small files of payloads say that the catalog does not copy.

A payload may have been deleted, moved or damaged since. Whoever reads here gets None then, or
nothing, and a page says so: it is about what happened, and that does not change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from minitfx.errors import MinitfxError
from minitfx.reports.run_facts import ArtifactFact

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics

_MOST_FILES = 1_000


def row_counts(artifact: ArtifactFact) -> dict[str, int] | None:
    """Return the rows of each split of Examples or predictions, from the feet of their files.

    Returns
    -------
    dict of str to int, or None
        Split to rows; None if the payload cannot be read, or has too many files to look at.
    """
    if not artifact.is_there:
        return None
    files = [
        path
        for folder in sorted(artifact.path.glob("Split-*"))
        for path in sorted(folder.glob("*.parquet"))
    ]
    if not files or len(files) > _MOST_FILES:
        return None
    counts: dict[str, int] = {}
    try:
        for path in files:
            split = path.parent.name.removeprefix("Split-")
            counts[split] = counts.get(split, 0) + int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        return None
    return counts


def split_statistics(artifact: ArtifactFact) -> list[DatasetFeatureStatistics]:
    """Return the statistics of every split, each named for it; none that cannot be read."""
    from minitfx.data_validation.files import load_stats_binary
    from minitfx.data_validation.statistics_view import whole_dataset

    found: list[DatasetFeatureStatistics] = []
    if not artifact.is_there:
        return found
    for path in sorted(artifact.path.glob("Split-*/FeatureStats.pb")):
        try:
            dataset = whole_dataset(load_stats_binary(path))
        except MinitfxError:
            continue
        dataset.name = path.parent.name.removeprefix("Split-")
        found.append(dataset)
    return sorted(found, key=lambda each: place_of(artifact, each.name))


def place_of(artifact: ArtifactFact, split: str) -> tuple[int, str]:
    """Return what splits are sorted by: their order in the properties, then their names."""
    names = splits_of(artifact)
    return (names.index(split) if split in names else len(names), split)


def splits_of(artifact: ArtifactFact) -> list[str]:
    """Return the names of an artifact's splits, in their order, as its properties say."""
    try:
        found = json.loads(artifact.properties.get("split_names") or "[]")
    except (TypeError, ValueError):
        return []
    return [str(each) for each in found] if isinstance(found, list) else []


def json_file(artifact: ArtifactFact, name: str) -> Mapping[str, Any] | None:
    """Return a JSON object in a file of a payload; None if there is none."""
    if not artifact.is_there:
        return None
    try:
        found = json.loads((artifact.path / name).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def best_trials(artifact: ArtifactFact) -> frozenset[int]:
    """Return the numbers of a study's best trials: one, or a Pareto front."""
    path = artifact.path / "trials.parquet"
    if not artifact.is_there or not path.is_file():
        return frozenset()
    try:
        table = pq.read_table(path, columns=["trial", "best"])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return frozenset()
    rows: Sequence[Mapping[str, Any]] = table.to_pylist()
    return frozenset(int(row["trial"]) for row in rows if row["best"])


def tail(path: Path, most: int) -> str:
    """Return the last bytes of a text file, from the beginning of a line; empty without one."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, 2)
            file.seek(max(0, length - most))
            text = file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
    return text if length <= most else f"… {text.partition(chr(10))[2]}"
