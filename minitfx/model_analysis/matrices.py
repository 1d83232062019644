"""Confusion matrices of every slice at several thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.proto import eval_config_pb2 as pb


@dataclass(frozen=True)
class Matrices:
    """True and false positives and negatives.

    Attributes
    ----------
    thresholds : ndarray of shape (thresholds,)
    tp, tn, fp, fn : ndarray of shape (slices, thresholds)
        Weights; NaN in a slice where a score is missing.
    """

    thresholds: Floats
    tp: Floats
    tn: Floats
    fp: Floats
    fn: Floats

    @property
    def four(self) -> tuple[Floats, Floats, Floats, Floats]:
        """True positives, true negatives, false positives, false negatives."""
        return self.tp, self.tn, self.fp, self.fn

    def at(self, thresholds: Sequence[float]) -> Matrices:
        """Return the matrices at some of the thresholds, in this order."""
        places = np.searchsorted(self.thresholds, thresholds)
        return Matrices(np.array(thresholds), *(each[:, places] for each in self.four))

    def messages(self) -> list[pb.ConfusionMatrixAtThresholds]:
        """Return one message per slice.

        Precision is 1 where nothing is predicted positive and recall 0 where nothing is
        positive, as in TFMA's plots; other rates are NaN where they are undefined.
        """
        return [self._message(place) for place in range(len(self.tp))]

    def _message(self, place: int) -> pb.ConfusionMatrixAtThresholds:
        tp, tn, fp, fn = (each[place] for each in self.four)
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = np.where(tp + fp > 0, tp / (tp + fp), np.where(np.isnan(tp), np.nan, 1.0))
            recall = np.where(tp + fn > 0, tp / (tp + fn), np.where(np.isnan(tp), np.nan, 0.0))
            columns = {
                "threshold": np.round(self.thresholds, 6),
                "true_positives": tp,
                "true_negatives": tn,
                "false_positives": fp,
                "false_negatives": fn,
                "precision": precision,
                "recall": recall,
                "false_positive_rate": fp / (fp + tn),
                "f1": 2.0 * precision * recall / (precision + recall),
                "accuracy": (tp + tn) / (tp + tn + fp + fn),
                "false_omission_rate": fn / (fn + tn),
            }
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        kind = pb.ConfusionMatrixAtThresholds.ConfusionMatrixAtThreshold
        return pb.ConfusionMatrixAtThresholds(
            matrices=[kind(**dict(zip(columns, row, strict=True))) for row in rows]
        )


def matrices_of(counts: Floats, thresholds: Sequence[float]) -> Matrices:
    """Return the matrices of a `Counts` state.

    Parameters
    ----------
    counts : ndarray of shape (slices, thresholds + 2, 2)
        Negatives and positives by how many thresholds the score is greater than; the last bin
        holds pairs without a score.
    thresholds : sequence of float
        Ascending.
    """
    present, missing = counts[:, :-1], counts[:, -1].sum(axis=1) > 0
    above = present[:, ::-1].cumsum(axis=1)[:, ::-1]
    below = present.cumsum(axis=1)
    # Score i is greater than threshold j when it lies in a bin after the j-th.
    fp, tp = np.moveaxis(above[:, 1:], -1, 0)
    tn, fn = np.moveaxis(below[:, :-1], -1, 0)
    found = [np.where(missing[:, None], np.nan, each) for each in (tp, tn, fp, fn)]
    return Matrices(np.array(thresholds), *found)
