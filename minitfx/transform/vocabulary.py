"""An ordered list of tokens and the place of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from typing import Any

import numpy as np

from minitfx.errors import TransformError
from minitfx.transform.cells import Numbers, Strings
from minitfx.transform.fingerprint import fingerprint64

EMPTY = "49d0cd50-04bb-48c0-bc6f-5b575dce351a"
"""The one token of a vocabulary of nothing, so that its size is never 0."""


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in their order; the place of a token is its integer.

    Attributes
    ----------
    name : str
        The name of its file among the assets of a graph.
    tokens : tuple of str
        The tokens.
    weights : tuple of int or float, or None
        The count, weight or information of each, when the file is to hold it.
    """

    name: str
    tokens: tuple[str, ...]
    weights: tuple[float, ...] | None = None

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each token."""
        return {token: place for place, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def lookup(self, cells: Strings, default: int, buckets: int) -> Numbers:
        """Return the place of each text; missing stays missing.

        Parameters
        ----------
        cells : Strings
            Texts.
        default : int
            For texts that are no token, when there are no ``buckets``.
        buckets : int
            How many places after the last token the other texts share, by their
            `fingerprint64`.

        Notes
        -----
        O(words of the batch) dictionary look-ups and O(rows) copying.
        """
        words = cells.words.to_pylist()
        find = self.places.get
        found = [find(word, -1) for word in words]
        if buckets:
            unknown = [
                place for place, at in enumerate(found) if at < 0 and words[place] is not None
            ]
            hashes = fingerprint64([words[place] for place in unknown]) % np.uint64(buckets)
            for place, bucket in zip(unknown, hashes.tolist(), strict=True):
                found[place] = len(self.tokens) + bucket
        elif default != -1:
            found = [default if at < 0 else at for at in found]
        found.append(0)  # where code -1 points
        table = np.array(found, np.int64)
        return Numbers(table[cells.codes], cells.valid)

    def to_text(self) -> str:
        """Return the file: a token a line, with its weight before it when there are weights."""
        if self.weights is None:
            return "".join(f"{token}\n" for token in self.tokens)
        pairs = zip(self.weights, self.tokens, strict=True)
        return "".join(f"{weight!r} {token}\n" for weight, token in pairs)

    @classmethod
    def from_text(cls, name: str, text: str, has_weights: bool) -> Vocabulary:
        """Return the vocabulary that `to_text` wrote."""
        lines = text.split("\n")[:-1]
        if not has_weights:
            return cls(name, tuple(lines))
        pairs = [line.split(" ", 1) for line in lines]
        weights = tuple(
            float(weight) if "." in weight or "e" in weight else int(weight) for weight, _ in pairs
        )
        return cls(name, tuple(token for _, token in pairs), weights)


@dataclass(frozen=True)
class Selection:
    """Which texts become tokens, and in which order.

    Attributes
    ----------
    top_k : int or None
        Keep so many; None keeps all.
    frequency_threshold : float
        Keep what occurs at least so often.
    reserved_tokens : tuple of str
        Tokens that come first, in this order, seen or not.
    fingerprint_shuffle : bool
        Order by a hash instead of by count, so that integers say nothing about frequency.
    """

    top_k: int | None = None
    frequency_threshold: float = 0
    reserved_tokens: tuple[str, ...] = ()
    fingerprint_shuffle: bool = False


def ranked(totals: Mapping[str, Any], top_k: int | None) -> list[tuple[str, Any]]:
    """Return (text, total) by total, then by text, both descending.

    Notes
    -----
    Python compares text by code point, which is the order of its UTF-8 bytes.
    """
    pairs: Iterable[tuple[str, Any]] = totals.items()
    if top_k is not None and top_k < len(totals) // 2:
        return nlargest(top_k, pairs, key=lambda pair: (pair[1], pair[0]))
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]), reverse=True)[:top_k]


def is_token(text: str) -> bool:
    """Whether a line of a vocabulary file can hold the text."""
    return bool(text) and "\n" not in text and "\r" not in text


def check_settings(top_k: int | None, frequency_threshold: float | None) -> None:
    """Raise TransformError for a ``top_k`` or ``frequency_threshold`` that cannot be meant."""
    if top_k is not None and top_k <= 0:
        raise TransformError(f"top_k is {top_k}; expected 1 or more, or None for all")
    if frequency_threshold is not None and frequency_threshold < 0:
        raise TransformError(f"frequency_threshold is {frequency_threshold}; expected 0 or more")
