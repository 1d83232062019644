"""An analyzer of the user's own as an accumulator among the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

import pyarrow as pa

from minitfx.transform.cells import Cells
from minitfx.transform.columntype import ColumnType
from minitfx.transform.identity import function_identity
from minitfx.transform.origin import Origin, located
from minitfx.transform.pyfunction import array_of


@dataclass(frozen=True, eq=False)
class Parts:
    """What an analyzer consists of that can be kept from one run to the next.

    Attributes
    ----------
    make : callable
        From a tuple of numpy arrays, one an input, to what is kept of these rows.
    merge : callable
        From a list of such, empty when there were no rows, to one for all of them.
    extract : callable
        From one to the outputs.
    coder : object
        Has ``encode_cache`` and ``decode_cache``, to bytes and back.
    """

    make: Callable[[tuple[Any, ...]], Any]
    merge: Callable[[list[Any]], Any]
    extract: Callable[[Any], Any]
    coder: Any


@dataclass(frozen=True, eq=False)
class OwnAnalyzer:
    """What a user gave to analyze with.

    Attributes
    ----------
    name : str
        What to call it.
    given : Parts or Accumulator
        The analyzer.
    origin : Origin or None
        The user's line.
    """

    name: str
    given: Any
    origin: Origin | None = None

    @cached_property
    def identity(self) -> str | None:
        """What tells what it keeps of some rows from what others would; None if nobody knows."""
        given = self.given
        if not isinstance(given, Parts):
            return None
        return function_identity(given.make, given.merge, given.coder)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function of the user's returns; what it raises names the line."""
        try:
            return function(*arguments)
        except Exception as error:
            raise located(f"{self.name} raised {error!r}", self.origin) from error

    def refuse(self, message: str) -> NoReturn:
        """Raise TransformError with the line."""
        raise located(f"{self.name} {message}", self.origin)


@dataclass(frozen=True, eq=False)
class Packed:
    """What is kept of some rows, as bytes.

    Attributes
    ----------
    content : pyarrow.Array
        One binary value.
    """

    content: pa.Array


@dataclass(frozen=True, eq=False)
class Own:
    """What a user's analyzer has seen.

    Attributes
    ----------
    analyzer : OwnAnalyzer
        The analyzer.
    types : tuple of ColumnType
        Of the columns that it is shown.
    state : object
        Of `Parts`: what is kept of the rows, None before the first; else an accumulator.
    """

    analyzer: OwnAnalyzer
    types: tuple[ColumnType, ...]
    state: Any = None

    @classmethod
    def empty(cls, analyzer: OwnAnalyzer, types: Sequence[ColumnType]) -> Own:
        """Return the analyzer before it has seen anything."""
        return cls(analyzer, tuple(types)).zero()

    def zero(self) -> Own:
        """Return the analyzer before it has seen anything."""
        given = self.analyzer.given
        state = None if isinstance(given, Parts) else self.analyzer.call(given.zero)
        return Own(self.analyzer, self.types, state)

    def add(self, chunk: tuple[Cells, ...]) -> Own:
        """Show it one batch."""
        arrays = tuple(
            array_of(cells, column) for cells, column in zip(chunk, self.types, strict=True)
        )
        given, call = self.analyzer.given, self.analyzer.call
        if not isinstance(given, Parts):
            return self._after(call(self.state.add, arrays))
        made = call(given.make, arrays)
        return self._after(made if self.state is None else call(given.merge, [self.state, made]))

    def merge(self, other: Own) -> Own:
        """Return what both have seen."""
        if self.state is None or other.state is None:
            return other if self.state is None else self
        given, call = self.analyzer.given, self.analyzer.call
        if not isinstance(given, Parts):
            return self._after(call(self.state.merge, other.state))
        return self._after(call(given.merge, [self.state, other.state]))

    def result(self) -> Any:
        """Return what it found: one output, or a list or tuple of several."""
        given, call = self.analyzer.given, self.analyzer.call
        if not isinstance(given, Parts):
            return call(self.state.result)
        return call(given.extract, call(given.merge, [] if self.state is None else [self.state]))

    def packed(self) -> Packed | None:
        """Return what it has seen, to be kept; None when the analyzer says not how."""
        given = self.analyzer.given
        if not isinstance(given, Parts) or self.state is None:
            return None
        content = self.analyzer.call(given.coder.encode_cache, self.state)
        if not isinstance(content, bytes):
            self.analyzer.refuse(f"was encoded as {type(content).__qualname__}; expected bytes")
        return Packed(pa.array([content], pa.large_binary()))

    def unpacked(self, kept: Packed) -> Own:
        """Return the analyzer with what `packed` kept."""
        content = kept.content[0].as_py()
        return self._after(self.analyzer.call(self.analyzer.given.coder.decode_cache, content))

    def _after(self, state: Any) -> Own:
        if state is None:
            self.analyzer.refuse("returned nothing; expected what it has seen")
        return Own(self.analyzer, self.types, state)
