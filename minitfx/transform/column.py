"""The deferred column: what a ``preprocessing_fn`` computes with."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NoReturn

import numpy as np

from minitfx.errors import TransformError, did_you_mean
from minitfx.transform.columntype import ColumnType, kind_named
from minitfx.transform.literal import literal_of
from minitfx.transform.operations.arithmetic import UFUNCS
from minitfx.transform.origin import called_function, calling_line, located
from minitfx.transform.tape import Tape

_DATE_PARTS = ("year", "month", "day", "day_of_year", "day_of_week", "hour", "minute", "second")

Literal = bool | int | float | str | date
Operand = Any
"""What an operator takes beside a column: another column, or a plain Python or numpy value."""


def _forward(op: str) -> Callable[[Column, Operand], Column]:
    return lambda self, other: apply(op, [self, other])


def _backward(op: str) -> Callable[[Column, Operand], Column]:
    return lambda self, other: apply(op, [other, self])


class NoSuchAttribute(TransformError, AttributeError):
    """Something was asked of a deferred column that it does not have."""


class Column:
    """A column of the data that nobody has read yet, or one value found in all rows.

    Columns come from the ``inputs`` of a ``preprocessing_fn`` and from operations on columns.
    They stand for as many rows as a batch will have; what is done to them is recorded and done
    later, batch by batch. Python's arithmetic, comparison and logical (``& | ^ ~``) operators
    and numpy's functions (``np.log(column)``) work value by value, also on lists. A missing
    cell stays missing in every operation but `fill_missing` and `is_missing`.

    Parameters
    ----------
    tape : Tape
        Where operations are recorded.
    place : int
        Which node of it this column is.

    Raises
    ------
    TransformError
        By every operation whose operands have the wrong type, and by ``if``, ``for``, ``len``,
        ``float`` and the like, which would need the values; the message names the line.
    """

    __slots__ = ("place", "tape")

    def __init__(self, tape: Tape, place: int) -> None:
        self.tape = tape
        self.place = place

    @property
    def type(self) -> ColumnType:
        """What the column holds."""
        return self.tape.nodes[self.place].type

    @property
    def is_constant(self) -> bool:
        """Whether it is one value for all rows, such as a mean."""
        return self.tape.nodes[self.place].is_constant

    def __repr__(self) -> str:
        node = self.tape.nodes[self.place]
        name = node.parameters.get("name")
        return f"<Column {name or node.op}: {self.type}>"

    # Arithmetic -------------------------------------------------------------------------------

    def __add__(self, other: Operand) -> Column:
        if self.type.kind == "string":
            return apply("join", [self, other], {"separator": ""})
        return apply("add", [self, other])

    def __radd__(self, other: Operand) -> Column:
        if self.type.kind == "string":
            return apply("join", [other, self], {"separator": ""})
        return apply("add", [other, self])

    __sub__ = _forward("subtract")
    __rsub__ = _backward("subtract")
    __mul__ = _forward("multiply")
    __rmul__ = _backward("multiply")
    __truediv__ = _forward("divide")
    __rtruediv__ = _backward("divide")
    __floordiv__ = _forward("floor_divide")
    __rfloordiv__ = _backward("floor_divide")
    __mod__ = _forward("remainder")
    __rmod__ = _backward("remainder")
    __pow__ = _forward("power")
    __rpow__ = _backward("power")

    def __neg__(self) -> Column:
        return apply("negative", [self])

    def __pos__(self) -> Column:
        return self

    def __abs__(self) -> Column:
        return apply("absolute", [self])

    def __round__(self, digits: int = 0) -> Column:
        return apply("rint", [self * 10**digits]) / 10**digits if digits else apply("rint", [self])

    # Comparison and logic ---------------------------------------------------------------------

    def __eq__(self, other: object) -> Column:  # type: ignore[override]  # columns compare by cell
        return apply("equal", [self, other])

    def __ne__(self, other: object) -> Column:  # type: ignore[override]  # columns compare by cell
        return apply("not_equal", [self, other])

    __lt__ = _forward("less")
    __le__ = _forward("less_equal")
    __gt__ = _forward("greater")
    __ge__ = _forward("greater_equal")
    __and__ = _forward("logical_and")
    __rand__ = _backward("logical_and")
    __or__ = _forward("logical_or")
    __ror__ = _backward("logical_or")
    __xor__ = _forward("logical_xor")
    __rxor__ = _backward("logical_xor")

    def __invert__(self) -> Column:
        return apply("logical_not", [self])

    __hash__ = object.__hash__

    # numpy ------------------------------------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any
    ) -> Column:
        name = UFUNCS.get(ufunc)
        if name is None or method != "__call__" or settings:
            what = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise _refusal(
                f"np.{what} cannot be recorded for a deferred column; use tft.apply_pyfunc for "
                "functions that need the values"
            )
        return apply(name, list(inputs))

    def __array_function__(
        self, function: Callable[..., Any], types: Any, given: Sequence[Any], settings: Any
    ) -> Column:
        if function is np.where and len(given) == 3 and not settings:
            return apply("where", list(given))
        if function in _METHODS and isinstance(given[0], Column):
            return _METHODS[function](*given, **settings)
        raise _refusal(
            f"np.{function.__name__} cannot be recorded for a deferred column; see "
            "help(minitfx.transform) for what finds one value in all rows, and use "
            "tft.apply_pyfunc for functions that need the values"
        )

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise _refusal(
            "a deferred column has no values yet, so it cannot become a numpy array; use "
            "column operations, or tft.apply_pyfunc for functions that need the values"
        )

    # What would need the values ---------------------------------------------------------------

    def __bool__(self) -> bool:
        raise _refusal(
            "a deferred column has no values yet, so `if`, `and`, `or`, `not` and `in` cannot "
            "ask it; use tft.where(condition, a, b), and & | ~ between conditions"
        )

    def __iter__(self) -> NoReturn:
        raise _refusal(
            "a deferred column cannot be looped over; operations apply to all rows at once"
        )

    def __len__(self) -> int:
        raise _refusal(
            "a deferred column has no length yet; tft.size(column) counts its values over all rows"
        )

    def __float__(self) -> float:
        raise _refusal("a deferred column is not a float; to convert its values, .cast('float')")

    def __int__(self) -> int:
        raise _refusal("a deferred column is not an int; to convert its values, .cast('int')")

    __index__ = __int__

    def __format__(self, form: str) -> str:
        raise _refusal(
            "a deferred column has no text yet, so it cannot stand in an f-string; use "
            "tft.join([a, b], separator), or {column!r} to print what it is"
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        message = (
            f"a deferred column has no {name!r}; it is no tensor and no pandas.Series. See "
            "help(minitfx.transform) for what there is"
        )
        raise located(message, calling_line(), NoSuchAttribute)

    def __getitem__(self, key: Any) -> Column:
        index = (
            key[1] if isinstance(key, tuple) and len(key) == 2 and key[0] == slice(None) else key
        )
        if not isinstance(index, (int, np.integer)) or isinstance(index, bool):
            raise _refusal(
                f"rows of a deferred column cannot be picked, as in [{key!r}]; column[:, 2] is "
                "the third element of every row's list"
            )
        return self.element(int(index))

    # Methods ----------------------------------------------------------------------------------

    def cast(self, to: str | builtins.type) -> Column:
        """Return the values as another kind.

        Parameters
        ----------
        to : str or type
            ``int``, ``float``, ``bool``, ``string`` or ``timestamp``, or Python's or numpy's
            type for it. Floats are cut towards zero, and those that no integer can hold (NaN,
            infinities) become missing. Numbers become times as seconds since 1970, and back.
            Text is read as Python's ``int``, ``float`` and ``datetime.fromisoformat`` do.

        Raises
        ------
        TransformError
            If there is no such conversion; while reading, if a text is no number.
        """
        return apply("cast", [self], {"to": kind_named(to)})

    def fill_missing(self, value: Operand) -> Column:
        """Return the column with ``value`` in the cells that are missing.

        Parameters
        ----------
        value : Column, int, float, bool or str
            A plain value, an analyzer's value such as ``tft.mean(column)``, or another column.
            NaN is a value and stays.
        """
        return apply("fill_missing", [self, value])

    def is_missing(self) -> Column:
        """Return whether each cell is missing; NaN is a value."""
        return apply("is_missing", [self])

    def is_nan(self) -> Column:
        """Return whether each number is NaN; a missing cell stays missing."""
        return apply("isnan", [self])

    def isin(self, values: Sequence[Literal]) -> Column:
        """Return whether each value is one of ``values``."""
        if isinstance(values, str):
            raise _refusal(f"isin takes a list of values; found {values!r}, a str")
        return apply("isin", [self], {"values": list(values)})

    def clip(self, low: float | None = None, high: float | None = None) -> Column:
        """Return the values, those below ``low`` and above ``high`` replaced by these."""
        return apply("clip", [self], {"low": low, "high": high})

    def element(self, index: int) -> Column:
        """Return one element of every row's list, missing where the list is too short.

        Parameters
        ----------
        index : int
            From 0; negative counts from the end.
        """
        return apply("element", [self], {"index": index})

    def parse_timestamp(self, format: str | None = None) -> Column:
        """Return text read as a date or time, UTC where it names no zone.

        Parameters
        ----------
        format : str, optional
            As for `datetime.strptime`; ISO 8601 when not given.
        """
        return apply("parse_timestamp", [self], {"format": format})

    def date_part(self, part: str) -> Column:
        """Return a part of each time, in UTC, as an integer.

        Parameters
        ----------
        part : str
            ``year``, ``month`` (1 to 12), ``day`` (1 to 31), ``day_of_year`` (from 1),
            ``day_of_week`` (0 is Monday), ``hour``, ``minute`` or ``second``.
        """
        if part not in _DATE_PARTS:
            raise _refusal(f"there is no date part {part!r}. {did_you_mean(part, _DATE_PARTS)}")
        return apply(part, [self])

    def lower(self) -> Column:
        """Return the text in lower case."""
        return apply("lower", [self])

    def upper(self) -> Column:
        """Return the text in upper case."""
        return apply("upper", [self])

    def strip(self) -> Column:
        """Return the text without white space at its ends."""
        return apply("strip", [self])

    def length(self) -> Column:
        """Return the number of characters of each text."""
        return apply("text_length", [self])

    def substring(self, start: int, stop: int | None = None) -> Column:
        """Return the characters from ``start`` up to ``stop``, as a Python slice does."""
        return apply("substring", [self], {"start": start, "stop": stop})

    def matches(self, pattern: str) -> Column:
        """Return whether a regular expression is found in each text (as `re.search`)."""
        return apply("matches", [self], {"pattern": pattern})

    def replace(self, pattern: str, replacement: str) -> Column:
        """Return the text with matches of a regular expression replaced (as `re.sub`)."""
        return apply("replace", [self], {"pattern": pattern, "replacement": replacement})


_METHODS: dict[Any, Callable[..., Column]] = {
    np.clip: Column.clip,
    np.isin: Column.isin,
    np.round: Column.__round__,
}
"""numpy's functions that are no ufuncs, by the method that does the same."""


