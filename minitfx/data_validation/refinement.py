"""Counting again what one pass could not tell apart.

A `Distribution` keeps 32,768 cells of equal relative width. Values that crowd into a narrow
range beside others that span many magnitudes can put a large share of a column into one cell.
Such cells are looked at once more, each with all the cells there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minitfx.data_validation.blocks import Part, column_blocks
from minitfx.data_validation.distribution import Distribution, Floats, Frequencies
from minitfx.data_validation.feature_values import FeatureValues, numbers_of
from minitfx.data_validation.features import Feature
from minitfx.data_validation.nesting import unnest
from minitfx.data_validation.paths import FeaturePath
from minitfx.data_validation.table_values import columns_of, sample, weights_of
from minitfx.dataset.source import Source
from minitfx.kernels import fold


@dataclass(frozen=True)
class Crowded:
    """Cells of one feature that hold too much.

    Attributes
    ----------
    lows, highs : ndarray of float64, shape (cells,)
        The smallest and largest value of each, ascending.
    weighted : bool
        Whether weights are summed instead of values counted.
    """

    lows: Floats
    highs: Floats
    weighted: bool


def crowded_cells(frequencies: Frequencies, epsilon: float, weighted: bool) -> Crowded | None:
    """Return the cells that hold more than a share ``epsilon`` and more than one value."""
    total = frequencies.counts.sum()
    mixed = frequencies.lows != frequencies.values
    crowded = mixed & (frequencies.counts > epsilon * total)
    if not crowded.any():
        return None
    return Crowded(frequencies.lows[crowded], frequencies.values[crowded], weighted)


class CellValues:
    """A mergeable count of the values inside some cells.

    Parameters
    ----------
    cells : mapping of (FeaturePath, bool) to Crowded
        Of which features, plain or weighted.
    sample_rate : float, optional
        Share of the rows that the first pass looked at.
    """

    def __init__(
        self,
        cells: Mapping[tuple[FeaturePath, bool], Crowded],
        sample_rate: float | None = None,
    ) -> None:
        self.cells = cells
        self.sample_rate = sample_rate
        self.counts = {
            key: [Distribution(crowded.weighted) for _ in crowded.lows]
            for key, crowded in cells.items()
        }

    def zero(self) -> CellValues:
        """Return counts of nothing, for the same cells."""
        return CellValues(self.cells, self.sample_rate)

    def add(self, part: Part) -> CellValues:
        """Take in a block."""
        table = part.table
        if self.sample_rate is not None:
            table = sample(table, self.sample_rate, part.number)
        for feature in part.features:
            weights = None if feature.weight is None else weights_of(table, feature.weight)
            for column, rows in columns_of(table.column(feature.column)):
                weight = None if weights is None else weights[rows]
                inside = unnest(column, feature.path.path[1:], weight)
                values, _ = numbers_of(inside.leaf, feature.kind)
                for weighted in (False, True):
                    self._count((feature.path, weighted), values, inside.weights)
        return self

    def _count(self, key: tuple[FeaturePath, bool], values: Floats, weights: Floats | None) -> None:
        crowded = self.cells.get(key)
        if crowded is None:
            return
        edges = zip(crowded.lows, crowded.highs, strict=True)
        for number, (low, high) in enumerate(edges):
            inside = (values >= low) & (values <= high)
            weight = weights[inside] if crowded.weighted and weights is not None else None
            self.counts[key][number] = self.counts[key][number].add(values[inside], weight)

    def merge(self, other: CellValues) -> CellValues:
        """Take in what ``other`` has counted."""
        for key, counts in other.counts.items():
            pairs = zip(self.counts[key], counts, strict=True)
            self.counts[key] = [mine.merge(theirs) for mine, theirs in pairs]
        return self

    def result(self) -> dict[tuple[FeaturePath, bool], list[Frequencies]]:
        """Return the frequencies inside each cell."""
        return {key: [each.result() for each in counts] for key, counts in self.counts.items()}


def refine(
    source: Source,
    features: Sequence[Feature],
    found: Mapping[FeaturePath, FeatureValues],
    epsilon: float,
    sample_rate: float | None,
) -> None:
    """Replace the frequencies of crowded features by finer ones, reading just these again.

    Parameters
    ----------
    source : Source
        The table.
    features : sequence of Feature
        What was computed.
    found : mapping of FeaturePath to FeatureValues
        What one pass gave; changed in place.
    epsilon : float
        The largest share that a cell of several values may hold.
    sample_rate : float, optional
        Share of the rows that the first pass looked at.

    Notes
    -----
    Each round divides a cell by up to 32,768, so two rounds are rare and five always enough.
    """
    while True:
        cells: dict[tuple[FeaturePath, bool], Crowded] = {}
        for path, values in found.items():
            if values.numbers is None or not values.feature.histograms:
                continue
            for weighted, frequencies in values.numbers.frequencies.items():
                crowded = crowded_cells(frequencies, epsilon, weighted)
                if crowded is not None:
                    cells[path, weighted] = crowded
        again = [feature for feature in features if any(feature.path == path for path, _ in cells)]
        if not again:
            return
        finer = fold(CellValues(cells, sample_rate), column_blocks(source, again))
        for (path, weighted), inside in finer.items():
            numbers = found[path].numbers
            if numbers is not None:
                coarse = numbers.frequencies[weighted]
                numbers.frequencies[weighted] = _spliced(coarse, cells[path, weighted], inside)


def _spliced(coarse: Frequencies, crowded: Crowded, inside: Sequence[Frequencies]) -> Frequencies:
    """Return frequencies in which the crowded cells have given way to what is inside them."""
    replaced = np.isin(coarse.values, crowded.highs) & (coarse.lows != coarse.values)
    kept = Frequencies(coarse.values[~replaced], coarse.counts[~replaced], coarse.lows[~replaced])
    parts = [kept, *inside]
    values = np.concatenate([part.values for part in parts])
    order = np.argsort(values, kind="stable")
    counts = np.concatenate([part.counts for part in parts])[order]
    return Frequencies(values[order], counts, np.concatenate([p.lows for p in parts])[order])
