"""Pairs of a label and a score: how a metric looks at predictions.

A metric of binary classification or regression wants one label and one score a row. A `View`
makes them of what a model gives: as they are, one class against the rest, the k-th guess, or
every (row, class) pair as a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from minitfx.errors import EvaluationError
from minitfx.model_analysis.columns import Floats, Ints
from minitfx.model_analysis.keys import AggregationType, MetricKey, SubKey
from minitfx.model_analysis.predictions import Scores

UNKNOWN_CLASS = -1
"""The number of a label that is no class of the model: never right, of probability 0."""


@dataclass(frozen=True)
class View:
    """Which predictions a metric is computed from, and how.

    Attributes
    ----------
    model, output : str
        Names as in metric keys.
    sub_key : SubKey or None
        Which binary problem of a multi-class one.
    aggregation : AggregationType or None
        Set for a micro average (and for the top-k of one).
    class_weights : tuple of (int, float)
        Class number to weight, for a micro average; classes that are not named have weight 0.
    weighted : bool
        Whether example weights count.
    query : str
        The column whose equal values make one query; empty for metrics of rows.
    baseline : str or None
        The model to compare with, for metrics of two models.
    """

    model: str = ""
    output: str = ""
    sub_key: SubKey | None = None
    aggregation: AggregationType | None = None
    class_weights: tuple[tuple[int, float], ...] = ()
    weighted: bool = False
    query: str = ""
    baseline: str | None = None

    def key(self, name: str, **changes: object) -> MetricKey:
        """Return the key of a metric under this view."""
        key = MetricKey(
            name, self.model, self.output, self.sub_key, self.aggregation, self.weighted
        )
        return replace(key, **changes) if changes else key  # type: ignore[arg-type]

    @property
    def whole(self) -> View:
        """The view of the same stream with all classes."""
        return View(self.model, self.output, weighted=self.weighted)


@dataclass(frozen=True)
class Pairs:
    """Labels and scores, one of each a pair.

    Attributes
    ----------
    labels : ndarray of shape (pairs,)
        Never NaN: rows without a label are left out.
    scores : ndarray of shape (pairs,)
        NaN where the model gave none.
    weights : ndarray of shape (pairs,) or None
        None: every pair weighs 1.
    rows : ndarray of int64 of shape (pairs,) or None
        The row of each pair, ascending; None: pair i is row i.
    other : ndarray of shape (pairs,) or None
        The scores of the model to compare with.
    """

    labels: Floats
    scores: Floats
    weights: Floats | None
    rows: Ints | None = None
    other: Floats | None = None

    @cached_property
    def hard(self) -> bool:
        """Whether every label is 0 or 1."""
        return bool(((self.labels == 0) | (self.labels == 1)).all())

    @property
    def shares(self) -> Floats:
        """The labels, each 0, 1 or a share between.

        Raises
        ------
        EvaluationError
            If one is something else, which no metric of two classes can mean.
        """
        outside = (self.labels < 0) | (self.labels > 1)
        if outside.any():
            raise EvaluationError(
                f"{int(outside.sum())} labels are below 0 or above 1, the first is "
                f"{self.labels[outside][0]:g}, where a metric of two classes takes 0, 1 or a "
                "share between; give such labels, one score per class, or a metric of regressions"
            )
        return self.labels

    @cached_property
    def missing(self) -> bool:
        """Whether a score is missing."""
        return bool(np.isnan(self.scores).any())


@dataclass(frozen=True)
class Classes:
    """Class numbers and the scores of all classes, a row each.

    Attributes
    ----------
    labels : ndarray of shape (rows,) or (rows, classes)
        Class numbers, or a truth value per class for rows of several classes.
    scores : ndarray of shape (rows, classes)
    weights : ndarray of shape (rows,) or None
    rows : ndarray of int64 of shape (rows,) or None
        The number of each row in the chunk; None when no row was left out.
    """

    labels: Floats
    scores: Floats
    weights: Floats | None
    rows: Ints | None = None
    _cache: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)

    @property
    def actual(self) -> Ints:
        """The class number of each row; of a row of several classes, the first of the highest."""
        labels = self.labels if self.labels.ndim == 1 else self.labels.argmax(axis=1)
        return labels.astype(np.int64)

    @property
    def hot(self) -> Floats:
        """The labels as 0 and 1, of shape (rows, classes)."""
        if self.labels.ndim == 2:
            return self.labels
        if "hot" not in self._cache:
            self._cache["hot"] = (
                self.labels[:, None] == np.arange(self.scores.shape[1])[None, :]
            ).astype(np.float64)
        return self._cache["hot"]


def classes_of(scores: Scores, view: View) -> Classes:
    """Return the rows that have a label, with the scores of all classes.

    One score a row stands for the two classes of a binary model.

    Raises
    ------
    EvaluationError
        If a label is no class number: not whole, or not below the number of classes.
    """
    labels, predictions, weights = _stream(scores, view)
    if labels is None:
        labels = np.zeros(len(predictions))
    if predictions.ndim == 1:
        # A binary model is a multi-class one of two classes.
        predictions = np.stack([1.0 - predictions, predictions], axis=1)
    keep = ~np.isnan(labels if labels.ndim == 1 else labels.sum(axis=1))
    rows = None if keep.all() else np.flatnonzero(keep)
    if rows is not None:
        labels, predictions = labels[rows], predictions[rows]
        weights = None if weights is None else weights[rows]
    if labels.ndim == 1:
        _check_class_numbers(labels, predictions.shape[1])
    return Classes(labels, predictions, weights, rows)


def _check_class_numbers(labels: Floats, count: int) -> None:
    wrong = (labels != np.floor(labels)) | (labels < UNKNOWN_CLASS) | (labels >= count)
    if wrong.any():
        raise EvaluationError(
            f"a label is class {labels[wrong][0]:g}, but predictions have the {count} classes 0 "
            f"to {count - 1}; give class numbers in the order of the predictions"
        )


def pairs_of(scores: Scores, view: View) -> Pairs:
    """Return labels and scores as a view wants them.

    Without labels every label is 0, which metrics that use labels refuse beforehand.

    Raises
    ------
    EvaluationError
        If the view asks for a class that there is not, or labels have several values and
        predictions one.
    """
    labels, predictions, weights = _stream(scores, view)
    if labels is None:
        labels = np.zeros(len(predictions))
    if predictions.ndim == 1 and labels.ndim == 2:
        raise EvaluationError(
            f"the labels have {labels.shape[1]} values a row and the predictions one"
        )
    if predictions.ndim == 1 and view.sub_key is None:
        return _without_unlabelled(Pairs(labels, predictions, weights))
    return _binarized(classes_of(Scores(labels, predictions, weights), view), view)


def _stream(scores: Scores, view: View) -> tuple[Floats | None, Floats, Floats | None]:
    return scores.labels, scores.predictions, scores.weights if view.weighted else None


def _without_unlabelled(pairs: Pairs) -> Pairs:
    missing = np.isnan(pairs.labels)
    if not missing.any():
        return pairs
    rows = np.flatnonzero(~missing)
    weights = None if pairs.weights is None else pairs.weights[rows]
    return Pairs(pairs.labels[rows], pairs.scores[rows], weights, rows)


def _binarized(classes: Classes, view: View) -> Pairs:
    sub_key = view.sub_key
    count = classes.scores.shape[1]
    if sub_key is not None and sub_key.class_id is not None:
        if not 0 <= sub_key.class_id < count:
            raise EvaluationError(
                f"class id {sub_key.class_id} is not among the {count} classes, "
                f"which are numbered 0 to {count - 1}"
            )
        place = sub_key.class_id
        return Pairs(
            classes.hot[:, place], classes.scores[:, place].copy(), classes.weights, classes.rows
        )
    wanted = None if sub_key is None else sub_key.k or sub_key.top_k
    if wanted is not None and not 1 <= wanted <= count:
        raise EvaluationError(f"{sub_key} is asked of predictions with {count} classes")
    if sub_key is not None and sub_key.k is not None:
        return _flat(classes, _ranked(classes.scores)[:, sub_key.k - 1 : sub_key.k], view)
    if sub_key is not None and sub_key.top_k is not None:
        best = _ranked(classes.scores)[:, : sub_key.top_k]
        if view.aggregation is not None:
            return _flat(classes, best, view)
        lowered = np.full(classes.scores.shape, -np.inf)
        np.put_along_axis(lowered, best, np.take_along_axis(classes.scores, best, 1), 1)
        lowered[np.isnan(classes.scores)] = np.nan
        classes = replace(classes, scores=lowered)
    return _flat(classes, None, view)


def _ranked(scores: Floats) -> Ints:
    """Return the class numbers of each row from the highest score down; ties by class number."""
    ranked: Ints = np.argsort(-scores, axis=1, kind="stable")
    return ranked


def _flat(classes: Classes, chosen: Ints | None, view: View) -> Pairs:
    labels, scores = classes.hot, classes.scores
    if chosen is not None:
        labels = np.take_along_axis(labels, chosen, 1)
        scores = np.take_along_axis(scores, chosen, 1)
    count, width = scores.shape
    rows = np.arange(count) if classes.rows is None else classes.rows
    weights = None if classes.weights is None else np.repeat(classes.weights, width)
    if view.class_weights:
        by_class = np.zeros(max(width, 1 + max(number for number, _ in view.class_weights)))
        for number, weight in view.class_weights:
            by_class[number] = weight
        factors = np.tile(by_class[:width], count)
        weights = factors if weights is None else weights * factors
    return Pairs(labels.ravel(), scores.ravel(), weights, np.repeat(rows, width))
