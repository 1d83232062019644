"""Sums over rows of how much a predicted text has of its references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats, add_up
from minitfx.model_analysis.ngrams import (
    LONGEST,
    mteval_words,
    plain_words,
    shared_by_sentence,
    shared_ngrams,
    shared_subsequence,
    translation_counts,
)
from minitfx.model_analysis.predictions import Scores
from minitfx.model_analysis.statistics.statistic import Rows, Slots, pick, total
from minitfx.model_analysis.statistics.sums import Additive


@dataclass(frozen=True)
class TextSum(Additive):
    """Sums of what each text scores; a state of shape (slots, several), the last the weight.

    Attributes
    ----------
    model, output : str
        Whose predictions.
    score : str
        ``translation``, or a kind of ROUGE: ``rouge1`` to ``rouge9``, ``rougeL``, ``rougeLsum``.
    options : tuple of str
        Of the score: ``lowercase``, ``split`` (at blanks only).
    weighted : bool
        Whether example weights count.
    """

    model: str
    output: str
    score: str
    options: tuple[str, ...] = ()
    weighted: bool = False

    def collect(self, rows: Rows, slots: Slots) -> Floats:
        """Return the sums of a chunk; rows without a label are left out."""
        scores = rows.scores[self.model, self.output]
        key = ("texts", self.model, self.output, self.score, self.options)
        values = rows.once(key, lambda: self._values(scores))
        pairs, codes, factor = slots.place(None)
        mass = total([pick(scores.weights if self.weighted else None, pairs), factor])
        chosen = values if pairs is None else values[pairs]
        columns = (part if mass is None else part * mass for part in chosen.T)
        return np.stack([add_up(codes, each, slots.size) for each in columns], axis=1)

    def _values(self, scores: Scores) -> Floats:
        if scores.texts is None:
            raise EvaluationError(
                f"{self.score} compares texts; expected a column of text for predictions, and for "
                "labels one of text or of lists of text"
            )
        score, width = _scoring(self.score, self.options)
        found = np.zeros((len(scores.predictions), width + 1))
        answers = scores.texts.predictions.to_pylist()
        for place, given in enumerate(scores.texts.labels.to_pylist()):
            several = [given] if isinstance(given, str) else given or ()
            references = [text for text in several if text is not None]
            if references:
                answer = answers[place]
                found[place, :-1] = np.nan if answer is None else score(answer, references)
                found[place, -1] = 1.0
        return found


def _scoring(
    name: str, options: Sequence[str]
) -> tuple[Callable[[str, Sequence[str]], Sequence[float]], int]:
    """Return a function of a text and its references, and how many numbers it gives."""
    if name == "translation":
        return _translation(options), 2 + 2 * LONGEST
    return _rouge(name), 3


def _translation(options: Sequence[str]) -> Callable[[str, Sequence[str]], Sequence[float]]:
    def words(text: str) -> list[str]:
        text = text.lower() if "lowercase" in options else text
        return text.split() if "split" in options else mteval_words(text.rstrip())

    def counts(answer: str, references: Sequence[str]) -> Sequence[float]:
        return translation_counts(words(answer), [words(text) for text in references])

    return counts


def _rouge(name: str) -> Callable[[str, Sequence[str]], Sequence[float]]:
    def shares(answer: str, reference: str) -> tuple[float, float]:
        if name == "rougeLsum":
            return shared_by_sentence(_sentences(reference), _sentences(answer))
        one, two = plain_words(reference), plain_words(answer)
        if name == "rougeL":
            return shared_subsequence(one, two)
        return shared_ngrams(one, two, int(name.removeprefix("rouge")))

    def best(answer: str, references: Sequence[str]) -> Sequence[float]:
        found = []
        for reference in references:
            precision, recall = shares(answer, reference)
            both = precision + recall
            found.append((2 * precision * recall / both if both else 0.0, precision, recall))
        # Of several references, the first with the highest F-measure.
        measure, precision, recall = max(found, key=lambda each: each[0])
        return precision, recall, measure

    return best


def _sentences(text: str) -> list[list[str]]:
    return [plain_words(line) for line in text.split("\n") if line]
