"""Columns of any nesting as (row, value) pairs, and how to join two of them by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.distribution import Ints
from minitfx.data_validation.nesting import is_list, valid_mask


@dataclass(frozen=True)
class Coded:
    """Which rows hold which values.

    Attributes
    ----------
    rows : ndarray of int64
        Ascending; a row stands once for each of its distinct values.
    codes : ndarray of int64
        Which of the values.
    values : list
        Distinct Python values.
    """

    rows: Ints
    codes: Ints
    values: list[Any]


def coded_values(column: Any) -> Coded:
    """Return the values of a chunked column, those of its lists one by one; nulls are left out."""
    array = column.combine_chunks()
    rows: Ints = np.arange(len(array))
    nested = is_list(array.type)
    while is_list(array.type):
        parents = values_of(pc.list_parent_indices(array).cast(pa.int64()))
        rows, array = rows[parents], array.flatten()
    rows, array = rows[valid_mask(array)], array.drop_null()
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = values_of(encoded.indices).astype(np.int64)
    values = encoded.dictionary.to_pylist()
    if nested and len(values):
        rows, codes = np.divmod(np.unique(rows * len(values) + codes), len(values))
    return Coded(rows, codes, values)


def pairs_by_row(one: Ints, two: Ints) -> tuple[Ints, Ints]:
    """Return the places of all pairs of equal rows.

    Parameters
    ----------
    one : ndarray of int64
        Rows, in any order.
    two : ndarray of int64
        Rows, ascending.

    Returns
    -------
    places_one, places_two : ndarray of int64, shape (pairs,)

    Examples
    --------
    >>> places = pairs_by_row(np.array([0, 1, 1]), np.array([1, 1, 2]))
    >>> [each.tolist() for each in places]
    [[1, 1, 2, 2], [0, 1, 0, 1]]
    """
    starts = np.searchsorted(two, one)
    counts = np.searchsorted(two, one, side="right") - starts
    places = np.repeat(np.arange(len(one)), counts)
    within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places, np.repeat(starts, counts) + within
