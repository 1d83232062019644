"""Value-by-value functions, lifted to rows that hold lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.cells import Cells, Lists, Numbers, Strings, both_valid, take
from minitfx.transform.operation import Call, Function


def lifted(call: Call, function: Function) -> Function:
    """Return ``function`` for operands of these shapes.

    Parameters
    ----------
    call : Call
        The operands. Rows with one value meet lists by being repeated for every item; lists of
        any length must have the same lengths row by row.
    function : callable
        Takes `Numbers` or `Strings` that numpy can broadcast, and gives one of them.
    """
    types = [operand.type for operand in call.operands]
    if any(column.is_ragged for column in types):
        return _over_items(call, function)
    single = [
        column.length is None and not operand.is_constant
        for column, operand in zip(types, call.operands, strict=True)
    ]
    if any(column.is_fixed for column in types) and any(single):
        return _over_columns(single, function)
    return function


def over_first(call: Call, function: Function) -> Function:
    """Return ``function`` for a first operand that may hold lists; the others are constants."""
    if not call.operands[0].type.is_ragged:
        return function

    def apply(cells: Lists, *constants: Any) -> Lists:
        return Lists(cells.offsets, function(cells.items, *constants), cells.valid)

    return apply


def _over_columns(single: list[bool], function: Function) -> Function:
    def apply(*cells: Numbers | Strings) -> Cells:
        result: Cells = function(
            *(_upright(each) if lone else each for each, lone in zip(cells, single, strict=True))
        )
        return result

    return apply


def _upright(cells: Numbers | Strings) -> Numbers | Strings:
    if isinstance(cells, Strings):
        return Strings(cells.codes[:, None], cells.words)
    return Numbers(cells.values[:, None], None if cells.valid is None else cells.valid[:, None])


def _over_items(call: Call, function: Function) -> Function:
    constant = [operand.is_constant for operand in call.operands]

    def apply(*cells: Cells) -> Lists:
        lists = [each for each in cells if isinstance(each, Lists)]
        shape, valid = lists[0], None
        for each in lists:
            valid = both_valid(valid, each.valid)
            if each is not shape and not np.array_equal(each.offsets, shape.offsets):
                raise TransformError("two list columns have different lengths in some row")
        flat: list[Numbers | Strings] = []
        for operand, fixed in zip(cells, constant, strict=True):
            if isinstance(operand, Lists):
                flat.append(operand.items)
            else:
                flat.append(operand if fixed else take(operand, shape.rows))
        return Lists(shape.offsets, function(*flat), valid)

    return apply
