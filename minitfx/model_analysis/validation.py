"""Thresholds: which metric of which slice is good enough, and which is not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from minitfx.errors import did_you_mean
from minitfx.model_analysis.config import baseline_name, has_threshold
from minitfx.model_analysis.evaluation import Findings
from minitfx.model_analysis.keys import OVERALL, AnySliceKey, MetricKey, is_cross, slice_name
from minitfx.model_analysis.measured import SliceGroup
from minitfx.model_analysis.slice_match import SliceMatch, covers_cross
from minitfx.model_analysis.thresholds import metric_names, thresholds_of, unmatched
from minitfx.model_analysis.verdict import NOT_FOUND, Bound, Check, Scope, Verdict
from minitfx.proto import eval_config_pb2 as pb


def validate(findings: Findings, *, rubber_stamp: bool = False) -> Verdict:
    """Return how the metrics of an evaluation compare with its thresholds.

    Parameters
    ----------
    findings : Findings
        The metrics, and the configuration with the thresholds.
    rubber_stamp : bool
        Whether thresholds on changes were left out for want of a baseline. Where there were no
        others, the verdict is good, as in TFMA: otherwise no model would ever become a baseline.

    Notes
    -----
    Bounds are inclusive. NaN satisfies no bound. A relative change on a baseline of 0 satisfies
    none. A threshold without slices holds for every slice that is not smaller than
    ``min_slice_size``, but not for comparisons of slices. The baseline's own metrics are never
    checked. A slice that a threshold names and that does not occur, or is too small, fails, and
    so does a metric that a slice lacks, or that is not among the metrics at all.
    """
    baseline = baseline_name(findings.config)
    checks: list[Check] = []
    for key, scope, bound in thresholds_of(findings.config):
        if key.model_name == baseline and baseline is not None:
            continue
        found = list(_checks(findings.groups, key, scope, bound, baseline))
        if not found:
            found = [_missing_slice(findings.config, key, scope, bound)]
        checks += found
    checks += [_unknown(findings.config, *each) for each in unmatched(findings.config)]
    anything = rubber_stamp or has_threshold(findings.config)
    return Verdict(_unique(checks), anything, rubber_stamp)


def _checks(
    groups: Sequence[SliceGroup], key: MetricKey, scope: Scope, bound: Bound, baseline: str | None
) -> Iterator[Check]:
    for group in groups:
        measured = group.metrics.get(key)
        other = group.metrics.get(replace(key, model_name=baseline or "", is_diff=False))
        for place, name in enumerate(group.keys):
            if not _in_scope(scope, name):
                continue
            if group.small[place] and scope is None:
                continue
            if measured is None or group.small[place]:
                yield _not_found(name, key, bound, scope, _absence(group, place, key))
                continue
            value = _number(measured.value, place)
            before = None
            if isinstance(bound, pb.GenericChangeThreshold) and other is not None:
                before = _number(other.value, place)
            found = _check(name, key, bound, value, before, scope)
            yield found if found.passed else _explained(found, group, place)


def _absence(group: SliceGroup, place: int, key: MetricKey) -> str:
    if group.small[place]:
        return "the slice has fewer rows than min_slice_size"
    several = {"it is a plot": group.plots, "it has one for each feature": group.attributions}
    return next(
        (why for why, found in several.items() if replace(key, is_diff=False) in found),
        "it was not computed",
    )


def _explained(check: Check, group: SliceGroup, place: int) -> Check:
    """Return a check that failed, with what makes its number understandable."""
    key = replace(check.key, is_diff=False)
    remark = group.remarks[key][place] if key in group.remarks else ""
    if not remark and check.value is not None and math.isnan(check.value):
        remark = "a prediction is missing there, or there is nothing to divide by"
    relative = isinstance(check.bound, pb.GenericChangeThreshold) and check.bound.HasField(
        "relative"
    )
    if not remark and relative and check.baseline == 0.0:
        remark = "a change from 0 is relative to nothing"
    return replace(check, message=f"{check.message} ({remark})") if remark else check


def _in_scope(scope: Scope, key: AnySliceKey) -> bool:
    if isinstance(scope, pb.CrossSlicingSpec):
        return covers_cross(scope, key)
    return not is_cross(key) and (scope is None or SliceMatch.of(scope).covers(key))


def _number(value: object, place: int) -> float | None:
    """Return a metric of one slice, None if it is no single number."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return float(value[place])
    return None


def _check(
    name: AnySliceKey,
    key: MetricKey,
    bound: Bound,
    value: float | None,
    before: float | None,
    scope: Scope,
) -> Check:
    if value is None:
        message = f"{_title(name, key)} is no single number, so no threshold can hold for it"
        return Check(name, key, bound, None, None, False, message, scope, message)
    if isinstance(bound, pb.GenericValueThreshold):
        passed = _within(value, bound)
    elif bound.direction == pb.UNKNOWN:
        message = f"the change threshold of {_title(name, key)} has no direction"
        return Check(name, key, bound, value, before, False, message, scope, message)
    else:
        passed = _changed_well(value, before, bound)
    message = _sentence(name, key, bound, value, before, passed)
    return Check(name, key, bound, value, before, passed, message, scope)


