"""The two shapes that a fold needs: a chunk, and a partial result that merges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, TypeVar

DataT = TypeVar("DataT")
DataT_co = TypeVar("DataT_co", covariant=True)
DataT_contra = TypeVar("DataT_contra", contravariant=True)
ResultT_co = TypeVar("ResultT_co", covariant=True)


class Chunk(Protocol[DataT_co]):
    """A reference to a part of the data: small, picklable, read where it is needed.

    A chunk names a file, row groups and columns; it never holds data. Which chunks there are
    follows from the files, never from the number of workers.
    """

    def read(self) -> DataT_co:
        """Return what the accumulator's ``add`` takes, most often a `pyarrow.Table`."""
        ...


class Accumulator(Protocol[DataT_contra, ResultT_co]):
    """A partial result over some chunks, and the way to join two of them.

    ``add`` and ``merge`` may consume their receiver and return it, or return a new object:
    callers keep only what is returned. They never change their argument.

    Laws, tested by one contract suite (``tests/contracts``): ``zero`` is the identity of
    ``merge``; ``merge`` is associative, exactly for counts and to a stated tolerance for
    floating-point sums; any split of the rows gives what one pass gives; the size is bounded
    as rows grow; it pickles.
    """

    def zero(self) -> Self:
        """Return an accumulator of the same settings that has seen nothing."""
        ...

    def add(self, chunk: DataT_contra) -> Self:
        """Return the accumulator after it has seen ``chunk``."""
        ...

    def merge(self, other: Self) -> Self:
        """Return the accumulator of both, ``self`` standing before ``other``."""
        ...

    def result(self) -> ResultT_co:
        """Return what the chunks seen so far amount to."""
        ...


class Bundle:
    """Several accumulators over the same chunks in one pass.

    Parameters
    ----------
    members : mapping of str to Accumulator
        Each sees every chunk.

    Notes
    -----
    ``result`` is a dict of the members' results under the same names.
    """

    def __init__(self, members: Mapping[str, Accumulator[Any, Any]]) -> None:
        self.members = dict(members)

    def zero(self) -> Bundle:
        """Return a bundle whose members have seen nothing."""
        return Bundle({name: member.zero() for name, member in self.members.items()})

    def add(self, chunk: Any) -> Bundle:
        """Show ``chunk`` to every member."""
        self.members = {name: member.add(chunk) for name, member in self.members.items()}
        return self

    def merge(self, other: Bundle) -> Bundle:
        """Merge member by member."""
        self.members = {
            name: member.merge(other.members[name]) for name, member in self.members.items()
        }
        return self

    def result(self) -> dict[str, Any]:
        """Return every member's result by name."""
        return {name: member.result() for name, member in self.members.items()}
