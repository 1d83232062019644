"""Slices: which groups of rows an evaluation looks at, and how they come from few passes.

A slicing is a set of columns; each combination of their values is a slice. Slicings whose columns
are among those of another need no work of their own: their slices are unions of the finer ones.
So an evaluation keeps statistics for a few *bases* and adds them up for the rest::

    slicings   {}   {a}   {b}   {c}   {a, b}   {b, c}
    bases                             {a, b}   {b, c}        {} and {a} come from {a, b}, …
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from minitfx.errors import ColumnError, did_you_mean
from minitfx.model_analysis.columns import Coded, Ints, encode, is_list
from minitfx.model_analysis.keys import SliceKey, SliceValue
from minitfx.model_analysis.slice_match import same
from minitfx.model_analysis.slice_query import SliceQuery
from minitfx.proto import eval_config_pb2 as pb

_DENSE = 1 << 16


@dataclass(frozen=True)
class SliceColumn:
    """A column to slice by.

    Attributes
    ----------
    name : str
        A column of the examples, or of a transform's outputs.
    only : str or None
        The one value that makes a slice; None: every value.
    query : SliceQuery or None
        Where the slice keys come from instead of a column.
    """

    name: str
    only: str | None = None
    query: SliceQuery | None = None

    def encode(self, table: pa.Table) -> Coded:
        """Return the distinct values in a chunk, and which of them each row has.

        Raises
        ------
        ColumnError
            If the column is not there.
        """
        if self.query is not None:
            return self.query.encode(table)
        if self.name not in table.column_names:
            raise ColumnError(
                f"there is no column {self.name!r} to slice by. "
                f"{did_you_mean(self.name, table.column_names)}"
            )
        coded = encode(table.column(self.name), self.name)
        return coded if self.only is None else _restricted(coded, self.only)

    def is_multiple(self, schema: pa.Schema) -> bool:
        """Whether a row may have several values."""
        if self.query is not None:
            return True
        index = schema.get_field_index(self.name)
        return index >= 0 and is_list(schema.field(index).type)


@dataclass(frozen=True)
class Slicing:
    """Columns whose combinations of values are slices; none: all rows are one slice.

    Attributes
    ----------
    columns : tuple of SliceColumn
        Sorted by name.
    """

    columns: tuple[SliceColumn, ...] = ()

    @classmethod
    def of(cls, spec: pb.SlicingSpec) -> Slicing:
        """Return the slicing that a spec asks for."""
        if spec.slice_keys_sql:
            query = SliceQuery(spec.slice_keys_sql)
            return cls((SliceColumn(spec.slice_keys_sql, query=query),))
        keys = [SliceColumn(name) for name in set(spec.feature_keys)]
        values = [SliceColumn(name, value) for name, value in spec.feature_values.items()]
        return cls(tuple(sorted([*keys, *values], key=lambda column: (column.name, column.only))))

    def key(self, values: Sequence[SliceValue | SliceKey]) -> SliceKey:
        """Return the key of the slice with these values, one per column."""
        pairs: list[tuple[str, SliceValue]] = []
        for column, value in zip(self.columns, values, strict=True):
            if column.query is not None:
                pairs += value  # type: ignore[arg-type]
            else:
                pairs.append((column.name, value))  # type: ignore[arg-type]
        return tuple(sorted(pairs))


@dataclass(frozen=True)
class Partition:
    """The rows of a chunk by the values of a base's columns.

    Attributes
    ----------
    keys : ndarray of int64, shape (slots,)
        Which combinations occur, ascending; see `pack`.
    codes : ndarray of int64, shape (entries,)
        The slot of each entry.
    rows : ndarray of int64, shape (entries,), or None
        The row of each entry; None: every row is one entry.
    """

    keys: Ints
    codes: Ints
    rows: Ints | None


def bases_of(slicings: Iterable[Slicing], schema: pa.Schema) -> dict[Slicing, Slicing]:
    """Return, for each slicing, the base that its slices are added up from.

    Parameters
    ----------
    slicings : iterable of Slicing
        All that are asked for.
    schema : pyarrow.Schema
        Columns of the examples. Lists multiply rows, so a base with a column of lists serves
        only slicings with the same columns of lists.

    Examples
    --------
    >>> one, two = Slicing((SliceColumn("a"),)), Slicing((SliceColumn("a"), SliceColumn("b")))
    >>> bases_of([one, two], pa.schema([]))[one] == two
    True
    """

    def lists(slicing: Slicing) -> set[SliceColumn]:
        return {column for column in slicing.columns if column.is_multiple(schema)}

    found: dict[Slicing, Slicing] = {}
    bases: list[Slicing] = []
    for slicing in sorted(set(slicings), key=lambda each: (-len(each.columns), repr(each))):
        fitting = [
            base
            for base in bases
            if set(slicing.columns) <= set(base.columns) and lists(slicing) == lists(base)
        ]
        if not fitting:
            bases.append(slicing)
        found[slicing] = fitting[0] if fitting else slicing
    return found


def partition(columns: Sequence[Coded], rows: int) -> Partition:
    """Return the rows of a chunk by the values of several columns.

    Parameters
    ----------
    columns : sequence of Coded
        The base's columns.
    rows : int
        How many rows the chunk has.
    """
    entries: Ints | None = None
    packed = np.zeros(rows, np.int64)
    for coded in columns:
        radix = len(coded.values) + 1
        if coded.rows is None:
            codes = coded.codes if entries is None else coded.codes[entries]
            packed = packed * radix + codes
            continue
        # Every entry so far meets every entry of the same row in this column.
        here = np.arange(rows) if entries is None else entries
        start = np.searchsorted(coded.rows, here, "left")
        count = np.searchsorted(coded.rows, here, "right") - start
        source = np.repeat(np.arange(len(here)), count)
        place = np.repeat(start, count) + np.arange(len(source))
        place -= np.repeat(np.cumsum(count) - count, count)
        packed = packed[source] * radix + coded.codes[place]
        entries = here[source]
    size = int(np.prod([len(coded.values) + 1 for coded in columns], dtype=object))
    keys, codes = _distinct(packed, size)
    return Partition(keys, codes, entries)


def unpack(keys: Ints, radices: Sequence[int]) -> list[Ints]:
    """Return the code of each column in packed keys; the last column varies fastest."""
    codes: list[Ints] = []
    for radix in reversed(radices):
        codes.append(keys % radix)
        keys = keys // radix
    return codes[::-1]


def pack(codes: Sequence[Ints], radices: Sequence[int], count: int) -> Ints:
    """Return one key for each combination of codes.

    Parameters
    ----------
    codes : sequence of ndarray of int64, shape (count,)
        Of each column: 0 for missing, else the number of the value from 1.
    radices : sequence of int
        One more than the number of values of each column.
    count : int
        How many keys, also when there is no column.
    """
    packed = np.zeros(count, np.int64)
    for code, radix in zip(codes, radices, strict=True):
        packed = packed * radix + code
    return packed


def _distinct(packed: Ints, size: int) -> tuple[Ints, Ints]:
    """Return the distinct values, ascending, and the place of each among them."""
    if size <= max(_DENSE, 4 * len(packed)):
        present = np.bincount(packed, minlength=size) > 0
        keys = np.flatnonzero(present)
        place = np.cumsum(present) - 1
        return keys, place[packed]
    keys, codes = np.unique(packed, return_inverse=True)
    return keys, codes.astype(np.int64, copy=False)


def _restricted(coded: Coded, only: str) -> Coded:
    """Return the column with all values but those that match ``only`` missing."""
    kept = [place for place, value in enumerate(coded.values, 1) if same(value, only)]
    table = np.zeros(len(coded.values) + 1, np.int64)
    table[kept] = np.arange(1, len(kept) + 1)
    codes = table[coded.codes]
    values = tuple(coded.values[place - 1] for place in kept)
    if coded.rows is None:
        return Coded(values, codes)
    return Coded(values, codes[codes > 0], coded.rows[codes > 0])
