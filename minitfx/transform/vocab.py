"""An ordered list of tokens and the place of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from minitfx.transform.cells import Numbers, Strings
from minitfx.transform.fingerprint import fingerprint64

EMPTY = "49d0cd50-04bb-48c0-bc6f-5b575dce351a"
"""The one token of a vocabulary of nothing, so that its size is never 0."""


_REMEMBERED = 1_000_000
"""Texts besides the tokens whose buckets are remembered; more, and they are forgotten."""


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
    def places(self) -> dict[str | None, int]:
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
        if buckets:
            found = self._places_of(words, buckets)
        else:
            found = [self.places.get(word, default) for word in words]
        found.append(0)  # where code -1 points
        table = np.array(found, np.int64)
        return Numbers(table[cells.codes], cells.valid)

    def _places_of(self, words: list[str], buckets: int) -> list[int]:
        known = self._known(buckets)
        found = list(map(known.get, words))
        unknown = [place for place, number in enumerate(found) if number is None]
        if unknown:
            hashes = fingerprint64([words[place] for place in unknown]) % np.uint64(buckets)
            for place, bucket in zip(unknown, hashes.tolist(), strict=True):
                found[place] = known[words[place]] = len(self.tokens) + bucket
        return cast(list[int], found)

    def _known(self, buckets: int) -> dict[str | None, int]:
        """Return places, and the buckets of other texts that have been looked up."""
        known = self._buckets.get(buckets)
        if known is None or len(known) > len(self.tokens) + _REMEMBERED:
            known = self._buckets[buckets] = {**self.places, None: 0}
        return known

    @cached_property
    def _buckets(self) -> dict[int, dict[str | None, int]]:
        return {}

    def __getstate__(self) -> dict[str, object]:
        return {"name": self.name, "tokens": self.tokens, "weights": self.weights}

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
        weights = tuple(_number(weight) for weight, _ in pairs)
        return cls(name, tuple(token for _, token in pairs), weights)


def _number(text: str) -> float:
    """Return what ``repr`` of an int or a float wrote, as the same type."""
    try:
        return int(text)
    except ValueError:
        return float(text)
