"""Statistics of token sequences: how much a vocabulary covers, and how tokens are spread.

They are made of features with a ``natural_language_domain`` in the schema: a row is a sequence,
its values are tokens, strings or integers that number the lines of a vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from minitfx.data_validation.buffers import values_of
from minitfx.data_validation.counted import is_utf8
from minitfx.data_validation.distribution import Distribution, Ints
from minitfx.data_validation.histograms import histogram_proto, quantile_histogram
from minitfx.data_validation.nesting import is_list, valid_mask
from minitfx.data_validation.value_counts import ValueCounts
from minitfx.errors import ParameterError, StorageError, did_you_mean

_QUANTILES = statistics_pb2.Histogram.QUANTILES


@dataclass(frozen=True)
class LanguageSettings:
    """What to count of the sequences of a feature.

    Attributes
    ----------
    vocabulary : tuple of str or None
        Tokens by number; None when the domain names no vocabulary.
    excluded : frozenset of str
        Tokens that coverage and token lengths leave out.
    unknown : frozenset of str
        Tokens that stand for what is not in the vocabulary.
    padding : frozenset of str
        Tokens that the length of a sequence leaves out.
    constrained : tuple of (str or int)
        Tokens with constraints, whose occurrences are counted sequence by sequence.
    """

    vocabulary: tuple[str, ...] | None = None
    excluded: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    padding: frozenset[str] = frozenset()
    constrained: tuple[str | int, ...] = ()


def language_settings(
    domain: schema_pb2.NaturalLanguageDomain, vocab_paths: Mapping[str, str] | None
) -> LanguageSettings:
    """Return what a domain asks to count.

    Raises
    ------
    ParameterError
        If it names a vocabulary that ``vocab_paths`` does not.
    StorageError
        If a vocabulary cannot be read.
    """
    coverage, lengths = domain.coverage, domain.sequence_length_constraints
    tokens = []
    for constraint in domain.token_constraints:
        which = constraint.WhichOneof("value")
        if which is not None:
            tokens.append(getattr(constraint, which))
    return LanguageSettings(
        _vocabulary(domain.vocabulary, vocab_paths or {}) if domain.vocabulary else None,
        _texts(coverage.excluded_string_tokens, coverage.excluded_int_tokens),
        _texts(coverage.oov_string_tokens, ()),
        _texts(lengths.excluded_string_value, lengths.excluded_int_value),
        tuple(tokens),
    )


def _texts(strings: Any, numbers: Any) -> frozenset[str]:
    return frozenset([*strings, *map(str, numbers)])


def _vocabulary(name: str, paths: Mapping[str, str]) -> tuple[str, ...]:
    if name not in paths:
        raise ParameterError(
            f"the schema names vocabulary {name!r}, which StatsOptions.vocab_paths does not. "
            f"{did_you_mean(name, paths)}"
        )
    try:
        return tuple(Path(paths[name]).read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise StorageError(f"cannot read vocabulary {paths[name]}: {error.strerror}") from error


@dataclass(frozen=True)
class _Occurrences:
    """How often a token occurs in sequences."""

    sequences: int = 0
    least: int | None = None
    most: int = 0
    total: int = 0

    def merge(self, other: _Occurrences) -> _Occurrences:
        leasts = [each.least for each in (self, other) if each.least is not None]
        return _Occurrences(
            self.sequences + other.sequences,
            min(leasts, default=None),
            max(self.most, other.most),
            self.total + other.total,
        )


class LanguageValues:
    """A mergeable summary of the sequences of one feature.

    Parameters
    ----------
    settings : LanguageSettings
        What to count.
    """

    def __init__(self, settings: LanguageSettings) -> None:
        self.settings = settings
        self.sequences = 0
        self.lengths = Distribution()
        self.positions = [Distribution() for _ in settings.constrained]
        self.occurrences = [_Occurrences() for _ in settings.constrained]

    def zero(self) -> LanguageValues:
        """Return a summary of the same kind that has seen nothing."""
        return LanguageValues(self.settings)

    def add(self, column: Any) -> LanguageValues:
        """Take in a chunk: a column of scalars or of lists."""
        rows, places, tokens = _tokens(column)
        present = np.flatnonzero(valid_mask(column))
        self.sequences += len(present)
        encoded = tokens.dictionary_encode()
        codes, names = (
            values_of(encoded.indices),
            [_text(v) for v in encoded.dictionary.to_pylist()],
        )
        counted = np.array([name not in self.settings.padding for name in names], bool)
        kept = rows[counted[codes]] if len(codes) else rows
        lengths = np.bincount(kept, minlength=len(column))[present]
        self.lengths = self.lengths.add(lengths.astype(np.float64))
        for number, token in enumerate(self.settings.constrained):
            found = np.array([name == str(token) for name in names], bool)
            at = np.flatnonzero(found[codes]) if len(codes) else np.empty(0, np.int64)
            self.positions[number] = self.positions[number].add(places[at].astype(np.float64))
            per_row = np.bincount(rows[at], minlength=len(column))[present]
            if len(per_row):
                seen = _Occurrences(
                    int((per_row > 0).sum()), int(per_row.min()), int(per_row.max()), len(at)
                )
                self.occurrences[number] = self.occurrences[number].merge(seen)
        return self

    def merge(self, other: LanguageValues) -> LanguageValues:
        """Take in what ``other`` has seen."""
        self.sequences += other.sequences
        self.lengths = self.lengths.merge(other.lengths)
        pairs = zip(self.positions, other.positions, strict=True)
        self.positions = [one.merge(two) for one, two in pairs]
        both = zip(self.occurrences, other.occurrences, strict=True)
        self.occurrences = [one.merge(two) for one, two in both]
        return self

    def result(self) -> LanguageValues:
        """Return the summary itself."""
        return self

    def to_proto(
        self, tokens: ValueCounts, buckets: int
    ) -> statistics_pb2.NaturalLanguageStatistics:
        """Return the statistics.

        Parameters
        ----------
        tokens : ValueCounts
            How often each token occurs.
        buckets : int
            Buckets of the histograms.
        """
        proto = statistics_pb2.NaturalLanguageStatistics()
        _fill_coverage(proto, tokens, self.settings, buckets)
        lengths = self.lengths.result()
        shown = quantile_histogram(lengths, buckets)
        if shown is not None:
            proto.min_sequence_length = int(lengths.lows[0])
            proto.max_sequence_length = int(lengths.values[-1])
            proto.sequence_length_histogram.CopyFrom(histogram_proto(shown, _QUANTILES))
        for token, seen, positions in zip(
            self.settings.constrained, self.occurrences, self.positions, strict=True
        ):
            added = proto.token_statistics.add(frequency=seen.total)
            setattr(added, "int_token" if isinstance(token, int) else "string_token", token)
            if self.sequences:
                added.fraction_of_sequences = seen.sequences / self.sequences
                added.per_sequence_avg_frequency = seen.total / self.sequences
            added.per_sequence_min_frequency = seen.least or 0
            added.per_sequence_max_frequency = seen.most
            where = quantile_histogram(positions.result(), buckets)
            if where is not None:
                added.positions.CopyFrom(histogram_proto(where, _QUANTILES))
        for rank, (value, count) in enumerate(tokens.result().top):
            label = value.decode(errors="replace")
            proto.rank_histogram.buckets.add(
                low_rank=rank, high_rank=rank, label=label, sample_count=count
            )
        return proto


def _fill_coverage(
    proto: statistics_pb2.NaturalLanguageStatistics,
    tokens: ValueCounts,
    settings: LanguageSettings,
    buckets: int,
) -> None:
    """Fill the share of tokens that are in the vocabulary, and their lengths in characters."""
    known = None if settings.vocabulary is None else set(settings.vocabulary)
    lengths, covered, total, characters = Distribution(), 0, 0, 0
    for counted in tokens.distinct():
        for value, count in zip(counted.values.to_pylist(), counted.counts.tolist(), strict=True):
            token = _numbered(value, settings)
            if token is None or token in settings.excluded:
                continue
            total += count
            if known is not None and token in known and token not in settings.unknown:
                covered += count
            characters += count * len(token)
            lengths = lengths.add_constant(float(len(token)), count)
    if total:
        proto.feature_coverage = covered / total
        proto.avg_token_length = characters / total
    shown = quantile_histogram(lengths.result(), buckets)
    if shown is not None:
        proto.token_length_histogram.CopyFrom(histogram_proto(shown, _QUANTILES))


def _numbered(value: bytes, settings: LanguageSettings) -> str | None:
    """Return a token's text; a number stands for a line of the vocabulary, if it is one."""
    if not is_utf8(value):
        return None
    token = value.decode()
    if token in settings.excluded or settings.vocabulary is None or not token.isdigit():
        return token
    number = int(token)
    return settings.vocabulary[number] if number < len(settings.vocabulary) else token


def _tokens(column: Any) -> tuple[Ints, Ints, Any]:
    """Return the row and the place in it of each token that is not null, and the tokens."""
    rows: Ints = np.arange(len(column))
    places: Ints = np.zeros(len(column), np.int64)
    while is_list(column.type):
        parents = values_of(pc.list_parent_indices(column).cast(pa.int64()))
        column = column.flatten()
        rows = rows[parents]
        starts = np.searchsorted(rows, rows)
        places = np.arange(len(rows)) - starts
    kept = valid_mask(column)
    tokens = column.drop_null()
    if pa.types.is_dictionary(tokens.type):
        tokens = tokens.dictionary_decode()
    return rows[kept], places[kept], tokens


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
