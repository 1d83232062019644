"""Operations on text: one value in, one value out, computed once for each different word."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from minitfx.errors import TransformError
from minitfx.transform.cells import Numbers, Strings, distinct, words_of
from minitfx.transform.columntype import ColumnType, Kind
from minitfx.transform.fingerprint import fingerprint64, siphash
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted

_TEXT: frozenset[Kind] = frozenset({"string"})


def _text_to_text(name: str, rewrite: Callable[[pa.Array, Any], pa.Array]) -> Operation:
    def infer(call: Call) -> ColumnType:
        _check_pattern(call.parameters)
        return call.expect(0, _TEXT, name)

    def build(call: Call) -> Function:
        def apply(cells: Strings) -> Strings:
            return Strings(cells.codes, rewrite(cells.words, call.parameters))

        return lifted(call, apply)

    return Operation(infer, build)


def _text_to_number(
    name: str, kind: Kind, measure: Callable[[list[str], Any], Any], dtype: type
) -> Operation:
    """Return an operation that computes a number for each word."""

    def infer(call: Call) -> ColumnType:
        _check_pattern(call.parameters)
        return call.expect(0, _TEXT, name).of(kind)

    def build(call: Call) -> Function:
        def apply(cells: Strings) -> Numbers:
            words = [word or "" for word in cells.words.to_pylist()]
            table: NDArray[Any] = np.zeros(len(words) + 1, dtype)
            table[:-1] = measure(words, call.parameters)
            values = table[cells.codes]
            return Numbers(values, cells.valid)

        return lifted(call, apply)

    return Operation(infer, build)


def _check_pattern(parameters: Any) -> None:
    """Raise TransformError if a regular expression, or what to put in its place, is none."""
    pattern, replacement = parameters.get("pattern"), parameters.get("replacement", "")
    if pattern is None:
        return
    try:
        re.compile(pattern).sub(replacement, "")
    except (re.error, IndexError, TypeError) as error:
        raise TransformError(
            f"{pattern!r}, to be replaced by {replacement!r}, is no regular expression: {error}"
            if replacement
            else f"{pattern!r} is no regular expression: {error}"
        ) from None


def _matches(words: list[str], parameters: Any) -> list[bool]:
    find = re.compile(parameters["pattern"]).search
    return [find(word) is not None for word in words]


def _hashes(words: list[str], parameters: Any) -> Any:
    buckets, key = parameters["hash_buckets"], parameters["key"]
    if key is None:
        return fingerprint64(words) % np.uint64(buckets)
    return [siphash(word, (key[0], key[1])) % buckets for word in words]


def _fingerprints(words: list[str], parameters: Any) -> Any:
    return fingerprint64(words).view(np.int64)


def _replace(words: pa.Array, parameters: Any) -> pa.Array:
    return words_of(
        [
            re.sub(parameters["pattern"], parameters["replacement"], word or "")
            for word in words.to_pylist()
        ]
    )


def _join() -> Operation:
    def infer(call: Call) -> ColumnType:
        for index in range(len(call.operands)):
            call.expect(index, _TEXT, "join")
        if not any(not operand.is_constant for operand in call.operands):
            raise TransformError("join needs at least one column; found constants only")
        return ColumnType("string", call.common_length("join"))

    def build(call: Call) -> Function:
        separator = call.parameters["separator"]

        def apply(*columns: Strings) -> Strings:
            joined = columns[0]
            for column in columns[1:]:
                joined = _pairs(joined, column, separator)
            return joined

        return lifted(call, apply)

    return Operation(infer, build)


def _pairs(left: Strings, right: Strings, separator: str) -> Strings:
    """Return the texts of both, joined once for each pair of words that occurs."""
    left, right = distinct(left), distinct(right)
    width = len(right.words) + 1
    pairs = left.codes.astype(np.int64) * width + right.codes
    missing = (left.codes < 0) | (right.codes < 0)
    pairs = np.where(missing, -1, pairs)
    found, places = np.unique(pairs, return_inverse=True)
    first, second = left.words.to_pylist(), right.words.to_pylist()
    words = [
        "" if pair < 0 else f"{first[pair // width]}{separator}{second[pair % width]}"
        for pair in found.tolist()
    ]
    codes = np.where(missing, -1, places.reshape(pairs.shape)).astype(np.int32)
    return Strings(codes, words_of(words))


OPERATIONS: dict[str, Operation] = {
    "lower": _text_to_text("lower", lambda words, _: pc.utf8_lower(words)),
    "upper": _text_to_text("upper", lambda words, _: pc.utf8_upper(words)),
    "strip": _text_to_text("strip", lambda words, _: pc.utf8_trim_whitespace(words)),
    "substring": _text_to_text(
        "substring",
        lambda words, p: pc.utf8_slice_codeunits(words, p["start"], p["stop"]),
    ),
    "replace": _text_to_text("replace", _replace),
    "join": _join(),
    "text_length": _text_to_number(
        "text_length", "int", lambda words, _: [len(word) for word in words], np.int64
    ),
    "matches": _text_to_number("matches", "bool", _matches, np.bool_),
    "hash_strings": _text_to_number("hash_strings", "int", _hashes, np.int64),
    "fingerprint64": _text_to_number("fingerprint64", "int", _fingerprints, np.int64),
}
