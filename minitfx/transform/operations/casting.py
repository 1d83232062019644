"""Conversion between kinds: numbers, text, times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import Cells, Numbers, Strings, both_valid, words_of
from minitfx.transform.columntype import VALUES, ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted

_MICROSECONDS = 1_000_000


def _infer(call: Call) -> ColumnType:
    column = call.expect(0, VALUES, "cast")
    target: Kind = call.parameters["to"]
    if (column.kind, target) not in _CASTS and column.kind != target:
        raise TransformError(f"cannot cast {column} to {target}")
    return column.of(target)


def _build(call: Call) -> Function:
    source, target = call.operands[0].type.kind, call.parameters["to"]
    convert = _CASTS.get((source, target), lambda cells: cells)
    return lifted(call, convert)


def _astype(dtype: type) -> Callable[[Numbers], Numbers]:
    return lambda cells: Numbers(np.asarray(cells.values, dtype), cells.valid)


def _truncate(cells: Numbers) -> Numbers:
    """Cut floats towards zero; NaN and what is out of range become missing."""
    inside = (cells.values >= -(2.0**63)) & (cells.values < 2.0**63)
    if inside.all():
        return Numbers(cells.values.astype(np.int64), cells.valid)
    values = np.where(inside, cells.values, 0.0).astype(np.int64)
    return Numbers(values, both_valid(cells.valid, inside))


def _to_text(cells: Numbers) -> Strings:
    """Write numbers as Python does: ``3``, ``0.1``, ``nan``; booleans as ``true``, ``false``."""
    values, places = np.unique(cells.values, return_inverse=True)
    if values.dtype == np.bool_:
        texts = [str(value).lower() for value in values.tolist()]
    else:
        texts = [repr(value) for value in values.tolist()]
    codes = places.reshape(cells.values.shape).astype(np.int32)
    if cells.valid is not None:
        codes = np.where(cells.valid, codes, np.int32(-1))
    return Strings(codes, words_of(texts))


def _parse(read: Callable[[str], Any], dtype: type, what: str) -> Callable[[Strings], Numbers]:
    def convert(cells: Strings) -> Numbers:
        used = np.zeros(len(cells.words) + 1, np.bool_)
        used[cells.codes] = True
        table: NDArray[Any] = np.zeros(len(cells.words) + 1, dtype)
        for place, word in enumerate(cells.words.to_pylist()):
            if used[place]:
                table[place] = _read(word, read, what)
        return Numbers(table[cells.codes], cells.valid)

    return convert


def _read(word: str, read: Callable[[str], Any], what: str) -> Any:
    try:
        return read(word)
    except (ValueError, OverflowError):
        raise TransformError(
            f"cannot cast the text {word!r} to {what}; replace it first, for example with "
            "tft.where(column == ..., ..., column)"
        ) from None


def timestamp_of(text: str, form: str | None = None) -> int:
    """Return microseconds since 1970 of a date or time as text; without a zone it is UTC.

    Raises
    ------
    ValueError
        If the text is not ISO 8601, or not of the ``form`` that was given.
    """
    moment = datetime.fromisoformat(text) if form is None else datetime.strptime(text, form)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    difference = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (difference.days * 86_400 + difference.seconds) * _MICROSECONDS + difference.microseconds


def _from_seconds(cells: Numbers) -> Numbers:
    scaled = cells.values * _MICROSECONDS
    return (
        _truncate(Numbers(np.rint(scaled), cells.valid))
        if scaled.dtype.kind == "f"
        else Numbers(scaled, cells.valid)
    )


_CASTS: dict[tuple[Kind, Kind], Callable[[Any], Cells]] = {
    ("int", "float"): _astype(np.float64),
    ("bool", "float"): _astype(np.float64),
    ("bool", "int"): _astype(np.int64),
    ("int", "bool"): _astype(np.bool_),
    ("float", "bool"): _astype(np.bool_),
    ("float", "int"): _truncate,
    ("int", "string"): _to_text,
    ("float", "string"): _to_text,
    ("bool", "string"): _to_text,
    ("string", "int"): _parse(int, np.int64, "int"),
    ("string", "float"): _parse(float, np.float64, "float"),
    ("string", "timestamp"): _parse(timestamp_of, np.int64, "timestamp"),
    ("int", "timestamp"): _from_seconds,
    ("float", "timestamp"): _from_seconds,
    ("timestamp", "int"): lambda cells: Numbers(cells.values // _MICROSECONDS, cells.valid),
    ("timestamp", "float"): lambda cells: Numbers(cells.values / _MICROSECONDS, cells.valid),
}


def _parse_timestamp() -> Operation:
    def infer(call: Call) -> ColumnType:
        return call.expect(0, {"string"}, "parse_timestamp").of("timestamp")

    def build(call: Call) -> Function:
        form = call.parameters["format"]
        what = f"a timestamp of the form {form!r}"
        return lifted(call, _parse(lambda text: timestamp_of(text, form), np.int64, what))

    return Operation(infer, build)


OPERATIONS: dict[str, Operation] = {
    "cast": Operation(_infer, _build),
    "parse_timestamp": _parse_timestamp(),
}