def _within(value: float, bound: pb.GenericValueThreshold) -> bool:
    low = bound.lower_bound.value if bound.HasField("lower_bound") else -math.inf
    high = bound.upper_bound.value if bound.HasField("upper_bound") else math.inf
    return low <= value <= high


def _changed_well(change: float, before: float | None, bound: pb.GenericChangeThreshold) -> bool:
    higher = bound.direction == pb.HIGHER_IS_BETTER
    wanted = []
    if bound.HasField("absolute"):
        wanted.append((change, bound.absolute.value))
    if bound.HasField("relative"):
        wanted.append((relative_change(change, before), bound.relative.value))
    return all(found >= limit if higher else found <= limit for found, limit in wanted)


def relative_change(change: float, before: float | None) -> float:
    """Return a change divided by what was before, NaN where that is 0 or unknown.

    Examples
    --------
    >>> relative_change(0.1, 0.4)
    0.25
    """
    if before is None or before == 0.0:
        return math.nan
    return change / before


def threshold_text(bound: Bound) -> str:
    """Return a bound in words.

    Examples
    --------
    >>> threshold_text(pb.GenericValueThreshold(lower_bound={"value": 0.6}))
    '>= 0.6'
    """
    if isinstance(bound, pb.GenericValueThreshold):
        parts = []
        if bound.HasField("lower_bound"):
            parts.append(f">= {bound.lower_bound.value:.6g}")
        if bound.HasField("upper_bound"):
            parts.append(f"<= {bound.upper_bound.value:.6g}")
        return " and ".join(parts) or "any value"
    sign = {pb.HIGHER_IS_BETTER: ">=", pb.LOWER_IS_BETTER: "<="}.get(bound.direction, "?")
    parts = []
    if bound.HasField("absolute"):
        parts.append(f"change {sign} {bound.absolute.value:.6g}")
    if bound.HasField("relative"):
        parts.append(f"relative change {sign} {bound.relative.value:.6g}")
    return " and ".join(parts) or "any change"


def _title(name: AnySliceKey | None, key: MetricKey) -> str:
    model = f" of {key.model_name}" if key.model_name else ""
    where = f" on {slice_name(name)}" if name is not None else ""
    return f"{key.text}{model}{where}"


def _sentence(
    name: AnySliceKey,
    key: MetricKey,
    bound: Bound,
    value: float,
    before: float | None,
    passed: bool,
) -> str:
    verb = "satisfies" if passed else "fails"
    if isinstance(bound, pb.GenericValueThreshold):
        return f"{_title(name, key)} is {value:.6g}, which {verb} {threshold_text(bound)}"
    now = math.nan if before is None else before + value
    was = math.nan if before is None else before
    return (
        f"{_title(name, key)} is {now:.6g} against the baseline's {was:.6g}; the change of "
        f"{value:.6g} {verb} {threshold_text(bound)}"
    )


def _not_found(name: AnySliceKey, key: MetricKey, bound: Bound, scope: Scope, why: str) -> Check:
    message = f"{_title(name, key)} has no value ({why}), so it fails {threshold_text(bound)}"
    return Check(name, key, bound, None, None, False, message, scope, NOT_FOUND)


def _unknown(config: pb.EvalConfig, key: MetricKey, scope: Scope, bound: Bound) -> Check:
    hint = did_you_mean(key.name, metric_names(config))
    message = f"no metric is called {key.name!r}, which must be {threshold_text(bound)}. {hint}"
    return Check(OVERALL, key, bound, None, None, False, message, scope, NOT_FOUND)


def _missing_slice(config: pb.EvalConfig, key: MetricKey, scope: Scope, bound: Bound) -> Check:
    if isinstance(scope, pb.CrossSlicingSpec):
        what = f"no comparison of {_spec_text(scope.baseline_spec)} with another slice"
    else:
        what = f"no slice {_spec_text(scope or pb.SlicingSpec())}"
    message = f"there is {what}, for which {key.text} must be {threshold_text(bound)}"
    if isinstance(scope, pb.SlicingSpec) and not _asked_for(config, scope):
        message += "; add it to slicing_specs"
    return Check(None, key, bound, None, None, False, message, scope)


def _asked_for(config: pb.EvalConfig, scope: pb.SlicingSpec) -> bool:
    wanted = {*scope.feature_keys, *scope.feature_values}
    return any(
        spec.slice_keys_sql or {*spec.feature_keys, *spec.feature_values} == wanted
        for spec in config.slicing_specs
    )


def _spec_text(spec: pb.SlicingSpec) -> str:
    parts = [f"{key}:*" for key in sorted(spec.feature_keys)]
    parts += [f"{key}:{value}" for key, value in sorted(spec.feature_values.items())]
    return ", ".join(parts) or spec.slice_keys_sql or "Overall"


def _unique(checks: list[Check]) -> list[Check]:
    """Return the checks, one that says the same of the same slice once."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for check in checks:
        scope = b"" if check.scope is None else check.scope.SerializeToString(deterministic=True)
        sign = (check.slice, check.key, check.bound.SerializeToString(deterministic=True))
        place = sign if check.slice is not None else (*sign, scope)
        if place not in seen:
            seen.add(place)
            kept.append(check)
    return kept
