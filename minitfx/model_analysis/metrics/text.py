"""Metrics of texts that a model writes, against one or more references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.errors import EvaluationError, did_you_mean
from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.ngrams import LONGEST
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Statistic, TextSum

_TOKENIZERS = ("13a", "none")
_SMOOTHINGS = ("exp", "floor", "add-k", "none")
_SMOOTH_VALUES = {"floor": 0.1, "add-k": 1.0}
_KINDS = (*(f"rouge{size}" for size in range(1, 10)), "rougeL", "rougeLsum")
_MEASURES = ("precision", "recall", "fmeasure")


@dataclass(frozen=True)
class Bleu(Metric):
    """BLEU of a corpus, from 0 to 100: how many runs of 1 to 4 words are in a reference.

    Parameters
    ----------
    lowercase : bool
        Whether case is dropped first.
    force : bool
        No effect: texts that look split into words already are taken as they are.
    tokenize : {"13a", "none"}
        How texts become words: by the rules of mteval-v13a, or at blanks.
    smooth_method : {"exp", "floor", "add-k", "none"}
        What stands for a share of 0: halves of halves, a small count, counts that begin at
        ``smooth_value`` for runs of 2 and more, or nothing.
    smooth_value : float, optional
        Of ``floor``, by default 0.1, and ``add-k``, by default 1.
    use_effective_order : bool
        Whether runs that are longer than the texts are left out.

    Notes
    -----
    Labels are texts, or lists of them. Example weights do not count, as in TFMA. Rows without a
    label are left out; a missing prediction makes the slices of its row NaN.

    References
    ----------
    Papineni et al. (2002), "BLEU: a Method for Automatic Evaluation of Machine Translation".
    Chen and Cherry (2014), for smoothing. Post (2018), for the words (sacreBLEU).
    """

    lowercase: bool = False
    force: bool = False
    tokenize: str = "13a"
    smooth_method: str = "exp"
    smooth_value: float | None = None
    use_effective_order: bool = False

    NAME: ClassVar[str] = "BLEU"

    def check(self) -> None:
        """Raise `EvaluationError` if there is no such way to split or to smooth."""
        if self.tokenize not in _TOKENIZERS:
            raise EvaluationError(
                f"tokenize of {self.name!r} is {self.tokenize!r}; expected one of {_TOKENIZERS}. "
                "For another language let an extractor put blanks between words, and take 'none'"
            )
        if self.smooth_method not in _SMOOTHINGS:
            raise EvaluationError(
                f"smooth_method of {self.name!r} is {self.smooth_method!r}. "
                f"{did_you_mean(self.smooth_method, _SMOOTHINGS)}"
            )

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return counts of words and of runs of words."""
        options = [("lowercase", self.lowercase), ("split", self.tokenize == "none")]
        chosen = tuple(name for name, on in options if on)
        return (TextSum(view.model, view.output, "translation", chosen),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the scores; NaN for a slice without a labelled row."""
        counts = state(self.statistics(view)[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = self._penalty(counts) * self._precision(counts)
        right = counts[:, 2 : 2 + LONGEST].sum(axis=1)
        scores = np.where(right == 0, 0.0, scores)
        lost = (counts[:, -1] <= 0) | np.isnan(counts).any(axis=1)
        return {view.key(self.name): np.where(lost, np.nan, scores)}

    def _penalty(self, counts: Floats) -> Floats:
        written, wanted = counts[:, 0], counts[:, 1]
        short: Floats = np.where(written < wanted, np.exp(1.0 - wanted / written), 1.0)
        return short

    def _precision(self, counts: Floats) -> Floats:
        """Return the geometric mean of the shares, in percent."""
        right, every = (counts[:, at : at + LONGEST].copy() for at in (2, 2 + LONGEST))
        value = self.smooth_value
        if value is None:
            value = _SMOOTH_VALUES.get(self.smooth_method, 0.0)
        if self.smooth_method == "add-k":
            right[:, 1:] += value
            every[:, 1:] += value
        if self.smooth_method == "floor":
            right = np.where(right == 0, value, right)
        if self.smooth_method == "exp":
            halvings = np.cumsum((right == 0) & (every > 0), axis=1)
            right = np.where(right == 0, 0.5**halvings, right)
        shares = np.where(every > 0, right / every, 0.0)
        used = every > 0 if self.use_effective_order else np.ones(every.shape, np.bool_)
        logs = np.where(used, np.log(shares), 0.0)
        mean: Floats = 100.0 * np.exp(logs.sum(axis=1) / used.sum(axis=1))
        return mean


@dataclass(frozen=True)
class Rouge(Metric):
    """Mean ROUGE of texts, from 0 to 1: how much of a reference's words they have.

    Parameters
    ----------
    rouge_type : str
        ``rouge1`` to ``rouge9`` for runs of so many words, ``rougeL`` for the longest common
        subsequence, ``rougeLsum`` for that of texts with a sentence a line.
    measure : {"fmeasure", "precision", "recall"}
        Which of the three to give.
    use_stemmer, split_summaries : bool
        Not there: let an extractor stem words, or put each sentence on a line.

    Notes
    -----
    Words are runs of ASCII letters and digits, without case. Labels are texts, or lists of them,
    of which the best counts. Rows without a label are left out; a missing prediction makes the
    slices of its row NaN.

    References
    ----------
    Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries".
    """

    rouge_type: str = ""
    measure: str = "fmeasure"
    use_stemmer: bool = False
    split_summaries: bool = False

    NAME: ClassVar[str] = "rouge"

    def check(self) -> None:
        """Raise `EvaluationError` for a kind or an option that there is not."""
        for value, role, known in (
            (self.rouge_type, "rouge_type", _KINDS),
            (self.measure, "measure", _MEASURES),
        ):
            if value not in known:
                raise EvaluationError(f"{role} of Rouge is {value!r}. {did_you_mean(value, known)}")
        if self.use_stemmer:
            raise EvaluationError(
                "Rouge has no stemmer; drop use_stemmer, and let an extractor stem both columns"
            )
        if self.split_summaries:
            raise EvaluationError(
                "Rouge does not look for sentences; drop split_summaries, and let an extractor put "
                "each on a line of its own"
            )

    def __post_init__(self) -> None:
        if not self.name:
            suffix = "" if self.measure == "fmeasure" else f"_{self.measure}"
            object.__setattr__(self, "name", self.rouge_type + suffix)
        super().__post_init__()

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return sums of the three measures, and the weight."""
        return (TextSum(view.model, view.output, self.rouge_type, (), view.weighted),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return the means; NaN for a slice without a labelled row."""
        sums = state(self.statistics(view)[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = sums[:, _MEASURES.index(self.measure)] / sums[:, -1]
        return {view.key(self.name): np.where(sums[:, -1] > 0, mean, np.nan)}
