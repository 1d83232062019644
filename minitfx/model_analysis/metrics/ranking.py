"""Metrics of rankings: rows with equal values of the query key are one ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats, Ints, add_up
from minitfx.model_analysis.keys import MetricKey, SubKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.metrics.query_counts import extreme_by_slice, sum_by_slice
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import QueryStatistic, Statistic
from minitfx.model_analysis.statistics.queries import QueryState, Ranked


@dataclass(frozen=True)
class RankingMetric(Metric):
    """A metric of queries. A query is in a slice when one of its rows is, and then wholly."""

    def view(self, view: View) -> View:
        """Return the view of whole rankings.

        Raises
        ------
        EvaluationError
            If the spec has no query key.
        """
        if not view.query:
            raise EvaluationError(
                f"the metric {self.name!r} needs queries; set query_key in its MetricsSpec"
            )
        return view

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the rows by query."""
        return (QueryStatistic(replace(view, sub_key=None, aggregation=None)),)

    def _state(self, view: View, state: Reader) -> QueryState:
        found: QueryState = state(self.statistics(view)[0])
        return found


def _mean(state: QueryState, values: Floats, weights: Floats) -> Floats:
    above = sum_by_slice(state, np.where(weights > 0, values, 0.0) * weights)
    below = sum_by_slice(state, weights)
    lost = sum_by_slice(state, state.rows.ranked.missing.astype(np.float64)) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((below > 0) & ~lost, above / below, np.nan)


@dataclass(frozen=True)
class NDCG(RankingMetric):
    """Normalized discounted cumulative gain of the first k rows of each query.

    Parameters
    ----------
    gain_key : str
        The column of gains; empty: the label.
    top_k_list : sequence of int, optional
        Values of k, each with a result of its own; by default those of ``binarize``, else whole
        queries.

    Notes
    -----
    The gain at place i counts 1 / log2(i + 1). Queries without any gain are left out.
    """

    gain_key: str = ""
    top_k_list: Sequence[int] | None = None

    NAME: ClassVar[str] = "ndcg"

    def keys(self, view: View) -> list[MetricKey]:
        """Return a key for each k."""
        return [view.key(self.name, sub_key=sub_key) for sub_key in self._sub_keys(view)]

    def _sub_keys(self, view: View) -> list[SubKey | None]:
        if self.top_k_list:
            return [SubKey(top_k=int(k)) for k in self.top_k_list]
        return [view.sub_key]

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the rows by query, with their gains."""
        return (QueryStatistic(replace(view, sub_key=None, aggregation=None), self.gain_key),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the mean over queries for each k."""
        found = self._state(view, state)
        ranked = found.rows.ranked
        best = np.zeros(len(ranked.ids))
        np.maximum.at(best, ranked.query, ranked.gain)
        weights = np.where(best > 0, ranked.weight, 0.0)
        ideal = _ideal_ranks(ranked)
        values: dict[MetricKey, Values] = {}
        for sub_key in self._sub_keys(view):
            k = sub_key.top_k if sub_key is not None else None
            got, could = _gain(ranked, ranked.rank, k), _gain(ranked, ideal, k)
            with np.errstate(divide="ignore", invalid="ignore"):
                each = np.where(could > 0, got / could, 0.0)
            values[view.key(self.name, sub_key=sub_key)] = _mean(found, each, weights)
        return values


def _ideal_ranks(ranked: Ranked) -> Ints:
    order = np.lexsort((-ranked.gain, ranked.query))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order)) - ranked.start[ranked.query[order]]
    return ranks


def _gain(ranked: Ranked, ranks: Ints, k: int | None) -> Floats:
    gains = ranked.gain / np.log2(ranks + 2.0)
    kept = gains if k is None else np.where(ranks < k, gains, 0.0)
    return add_up(ranked.query, kept, len(ranked.ids))


def _first_positive(ranked: Ranked) -> Floats:
    """Return the place of each query's first positive row from 1, infinite without one."""
    first = np.full(len(ranked.ids), np.inf)
    positive = ranked.label > 0
    np.minimum.at(first, ranked.query[positive], ranked.rank[positive] + 1.0)
    return first


class MinLabelPosition(RankingMetric):
    """Mean place of the first positive row, from 1; queries without one are left out."""

    NAME = "min_label_position"

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the mean places."""
        found = self._state(view, state)
        first = _first_positive(found.rows.ranked)
        weights = np.where(np.isfinite(first), found.rows.ranked.weight, 0.0)
        return {view.key(self.name): _mean(found, first, weights)}


class MeanReciprocalRank(RankingMetric):
    """Mean of 1 / place of the first positive row; 0 for a query without one."""

    NAME = "mean_reciprocal_rank"

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means."""
        found = self._state(view, state)
        ranked = found.rows.ranked
        return {view.key(self.name): _mean(found, 1.0 / _first_positive(ranked), ranked.weight)}


@dataclass(frozen=True)
class QueryStatistics(RankingMetric):
    """How many queries and rows there are, and how many rows the shortest and longest query has.

    Parameters
    ----------
    total_queries_name, total_documents_name, min_documents_name, max_documents_name : str
        What to call them.
    """

    total_queries_name: str = "total_queries"
    total_documents_name: str = "total_documents"
    min_documents_name: str = "min_documents"
    max_documents_name: str = "max_documents"

    NAME: ClassVar[str] = "query_statistics"
    HAS_INTERVAL: ClassVar[bool] = False

    def keys(self, view: View) -> list[MetricKey]:
        """Return the four keys."""
        names = (
            self.total_queries_name,
            self.total_documents_name,
            self.min_documents_name,
            self.max_documents_name,
        )
        return [view.key(name) for name in names]

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the four numbers."""
        found = self._state(view, state)
        ranked = found.rows.ranked
        rows = ranked.size * ranked.weight
        values = (
            sum_by_slice(found, ranked.weight),
            sum_by_slice(found, rows),
            extreme_by_slice(found, rows, largest=False),
            extreme_by_slice(found, rows, largest=True),
        )
        return dict(zip(self.keys(view), values, strict=True))
