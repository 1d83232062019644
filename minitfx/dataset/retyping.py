"""Reading with guessed types, and starting again when a guess was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self, TypeVar

from minitfx.errors import DataError


class Guessed(Protocol):
    """A source whose types are guessed from samples."""

    def settled(self) -> Self:
        """Return the source with the types that all values give, after a pass over them."""
        ...


class WiderTypesError(DataError):
    """Values do not fit the type that was guessed of their column.

    Attributes
    ----------
    types : dict of str to object
        The wider type of each such column.
    """

    def __init__(self, types: Mapping[str, Any]) -> None:
        named = ", ".join(f"{name!r} holds {kind}" for name, kind in types.items())
        super().__init__(f"values are wider than the first ones of their column: {named}")
        self.types = dict(types)

    def __reduce__(self) -> tuple[type[WiderTypesError], tuple[dict[str, Any]]]:
        return type(self), (self.types,)


SourceT = TypeVar("SourceT", bound=Guessed)
ResultT = TypeVar("ResultT")


def with_exact_types(source: SourceT, work: Callable[[SourceT], ResultT]) -> ResultT:
    """Return ``work(source)``, computed with the types that all values give.

    Parameters
    ----------
    source : CsvSource or TfRecordSource
        With guessed types.
    work : callable
        Reads the source. It is called a second time, with settled types, if a value proved
        wider than the guess, and must then begin anew.
    """
    try:
        return work(source)
    except WiderTypesError:
        return work(source.settled())