def _refusal(message: str) -> Exception:
    return located(message, calling_line())


def no_column(*given: Any) -> Exception:
    """Return the error for an argument that is no column: the argument if there is one, the op."""
    *values, op = given
    found = "nothing"
    for value in values:
        hint = f"; did you mean inputs[{value!r}]?" if isinstance(value, str) else ""
        found = f"{value!r}, a {type(value).__qualname__}{hint}"
    name = called_function(op)
    return _refusal(f"tft.{name} takes a deferred column, such as inputs['fare']; found {found}")


def literal(tape: Tape, value: Any) -> Column:
    """Return a plain value as a constant column.

    Raises
    ------
    TransformError
        If it is none; see `literal_of`.
    """
    try:
        column, plain = literal_of(value)
    except TransformError as error:
        raise _refusal(str(error)) from None
    return Column(tape, tape.source("literal", {"value": plain}, column, constant=True))


def apply(
    op: str,
    operands: Sequence[Operand],
    parameters: Mapping[str, Any] | None = None,
    payload: object = None,
) -> Column:
    """Record an operation and return the deferred column of its result.

    Raises
    ------
    TransformError
        If no operand is a column, two belong to different functions, or the types do not fit.
    """
    tapes = [operand.tape for operand in operands if isinstance(operand, Column)]
    if not tapes:
        raise no_column(*operands[:1], op)
    if any(tape is not tapes[0] for tape in tapes):
        raise _refusal(f"{op} was given columns of two different preprocessing functions")
    columns = [
        operand if isinstance(operand, Column) else literal(tapes[0], operand)
        for operand in operands
    ]
    places = [column.place for column in columns]
    return Column(tapes[0], tapes[0].apply(op, places, parameters or {}, payload))
