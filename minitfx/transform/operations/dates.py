"""Parts of dates and times: year, month, day, hour, …, in UTC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitfx.transform.cells import Numbers
from minitfx.transform.columntype import ColumnType
from minitfx.transform.operation import Call, Function, Operation
from minitfx.transform.operations.lifting import lifted

Ints = NDArray[np.int64]

_DAY = 86_400_000_000  # microseconds


def _days(values: Ints) -> Any:
    return (values // _DAY).astype("datetime64[D]")


def _year(values: Ints) -> Ints:
    return np.asarray(_days(values).astype("datetime64[Y]").astype(np.int64) + 1970)


def _month(values: Ints) -> Ints:
    return np.asarray(_days(values).astype("datetime64[M]").astype(np.int64) % 12 + 1)


def _day(values: Ints) -> Ints:
    days = _days(values)
    return np.asarray((days - days.astype("datetime64[M]")).astype(np.int64) + 1)


def _day_of_year(values: Ints) -> Ints:
    days = _days(values)
    return np.asarray((days - days.astype("datetime64[Y]")).astype(np.int64) + 1)


def _day_of_week(values: Ints) -> Ints:
    return (values // _DAY + 3) % 7  # 1970 began on a Thursday


def _within_day(unit: int, size: int) -> Callable[[Ints], Ints]:
    return lambda values: values // unit % size


def _operation(name: str, compute: Callable[[Ints], Ints]) -> Operation:
    def infer(call: Call) -> ColumnType:
        return call.expect(0, {"timestamp"}, name).of("int")

    def build(call: Call) -> Function:
        return lifted(call, lambda cells: Numbers(compute(cells.values), cells.valid))

    return Operation(infer, build)


OPERATIONS: dict[str, Operation] = {
    name: _operation(name, compute)
    for name, compute in {
        "year": _year,
        "month": _month,
        "day": _day,
        "day_of_year": _day_of_year,
        "day_of_week": _day_of_week,
        "hour": _within_day(3_600_000_000, 24),
        "minute": _within_day(60_000_000, 60),
        "second": _within_day(1_000_000, 60),
    }.items()
}
