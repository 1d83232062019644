"""Operations on numbers, value by value: arithmetic, comparison, logic and functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Numbers, both_valid
from minitfx.transform.columntype import NUMERIC, ColumnType, Kind
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted

ARITHMETIC: dict[str, Any] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "floor_divide": np.floor_divide,
    "remainder": np.remainder,
    "minimum": np.minimum,
    "maximum": np.maximum,
}
TO_FLOAT: dict[str, Any] = {
    "divide": np.true_divide,
    "power": np.power,
    "arctan2": np.arctan2,
    "hypot": np.hypot,
}
COMPARISON: dict[str, Any] = {
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
}
LOGIC: dict[str, Any] = {
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "logical_not": np.logical_not,
}
SAME_KIND: dict[str, Any] = {
    "negative": np.negative,
    "absolute": np.absolute,
    "sign": np.sign,
    "square": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
    "trunc": np.trunc,
}
FLOATING: dict[str, Any] = {
    name: getattr(np, name)
    for name in (
        *("sqrt", "cbrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "reciprocal"),
        *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"),
        *("arcsinh", "arccosh", "arctanh", "deg2rad", "rad2deg"),
    )
}
TESTS: dict[str, Any] = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}


def sigmoid(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return ``1 / (1 + exp(-x))`` without overflow on either side."""
    small = np.exp(-np.abs(values))
    positive: NDArray[np.float64] = np.where(values >= 0, 1.0, small) / (1.0 + small)
    return positive


def _operation(name: str, function: Any, kinds: frozenset[Kind], gives: Kind | None) -> Operation:
    """Return an operation from a numpy function; ``gives`` None keeps int or float."""

    def infer(call: Call) -> ColumnType:
        types = [call.expect(index, kinds, name) for index in range(len(call.operands))]
        widest: Kind = "float" if any(column.kind == "float" for column in types) else "int"
        return ColumnType(gives or widest, call.common_length(name))

    def build(call: Call) -> Function:
        target = _input_dtype(call, kinds, gives)
        return lifted(
            call, _unary(function, target) if len(call.operands) == 1 else _binary(function, target)
        )

    return Operation(infer, build)


def _input_dtype(call: Call, kinds: frozenset[Kind], gives: Kind | None) -> type | None:
    """Return what numpy must be given, None when the values will do as they are.

    numpy's arithmetic on booleans is logic, and its functions of booleans are half precision.
    """
    if gives == "float":
        return np.float64
    if kinds is NUMERIC and any(operand.type.kind == "bool" for operand in call.operands):
        return np.int64 if gives is None and _is_integral(call) else np.float64
    return None


def _is_integral(call: Call) -> bool:
    return all(operand.type.kind != "float" for operand in call.operands)


def _unary(function: Any, target: type | None) -> Function:
    def apply(cells: Numbers) -> Numbers:
        values = cells.values
        if target is not None and values.dtype != target:
            values = values.astype(target)
        return Numbers(function(values), cells.valid)

    return apply


def _binary(function: Any, target: type | None) -> Function:
    if target is None:

        def apply(left: Numbers, right: Numbers) -> Numbers:
            valid = both_valid(left.valid, right.valid)
            return Numbers(function(left.values, right.values), valid)

    else:

        def apply(left: Numbers, right: Numbers) -> Numbers:
            values = function(left.values.astype(target), right.values.astype(target))
            return Numbers(values, both_valid(left.valid, right.valid))

    return apply


def _clip() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, NUMERIC, "clip")
        bounds = (call.parameters["low"], call.parameters["high"])
        whole = column.kind != "float" and not any(isinstance(each, float) for each in bounds)
        return column.of("int" if whole else "float")

    def build(call: Call) -> Function:
        low, high = call.parameters["low"], call.parameters["high"]
        target = np.int64 if infer(call).kind == "int" else np.float64
        return lifted(call, _unary(lambda values: np.clip(values, low, high), target))

    return Operation(infer, build)


_BOOL: frozenset[Kind] = frozenset({"bool"})
_ORDERED: frozenset[Kind] = frozenset({"timestamp"})


def _comparison(name: str, function: Any) -> Operation:
    numbers = _operation(name, function, NUMERIC, "bool")
    times = _operation(name, function, _ORDERED, "bool")

    def chosen(call: Call) -> Operation:
        return times if call.operands[0].type.kind == "timestamp" else numbers

    return Operation(lambda call: chosen(call).infer(call), lambda call: chosen(call).build(call))


OPERATIONS: dict[str, Operation] = {
    **{name: _operation(name, f, NUMERIC, None) for name, f in (ARITHMETIC | SAME_KIND).items()},
    **{name: _operation(name, f, NUMERIC, "float") for name, f in (TO_FLOAT | FLOATING).items()},
    **{name: _comparison(name, f) for name, f in COMPARISON.items()},
    **{name: _operation(name, f, _BOOL, "bool") for name, f in LOGIC.items()},
    **{name: _operation(name, f, NUMERIC, "bool") for name, f in TESTS.items()},
    "sigmoid": _operation("sigmoid", sigmoid, NUMERIC, "float"),
    "clip": _clip(),
}
UFUNCS: dict[Any, str] = {
    function: name
    for table in (ARITHMETIC, TO_FLOAT, COMPARISON, LOGIC, SAME_KIND, FLOATING, TESTS)
    for name, function in table.items()
} | {np.fabs: "absolute", np.float_power: "power", np.equal: "equal", np.not_equal: "not_equal"}
"""numpy's functions by the name of the operation that stands for them."""
