"""Operations that look a value up: in a vocabulary, or in a table known beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.cells import Codes, Numbers, Strings, words_of
from minitfx.transform.columntype import ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted
from minitfx.transform.vocab import Vocabulary


def _infer(call: Call) -> ColumnType:
    column = call.expect(0, {"string"}, "apply_vocabulary")
    call.expect(1, {"vocabulary"}, "apply_vocabulary's second argument")
    return column.of("int")


def _build(call: Call) -> Function:
    default, buckets = call.parameters["default_value"], call.parameters["num_oov_buckets"]

    def apply(cells: Strings, vocabulary: Vocabulary) -> Numbers:
        return vocabulary.lookup(cells, default, buckets)

    return lifted(call, apply)


def _table() -> Operation:
    """What a table has for each text or integer."""

    def infer(call: Call) -> ColumnType:
        keys: set[Kind] = {"string"} if isinstance(call.parameters["keys"][0], str) else {"int"}
        return call.expect(0, keys, "lookup with such a table").of(call.parameters["kind"])

    def build(call: Call) -> Function:
        keys, values = call.parameters["keys"], call.parameters["values"]
        default, kind = call.parameters["default_value"], call.parameters["kind"]
        places = {key: place for place, key in enumerate(keys)}
        unknown = -1 if default is None else len(keys)
        results = _values(values if default is None else [*values, default], kind)

        def apply(cells: Numbers | Strings) -> Numbers | Strings:
            if isinstance(cells, Strings):
                found = [places.get(word, unknown) for word in cells.words.to_pylist()]
                at = np.array([*found, -1], np.int32)[cells.codes]
            else:
                different, which = np.unique(cells.values, return_inverse=True)
                found = [places.get(value, unknown) for value in different.tolist()]
                at = np.array(found, np.int32)[which.reshape(cells.values.shape)]
                at = at if cells.valid is None else np.where(cells.valid, at, np.int32(-1))
            return _picked(results, at)

        return lifted(call, apply)

    return Operation(infer, build)


def _values(values: list[Any], kind: Kind) -> Numbers | Strings:
    if kind == "string":
        return Strings(np.arange(len(values), dtype=np.int32), words_of(values))
    dtypes: dict[Kind, type] = {"float": np.float64, "bool": np.bool_}
    return Numbers(np.array(values, dtypes.get(kind, np.int64)))


def _picked(results: Numbers | Strings, places: Codes) -> Numbers | Strings:
    """Return the results at the given places, missing at -1."""
    if isinstance(results, Strings):
        return Strings(places, results.words)
    valid = places >= 0
    if valid.all():
        return Numbers(results.values[places])
    nothing = results.values.dtype.type(0)
    return Numbers(np.where(valid, results.values[np.maximum(places, 0)], nothing), valid)


def _size() -> Operation:
    """How many integers a look-up can give, from 0."""

    def infer(call: Call) -> ColumnType:
        call.expect(0, {"vocabulary"}, "get_num_buckets_for_transformed_feature")
        return ColumnType("int")

    def build(call: Call) -> Function:
        default, buckets = call.parameters["default_value"], call.parameters["num_oov_buckets"]

        def apply(vocabulary: Vocabulary) -> Numbers:
            size = len(vocabulary) + buckets
            return Numbers(np.asarray(size if buckets else max(size, default + 1)))

        return apply

    return Operation(infer, build)


def _looked_up() -> Operation:
    """The integers of a look-up of the user's own, and how many there can be."""

    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"int"}, "lookup_fn's result")
        size = call.expect(1, {"int"}, "lookup_fn's size")
        if size.length is not None or not call.operands[1].is_constant:
            raise TransformError("lookup_fn's size is a column; expected one integer for all rows")
        return column

    return Operation(infer, lambda call: lambda cells, size: cells)


OPERATIONS: dict[str, Operation] = {
    "apply_vocabulary": Operation(_infer, _build),
    "lookup": _table(),
    "looked_up": _looked_up(),
    "vocabulary_size": _size(),
}
