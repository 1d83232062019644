"""Confusion matrices of rankings: the first k rows of each query are the positive ones."""

from __future__ import annotations

import numpy as np

from minitfx.model_analysis.columns import Floats, Ints, add_up
from minitfx.model_analysis.matrices import Matrices
from minitfx.model_analysis.statistics.queries import QueryState


def query_matrices(state: QueryState, top_k: int) -> Matrices:
    """Return true and false positives and negatives over the queries of each slice.

    Parameters
    ----------
    state : QueryState
        Rows by query.
    top_k : int
        How many rows of each query count as predicted; all of them where a query has fewer.
    """
    ranked = state.rows.ranked
    chosen = ranked.rank < top_k
    counts = {}
    for name, rows in (("positive", ranked.label), ("negative", 1.0 - ranked.label)):
        for side, where in (("in", chosen), ("out", ~chosen)):
            counts[name, side] = add_up(ranked.query, rows * where, len(ranked.ids))
    weight = np.where(ranked.missing, np.nan, ranked.weight)
    names = [("positive", "in"), ("negative", "out"), ("negative", "in"), ("positive", "out")]
    four = [sum_by_slice(state, counts[name] * weight)[:, None] for name in names]
    return Matrices(np.array([-np.inf]), *four)


def sum_by_slice(state: QueryState, values: Floats) -> Floats:
    """Return the sum of a value of each query over the queries of each slice."""
    slots, queries, mass = state.members()
    sums: Floats = add_up(slots, values[queries] * mass, state.size)
    return sums


def extreme_by_slice(state: QueryState, values: Floats, largest: bool) -> Floats:
    """Return the largest or smallest value of a query in each slice, NaN without queries."""
    slots, queries, mass = state.members()
    slots, queries = _drawn(slots, mass), _drawn(queries, mass)
    found = np.full(state.size, np.nan)
    (np.fmax if largest else np.fmin).at(found, slots, values[queries])
    return found


def _drawn(places: Ints, mass: Floats) -> Ints:
    return places[mass > 0]
