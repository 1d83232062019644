"""Confidence intervals of metrics, at 95 %.

Jackknife: rows are dealt into 20 groups by a hash of their number. With θ₍ᵢ₎ the metric without
group i, the standard error is √(19/20 · Σ (θ₍ᵢ₎ − mean)²), which is that of the pseudo-values
20θ − 19θ₍ᵢ₎ over √20; the interval is θ ± t · error, t being Student's for 19 degrees of freedom.

Bootstrap: 20 resamples in which each row counts Poisson(1) times; the error is the standard
deviation of the metric over them, and the interval as above.

Analytic: closed formulas of the metric, θ ± 1.96 · error.

Unlike TFMA's, the interval is always around the metric of all rows, and no group is counted twice.
A metric that is not a number without some group, or in some resample, has no interval, and
neither has a slice of fewer than 20 rows where it takes resampling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minitfx.model_analysis.columns import Floats
from minitfx.model_analysis.keys import MetricKey
from minitfx.model_analysis.planning import Request
from minitfx.model_analysis.resampling import FOLDS, Method
from minitfx.model_analysis.sliced import Reader, Sliced
from minitfx.model_analysis.statistics import is_light

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


def uncertainties(
    requests: Sequence[Request], sliced: Sliced, whole: Reader
) -> dict[MetricKey, Uncertainty]:
    """Return what is known of the uncertainty of every metric.

    Parameters
    ----------
    requests : sequence of Request
        All metrics.
    sliced : Sliced
        The statistics of all slices.
    whole : Reader
        Of all rows, with what has been made of them already.
    """
    method = sliced.plan.resampling.method
    wanted = [request for request in requests if request.metric.HAS_INTERVAL]
    if method is Method.NONE:
        return {}
    if method is Method.ANALYTIC:
        return _by_formula(wanted, whole)
    found: dict[MetricKey, Uncertainty] = {}
    light: list[Request] = []
    heavy: list[Request] = []
    layered = sliced.layered()
    for request in wanted:
        if method is Method.JACKKNIFE:
            short = request.metric.left_out(request.view, whole, layered, FOLDS)
            if short is not None:
                found |= {key: Uncertainty(values) for key, values in short.items()}
                continue
        statistics = request.metric.statistics(request.view)
        (light if all(is_light(each) for each in statistics) else heavy).append(request)
    return found | _at_once(light, sliced) | _one_by_one(heavy, sliced)


def _by_formula(requests: Sequence[Request], whole: Reader) -> dict[MetricKey, Uncertainty]:
    found: dict[MetricKey, Uncertainty] = {}
    for request in requests:
        errors = request.metric.errors(request.view, whole)
        found |= {key: Uncertainty(error=error) for key, error in errors.items()}
    return found


def _at_once(requests: Sequence[Request], sliced: Sliced) -> dict[MetricKey, Uncertainty]:
    found: dict[MetricKey, Uncertainty] = {}
    reader = sliced.replicates()
    for request in requests:
        for key, value in request.metric.compute(request.view, reader).items():
            if isinstance(value, np.ndarray):
                shape = (FOLDS, sliced.size, *value.shape[1:])
                found[key] = Uncertainty(value.reshape(shape))
    return found


def _one_by_one(requests: Sequence[Request], sliced: Sliced) -> dict[MetricKey, Uncertainty]:
    found: dict[MetricKey, list[Floats]] = {}
    for number in range(FOLDS if requests else 0):
        reader = sliced.replicate(number)
        for request in requests:
            for key, value in request.metric.compute(request.view, reader).items():
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
