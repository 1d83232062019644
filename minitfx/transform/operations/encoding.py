"""Operations with values that scikit-learn users expect: target encoding, transformers."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.accumulators.sample import as_matrix
from minitfx.transform.cells import Numbers, Strings
from minitfx.transform.columntype import RAGGED, VALUES, ColumnType
from minitfx.transform.estimator import FittedEstimator
from minitfx.transform.keytable import KeyTable
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.pyfunction import PythonFunction, array_of, cells_of


def _target_encode() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"string"}, "target_encode")
        if column.length is not None:
            raise TransformError(f"target_encode takes one category a row; found {column}")
        return ColumnType("float")

    def build(call: Call) -> Function:
        def apply(
            cells: Strings, table: KeyTable, numbers: Numbers, is_fitting: Numbers
        ) -> Numbers:
            folds = table.numbers.shape[1] - 1
            column = numbers.values % folds if is_fitting.values else folds
            return Numbers(table.numbers[table.rows_of(cells), column])

        return apply

    return Operation(infer, build)


def _fit_estimator() -> Operation:
    def build(call: Call) -> Function:
        estimator, supervised = call.payload, call.parameters["supervised"]
        return lambda rows: FittedEstimator.fit(
            estimator, rows, supervised, call.parameters["name"]
        )

    return Operation(lambda call: ColumnType("estimator"), build)


def _apply_estimator() -> Operation:
    def infer(call: Call) -> ColumnType:
        call.expect(len(call.operands) - 1, {"estimator"}, "sklearn")
        for index in range(len(call.operands) - 1):
            column = call.expect(index, VALUES - {"timestamp"}, "sklearn")
            if column.is_ragged:
                raise TransformError(f"sklearn takes values or fixed lists; found {column}")
        width = call.parameters["width"]
        return ColumnType("float", RAGGED if width is None else width)

    def build(call: Call) -> Function:
        width = call.parameters["width"]

        def apply(*operands: Any) -> Any:
            *columns, estimator = operands
            return estimator.transform(as_matrix(columns), width)

        return apply

    return Operation(infer, build)


def _python() -> Operation:
    def infer(call: Call) -> ColumnType:
        for index in range(len(call.operands)):
            call.expect(index, VALUES, "apply_pyfunc")
        return ColumnType(call.parameters["kind"])

    def build(call: Call) -> Function:
        function: PythonFunction = call.payload
        operands, kind = call.operands, call.parameters["kind"]
        deferred = [place for place, each in enumerate(operands) if not each.is_constant]

        def apply(*cells: Any) -> Numbers | Strings:
            pairs = zip(cells, operands, strict=True)
            arrays = [array_of(each, operand.type) for each, operand in pairs]
            shape = (len(arrays[deferred[0]]),) if deferred else ()
            made = function.call(arrays) if shape != (0,) else np.zeros(0, object)
            return cells_of(made, shape, kind, function.name)

        return apply

    return Operation(infer, build)


OPERATIONS: dict[str, Operation] = {
    "apply_pyfunc": _python(),
    "target_encode": _target_encode(),
    "fit_estimator": _fit_estimator(),
    "apply_estimator": _apply_estimator(),
}
