"""What an operation is: how its result's type follows from its inputs, and how to compute it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from minitfx.errors import TransformError
from minitfx.kernels import Accumulator
from minitfx.transform.columntype import NUMERIC, RAGGED, ColumnType, Kind


@dataclass(frozen=True, slots=True)
class Operand:
    """One input of an operation: its type, and whether it is one value for all rows."""

    type: ColumnType
    is_constant: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """An operation's inputs and settings.

    Attributes
    ----------
    operands : tuple of Operand
        What it is applied to.
    parameters : mapping
        JSON values.
    payload : object
        A Python object that is no JSON (a function, an estimator), None for most.
    """

    operands: tuple[Operand, ...]
    parameters: Mapping[str, Any]
    payload: Any = None

    def expect(self, index: int, kinds: AbstractSet[Kind], what: str) -> ColumnType:
        """Return the type of an operand.

        Raises
        ------
        TransformError
            If it is of none of ``kinds``; ``what`` says who asks.
        """
        found = self.operands[index].type
        if found.kind not in kinds:
            hint = _HINTS.get(found.kind, "") if kinds & NUMERIC else ""
            if kinds == {"string"} and found.kind in NUMERIC:
                hint = "; .cast('string') writes numbers as text"
            raise TransformError(f"{what} takes {_listed(kinds)}; found {found}{hint}")
        return found

    def common_length(self, what: str) -> int | None:
        """Return the length of a result that is computed value by value.

        Raises
        ------
        TransformError
            If the operands' lists cannot be matched.
        """
        if any(operand.is_constant and operand.type.is_ragged for operand in self.operands):
            raise TransformError(
                f"{what} cannot compute with a constant list whose length depends on the data"
            )
        lengths = {operand.type.length for operand in self.operands} - {None}
        if len(lengths) > 1:
            found = " and ".join(str(operand.type) for operand in self.operands)
            raise TransformError(f"{what} needs lists of one length; found {found}")
        return lengths.pop() if lengths else None


_HINTS: dict[Kind, str] = {
    "timestamp": "; .cast('float') gives seconds since 1970",
    "string": "; .cast('float') reads text as numbers",
}

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """A computation on the rows of a batch.

    Attributes
    ----------
    infer : callable
        From a `Call` to the type of the result; raises TransformError.
    build : callable
        From a `Call` to a function that takes the operands' cells and returns the result's.
    """

    infer: Callable[[Call], ColumnType]
    build: Callable[[Call], Function]


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A computation on all rows of the data, which gives one value.

    Attributes
    ----------
    infer : callable
        From a `Call` to the type of the result; raises TransformError.
    accumulator : callable
        From a `Call`, and a folder for what does not fit into memory, to an accumulator that
        is shown tuples of the operands' cells and whose ``result`` is the value.
    """

    infer: Callable[[Call], ColumnType]
    accumulator: Callable[[Call, str], Accumulator[Any, Any]]


def _listed(kinds: Collection[Kind]) -> str:
    *most, last = sorted(kinds)
    return f"{', '.join(most)} or {last}" if most else last


__all__ = ["RAGGED", "Analyzer", "Call", "Function", "Operand", "Operation"]
