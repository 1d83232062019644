"""What is read off the result of an analyzer of the user's own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.columntype import RAGGED, ColumnType
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.pyfunction import cells_of
from minitfx.transform.selection import is_token
from minitfx.transform.vocab import Vocabulary


def _output(result: Any, call: Call) -> Any:
    """Return one of the outputs that an analyzer gave.

    Raises
    ------
    TransformError
        If it gave another number of them.
    """
    count, name = call.parameters["count"], call.parameters["analyzer"]
    if count == 1 and not (isinstance(result, tuple) and len(result) == 1):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != count:
        found = len(result) if isinstance(result, (tuple, list)) else type(result).__qualname__
        raise TransformError(f"{name} gave {found} outputs; expected {count}, as output_dtypes say")
    return result[call.parameters["index"]]


def _values() -> Operation:
    """Numbers or texts, of the kind and shape that were announced."""

    def infer(call: Call) -> ColumnType:
        shape = call.parameters["shape"]
        if not shape:
            return ColumnType(call.parameters["kind"])
        length = RAGGED if None in shape else math.prod(shape)
        return ColumnType(call.parameters["kind"], length)

    def build(call: Call) -> Function:
        shape, kind = call.parameters["shape"], call.parameters["kind"]
        name = f"output {call.parameters['index']} of {call.parameters['analyzer']}"

        def apply(result: Any) -> Any:
            given = _output(result, call)
            values = np.asarray(given, object if kind == "string" else None)
            fits = [size in (None, found) for size, found in zip(shape, values.shape, strict=False)]
            if len(values.shape) != len(shape) or not all(fits):
                raise TransformError(f"{name} has shape {values.shape}; expected {tuple(shape)}")
            if kind == "string":
                values = _texts(values)
            return cells_of(values.ravel() if shape else values, _flat(values), kind, name)

        return apply

    return Operation(infer, build)


def _flat(values: Any) -> tuple[int, ...]:
    return (values.size,) if values.ndim else ()


def _texts(values: Any) -> Any:
    plain = [each.decode() if isinstance(each, bytes) else each for each in values.ravel().tolist()]
    found = np.empty(len(plain), object)
    found[:] = plain
    return found.reshape(values.shape)


def _vocabulary() -> Operation:
    """Tokens, in their order."""

    def build(call: Call) -> Function:
        def apply(result: Any) -> Vocabulary:
            given = np.asarray(_output(result, call), object).ravel()
            tokens = _texts(given).tolist()
            wrong = [each for each in tokens if not isinstance(each, str) or not is_token(each)]
            if wrong or len(set(tokens)) < len(tokens) or not tokens:
                raise TransformError(
                    f"{call.parameters['analyzer']} gave {tokens[:3]!r}… as a vocabulary; expected "
                    "texts, all different, one or more, none of them empty or with a line break"
                )
            return Vocabulary(call.parameters["name"], tuple(tokens))

        return apply

    return Operation(lambda call: ColumnType("vocabulary"), build)


OPERATIONS: dict[str, Operation] = {
    "own_output": _values(),
    "own_vocabulary": _vocabulary(),
}
