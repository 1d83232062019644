"""What was served against what the batch said: features bit for bit, predictions in tolerance."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pyarrow as pa

from minitfx.models.manifest import Manifest

FEATURES = "features."
"""Before the names of transformed features among a model's answers."""

_BEYOND = ": the transform makes something else of a row when other rows are beside it"


def not_a_number(answers: pa.Table, manifest: Manifest) -> str:
    """Return which answer is missing, NaN or infinite; empty if all are good."""
    for name in manifest.signature.output_names:
        for row, value in enumerate(answers.column(name).to_pylist(), 1):
            for each in value if isinstance(value, list) else [value]:
                if each is None or (isinstance(each, float) and not math.isfinite(each)):
                    said = "NaN" if each is None else repr(each)
                    return f"the model answers {said} as {name} of row {row}; expected a number"
    return ""


def difference(served: pa.Table, expected: pa.Table, first: int, manifest: Manifest) -> str:
    """Return where served answers differ from those of a batch; empty if they agree.

    Features are looked at before predictions: a skewed one is the cause, the prediction follows.

    Parameters
    ----------
    served : pyarrow.Table
        Answers of a server: predictions, and features under ``features.NAME``.
    expected : pyarrow.Table
        Answers to all rows in one batch, with the same columns.
    first : int
        Which row of ``expected`` is the first of ``served``.
    manifest : Manifest
        Says how far predictions may be off (`Manifest.tolerance`), relative to the largest of
        their column.
    """
    skewed = feature_difference(served, expected, first)
    if skewed:
        return skewed
    batch = expected.slice(first, served.num_rows)
    for name in expected.column_names:
        if name.startswith(FEATURES):
            continue
        if name not in served.column_names:
            return f"the server left out {name}"
        if name == "prediction" and manifest.scores:
            continue
        allowed = manifest.tolerance and manifest.tolerance * _largest(expected.column(name))
        pair = _first_pair(served.column(name), batch.column(name), allowed)
        if pair:
            return f"{name} is {pair[0]!r} when served and {pair[1]!r} in a batch"
    return _labels(served, batch, manifest) if manifest.scores else ""


def feature_difference(served: pa.Table, expected: pa.Table, first: int) -> str:
    """Return which feature differs from that of a batch, in any bit; empty if none does.

    Parameters
    ----------
    served, expected, first
        As for `difference`; only columns ``features.NAME`` are looked at.
    """
    batch = expected.slice(first, served.num_rows)
    for name in expected.column_names:
        if not name.startswith(FEATURES):
            continue
        what = f"feature {name[len(FEATURES) :]!r}"
        if name not in served.column_names:
            return f"the server left out {what}"
        pair = _first_pair(served.column(name), batch.column(name), 0.0)
        if pair:
            return f"{what} is {pair[0]!r} when served and {pair[1]!r} in a batch{_BEYOND}"
    return ""


def _first_pair(
    served: pa.ChunkedArray, batch: pa.ChunkedArray, allowed: float
) -> tuple[object, object] | None:
    pairs = zip(_flat(served), _flat(batch), strict=True)
    return next((pair for pair in pairs if not _same(*pair, allowed)), None)


def _labels(served: pa.Table, batch: pa.Table, manifest: Manifest) -> str:
    """Tell of another label, unless two classes are equally likely as far as one can tell."""
    rows = zip(
        served.column("prediction").to_pylist(),
        batch.column("prediction").to_pylist(),
        batch.column("probabilities").to_pylist(),
        strict=True,
    )
    for one, other, scores in rows:
        first, second = (*sorted(scores, reverse=True), 0.0)[:2]
        if one != other and first - second > 2 * manifest.tolerance:
            return f"prediction is {one!r} when served and {other!r} in a batch"
    return ""


def _flat(column: pa.ChunkedArray) -> Iterator[object]:
    for value in column.to_pylist():
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _largest(column: pa.ChunkedArray) -> float:
    numbers = [abs(each) for each in _flat(column) if isinstance(each, (int, float))]
    return max(filter(math.isfinite, numbers), default=0.0)


def _same(one: object, other: object, allowed: float) -> bool:
    # JSON has no NaN and no infinity.
    one, other = (None if _is_endless(each) else each for each in (one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or abs(one - other) <= allowed
    return one == other


def _is_endless(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
