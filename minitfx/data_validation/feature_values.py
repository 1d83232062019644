"""What has been seen of one feature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.distribution import Floats
from minitfx.data_validation.features import Feature, Kind
from minitfx.data_validation.language import LanguageValues
from minitfx.data_validation.nesting import unnest
from minitfx.data_validation.numeric_values import NumericValues
from minitfx.data_validation.presence import Presence
from minitfx.data_validation.value_counts import CountSettings, ValueCounts
from minitfx.dataset.instants import as_integers, unit_of


class FeatureValues:
    """A mergeable summary of one feature: presence at every nest level, and its values.

    Parameters
    ----------
    feature : Feature
        Which feature, and of which kind.
    counting : CountSettings
        How strings are counted.

    Attributes
    ----------
    levels : list of Presence
        From the outermost nest level to the innermost; empty before any rows.
    language : LanguageValues or None
        For sequences of tokens.
    prefixes : ValueCounts or None
        For BYTES: the first bytes of the values, which tell images apart.
    numbers : NumericValues or None
        For INT and FLOAT, and the sizes in bytes of BYTES.
    strings : ValueCounts or None
        For STRING, and categorical INT.
    """

    def __init__(self, feature: Feature, counting: CountSettings) -> None:
        self.feature = feature
        self.counting = counting
        self.levels: list[Presence] = []
        self.numbers: NumericValues | None = None
        self.strings: ValueCounts | None = None
        if feature.counts_strings:
            self.strings = ValueCounts(counting)
        elif feature.kind is not Kind.STRUCT:
            self.numbers = NumericValues(feature.weight is not None)
        self.language: LanguageValues | None = None
        if feature.language is not None and len(feature.path) == 1:
            self.language = LanguageValues(feature.language)
        self.prefixes: ValueCounts | None = None
        if feature.kind is Kind.BYTES:
            self.prefixes = ValueCounts(CountSettings())

    def zero(self) -> FeatureValues:
        """Return a summary of the same feature that has seen nothing."""
        return FeatureValues(self.feature, self.counting)

    def add(self, column: Any, weights: Floats | None = None) -> FeatureValues:
        """Take in a chunk.

        Parameters
        ----------
        column : pyarrow.Array
            The column that holds the feature.
        weights : ndarray of float64, optional
            One for each row.
        """
        inside = unnest(column, self.feature.path.path[1:], weights)
        if not self.levels:
            self.levels = [Presence() for _ in inside.levels]
        self.levels = [
            level.add(rows) for level, rows in zip(self.levels, inside.levels, strict=True)
        ]
        if self.language is not None:
            self.language = self.language.add(column)
        if self.strings is not None:
            self.strings = self.strings.add(as_text(inside.leaf), inside.weights)
        elif self.numbers is not None:
            if self.prefixes is not None:
                starts = pc.binary_slice(inside.leaf.cast(pa.large_binary()), 0, _PREFIX)
                self.prefixes = self.prefixes.add(starts)
            values, integers = numbers_of(inside.leaf, self.feature.kind)
            self.numbers = self.numbers.add(values, inside.weights, integers)
        return self

    def merge(self, other: FeatureValues) -> FeatureValues:
        """Take in what ``other`` has seen."""
        if not self.levels:
            self.levels = [Presence() for _ in other.levels]
        if other.levels:
            pairs = zip(self.levels, other.levels, strict=True)
            self.levels = [one.merge(two) for one, two in pairs]
            if self.strings is not None and other.strings is not None:
                self.strings = self.strings.merge(other.strings)
            if self.language is not None and other.language is not None:
                self.language = self.language.merge(other.language)
            if self.prefixes is not None and other.prefixes is not None:
                self.prefixes = self.prefixes.merge(other.prefixes)
            if self.numbers is not None and other.numbers is not None:
                self.numbers = self.numbers.merge(other.numbers)
        return self

    def result(self) -> FeatureValues:
        """Return the summary itself."""
        return self


def as_text(values: Any) -> Any:
    """Return an Arrow array of strings, bytes, or a dictionary of them, from any scalars."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_integer(kind.index_type) and kind.index_type != pa.int32():
            values = values.cast(pa.dictionary(pa.int32(), kind.value_type))
        return values
    if pa.types.is_null(kind):
        return pa.nulls(0, pa.string())
    if pa.types.is_boolean(kind):
        return values.cast(pa.int8()).dictionary_encode().cast(_STRINGS)
    if unit_of(kind) is not None:
        return as_integers(values).dictionary_encode().cast(_STRINGS)
    if pa.types.is_integer(kind) or pa.types.is_temporal(kind):
        return values.dictionary_encode().cast(_STRINGS)
    return values


_PREFIX = 8
"""Bytes that tell the formats of images apart."""

_STRINGS = pa.dictionary(pa.int32(), pa.string())


def numbers_of(values: Any, kind: Kind) -> tuple[Floats, tuple[int, int] | None]:
    """Return values as float64 (of BYTES their sizes), and the exact range of integers."""
    if kind is Kind.BYTES:
        return values_of(pc.binary_length(values).cast(pa.float64())), None
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if kind is Kind.FLOAT:
        return values_of(values.cast(pa.float64())), None
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    elif unit_of(values.type) is not None:
        values = as_integers(values)
    whole = values_of(values)
    if not len(whole):
        return np.empty(0, np.float64), None
    return whole.astype(np.float64), (int(whole.min()), int(whole.max()))
