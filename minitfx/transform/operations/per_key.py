"""Scaling and bucketing by what an analyzer found for the key of each row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.accumulators.counts import Counts
from minitfx.transform.cells import Numbers, Strings, both_valid
from minitfx.transform.columntype import NUMERIC, ColumnType, Kind
from minitfx.transform.keytable import KeyTable
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted, over_first
from minitfx.transform.operations.scaling import deviation, min_max, z_score


def _operation(what: str, kind: Kind, compute: Any) -> Operation:
    """Return an operation on values and the rows of a table that their keys have."""

    def infer(call: Call) -> ColumnType:
        call.expect(0, NUMERIC, what)
        call.expect(1, {"string"}, f"{what}'s key")
        call.expect(2, {"table"}, f"{what}'s table")
        return ColumnType(kind, Call(call.operands[:2], {}).common_length(what))

    def build(call: Call) -> Function:
        def apply(cells: Numbers, keys: Strings, table: KeyTable) -> Numbers:
            values = np.asarray(cells.values, np.float64)
            rows = table.rows_of(keys)
            found = compute(values, rows, table, call.parameters)
            return Numbers(found, both_valid(cells.valid, keys.valid))

        return lifted(call, apply)

    return Operation(infer, build)


def _z_score(values: Any, rows: Any, table: KeyTable, _: Any) -> NDArray[Any]:
    numbers = table.numbers[rows]
    return z_score(values, numbers[..., 0], deviation(numbers[..., 1]))


def _min_max(values: Any, rows: Any, table: KeyTable, settings: Any) -> NDArray[Any]:
    numbers = table.numbers[rows]
    to_low, to_high = settings["output_min"], settings["output_max"]
    return min_max(values, numbers[..., 0], numbers[..., 1], to_low, to_high)


def _buckets(values: Any, rows: Any, table: KeyTable, _: Any) -> NDArray[np.int64]:
    below = np.zeros(values.shape, np.int64)
    for column in table.numbers.T:
        below += values < column[rows]
    found = table.numbers.shape[1] - below
    return np.where(rows == len(table.keys), -1, found)


def _boundaries() -> Operation:
    def build(call: Call) -> Function:
        return lambda found: found.boundaries(call.parameters["num_buckets"])

    return Operation(lambda call: ColumnType("table"), build)


def _share() -> Operation:
    def infer(call: Call) -> ColumnType:
        column = call.expect(0, {"string"}, "estimated_probability_density")
        return column.of("float")

    def build(call: Call) -> Function:
        def apply(cells: Strings, table: KeyTable) -> Numbers:
            return Numbers(table.numbers[table.rows_of(cells), 0], cells.valid)

        return over_first(call, apply)

    return Operation(infer, build)


def _shares() -> Operation:
    def read(counts: Counts) -> KeyTable:
        found = {
            value.decode(): float(count)
            for block in counts.blocks()
            for value, count in zip(block.values.to_pylist(), block.counts.tolist(), strict=True)
        }
        keys = tuple(sorted(found))
        numbers = np.array([*(found[key] for key in keys), 0.0])[:, None]
        return KeyTable(keys, numbers / max(numbers.sum(), 1.0))

    return Operation(lambda call: ColumnType("table"), lambda call: read)


OPERATIONS: dict[str, Operation] = {
    "z_score_per_key": _operation("scale_to_z_score_per_key", "float", _z_score),
    "min_max_per_key": _operation("scale_by_min_max_per_key", "float", _min_max),
    "bucketize_per_key": _operation("bucketize_per_key", "int", _buckets),
    "share_per_key": _share(),
    "key_shares": _shares(),
    "boundaries_per_key": _boundaries(),
}
