"""The operation that looks a text up in a vocabulary."""

from __future__ import annotations

import numpy as np

from minitfx.transform.cells import Numbers, Strings
from minitfx.transform.columntype import ColumnType
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


OPERATIONS: dict[str, Operation] = {
    "apply_vocabulary": Operation(_infer, _build),
    "vocabulary_size": _size(),
}
