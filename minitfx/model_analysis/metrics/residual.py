"""Quantiles of a regression's errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.metrics.metric import Metric, Values
from minitfx.model_analysis.pairs import View
from minitfx.model_analysis.sliced import Reader
from minitfx.model_analysis.statistics import Residuals, Statistic
from minitfx.model_analysis.statistics.residuals import residual_quantiles


@dataclass(frozen=True)
class ResidualQuantiles(Metric):
    """Errors (prediction less label) below which given shares of the rows lie.

    Parameters
    ----------
    quantiles : sequence of float
        The shares, from 0 to 1.

    Notes
    -----
    Right to one part in 16,384 of the error, whatever its size; the state does not depend on the
    order of the rows.
    """

    quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)

    NAME: ClassVar[str] = "residual_quantiles"

    def statistics(self, view: View) -> Sequence[Statistic]:
        """Return the residuals in buckets."""
        return (Residuals(view),)

    def compute(self, view: View, state: Reader) -> Mapping[MetricKey, Values]:
        """Return an array per slice."""
        values = residual_quantiles(state(Residuals(view)), np.array(self.quantiles, np.float64))
        return {view.key(self.name): values}
