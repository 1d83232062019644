"""Confidence intervals of metrics, at 95 %.

Jackknife: rows are dealt into 20 groups by a hash of their number. With θ₍ᵢ₎ the metric without
group i, the standard error is √(19/20 · Σ (θ₍ᵢ₎ − mean)²), which is that of the pseudo-values
20θ − 19θ₍ᵢ₎ over √20; the interval is θ ± t · error, t being Student's for 19 degrees of freedom.

Bootstrap: 20 resamples in which each row counts Poisson(1) times; the error is the standard
deviation of the metric over them, and the interval as above.

Analytic: closed formulas of the metric, θ ± 1.96 · error.

Unlike TFMA's, the interval is always around the metric of all rows, and no group is counted twice.
A metric that is not a number without some group, or in some resample, has no interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.collection import Sliced
from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.planning import Request
from minitfx.model_analysis.resampling import FOLDS, Method

_STUDENT = 2.093024054408263
"""The 97.5 % quantile of Student's t for 19 degrees of freedom."""

_NORMAL = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Uncertainty:
    """What resampling or formulas say of one metric.

    Attributes
    ----------
    replicates : ndarray of shape (20, slices, ...), or None
        The metric without each group, or in each resample.
    error : ndarray of shape (slices, ...), or None
        Its standard error; None: to be made from the replicates.
    """

    replicates: Floats | None = None
    error: Floats | None = None


def uncertainties(request: Request, sliced: Sliced) -> dict[MetricKey, Uncertainty]:
    """Return what is known of the uncertainty of a request's metrics.

    Parameters
    ----------
    request : Request
        A metric under a view.
    sliced : Sliced
        The statistics of all slices.
    """
    method = sliced.plan.resampling.method
    metric = request.metric
    if method is Method.NONE or not metric.HAS_INTERVAL or sliced.part is None:
        return {}
    if method is Method.ANALYTIC:
        errors = metric.errors(request.view, sliced.of())
        return {key: Uncertainty(error=error) for key, error in errors.items()}
    if method is Method.JACKKNIFE:
        short = metric.left_out(request.view, sliced.layered, FOLDS, sliced.size)
        if short is not None:
            return {key: Uncertainty(values) for key, values in short.items()}
        layers = [[f for f in range(FOLDS) if f != left] for left in range(FOLDS)]
    else:
        layers = [[1 + f] for f in range(FOLDS)]
    return _replicated(request, sliced, layers)


def _replicated(
    request: Request, sliced: Sliced, layers: list[list[int]]
) -> dict[MetricKey, Uncertainty]:
    found: dict[MetricKey, list[Floats]] = {}
    for chosen in layers:
        values = request.metric.compute(request.view, sliced.of(chosen))
        for key, value in values.items():
            if isinstance(value, np.ndarray):
                found.setdefault(key, []).append(value)
    return {key: Uncertainty(np.stack(values)) for key, values in found.items()}


def bounds(
    value: Floats, known: Uncertainty, method: Method
) -> tuple[Floats, Floats] | tuple[None, None]:
    """Return the ends of the interval around a metric, NaN where there is none.

    Parameters
    ----------
    value : ndarray of shape (slices, ...)
        The metric of all rows.
    known : Uncertainty
        Of the same metric.
    method : Method
        How it was made.
    """
    error = known.error if known.error is not None else standard_error(known.replicates, method)
    if error is None:
        return None, None
    reach = error * (_NORMAL if method is Method.ANALYTIC else _STUDENT)
    return value - reach, value + reach


def standard_error(replicates: Floats | None, method: Method) -> Floats | None:
    """Return the standard error from replicates, NaN where one of them is not a number."""
    if replicates is None:
        return None
    with np.errstate(invalid="ignore"):
        away = replicates - replicates.mean(axis=0)
        spread = (away * away).sum(axis=0)
        factor = (FOLDS - 1) / FOLDS if method is Method.JACKKNIFE else 1.0 / (FOLDS - 1)
        error: Floats = np.sqrt(spread * factor)
        return error


def difference(
    one: Mapping[MetricKey, Uncertainty],
    two: Mapping[MetricKey, Uncertainty],
    first: MetricKey,
    second: MetricKey,
) -> Uncertainty | None:
    """Return what is known of a metric less another, on the same resamples."""
    if first not in one or second not in two:
        return None
    left, right = one[first].replicates, two[second].replicates
    if left is None or right is None:
        return None
    return Uncertainty(left - right)
