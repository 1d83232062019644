"""How much a text has of a reference: shared runs of words, and the longest common subsequence.

Both scores of machine translation and of summaries are made from these counts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

Words: TypeAlias = Sequence[str]

LONGEST = 4
"""The longest run of words that BLEU looks at."""

_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_ALWAYS_APART = re.compile("([" + re.escape("".join(set(string.punctuation) - set("',-."))) + "])")
_AFTER_NO_DIGIT = re.compile(r"([^0-9])([.,])")
_BEFORE_NO_DIGIT = re.compile(r"([.,])([^0-9])")
_DASH_AFTER_DIGIT = re.compile(r"([0-9])(-)")
_NO_WORD = re.compile(r"[^a-z0-9]+")


def mteval_words(text: str) -> list[str]:
    """Return the words of a text, and punctuation apart from them, by the rules of mteval-v13a.

    Full stops and commas stay within numbers, and a dash stands apart only after a digit.

    Examples
    --------
    >>> mteval_words("Up 1.5%, he said: well-known.")
    ['Up', '1.5', '%', ',', 'he', 'said', ':', 'well-known', '.']
    """
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for written, meant in _ENTITIES:
        text = text.replace(written, meant)
    text = _ALWAYS_APART.sub(r" \1 ", f" {text} ")
    text = _AFTER_NO_DIGIT.sub(r"\1 \2 ", text)
    text = _BEFORE_NO_DIGIT.sub(r" \1 \2", text)
    return _DASH_AFTER_DIGIT.sub(r"\1 \2 ", text).split()


def plain_words(text: str) -> list[str]:
    """Return the runs of ASCII letters and digits of a text, in lower case, as ROUGE counts them.

    Examples
    --------
    >>> plain_words("The cat's 2 mats")
    ['the', 'cat', 's', '2', 'mats']
    """
    return _NO_WORD.sub(" ", text.lower()).split()


def ngrams(words: Words, longest: int, shortest: int = 1) -> Counter[tuple[str, ...]]:
    """Return how often each run of so many words occurs.

    Examples
    --------
    >>> ngrams(["a", "b", "a"], 2)[("a",)], ngrams(["a", "b", "a"], 2)[("a", "b")]
    (2, 1)
    """
    return Counter(
        tuple(words[start : start + size])
        for size in range(shortest, longest + 1)
        for start in range(len(words) - size + 1)
    )


def translation_counts(hypothesis: Words, references: Sequence[Words]) -> list[float]:
    """Return what BLEU adds up over texts.

    Parameters
    ----------
    hypothesis : sequence of str
        The words of a text.
    references : sequence of sequence of str
        The words of one or more texts that it should be.

    Returns
    -------
    list of float
        Words of the hypothesis; words of the reference nearest in length, the shorter of two; and
        for runs of 1 to 4 words, how many are in a reference, and how many there are.
    """
    allowed: Counter[tuple[str, ...]] = Counter()
    for reference in references:
        allowed |= ngrams(reference, LONGEST)
    right, every = [0.0] * LONGEST, [0.0] * LONGEST
    for run, count in ngrams(hypothesis, LONGEST).items():
        every[len(run) - 1] += count
        right[len(run) - 1] += min(count, allowed[run])
    lengths = [len(reference) for reference in references]
    nearest = min(lengths, key=lambda length: (abs(length - len(hypothesis)), length))
    return [float(len(hypothesis)), float(nearest), *right, *every]


def shared_ngrams(reference: Words, prediction: Words, size: int) -> tuple[float, float]:
    """Return which share of the prediction's runs of words is in the reference, and the reverse."""
    wanted, found = ngrams(reference, size, size), ngrams(prediction, size, size)
    shared = (wanted & found).total()
    return shared / max(found.total(), 1), shared / max(wanted.total(), 1)


def shared_subsequence(reference: Words, prediction: Words) -> tuple[float, float]:
    """Return the longest common subsequence over the words of the prediction, and the reference."""
    if not reference or not prediction:
        return 0.0, 0.0
    shared = len(_subsequence(reference, prediction))
    return shared / len(prediction), shared / len(reference)


def shared_by_sentence(
    reference: Sequence[Words], prediction: Sequence[Words]
) -> tuple[float, float]:
    """Return `shared_subsequence` of texts of several sentences.

    A word of a reference's sentence counts if it is in a longest common subsequence with any
    sentence of the prediction, and no word more often than both texts have it.
    """
    wanted = Counter(word for sentence in reference for word in sentence)
    found = Counter(word for sentence in prediction for word in sentence)
    if not wanted or not found:
        return 0.0, 0.0
    allowed = wanted & found
    shared = 0
    for sentence in reference:
        places = {place for each in prediction for place in _subsequence(sentence, each)}
        for place in sorted(places):
            if allowed[sentence[place]] > 0:
                allowed[sentence[place]] -= 1
                shared += 1
    return shared / found.total(), shared / wanted.total()


def _subsequence(reference: Words, prediction: Words) -> list[int]:
    """Return the places in the reference of one longest common subsequence."""
    rows = [[0] * (len(prediction) + 1)]
    for word in reference:
        above, row = rows[-1], [0]
        for place, other in enumerate(prediction):
            longer = above[place] + 1 if word == other else max(above[place + 1], row[place])
            row.append(longer)
        rows.append(row)
    places = []
    one, two = len(reference), len(prediction)
    while one and two:
        if reference[one - 1] == prediction[two - 1]:
            one, two = one - 1, two - 1
            places.append(one)
        elif rows[one][two - 1] > rows[one - 1][two]:
            two -= 1
        else:
            one -= 1
    return places[::-1]
