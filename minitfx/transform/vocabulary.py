"""An ordered list of tokens and the place of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

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
            unknown = [at for at, place in enumerate(found) if place < 0 and words[at] is not None]
            hashes = fingerprint64([words[at] for at in unknown]) % np.uint64(buckets)
            for at, bucket in zip(unknown, hashes.tolist(), strict=True):
                found[at] = len(self.tokens) + bucket
        elif default != -1:
            found = [default if place < 0 else place for place in found]
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
        weights = tuple(_number(weight) for weight, _ in pairs)
        return cls(name, tuple(token for _, token in pairs), weights)


def _number(text: str) -> float:
    """Return what ``repr`` of an int or a float wrote, as the same type."""
    try:
        return int(text)
    except ValueError:
        return float(text)
